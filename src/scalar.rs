//! The four element types of BLAS behind one trait: `f32`, `f64`, [`c32`], [`c64`] (letters s, d, c, z).
//!
//! Every operation below the interface is written once, generic over [`Scalar`]; [`Real`] adds what only
//! real numbers have, and names the SIMD vector of the type for each ISA.

use crate::simd::{Isa, Vector};
use core::fmt::Debug;
use core::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};
use num_complex::Complex;

/// Single-precision complex number, layout of C's `float _Complex`.
#[allow(non_camel_case_types)]
pub type c32 = Complex<f32>;
/// Double-precision complex number, layout of C's `double _Complex`.
#[allow(non_camel_case_types)]
pub type c64 = Complex<f64>;

/// An element of a BLAS vector or matrix.
///
/// Implemented for `f32`, `f64`, [`c32`] and [`c64`] only. A complex number is two adjacent reals, so a
/// `*mut T` may be used as a `*mut T::Real` of twice the length.
pub trait Scalar:
    Copy
    + Send
    + Sync
    + 'static
    + Debug
    + Default
    + PartialEq
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    /// The real type of the same precision.
    type Real: Real;
    /// Whether the type has an imaginary part.
    const IS_COMPLEX: bool;
    /// Reals in one element: 1 or 2.
    const PARTS: usize;
    /// BLAS's letter of the type: `s`, `d`, `c` or `z`.
    const LETTER: char;
    /// Whole words of its bits: see [`Held`].
    type Words: Copy + Send + Sync;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// Its bits.
    fn to_words(self) -> Self::Words;
    /// What has these bits.
    fn from_words(words: Self::Words) -> Self;
    /// `re + 0i`.
    fn from_real(re: Self::Real) -> Self;
    /// `re + im i`; a real type drops `im`.
    fn from_parts(re: Self::Real, im: Self::Real) -> Self;
    /// Real part.
    fn re(self) -> Self::Real;
    /// Imaginary part, 0 for a real type.
    fn im(self) -> Self::Real;
    /// Complex conjugate.
    fn conj(self) -> Self;
    /// Multiplies by a real number (two multiplications for a complex one, so that NaN and Inf stay in
    /// their part).
    fn scale(self, by: Self::Real) -> Self;
    /// `self / by`; complex division by Smith's method, which neither overflows nor underflows early.
    fn divide(self, by: Self) -> Self;

    /// Complex conjugate if `yes`.
    #[inline(always)]
    fn conj_if(self, yes: bool) -> Self {
        if Self::IS_COMPLEX && yes { self.conj() } else { self }
    }

    /// `|re| + |im|`, BLAS's cheap absolute value (`cabs1`).
    #[inline(always)]
    fn abs1(self) -> Self::Real {
        if Self::IS_COMPLEX { self.re().abs() + self.im().abs() } else { self.re().abs() }
    }
}

/// A number kept as whole words, of which each goes into a register as it is: a struct with a field of half a word
/// would be put together in memory first (`simd::dispatch`).
#[derive(Clone, Copy)]
pub struct Held<T: Scalar>(T::Words);

impl<T: Scalar> Held<T> {
    /// Keeps `x`.
    #[inline(always)]
    pub fn new(x: T) -> Self {
        Held(x.to_words())
    }

    /// The number.
    #[inline(always)]
    pub fn get(self) -> T {
        T::from_words(self.0)
    }
}

