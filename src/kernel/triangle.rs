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

    /// The tile has just been written, by whole registers: a load of which a part is in one and a part in the next would
    /// wait until both are in the cache. So a column that begins inside a register goes on to its end by halves, quarters,
    /// ... of one.
    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let part = self.0;
        let lanes = <Vec<S, T::Real>>::LANES;
        let beta = (part.beta != T::ZERO).then(|| Factor::<S, T>::new(isa, part.beta, false));
        for j in 0..part.n {
            let rows = part.rows(j);
            let column = Column {
                sums: part.sums.wrapping_add(j * part.sums_col).cast::<T::Real>(),
                c: part.c.wrapping_offset(j as isize * part.c_col).cast::<T::Real>(),
                beta,
            };
            let (mut i, end) = (rows.start * T::PARTS, rows.end * T::PARTS);
            // SAFETY: reals of column j in the triangle.
            unsafe {
                while i < end {
                    let low = 1 << i.trailing_zeros().min(4);
                    i += match low.min(lanes) {
                        1 => column.low::<1>(isa, i),
                        2 if lanes > 2 && i + 2 <= end => column.low::<2>(isa, i),
                        4 if lanes > 4 && i + 4 <= end => column.low::<4>(isa, i),
                        8 if lanes > 8 && i + 8 <= end => column.low::<8>(isa, i),
                        _ => column.first(isa, i, lanes.min(end - i)),
                    };
                }
            }
        }
    }
}

/// A column of the tile.
struct Column<S: Isa, T: Scalar> {
    sums: *const T::Real,
    c: *mut T::Real,
    /// None where C is not read.
    beta: Option<Factor<S, T>>,
}

impl<S: Isa, T: Scalar> Column<S, T> {
    /// The first `n` reals of a register from number `i` on. Says how many they are.
    ///
    /// # Safety
    /// They exist, C's to be read too if it is.
    #[inline(always)]
    unsafe fn first(&self, isa: S, i: usize, n: usize) -> usize {
        // SAFETY: the mask names what exists.
        unsafe {
            let mask = <Vec<S, T::Real>>::mask(isa, n);
            let mut sum = <Vec<S, T::Real>>::load_masked(isa, self.sums.add(i), mask);
            if let Some(beta) = self.beta {
                sum = beta.times_plus(<Vec<S, T::Real>>::load_masked(isa, self.c.add(i), mask), sum);
            }
            sum.store_masked(self.c.add(i), mask);
        }
        n
    }

    /// [`Column::first`] without a mask.
    ///
    /// # Safety
    /// As there.
    #[inline(always)]
    unsafe fn low<const N: usize>(&self, isa: S, i: usize) -> usize {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sum = <Vec<S, T::Real>>::load_low::<N>(isa, self.sums.add(i));
            if let Some(beta) = self.beta {
                sum = beta.times_plus(<Vec<S, T::Real>>::load_low::<N>(isa, self.c.add(i)), sum);
            }
            sum.store_low::<N>(self.c.add(i));
        }
        N
    }
}
