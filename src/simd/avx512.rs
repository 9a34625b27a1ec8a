//! AVX-512 (F, BW, DQ, VL): 16 `f32` or 8 `f64` a vector; the first lanes by mask registers.

mod double;
mod single;

use super::{
    Dispatch, Isa, Level, Pair, Transposition, Vector, avx2, from_words, in_words, into_words, transpose,
};
use crate::scalar::Scalar;
use core::arch::x86_64::*;

pub use double::F64x8;
pub use single::F32x16;

/// Proof that CPU and system support AVX-512 F, BW, DQ, VL (with AVX2, FMA, BMI1 and BMI2).
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2")]
fn enter<D: Dispatch>(isa: Avx512, work: D) -> D::Output {
    work.run(isa)
}

/// # Safety
/// CPU and system must support the ISA; the words must be those of a `D`, used once.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2")]
pub(super) unsafe fn enter_by_words<D: Dispatch>(a: Pair, b: Pair, c: Pair) -> D::Output {
    // SAFETY: the caller's promise.
    unsafe { from_words::<D>([a, b, c]) }.run(Avx512(()))
}

impl Isa for Avx512 {
    type F32 = F32x16;
    type F64 = F64x8;
    const LEVEL: Level = Level::Avx512;

    #[inline(always)]
    unsafe fn assume() -> Avx512 {
        Avx512(())
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
    fn widen(self, x: F32x16) -> [F64x8; 2] {
        // SAFETY: the token proves that the instructions are there.
        unsafe {
            let (low, high) = (_mm512_castps512_ps256(x.0), _mm512_extractf32x8_ps::<1>(x.0));
            [F64x8(_mm512_cvtps_pd(low)), F64x8(_mm512_cvtps_pd(high))]
        }
    }

    #[inline(always)]
    unsafe fn widen_halves(self, from: *const half::f16, to: *mut f32, n: usize) -> usize {
        const LANES: usize = 16;
        let whole = n - n % LANES;
        for i in (0..whole).step_by(LANES) {
            // SAFETY: the token proves that the instructions are there; numbers that the caller vouches for.
            unsafe {
                let halves = _mm256_loadu_si256(from.add(i).cast());
                _mm512_storeu_ps(to.add(i), _mm512_cvtph_ps(halves));
            }
        }
        whole
    }

    #[inline(always)]
    fn prefetch<T>(self, address: *const T) {
        // SAFETY: a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }

    #[inline(always)]
    fn fence(self) {}

    #[inline(always)]
    unsafe fn transpose<T: Copy>(self, block: Transposition<T>) {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe {
            match size_of::<T>() {
                // Half a register of rows: the squares of AVX2 waste none.
                4 if block.width <= 8 => transpose::avx2::blockwise::<T, 8, transpose::avx2::Square8>(block),
                8 if block.width <= 4 => transpose::avx2::blockwise::<T, 4, transpose::avx2::Square4>(block),
                16 if block.width <= 2 => transpose::avx2::blockwise::<T, 2, transpose::avx2::Square2>(block),
                4 => transpose::avx512::blockwise::<T, 16, transpose::avx512::Square16>(block),
                8 => transpose::avx512::blockwise::<T, 8, transpose::avx512::Square8>(block),
                16 => transpose::avx512::blockwise::<T, 4, transpose::avx512::Square4>(block),
                _ => block.plain(),
            }
        }
    }
}

/// Sums of neighbouring lanes, a's and b's in turn: a first step of summing many vectors.
#[inline(always)]
fn pair_f32(a: __m512, b: __m512) -> __m512 {
    // SAFETY: only called below an Avx512 token.
    unsafe { _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b)) }
}

/// Sums of neighbouring lanes, a's and b's in turn, both halves of the register added.
#[inline(always)]
fn pair_f64(a: __m512d, b: __m512d) -> __m256d {
    // SAFETY: only called below an Avx512 token.
    unsafe {
        let quarters = _mm512_add_pd(_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
        _mm256_add_pd(_mm512_castpd512_pd256(quarters), _mm512_extractf64x4_pd::<1>(quarters))
    }
}

/// Two halves of a register.
#[inline(always)]
fn joined(low: __m256d, high: __m256d) -> __m512d {
    // SAFETY: only called below an Avx512 token.
    unsafe { _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(low), high) }
}

/// Eight times eight bytes, from wherever `at` says.
///
/// # Safety
/// They must be readable.
#[inline(always)]
unsafe fn gathered_8_bytes(at: impl Fn(usize) -> *const f64) -> __m512d {
    // SAFETY: only called below an Avx512 token; the caller vouches for the memory.
    unsafe { joined(avx2::gathered_8_bytes(&at), avx2::gathered_8_bytes(|i| at(4 + i))) }
}
