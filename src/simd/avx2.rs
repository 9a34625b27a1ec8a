//! AVX2 and FMA: 8 `f32` or 4 `f64` a vector; the first lanes by masked moves.

mod double;
mod single;

use super::transpose::avx2 as transpose;
use super::{Dispatch, Isa, Level, Pair, Transposition, Vector, from_words, in_words, into_words};
use crate::scalar::Scalar;
use core::arch::x86_64::*;

pub use double::F64x4;
pub use single::F32x8;

/// Proof that CPU and system support AVX2 and FMA (with BMI1 and BMI2).
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

#[inline]
#[target_feature(enable = "avx2,fma,bmi1,bmi2")]
fn enter<D: Dispatch>(isa: Avx2, work: D) -> D::Output {
    work.run(isa)
}

/// # Safety
/// CPU and system must support the ISA; the words must be those of a `D`, used once.
#[inline]
#[target_feature(enable = "avx2,fma,bmi1,bmi2")]
pub(super) unsafe fn enter_by_words<D: Dispatch>(a: Pair, b: Pair, c: Pair) -> D::Output {
    // SAFETY: the caller's promise.
    unsafe { from_words::<D>([a, b, c]) }.run(Avx2(()))
}

impl Isa for Avx2 {
    type F32 = F32x8;
    type F64 = F64x4;
    const LEVEL: Level = Level::Avx2;

    #[inline(always)]
    unsafe fn assume() -> Avx2 {
        Avx2(())
    }

    #[inline(always)]
    fn enter<D: Dispatch>(self, work: D) -> D::Output {
        if const { !in_words::<D>() } {
            // SAFETY: the token proves that the instructions are there.
            return unsafe { enter(self, work) };
        }
        let [a, b, c] = into_words(work);
        // SAFETY: the token proves that the instructions are there; the words are of this type.
        unsafe { enter_by_words::<D>(a, b, c) }
    }

    #[inline(always)]
    fn widen(self, x: F32x8) -> [F64x4; 2] {
        // SAFETY: the token proves that the instructions are there.
        unsafe {
            let (low, high) = (_mm256_castps256_ps128(x.0), _mm256_extractf128_ps::<1>(x.0));
            [F64x4(_mm256_cvtps_pd(low)), F64x4(_mm256_cvtps_pd(high))]
        }
    }

    #[inline(always)]
    fn prefetch<T>(self, address: *const T) {
        // SAFETY: a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }

    #[inline(always)]
    fn fence(self) {
        // SAFETY: every x86-64 has the instruction.
        unsafe { _mm_sfence() }
    }

    #[inline(always)]
    unsafe fn transpose<T: Copy>(self, block: Transposition<T>) {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe {
            match size_of::<T>() {
                4 => transpose::blockwise::<T, 8, transpose::Square8>(block),
                8 => transpose::blockwise::<T, 4, transpose::Square4>(block),
                16 => transpose::blockwise::<T, 2, transpose::Square2>(block),
                _ => block.plain(),
            }
        }
    }
}

/// The first lanes, as bits for masked loads and as a number for stores: masked loads are as fast as others,
/// masked stores take some 40 micro-operations on Zen 2 to Zen 4.
#[derive(Clone, Copy)]
pub struct Mask {
    bits: __m256i,
    lanes: usize,
}

/// A window of `n` ones into this table, starting at `LANES - n`, is the mask of the first `n` lanes.
pub(super) static FIRST_LANES_32: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
static FIRST_LANES_64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

/// Sums of neighbouring lanes, a's and b's in turn: a first step of summing many vectors.
#[inline(always)]
fn pair_f32(a: __m256, b: __m256) -> __m256 {
    // SAFETY: only called below an Avx2 token.
    unsafe { _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b)) }
}

/// Sums of neighbouring lanes, a's and b's in turn.
#[inline(always)]
fn pair_f64(a: __m256d, b: __m256d) -> __m256d {
    // SAFETY: only called below an Avx2 token.
    unsafe { _mm256_add_pd(_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b)) }
}

/// Eight times four bytes, from wherever `at` says: the instruction for that is slower than single loads on most CPUs.
///
/// # Safety
/// They must be readable.
#[inline(always)]
pub(super) unsafe fn gathered_4_bytes(at: impl Fn(usize) -> *const f32) -> __m256 {
    // SAFETY: only called below a token; the caller vouches for the memory.
    unsafe {
        let x = |i| at(i).read_unaligned();
        _mm256_setr_ps(x(0), x(1), x(2), x(3), x(4), x(5), x(6), x(7))
    }
}

/// Four times eight bytes, from wherever `at` says.
///
/// # Safety
/// They must be readable.
#[inline(always)]
pub(super) unsafe fn gathered_8_bytes(at: impl Fn(usize) -> *const f64) -> __m256d {
    // SAFETY: only called below a token; the caller vouches for the memory.
    unsafe {
        let x = |i| at(i).read_unaligned();
        _mm256_setr_pd(x(0), x(1), x(2), x(3))
    }
}
