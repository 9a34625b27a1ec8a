//! Products whose sums can go anywhere: into C, or where a finish finds them.

use crate::engine::gemm::Gemm;
use crate::engine::{Pair, Product};
use crate::scalar::Scalar;
use core::ops::Range;

/// Sums that can be added.
pub trait Sum: Copy + Send + Sync + 'static {
    /// Their sum, of integers modulo 2^32.
    fn plus(self, other: Self) -> Self;
}

impl Sum for i32 {
    fn plus(self, other: i32) -> i32 {
        self.wrapping_add(other)
    }
}

impl Sum for f32 {
    fn plus(self, other: f32) -> f32 {
        self + other
    }
}

impl Sum for f64 {
    fn plus(self, other: f64) -> f64 {
        self + other
    }
}

/// A product whose tiles can go anywhere.
pub(super) trait Sums: Product {
    /// A sum.
    type Sum: Sum;

    /// The product of two panels as a tile of the rows `rows` by the columns `cols`; `add` adds it to what is there.
    ///
    /// # Safety
    /// As for [`Product::tile`]; `rows.len()` rows by `cols.len()` columns, `to_col` apart, are writable at `to`, and
    /// readable if `add`.
    unsafe fn sums(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        pair: Pair,
        to: *mut Self::Sum,
        to_col: usize,
        add: bool,
    );
}

impl<T: Scalar + Sum> Sums for Gemm<'_, T> {
    type Sum = T;

    #[inline]
    unsafe fn sums(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        pair: Pair,
        to: *mut T,
        to_col: usize,
        add: bool,
    ) {
        let mut tile = self.packed_tile(rows, cols, k, pair);
        (tile.c, tile.c_col, tile.beta) = (to, to_col as isize, if add { T::ONE } else { T::ZERO });
        // SAFETY: the caller vouches for panels and sums; the kernels are those of an ISA that the CPU has.
        unsafe { (self.kernels.tile)(&tile) }
    }
}
