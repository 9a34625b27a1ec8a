//! Largest and smallest elements and their places: i?amax, i?amin, i?max, i?min, ?amax, ?amin, ?max, ?min.
//!
//! The rule of the reference: the first element is taken; a later one replaces it if it compares greater.
//! So of equal ones the first wins, a NaN is passed over, and a NaN in first place wins.
//!
//! One search for the largest *key* serves all: the smallest element is the one with the largest
//! negative. For each block of [`BLOCK`] registers the largest keys are found, and compared with the best
//! so far; the first block that has the overall largest key is then searched for its place. Threads take
//! chunks of a long vector, whose findings are compared in the same way.

use super::lanes::{Contiguous, Lanes, Reader, Strided, lanes, splat};
use crate::engine::passes;
use crate::scalar::{Real, Scalar};
use crate::simd::{Dispatch, Isa, Vector};
use crate::view::VecRef;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// What is compared.
pub trait Key<T: Scalar>: Copy + Sync {
    /// Keys of a register of elements; both lanes of a complex element hold its key.
    fn keys<S: Isa>(self, x: Lanes<S, T>) -> Lanes<S, T>;
    /// Key of an element.
    fn key(self, x: T) -> T::Real;
    /// Raises running maxima by the keys of two registers; NaN raises none.
    #[inline(always)]
    fn raise<S: Isa>(self, [a, b]: [Lanes<S, T>; 2], [x, y]: [Lanes<S, T>; 2]) -> [Lanes<S, T>; 2] {
        // `max` keeps its argument where either is NaN: the running maximum, never NaN itself.
        [self.keys::<S>(x).max(a), self.keys::<S>(y).max(b)]
    }
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
    #[inline(always)]
    fn raise<S: Isa>(self, [a, b]: [Lanes<S, T>; 2], [x, y]: [Lanes<S, T>; 2]) -> [Lanes<S, T>; 2] {
        if !T::IS_COMPLEX {
            return [x.abs().max(a), y.abs().max(b)];
        }
        // A register of keys for two of elements.
        let [re, im] = x.abs().unzip(y.abs());
        [(re + im).max(a), b]
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

/// Registers whose largest key is found before looking at it: few enough that searching them again for its
/// place costs little, enough that looking does.
const BLOCK: usize = 64;
/// Running maxima, enough to hide the latency.
const CHAINS: usize = 4;
/// Bytes of a vector that is searched as one.
const SHORT: usize = 64 * 1024;
/// Parts of a longer one.
const CHUNKS: usize = 64;

/// The first of the largest keys in x, which is not empty.
pub struct Search<'a, T, K> {
    pub x: VecRef<'a, T>,
    pub key: K,
}

/// Where it is: a number of its own, which needs no memory to be returned.
pub struct Place<S>(pub S);

impl<T: Scalar, K: Key<T>> Dispatch for Place<Search<'_, T, K>> {
    type Output = usize;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> usize {
        self.0.run(isa).index
    }
}

/// The key itself.
pub struct Largest<S>(pub S);

impl<T: Scalar, K: Key<T>> Dispatch for Largest<Search<'_, T, K>> {
    type Output = T::Real;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> T::Real {
        self.0.run(isa).key
    }
}

impl<T: Scalar, K: Key<T>> Search<'_, T, K> {
    /// Searches.
    #[inline(always)]
    pub fn run<S: Isa>(self, isa: S) -> Found<T::Real> {
        debug_assert!(!self.x.is_empty());
        let first = Found { index: 0, key: self.key.key(self.x.get(0)) };
        let len = self.x.len();
        if first.key.is_nan() {
            first
        } else if self.x.stride() == 1 && len * T::PARTS <= lanes::<S, T>() {
            self.in_register(isa, first)
        } else if self.x.stride() == 1 && len * size_of::<T>() <= SHORT {
            self.largest(isa, 0..len, first, |x| Contiguous(x.as_ptr()))
        } else {
            isa.enter_aside(ByChunks { search: self, first })
        }
    }

    /// In a vector of a register at most.
    #[inline(always)]
    fn in_register<S: Isa>(&self, isa: S, first: Found<T::Real>) -> Found<T::Real> {
        // Copies of the first element change nothing, and come after it.
        let first_element = splat(isa, self.x.get(0));
        let x = Contiguous(self.x.as_ptr());
        // SAFETY: the view vouches for its elements.
        let keys = self.key.keys::<S>(unsafe { x.rest_over(isa, self.x.len() * T::PARTS, first_element) });
        let key = keys.max(Lanes::<S, T>::splat(isa, first.key)).largest();
        let equal = keys.equal_lanes(Lanes::<S, T>::splat(isa, key));
        Found { index: equal.trailing_zeros() as usize / T::PARTS, key }
    }
}

/// A search through a long or strided vector.
struct ByChunks<'a, T: Scalar, K> {
    search: Search<'a, T, K>,
    first: Found<T::Real>,
}

