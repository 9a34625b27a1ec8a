//! Vector operations: quick returns and the choice of the loop.
//!
//! Called by the interface and by level 2; files: `elementwise.rs` with `map.rs` and `pairs.rs` (element by element),
//! `reduce.rs` (sums), `norm.rs`, `extreme.rs` (largest, smallest), `givens.rs` (rotations made), all over `lanes.rs`
//! (elements in registers). Vectors that an operation takes together have the same length. Long ones are shared among
//! threads (`engine::passes`).

mod elementwise;
mod extreme;
mod givens;
pub(crate) mod lanes;
mod map;
mod norm;
mod pairs;
mod reduce;

use crate::scalar::{Held, Real, Scalar};
use crate::simd::dispatch;
use crate::view::{VecMut, VecRef};
use elementwise::Mapping;
use extreme::{Abs, Key, Largest, Negative, Place, Search, Value};
use map::{Combine, Constant, Same, Times, TimesPlus, TimesReal};
use norm::Norm;
use pairs::{Exchange, Modified, Rotate, RotateComplex};
use reduce::{Dot, Magnitude, Plain, Reduction, WideDot};

pub use givens::{rotg, rotmg};

/// `sum x_i y_i`.
#[inline]
pub fn dot<T: Scalar>(x: VecRef<T>, y: VecRef<T>) -> T {
    Reduction { x, y, fold: Dot::<false> }.total()
}

/// `sum conj(x_i) y_i`.
#[inline]
pub fn dotc<T: Scalar>(x: VecRef<T>, y: VecRef<T>) -> T {
    Reduction { x, y, fold: Dot::<true> }.total()
}

/// `b + sum x_i y_i`, accumulated in double precision.
#[inline]
pub fn sdsdot(b: f32, x: VecRef<f32>, y: VecRef<f32>) -> f32 {
    dispatch(WideDot { b: f64::from(b), x, y }) as f32
}

/// `sum x_i y_i`, accumulated in double precision.
#[inline]
pub fn dsdot(x: VecRef<f32>, y: VecRef<f32>) -> f64 {
    dispatch(WideDot { b: 0.0, x, y })
}

/// `y <- alpha x + y`; x is not read if alpha is zero.
#[inline]
pub fn axpy<T: Scalar>(alpha: T, x: VecRef<T>, y: VecMut<T>) {
    if alpha != T::ZERO {
        Mapping::new(x, y, TimesPlus::<T, false> { c: Held::new(alpha) }).apply();
    }
}

/// `y <- alpha conj(x) + y`; x is not read if alpha is zero.
#[inline]
pub fn axpyc<T: Scalar>(alpha: T, x: VecRef<T>, y: VecMut<T>) {
    if alpha != T::ZERO {
        Mapping::new(x, y, TimesPlus::<T, true> { c: Held::new(alpha) }).apply();
    }
}

/// `y <- alpha x + beta y`; a vector whose factor is zero is not read.
#[inline]
pub fn axpby<T: Scalar>(alpha: T, x: VecRef<T>, beta: T, y: VecMut<T>) {
    match (alpha == T::ZERO, beta == T::ZERO) {
        (true, true) => fill(T::ZERO, y),
        (true, false) => scal(beta, y),
        (false, true) => Mapping::new(x, y, Times { c: Held::new(alpha) }).apply(),
        (false, false) => Mapping::new(x, y, Combine { c: Held::new(alpha), d: Held::new(beta) }).apply(),
    }
}

/// `x <- alpha x`; also for alpha = 0, so that NaN and Inf stay NaN.
#[inline]
pub fn scal<T: Scalar>(alpha: T, x: VecMut<T>) {
    if alpha != T::ONE {
        Mapping::in_place(x, Times { c: Held::new(alpha) }).apply();
    }
}

/// `x <- alpha x`, alpha real (`csscal`, `zdscal`).
#[inline]
pub fn scal_real<T: Scalar>(alpha: T::Real, x: VecMut<T>) {
    if alpha != T::Real::ONE {
        Mapping::in_place(x, TimesReal { c: Held::new(alpha) }).apply();
    }
}

/// `y <- value` in each element.
#[inline]
pub(crate) fn fill<T: Scalar>(value: T, y: VecMut<T>) {
    Mapping::in_place(y, Constant { c: Held::new(value) }).apply();
}

