//! Extensions that OpenBLAS added to levels 1 to 3 (those on vectors are in `blas1.rs`): gemmt, gemm3m, batches of
//! products, copies and sums of matrices.
//!
//! The copying routines have the layout as an argument in Fortran too, so parameters have the same numbers there
//! and in C.

use super::args::{TransList, blasint};
use super::blas3::{gemm, gemm_operands, gemmtr};
use super::line::Line;
use super::table::prelude::*;
use crate::level3::{self, OutOfMemory, Product};
use crate::view::Trans;
use core::fmt::Write;

routines! {
    /// One triangle of `C <- alpha op(A) op(B) + beta C`: gemmtr under its older name.
    gemmtr(layout, uplo: Uplo, transa: Trans, transb: Trans, n: Size, k: Size, alpha: Scalar, a: In, lda: Stride,
           b: In, ldb: Stride, beta: Scalar, c: Out, ldc: Stride) -> Checked {
        f32: sgemmt_, cblas_sgemmt;
        f64: dgemmt_, cblas_dgemmt;
        c32: cgemmt_, cblas_cgemmt;
        c64: zgemmt_, cblas_zgemmt;
    }
    /// `C <- alpha op(A) op(B) + beta C`. Other libraries use three real products here; this is gemm.
    gemm(layout, transa: Trans, transb: Trans, m: Size, n: Size, k: Size, alpha: Scalar, a: In, lda: Stride, b: In,
         ldb: Stride, beta: Scalar, c: Out, ldc: Stride) -> Checked {
        c32: cgemm3m_, cblas_cgemm3m;
        c64: zgemm3m_, cblas_zgemm3m;
    }
    /// Groups of products `C <- alpha op(A) op(B) + beta C`: `group_size[i]` products of one shape in group i.
    gemm_batch(layout, transa_array: TransList, transb_array: TransList, m_array: SizeList, n_array: SizeList,
               k_array: SizeList, alpha_array: In, a_array: InList, lda_array: SizeList, b_array: InList,
               ldb_array: SizeList, beta_array: In, c_array: OutList, ldc_array: SizeList, group_count: Size,
               group_size: SizeList) -> Checked {
        f32: sgemm_batch_, cblas_sgemm_batch;
        f64: dgemm_batch_, cblas_dgemm_batch;
        c32: cgemm_batch_, cblas_cgemm_batch;
        c64: zgemm_batch_, cblas_zgemm_batch;
    }
    /// `count` products `C <- alpha op(A) op(B) + beta C` of one shape, operands a fixed distance apart.
    gemm_batch_strided(layout, transa: Trans, transb: Trans, m: Size, n: Size, k: Size, alpha: Scalar, a: In,
                       lda: Stride, stride_a: Stride, b: In, ldb: Stride, stride_b: Stride, beta: Scalar, c: Out,
                       ldc: Stride, stride_c: Stride, count: Size) -> Checked {
        f32: sgemm_batch_strided_, cblas_sgemm_batch_strided;
        f64: dgemm_batch_strided_, cblas_dgemm_batch_strided;
        c32: cgemm_batch_strided_, cblas_cgemm_batch_strided;
        c64: zgemm_batch_strided_, cblas_zgemm_batch_strided;
    }
    /// `C <- alpha A + beta C`, m x n.
    geadd(layout, m: Size, n: Size, alpha: Scalar, a: In, lda: Stride, beta: Scalar, c: Out,
          ldc: Stride) -> Checked {
        f32: sgeadd_, cblas_sgeadd;
        f64: dgeadd_, cblas_dgeadd;
        c32: cgeadd_, cblas_cgeadd;
        c64: zgeadd_, cblas_zgeadd;
    }
    /// `B <- alpha op(A)`, A m x n.
    omatcopy(order: Order, trans: CopyTrans, m: Size, n: Size, alpha: Scalar, a: In, lda: Stride, b: Out,
             ldb: Stride) -> Checked {
        f32: somatcopy_, cblas_somatcopy;
        f64: domatcopy_, cblas_domatcopy;
        c32: comatcopy_, cblas_comatcopy;
        c64: zomatcopy_, cblas_zomatcopy;
    }
    /// `A <- alpha op(A)` in place, A m x n with leading dimension lda before and ldb after.
    imatcopy(order: Order, trans: CopyTrans, m: Size, n: Size, alpha: Scalar, a: Out, lda: Stride,
             ldb: Stride) -> Checked {
        f32: simatcopy_, cblas_simatcopy;
        f64: dimatcopy_, cblas_dimatcopy;
        c32: cimatcopy_, cblas_cimatcopy;
        c64: zimatcopy_, cblas_zimatcopy;
    }
}

/// An array that the threads of a batch read.
struct Shared<P>(*const P);

// SAFETY: an array that nobody writes during the call, as the caller of the routine promises.
unsafe impl<P> Sync for Shared<P> {}

impl<P: Copy> Shared<P> {
    /// The array. (A closure that names the field would capture only the field.)
    fn address(&self) -> *const P {
        self.0
    }

    /// # Safety
    /// Element `i` must exist.
    unsafe fn get(&self, i: usize) -> P {
        // SAFETY: the caller's promise.
        unsafe { *self.0.add(i) }
    }
}

