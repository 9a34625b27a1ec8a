//! Single precision.

use super::*;
use core::ops::{Add, Div, Mul, Neg, Sub};

/// 8 `f32` in a register.
#[derive(Clone, Copy)]
pub struct F32x8(pub(in crate::simd) __m256);

impl Add for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_add_ps(self.0, other.0)) }
    }
}

impl Sub for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_sub_ps(self.0, other.0)) }
    }
}

impl Mul for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_mul_ps(self.0, other.0)) }
    }
}

impl Div for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_div_ps(self.0, other.0)) }
    }
}

impl Neg for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_xor_ps(self.0, _mm256_set1_ps(-0.0))) }
    }
}

impl Vector<Avx2> for F32x8 {
    type Elem = f32;
    type Mask = Mask;
    type Span = __m256i;
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(_: Avx2, x: f32) -> Self {
        // SAFETY: the token proves that the CPU has the instructions.
        unsafe { F32x8(_mm256_set1_ps(x)) }
    }

    #[inline(always)]
    fn pairs(_: Avx2, even: f32, odd: f32) -> Self {
        // SAFETY: the token proves that the CPU has the instructions.
        unsafe {
            F32x8(_mm256_castpd_ps(_mm256_set1_pd(f64::from_bits(
                u64::from(odd.to_bits()) << 32 | u64::from(even.to_bits()),
            ))))
        }
    }

    #[inline(always)]
    fn mask(_: Avx2, n: usize) -> Mask {
        debug_assert!(n <= Self::LANES);
        // SAFETY: the token proves AVX2; the window starts at LANES - n >= 0 and lies inside the table.
        let bits = unsafe { _mm256_loadu_si256(FIRST_LANES_32.as_ptr().add(Self::LANES - n).cast()) };
        Mask { bits, lanes: n }
    }

    #[inline(always)]
    fn span(isa: Avx2, start: usize, end: usize) -> __m256i {
        // SAFETY: the token proves that the CPU has the instruction.
        unsafe { _mm256_andnot_si256(Self::mask(isa, start).bits, Self::mask(isa, end).bits) }
    }

