//! Element by element: axpy, axpby, scal, copy, swap, rot and rotm are one loop over a [`Map`].
//!
//! Adjacent elements go register by register, long vectors on several threads, and what no cache will hold is
//! written past the caches. Others go one by one in order, so that a stride of zero means what the reference's
//! loop makes of it.

use super::lanes::{Body, Lanes, Part, Past, Whole, lanes, load_parts, sweep, sweep_to_aligned};
use crate::engine::passes;
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa, dispatch};
use crate::view::{VecMut, VecRef};
use core::ops::Range;

/// `(x, y) <- f(x, y)`, or only y if not `WRITES_X`.
pub trait Map<T: Scalar>: Copy + Sync {
    /// Whether x is written.
    const WRITES_X: bool = false;
    /// Whether it matters what y was.
    const READS_Y: bool = true;
    /// Whether vectors are updated, in several steps often, rather than made.
    const UPDATES: bool = true;
    /// What registers are worked on with: factors in all lanes.
    type Ready<S: Isa>: Copy;
    /// Makes it.
    fn ready<S: Isa>(self, isa: S) -> Self::Ready<S>;
    /// Elements in registers.
    fn lanes<S: Isa>(ready: Self::Ready<S>, x: Lanes<S, T>, y: Lanes<S, T>) -> [Lanes<S, T>; 2];
    /// One element of each.
    fn element(self, x: T, y: T) -> [T; 2];
}

/// `(x, y) <- f(x, y)` for vectors of the same length.
pub struct Mapping<'a, T, F> {
    x: *mut T,
    x_stride: isize,
    y: VecMut<'a, T>,
    map: F,
}

impl<'a, T: Scalar, F: Map<T>> Mapping<'a, T, F> {
    /// `y <- f(x, y)`.
    #[inline(always)]
    pub fn new(x: VecRef<'a, T>, y: VecMut<'a, T>, map: F) -> Self {
        const { assert!(!F::WRITES_X) };
        debug_assert_eq!(x.len(), y.len());
        Mapping { x: x.as_ptr().cast_mut(), x_stride: x.stride(), y, map }
    }

    /// `(x, y) <- f(x, y)`.
    #[inline(always)]
    pub fn of_both(x: VecMut<'a, T>, y: VecMut<'a, T>, map: F) -> Self {
        debug_assert_eq!(x.len(), y.len());
        Mapping { x: x.as_mut_ptr(), x_stride: x.stride(), y, map }
    }

    /// `y <- f(y, y)`: the loops read an element of x before they write y's.
    #[inline(always)]
    pub fn in_place(y: VecMut<'a, T>, map: F) -> Self {
        const { assert!(!F::WRITES_X) };
        Mapping { x: y.as_mut_ptr(), x_stride: y.stride(), y, map }
    }

    /// Does it.
    #[inline(always)]
    pub fn apply(self) {
        let (x, y, len, map) = (self.x, self.y.as_mut_ptr(), self.y.len(), self.map);
        if self.x_stride == 1 && self.y.stride() == 1 {
            dispatch(Adjacent { x, y, len, map });
        } else if self.x_stride == -1 && self.y.stride() == -1 {
            // From the other end.
            let before = len.saturating_sub(1);
            dispatch(Adjacent { x: x.wrapping_sub(before), y: y.wrapping_sub(before), len, map });
        } else {
            dispatch(self);
        }
    }
}

impl<T: Scalar, F: Map<T>> Dispatch for Mapping<'_, T, F> {
    type Output = ();

    /// One by one.
    #[inline(always)]
    fn run<S: Isa>(mut self, _: S) {
        // SAFETY: made from such a view.
        let mut x = unsafe { VecMut::new(self.x, self.y.len(), self.x_stride) };
        for i in 0..self.y.len() {
            let [new_x, new_y] = self.map.element(x.get(i), self.y.get(i));
            if F::WRITES_X {
                x.set(i, new_x);
            }
            self.y.set(i, new_y);
        }
    }
}

/// `(x, y) <- f(x, y)` for adjacent elements: few words, which is what a call for a few elements feels.
struct Adjacent<T, F> {
    x: *mut T,
    y: *mut T,
    len: usize,
    map: F,
}

// SAFETY: made from views, and threads take different elements.
unsafe impl<T: Sync, F: Sync> Sync for Adjacent<T, F> {}