/// All groups are checked before the first is computed.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[inline]
unsafe fn gemm_batch<T: Scalar>(
    layout: Layout,
    transa: TransList,
    transb: TransList,
    m: *const blasint,
    n: *const blasint,
    k: *const blasint,
    alpha: *const T,
    a: *const *const T,
    lda: *const blasint,
    b: *const *const T,
    ldb: *const blasint,
    beta: *const T,
    c: *const *mut T,
    ldc: *const blasint,
    group_count: isize,
    group_size: *const blasint,
) -> Result<(), Bad> {
    refuse([(group_count < 0, 14)])?;
    let groups = group_count as usize;
    // SAFETY: the caller's promise, for i below the number of groups.
    let shape = |i: usize| unsafe {
        let at = |array: *const blasint| *array.add(i) as isize;
        let (transa, transb) = (transa.get::<T>(i), transb.get::<T>(i));
        gemm_operands(layout, transa, transb, at(m), at(n), at(k), at(lda), at(ldb), at(ldc))
    };
    for i in 0..groups {
        shape(i)?;
        // SAFETY: the caller's promise.
        refuse([(unsafe { *group_size.add(i) } < 0, 15)])?;
    }
    let mut first = 0;
    for i in 0..groups {
        let shape = shape(i)?;
        // SAFETY: the caller's promise, for the sizes and leading dimensions just checked.
        unsafe {
            let (alpha, beta, size) = (*alpha.add(i), *beta.add(i), *group_size.add(i) as usize);
            let (a, b, c) = (Shared(a.add(first)), Shared(b.add(first)), Shared(c.add(first)));
            if !shape.is_empty() {
                level3::batch(size, |p| {
                    let (a, b, c) = shape.views(a.get(p), b.get(p), c.get(p));
                    Product { alpha, a, b, beta, c }
                });
            }
            first += size;
        }
    }
    Ok(())
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline]
unsafe fn gemm_batch_strided<T: Scalar>(
    layout: Layout,
    transa: Flag<Trans>,
    transb: Flag<Trans>,
    m: isize,
    n: isize,
    k: isize,
    alpha: *const T,
    a: *const T,
    lda: isize,
    stride_a: isize,
    b: *const T,
    ldb: isize,
    stride_b: isize,
    beta: *const T,
    c: *mut T,
    ldc: isize,
    stride_c: isize,
    count: isize,
) -> Result<(), Bad> {
    // The strides push ldb and ldc to higher numbers than gemm's.
    let renumber = |bad: Bad| match bad.number {
        10 => Bad { number: 11, ..bad },
        13 => Bad { number: 15, ..bad },
        _ => bad,
    };
    let shape = gemm_operands(layout, transa, transb, m, n, k, lda, ldb, ldc).map_err(renumber)?;
    refuse([(count < 0, 17)])?;
    if shape.is_empty() || count == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and leading dimensions checked above.
    unsafe {
        let (alpha, beta) = (*alpha, *beta);
        let (a, b, c) = (Shared(a), Shared(b), Shared(c.cast_const()));
        level3::batch(count as usize, |p| {
            let p = p as isize;
            let (a, b, c) = shape.views(
                a.address().wrapping_offset(p * stride_a),
                b.address().wrapping_offset(p * stride_b),
                c.address().cast_mut().wrapping_offset(p * stride_c),
            );
            Product { alpha, a, b, beta, c }
        });
    }
    Ok(())
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline]
unsafe fn geadd<T: Scalar>(
    layout: Layout,
    m: isize,
    n: isize,
    alpha: *const T,
    a: *const T,
    lda: isize,
    beta: *const T,
    c: *mut T,
    ldc: isize,
) -> Result<(), Bad> {
    let reach = layout.contiguous(m, n).max(1);
    refuse([(m < 0, 1), (n < 0, 2), (lda < reach, 5), (ldc < reach, 8)])?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and leading dimensions checked above.
    unsafe {
        let (a, c) = (layout.matrix(a, m, n, lda), layout.matrix_mut(c, m, n, ldc));
        level3::geadd(*alpha, a, *beta, c);
    }
    Ok(())
}

/// # Safety
/// The arrays must be as large as the sizes say.
#[inline]
unsafe fn omatcopy<T: Scalar>(
    order: Flag<Layout>,
    trans: Flag<Trans>,
    m: isize,
    n: isize,
    alpha: *const T,
    a: *const T,
    lda: isize,
    b: *mut T,
    ldb: isize,
) -> Result<(), Bad> {
    let (layout, trans) = (order.get(1)?, trans.get(2)?);
    let (rows, cols) = if trans.transposes() { (n, m) } else { (m, n) };
    let (from, to) = (layout.contiguous(m, n), layout.contiguous(rows, cols));
    refuse([(m < 0, 3), (n < 0, 4), (lda < from.max(1), 7), (ldb < to.max(1), 9)])?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and leading dimensions checked above.
    unsafe {
        let a = layout.operand(trans, a, rows, cols, lda);
        level3::omatcopy(*alpha, a, layout.matrix_mut(b, rows, cols, ldb));
    }
    Ok(())
}

/// # Safety
/// The array must be as large as the sizes say, before and after.
#[inline]
unsafe fn imatcopy<T: Scalar>(
    order: Flag<Layout>,
    trans: Flag<Trans>,
    m: isize,
    n: isize,
    alpha: *const T,
    a: *mut T,
    lda: isize,
    ldb: isize,
) -> Result<(), Bad> {
    let (layout, trans) = (order.get(1)?, trans.get(2)?);
    let (rows, cols) = if trans.transposes() { (n, m) } else { (m, n) };
    let (from, to) = (layout.contiguous(m, n), layout.contiguous(rows, cols));
    refuse([(m < 0, 3), (n < 0, 4), (lda < from.max(1), 7), (ldb < to.max(1), 8)])?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and leading dimensions checked above.
    let result = unsafe {
        let before = layout.operand(trans, a.cast_const(), rows, cols, lda);
        level3::imatcopy(*alpha, before, layout.matrix_mut(a, rows, cols, ldb))
    };
    if let Err(OutOfMemory(bytes)) = result {
        let mut line = Line::new();
        let _ = write!(line, "zenblas: imatcopy did nothing: no memory for {bytes} bytes");
        line.print();
    }
    Ok(())
}