    #[inline(always)]
    unsafe fn load_span(_: Avx2, from: *const f32, span: __m256i) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F32x8(_mm256_maskload_ps(from, span)) }
    }

    #[inline(always)]
    fn within(self, span: __m256i) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_and_ps(self.0, _mm256_castsi256_ps(span))) }
    }

    #[inline(always)]
    unsafe fn load(_: Avx2, from: *const f32) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F32x8(_mm256_loadu_ps(from)) }
    }

    #[inline(always)]
    unsafe fn load_masked(_: Avx2, from: *const f32, mask: Mask) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F32x8(_mm256_maskload_ps(from, mask.bits)) }
    }

    #[inline(always)]
    unsafe fn load_over(self, from: *const f32, mask: Mask) -> Self {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe {
            let read = _mm256_maskload_ps(from, mask.bits);
            F32x8(_mm256_blendv_ps(self.0, read, _mm256_castsi256_ps(mask.bits)))
        }
    }

    #[inline(always)]
    unsafe fn gather<T: Scalar<Real = f32>>(_: Avx2, at: impl Fn(usize) -> *const T) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe {
            if T::IS_COMPLEX {
                return F32x8(_mm256_castpd_ps(gathered_8_bytes(|i| at(i).cast())));
            }
            F32x8(gathered_4_bytes(|i| at(i).cast()))
        }
    }

    #[inline(always)]
    fn over(self, other: Self, mask: Mask) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_blendv_ps(other.0, self.0, _mm256_castsi256_ps(mask.bits))) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm256_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_past_caches(self, to: *mut f32) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory and its alignment.
        unsafe { _mm256_stream_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn load_low<const N: usize>(_: Avx2, from: *const f32) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe {
            match N {
                4 => F32x8(_mm256_zextps128_ps256(_mm_loadu_ps(from))),
                2 => F32x8(_mm256_zextps128_ps256(_mm_castpd_ps(_mm_load_sd(from.cast())))),
                1 => F32x8(_mm256_zextps128_ps256(_mm_load_ss(from))),
                _ => unreachable!(),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_low<const N: usize>(self, to: *mut f32) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe {
            match N {
                4 => _mm_storeu_ps(to, _mm256_castps256_ps128(self.0)),
                2 => _mm_store_sd(to.cast(), _mm_castps_pd(_mm256_castps256_ps128(self.0))),
                1 => _mm_store_ss(to, _mm256_castps256_ps128(self.0)),
                _ => unreachable!(),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_masked(self, to: *mut f32, mask: Mask) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe {
            if mask.lanes & 8 != 0 {
                return self.store(to);
            }
            let (mut to, mut rest) = (to, _mm256_castps256_ps128(self.0));
            if mask.lanes & 4 != 0 {
                _mm_storeu_ps(to, rest);
                (to, rest) = (to.add(4), _mm256_extractf128_ps::<1>(self.0));
            }
            if mask.lanes & 2 != 0 {
                _mm_storel_pd(to.cast(), _mm_castps_pd(rest));
                (to, rest) = (to.add(2), _mm_movehl_ps(rest, rest));
            }
            if mask.lanes & 1 != 0 {
                _mm_store_ss(to, rest);
            }
        }
    }

    #[inline(always)]
    fn mul_add(self, by: Self, plus: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_fmadd_ps(self.0, by.0, plus.0)) }
    }

    #[inline(always)]
    fn neg_mul_add(self, by: Self, plus: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_fnmadd_ps(self.0, by.0, plus.0)) }
    }

    #[inline(always)]
    fn mul_sub_add(self, by: Self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_fmaddsub_ps(self.0, by.0, other.0)) }
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0)) }
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_max_ps(self.0, other.0)) }
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_min_ps(self.0, other.0)) }
    }

    #[inline(always)]
    fn swap_pairs(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_permute_ps::<0b10_11_00_01>(self.0)) }
    }

    #[inline(always)]
    fn dup_even(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_moveldup_ps(self.0)) }
    }

    #[inline(always)]
    fn dup_odd(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F32x8(_mm256_movehdup_ps(self.0)) }
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }

    #[inline(always)]
    fn sum_each([a, b, c, d]: [Self; 4]) -> [f32; 4] {
        let [a, b, c, d] = [a.0, b.0, c.0, d.0];
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            let (ab, cd) = (pair_f32(a, b), pair_f32(c, d));
            let (ab, cd) = (_mm256_castps_pd(ab), _mm256_castps_pd(cd));
            let (low, high) = (_mm256_unpacklo_pd(ab, cd), _mm256_unpackhi_pd(ab, cd));
            // Each half now has its part of all four sums.
            let halves = _mm256_add_ps(_mm256_castpd_ps(low), _mm256_castpd_ps(high));
            let sums = _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps::<1>(halves));
            let mut out = [0.0; 4];
            _mm_storeu_ps(out.as_mut_ptr(), sums);
            out
        }
    }

    #[inline(always)]
    fn largest(self) -> f32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            let four = _mm_max_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
        }
    }

    #[inline(always)]
    fn smallest(self) -> f32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            let four = _mm_min_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
            let two = _mm_min_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_min_ss(two, _mm_movehdup_ps(two)))
        }
    }

    #[inline(always)]
    fn equal_lanes(self, other: Self) -> u32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, other.0)).cast_unsigned() }
    }

    #[inline(always)]
    fn any_above(self, other: Self) -> bool {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(self.0, other.0)) != 0 }
    }

    #[inline(always)]
    fn unzip(self, other: Self) -> [Self; 2] {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            [
                _mm256_shuffle_ps::<0b10_00_10_00>(self.0, other.0),
                _mm256_shuffle_ps::<0b11_01_11_01>(self.0, other.0),
            ]
            .map(F32x8)
        }
    }
}
