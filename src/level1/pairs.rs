//! Element by element, two vectors written: swap, rot, rotm.

use super::elementwise::Elementwise;
use super::lanes::{Body, Factor, Lanes, Part, lanes, load_parts};
use crate::scalar::{Real, Scalar};
use crate::simd::{Isa, Vector};
use crate::view::VecMut;

/// `(x, y) <- f(x, y)`.
pub trait PairMap<T: Scalar>: Copy + Sync {
    /// What registers are worked on with.
    type Ready<S: Isa>: Copy;
    /// Makes it.
    fn ready<S: Isa>(self, isa: S) -> Self::Ready<S>;
    /// Elements in registers.
    fn lanes<S: Isa>(ready: Self::Ready<S>, x: Lanes<S, T>, y: Lanes<S, T>) -> [Lanes<S, T>; 2];
    /// One element of each.
    fn element(self, x: T, y: T) -> [T; 2];
}

/// `(y, x)`.
#[derive(Clone, Copy)]
pub struct Exchange;

impl<T: Scalar> PairMap<T> for Exchange {
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
pub struct Rotate<R> {
    pub c: R,
    pub s: R,
}

impl<T: Scalar> PairMap<T> for Rotate<T::Real> {
    type Ready<S: Isa> = [Lanes<S, T>; 2];
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> [Lanes<S, T>; 2] {
        [Lanes::<S, T>::splat(isa, self.c), Lanes::<S, T>::splat(isa, self.s)]
    }
    #[inline(always)]
    fn lanes<S: Isa>([c, s]: [Lanes<S, T>; 2], x: Lanes<S, T>, y: Lanes<S, T>) -> [Lanes<S, T>; 2] {
        [c.mul_add(x, s * y), s.neg_mul_add(x, c * y)]
    }
    #[inline(always)]
    fn element(self, x: T, y: T) -> [T; 2] {
        [x.scale(self.c) + y.scale(self.s), y.scale(self.c) - x.scale(self.s)]
    }
}

/// `(c x + s y, c y - conj(s) x)`, c real, s complex.
#[derive(Clone, Copy)]
pub struct RotateComplex<T: Scalar> {
    pub c: T::Real,
    pub s: T,
}

impl<T: Scalar> PairMap<T> for RotateComplex<T> {
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

impl<R: Real> PairMap<R> for Modified<R> {
    type Ready<S: Isa> = [Lanes<S, R>; 4];
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> [Lanes<S, R>; 4] {
        [self.h11, self.h21, self.h12, self.h22].map(|h| Lanes::<S, R>::splat(isa, h))
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

/// `(x, y) <- f(x, y)` for vectors of the same length, which is kept once.
pub struct PairMapping<'a, T, F> {
    x: *mut T,
    x_stride: isize,
    y: VecMut<'a, T>,
    map: F,
}

// SAFETY: x is a view too, and threads take different elements.
unsafe impl<T: Sync, F: Sync> Sync for PairMapping<'_, T, F> {}

impl<'a, T: Scalar, F: PairMap<T>> PairMapping<'a, T, F> {
    /// `(x, y) <- f(x, y)`.
    #[inline(always)]
    pub fn new(x: VecMut<'a, T>, y: VecMut<'a, T>, map: F) -> Self {
        debug_assert_eq!(x.len(), y.len());
        PairMapping { x: x.as_mut_ptr(), x_stride: x.stride(), y, map }
    }

    /// x.
    #[inline(always)]
    fn x(&mut self) -> VecMut<'_, T> {
        // SAFETY: made from such a view.
        unsafe { VecMut::new(self.x, self.y.len(), self.x_stride) }
    }
}

impl<T: Scalar, F: PairMap<T>> Elementwise for PairMapping<'_, T, F> {
    type Elem = T;
    type Body<S: Isa> = AdjacentPairs<S, T, F>;
    const PASSES: usize = 4;

    #[inline(always)]
    fn y(&self) -> (*mut T, usize) {
        (self.y.as_mut_ptr(), self.y.len())
    }

    #[inline(always)]
    fn is_adjacent(&self) -> bool {
        self.x_stride == 1 && self.y.stride() == 1
    }

    #[inline(always)]
    fn body<S: Isa>(&self, isa: S) -> AdjacentPairs<S, T, F> {
        AdjacentPairs { ready: self.map.ready(isa), x: self.x.cast(), y: self.y.as_mut_ptr().cast() }
    }

    #[inline(always)]
    fn one_by_one(mut self) {
        for i in 0..self.y.len() {
            let [x, y] = self.map.element(self.x().get(i), self.y.get(i));
            self.x().set(i, x);
            self.y.set(i, y);
        }
    }
}

/// `(x, y) <- f(x, y)` for adjacent elements.
pub struct AdjacentPairs<S: Isa, T: Scalar, F: PairMap<T>> {
    ready: F::Ready<S>,
    x: *mut T::Real,
    y: *mut T::Real,
}

impl<S: Isa, T: Scalar, F: PairMap<T>> Body<S, T> for AdjacentPairs<S, T, F> {
    #[inline(always)]
    unsafe fn step<P: Part<S, T::Real>, const K: usize>(&mut self, part: P, at: usize) {
        // SAFETY: the caller vouches for the elements.
        unsafe {
            let x = load_parts::<S, T, P, K>(part, self.x.add(at));
            let y = load_parts::<S, T, P, K>(part, self.y.add(at));
            for k in 0..K {
                let [x, y] = F::lanes(self.ready, x[k], y[k]);
                let at = at + k * lanes::<S, T>();
                part.store(self.x.add(at), x);
                part.store(self.y.add(at), y);
            }
        }
    }
}
