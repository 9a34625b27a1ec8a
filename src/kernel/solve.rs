//! The triangular kernel: solves `X T = B` for a small triangle inside a packed panel of A.
//!
//! X and B are `MR` rows by `n` columns, column after column as [`super::panel`] packs A, so a column is
//! `DOWN` vectors; T is `n x n`, `n` at most a few tens. Column j: `x_j <- (b_j - sum_i x_i t_ij) / t_jj`,
//! forward over `i < j` where T is upper, backward over `i > j` where it is lower. The larger part of a
//! solve, the columns beyond these, is the tile kernel's.

use super::tile::times;
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa, Vec, Vector};
use crate::view::Uplo;

/// Arguments of a triangular kernel.
#[derive(Debug)]
pub struct Solve<T> {
    /// Order of the triangle.
    pub n: usize,
    /// `n` columns of `MR` elements: B, overwritten by X.
    pub x: *mut T,
    /// Element (0, 0) of T; (i, j) at `t + i * t_row + j`, as a panel of B holds it.
    pub t: *const T,
    /// Elements from a row of T to the next.
    pub t_row: usize,
    /// Which triangle T is.
    pub uplo: Uplo,
    /// Whether the diagonal of T is one and not read.
    pub unit: bool,
}

/// # Safety
/// The CPU has ISA `S`; x holds `n` columns of `MR` elements, t the triangle.
pub(super) unsafe fn entry<S: Isa, T: Scalar, const DOWN: usize>(solve: &Solve<T>) {
    // SAFETY: the caller vouches for the ISA; `Columns::run` relies on the rest.
    unsafe { S::assume() }.enter(Columns::<T, DOWN>(solve))
}

struct Columns<'a, T, const DOWN: usize>(&'a Solve<T>);

impl<T: Scalar, const DOWN: usize> Dispatch for Columns<'_, T, DOWN> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let solve = self.0;
        let lanes = <Vec<S, T::Real>>::LANES;
        let column = |j: usize| solve.x.cast::<T::Real>().wrapping_add(j * DOWN * lanes);
        for step in 0..solve.n {
            let (j, solved) = match solve.uplo {
                Uplo::Upper => (step, 0..step),
                Uplo::Lower => (solve.n - 1 - step, solve.n - step..solve.n),
            };
            // SAFETY: columns i and j < n of x, elements (i, j) of the triangle of t.
            unsafe {
                let mut x = [<Vec<S, T::Real>>::zero(isa); DOWN];
                for (v, x) in x.iter_mut().enumerate() {
                    *x = <Vec<S, T::Real>>::load(isa, column(j).add(v * lanes));
                }
                for i in solved {
                    let t = *solve.t.add(i * solve.t_row + j);
                    for (v, x) in x.iter_mut().enumerate() {
                        let left = <Vec<S, T::Real>>::load(isa, column(i).add(v * lanes));
                        *x = if T::IS_COMPLEX {
                            *x - times(isa, left, t)
                        } else {
                            left.neg_mul_add(<Vec<S, T::Real>>::splat(isa, t.re()), *x)
                        };
                    }
                }
                if !solve.unit {
                    let t = *solve.t.add(j * solve.t_row + j);
                    if T::IS_COMPLEX {
                        for (v, x) in x.iter().enumerate() {
                            x.store(column(j).add(v * lanes));
                        }
                        divide(solve.x.add(j * DOWN * lanes / T::PARTS), DOWN * lanes / T::PARTS, t);
                        continue;
                    }
                    let divisor = <Vec<S, T::Real>>::splat(isa, t.re());
                    for x in &mut x {
                        *x = *x / divisor;
                    }
                }
                for (v, x) in x.into_iter().enumerate() {
                    x.store(column(j).add(v * lanes));
                }
            }
        }
    }
}

/// `x <- x / by`, Smith's quotient element by element.
///
/// # Safety
/// `x` has `n` elements.
#[inline(always)]
unsafe fn divide<T: Scalar>(x: *mut T, n: usize, by: T) {
    for i in 0..n {
        // SAFETY: i < n.
        unsafe { *x.add(i) = (*x.add(i)).divide(by) }
    }
}
