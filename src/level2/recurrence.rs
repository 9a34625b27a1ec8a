//! `x <- A^-1 x`, A triangular with few diagonals: tbsv of narrow bands.
//!
//! Each element waits for the one before it, and for little else: a few products with elements found long ago, a
//! subtraction and a division. So plain numbers row by row are as fast as the divisions follow each other, while
//! registers would wait for elements to be written before they can read them.

use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa};
use crate::view::{Diag, TriRef, Uplo, VecMut};

/// Diagonals beside the main one that are few: with more, lines are as fast (measured on a Zen 3).
pub const fn are_few<T: Scalar>(diagonals: usize) -> bool {
    diagonals <= if T::IS_COMPLEX { 8 } else { 12 }
}

/// A triangle with `k` diagonals beside the main one, and x.
pub struct Recurrence<'a, T> {
    pub a: TriRef<'a, T>,
    pub k: usize,
    pub x: VecMut<'a, T>,
}

impl<T: Scalar> Dispatch for &Recurrence<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        if T::IS_COMPLEX && self.a.mat.is_conj() { self.solve::<true>() } else { self.solve::<false>() }
    }
}

impl<T: Scalar> Recurrence<'_, T> {
    /// `CONJ` says whether the matrix is conjugated.
    #[inline(always)]
    fn solve<const CONJ: bool>(&self) {
        let (a, n, unit) = (self.a.mat, self.x.len(), self.a.diag == Diag::Unit);
        // Rows in the order in which they can be solved, each from the element before: one up, or one down.
        let (start, step) = if self.a.uplo == Uplo::Lower { (0, 1) } else { (n - 1, -1) };
        let (to_column, to_row) = (step * a.col_stride(), step * (a.row_stride() + a.col_stride()));
        let to_element = step * self.x.stride();
        let corner = start as isize * (a.row_stride() + a.col_stride());
        let mut main = a.as_ptr().wrapping_offset(corner);
        let mut x = self.x.as_mut_ptr().wrapping_offset(start as isize * self.x.stride());
        let mut before = T::ZERO;
        for done in 0..n {
            // SAFETY: elements of the band, and of x in its columns, which nobody else uses.
            unsafe {
                let mut sum = *x;
                // The oldest first: the one before is needed as late as possible.
                for back in (2..=self.k.min(done) as isize).rev() {
                    let element = (*main.wrapping_offset(-back * to_column)).conj_if(CONJ);
                    sum += -element * *x.wrapping_offset(-back * to_element);
                }
                if self.k > 0 && done > 0 {
                    sum += -(*main.wrapping_offset(-to_column)).conj_if(CONJ) * before;
                }
                if !unit {
                    sum = sum.divide((*main).conj_if(CONJ));
                }
                *x = sum;
                before = sum;
            }
            main = main.wrapping_offset(to_row);
            x = x.wrapping_offset(to_element);
        }
    }
}
