//! The triangular kernel: solves `X U = B` for a small upper triangle inside a packed panel of A.
//!
//! X and B are `MR` rows by `n` columns, column after column as [`super::panel`] packs A, so a column is
//! `DOWN` vectors; U is `n x n`, `n` at most a few tens. Column j: `x_j <- (b_j - sum_{i<j} x_i u_ij) / u_jj`.
//! The larger part of a solve, everything left of these columns, is the tile kernel's.

use super::tile::times;
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa, Vec, Vector};

/// Arguments of a triangular kernel.
#[derive(Debug)]
pub struct Solve<T> {
    /// Order of the triangle.
    pub n: usize,
    /// `n` columns of `MR` elements: B, overwritten by X.
    pub x: *mut T,
    /// Element (0, 0) of U; (i, j) at `u + i * u_row + j`, as a panel of B holds it.
    pub u: *const T,
    /// Elements from a row of U to the next.
    pub u_row: usize,
    /// Whether the diagonal of U is one and not read.
    pub unit: bool,
}

/// # Safety
/// The CPU has ISA `S`; x holds `n` columns of `MR` elements, u the upper triangle.
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
        for j in 0..solve.n {
            // SAFETY: columns i <= j < n of x, elements (i, j) of the upper triangle of u.
            unsafe {
                let mut x: [Vec<S, T::Real>; DOWN] =
                    core::array::from_fn(|v| <Vec<S, T::Real>>::load(isa, column(j).add(v * lanes)));
                for i in 0..j {
                    let u = *solve.u.add(i * solve.u_row + j);
                    for (v, x) in x.iter_mut().enumerate() {
                        let left = <Vec<S, T::Real>>::load(isa, column(i).add(v * lanes));
                        *x = if T::IS_COMPLEX {
                            *x - times(isa, left, u)
                        } else {
                            left.neg_mul_add(<Vec<S, T::Real>>::splat(isa, u.re()), *x)
                        };
                    }
                }
                if !solve.unit {
                    let u = *solve.u.add(j * solve.u_row + j);
                    if T::IS_COMPLEX {
                        for (v, x) in x.iter().enumerate() {
                            x.store(column(j).add(v * lanes));
                        }
                        divide(solve.x.add(j * DOWN * lanes / T::PARTS), DOWN * lanes / T::PARTS, u);
                        continue;
                    }
                    let divisor = <Vec<S, T::Real>>::splat(isa, u.re());
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
