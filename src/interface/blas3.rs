//! Level 3 of the reference: tables and shims.
//!
//! Numbers are parameter numbers of the Fortran routines. A row-major call is checked as the reference checks it,
//! which computes the transposed product by columns: with A and B, or M and N, in each other's place.

use super::table::prelude::*;
use crate::level3;
use crate::view::{Diag, MatMut, MatRef, Side, SymRef, Symmetry, Trans, TriRef, Uplo};

routines! {
    /// `C <- alpha op(A) op(B) + beta C`, op(A) m x k and op(B) k x n.
    gemm(layout, transa: Trans, transb: Trans, m: Size, n: Size, k: Size, alpha: Scalar, a: In, lda: Stride,
         b: In, ldb: Stride, beta: Scalar, c: Out, ldc: Stride) -> Checked {
        f32: sgemm_, cblas_sgemm;
        f64: dgemm_, cblas_dgemm;
        c32: cgemm_, cblas_cgemm;
        c64: zgemm_, cblas_zgemm;
    }
    /// `C <- alpha A B + beta C` (left) or `alpha B A + beta C` (right), A symmetric, C m x n.
    symm[Symmetry::Symmetric](layout, side: Side, uplo: Uplo, m: Size, n: Size, alpha: Scalar, a: In, lda: Stride, b: In, ldb: Stride,
         beta: Scalar, c: Out, ldc: Stride) -> Checked {
        f32: ssymm_, cblas_ssymm;
        f64: dsymm_, cblas_dsymm;
        c32: csymm_, cblas_csymm;
        c64: zsymm_, cblas_zsymm;
    }
    /// `C <- alpha A B + beta C` (left) or `alpha B A + beta C` (right), A Hermitian, C m x n.
    symm[Symmetry::Hermitian](layout, side: Side, uplo: Uplo, m: Size, n: Size, alpha: Scalar, a: In, lda: Stride, b: In, ldb: Stride,
         beta: Scalar, c: Out, ldc: Stride) -> Checked {
        c32: chemm_, cblas_chemm;
        c64: zhemm_, cblas_zhemm;
    }
    /// `C <- alpha op(A) op(A)^T + beta C`, op(A) n x k, one triangle of C.
    syrk[Symmetry::Symmetric](layout, uplo: Uplo, trans: Trans, n: Size, k: Size, alpha: Scalar, a: In, lda: Stride, beta: Scalar,
         c: Out, ldc: Stride) -> Checked {
        f32: ssyrk_, cblas_ssyrk;
        f64: dsyrk_, cblas_dsyrk;
        c32: csyrk_, cblas_csyrk;
        c64: zsyrk_, cblas_zsyrk;
    }
    /// `C <- alpha op(A) op(A)^H + beta C`, op(A) n x k, alpha and beta real, one triangle of C.
    syrk[Symmetry::Hermitian](layout, uplo: Uplo, trans: Trans, n: Size, k: Size, alpha: RealScalar, a: In, lda: Stride,
         beta: RealScalar, c: Out, ldc: Stride) -> Checked {
        c32: cherk_, cblas_cherk;
        c64: zherk_, cblas_zherk;
    }
    /// `C <- alpha op(A) op(B)^T + alpha op(B) op(A)^T + beta C`, one triangle of C.
    syr2k[Symmetry::Symmetric](layout, uplo: Uplo, trans: Trans, n: Size, k: Size, alpha: Scalar, a: In, lda: Stride, b: In,
          ldb: Stride, beta: Scalar, c: Out, ldc: Stride) -> Checked {
        f32: ssyr2k_, cblas_ssyr2k;
        f64: dsyr2k_, cblas_dsyr2k;
        c32: csyr2k_, cblas_csyr2k;
        c64: zsyr2k_, cblas_zsyr2k;
    }
    /// `C <- alpha op(A) op(B)^H + conj(alpha) op(B) op(A)^H + beta C`, beta real, one triangle of C.
    syr2k[Symmetry::Hermitian](layout, uplo: Uplo, trans: Trans, n: Size, k: Size, alpha: Scalar, a: In, lda: Stride, b: In,
          ldb: Stride, beta: RealScalar, c: Out, ldc: Stride) -> Checked {
        c32: cher2k_, cblas_cher2k;
        c64: zher2k_, cblas_zher2k;
    }
    /// `B <- alpha op(A) B` (left) or `alpha B op(A)` (right), A triangular, B m x n.
    trmm[level3::trmm](layout, side: Side, uplo: Uplo, transa: Trans, diag: Diag, m: Size, n: Size, alpha: Scalar, a: In,
         lda: Stride, b: Out, ldb: Stride) -> Checked {
        f32: strmm_, cblas_strmm;
        f64: dtrmm_, cblas_dtrmm;
        c32: ctrmm_, cblas_ctrmm;
        c64: ztrmm_, cblas_ztrmm;
    }
    /// Solves `op(A) X = alpha B` (left) or `X op(A) = alpha B` (right), A triangular, B m x n; X replaces B.
    trmm[level3::trsm](layout, side: Side, uplo: Uplo, transa: Trans, diag: Diag, m: Size, n: Size, alpha: Scalar, a: In,
         lda: Stride, b: Out, ldb: Stride) -> Checked {
        f32: strsm_, cblas_strsm;
        f64: dtrsm_, cblas_dtrsm;
        c32: ctrsm_, cblas_ctrsm;
        c64: ztrsm_, cblas_ztrsm;
    }
    /// One triangle of `C <- alpha op(A) op(B) + beta C`, op(A) n x k and op(B) k x n.
    gemmtr(layout, uplo: Uplo, transa: Trans, transb: Trans, n: Size, k: Size, alpha: Scalar, a: In, lda: Stride,
           b: In, ldb: Stride, beta: Scalar, c: Out, ldc: Stride) -> Checked {
        f32: sgemmtr_, cblas_sgemmtr;
        f64: dgemmtr_, cblas_dgemmtr;
        c32: cgemmtr_, cblas_cgemmtr;
        c64: zgemmtr_, cblas_zgemmtr;
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
    let shape = gemm_operands(layout, transa, transb, m, n, k, lda, ldb, ldc)?;
    if shape.is_empty() {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and leading dimensions checked above.
    unsafe {
        let (a, b, c) = shape.views(a, b, c);
        level3::gemm(*alpha, a, b, *beta, c);
    }
    Ok(())
}

/// The operands of a product, except where they are.
#[derive(Clone, Copy)]
pub(super) struct GemmOperands {
    layout: Layout,
    transa: Trans,
    transb: Trans,
    m: isize,
    n: isize,
    k: isize,
    lda: isize,
    ldb: isize,
    ldc: isize,
}

/// The operands of a product, checked.
#[inline(always)]
pub(super) fn gemm_operands(
    layout: Layout,
    transa: Flag<Trans>,
    transb: Flag<Trans>,
    m: isize,
    n: isize,
    k: isize,
    lda: isize,
    ldb: isize,
    ldc: isize,
) -> Result<GemmOperands, Bad> {
    let (transa, transb) = (transa.get(1)?, transb.get(2)?);
    let (rows, cols) = layout.by_columns(m, n);
    let a_reach = reach(layout, transa, m, k).max(1);
    let b_reach = reach(layout, transb, k, n).max(1);
    let (first, second) = layout.by_columns((lda, a_reach), (ldb, b_reach));
    refuse([
        (rows < 0, 3),
        (cols < 0, 4),
        (k < 0, 5),
        (first.0 < first.1, 8),
        (second.0 < second.1, 10),
        (ldc < rows.max(1), 13),
    ])?;
    Ok(GemmOperands { layout, transa, transb, m, n, k, lda, ldb, ldc })
}

impl GemmOperands {
    /// Whether C has no elements.
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.m == 0 || self.n == 0
    }

    /// op(A), op(B) and C.
    ///
    /// # Safety
    /// The arrays must be as large as the sizes say.
    #[inline(always)]
    pub(super) unsafe fn views<'a, T: Scalar>(
        &self,
        a: *const T,
        b: *const T,
        c: *mut T,
    ) -> (MatRef<'a, T>, MatRef<'a, T>, MatMut<'a, T>) {
        // SAFETY: the caller's promise.
        unsafe {
            (
                self.layout.operand(self.transa, a, self.m, self.k, self.lda),
                self.layout.operand(self.transb, b, self.k, self.n, self.ldb),
                self.layout.matrix_mut(c, self.m, self.n, self.ldc),
            )
        }
    }
}

