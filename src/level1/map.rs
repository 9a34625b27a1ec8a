//! Element by element, one vector written: axpy, axpby, scal, copy. (`pairs.rs` has what writes two.)

use super::elementwise::Elementwise;
use super::lanes::{Body, Factor, Lanes, Part, lanes, load_parts, splat};
use crate::scalar::Scalar;
use crate::simd::{Isa, Vector};
use crate::view::{VecMut, VecRef};

/// `y <- f(x, y)`.
pub trait Map<T: Scalar>: Copy + Sync {
    /// Vectors that pass through the core: those read and those written.
    const PASSES: usize;
    /// What registers are worked on with: factors in all lanes.
    type Ready<S: Isa>: Copy;
    /// Makes it.
    fn ready<S: Isa>(self, isa: S) -> Self::Ready<S>;
    /// Elements in registers.
    fn lanes<S: Isa>(ready: Self::Ready<S>, x: Lanes<S, T>, y: Lanes<S, T>) -> Lanes<S, T>;
    /// One element.
    fn element(self, x: T, y: T) -> T;
}

/// `c x + y`, x conjugated if `CONJ`.
#[derive(Clone, Copy)]
pub struct TimesPlus<T, const CONJ: bool> {
    pub c: T,
}

impl<T: Scalar, const CONJ: bool> Map<T> for TimesPlus<T, CONJ> {
    const PASSES: usize = 3;
    type Ready<S: Isa> = Factor<S, T>;
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> Factor<S, T> {
        Factor::new(isa, self.c, CONJ)
    }
    #[inline(always)]
    fn lanes<S: Isa>(c: Factor<S, T>, x: Lanes<S, T>, y: Lanes<S, T>) -> Lanes<S, T> {
        c.times_plus(x, y)
    }
    #[inline(always)]
    fn element(self, x: T, y: T) -> T {
        self.c * x.conj_if(CONJ) + y
    }
}

/// `c x + d y`.
#[derive(Clone, Copy)]
pub struct Combine<T> {
    pub c: T,
    pub d: T,
}

impl<T: Scalar> Map<T> for Combine<T> {
    const PASSES: usize = 3;
    type Ready<S: Isa> = [Factor<S, T>; 2];
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> [Factor<S, T>; 2] {
        [Factor::new(isa, self.c, false), Factor::new(isa, self.d, false)]
    }
    #[inline(always)]
    fn lanes<S: Isa>([c, d]: [Factor<S, T>; 2], x: Lanes<S, T>, y: Lanes<S, T>) -> Lanes<S, T> {
        c.times_plus(x, d.times(y))
    }
    #[inline(always)]
    fn element(self, x: T, y: T) -> T {
        self.c * x + self.d * y
    }
}

/// `c x`.
#[derive(Clone, Copy)]
pub struct Times<T> {
    pub c: T,
}

impl<T: Scalar> Map<T> for Times<T> {
    const PASSES: usize = 2;
    type Ready<S: Isa> = Factor<S, T>;
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> Factor<S, T> {
        Factor::new(isa, self.c, false)
    }
    #[inline(always)]
    fn lanes<S: Isa>(c: Factor<S, T>, x: Lanes<S, T>, _: Lanes<S, T>) -> Lanes<S, T> {
        c.times(x)
    }
    #[inline(always)]
    fn element(self, x: T, _: T) -> T {
        self.c * x
    }
}

/// `c x`, c real.
#[derive(Clone, Copy)]
pub struct TimesReal<R> {
    pub c: R,
}

impl<T: Scalar> Map<T> for TimesReal<T::Real> {
    const PASSES: usize = 2;
    type Ready<S: Isa> = Lanes<S, T>;
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> Lanes<S, T> {
        Lanes::<S, T>::splat(isa, self.c)
    }
    #[inline(always)]
    fn lanes<S: Isa>(c: Lanes<S, T>, x: Lanes<S, T>, _: Lanes<S, T>) -> Lanes<S, T> {
        c * x
    }
    #[inline(always)]
    fn element(self, x: T, _: T) -> T {
        x.scale(self.c)
    }
}

/// `x`.
#[derive(Clone, Copy)]
pub struct Same;

