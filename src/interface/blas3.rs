//! Level 3 of the reference: tables and shims.
//!
//! Numbers are parameter numbers of the Fortran routines. A row-major call is checked as the reference checks it,
//! which computes the transposed product by columns: with A and B, or M and N, in each other's place.

use super::table::prelude::*;
use crate::level3;
use crate::view::Trans;

routines! {
    /// `C <- alpha op(A) op(B) + beta C`, op(A) m x k and op(B) k x n.
    gemm(layout, transa: Trans, transb: Trans, m: Size, n: Size, k: Size, alpha: Scalar, a: In, lda: Stride,
         b: In, ldb: Stride, beta: Scalar, c: Out, ldc: Stride) -> Checked {
        f32: sgemm_, cblas_sgemm;
        f64: dgemm_, cblas_dgemm;
        c32: cgemm_, cblas_cgemm;
        c64: zgemm_, cblas_zgemm;
    }
}

/// `C <- alpha op(A) op(B) + beta C`.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
pub(super) unsafe fn gemm<T: Scalar>(
    layout: Layout,
    transa: Flag<Trans>,
    transb: Flag<Trans>,
    m: isize,
    n: isize,
    k: isize,
    alpha: *const T,
    a: *const T,
    lda: isize,
    b: *const T,
    ldb: isize,
    beta: *const T,
    c: *mut T,
    ldc: isize,
) -> Result<(), Bad> {
    let (transa, transb) = (transa.get(1)?, transb.get(2)?);
    refuse(if layout.by_rows() {
        gemm_checks(transb, transa, n, m, k, ldb, lda, ldc)
    } else {
        gemm_checks(transa, transb, m, n, k, lda, ldb, ldc)
    })?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and leading dimensions checked above.
    unsafe {
        let a = layout.operand(transa, a, m, k, lda);
        let b = layout.operand(transb, b, k, n, ldb);
        let c = layout.matrix_mut(c, m, n, ldc);
        level3::gemm(*alpha, a, b, *beta, c);
    }
    Ok(())
}

#[inline(always)]
fn gemm_checks(
    transa: Trans,
    transb: Trans,
    m: isize,
    n: isize,
    k: isize,
    lda: isize,
    ldb: isize,
    ldc: isize,
) -> [(bool, u8); 6] {
    let rows_of_a = if transa.transposes() { k } else { m };
    let rows_of_b = if transb.transposes() { n } else { k };
    [
        (m < 0, 3),
        (n < 0, 4),
        (k < 0, 5),
        (lda < rows_of_a.max(1), 8),
        (ldb < rows_of_b.max(1), 10),
        (ldc < m.max(1), 13),
    ]
}