/// `C <- alpha A B + beta C` or `alpha B A + beta C`, A symmetric or Hermitian.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn symm<T: Scalar>(
    symmetry: Symmetry,
    layout: Layout,
    side: Flag<Side>,
    uplo: Flag<Uplo>,
    m: isize,
    n: isize,
    alpha: *const T,
    a: *const T,
    lda: isize,
    b: *const T,
    ldb: isize,
    beta: *const T,
    c: *mut T,
    ldc: isize,
) -> Result<(), Bad> {
    let (side, uplo) = (side.get(1)?, uplo.get(2)?);
    let order = if side == Side::Left { m } else { n };
    let (rows, cols) = layout.by_columns(m, n);
    refuse([
        (rows < 0, 3),
        (cols < 0, 4),
        (lda < order.max(1), 7),
        (ldb < rows.max(1), 9),
        (ldc < rows.max(1), 12),
    ])?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and leading dimensions checked above.
    unsafe {
        let a = SymRef { mat: layout.matrix(a, order, order, lda), uplo, symmetry };
        let b = layout.matrix(b, m, n, ldb);
        let c = layout.matrix_mut(c, m, n, ldc);
        level3::symm(side, *alpha, a, b, *beta, c);
    }
    Ok(())
}

/// `C <- alpha op(A) op(A)^T + beta C`, or `op(A)^H`, alpha and beta real.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn syrk<T: Scalar>(
    symmetry: Symmetry,
    layout: Layout,
    uplo: Flag<Uplo>,
    trans: Flag<Trans>,
    n: isize,
    k: isize,
    alpha: impl Factor<T>,
    a: *const T,
    lda: isize,
    beta: impl Factor<T>,
    c: *mut T,
    ldc: isize,
) -> Result<(), Bad> {
    let (uplo, trans) = (uplo.get(1)?, update_trans(trans, symmetry)?);
    let a_reach = reach(layout, trans, n, k).max(1);
    refuse([(n < 0, 3), (k < 0, 4), (lda < a_reach, 7), (ldc < n.max(1), 10)])?;
    // SAFETY: the caller's promise, for the sizes and leading dimensions checked above.
    unsafe {
        if n == 0 || unchanged(alpha, k, beta) {
            return Ok(());
        }
        let a = layout.operand(trans, a, n, k, lda);
        let c = layout.matrix_mut(c, n, n, ldc);
        level3::syrk(uplo, symmetry, alpha.get(), a, beta.get(), c);
    }
    Ok(())
}

