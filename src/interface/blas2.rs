//! Level 2 of the reference: tables and shims.
//!
//! Numbers are parameter numbers of the Fortran routines. A row-major call is checked as the reference checks it,
//! which computes with the transposed matrix by columns.

use super::table::prelude::*;
use crate::level2;
use crate::view::{
    BandRef, Diag, MatRef, PackedMut, PackedRef, SymRef, Symmetry, Trans, TriRef, Uplo, VecMut, VecRef,
};
use core::marker::PhantomData;

routines! {
    /// `y <- alpha op(A) x + beta y`, A m x n.
    gemv(layout, trans: Trans, m: Size, n: Size, alpha: Scalar, a: In, lda: Stride, x: In, incx: Stride,
         beta: Scalar, y: Out, incy: Stride) -> Checked {
        f32: sgemv_, cblas_sgemv;
        f64: dgemv_, cblas_dgemv;
        c32: cgemv_, cblas_cgemv;
        c64: zgemv_, cblas_zgemv;
    }
    /// `y <- alpha op(A) x + beta y`, A m x n with kl diagonals below the main one and ku above, in band storage.
    gbmv(layout, trans: Trans, m: Size, n: Size, kl: Size, ku: Size, alpha: Scalar, a: In, lda: Stride, x: In,
         incx: Stride, beta: Scalar, y: Out, incy: Stride) -> Checked {
        f32: sgbmv_, cblas_sgbmv;
        f64: dgbmv_, cblas_dgbmv;
        c32: cgbmv_, cblas_cgbmv;
        c64: zgbmv_, cblas_zgbmv;
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
    /// `y <- alpha A x + beta y`, A symmetric with k diagonals beside the main one, in band storage.
    sbmv[Symmetry::Symmetric](layout, uplo: Uplo, n: Size, k: Size, alpha: Scalar, a: In, lda: Stride, x: In,
         incx: Stride, beta: Scalar, y: Out, incy: Stride) -> Checked {
        f32: ssbmv_, cblas_ssbmv;
        f64: dsbmv_, cblas_dsbmv;
    }
    /// `y <- alpha A x + beta y`, A Hermitian with k diagonals beside the main one, in band storage.
    sbmv[Symmetry::Hermitian](layout, uplo: Uplo, n: Size, k: Size, alpha: Scalar, a: In, lda: Stride, x: In,
         incx: Stride, beta: Scalar, y: Out, incy: Stride) -> Checked {
        c32: chbmv_, cblas_chbmv;
        c64: zhbmv_, cblas_zhbmv;
    }
    /// `y <- alpha A x + beta y`, A symmetric, packed.
    spmv[Symmetry::Symmetric](layout, uplo: Uplo, n: Size, alpha: Scalar, ap: In, x: In, incx: Stride, beta: Scalar,
         y: Out, incy: Stride) -> Checked {
        f32: sspmv_, cblas_sspmv;
        f64: dspmv_, cblas_dspmv;
    }
    /// `y <- alpha A x + beta y`, A Hermitian, packed.
    spmv[Symmetry::Hermitian](layout, uplo: Uplo, n: Size, alpha: Scalar, ap: In, x: In, incx: Stride, beta: Scalar,
         y: Out, incy: Stride) -> Checked {
        c32: chpmv_, cblas_chpmv;
        c64: zhpmv_, cblas_zhpmv;
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
    /// `x <- op(A) x`, A triangular with k diagonals beside the main one, in band storage.
    tbmv[level2::tbmv](layout, uplo: Uplo, trans: Trans, diag: Diag, n: Size, k: Size, a: In, lda: Stride, x: Out,
         incx: Stride) -> Checked {
        f32: stbmv_, cblas_stbmv;
        f64: dtbmv_, cblas_dtbmv;
        c32: ctbmv_, cblas_ctbmv;
        c64: ztbmv_, cblas_ztbmv;
    }
    /// `x <- op(A)^-1 x`, A triangular with k diagonals beside the main one, in band storage.
    tbmv[level2::tbsv](layout, uplo: Uplo, trans: Trans, diag: Diag, n: Size, k: Size, a: In, lda: Stride, x: Out,
         incx: Stride) -> Checked {
        f32: stbsv_, cblas_stbsv;
        f64: dtbsv_, cblas_dtbsv;
        c32: ctbsv_, cblas_ctbsv;
        c64: ztbsv_, cblas_ztbsv;
    }
    /// `x <- op(A) x`, A triangular, packed.
    tpmv[level2::tpmv](layout, uplo: Uplo, trans: Trans, diag: Diag, n: Size, ap: In, x: Out,
         incx: Stride) -> Checked {
        f32: stpmv_, cblas_stpmv;
        f64: dtpmv_, cblas_dtpmv;
        c32: ctpmv_, cblas_ctpmv;
        c64: ztpmv_, cblas_ztpmv;
    }
    /// `x <- op(A)^-1 x`, A triangular, packed.
    tpmv[level2::tpsv](layout, uplo: Uplo, trans: Trans, diag: Diag, n: Size, ap: In, x: Out,
         incx: Stride) -> Checked {
        f32: stpsv_, cblas_stpsv;
        f64: dtpsv_, cblas_dtpsv;
        c32: ctpsv_, cblas_ctpsv;
        c64: ztpsv_, cblas_ztpsv;
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
    /// `A <- alpha x x^T + A`, one triangle, packed.
    spr[Symmetry::Symmetric](layout, uplo: Uplo, n: Size, alpha: Scalar, x: In, incx: Stride, ap: Out) -> Checked {
        f32: sspr_, cblas_sspr;
        f64: dspr_, cblas_dspr;
    }
    /// `A <- alpha x x^H + A`, alpha real, one triangle, packed.
    spr[Symmetry::Hermitian](layout, uplo: Uplo, n: Size, alpha: RealScalar, x: In, incx: Stride,
        ap: Out) -> Checked {
        c32: chpr_, cblas_chpr;
        c64: zhpr_, cblas_zhpr;
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
    /// `A <- alpha x y^T + alpha y x^T + A`, one triangle, packed.
    spr2[Symmetry::Symmetric](layout, uplo: Uplo, n: Size, alpha: Scalar, x: In, incx: Stride, y: In, incy: Stride,
         ap: Out) -> Checked {
        f32: sspr2_, cblas_sspr2;
        f64: dspr2_, cblas_dspr2;
    }
    /// `A <- alpha x y^H + conj(alpha) y x^H + A`, one triangle, packed.
    spr2[Symmetry::Hermitian](layout, uplo: Uplo, n: Size, alpha: Scalar, x: In, incx: Stride, y: In, incy: Stride,
         ap: Out) -> Checked {
        c32: chpr2_, cblas_chpr2;
        c64: zhpr2_, cblas_zhpr2;
    }
}

/// What `?ger` conjugates.
#[derive(Clone, Copy, PartialEq)]
enum Conjugated {
    No,
    Y,
}

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

/// The strided matrix behind band storage: consecutive diagonals are `lda - 1` apart along one index and 1 along
/// the other, and the main diagonal begins behind the `before` diagonals stored before it.
///
/// # Safety
/// As for [`MatRef::new`], inside the band.
#[inline(always)]
unsafe fn band<'a, T: Scalar>(
    layout: Layout,
    a: *const T,
    m: isize,
    n: isize,
    before: isize,
    lda: isize,
) -> MatRef<'a, T> {
    // SAFETY: the caller's promise.
    unsafe { layout.matrix(a.wrapping_offset(before), m, n, lda - 1) }
}

/// The diagonals stored before the main one in a triangle's band of k.
#[inline(always)]
fn before_main(layout: Layout, uplo: Uplo, k: isize) -> isize {
    if (uplo == Uplo::Upper) != layout.by_rows() { k } else { 0 }
}

/// A packed triangle as passed.
#[inline(always)]
fn packed<'a, T>(layout: Layout, uplo: Uplo, n: isize, ap: *const T) -> PackedRef<'a, T> {
    let n = n as usize;
    PackedRef { ptr: ap, n, uplo, by_rows: layout.by_rows(), conj: false, life: PhantomData }
}

/// A packed triangle as passed, to write.
#[inline(always)]
fn packed_mut<'a, T>(layout: Layout, uplo: Uplo, n: isize, ap: *mut T) -> PackedMut<'a, T> {
    PackedMut { ptr: ap, n: n as usize, uplo, by_rows: layout.by_rows(), life: PhantomData }
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

/// `y <- alpha op(A) x + beta y`, A banded.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn gbmv<T: Scalar>(
    layout: Layout,
    trans: Flag<Trans>,
    m: isize,
    n: isize,
    kl: isize,
    ku: isize,
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
    let (after, before) = layout.by_columns(kl, ku);
    refuse([
        (rows < 0, 2),
        (cols < 0, 3),
        (after < 0, 4),
        (before < 0, 5),
        (lda < kl.saturating_add(ku).saturating_add(1), 8),
        (incx == 0, 10),
        (incy == 0, 13),
    ])?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    let (of_y, of_x) = if trans.transposes() { (n, m) } else { (m, n) };
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let mat = band(layout, a, m, n, before, lda);
        let a = BandRef { mat, lower: kl as usize, upper: ku as usize }.op(trans);
        level2::gbmv(*alpha, a, vector(of_x, x, incx), *beta, vector_mut(of_y, y, incy));
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

/// `y <- alpha A x + beta y`, A symmetric or Hermitian, banded.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn sbmv<T: Scalar>(
    symmetry: Symmetry,
    layout: Layout,
    uplo: Flag<Uplo>,
    n: isize,
    k: isize,
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
    refuse([(n < 0, 2), (k < 0, 3), (lda <= k, 6), (incx == 0, 8), (incy == 0, 11)])?;
    if n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let mat = band(layout, a, n, n, before_main(layout, uplo, k), lda);
        let a = SymRef { mat, uplo, symmetry };
        level2::sbmv(*alpha, a, k as usize, vector(n, x, incx), *beta, vector_mut(n, y, incy));
    }
    Ok(())
}

/// `y <- alpha A x + beta y`, A symmetric or Hermitian, packed.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn spmv<T: Scalar>(
    symmetry: Symmetry,
    layout: Layout,
    uplo: Flag<Uplo>,
    n: isize,
    alpha: *const T,
    ap: *const T,
    x: *const T,
    incx: isize,
    beta: *const T,
    y: *mut T,
    incy: isize,
) -> Result<(), Bad> {
    let uplo = uplo.get(1)?;
    refuse([(n < 0, 2), (incx == 0, 6), (incy == 0, 9)])?;
    if n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let a = packed(layout, uplo, n, ap);
        level2::spmv(*alpha, a, symmetry, vector(n, x, incx), *beta, vector_mut(n, y, incy));
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

/// `x <- op(A) x` or `op(A)^-1 x`, A triangular, banded.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn tbmv<T: Scalar>(
    operation: impl FnOnce(TriRef<T>, usize, VecMut<T>),
    layout: Layout,
    uplo: Flag<Uplo>,
    trans: Flag<Trans>,
    diag: Flag<Diag>,
    n: isize,
    k: isize,
    a: *const T,
    lda: isize,
    x: *mut T,
    incx: isize,
) -> Result<(), Bad> {
    let (uplo, trans, diag) = (uplo.get(1)?, trans.get(2)?, diag.get(3)?);
    refuse([(n < 0, 4), (k < 0, 5), (lda <= k, 7), (incx == 0, 9)])?;
    if n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let mat = band(layout, a, n, n, before_main(layout, uplo, k), lda);
        let a = TriRef { mat, uplo, diag }.op(trans);
        operation(a, k as usize, vector_mut(n, x, incx));
    }
    Ok(())
}

