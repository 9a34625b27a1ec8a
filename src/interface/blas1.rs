//! Level 1 of the reference and its extensions: tables and shims. These routines refuse nothing; with n <= 0, or an
//! increment the reference does nothing for, they return before touching a vector.

use super::table::prelude::*;
use crate::level1;
use crate::scalar::Real;
use crate::view::{VecMut, VecRef};

routines! {
    /// Sum of x_i y_i.
    dot[level1::dot](n: Size, x: In, incx: Stride, y: In, incy: Stride) -> Value {
        f32: sdot_, cblas_sdot;
        f64: ddot_, cblas_ddot;
        c32: cdotu_, cblas_cdotu;
        c64: zdotu_, cblas_zdotu;
    }
    /// Sum of conj(x_i) y_i.
    dot[level1::dotc](n: Size, x: In, incx: Stride, y: In, incy: Stride) -> Value {
        c32: cdotc_, cblas_cdotc;
        c64: zdotc_, cblas_zdotc;
    }
    /// Stores the sum of x_i y_i.
    dot_sub[level1::dot](n: Size, x: In, incx: Stride, y: In, incy: Stride, result: Out) -> Nothing {
        c32: _, cblas_cdotu_sub;
        c64: _, cblas_zdotu_sub;
    }
    /// Stores the sum of conj(x_i) y_i.
    dot_sub[level1::dotc](n: Size, x: In, incx: Stride, y: In, incy: Stride, result: Out) -> Nothing {
        c32: _, cblas_cdotc_sub;
        c64: _, cblas_zdotc_sub;
    }
    /// Sum of x_i y_i, accumulated in double precision.
    dsdot(n: Size, x: In, incx: Stride, y: In, incy: Stride) -> Double {
        f32: dsdot_, cblas_dsdot;
    }
    /// b + sum of x_i y_i, accumulated in double precision.
    sdsdot(n: Size, b: Scalar, x: In, incx: Stride, y: In, incy: Stride) -> Value {
        f32: sdsdot_, cblas_sdsdot;
    }
    /// `y <- alpha x + y`.
    axpy[level1::axpy](n: Size, alpha: Scalar, x: In, incx: Stride, y: Out, incy: Stride) -> Nothing {
        f32: saxpy_, cblas_saxpy;
        f64: daxpy_, cblas_daxpy;
        c32: caxpy_, cblas_caxpy;
        c64: zaxpy_, cblas_zaxpy;
    }
    /// `y <- alpha conj(x) + y`.
    axpy[level1::axpyc](n: Size, alpha: Scalar, x: In, incx: Stride, y: Out, incy: Stride) -> Nothing {
        c32: caxpyc_, cblas_caxpyc;
        c64: zaxpyc_, cblas_zaxpyc;
    }
    /// `y <- alpha x + beta y`.
    axpby(n: Size, alpha: Scalar, x: In, incx: Stride, beta: Scalar, y: Out, incy: Stride) -> Nothing {
        f32: saxpby_, cblas_saxpby;
        f64: daxpby_, cblas_daxpby;
        c32: caxpby_, cblas_caxpby;
        c64: zaxpby_, cblas_zaxpby;
    }
    /// `x <- alpha x`.
    scal(n: Size, alpha: Scalar, x: Out, incx: Stride) -> Nothing {
        f32: sscal_, cblas_sscal;
        f64: dscal_, cblas_dscal;
        c32: cscal_, cblas_cscal;
        c64: zscal_, cblas_zscal;
    }
    /// `x <- alpha x`, alpha real.
    scal_real(n: Size, alpha: RealScalar, x: Out, incx: Stride) -> Nothing {
        c32: csscal_, cblas_csscal;
        c64: zdscal_, cblas_zdscal;
    }
    /// `y <- x`.
    copy(n: Size, x: In, incx: Stride, y: Out, incy: Stride) -> Nothing {
        f32: scopy_, cblas_scopy;
        f64: dcopy_, cblas_dcopy;
        c32: ccopy_, cblas_ccopy;
        c64: zcopy_, cblas_zcopy;
    }
    /// `x <-> y`.
    swap(n: Size, x: Out, incx: Stride, y: Out, incy: Stride) -> Nothing {
        f32: sswap_, cblas_sswap;
        f64: dswap_, cblas_dswap;
        c32: cswap_, cblas_cswap;
        c64: zswap_, cblas_zswap;
    }
    /// `(x, y) <- (c x + s y, c y - s x)`, c and s real.
    rot(n: Size, x: Out, incx: Stride, y: Out, incy: Stride, c: RealScalar, s: RealScalar) -> Nothing {
        f32: srot_, cblas_srot;
        f64: drot_, cblas_drot;
        c32: csrot_, cblas_csrot;
        c64: zdrot_, cblas_zdrot;
    }
    /// Finds c, s with `c a + s b = r` and `c b - conj(s) a = 0`; r replaces a, and for real types b is overwritten.
    rotg(a: Out, b: Out, c: RealOut, s: Out) -> Nothing {
        f32: srotg_, cblas_srotg;
        f64: drotg_, cblas_drotg;
        c32: crotg_, cblas_crotg;
        c64: zrotg_, cblas_zrotg;
    }
    /// Applies a modified rotation.
    rotm(n: Size, x: Out, incx: Stride, y: Out, incy: Stride, param: In) -> Nothing {
        f32: srotm_, cblas_srotm;
        f64: drotm_, cblas_drotm;
    }
    /// Constructs a modified rotation.
    rotmg(d1: Out, d2: Out, x1: Out, y1: Scalar, param: Out) -> Nothing {
        f32: srotmg_, cblas_srotmg;
        f64: drotmg_, cblas_drotmg;
    }
    /// Euclidean norm.
    nrm2(n: Size, x: In, incx: Stride) -> RealValue {
        f32: snrm2_, cblas_snrm2;
        f64: dnrm2_, cblas_dnrm2;
        c32: scnrm2_, cblas_scnrm2;
        c64: dznrm2_, cblas_dznrm2;
    }
    /// Sum of |re x_i| + |im x_i|.
    reduce[level1::asum](n: Size, x: In, incx: Stride) -> RealValue {
        f32: sasum_, cblas_sasum;
        f64: dasum_, cblas_dasum;
        c32: scasum_, cblas_scasum;
        c64: dzasum_, cblas_dzasum;
    }
    /// Sum of re x_i + im x_i.
    reduce[level1::sum](n: Size, x: In, incx: Stride) -> RealValue {
        f32: ssum_, cblas_ssum;
        f64: dsum_, cblas_dsum;
        c32: scsum_, cblas_scsum;
        c64: dzsum_, cblas_dzsum;
    }
    /// Largest |re x_i| + |im x_i|.
    reduce[level1::amax](n: Size, x: In, incx: Stride) -> RealValue {
        f32: samax_, cblas_samax;
        f64: damax_, cblas_damax;
        c32: scamax_, cblas_scamax;
        c64: dzamax_, cblas_dzamax;
    }
    /// Smallest |re x_i| + |im x_i|.
    reduce[level1::amin](n: Size, x: In, incx: Stride) -> RealValue {
        f32: samin_, cblas_samin;
        f64: damin_, cblas_damin;
        c32: scamin_, cblas_scamin;
        c64: dzamin_, cblas_dzamin;
    }
    /// Largest x_i.
    reduce[level1::max](n: Size, x: In, incx: Stride) -> RealValue {
        f32: smax_, _;
        f64: dmax_, _;
    }
    /// Smallest x_i.
    reduce[level1::min](n: Size, x: In, incx: Stride) -> RealValue {
        f32: smin_, _;
        f64: dmin_, _;
    }
    /// Index of the first largest |re x_i| + |im x_i|.
    find[level1::iamax](n: Size, x: In, incx: Stride) -> Index {
        f32: isamax_, cblas_isamax;
        f64: idamax_, cblas_idamax;
        c32: icamax_, cblas_icamax;
        c64: izamax_, cblas_izamax;
    }
    /// Index of the first smallest |re x_i| + |im x_i|.
    find[level1::iamin](n: Size, x: In, incx: Stride) -> Index {
        f32: isamin_, cblas_isamin;
        f64: idamin_, cblas_idamin;
        c32: icamin_, cblas_icamin;
        c64: izamin_, cblas_izamin;
    }
    /// Index of the first largest x_i.
    find[level1::imax](n: Size, x: In, incx: Stride) -> Index {
        f32: ismax_, cblas_ismax;
        f64: idmax_, cblas_idmax;
    }
    /// Index of the first smallest x_i.
    find[level1::imin](n: Size, x: In, incx: Stride) -> Index {
        f32: ismin_, cblas_ismin;
        f64: idmin_, cblas_idmin;
    }
    /// `|re z| + |im z|`.
    abs1(z: In) -> RealValue {
        c32: scabs1_, cblas_scabs1;
        c64: dcabs1_, cblas_dcabs1;
    }
}

