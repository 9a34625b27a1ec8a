//! Level 2 of the reference on dense storage: tables and shims.

use super::{increments, vector, vector_mut};
use crate::interface::table::prelude::*;
use crate::level2;
use crate::view::{Diag, SymRef, Symmetry, Trans, TriRef, Uplo, VecMut};

routines! {
    /// `y <- alpha op(A) x + beta y`, A m x n.
    gemv(layout, trans: Trans, m: Size, n: Size, alpha: Scalar, a: In, lda: Stride, x: In, incx: Stride,
         beta: Scalar, y: Out, incy: Stride) -> Checked {
        f32: sgemv_, cblas_sgemv;
        f64: dgemv_, cblas_dgemv;
        c32: cgemv_, cblas_cgemv;
        c64: zgemv_, cblas_zgemv;
    }
    /// `y <- alpha A x + beta y`, A symmetric.
    symv[Symmetry::Symmetric](layout, uplo: Uplo, n: Size, alpha: Scalar, a: In, lda: Stride, x: In, incx: Stride,
         beta: Scalar, y: Out, incy: Stride) -> Checked {
        f32: ssymv_, cblas_ssymv;
        f64: dsymv_, cblas_dsymv;
    }
    /// `y <- alpha A x + beta y`, A Hermitian.
    symv[Symmetry::Hermitian](layout, uplo: Uplo, n: Size, alpha: Scalar, a: In, lda: Stride, x: In, incx: Stride,
         beta: Scalar, y: Out, incy: Stride) -> Checked {
        c32: chemv_, cblas_chemv;
        c64: zhemv_, cblas_zhemv;
    }
    /// `x <- op(A) x`, A triangular.
    trmv[level2::trmv](layout, uplo: Uplo, trans: Trans, diag: Diag, n: Size, a: In, lda: Stride, x: Out,
         incx: Stride) -> Checked {
        f32: strmv_, cblas_strmv;
        f64: dtrmv_, cblas_dtrmv;
        c32: ctrmv_, cblas_ctrmv;
        c64: ztrmv_, cblas_ztrmv;
    }
    /// `x <- op(A)^-1 x`, A triangular.
    trmv[level2::trsv](layout, uplo: Uplo, trans: Trans, diag: Diag, n: Size, a: In, lda: Stride, x: Out,
         incx: Stride) -> Checked {
        f32: strsv_, cblas_strsv;
        f64: dtrsv_, cblas_dtrsv;
        c32: ctrsv_, cblas_ctrsv;
        c64: ztrsv_, cblas_ztrsv;
    }
    /// `A <- alpha x y^T + A`, A m x n.
    ger[Conjugated::No](layout, m: Size, n: Size, alpha: Scalar, x: In, incx: Stride, y: In, incy: Stride, a: Out,
        lda: Stride) -> Checked {
        f32: sger_, cblas_sger;
        f64: dger_, cblas_dger;
        c32: cgeru_, cblas_cgeru;
        c64: zgeru_, cblas_zgeru;
    }
    /// `A <- alpha x y^H + A`, A m x n.
    ger[Conjugated::Y](layout, m: Size, n: Size, alpha: Scalar, x: In, incx: Stride, y: In, incy: Stride, a: Out,
        lda: Stride) -> Checked {
        c32: cgerc_, cblas_cgerc;
        c64: zgerc_, cblas_zgerc;
    }
    /// `A <- alpha x x^T + A`, one triangle.
    syr[Symmetry::Symmetric](layout, uplo: Uplo, n: Size, alpha: Scalar, x: In, incx: Stride, a: Out,
        lda: Stride) -> Checked {
        f32: ssyr_, cblas_ssyr;
        f64: dsyr_, cblas_dsyr;
    }
    /// `A <- alpha x x^H + A`, alpha real, one triangle.
    syr[Symmetry::Hermitian](layout, uplo: Uplo, n: Size, alpha: RealScalar, x: In, incx: Stride, a: Out,
        lda: Stride) -> Checked {
        c32: cher_, cblas_cher;
        c64: zher_, cblas_zher;
    }
    /// `A <- alpha x y^T + alpha y x^T + A`, one triangle.
    syr2[Symmetry::Symmetric](layout, uplo: Uplo, n: Size, alpha: Scalar, x: In, incx: Stride, y: In, incy: Stride,
         a: Out, lda: Stride) -> Checked {
        f32: ssyr2_, cblas_ssyr2;
        f64: dsyr2_, cblas_dsyr2;
    }
    /// `A <- alpha x y^H + conj(alpha) y x^H + A`, one triangle.
    syr2[Symmetry::Hermitian](layout, uplo: Uplo, n: Size, alpha: Scalar, x: In, incx: Stride, y: In, incy: Stride,
         a: Out, lda: Stride) -> Checked {
        c32: cher2_, cblas_cher2;
        c64: zher2_, cblas_zher2;
    }
}

/// What `?ger` conjugates.
#[derive(Clone, Copy, PartialEq)]
enum Conjugated {
    No,
    Y,
}

