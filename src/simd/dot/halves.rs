//! Words of two bf16 or two numbers of half precision, sums of `f32`: bf16 by AVX-512 BF16, else widened.

use super::terms::{BF16_OF_BLOCK, Terms, TermsDispatch, Through};
use super::{Dot, FACTORS, Ints, Reals};
use crate::simd::Vector;
use core::fmt::Debug;
use core::marker::PhantomData;

#[cfg(target_arch = "x86_64")]
use super::Avx512Vnni;
#[cfg(target_arch = "x86_64")]
use super::avx512::I32x16;
#[cfg(target_arch = "x86_64")]
use crate::simd::avx512::F32x16;
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::*;

/// Numbers of 16 bits.
pub trait Half: Copy + Debug + Send + Sync + 'static {
    /// The first (0) or second (1) number of each word.
    fn of_words<S: Dot>(isa: S, words: S::Ints, which: usize) -> Reals<S::Ints>;
}

/// The second number of a word.
const SECOND: i32 = 0xffff_0000u32 as i32;

/// The upper half of an `f32`: the second of a word is one once the first is masked out, the first once it is shifted
/// up.
impl Half for half::bf16 {
    #[inline(always)]
    fn of_words<S: Dot>(isa: S, words: S::Ints, which: usize) -> Reals<S::Ints> {
        if which == 0 { words.shl::<16>().bits() } else { (words & S::Ints::splat(isa.isa(), SECOND)).bits() }
    }
}

impl Half for half::f16 {
    #[inline(always)]
    fn of_words<S: Dot>(isa: S, words: S::Ints, which: usize) -> Reals<S::Ints> {
        let low = if which == 0 { words & S::Ints::splat(isa.isa(), !SECOND) } else { words.shr::<16>() };
        low.half_to_reals()
    }
}

/// Numbers of 16 bits on an ISA of at most 8 lanes without instructions for their products.
#[derive(Clone, Copy, Debug)]
pub struct Widened<S, N>(S, PhantomData<N>);

impl<S: Dot, N: Half> Terms for Widened<S, N> {
    type Dot = S;
    type Sum = f32;
    type Sums = Reals<S::Ints>;
    type Rows = Reals<S::Ints>;
    type Factors = Reals<S::Ints>;
    const NAME: &'static str = S::LEVEL.name();
    const LANES: usize = S::Ints::LANES;
    const NUMBERS: usize = 2;
    const PARTS: usize = 2;
    const BLOCK_BYTES: usize = 2 * FACTORS;