/// A vector as passed; none of it if n <= 0.
///
/// # Safety
/// As for [`VecRef::from_blas`].
#[inline(always)]
unsafe fn vector<'a, T: Scalar>(n: isize, x: *const T, incx: isize) -> VecRef<'a, T> {
    // SAFETY: the caller's promise.
    unsafe { VecRef::from_blas(n.max(0) as usize, x, incx) }
}

/// A vector as passed, to write; none of it if n <= 0.
///
/// # Safety
/// As for [`VecMut::from_blas`].
#[inline(always)]
unsafe fn vector_mut<'a, T: Scalar>(n: isize, x: *mut T, incx: isize) -> VecMut<'a, T> {
    // SAFETY: the caller's promise.
    unsafe { VecMut::from_blas(n.max(0) as usize, x, incx) }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn dot<T: Scalar>(
    operation: impl FnOnce(VecRef<T>, VecRef<T>) -> T,
    n: isize,
    x: *const T,
    incx: isize,
    y: *const T,
    incy: isize,
) -> T {
    if n <= 0 {
        return T::ZERO;
    }
    // SAFETY: the caller's promise.
    unsafe { operation(vector(n, x, incx), vector(n, y, incy)) }
}

/// # Safety
/// The arrays must be as large as the sizes say; `result` must be writable.
#[inline(always)]
unsafe fn dot_sub<T: Scalar>(
    operation: impl FnOnce(VecRef<T>, VecRef<T>) -> T,
    n: isize,
    x: *const T,
    incx: isize,
    y: *const T,
    incy: isize,
    result: *mut T,
) {
    // SAFETY: the caller's promise.
    unsafe { *result = dot(operation, n, x, incx, y, incy) }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn dsdot(n: isize, x: *const f32, incx: isize, y: *const f32, incy: isize) -> f64 {
    if n <= 0 {
        return 0.0;
    }
    // SAFETY: the caller's promise.
    unsafe { level1::dsdot(vector(n, x, incx), vector(n, y, incy)) }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn sdsdot(n: isize, b: *const f32, x: *const f32, incx: isize, y: *const f32, incy: isize) -> f32 {
    // SAFETY: the caller's promise.
    unsafe { level1::sdsdot(*b, vector(n, x, incx), vector(n, y, incy)) }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn axpy<T: Scalar>(
    operation: impl FnOnce(T, VecRef<T>, VecMut<T>),
    n: isize,
    alpha: *const T,
    x: *const T,
    incx: isize,
    y: *mut T,
    incy: isize,
) {
    if n > 0 {
        // SAFETY: the caller's promise.
        unsafe { operation(*alpha, vector(n, x, incx), vector_mut(n, y, incy)) }
    }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn axpby<T: Scalar>(
    n: isize,
    alpha: *const T,
    x: *const T,
    incx: isize,
    beta: *const T,
    y: *mut T,
    incy: isize,
) {
    if n > 0 {
        // SAFETY: the caller's promise.
        unsafe { level1::axpby(*alpha, vector(n, x, incx), *beta, vector_mut(n, y, incy)) }
    }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn scal<T: Scalar>(n: isize, alpha: *const T, x: *mut T, incx: isize) {
    if n > 0 && incx > 0 {
        // SAFETY: the caller's promise.
        unsafe { level1::scal(*alpha, vector_mut(n, x, incx)) }
    }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn scal_real<T: Scalar>(n: isize, alpha: RealScalar<T>, x: *mut T, incx: isize) {
    if n > 0 && incx > 0 {
        // SAFETY: the caller's promise.
        unsafe { level1::scal_real(alpha.real(), vector_mut(n, x, incx)) }
    }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn copy<T: Scalar>(n: isize, x: *const T, incx: isize, y: *mut T, incy: isize) {
    if n > 0 {
        // SAFETY: the caller's promise.
        unsafe { level1::copy(vector(n, x, incx), vector_mut(n, y, incy)) }
    }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn swap<T: Scalar>(n: isize, x: *mut T, incx: isize, y: *mut T, incy: isize) {
    if n > 0 {
        // SAFETY: the caller's promise.
        unsafe { level1::swap(vector_mut(n, x, incx), vector_mut(n, y, incy)) }
    }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn rot<T: Scalar>(
    n: isize,
    x: *mut T,
    incx: isize,
    y: *mut T,
    incy: isize,
    c: RealScalar<T>,
    s: RealScalar<T>,
) {
    if n > 0 {
        // SAFETY: the caller's promise.
        unsafe { level1::rot(vector_mut(n, x, incx), vector_mut(n, y, incy), c.real(), s.get()) }
    }
}

/// # Safety
/// All must be writable, and the first two readable.
#[inline(always)]
unsafe fn rotg<T: Scalar>(a: *mut T, b: *mut T, c: *mut T::Real, s: *mut T) {
    // SAFETY: the caller's promise. Copies, because nothing says that the four addresses differ.
    unsafe {
        let (mut new_a, mut new_b) = (*a, *b);
        let (new_c, new_s) = level1::rotg(&mut new_a, &mut new_b);
        (*a, *b, *c, *s) = (new_a, new_b, new_c, new_s);
    }
}

/// # Safety
/// The arrays must be as large as the sizes say, `param` has five elements.
#[inline(always)]
unsafe fn rotm<R: Real>(n: isize, x: *mut R, incx: isize, y: *mut R, incy: isize, param: *const R) {
    if n > 0 {
        // SAFETY: the caller's promise.
        unsafe { level1::rotm(vector_mut(n, x, incx), vector_mut(n, y, incy), &*param.cast()) }
    }
}

/// # Safety
/// The first three must be readable and writable, `param` has five elements.
#[inline(always)]
unsafe fn rotmg<R: Real>(d1: *mut R, d2: *mut R, x1: *mut R, y1: *const R, param: *mut R) {
    // SAFETY: the caller's promise.
    unsafe {
        let (mut new_d1, mut new_d2, mut new_x1) = (*d1, *d2, *x1);
        level1::rotmg(&mut new_d1, &mut new_d2, &mut new_x1, *y1, &mut *param.cast());
        (*d1, *d2, *x1) = (new_d1, new_d2, new_x1);
    }
}

/// The norm, unlike the other reductions, takes negative increments.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn nrm2<T: Scalar>(n: isize, x: *const T, incx: isize) -> T::Real {
    if n <= 0 {
        return T::Real::ZERO;
    }
    // SAFETY: the caller's promise.
    unsafe { level1::nrm2(vector(n, x, incx)) }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn reduce<T: Scalar>(
    operation: impl FnOnce(VecRef<T>) -> T::Real,
    n: isize,
    x: *const T,
    incx: isize,
) -> T::Real {
    if n <= 0 || incx <= 0 {
        return T::Real::ZERO;
    }
    // SAFETY: the caller's promise.
    unsafe { operation(vector(n, x, incx)) }
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline(always)]
unsafe fn find<T: Scalar>(
    operation: impl FnOnce(VecRef<T>) -> Option<usize>,
    n: isize,
    x: *const T,
    incx: isize,
) -> Option<usize> {
    if n <= 0 || incx <= 0 {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { operation(vector(n, x, incx)) }
}

/// # Safety
/// `z` must be readable.
#[inline(always)]
unsafe fn abs1<T: Scalar>(z: *const T) -> T::Real {
    // SAFETY: the caller's promise.
    unsafe { *z }.abs1()
}