/// `y <- x`.
#[inline]
pub fn copy<T: Scalar>(x: VecRef<T>, y: VecMut<T>) {
    Mapping::new(x, y, Same).apply();
}

/// `x <-> y`.
#[inline]
pub fn swap<T: Scalar>(x: VecMut<T>, y: VecMut<T>) {
    Mapping::of_both(x, y, Exchange).apply();
}

/// `sum |re x_i| + |im x_i|`.
#[inline]
pub fn asum<T: Scalar>(x: VecRef<T>) -> T::Real {
    Reduction { x, y: x, fold: Magnitude }.total().re()
}

/// `sum re x_i + im x_i` (OpenBLAS's `?sum`).
#[inline]
pub fn sum<T: Scalar>(x: VecRef<T>) -> T::Real {
    Reduction { x, y: x, fold: Plain }.total().re()
}

/// Euclidean norm, safe from overflow and underflow.
#[inline]
pub fn nrm2<T: Scalar>(x: VecRef<T>) -> T::Real {
    dispatch(Norm { x })
}

/// Largest `|re| + |im|`, 0 if empty.
#[inline]
pub fn amax<T: Scalar>(x: VecRef<T>) -> T::Real {
    largest_key(x, Abs)
}

/// Smallest `|re| + |im|`, 0 if empty.
#[inline]
pub fn amin<T: Scalar>(x: VecRef<T>) -> T::Real {
    -largest_key(x, Negative(Abs))
}

/// Largest element, 0 if empty.
#[inline]
pub fn max<R: Real>(x: VecRef<R>) -> R {
    largest_key(x, Value)
}

/// Smallest element, 0 if empty.
#[inline]
pub fn min<R: Real>(x: VecRef<R>) -> R {
    -largest_key(x, Negative(Value))
}

/// First index of the largest `|re| + |im|`.
#[inline]
pub fn iamax<T: Scalar>(x: VecRef<T>) -> Option<usize> {
    place(x, Abs)
}

/// First index of the smallest `|re| + |im|`.
#[inline]
pub fn iamin<T: Scalar>(x: VecRef<T>) -> Option<usize> {
    place(x, Negative(Abs))
}

/// First index of the largest element.
#[inline]
pub fn imax<R: Real>(x: VecRef<R>) -> Option<usize> {
    place(x, Value)
}

/// First index of the smallest element.
#[inline]
pub fn imin<R: Real>(x: VecRef<R>) -> Option<usize> {
    place(x, Negative(Value))
}

#[inline]
fn place<T: Scalar>(x: VecRef<T>, key: impl Key<T>) -> Option<usize> {
    (!x.is_empty()).then(|| dispatch(Place(Search { x, key })))
}

#[inline]
fn largest_key<T: Scalar>(x: VecRef<T>, key: impl Key<T>) -> T::Real {
    if x.is_empty() { T::Real::ZERO } else { dispatch(Largest(Search { x, key })) }
}

/// `(x, y) <- (c x + s y, c y - conj(s) x)`; a real s is not taken for a complex one, so that NaN and Inf
/// stay in their part.
#[inline]
pub fn rot<T: Scalar>(x: VecMut<T>, y: VecMut<T>, c: T::Real, s: T) {
    if T::IS_COMPLEX && s.im() != T::Real::ZERO {
        Mapping::of_both(x, y, RotateComplex { c, s }).apply();
    } else {
        Mapping::of_both(x, y, Rotate { c: Held::new(c), s: Held::new(s.re()) }).apply();
    }
}

/// Applies a modified rotation: `param` is the flag and H, column by column, of which the flag says what
/// is stored (-1: all, 0: the diagonal is 1, 1: the other diagonal is (-1, 1) from below, -2: H = I).
#[inline]
pub fn rotm<R: Real>(x: VecMut<R>, y: VecMut<R>, param: &[R; 5]) {
    let [flag, h11, h21, h12, h22] = *param;
    let one = R::ONE;
    let map = if flag == -(one + one) {
        return;
    } else if flag < R::ZERO {
        Modified { h11, h21, h12, h22 }
    } else if flag == R::ZERO {
        Modified { h11: one, h21, h12, h22: one }
    } else {
        Modified { h11, h21: -one, h12: one, h22 }
    };
    Mapping::of_both(x, y, map).apply();
}

#[cfg(test)]
mod tests;
