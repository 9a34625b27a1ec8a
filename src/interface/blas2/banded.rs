//! Level 2 of the reference on band storage: tables and shims.

use super::{vector, vector_mut};
use crate::interface::table::prelude::*;
use crate::level2;
use crate::view::{BandRef, Diag, MatRef, SymRef, Symmetry, Trans, TriRef, Uplo, VecMut};

routines! {
    /// `y <- alpha op(A) x + beta y`, A m x n with kl diagonals below the main one and ku above, in band storage.
    gbmv(layout, trans: Trans, m: Size, n: Size, kl: Size, ku: Size, alpha: Scalar, a: In, lda: Stride, x: In,
         incx: Stride, beta: Scalar, y: Out, incy: Stride) -> Checked {
        f32: sgbmv_, cblas_sgbmv;
        f64: dgbmv_, cblas_dgbmv;
        c32: cgbmv_, cblas_cgbmv;
        c64: zgbmv_, cblas_zgbmv;
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
