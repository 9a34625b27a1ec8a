//! How kernels sum products of bytes: in 32 bits everywhere, or in narrower steps where that is faster.
//!
//! A sum begins from a total, takes a number of steps of four products a lane and ends in the total, either as it
//! is or multiplied by a scale:
//!
//! ```text
//! sum <- begin(total);  sum <- add(sum, bytes, quad) ...;  total <- end(total, sum)
//! sum <- begin(0);      sum <- add(sum, bytes, quad) ...;  total <- end_scaled(total, sum, scale)
//! ```
//!
//! The result is exact modulo 2^32 either way, so it does not depend on which of them a kernel uses.

use super::{Dot, Ints, MOST_PARTS};

/// A way to sum products of unsigned bytes and signed factors.
pub trait Sums<S: Dot>: 'static {
    /// A sum that has begun.
    type Sum: Copy;
    /// Four factors, for all lanes.
    type Quad: Copy;
    /// Bytes that 32 factors take when prepared.
    const FACTOR_BYTES: usize;

    /// Steps that a sum may take if no byte is larger than `largest` and no factor than 127 in magnitude.
    fn most_steps(largest: u8) -> usize;

    /// Brings 32 signed bytes at `block` into the form that [`Sums::quad`] reads, in place.
    ///
    /// # Safety
    /// `FACTOR_BYTES` bytes at `block` must be writable, the first 32 be set.
    unsafe fn prepare(isa: S, block: *mut u8);

    /// Factors `4 i .. 4 i + 4` of a prepared block.
    ///
    /// # Safety
    /// `block` must have been prepared; `i < 8`.
    unsafe fn quad(isa: S, block: *const u8, i: usize) -> Self::Quad;

    /// Begins a sum that will be added to `total`.
    fn begin(isa: S, total: S::Ints) -> Self::Sum;

    /// Adds the products of each lane's four bytes and the four factors: a step.
    fn add(isa: S, sum: Self::Sum, bytes: S::Ints, quad: Self::Quad) -> Self::Sum;

    /// The total from which the sum began, with the sum.
    fn end(isa: S, total: S::Ints, sum: Self::Sum) -> S::Ints;

    /// The form of a 16-bit scale that [`Sums::end_scaled`] takes.
    fn scale(factor: S::Ints) -> S::Ints;

    /// `total + scale * sum`, of a sum that began from 0.
    fn end_scaled(isa: S, total: S::Ints, sum: Self::Sum, scale: S::Ints) -> S::Ints;
}

/// Sums in 32 bits, for bytes of any size.
pub struct Full;

impl<S: Dot> Sums<S> for Full {
    type Sum = S::Ints;
    type Quad = [S::Factors; MOST_PARTS];
    const FACTOR_BYTES: usize = S::SPREAD_BYTES;

    #[inline(always)]
    fn most_steps(_: u8) -> usize {
        usize::MAX
    }

    #[inline(always)]
    unsafe fn prepare(isa: S, block: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { isa.spread(block) }
    }

    #[inline(always)]
    unsafe fn quad(isa: S, block: *const u8, i: usize) -> Self::Quad {
        // SAFETY: the caller's promise.
        unsafe { [isa.factors(block, i, 0), isa.factors(block, i, S::PARTS - 1)] }
    }

    #[inline(always)]
    fn begin(_: S, total: S::Ints) -> S::Ints {
        total
    }

    #[inline(always)]
    fn add(isa: S, mut sum: S::Ints, bytes: S::Ints, quad: Self::Quad) -> S::Ints {
        for (part, &factors) in quad.iter().enumerate().take(S::PARTS) {
            sum = isa.add_products(sum, isa.part(bytes, part), factors);
        }
        sum
    }

    #[inline(always)]
    fn end(_: S, _: S::Ints, sum: S::Ints) -> S::Ints {
        sum
    }

    #[inline(always)]
    fn scale(factor: S::Ints) -> S::Ints {
        factor
    }

    #[inline(always)]
    fn end_scaled(_: S, total: S::Ints, sum: S::Ints, scale: S::Ints) -> S::Ints {
        total + sum.times(scale)
    }
}
