//! What is done to the elements of y: axpy, axpby, scal, copy. (`pairs.rs` has what is done to both x's and y's.)

use super::elementwise::Map;
use super::lanes::{Lanes, splat};
use crate::scalar::{Held, Real, Scalar};
use crate::simd::{Factor, Isa, Vector};

/// `c x + y`, x conjugated if `CONJ`.
#[derive(Clone, Copy)]
pub struct TimesPlus<T: Scalar, const CONJ: bool> {
    pub c: Held<T>,
}

impl<T: Scalar, const CONJ: bool> Map<T> for TimesPlus<T, CONJ> {
    type Ready<S: Isa> = Factor<S, T>;
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> Factor<S, T> {
        Factor::new(isa, self.c.get(), CONJ)
    }
    #[inline(always)]
    fn lanes<S: Isa>(c: Factor<S, T>, x: Lanes<S, T>, y: Lanes<S, T>) -> [Lanes<S, T>; 2] {
        [x, c.times_plus(x, y)]
    }
    #[inline(always)]
    fn element(self, x: T, y: T) -> [T; 2] {
        [x, self.c.get() * x.conj_if(CONJ) + y]
    }
}

/// `c x + d y`.
#[derive(Clone, Copy)]
pub struct Combine<T: Scalar> {
    pub c: Held<T>,
    pub d: Held<T>,
}

impl<T: Scalar> Map<T> for Combine<T> {
    type Ready<S: Isa> = [Factor<S, T>; 2];
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> [Factor<S, T>; 2] {
        [Factor::new(isa, self.c.get(), false), Factor::new(isa, self.d.get(), false)]
    }
    #[inline(always)]
    fn lanes<S: Isa>([c, d]: [Factor<S, T>; 2], x: Lanes<S, T>, y: Lanes<S, T>) -> [Lanes<S, T>; 2] {
        [x, c.times_plus(x, d.times(y))]
    }
    #[inline(always)]
    fn element(self, x: T, y: T) -> [T; 2] {
        [x, self.c.get() * x + self.d.get() * y]
    }
}

/// `c x`.
#[derive(Clone, Copy)]
pub struct Times<T: Scalar> {
    pub c: Held<T>,
}

impl<T: Scalar> Map<T> for Times<T> {
    const READS_Y: bool = false;
    type Ready<S: Isa> = Factor<S, T>;
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> Factor<S, T> {
        Factor::new(isa, self.c.get(), false)
    }
    #[inline(always)]
    fn lanes<S: Isa>(c: Factor<S, T>, x: Lanes<S, T>, _: Lanes<S, T>) -> [Lanes<S, T>; 2] {
        [x, c.times(x)]
    }
    #[inline(always)]
    fn element(self, x: T, _: T) -> [T; 2] {
        [x, self.c.get() * x]
    }
}

/// `c x`, c real.
#[derive(Clone, Copy)]
pub struct TimesReal<R: Real> {
    pub c: Held<R>,
}

impl<T: Scalar> Map<T> for TimesReal<T::Real> {
    const READS_Y: bool = false;
    type Ready<S: Isa> = Lanes<S, T>;
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> Lanes<S, T> {
        Lanes::<S, T>::splat(isa, self.c.get())
    }
    #[inline(always)]
    fn lanes<S: Isa>(c: Lanes<S, T>, x: Lanes<S, T>, _: Lanes<S, T>) -> [Lanes<S, T>; 2] {
        [x, c * x]
    }
    #[inline(always)]
    fn element(self, x: T, _: T) -> [T; 2] {
        [x, x.scale(self.c.get())]
    }
}

/// `x`.
#[derive(Clone, Copy)]
pub struct Same;

impl<T: Scalar> Map<T> for Same {
    const READS_Y: bool = false;
    const UPDATES: bool = false;
    type Ready<S: Isa> = ();
    #[inline(always)]
    fn ready<S: Isa>(self, _: S) {}
    #[inline(always)]
    fn lanes<S: Isa>(_: (), x: Lanes<S, T>, _: Lanes<S, T>) -> [Lanes<S, T>; 2] {
        [x, x]
    }
    #[inline(always)]
    fn element(self, x: T, _: T) -> [T; 2] {
        [x, x]
    }
}

/// `c`.
#[derive(Clone, Copy)]
pub struct Constant<T: Scalar> {
    pub c: Held<T>,
}

impl<T: Scalar> Map<T> for Constant<T> {
    const READS_Y: bool = false;
    const UPDATES: bool = false;
    type Ready<S: Isa> = Lanes<S, T>;
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> Lanes<S, T> {
        splat(isa, self.c.get())
    }
    #[inline(always)]
    fn lanes<S: Isa>(c: Lanes<S, T>, x: Lanes<S, T>, _: Lanes<S, T>) -> [Lanes<S, T>; 2] {
        [x, c]
    }
    #[inline(always)]
    fn element(self, x: T, _: T) -> [T; 2] {
        [x, self.c.get()]
    }
}
