//! Double precision.

use super::*;
use core::ops::{Add, Div, Mul, Neg, Sub};

/// 8 `f64` in a register.
#[derive(Clone, Copy)]
pub struct F64x8(pub(in crate::simd) __m512d);

impl Add for F64x8 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_add_pd(self.0, other.0)) }
    }
}

impl Sub for F64x8 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_sub_pd(self.0, other.0)) }
    }
}

impl Mul for F64x8 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_mul_pd(self.0, other.0)) }
    }
}

impl Div for F64x8 {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_div_pd(self.0, other.0)) }
    }
}

impl Neg for F64x8 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_xor_pd(self.0, _mm512_set1_pd(-0.0))) }
    }
}

impl Vector<Avx512> for F64x8 {
    type Elem = f64;
    type Mask = __mmask8;
    type Span = __mmask8;
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(_: Avx512, x: f64) -> Self {
        // SAFETY: the token proves that the CPU has the instructions.
        unsafe { F64x8(_mm512_set1_pd(x)) }
    }

    #[inline(always)]
    fn pairs(_: Avx512, even: f64, odd: f64) -> Self {
        // SAFETY: the token proves that the CPU has the instructions.
        unsafe { F64x8(_mm512_broadcast_f64x2(_mm_set_pd(odd, even))) }
    }

    #[inline(always)]
    fn mask(_: Avx512, n: usize) -> __mmask8 {
        debug_assert!(n <= Self::LANES);
        // SAFETY: the token proves that the instruction is there.
        unsafe { _bzhi_u32(u32::MAX, n as u32) as __mmask8 }
    }

    #[inline(always)]
    fn span(isa: Avx512, start: usize, end: usize) -> __mmask8 {
        Self::mask(isa, end) & !Self::mask(isa, start)
    }

    #[inline(always)]
    unsafe fn load_span(isa: Avx512, from: *const f64, span: __mmask8) -> Self {
        // SAFETY: passed on.
        unsafe { Self::load_masked(isa, from, span) }
    }

    #[inline(always)]
    fn within(self, span: __mmask8) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_maskz_mov_pd(span, self.0)) }
    }

    #[inline(always)]
    unsafe fn load(_: Avx512, from: *const f64) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F64x8(_mm512_loadu_pd(from)) }
    }

    #[inline(always)]
    unsafe fn load_masked(_: Avx512, from: *const f64, mask: __mmask8) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F64x8(_mm512_maskz_loadu_pd(mask, from)) }
    }

    #[inline(always)]
    unsafe fn load_over(self, from: *const f64, mask: __mmask8) -> Self {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { F64x8(_mm512_mask_loadu_pd(self.0, mask, from)) }
    }

    #[inline(always)]
    unsafe fn gather<T: Scalar<Real = f64>>(_: Avx512, at: impl Fn(usize) -> *const T) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe {
            if T::IS_COMPLEX {
                let quarter = |i| _mm_loadu_pd(at(i).cast());
                let low = _mm256_set_m128d(quarter(1), quarter(0));
                let high = _mm256_set_m128d(quarter(3), quarter(2));
                return F64x8(joined(low, high));
            }
            F64x8(gathered_8_bytes(|i| at(i).cast()))
        }
    }

    #[inline(always)]
    fn over(self, other: Self, mask: __mmask8) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_mask_mov_pd(other.0, mask, self.0)) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_storeu_pd(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_past_caches(self, to: *mut f64) {
        // Not past them: a core of a Zen 5 writes some 20 GB/s that way, and more through its caches.
        // SAFETY: the caller vouches for the memory.
        unsafe { self.store(to) }
    }

    #[inline(always)]
    unsafe fn load_low<const N: usize>(_: Avx512, from: *const f64) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe {
            match N {
                4 => F64x8(_mm512_zextpd256_pd512(_mm256_loadu_pd(from))),
                2 => F64x8(_mm512_zextpd128_pd512(_mm_loadu_pd(from))),
                1 => F64x8(_mm512_zextpd128_pd512(_mm_load_sd(from))),
                _ => unreachable!(),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_low<const N: usize>(self, to: *mut f64) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe {
            match N {
                4 => _mm256_storeu_pd(to, _mm512_castpd512_pd256(self.0)),
                2 => _mm_storeu_pd(to, _mm512_castpd512_pd128(self.0)),
                1 => _mm_store_sd(to, _mm512_castpd512_pd128(self.0)),
                _ => unreachable!(),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_masked(self, to: *mut f64, mask: __mmask8) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_mask_storeu_pd(to, mask, self.0) }
    }

    #[inline(always)]
    fn mul_add(self, by: Self, plus: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_fmadd_pd(self.0, by.0, plus.0)) }
    }

    #[inline(always)]
    fn neg_mul_add(self, by: Self, plus: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_fnmadd_pd(self.0, by.0, plus.0)) }
    }

    #[inline(always)]
    fn mul_sub_add(self, by: Self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_fmaddsub_pd(self.0, by.0, other.0)) }
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_abs_pd(self.0)) }
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_max_pd(self.0, other.0)) }
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_min_pd(self.0, other.0)) }
    }

    #[inline(always)]
    fn swap_pairs(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_permute_pd::<0b0101_0101>(self.0)) }
    }

    #[inline(always)]
    fn dup_even(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_movedup_pd(self.0)) }
    }

    #[inline(always)]
    fn dup_odd(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x8(_mm512_permute_pd::<0b1111_1111>(self.0)) }
    }

    #[inline(always)]
    fn sum(self) -> f64 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm512_reduce_add_pd(self.0) }
    }

    #[inline(always)]
    fn sum_each([a, b, c, d]: [Self; 4]) -> [f64; 4] {
        let [a, b, c, d] = [a.0, b.0, c.0, d.0];
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            let (ab, cd) = (pair_f64(a, b), pair_f64(c, d));
            let low = _mm256_permute2f128_pd::<0x20>(ab, cd);
            let high = _mm256_permute2f128_pd::<0x31>(ab, cd);
            let mut out = [0.0; 4];
            _mm256_storeu_pd(out.as_mut_ptr(), _mm256_add_pd(low, high));
            out
        }
    }

    #[inline(always)]
    fn largest(self) -> f64 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm512_reduce_max_pd(self.0) }
    }

    #[inline(always)]
    fn smallest(self) -> f64 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm512_reduce_min_pd(self.0) }
    }

    #[inline(always)]
    fn equal_lanes(self, other: Self) -> u32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        u32::from(unsafe { _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(self.0, other.0) })
    }

    #[inline(always)]
    fn any_above(self, other: Self) -> bool {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm512_cmp_pd_mask::<_CMP_GT_OQ>(self.0, other.0) != 0 }
    }

    #[inline(always)]
    fn unzip(self, other: Self) -> [Self; 2] {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { [_mm512_unpacklo_pd(self.0, other.0), _mm512_unpackhi_pd(self.0, other.0)].map(F64x8) }
    }
}
