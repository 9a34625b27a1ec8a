//! The part of a tile in one triangle of C: `C <- sums + beta C` on one side of a diagonal.

use crate::scalar::Scalar;
use crate::simd::{Dispatch, Factor, Isa, Vec, Vector};
use crate::view::Uplo;
use core::ops::Range;

/// Arguments of a kernel that adds the part of a tile.
#[derive(Debug)]
pub struct Part<T> {
    /// Element (0, 0) of the sums; rows are adjacent.
    pub sums: *const T,
    /// Elements from a column of sums to the next.
    pub sums_col: usize,
    /// Element (0, 0) of the tile of C; rows are adjacent.
    pub c: *mut T,
    /// Elements from a column of C to the next.
    pub c_col: isize,
    /// Rows of the tile.
    pub m: usize,
    /// Columns of the tile.
    pub n: usize,
    /// The row that the diagonal meets in column 0, perhaps outside.
    pub diagonal: isize,
    /// The triangle, with the diagonal.
    pub uplo: Uplo,
    /// Factor of C; 0 means that C is not read.
    pub beta: T,
}

impl<T> Part<T> {
    /// Rows of column `j` in the triangle.
    #[inline(always)]
    fn rows(&self, j: usize) -> Range<usize> {
        let above = |row: isize| row.clamp(0, self.m as isize) as usize;
        let diagonal = self.diagonal + j as isize;
        match self.uplo {
            Uplo::Upper => 0..above(diagonal + 1),
            Uplo::Lower => above(diagonal)..self.m,
        }
    }
}

/// # Safety
/// The CPU has ISA `S`; rows and columns of both exist in the triangle, C's readable too unless `beta` is 0.
pub(super) unsafe fn add<S: Isa, T: Scalar>(part: &Part<T>) {
    // SAFETY: the caller vouches for the ISA; `Add::run` relies on the rest.
    unsafe { S::assume() }.enter(Add(part))
}

struct Add<'a, T>(&'a Part<T>);

impl<T: Scalar> Dispatch for Add<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let part = self.0;
        let lanes = <Vec<S, T::Real>>::LANES;
        let beta = Factor::<S, T>::new(isa, part.beta, false);
        for j in 0..part.n {
            let rows = part.rows(j);
            let sums = part.sums.wrapping_add(j * part.sums_col).cast::<T::Real>();
            let c = part.c.wrapping_offset(j as isize * part.c_col).cast::<T::Real>();
            let mut i = rows.start * T::PARTS;
            while i < rows.end * T::PARTS {
                let here = lanes.min(rows.end * T::PARTS - i);
                let mask = <Vec<S, T::Real>>::mask(isa, here);
                // SAFETY: the mask names rows of column j in the triangle.
                unsafe {
                    let mut sum = <Vec<S, T::Real>>::load_masked(isa, sums.add(i), mask);
                    if part.beta != T::ZERO {
                        sum = beta.times_plus(<Vec<S, T::Real>>::load_masked(isa, c.add(i), mask), sum);
                    }
                    sum.store_masked(c.add(i), mask);
                }
                i += here;
            }
        }
    }
}
