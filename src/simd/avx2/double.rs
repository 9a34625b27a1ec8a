//! Double precision.

use super::*;
use core::ops::{Add, Div, Mul, Neg, Sub};

/// 4 `f64` in a register.
#[derive(Clone, Copy)]
pub struct F64x4(pub(in crate::simd) __m256d);

impl Add for F64x4 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_add_pd(self.0, other.0)) }
    }
}

impl Sub for F64x4 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_sub_pd(self.0, other.0)) }
    }
}

impl Mul for F64x4 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_mul_pd(self.0, other.0)) }
    }
}

impl Div for F64x4 {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_div_pd(self.0, other.0)) }
    }
}

impl Neg for F64x4 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_xor_pd(self.0, _mm256_set1_pd(-0.0))) }
    }
}

impl Vector<Avx2> for F64x4 {
    type Elem = f64;
    type Mask = Mask;
    type Span = __m256i;
    const LANES: usize = 4;

    #[inline(always)]
    fn splat(_: Avx2, x: f64) -> Self {
        // SAFETY: the token proves that the CPU has the instructions.
        unsafe { F64x4(_mm256_set1_pd(x)) }
    }

    #[inline(always)]
    fn pairs(_: Avx2, even: f64, odd: f64) -> Self {
        // SAFETY: the token proves that the CPU has the instructions.
        unsafe { F64x4(_mm256_set_pd(odd, even, odd, even)) }
    }

    #[inline(always)]
    fn mask(_: Avx2, n: usize) -> Mask {
        debug_assert!(n <= Self::LANES);
        // SAFETY: the token proves AVX2; the window starts at LANES - n >= 0 and lies inside the table.
        let bits = unsafe { _mm256_loadu_si256(FIRST_LANES_64.as_ptr().add(Self::LANES - n).cast()) };
        Mask { bits, lanes: n }
    }

    #[inline(always)]
    fn span(isa: Avx2, start: usize, end: usize) -> __m256i {
        // SAFETY: the token proves that the CPU has the instruction.
        unsafe { _mm256_andnot_si256(Self::mask(isa, start).bits, Self::mask(isa, end).bits) }
    }

    #[inline(always)]
    unsafe fn load_span(_: Avx2, from: *const f64, span: __m256i) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F64x4(_mm256_maskload_pd(from, span)) }
    }

    #[inline(always)]
    fn within(self, span: __m256i) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_and_pd(self.0, _mm256_castsi256_pd(span))) }
    }

    #[inline(always)]
    unsafe fn load(_: Avx2, from: *const f64) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F64x4(_mm256_loadu_pd(from)) }
    }

    #[inline(always)]
    unsafe fn load_masked(_: Avx2, from: *const f64, mask: Mask) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F64x4(_mm256_maskload_pd(from, mask.bits)) }
    }

    #[inline(always)]
    unsafe fn load_over(self, from: *const f64, mask: Mask) -> Self {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe {
            let read = _mm256_maskload_pd(from, mask.bits);
            F64x4(_mm256_blendv_pd(self.0, read, _mm256_castsi256_pd(mask.bits)))
        }
    }

    #[inline(always)]
    unsafe fn gather<T: Scalar<Real = f64>>(_: Avx2, at: impl Fn(usize) -> *const T) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe {
            if T::IS_COMPLEX {
                let half = |i| _mm_loadu_pd(at(i).cast());
                return F64x4(_mm256_set_m128d(half(1), half(0)));
            }
            F64x4(gathered_8_bytes(|i| at(i).cast()))
        }
    }

    #[inline(always)]
    fn over(self, other: Self, mask: Mask) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_blendv_pd(other.0, self.0, _mm256_castsi256_pd(mask.bits))) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm256_storeu_pd(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_past_caches(self, to: *mut f64) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory and its alignment.
        unsafe { _mm256_stream_pd(to, self.0) }
    }

    #[inline(always)]
    unsafe fn load_low<const N: usize>(_: Avx2, from: *const f64) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe {
            match N {
                2 => F64x4(_mm256_zextpd128_pd256(_mm_loadu_pd(from))),
                1 => F64x4(_mm256_zextpd128_pd256(_mm_load_sd(from))),
                _ => unreachable!(),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_low<const N: usize>(self, to: *mut f64) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe {
            match N {
                2 => _mm_storeu_pd(to, _mm256_castpd256_pd128(self.0)),
                1 => _mm_store_sd(to, _mm256_castpd256_pd128(self.0)),
                _ => unreachable!(),
            }
        }
    }

    #[inline(always)]
    unsafe fn store_masked(self, to: *mut f64, mask: Mask) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe {
            if mask.lanes & 4 != 0 {
                return self.store(to);
            }
            let (mut to, mut rest) = (to, _mm256_castpd256_pd128(self.0));
            if mask.lanes & 2 != 0 {
                _mm_storeu_pd(to, rest);
                (to, rest) = (to.add(2), _mm256_extractf128_pd::<1>(self.0));
            }
            if mask.lanes & 1 != 0 {
                _mm_store_sd(to, rest);
            }
        }
    }

    #[inline(always)]
    fn mul_add(self, by: Self, plus: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_fmadd_pd(self.0, by.0, plus.0)) }
    }

    #[inline(always)]
    fn neg_mul_add(self, by: Self, plus: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_fnmadd_pd(self.0, by.0, plus.0)) }
    }

    #[inline(always)]
    fn mul_sub_add(self, by: Self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_fmaddsub_pd(self.0, by.0, other.0)) }
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0)) }
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_max_pd(self.0, other.0)) }
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_min_pd(self.0, other.0)) }
    }

    #[inline(always)]
    fn swap_pairs(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_permute_pd::<0b0101>(self.0)) }
    }

    #[inline(always)]
    fn dup_even(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_movedup_pd(self.0)) }
    }

    #[inline(always)]
    fn dup_odd(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { F64x4(_mm256_permute_pd::<0b1111>(self.0)) }
    }

    #[inline(always)]
    fn sum(self) -> f64 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            let two = _mm_add_pd(_mm256_castpd256_pd128(self.0), _mm256_extractf128_pd::<1>(self.0));
            _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
        }
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
        unsafe {
            let two = _mm_max_pd(_mm256_castpd256_pd128(self.0), _mm256_extractf128_pd::<1>(self.0));
            _mm_cvtsd_f64(_mm_max_sd(two, _mm_unpackhi_pd(two, two)))
        }
    }

    #[inline(always)]
    fn smallest(self) -> f64 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            let two = _mm_min_pd(_mm256_castpd256_pd128(self.0), _mm256_extractf128_pd::<1>(self.0));
            _mm_cvtsd_f64(_mm_min_sd(two, _mm_unpackhi_pd(two, two)))
        }
    }

    #[inline(always)]
    fn equal_lanes(self, other: Self) -> u32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, other.0)).cast_unsigned() }
    }

    #[inline(always)]
    fn any_above(self, other: Self) -> bool {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_GT_OQ>(self.0, other.0)) != 0 }
    }

    #[inline(always)]
    fn unzip(self, other: Self) -> [Self; 2] {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { [_mm256_unpacklo_pd(self.0, other.0), _mm256_unpackhi_pd(self.0, other.0)].map(F64x4) }
    }
}