impl<T: Scalar, K: Key<T>> Dispatch for ByChunks<'_, T, K> {
    type Output = Found<T::Real>;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> Found<T::Real> {
        let ByChunks { search, first } = self;
        let len = search.x.len();
        if len * size_of::<T>() <= SHORT {
            return search.largest(isa, 0..len, first, Strided::of);
        }
        let chunk = len.div_ceil(CHUNKS);
        let keys = [const { AtomicU64::new(0) }; CHUNKS];
        let places = [const { AtomicUsize::new(0) }; CHUNKS];
        passes::split(len * size_of::<T>(), len.div_ceil(chunk), 1, |chunks| {
            for k in chunks {
                let range = k * chunk..len.min((k + 1) * chunk);
                let found = isa.enter(Chunk { search: &search, range, first });
                keys[k].store(found.key.to_f64().to_bits(), Relaxed);
                places[k].store(found.index, Relaxed);
            }
        });
        (0..len.div_ceil(chunk)).fold(first, |best, k| {
            let key = T::Real::from_f64(f64::from_bits(keys[k].load(Relaxed)));
            if key > best.key { Found { index: places[k].load(Relaxed), key } } else { best }
        })
    }
}

/// The first of the largest keys in a range, or `first` where none is larger.
struct Chunk<'a, T: Scalar, K> {
    search: &'a Search<'a, T, K>,
    range: Range<usize>,
    first: Found<T::Real>,
}

impl<T: Scalar, K: Key<T>> Dispatch for Chunk<'_, T, K> {
    type Output = Found<T::Real>;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> Found<T::Real> {
        let Chunk { search, range, first } = self;
        if search.x.stride() == 1 {
            search.largest(isa, range, first, |x| Contiguous(x.as_ptr()))
        } else {
            search.largest(isa, range, first, Strided::of)
        }
    }
}

impl<T: Scalar, K: Key<T>> Search<'_, T, K> {
    /// The first of the largest keys of elements `range`, or `first` where none is larger; `reader` makes what reads a
    /// block of x.
    #[inline(always)]
    fn largest<S: Isa, X: Reader<S, T>>(
        &self,
        isa: S,
        range: Range<usize>,
        first: Found<T::Real>,
        reader: impl Fn(VecRef<T>) -> X,
    ) -> Found<T::Real> {
        let length = BLOCK * lanes::<S, T>() / T::PARTS;
        let mut best = Lanes::<S, T>::splat(isa, first.key);
        let mut found = None;
        let Range { mut start, end } = range;
        while start < end {
            let block = start..end.min(start + length);
            start = block.end;
            let x = self.x.slice(block.clone());
            // SAFETY: the view vouches for its elements.
            let largest = unsafe { self.largest_in_block(isa, x, reader(x), best) };
            if largest.any_above(best) {
                let key = largest.largest();
                best = Lanes::<S, T>::splat(isa, key);
                found = Some((block, key));
            }
        }
        let Some((block, key)) = found else { return first };
        let x = self.x.slice(block.clone());
        // SAFETY: the view vouches for its elements.
        let index = block.start + unsafe { self.place_in_block(isa, x, reader(x), best) };
        Found { index, key }
    }

    /// The larger ones of `best` and the keys of block `x`, lane by lane.
    ///
    /// # Safety
    /// `from` must read the block.
    #[inline(always)]
    unsafe fn largest_in_block<S: Isa>(
        &self,
        isa: S,
        x: VecRef<T>,
        mut from: impl Reader<S, T>,
        best: Lanes<S, T>,
    ) -> Lanes<S, T> {
        let mut left = x.len() * T::PARTS;
        let mut largest = [best; CHAINS];
        // SAFETY: registers that are left, and a rest.
        unsafe {
            while left >= CHAINS * lanes::<S, T>() {
                for k in [0, 2] {
                    let two = [from.next(isa), from.next(isa)];
                    [largest[k], largest[k + 1]] = self.key.raise::<S>([largest[k], largest[k + 1]], two);
                }
                left -= CHAINS * lanes::<S, T>();
            }
            let [a, b, c, d] = largest;
            let mut largest = a.max(b).max(c.max(d));
            while left >= lanes::<S, T>() {
                largest = self.key.keys::<S>(from.next(isa)).max(largest);
                left -= lanes::<S, T>();
            }
            if left > 0 {
                largest = self.key.keys::<S>(from.rest_over(isa, left, splat(isa, x.get(0)))).max(largest);
            }
            largest
        }
    }

    /// The first element of block `x` that has the key `best`. What fills the last register are copies of the block's
    /// first element, which change no maximum and come after it.
    ///
    /// # Safety
    /// `from` must read the block.
    #[inline(always)]
    unsafe fn place_in_block<S: Isa>(
        &self,
        isa: S,
        x: VecRef<T>,
        mut from: impl Reader<S, T>,
        best: Lanes<S, T>,
    ) -> usize {
        let reals = x.len() * T::PARTS;
        let mut i = 0;
        while i + lanes::<S, T>() <= reals {
            // SAFETY: i + LANES <= reals.
            let equal = self.key.keys::<S>(unsafe { from.next(isa) }).equal_lanes(best);
            if equal != 0 {
                return (i + equal.trailing_zeros() as usize) / T::PARTS;
            }
            i += lanes::<S, T>();
        }
        // It is in the block, so it is here.
        // SAFETY: what is left.
        let rest = unsafe { from.rest_over(isa, reals - i, splat(isa, x.get(0))) };
        let equal = self.key.keys::<S>(rest).equal_lanes(best);
        (i + equal.trailing_zeros() as usize) / T::PARTS
    }
}