    #[inline(always)]
    unsafe fn assume() -> Self {
        // A block of factors has 8 of each part.
        const { assert!(S::Ints::LANES <= 8) };
        // SAFETY: the caller vouches for the ISA.
        Widened(unsafe { S::assume() }, PhantomData)
    }
    #[inline(always)]
    fn dot(self) -> S {
        self.0
    }
    #[inline(always)]
    fn enter<W: TermsDispatch<Self>>(self, work: W) {
        Dot::enter(self.0, Through(self, work));
    }
    #[inline(always)]
    fn zero(self) -> Self::Sums {
        Self::Sums::zero(self.0.isa())
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::Sums {
        Self::Sums::splat(self.0.isa(), x)
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Self::Sums {
        // SAFETY: the caller vouches for the memory.
        unsafe { Self::Sums::load(self.0.isa(), from) }
    }
    #[inline(always)]
    unsafe fn store(self, sums: Self::Sums, to: *mut f32) {
        // SAFETY: the caller vouches for the memory.
        unsafe { sums.store(to) }
    }
    #[inline(always)]
    unsafe fn load_first(self, from: *const f32, n: usize) -> Self::Sums {
        // SAFETY: the caller vouches for the memory.
        unsafe { Self::Sums::load_first(self.0.isa(), from, n) }
    }
    #[inline(always)]
    unsafe fn store_first(self, sums: Self::Sums, to: *mut f32, n: usize) {
        // SAFETY: the caller vouches for the memory.
        unsafe { sums.store_first(self.0.isa(), to, n) }
    }
    #[inline(always)]
    fn add(self, x: Self::Sums, y: Self::Sums) -> Self::Sums {
        x + y
    }
    #[inline(always)]
    fn times(self, x: Self::Sums, y: Self::Sums) -> Self::Sums {
        x * y
    }
    #[inline(always)]
    fn total(self, sums: Self::Sums) -> f32 {
        sums.sum()
    }
    #[inline(always)]
    fn part(self, words: S::Ints, part: usize) -> Self::Rows {
        N::of_words(self.0, words, part)
    }
    #[inline(always)]
    unsafe fn factors(self, block: *const u8, word: usize, part: usize) -> Self::Factors {
        // SAFETY: the caller vouches for the block.
        self.splat(unsafe { block.add(FACTORS * part).cast::<f32>().add(word).read_unaligned() })
    }
    #[inline(always)]
    unsafe fn factors_of_lanes(self, from: *const u8, part: usize) -> Self::Factors {
        // SAFETY: the caller vouches for the blocks.
        unsafe { Self::Sums::load(self.0.isa(), from.add(FACTORS * part).cast()) }
    }
    #[inline(always)]
    fn add_products(self, sums: Self::Sums, rows: Self::Rows, factors: Self::Factors) -> Self::Sums {
        rows.mul_add(factors, sums)
    }
    /// First numbers as `f32`, then second ones.
    #[inline(always)]
    unsafe fn spread(self, block: *mut u8) {
        // SAFETY: the caller vouches for the block.
        unsafe {
            let words = block.cast::<[u8; FACTORS]>().read_unaligned();
            for at in (0..FACTORS).step_by(4 * S::Ints::LANES) {
                let words = S::Ints::load(self.0.isa(), words.as_ptr().add(at));
                for part in 0..2 {
                    self.part(words, part).store(block.add(FACTORS * part + at).cast());
                }
            }
        }
    }
}

/// Proof that CPU and system support what [`Avx512Vnni`] stands for, and AVX-512 BF16.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub struct Avx512Bf16(Avx512Vnni);

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,avx2,fma,bmi1,bmi2")]
fn enter_bf16<W: TermsDispatch<Avx512Bf16>>(isa: Avx512Bf16, work: W) {
    work.run(isa);
}

/// `vdpbf16ps` rounds each of the two additions to nearest even and takes numbers below the normal range as 0.
#[cfg(target_arch = "x86_64")]
impl Terms for Avx512Bf16 {
    type Dot = Avx512Vnni;
    type Sum = f32;
    type Sums = __m512;
    type Rows = __m512i;
    type Factors = __m512i;
    const NAME: &'static str = "avx512-bf16";
    const LANES: usize = 16;
    const NUMBERS: usize = 2;

    #[inline(always)]
    unsafe fn assume() -> Self {
        // SAFETY: the caller vouches for the ISA.
        Avx512Bf16(unsafe { <Avx512Vnni as Dot>::assume() })
    }
    #[inline(always)]
    fn dot(self) -> Avx512Vnni {
        self.0
    }
    #[inline(always)]
    fn enter<W: TermsDispatch<Self>>(self, work: W) {
        // SAFETY: the token proves that the instructions are there.
        unsafe { enter_bf16(self, work) }
    }
    #[inline(always)]
    fn zero(self) -> __m512 {
        // SAFETY: the token proves the instructions.
        unsafe { _mm512_setzero_ps() }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        // SAFETY: the token proves the instructions.
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m512 {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(self, sums: __m512, to: *mut f32) {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_storeu_ps(to, sums) }
    }
    #[inline(always)]
    unsafe fn load_first(self, from: *const f32, n: usize) -> __m512 {
        // SAFETY: the caller vouches for the memory.
        unsafe { F32x16::load_first(self.0.isa(), from, n).0 }
    }
    #[inline(always)]
    unsafe fn store_first(self, sums: __m512, to: *mut f32, n: usize) {
        // SAFETY: the caller vouches for the memory.
        unsafe { F32x16(sums).store_first(self.0.isa(), to, n) }
    }
    #[inline(always)]
    fn add(self, x: __m512, y: __m512) -> __m512 {
        // SAFETY: the token proves the instructions.
        unsafe { _mm512_add_ps(x, y) }
    }
    #[inline(always)]
    fn times(self, x: __m512, y: __m512) -> __m512 {
        // SAFETY: the token proves the instructions.
        unsafe { _mm512_mul_ps(x, y) }
    }
    #[inline(always)]
    fn total(self, sums: __m512) -> f32 {
        // SAFETY: the token proves the instructions.
        unsafe { _mm512_reduce_add_ps(sums) }
    }
    #[inline(always)]
    fn part(self, words: I32x16, _: usize) -> __m512i {
        words.0
    }
    #[inline(always)]
    unsafe fn factors(self, block: *const u8, word: usize, _: usize) -> __m512i {
        // SAFETY: the token proves the instructions, the caller vouches for the block.
        unsafe { _mm512_set1_epi32(block.cast::<i32>().add(word).read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn factors_of_lanes(self, from: *const u8, _: usize) -> __m512i {
        // SAFETY: the token proves the instructions, the caller vouches for the blocks.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }
    #[inline(always)]
    fn add_products(self, sums: __m512, rows: __m512i, factors: __m512i) -> __m512 {
        // SAFETY: the token proves the instructions; the registers hold 32 numbers each.
        unsafe {
            let rows = core::mem::transmute::<__m512i, __m512bh>(rows);
            let factors = core::mem::transmute::<__m512i, __m512bh>(factors);
            _mm512_dpbf16_ps(sums, rows, factors)
        }
    }
    #[inline(always)]
    unsafe fn spread(self, _: *mut u8) {}
    /// Numbers below the normal range become 0, as which they are multiplied.
    #[inline(always)]
    fn round(self, block: [f32; BF16_OF_BLOCK]) -> [half::bf16; BF16_OF_BLOCK] {
        // SAFETY: the token proves the instructions; both have as many numbers.
        unsafe { core::mem::transmute::<__m256bh, _>(_mm512_cvtneps_pbh(_mm512_loadu_ps(block.as_ptr()))) }
    }
}