/// `x <- op(A) x` or `op(A)^-1 x`, A triangular, packed.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn tpmv<T: Scalar>(
    operation: impl FnOnce(PackedRef<T>, Diag, VecMut<T>),
    layout: Layout,
    uplo: Flag<Uplo>,
    trans: Flag<Trans>,
    diag: Flag<Diag>,
    n: isize,
    ap: *const T,
    x: *mut T,
    incx: isize,
) -> Result<(), Bad> {
    let (uplo, trans, diag) = (uplo.get(1)?, trans.get(2)?, diag.get(3)?);
    refuse([(n < 0, 4), (incx == 0, 7)])?;
    if n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe { operation(packed(layout, uplo, n, ap).op(trans), diag, vector_mut(n, x, incx)) };
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

/// `A <- alpha x x^T + A`, or `alpha x x^H + A`, alpha real; A packed.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn spr<T: Scalar>(
    symmetry: Symmetry,
    layout: Layout,
    uplo: Flag<Uplo>,
    n: isize,
    alpha: impl Factor<T>,
    x: *const T,
    incx: isize,
    ap: *mut T,
) -> Result<(), Bad> {
    let uplo = uplo.get(1)?;
    refuse([(n < 0, 2), (incx == 0, 5)])?;
    if n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let a = packed_mut(layout, uplo, n, ap);
        level2::spr(symmetry, alpha.get(), vector(n, x, incx), a);
    }
    Ok(())
}

/// The increments in the order in which they are checked: the reference's row-major Hermitian update swaps x and
/// y, its symmetric one doesn't.
#[inline(always)]
fn increments(layout: Layout, symmetry: Symmetry, incx: isize, incy: isize) -> (isize, isize) {
    if symmetry == Symmetry::Hermitian { layout.by_columns(incx, incy) } else { (incx, incy) }
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

/// `A <- alpha x y^T + alpha y x^T + A`, or `alpha x y^H + conj(alpha) y x^H + A`; A packed.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn spr2<T: Scalar>(
    symmetry: Symmetry,
    layout: Layout,
    uplo: Flag<Uplo>,
    n: isize,
    alpha: *const T,
    x: *const T,
    incx: isize,
    y: *const T,
    incy: isize,
    ap: *mut T,
) -> Result<(), Bad> {
    let uplo = uplo.get(1)?;
    let (first, second) = increments(layout, symmetry, incx, incy);
    refuse([(n < 0, 2), (first == 0, 5), (second == 0, 7)])?;
    if n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and strides checked above.
    unsafe {
        let a = packed_mut(layout, uplo, n, ap);
        level2::spr2(symmetry, *alpha, vector(n, x, incx), vector(n, y, incy), a);
    }
    Ok(())
}
