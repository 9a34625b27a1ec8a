//! AVX2 and FMA: 8 `f32` or 4 `f64` a vector; the first lanes by masked moves.

use super::{Dispatch, Isa, Level, Vector};
use core::arch::x86_64::*;
use core::ops::{Add, Div, Mul, Neg, Sub};

/// Proof that CPU and system support AVX2 and FMA (with BMI1 and BMI2).
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// # Safety
    /// CPU and system must support the instructions.
    #[inline(always)]
    pub(crate) unsafe fn assume() -> Avx2 {
        Avx2(())
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,bmi1,bmi2")]
fn enter<D: Dispatch>(isa: Avx2, work: D) -> D::Output {
    work.run(isa)
}

impl Isa for Avx2 {
    type F32 = F32x8;
    type F64 = F64x4;
    const LEVEL: Level = Level::Avx2;

    #[inline(always)]
    fn enter<D: Dispatch>(self, work: D) -> D::Output {
        // SAFETY: the token proves that the instructions are there.
        unsafe { enter(self, work) }
    }
}

/// A window of `n` ones into this table, starting at `LANES - n`, is the mask of the first `n` lanes.
static FIRST_LANES_32: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
static FIRST_LANES_64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

/// 8 `f32` in a register.
#[derive(Clone, Copy)]
pub struct F32x8(__m256);

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
    type Mask = __m256i;
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(_: Avx2, x: f32) -> Self {
        // SAFETY: the token proves that the CPU has the instructions.
        unsafe { F32x8(_mm256_set1_ps(x)) }
    }

    #[inline(always)]
    fn mask(_: Avx2, n: usize) -> __m256i {
        debug_assert!(n <= Self::LANES);
        // SAFETY: the token proves AVX2; the window starts at LANES - n >= 0 and lies inside the table.
        unsafe { _mm256_loadu_si256(FIRST_LANES_32.as_ptr().add(Self::LANES - n).cast()) }
    }

    #[inline(always)]
    unsafe fn load(_: Avx2, from: *const f32) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F32x8(_mm256_loadu_ps(from)) }
    }

    #[inline(always)]
    unsafe fn load_masked(_: Avx2, from: *const f32, mask: __m256i) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F32x8(_mm256_maskload_ps(from, mask)) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm256_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_masked(self, to: *mut f32, mask: __m256i) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm256_maskstore_ps(to, mask, self.0) }
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
}

/// 4 `f64` in a register.
#[derive(Clone, Copy)]
pub struct F64x4(__m256d);

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
    type Mask = __m256i;
    const LANES: usize = 4;

    #[inline(always)]
    fn splat(_: Avx2, x: f64) -> Self {
        // SAFETY: the token proves that the CPU has the instructions.
        unsafe { F64x4(_mm256_set1_pd(x)) }
    }

    #[inline(always)]
    fn mask(_: Avx2, n: usize) -> __m256i {
        debug_assert!(n <= Self::LANES);
        // SAFETY: the token proves AVX2; the window starts at LANES - n >= 0 and lies inside the table.
        unsafe { _mm256_loadu_si256(FIRST_LANES_64.as_ptr().add(Self::LANES - n).cast()) }
    }

    #[inline(always)]
    unsafe fn load(_: Avx2, from: *const f64) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F64x4(_mm256_loadu_pd(from)) }
    }

    #[inline(always)]
    unsafe fn load_masked(_: Avx2, from: *const f64, mask: __m256i) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { F64x4(_mm256_maskload_pd(from, mask)) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm256_storeu_pd(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_masked(self, to: *mut f64, mask: __m256i) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm256_maskstore_pd(to, mask, self.0) }
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
}