/// A real element type: `f32` or `f64`.
pub trait Real: Scalar<Real = Self> + PartialOrd + Div<Output = Self> {
    /// The vector of this type on ISA `S`.
    type Vector<S: Isa>: Vector<S, Elem = Self>;
    /// Unit roundoff times two: the distance from 1 to the next number.
    const EPSILON: Self;
    /// Smallest positive normal number.
    const MIN_POSITIVE: Self;
    /// Largest finite number.
    const MAX: Self;
    /// NaN.
    const NAN: Self;
    /// Nearest value of the type.
    fn from_f64(x: f64) -> Self;
    /// Exact value.
    fn to_f64(self) -> f64;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Magnitude of `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// Whether it is NaN.
    fn is_nan(self) -> bool;
}

macro_rules! real_scalar {
    ($t:ident, $letter:literal, $vector:ident, $bits:ident, $words:ty, $join:expr, $part:expr) => {
        impl Scalar for $t {
            type Real = $t;
            const IS_COMPLEX: bool = false;
            const PARTS: usize = 1;
            const LETTER: char = $letter;
            type Words = u64;
            const ZERO: $t = 0.0;
            const ONE: $t = 1.0;
            #[inline(always)]
            fn to_words(self) -> u64 {
                self.to_bits().into()
            }
            #[inline(always)]
            fn from_words(words: u64) -> $t {
                $t::from_bits(words as $bits)
            }
            #[inline(always)]
            fn from_real(re: $t) -> $t {
                re
            }
            #[inline(always)]
            fn from_parts(re: $t, _im: $t) -> $t {
                re
            }
            #[inline(always)]
            fn re(self) -> $t {
                self
            }
            #[inline(always)]
            fn im(self) -> $t {
                0.0
            }
            #[inline(always)]
            fn conj(self) -> $t {
                self
            }
            #[inline(always)]
            fn scale(self, by: $t) -> $t {
                self * by
            }
            #[inline(always)]
            fn divide(self, by: $t) -> $t {
                self / by
            }
        }

        impl Real for $t {
            type Vector<S: Isa> = S::$vector;
            const EPSILON: $t = $t::EPSILON;
            const MIN_POSITIVE: $t = $t::MIN_POSITIVE;
            const MAX: $t = $t::MAX;
            const NAN: $t = $t::NAN;
            #[inline(always)]
            fn from_f64(x: f64) -> $t {
                x as $t
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn abs(self) -> $t {
                $t::abs(self)
            }
            #[inline(always)]
            fn sqrt(self) -> $t {
                $t::sqrt(self)
            }
            #[inline(always)]
            fn copysign(self, sign: $t) -> $t {
                $t::copysign(self, sign)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $t::is_nan(self)
            }
        }

        impl Scalar for Complex<$t> {
            type Real = $t;
            const IS_COMPLEX: bool = true;
            const PARTS: usize = 2;
            const LETTER: char = complex_letter($letter);
            type Words = $words;
            const ZERO: Self = Complex { re: 0.0, im: 0.0 };
            const ONE: Self = Complex { re: 1.0, im: 0.0 };
            #[inline(always)]
            fn to_words(self) -> $words {
                $join(self.re.to_bits(), self.im.to_bits())
            }
            #[inline(always)]
            fn from_words(words: $words) -> Self {
                let (re, im) = $part(words);
                Complex { re: $t::from_bits(re), im: $t::from_bits(im) }
            }
            #[inline(always)]
            fn from_real(re: $t) -> Self {
                Complex { re, im: 0.0 }
            }
            #[inline(always)]
            fn from_parts(re: $t, im: $t) -> Self {
                Complex { re, im }
            }
            #[inline(always)]
            fn re(self) -> $t {
                self.re
            }
            #[inline(always)]
            fn im(self) -> $t {
                self.im
            }
            #[inline(always)]
            fn conj(self) -> Self {
                Complex { re: self.re, im: -self.im }
            }
            #[inline(always)]
            fn scale(self, by: $t) -> Self {
                Complex { re: self.re * by, im: self.im * by }
            }
            #[inline]
            fn divide(self, by: Self) -> Self {
                if by.re.abs() >= by.im.abs() {
                    let ratio = by.im / by.re;
                    let denominator = by.re + by.im * ratio;
                    Complex {
                        re: (self.re + self.im * ratio) / denominator,
                        im: (self.im - self.re * ratio) / denominator,
                    }
                } else {
                    let ratio = by.re / by.im;
                    let denominator = by.im + by.re * ratio;
                    Complex {
                        re: (self.re * ratio + self.im) / denominator,
                        im: (self.im * ratio - self.re) / denominator,
                    }
                }
            }
        }
    };
}

const fn complex_letter(real: char) -> char {
    if real == 's' { 'c' } else { 'z' }
}

real_scalar!(f32, 's', F32, u32, u64, |re, im| u64::from(im) << 32 | u64::from(re), |words| {
    (words as u32, (words >> 32) as u32)
});
real_scalar!(f64, 'd', F64, u64, [u64; 2], |re, im| [re, im], |[re, im]: [u64; 2]| (re, im));
