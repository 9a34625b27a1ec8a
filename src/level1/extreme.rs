//! Largest and smallest elements and their places: i?amax, i?amin, i?max, i?min, ?amax, ?amin, ?max, ?min.
//!
//! The rule of the reference: the first element is taken; a later one replaces it if it compares greater.
//! So of equal ones the first wins, a NaN is passed over, and a NaN in first place wins.
//!
//! One search for the largest *key* serves all: the smallest element is the one with the largest
//! negative. For each block of [`BLOCK`] elements the largest key is found, registers at a time; the
//! first block that has the overall largest key is then searched for its place.

use super::lanes::{Lanes, lanes, splat};
use crate::scalar::{Real, Scalar};
use crate::simd::{Dispatch, Isa, Vector};
use crate::view::VecRef;

/// What is compared.
pub trait Key<T: Scalar>: Copy {
    /// Keys of a register of elements; both lanes of a complex element hold its key.
    fn keys<S: Isa>(self, x: Lanes<S, T>) -> Lanes<S, T>;
    /// Key of an element.
    fn key(self, x: T) -> T::Real;
}

/// `|re| + |im|`.
#[derive(Clone, Copy)]
pub struct Abs;

impl<T: Scalar> Key<T> for Abs {
    #[inline(always)]
    fn keys<S: Isa>(self, x: Lanes<S, T>) -> Lanes<S, T> {
        let parts = x.abs();
        if T::IS_COMPLEX { parts + parts.swap_pairs() } else { parts }
    }
    #[inline(always)]
    fn key(self, x: T) -> T::Real {
        x.abs1()
    }
}

/// The real element itself.
#[derive(Clone, Copy)]
pub struct Value;

impl<R: Real> Key<R> for Value {
    #[inline(always)]
    fn keys<S: Isa>(self, x: Lanes<S, R>) -> Lanes<S, R> {
        x
    }
    #[inline(always)]
    fn key(self, x: R) -> R {
        x
    }
}

/// The negative of another key.
#[derive(Clone, Copy)]
pub struct Negative<K>(pub K);

impl<T: Scalar, K: Key<T>> Key<T> for Negative<K> {
    #[inline(always)]
    fn keys<S: Isa>(self, x: Lanes<S, T>) -> Lanes<S, T> {
        -self.0.keys::<S>(x)
    }
    #[inline(always)]
    fn key(self, x: T) -> T::Real {
        -self.0.key(x)
    }
}

/// Where the largest key is, and which.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<R> {
    pub index: usize,
    pub key: R,
}

/// Elements whose largest key is found before looking at it: few enough to find again in L1.
const BLOCK: usize = 1024;
/// Running maxima, enough to hide the latency.
const CHAINS: usize = 4;

/// The first of the largest keys in x; nothing if x is empty.
pub struct Search<'a, T, K> {
    pub x: VecRef<'a, T>,
    pub key: K,
}

impl<T: Scalar, K: Key<T>> Dispatch for Search<'_, T, K> {
    type Output = Option<Found<T::Real>>;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> Option<Found<T::Real>> {
        if self.x.is_empty() {
            return None;
        }
        let first = Found { index: 0, key: self.key.key(self.x.get(0)) };
        if first.key.is_nan() {
            Some(first)
        } else if self.x.stride() == 1 {
            Some(self.adjacent(isa, first))
        } else {
            Some(self.strided(first))
        }
    }
}

impl<T: Scalar, K: Key<T>> Search<'_, T, K> {
    #[inline(always)]
    fn strided(&self, first: Found<T::Real>) -> Found<T::Real> {
        let mut best = first;
        for index in 1..self.x.len() {
            let key = self.key.key(self.x.get(index));
            if key > best.key {
                best = Found { index, key };
            }
        }
        best
    }

    #[inline(always)]
    fn adjacent<S: Isa>(&self, isa: S, first: Found<T::Real>) -> Found<T::Real> {
        let len = self.x.len();
        let mut best = first.key;
        let mut best_block = 0;
        let mut start = 0;
        while start < len {
            let count = (len - start).min(BLOCK);
            let largest = self.largest_in_block(isa, start, count, best);
            if largest > best {
                best = largest;
                best_block = start;
            }
            start += count;
        }
        let count = (len - best_block).min(BLOCK);
        Found { index: best_block + self.place_in_block(isa, best_block, count, best), key: best }
    }

    /// The largest of `best` and the keys of `count` elements from `start` on.
    #[inline(always)]
    fn largest_in_block<S: Isa>(&self, isa: S, start: usize, count: usize, best: T::Real) -> T::Real {
        let from = self.x.slice(start..start + count).as_ptr().cast::<T::Real>();
        let reals = count * T::PARTS;
        // `max` keeps its argument where either is NaN: the running maximum, never NaN itself.
        let mut largest = [Lanes::<S, T>::splat(isa, best); CHAINS];
        let mut i = 0;
        while i + CHAINS * lanes::<S, T>() <= reals {
            for (k, largest) in largest.iter_mut().enumerate() {
                // SAFETY: i + CHAINS * LANES <= reals, which the view vouches for.
                let x = unsafe { Lanes::<S, T>::load(isa, from.add(i + k * lanes::<S, T>())) };
                *largest = self.key.keys::<S>(x).max(*largest);
            }
            i += CHAINS * lanes::<S, T>();
        }
        let [a, b, c, d] = largest;
        let mut largest = a.max(b).max(c.max(d));
        while i + lanes::<S, T>() <= reals {
            // SAFETY: i + LANES <= reals.
            let x = unsafe { Lanes::<S, T>::load(isa, from.add(i)) };
            largest = self.key.keys::<S>(x).max(largest);
            i += lanes::<S, T>();
        }
        if i < reals {
            largest = self.key.keys::<S>(self.rest(isa, start, i, reals)).max(largest);
        }
        largest.largest()
    }

    /// The first of `count` elements from `start` on that has the key `best`.
    #[inline(always)]
    fn place_in_block<S: Isa>(&self, isa: S, start: usize, count: usize, best: T::Real) -> usize {
        let from = self.x.slice(start..start + count).as_ptr().cast::<T::Real>();
        let reals = count * T::PARTS;
        let best = Lanes::<S, T>::splat(isa, best);
        let mut i = 0;
        while i + lanes::<S, T>() <= reals {
            // SAFETY: i + LANES <= reals, which the view vouches for.
            let x = unsafe { Lanes::<S, T>::load(isa, from.add(i)) };
            let equal = self.key.keys::<S>(x).equal_lanes(best);
            if equal != 0 {
                return (i + equal.trailing_zeros() as usize) / T::PARTS;
            }
            i += lanes::<S, T>();
        }
        // It is in the block, so it is here.
        let equal = self.key.keys::<S>(self.rest(isa, start, i, reals)).equal_lanes(best);
        (i + equal.trailing_zeros() as usize) / T::PARTS
    }

    /// Reals `i..reals` of a block; the lanes left over hold copies of the block's first element, which
    /// change no maximum and come after it.
    #[inline(always)]
    fn rest<S: Isa>(&self, isa: S, start: usize, i: usize, reals: usize) -> Lanes<S, T> {
        let block = self.x.slice(start..self.x.len());
        let rest = Lanes::<S, T>::mask(isa, reals - i);
        // SAFETY: the mask covers the reals from i to the end of the block, which the view vouches for.
        unsafe { splat(isa, block.get(0)).load_over(block.as_ptr().cast::<T::Real>().add(i), rest) }
    }
}
