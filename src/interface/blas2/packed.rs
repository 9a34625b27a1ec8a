//! Level 2 of the reference on packed triangles: tables and shims.

use super::{increments, vector, vector_mut};
use crate::interface::table::prelude::*;
use crate::level2;
use crate::view::{Diag, PackedMut, PackedRef, Symmetry, Trans, Uplo, VecMut};
use core::marker::PhantomData;

routines! {
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
