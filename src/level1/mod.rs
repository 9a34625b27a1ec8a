//! Vector operations.
#![allow(unused_variables)]

use crate::scalar::{Real, Scalar};
use crate::view::{VecMut, VecRef};

/// `sum x_i y_i`.
pub fn dot<T: Scalar>(x: VecRef<T>, y: VecRef<T>) -> T {
    unimplemented!()
}

/// `sum conj(x_i) y_i`.
pub fn dotc<T: Scalar>(x: VecRef<T>, y: VecRef<T>) -> T {
    unimplemented!()
}

/// `b + sum x_i y_i`, accumulated in double precision.
pub fn sdsdot(b: f32, x: VecRef<f32>, y: VecRef<f32>) -> f32 {
    unimplemented!()
}

/// `sum x_i y_i`, accumulated in double precision.
pub fn dsdot(x: VecRef<f32>, y: VecRef<f32>) -> f64 {
    unimplemented!()
}

/// `y <- alpha x + y`.
pub fn axpy<T: Scalar>(alpha: T, x: VecRef<T>, y: VecMut<T>) {
    unimplemented!()
}

/// `y <- alpha conj(x) + y`.
pub fn axpyc<T: Scalar>(alpha: T, x: VecRef<T>, y: VecMut<T>) {
    unimplemented!()
}

/// `y <- alpha x + beta y`.
pub fn axpby<T: Scalar>(alpha: T, x: VecRef<T>, beta: T, y: VecMut<T>) {
    unimplemented!()
}

/// `x <- alpha x`.
pub fn scal<T: Scalar>(alpha: T, x: VecMut<T>) {
    unimplemented!()
}

/// `x <- alpha x`, alpha real (`csscal`, `zdscal`).
pub fn scal_real<T: Scalar>(alpha: T::Real, x: VecMut<T>) {
    unimplemented!()
}

/// `y <- x`.
pub fn copy<T: Scalar>(x: VecRef<T>, y: VecMut<T>) {
    unimplemented!()
}

/// `x <-> y`.
pub fn swap<T: Scalar>(x: VecMut<T>, y: VecMut<T>) {
    unimplemented!()
}

/// `sum |re x_i| + |im x_i|`.
pub fn asum<T: Scalar>(x: VecRef<T>) -> T::Real {
    unimplemented!()
}

/// `sum re x_i + im x_i` (OpenBLAS's `?sum`).
pub fn sum<T: Scalar>(x: VecRef<T>) -> T::Real {
    unimplemented!()
}

/// Euclidean norm, safe from overflow and underflow.
pub fn nrm2<T: Scalar>(x: VecRef<T>) -> T::Real {
    unimplemented!()
}

/// Largest `|re| + |im|`, 0 if empty.
pub fn amax<T: Scalar>(x: VecRef<T>) -> T::Real {
    unimplemented!()
}

/// Smallest `|re| + |im|`, 0 if empty.
pub fn amin<T: Scalar>(x: VecRef<T>) -> T::Real {
    unimplemented!()
}

/// Largest element, 0 if empty.
pub fn max<R: Real>(x: VecRef<R>) -> R {
    unimplemented!()
}

/// Smallest element, 0 if empty.
pub fn min<R: Real>(x: VecRef<R>) -> R {
    unimplemented!()
}

/// First index of the largest `|re| + |im|`.
pub fn iamax<T: Scalar>(x: VecRef<T>) -> Option<usize> {
    unimplemented!()
}

/// First index of the smallest `|re| + |im|`.
pub fn iamin<T: Scalar>(x: VecRef<T>) -> Option<usize> {
    unimplemented!()
}

/// First index of the largest element.
pub fn imax<R: Real>(x: VecRef<R>) -> Option<usize> {
    unimplemented!()
}

/// First index of the smallest element.
pub fn imin<R: Real>(x: VecRef<R>) -> Option<usize> {
    unimplemented!()
}

/// `(x, y) <- (c x + s y, c y - conj(s) x)`.
pub fn rot<T: Scalar>(x: VecMut<T>, y: VecMut<T>, c: T::Real, s: T) {
    unimplemented!()
}

/// Constructs a plane rotation; returns (c, s), a and b as BLAS's `?rotg` leaves them.
pub fn rotg<T: Scalar>(a: &mut T, b: &mut T) -> (T::Real, T) {
    unimplemented!()
}

/// Applies a modified rotation.
pub fn rotm<R: Real>(x: VecMut<R>, y: VecMut<R>, param: &[R; 5]) {
    unimplemented!()
}

/// Constructs a modified rotation.
pub fn rotmg<R: Real>(d1: &mut R, d2: &mut R, x1: &mut R, y1: R, param: &mut [R; 5]) {
    unimplemented!()
}
