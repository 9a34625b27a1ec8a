//! Level 2 of the reference, by how the matrix is stored.
//!
//! Numbers are parameter numbers of the Fortran routines. A row-major call is checked as the reference checks it,
//! which computes with the transposed matrix by columns.

pub mod banded;
pub mod dense;
pub mod packed;

use super::flags::Layout;
use crate::scalar::Scalar;
use crate::view::{Symmetry, VecMut, VecRef};

/// A vector as passed.
///
/// # Safety
/// As for [`VecRef::from_blas`].
#[inline(always)]
unsafe fn vector<'a, T: Scalar>(n: isize, x: *const T, incx: isize) -> VecRef<'a, T> {
    // SAFETY: the caller's promise.
    unsafe { VecRef::from_blas(n as usize, x, incx) }
}

/// A vector as passed, to write.
///
/// # Safety
/// As for [`VecMut::from_blas`].
#[inline(always)]
unsafe fn vector_mut<'a, T: Scalar>(n: isize, x: *mut T, incx: isize) -> VecMut<'a, T> {
    // SAFETY: the caller's promise.
    unsafe { VecMut::from_blas(n as usize, x, incx) }
}

/// The increments in the order in which they are checked: the reference's row-major Hermitian update swaps x and
/// y, its symmetric one doesn't.
#[inline(always)]
fn increments(layout: Layout, symmetry: Symmetry, incx: isize, incy: isize) -> (isize, isize) {
    if symmetry == Symmetry::Hermitian { layout.by_columns(incx, incy) } else { (incx, incy) }
}
