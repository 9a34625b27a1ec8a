//! What is done to the elements of both x and y: swap, rot, rotm.

use super::elementwise::Map;
use super::lanes::{Lanes, each};
use crate::scalar::{Held, Real, Scalar};
use crate::simd::{Factor, Isa, Vector};

/// `(y, x)`.
#[derive(Clone, Copy)]
pub struct Exchange;

impl<T: Scalar> Map<T> for Exchange {
    const WRITES_X: bool = true;
    type Ready<S: Isa> = ();
    #[inline(always)]
    fn ready<S: Isa>(self, _: S) {}
    #[inline(always)]
    fn lanes<S: Isa>(_: (), x: Lanes<S, T>, y: Lanes<S, T>) -> [Lanes<S, T>; 2] {
        [y, x]
    }
    #[inline(always)]
    fn element(self, x: T, y: T) -> [T; 2] {
        [y, x]
    }
}

/// `(c x + s y, c y - s x)`, c and s real.
#[derive(Clone, Copy)]
pub struct Rotate<R: Real> {
    pub c: Held<R>,
    pub s: Held<R>,
}

impl<T: Scalar> Map<T> for Rotate<T::Real> {
    const WRITES_X: bool = true;
    type Ready<S: Isa> = [Lanes<S, T>; 2];
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> [Lanes<S, T>; 2] {
        [Lanes::<S, T>::splat(isa, self.c.get()), Lanes::<S, T>::splat(isa, self.s.get())]
    }
    #[inline(always)]
    fn lanes<S: Isa>([c, s]: [Lanes<S, T>; 2], x: Lanes<S, T>, y: Lanes<S, T>) -> [Lanes<S, T>; 2] {
        [c.mul_add(x, s * y), s.neg_mul_add(x, c * y)]
    }
    #[inline(always)]
    fn element(self, x: T, y: T) -> [T; 2] {
        let (c, s) = (self.c.get(), self.s.get());
        [x.scale(c) + y.scale(s), y.scale(c) - x.scale(s)]
    }
}

/// `(c x + s y, c y - conj(s) x)`, c real, s complex.
#[derive(Clone, Copy)]
pub struct RotateComplex<T: Scalar> {
    pub c: T::Real,
    pub s: T,
}

impl<T: Scalar> Map<T> for RotateComplex<T> {
    const WRITES_X: bool = true;
    type Ready<S: Isa> = (Lanes<S, T>, [Factor<S, T>; 2]);
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> Self::Ready<S> {
        let factors = [Factor::new(isa, self.s, false), Factor::new(isa, -self.s.conj(), false)];
        (Lanes::<S, T>::splat(isa, self.c), factors)
    }
    #[inline(always)]
    fn lanes<S: Isa>((c, [s, t]): Self::Ready<S>, x: Lanes<S, T>, y: Lanes<S, T>) -> [Lanes<S, T>; 2] {
        [s.times_plus(y, c * x), t.times_plus(x, c * y)]
    }
    #[inline(always)]
    fn element(self, x: T, y: T) -> [T; 2] {
        [x.scale(self.c) + self.s * y, y.scale(self.c) - self.s.conj() * x]
    }
}

/// `(h11 x + h12 y, h21 x + h22 y)`: a modified rotation whose H is full (`flag` -1).
#[derive(Clone, Copy)]
pub struct Modified<R> {
    pub h11: R,
    pub h21: R,
    pub h12: R,
    pub h22: R,
}

impl<R: Real> Map<R> for Modified<R> {
    const WRITES_X: bool = true;
    type Ready<S: Isa> = [Lanes<S, R>; 4];
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> [Lanes<S, R>; 4] {
        let h = [self.h11, self.h21, self.h12, self.h22];
        each(|k| Lanes::<S, R>::splat(isa, h[k]))
    }
    #[inline(always)]
    fn lanes<S: Isa>(
        [h11, h21, h12, h22]: [Lanes<S, R>; 4],
        x: Lanes<S, R>,
        y: Lanes<S, R>,
    ) -> [Lanes<S, R>; 2] {
        [h11.mul_add(x, h12 * y), h21.mul_add(x, h22 * y)]
    }
    #[inline(always)]
    fn element(self, x: R, y: R) -> [R; 2] {
        [self.h11 * x + self.h12 * y, self.h21 * x + self.h22 * y]
    }
}