/// The `trans` of an update: what it does to A it does to the other factor too, so a symmetric update has no
/// conjugate and a Hermitian one no plain transpose.
#[inline(always)]
fn update_trans(flag: Flag<Trans>, symmetry: Symmetry) -> Result<Trans, Bad> {
    let trans = flag.get(2)?;
    let fits = match symmetry {
        Symmetry::Symmetric => !trans.conjugates(),
        Symmetry::Hermitian => matches!(trans, Trans::No | Trans::Conj),
    };
    if fits { Ok(trans) } else { Err(flag.illegal(2)) }
}

/// Whether an update leaves C as it is: to the last bit, so that the imaginary parts of a Hermitian matrix's
/// diagonal, which any other update sets to zero, stay too.
///
/// # Safety
/// The scalars must be readable.
#[inline(always)]
unsafe fn unchanged<T: Scalar>(alpha: impl Factor<T>, k: isize, beta: impl Factor<T>) -> bool {
    // SAFETY: the caller's promise.
    unsafe { (k == 0 || alpha.get() == T::ZERO) && beta.get() == T::ONE }
}

/// What the leading dimension of A must reach when op(A) is n x k.
#[inline(always)]
fn reach(layout: Layout, trans: Trans, n: isize, k: isize) -> isize {
    if trans.transposes() { layout.contiguous(k, n) } else { layout.contiguous(n, k) }
}