/// `y <- alpha op(A) x + beta y`.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn gemv<T: Scalar>(
    layout: Layout,
    trans: Flag<Trans>,
    m: isize,
    n: isize,
    alpha: *const T,
    a: *const T,
    lda: isize,
    x: *const T,
    incx: isize,
    beta: *const T,
    y: *mut T,
    incy: isize,
) -> Result<(), Bad> {
    let trans = trans.get(1)?;
    let (rows, cols) = layout.by_columns(m, n);
    refuse([(rows < 0, 2), (cols < 0, 3), (lda < rows.max(1), 6), (incx == 0, 8), (incy == 0, 11)])?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    let (of_y, of_x) = if trans.transposes() { (n, m) } else { (m, n) };
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let a = layout.operand(trans, a, of_y, of_x, lda);
        level2::gemv(*alpha, a, vector(of_x, x, incx), *beta, vector_mut(of_y, y, incy));
    }
    Ok(())
}

/// `y <- alpha A x + beta y`, A symmetric or Hermitian.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn symv<T: Scalar>(
    symmetry: Symmetry,
    layout: Layout,
    uplo: Flag<Uplo>,
    n: isize,
    alpha: *const T,
    a: *const T,
    lda: isize,
    x: *const T,
    incx: isize,
    beta: *const T,
    y: *mut T,
    incy: isize,
) -> Result<(), Bad> {
    let uplo = uplo.get(1)?;
    refuse([(n < 0, 2), (lda < n.max(1), 5), (incx == 0, 7), (incy == 0, 10)])?;
    if n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let a = SymRef { mat: layout.matrix(a, n, n, lda), uplo, symmetry };
        level2::symv(*alpha, a, vector(n, x, incx), *beta, vector_mut(n, y, incy));
    }
    Ok(())
}

/// `x <- op(A) x` or `op(A)^-1 x`, A triangular.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn trmv<T: Scalar>(
    operation: impl FnOnce(TriRef<T>, VecMut<T>),
    layout: Layout,
    uplo: Flag<Uplo>,
    trans: Flag<Trans>,
    diag: Flag<Diag>,
    n: isize,
    a: *const T,
    lda: isize,
    x: *mut T,
    incx: isize,
) -> Result<(), Bad> {
    let (uplo, trans, diag) = (uplo.get(1)?, trans.get(2)?, diag.get(3)?);
    refuse([(n < 0, 4), (lda < n.max(1), 6), (incx == 0, 8)])?;
    if n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let a = TriRef { mat: layout.matrix(a, n, n, lda), uplo, diag }.op(trans);
        operation(a, vector_mut(n, x, incx));
    }
    Ok(())
}

/// `A <- alpha x y^T + A` or `alpha x y^H + A`.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn ger<T: Scalar>(
    conjugated: Conjugated,
    layout: Layout,
    m: isize,
    n: isize,
    alpha: *const T,
    x: *const T,
    incx: isize,
    y: *const T,
    incy: isize,
    a: *mut T,
    lda: isize,
) -> Result<(), Bad> {
    let (rows, cols) = layout.by_columns(m, n);
    let (first, second) = layout.by_columns(incx, incy);
    refuse([(rows < 0, 1), (cols < 0, 2), (first == 0, 5), (second == 0, 7), (lda < rows.max(1), 9)])?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let a = layout.matrix_mut(a, m, n, lda);
        level2::ger(*alpha, vector(m, x, incx), vector(n, y, incy), conjugated == Conjugated::Y, a);
    }
    Ok(())
}

/// `A <- alpha x x^T + A`, or `alpha x x^H + A`, alpha real.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn syr<T: Scalar>(
    symmetry: Symmetry,
    layout: Layout,
    uplo: Flag<Uplo>,
    n: isize,
    alpha: impl Factor<T>,
    x: *const T,
    incx: isize,
    a: *mut T,
    lda: isize,
) -> Result<(), Bad> {
    let uplo = uplo.get(1)?;
    refuse([(n < 0, 2), (incx == 0, 5), (lda < n.max(1), 7)])?;
    if n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let a = layout.matrix_mut(a, n, n, lda);
        level2::syr(uplo, symmetry, alpha.get(), vector(n, x, incx), a);
    }
    Ok(())
}

/// `A <- alpha x y^T + alpha y x^T + A`, or `alpha x y^H + conj(alpha) y x^H + A`.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn syr2<T: Scalar>(
    symmetry: Symmetry,
    layout: Layout,
    uplo: Flag<Uplo>,
    n: isize,
    alpha: *const T,
    x: *const T,
    incx: isize,
    y: *const T,
    incy: isize,
    a: *mut T,
    lda: isize,
) -> Result<(), Bad> {
    let uplo = uplo.get(1)?;
    let (first, second) = increments(layout, symmetry, incx, incy);
    refuse([(n < 0, 2), (first == 0, 5), (second == 0, 7), (lda < n.max(1), 9)])?;
    if n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let a = layout.matrix_mut(a, n, n, lda);
        level2::syr2(uplo, symmetry, *alpha, vector(n, x, incx), vector(n, y, incy), a);
    }
    Ok(())
}