impl<T: Scalar, F: Map<T>> Adjacent<T, F> {
    /// Bytes that are read and written.
    #[inline(always)]
    fn bytes(&self) -> usize {
        let reads = usize::from(!self.is_in_place()) + usize::from(F::READS_Y || self.is_in_place());
        (reads + 1 + usize::from(F::WRITES_X)) * self.len * size_of::<T>()
    }

    #[inline(always)]
    fn is_in_place(&self) -> bool {
        self.x == self.y
    }

    #[inline(always)]
    fn body<S: Isa>(&self, isa: S) -> Registers<S, T, F> {
        Registers { ready: self.map.ready(isa), x: self.x.cast(), y: self.y.cast() }
    }
}

impl<T: Scalar, F: Map<T>> Dispatch for Adjacent<T, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        if self.len > SHORT / size_of::<T>() {
            if passes::is_short(self.bytes()) {
                return isa.enter_aside(Aligned(self));
            }
            return isa.enter_aside(Long(self));
        }
        // SAFETY: the views vouch for their elements, which are adjacent.
        unsafe { sweep::<S, T, _, UNROLL>(isa, Whole(isa), 0..self.len, &mut self.body(isa)) };
    }
}

/// Bytes of a vector so short that what the call itself costs counts.
const SHORT: usize = 1024;
/// Registers in one round of a loop.
const UNROLL: usize = 4;
/// Elements by whose multiples threads share a vector: no cache line is written by two.
const GRAIN: usize = 256;

/// An operation that is worth beginning so that registers that are written do not cross cache lines.
struct Aligned<M>(M);

impl<T: Scalar, F: Map<T>> Dispatch for Aligned<Adjacent<T, F>> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let Aligned(mapping) = self;
        Lot { of: &mapping, range: 0..mapping.len, past: false }.run(isa);
    }
}

/// An operation on vectors so long that it may be several threads'.
struct Long<M>(M);

impl<T: Scalar, F: Map<T>> Dispatch for Long<Adjacent<T, F>> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let Long(mapping) = self;
        let bytes = mapping.bytes();
        let past = const { !F::READS_Y } && !mapping.is_in_place() && !passes::is_near(bytes);
        passes::split(bytes, mapping.len, GRAIN, |range| isa.enter(Lot { of: &mapping, range, past }));
    }
}

/// A thread's part of long vectors, begun so that registers that are written do not cross cache lines.
struct Lot<'a, M> {
    of: &'a M,
    range: Range<usize>,
    /// Whether to write past the caches.
    past: bool,
}

impl<T: Scalar, F: Map<T>> Dispatch for Lot<'_, Adjacent<T, F>> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let mut body = self.of.body(isa);
        // SAFETY: the views vouch for their elements, which are adjacent.
        unsafe {
            let (range, aligned) = sweep_to_aligned(isa, self.of.y, self.range, &mut body);
            if const { !F::READS_Y && !F::WRITES_X } && self.past && aligned {
                sweep::<S, T, _, UNROLL>(isa, Past(isa), range, &mut body);
                isa.fence();
            } else {
                sweep::<S, T, _, UNROLL>(isa, Whole(isa), range, &mut body);
            }
        }
    }
}

/// `(x, y) <- f(x, y)` for adjacent elements.
struct Registers<S: Isa, T: Scalar, F: Map<T>> {
    ready: F::Ready<S>,
    x: *mut T::Real,
    y: *mut T::Real,
}

impl<S: Isa, T: Scalar, F: Map<T>> Body<S, T> for Registers<S, T, F> {
    const READS_AGAIN: bool = F::UPDATES;

    #[inline(always)]
    unsafe fn step<P: Part<S, T::Real>, const K: usize>(&mut self, part: P, at: usize) {
        // SAFETY: the caller vouches for the elements.
        unsafe {
            let x = load_parts::<S, T, P, K>(part, self.x.add(at));
            let y = load_parts::<S, T, P, K>(part, self.y.add(at));
            for k in 0..K {
                let [x, y] = F::lanes(self.ready, x[k], y[k]);
                let at = at + k * lanes::<S, T>();
                if F::WRITES_X {
                    part.store(self.x.add(at), x);
                }
                part.store(self.y.add(at), y);
            }
        }
    }
}
