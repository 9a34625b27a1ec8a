//! AVX-512 BF16: words of two bf16, sums of `f32`.

use super::terms::{Terms, TermsDispatch};
use super::{Avx512Vnni, Dot};
use core::arch::x86_64::*;

/// Proof that CPU and system support what [`Avx512Vnni`] stands for, and AVX-512 BF16.
#[derive(Clone, Copy, Debug)]
pub struct Avx512Bf16(Avx512Vnni);

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,avx2,fma,bmi1,bmi2")]
fn enter_bf16<W: TermsDispatch<Avx512Bf16>>(isa: Avx512Bf16, work: W) {
    work.run(isa);
}

/// `vdpbf16ps` rounds each of the two additions to nearest even and takes numbers below the normal range as 0.
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
    unsafe fn rows(self, from: *const u8, _: usize) -> __m512i {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }
    #[inline(always)]
    unsafe fn factors(self, block: *const u8, word: usize, _: usize) -> __m512i {
        // SAFETY: the token proves the instructions, the caller vouches for the block.
        unsafe { _mm512_set1_epi32(block.cast::<i32>().add(word).read_unaligned()) }
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
}