/// `C <- alpha op(A) op(B)^T + alpha op(B) op(A)^T + beta C`, or `alpha op(A) op(B)^H + conj(alpha) op(B) op(A)^H`,
/// beta real.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn syr2k<T: Scalar>(
    symmetry: Symmetry,
    layout: Layout,
    uplo: Flag<Uplo>,
    trans: Flag<Trans>,
    n: isize,
    k: isize,
    alpha: *const T,
    a: *const T,
    lda: isize,
    b: *const T,
    ldb: isize,
    beta: impl Factor<T>,
    c: *mut T,
    ldc: isize,
) -> Result<(), Bad> {
    let (uplo, trans) = (uplo.get(1)?, update_trans(trans, symmetry)?);
    let reach = reach(layout, trans, n, k).max(1);
    refuse([(n < 0, 3), (k < 0, 4), (lda < reach, 7), (ldb < reach, 9), (ldc < n.max(1), 12)])?;
    // SAFETY: the caller's promise, for the sizes and leading dimensions checked above.
    unsafe {
        if n == 0 || unchanged(alpha, k, beta) {
            return Ok(());
        }
        let a = layout.operand(trans, a, n, k, lda);
        let b = layout.operand(trans, b, n, k, ldb);
        let c = layout.matrix_mut(c, n, n, ldc);
        level3::syr2k(uplo, symmetry, *alpha, a, b, beta.get(), c);
    }
    Ok(())
}

/// `B <- alpha op(A) B` or `alpha B op(A)`, or solves `op(A) X = alpha B` or `X op(A) = alpha B`.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn trmm<T: Scalar>(
    operation: impl FnOnce(Side, T, TriRef<T>, MatMut<T>),
    layout: Layout,
    side: Flag<Side>,
    uplo: Flag<Uplo>,
    transa: Flag<Trans>,
    diag: Flag<Diag>,
    m: isize,
    n: isize,
    alpha: *const T,
    a: *const T,
    lda: isize,
    b: *mut T,
    ldb: isize,
) -> Result<(), Bad> {
    let (side, uplo, transa, diag) = (side.get(1)?, uplo.get(2)?, transa.get(3)?, diag.get(4)?);
    let order = if side == Side::Left { m } else { n };
    let (rows, cols) = layout.by_columns(m, n);
    refuse([(rows < 0, 5), (cols < 0, 6), (lda < order.max(1), 9), (ldb < rows.max(1), 11)])?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and leading dimensions checked above.
    unsafe {
        let a = TriRef { mat: layout.matrix(a, order, order, lda), uplo, diag }.op(transa);
        operation(side, *alpha, a, layout.matrix_mut(b, m, n, ldb));
    }
    Ok(())
}

/// One triangle of `C <- alpha op(A) op(B) + beta C`.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
pub(super) unsafe fn gemmtr<T: Scalar>(
    layout: Layout,
    uplo: Flag<Uplo>,
    transa: Flag<Trans>,
    transb: Flag<Trans>,
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
    let (uplo, transa, transb) = (uplo.get(1)?, transa.get(2)?, transb.get(3)?);
    let a_reach = reach(layout, transa, n, k).max(1);
    let b_reach = reach(layout, transb, k, n).max(1);
    let (first, second) = layout.by_columns((lda, a_reach), (ldb, b_reach));
    refuse([
        (n < 0, 4),
        (k < 0, 5),
        (first.0 < first.1, 8),
        (second.0 < second.1, 10),
        (ldc < n.max(1), 13),
    ])?;
    if n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and leading dimensions checked above.
    unsafe {
        let a = layout.operand(transa, a, n, k, lda);
        let b = layout.operand(transb, b, k, n, ldb);
        level3::gemmt(uplo, *alpha, a, b, *beta, layout.matrix_mut(c, n, n, ldc));
    }
    Ok(())
}
