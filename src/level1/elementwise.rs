//! What `map.rs` and `pairs.rs` have in common: how vectors are gone through.
//!
//! Adjacent elements go register by register, long vectors on several threads. Others go one by one in
//! order, so that a stride of zero means what the reference's loop makes of it.

use super::lanes::{Body, sweep, sweep_aligned};
use crate::engine::stream;
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa};
use core::ops::Range;

/// An operation on vectors that does the same to each element. Its views vouch for the elements.
pub trait Elementwise: Sync + Sized {
    /// Type of the elements.
    type Elem: Scalar;
    /// What is done to registers.
    type Body<S: Isa>: Body<S, Self::Elem>;
    /// Vectors that pass through the core: those read and those written.
    const PASSES: usize;

    /// A vector that is written: its first element, and how many.
    fn y(&self) -> (*mut Self::Elem, usize);
    /// Whether the elements of all vectors are adjacent.
    fn is_adjacent(&self) -> bool;
    /// What is done if they are.
    fn body<S: Isa>(&self, isa: S) -> Self::Body<S>;
    /// Does it if they are not.
    fn one_by_one(self);
}

/// Does it to each element.
pub struct Each<E>(pub E);

impl<E: Elementwise> Dispatch for Each<E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let Each(operation) = self;
        let (_, len) = operation.y();
        if !operation.is_adjacent() || len > SHORT / size_of::<E::Elem>() {
            return isa.enter_aside(Long(operation));
        }
        // SAFETY: the views vouch for their elements, which are adjacent.
        unsafe { sweep::<S, E::Elem, UNROLL>(isa, 0..len, &mut operation.body(isa)) };
    }
}

/// Bytes of a vector so short that what the call itself costs counts.
const SHORT: usize = 2048;
/// Registers in one round of a loop.
const UNROLL: usize = 4;
/// Elements by whose multiples threads share a vector: no cache line is written by two.
const GRAIN: usize = 256;

/// An operation on long or strided vectors.
struct Long<E>(E);

impl<E: Elementwise> Dispatch for Long<E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let Long(operation) = self;
        if !operation.is_adjacent() {
            return operation.one_by_one();
        }
        let (_, len) = operation.y();
        let bytes = E::PASSES * len * size_of::<E::Elem>();
        stream::split(bytes, len, GRAIN, |range| isa.enter(Lot { of: &operation, range }));
    }
}

/// A thread's part of long vectors, begun so that registers that are written do not cross cache lines.
struct Lot<'a, E> {
    of: &'a E,
    range: Range<usize>,
}

impl<E: Elementwise> Dispatch for Lot<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let (y, _) = self.of.y();
        // SAFETY: the views vouch for their elements, which are adjacent.
        unsafe { sweep_aligned::<S, E::Elem, UNROLL>(isa, y, self.range, &mut self.of.body(isa)) };
    }
}