impl<T: Scalar> Map<T> for Same {
    const PASSES: usize = 2;
    type Ready<S: Isa> = ();
    #[inline(always)]
    fn ready<S: Isa>(self, _: S) {}
    #[inline(always)]
    fn lanes<S: Isa>(_: (), x: Lanes<S, T>, _: Lanes<S, T>) -> Lanes<S, T> {
        x
    }
    #[inline(always)]
    fn element(self, x: T, _: T) -> T {
        x
    }
}

/// `c`.
#[derive(Clone, Copy)]
pub struct Constant<T> {
    pub c: T,
}

impl<T: Scalar> Map<T> for Constant<T> {
    const PASSES: usize = 1;
    type Ready<S: Isa> = Lanes<S, T>;
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> Lanes<S, T> {
        splat(isa, self.c)
    }
    #[inline(always)]
    fn lanes<S: Isa>(c: Lanes<S, T>, _: Lanes<S, T>, _: Lanes<S, T>) -> Lanes<S, T> {
        c
    }
    #[inline(always)]
    fn element(self, _: T, _: T) -> T {
        self.c
    }
}

/// `y <- f(x, y)` for vectors of the same length, which is kept once: the call is six words with a factor.
pub struct Mapping<'a, T, F> {
    x: *const T,
    x_stride: isize,
    y: VecMut<'a, T>,
    map: F,
}

// SAFETY: x is a view too, only read.
unsafe impl<T: Sync, F: Sync> Sync for Mapping<'_, T, F> {}

impl<'a, T: Scalar, F: Map<T>> Mapping<'a, T, F> {
    /// `y <- f(x, y)`.
    #[inline(always)]
    pub fn new(x: VecRef<'a, T>, y: VecMut<'a, T>, map: F) -> Self {
        debug_assert_eq!(x.len(), y.len());
        Mapping { x: x.as_ptr(), x_stride: x.stride(), y, map }
    }

    /// `y <- f(y, y)`: the loops read an element of x before they write y's.
    #[inline(always)]
    pub fn in_place(y: VecMut<'a, T>, map: F) -> Self {
        Mapping { x: y.as_mut_ptr(), x_stride: y.stride(), y, map }
    }

    /// x.
    #[inline(always)]
    fn x(&self) -> VecRef<'_, T> {
        // SAFETY: made from such a view.
        unsafe { VecRef::new(self.x, self.y.len(), self.x_stride) }
    }
}

impl<T: Scalar, F: Map<T>> Elementwise for Mapping<'_, T, F> {
    type Elem = T;
    type Body<S: Isa> = Adjacent<S, T, F>;
    const PASSES: usize = F::PASSES;

    #[inline(always)]
    fn y(&self) -> (*mut T, usize) {
        (self.y.as_mut_ptr(), self.y.len())
    }

    #[inline(always)]
    fn is_adjacent(&self) -> bool {
        self.x_stride == 1 && self.y.stride() == 1
    }

    #[inline(always)]
    fn body<S: Isa>(&self, isa: S) -> Adjacent<S, T, F> {
        Adjacent { ready: self.map.ready(isa), x: self.x.cast(), y: self.y.as_mut_ptr().cast() }
    }

    #[inline(always)]
    fn one_by_one(mut self) {
        for i in 0..self.y.len() {
            self.y.set(i, self.map.element(self.x().get(i), self.y.get(i)));
        }
    }
}

/// `y <- f(x, y)` for adjacent elements.
pub struct Adjacent<S: Isa, T: Scalar, F: Map<T>> {
    ready: F::Ready<S>,
    x: *const T::Real,
    y: *mut T::Real,
}

impl<S: Isa, T: Scalar, F: Map<T>> Body<S, T> for Adjacent<S, T, F> {
    #[inline(always)]
    unsafe fn step<P: Part<S, T::Real>, const K: usize>(&mut self, part: P, at: usize) {
        // SAFETY: the caller vouches for the elements.
        unsafe {
            let x = load_parts::<S, T, P, K>(part, self.x.add(at));
            let y = load_parts::<S, T, P, K>(part, self.y.add(at));
            for k in 0..K {
                part.store(self.y.add(at + k * lanes::<S, T>()), F::lanes(self.ready, x[k], y[k]));
            }
        }
    }
}
