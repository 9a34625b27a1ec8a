//! Element by element: axpy, axpby, scal, copy (one vector is written, [`Mapping`]) and swap, rot, rotm
//! (two are, [`PairMapping`]).
//!
//! Adjacent elements go register by register. Others go one by one in order, so that a stride of zero
//! means what the reference's loop makes of it.

use super::lanes::{Body, Factor, Lanes, Part, splat, sweep};
use crate::scalar::{Real, Scalar};
use crate::simd::{Dispatch, Isa, Vector};
use crate::view::{VecMut, VecRef};

/// `y <- f(x, y)`.
pub trait Map<T: Scalar>: Copy {
    /// What registers are worked on with: factors in all lanes.
    type Ready<S: Isa>: Copy;
    /// Makes it.
    fn ready<S: Isa>(self, isa: S) -> Self::Ready<S>;
    /// Elements in registers.
    fn lanes<S: Isa>(ready: Self::Ready<S>, x: Lanes<S, T>, y: Lanes<S, T>) -> Lanes<S, T>;
    /// One element.
    fn element(self, x: T, y: T) -> T;
}

/// `c x + y`, x conjugated if `conj`.
#[derive(Clone, Copy)]
pub struct TimesPlus<T> {
    pub c: T,
    pub conj: bool,
}

impl<T: Scalar> Map<T> for TimesPlus<T> {
    type Ready<S: Isa> = Factor<S, T>;
    #[inline(always)]
    fn ready<S: Isa>(self, isa: S) -> Factor<S, T> {
        Factor::new(isa, self.c, self.conj)
    }
    #[inline(always)]
    fn lanes<S: Isa>(c: Factor<S, T>, x: Lanes<S, T>, y: Lanes<S, T>) -> Lanes<S, T> {
        c.times_plus(x, y)
    }
    #[inline(always)]
    fn element(self, x: T, y: T) -> T {
        self.c * x.conj_if(self.conj) + y
    }
}

/// `c x + d y`.
#[derive(Clone, Copy)]
pub struct Combine<T> {
    pub c: T,
    pub d: T,
}

impl<T: Scalar> Map<T> for Combine<T> {
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

/// `y <- f(x, y)` for vectors of the same length.
pub struct Mapping<'a, T, F> {
    pub x: VecRef<'a, T>,
    pub y: VecMut<'a, T>,
    pub map: F,
}

impl<'a, T: Scalar, F: Map<T>> Mapping<'a, T, F> {
    /// `y <- f(y, y)`.
    pub fn in_place(y: VecMut<'a, T>, map: F) -> Self {
        // SAFETY: the same elements as y's; the loops read an element of x before they write y's.
        let x = unsafe { VecRef::new(y.as_mut_ptr(), y.len(), y.stride()) };
        Mapping { x, y, map }
    }
}

impl<T: Scalar, F: Map<T>> Dispatch for Mapping<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(mut self, isa: S) {
        let len = self.y.len();
        if self.x.stride() == 1 && self.y.stride() == 1 {
            let mut body = Adjacent::<S, T, F> {
                ready: self.map.ready(isa),
                x: self.x.as_ptr().cast(),
                y: self.y.as_mut_ptr().cast(),
            };
            // SAFETY: the views vouch for their elements, which are adjacent.
            unsafe { sweep::<S, T, UNROLL>(isa, 0..len, &mut body) };
        } else {
            for i in 0..len {
                self.y.set(i, self.map.element(self.x.get(i), self.y.get(i)));
            }
        }
    }
}

/// Registers in one round of a loop.
const UNROLL: usize = 4;

/// `y <- f(x, y)` for adjacent elements.
struct Adjacent<S: Isa, T: Scalar, F: Map<T>> {
    ready: F::Ready<S>,
    x: *const T::Real,
    y: *mut T::Real,
}

impl<S: Isa, T: Scalar, F: Map<T>> Body<S, T> for Adjacent<S, T, F> {
    #[inline(always)]
    unsafe fn step<P: Part<S, T::Real>>(&mut self, part: P, at: usize) {
        // SAFETY: the caller vouches for the elements.
        unsafe {
            let (x, y) = (part.load(self.x.add(at)), part.load(self.y.add(at)));
            part.store(self.y.add(at), F::lanes(self.ready, x, y));
        }
    }
}

/// `(x, y) <- f(x, y)`.
pub trait PairMap<T: Scalar>: Copy {
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

/// `(x, y) <- f(x, y)` for vectors of the same length.
pub struct PairMapping<'a, T, F> {
    pub x: VecMut<'a, T>,
    pub y: VecMut<'a, T>,
    pub map: F,
}

impl<T: Scalar, F: PairMap<T>> Dispatch for PairMapping<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(mut self, isa: S) {
        let len = self.y.len();
        if self.x.stride() == 1 && self.y.stride() == 1 {
            let mut body = AdjacentPairs::<S, T, F> {
                ready: self.map.ready(isa),
                x: self.x.as_mut_ptr().cast(),
                y: self.y.as_mut_ptr().cast(),
            };
            // SAFETY: the views vouch for their elements, which are adjacent.
            unsafe { sweep::<S, T, UNROLL>(isa, 0..len, &mut body) };
        } else {
            for i in 0..len {
                let [x, y] = self.map.element(self.x.get(i), self.y.get(i));
                self.x.set(i, x);
                self.y.set(i, y);
            }
        }
    }
}

/// `(x, y) <- f(x, y)` for adjacent elements.
struct AdjacentPairs<S: Isa, T: Scalar, F: PairMap<T>> {
    ready: F::Ready<S>,
    x: *mut T::Real,
    y: *mut T::Real,
}

impl<S: Isa, T: Scalar, F: PairMap<T>> Body<S, T> for AdjacentPairs<S, T, F> {
    #[inline(always)]
    unsafe fn step<P: Part<S, T::Real>>(&mut self, part: P, at: usize) {
        // SAFETY: the caller vouches for the elements.
        unsafe {
            let (x, y) = (part.load(self.x.add(at)), part.load(self.y.add(at)));
            let [x, y] = F::lanes(self.ready, x, y);
            part.store(self.x.add(at), x);
            part.store(self.y.add(at), y);
        }
    }
}
