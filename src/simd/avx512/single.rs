//! Single precision.

use super::*;
use core::ops::{Add, Div, Mul, Neg, Sub};

/// 16 `f32` in a register.
#[derive(Clone, Copy)]
pub struct F32x16(pub(in crate::simd) __m512);

impl Add for F32x16 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_add_ps(self.0, other.0)) }
    }
}

impl Sub for F32x16 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_sub_ps(self.0, other.0)) }
    }
}

impl Mul for F32x16 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_mul_ps(self.0, other.0)) }
    }
}

impl Div for F32x16 {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_div_ps(self.0, other.0)) }
    }
}

impl Neg for F32x16 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_xor_ps(self.0, _mm512_set1_ps(-0.0))) }
    }
}

impl Vector<Avx512> for F32x16 {
    type Elem = f32;
    type Mask = __mmask16;
    type Span = __mmask16;
    const LANES: usize = 16;

    #[inline(always)]
    fn splat(_: Avx512, x: f32) -> Self {
        // SAFETY: the token proves that the CPU has the instructions.
        unsafe { F32x16(_mm512_set1_ps(x)) }
    }

    #[inline(always)]
    fn pairs(_: Avx512, even: f32, odd: f32) -> Self {
        // SAFETY: the token proves that the CPU has the instructions.
        unsafe {
            F32x16(_mm512_castpd_ps(_mm512_set1_pd(f64::from_bits(
                u64::from(odd.to_bits()) << 32 | u64::from(even.to_bits()),
            ))))
        }
    }

    #[inline(always)]
    fn mask(_: Avx512, n: usize) -> __mmask16 {
        debug_assert!(n <= Self::LANES);
        // SAFETY: the token proves that the instruction is there.
        unsafe { _bzhi_u32(u32::MAX, n as u32) as __mmask16 }
    }

    #[inline(always)]
    fn span(isa: Avx512, start: usize, end: usize) -> __mmask16 {
        Self::mask(isa, end) & !Self::mask(isa, start)
    }

    #[inline(always)]
    unsafe fn load_span(isa: Avx512, from: *const f32, span: __mmask16) -> Self {
        // SAFETY: passed on.
        unsafe { Self::load_masked(isa, from, span) }
    }

    #[inline(always)]
    fn within(self, span: __mmask16) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_maskz_mov_ps(span, self.0)) }
    }

    #[inline(always)]
    unsafe fn load(_: Avx512, from: *const f32) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F32x16(_mm512_loadu_ps(from)) }
    }

    #[inline(always)]
    unsafe fn load_masked(_: Avx512, from: *const f32, mask: __mmask16) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F32x16(_mm512_maskz_loadu_ps(mask, from)) }
    }

    #[inline(always)]
    unsafe fn load_over(self, from: *const f32, mask: __mmask16) -> Self {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { F32x16(_mm512_mask_loadu_ps(self.0, mask, from)) }
    }

    #[inline(always)]
    unsafe fn gather<T: Scalar<Real = f32>>(_: Avx512, at: impl Fn(usize) -> *const T) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe {
            if T::IS_COMPLEX {
                return F32x16(_mm512_castpd_ps(gathered_8_bytes(|i| at(i).cast())));
            }
            let low = avx2::gathered_4_bytes(|i| at(i).cast());
            let high = avx2::gathered_4_bytes(|i| at(8 + i).cast());
            F32x16(_mm512_castpd_ps(joined(_mm256_castps_pd(low), _mm256_castps_pd(high))))
        }
    }

    #[inline(always)]
    fn over(self, other: Self, mask: __mmask16) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_mask_mov_ps(other.0, mask, self.0)) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_past_caches(self, to: *mut f32) {
        // Not past them: a core of a Zen 5 writes some 20 GB/s that way, and more through its caches.
        // SAFETY: the caller vouches for the memory.
        unsafe { self.store(to) }
    }

    #[inline(always)]
    unsafe fn load_low<const N: usize>(_: Avx512, from: *const f32) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe {
            match N {
                8 => F32x16(_mm512_zextps256_ps512(_mm256_loadu_ps(from))),
                4 => F32x16(_mm512_zextps128_ps512(_mm_loadu_ps(from))),
                2 => F32x16(_mm512_zextps128_ps512(_mm_castpd_ps(_mm_load_sd(from.cast())))),
                1 => F32x16(_mm512_zextps128_ps512(_mm_load_ss(from))),
                _ => unreachable!(),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_low<const N: usize>(self, to: *mut f32) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe {
            match N {
                8 => _mm256_storeu_ps(to, _mm512_castps512_ps256(self.0)),
                4 => _mm_storeu_ps(to, _mm512_castps512_ps128(self.0)),
                2 => _mm_store_sd(to.cast(), _mm_castps_pd(_mm512_castps512_ps128(self.0))),
                1 => _mm_store_ss(to, _mm512_castps512_ps128(self.0)),
                _ => unreachable!(),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_masked(self, to: *mut f32, mask: __mmask16) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_mask_storeu_ps(to, mask, self.0) }
    }

    #[inline(always)]
    fn mul_add(self, by: Self, plus: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_fmadd_ps(self.0, by.0, plus.0)) }
    }

    #[inline(always)]
    fn neg_mul_add(self, by: Self, plus: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_fnmadd_ps(self.0, by.0, plus.0)) }
    }

    #[inline(always)]
    fn mul_sub_add(self, by: Self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_fmaddsub_ps(self.0, by.0, other.0)) }
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_abs_ps(self.0)) }
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_max_ps(self.0, other.0)) }
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_min_ps(self.0, other.0)) }
    }

    #[inline(always)]
    fn swap_pairs(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_permute_ps::<0b10_11_00_01>(self.0)) }
    }

    #[inline(always)]
    fn dup_even(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_moveldup_ps(self.0)) }
    }

    #[inline(always)]
    fn dup_odd(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x16(_mm512_movehdup_ps(self.0)) }
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm512_reduce_add_ps(self.0) }
    }

    #[inline(always)]
    fn sum_each([a, b, c, d]: [Self; 4]) -> [f32; 4] {
        let [a, b, c, d] = [a.0, b.0, c.0, d.0];
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            let (ab, cd) = (pair_f32(a, b), pair_f32(c, d));
            let (ab, cd) = (_mm512_castps_pd(ab), _mm512_castps_pd(cd));
            let (low, high) = (_mm512_unpacklo_pd(ab, cd), _mm512_unpackhi_pd(ab, cd));
            // Each quarter now has its part of all four sums.
            let quarters = _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high));
            let halves =
                _mm256_add_ps(_mm512_castps512_ps256(quarters), _mm512_extractf32x8_ps::<1>(quarters));
            let sums = _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps::<1>(halves));
            let mut out = [0.0; 4];
            _mm_storeu_ps(out.as_mut_ptr(), sums);
            out
        }
    }

    #[inline(always)]
    fn largest(self) -> f32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm512_reduce_max_ps(self.0) }
    }

    #[inline(always)]
    fn smallest(self) -> f32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm512_reduce_min_ps(self.0) }
    }

    #[inline(always)]
    fn equal_lanes(self, other: Self) -> u32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        u32::from(unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, other.0) })
    }

    #[inline(always)]
    fn any_above(self, other: Self) -> bool {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, other.0) != 0 }
    }

    #[inline(always)]
    fn unzip(self, other: Self) -> [Self; 2] {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            [
                _mm512_shuffle_ps::<0b10_00_10_00>(self.0, other.0),
                _mm512_shuffle_ps::<0b11_01_11_01>(self.0, other.0),
            ]
            .map(F32x16)
        }
    }
}
