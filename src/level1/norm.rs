//! nrm2: the root of a sum of squares, safe from overflow and underflow.

use super::extreme::{Abs, Search};
use super::lanes::{DotSum, Lanes};
use super::reduce::{Apart, Fold, PIECE, Reduction};
use crate::scalar::{Real, Scalar};
use crate::simd::{Dispatch, Isa, Vector};
use crate::view::VecRef;

/// `sqrt(sum |x_i|^2)`: the plain sum of squares wherever that has neither overflowed nor lost anything
/// to underflow; otherwise the sum is made again with x scaled by a power of two.
pub struct Norm<'a, T> {
    pub x: VecRef<'a, T>,
}

impl<T: Scalar> Dispatch for Norm<'_, T> {
    type Output = T::Real;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> T::Real {
        if self.x.stride() == 1 && self.x.len() <= PIECE {
            self.of_squares(isa, self.squares().adjacent_piece(isa, 0..self.x.len()))
        } else {
            isa.enter_aside(Apart(self))
        }
    }
}

/// A norm over many elements, or ones that are not adjacent.
impl<T: Scalar> Dispatch for Apart<Norm<'_, T>> {
    type Output = T::Real;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> T::Real {
        let Apart(norm) = self;
        norm.of_squares(isa, norm.squares().run(isa))
    }
}

impl<'a, T: Scalar> Norm<'a, T> {
    #[inline(always)]
    fn squares(&self) -> Reduction<'a, T, Square> {
        Reduction { x: self.x, y: self.x, fold: Square }
    }

    /// The norm, if this is the sum of squares as it came out.
    #[inline(always)]
    fn of_squares<S: Isa>(&self, isa: S, squares: T) -> T::Real {
        // What underflow takes from a term is below MIN_POSITIVE; so much larger a sum does not feel it.
        let epsilon = T::Real::EPSILON;
        let safe = T::Real::MIN_POSITIVE / (epsilon * epsilon * epsilon);
        let squares = squares.re();
        if squares >= safe && squares <= T::Real::MAX {
            squares.sqrt()
        } else {
            isa.enter_aside(ScaledNorm { x: self.x })
        }
    }
}

/// [`Norm`] of numbers whose squares overflow or underflow, of zeros, and of NaN and Inf (NaN wins).
struct ScaledNorm<'a, T> {
    x: VecRef<'a, T>,
}

impl<T: Scalar> Dispatch for ScaledNorm<'_, T> {
    type Output = T::Real;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> T::Real {
        if self.x.is_empty() {
            return T::Real::ZERO;
        }
        let largest = Search { x: self.x, key: Abs }.run(isa).key;
        // Both 2^limit and 2^-limit are normal numbers. Where `largest` is zero, Inf or NaN any will do.
        let limit = exponent(T::Real::MAX.to_f64()) - 1;
        let scale = power_of_two(-exponent(largest.to_f64()).clamp(-limit, limit));
        let fold = ScaledSquare(T::Real::from_f64(scale));
        let squares = Reduction { x: self.x, y: self.x, fold }.run(isa).re();
        T::Real::from_f64(squares.sqrt().to_f64() / scale)
    }
}

/// e with `2^e <= x < 2^(e + 1)`; -1023 for zero and subnormal numbers, 1024 for Inf and NaN.
fn exponent(x: f64) -> i32 {
    ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023
}

/// `2^e`, `-1022 <= e <= 1023`.
fn power_of_two(e: i32) -> f64 {
    f64::from_bits(((e + 1023) as u64) << 52)
}

/// `sum |x|^2`.
#[derive(Clone, Copy)]
struct Square;

impl<T: Scalar> Fold<T> for Square {
    #[inline(always)]
    fn add<S: Isa>(self, _: S, sum: DotSum<S, T>, x: Lanes<S, T>, _: Lanes<S, T>) -> DotSum<S, T> {
        DotSum { straight: x.mul_add(x, sum.straight), ..sum }
    }
}

/// `sum |c x|^2`, c real.
#[derive(Clone, Copy)]
struct ScaledSquare<R>(R);

impl<T: Scalar> Fold<T> for ScaledSquare<T::Real> {
    #[inline(always)]
    fn add<S: Isa>(self, isa: S, sum: DotSum<S, T>, x: Lanes<S, T>, _: Lanes<S, T>) -> DotSum<S, T> {
        let x = x * Lanes::<S, T>::splat(isa, self.0);
        DotSum { straight: x.mul_add(x, sum.straight), ..sum }
    }
}
