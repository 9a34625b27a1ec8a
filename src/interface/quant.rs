//! Products with quantised weights, and rows to blocks and back: calls of `zenblas.h` that no other BLAS has.
//!
//! Every pointer and size is checked. A wrong argument is told to `cblas_xerbla`, and its number is the result.

use super::args::{Bad, Fault, Shown, blasint};
use super::line::Line;
use super::{trace, xerbla};
use crate::level3::OutOfMemory;
use crate::quant::product::{Problem, Weights};
use crate::quant::{Format, packed};
use crate::simd::dot::DotLevel;
use core::ffi::{c_int, c_void};
use core::fmt::Write;

/// The result where the system refused memory.
const NO_MEMORY: c_int = -1;

/// The error that is argument `number`.
fn bad(number: u8) -> Bad {
    Bad { number, fault: Fault::Value }
}

/// Argument `number`, unless it is wrong.
fn check(right: bool, number: u8) -> Result<(), Bad> {
    if right { Ok(()) } else { Err(bad(number)) }
}

/// A size, argument `number`.
fn size(x: blasint, number: u8) -> Result<usize, Bad> {
    usize::try_from(x).map_err(|_| bad(number))
}

/// A number of values that makes whole blocks, argument `number`.
fn whole_blocks(format: &Format, k: blasint, number: u8) -> Result<usize, Bad> {
    size(k, number).and_then(|k| check(k.is_multiple_of(format.values), number).map(|()| k))
}

/// The format, argument 1.
fn format(number: c_int) -> Result<&'static Format, Bad> {
    Format::numbered(number).ok_or(bad(1))
}

/// Rows of blocks: pointer and stride, arguments `number` and `number + 1`.
fn rows(
    format: &Format,
    n: usize,
    k: usize,
    first: *const c_void,
    stride: usize,
    number: u8,
) -> Result<(*const u8, usize), Bad> {
    check(!first.is_null() || n == 0 || k == 0, number)?;
    let fits = n.checked_mul(stride).is_some_and(|bytes| isize::try_from(bytes).is_ok());
    check(stride >= format.row_bytes(k) && fits, number + 1)?;
    Ok((first.cast(), stride))
}

/// A matrix of `rows` rows of `cols` numbers: pointer and leading dimension, arguments `number` and `number + 1`.
fn matrix<T>(first: *const T, ld: blasint, rows: usize, cols: usize, number: u8) -> Result<isize, Bad> {
    check(!first.is_null() || rows == 0 || cols == 0, number)?;
    let ld = isize::try_from(ld).map_err(|_| bad(number + 1))?;
    let fits = rows.checked_mul(ld.unsigned_abs()).and_then(|elements| elements.checked_mul(size_of::<T>()));
    let fits = fits.is_some_and(|bytes| isize::try_from(bytes).is_ok());
    check(ld >= cols.max(1) as isize && fits, number + 1)?;
    Ok(ld)
}

/// What a call returns.
fn result(symbol: &str, outcome: Result<Result<(), OutOfMemory>, Bad>) -> c_int {
    match outcome {
        Ok(Ok(())) => 0,
        Ok(Err(OutOfMemory(bytes))) => {
            let mut line = Line::new();
            let _ = write!(line, "zenblas: {symbol}: no memory for {bytes} bytes");
            line.print();
            NO_MEMORY
        }
        Err(bad) => {
            xerbla::from_c(symbol, bad);
            bad.number.into()
        }
    }
}

/// A call that is traced with its sizes.
fn traced(symbol: &str, sizes: &[blasint], call: impl FnOnce() -> c_int) -> c_int {
    let mut shown = [Shown::Nothing; 4];
    for (shown, &size) in shown.iter_mut().zip(sizes) {
        *shown = Shown::Number(size as isize);
    }
    let _call = if trace::off() { None } else { trace::Call::begin(symbol, &shown) };
    call()
}

/// Values and bytes of a block of format `type_`. 0, or 1 and nothing written if there is no such format.
///
/// # Safety
/// The places must be writable, or null.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_qtype_block64_"))]
pub unsafe extern "C" fn zenblas_qtype_block(type_: c_int, values: *mut usize, bytes: *mut usize) -> c_int {
    let Some(format) = Format::numbered(type_) else { return 1 };
    for (place, x) in [(values, format.values), (bytes, format.bytes)] {
        if !place.is_null() {
            // SAFETY: the caller's promise.
            unsafe { place.write(x) };
        }
    }
    0
}

/// `C <- A W^T`: A m x k, W n rows of k values in blocks, C m x n, all by rows.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_qgemm64_"))]
pub unsafe extern "C" fn zenblas_qgemm(
    type_: c_int,
    m: blasint,
    n: blasint,
    k: blasint,
    a: *const f32,
    lda: blasint,
    w: *const c_void,
    w_stride: usize,
    c: *mut f32,
    ldc: blasint,
) -> c_int {
    let weights = |format: &Format, n, k| {
        let (first, stride) = rows(format, n, k, w, w_stride, 7)?;
        Ok(Weights::Blocks { first, stride })
    };
    // SAFETY: the caller's promise.
    unsafe { multiply("zenblas_qgemm", type_, [m, n, k], (a, lda), weights, (c, ldc), 9) }
}

/// Checks the arguments that all products have, and multiplies. C and its leading dimension are arguments `number` and
/// `number + 1`; `weights` checks what is before them.
///
/// # Safety
/// The arrays must be as large as the sizes say.
unsafe fn multiply(
    symbol: &str,
    type_: c_int,
    [m, n, k]: [blasint; 3],
    (a, lda): (*const f32, blasint),
    weights: impl FnOnce(&Format, usize, usize) -> Result<Weights, Bad>,
    (c, ldc): (*mut f32, blasint),
    number: u8,
) -> c_int {
    let problem = || {
        let format = format(type_)?;
        let level = DotLevel::of_process();
        let (m, n, k) = (size(m, 2)?, size(n, 3)?, whole_blocks(format, k, 4)?);
        let lda = matrix(a, lda, m, k, 5)?;
        let w = weights(format, n, k)?;
        let ldc = matrix(c, ldc, m, n, number)?;
        Ok(Problem { format, level, m, n, k, a, lda, w, c, ldc })
    };
    traced(symbol, &[type_ as blasint, m, n, k], || {
        // SAFETY: the caller's promise, for the sizes checked above; the level is this CPU's.
        result(symbol, problem().map(|problem| unsafe { problem.multiply() }))
    })
}

/// `y <- W x`: W n rows of k values in blocks.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_qgemv64_"))]
pub unsafe extern "C" fn zenblas_qgemv(
    type_: c_int,
    n: blasint,
    k: blasint,
    x: *const f32,
    w: *const c_void,
    w_stride: usize,
    y: *mut f32,
) -> c_int {
    let problem = || {
        let format = format(type_)?;
        let (n, k) = (size(n, 2)?, whole_blocks(format, k, 3)?);
        check(!x.is_null() || k == 0, 4)?;
        let (first, stride) = rows(format, n, k, w, w_stride, 5)?;
        check(!y.is_null() || n == 0, 7)?;
        let (lda, w, ldc) = (k as isize, Weights::Blocks { first, stride }, n as isize);
        Ok(Problem { format, level: DotLevel::of_process(), m: 1, n, k, a: x, lda, w, c: y, ldc })
    };
    traced("zenblas_qgemv", &[type_ as blasint, n, k], || {
        // SAFETY: the caller's promise, for the sizes checked above; the level is this CPU's.
        result("zenblas_qgemv", problem().map(|problem| unsafe { problem.multiply() }))
    })
}

/// Bytes that n rows of k values take when packed; 0 for wrong arguments.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_qgemm_pack_get_size64_"))]
pub extern "C" fn zenblas_qgemm_pack_get_size(type_: c_int, n: blasint, k: blasint) -> usize {
    let bytes = || {
        let format = format(type_)?;
        let (n, k) = (size(n, 2)?, whole_blocks(format, k, 3)?);
        packed::bytes(format, DotLevel::of_process(), n, k).ok_or(bad(2))
    };
    bytes().unwrap_or_else(|bad| {
        xerbla::from_c("zenblas_qgemm_pack_get_size", bad);
        0
    })
}

/// Packs n rows of k values for [`zenblas_qgemm_compute`].
///
/// # Safety
/// The rows must be as large as the sizes say, and `to` as [`zenblas_qgemm_pack_get_size`] says.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_qgemm_pack64_"))]
pub unsafe extern "C" fn zenblas_qgemm_pack(
    type_: c_int,
    n: blasint,
    k: blasint,
    w: *const c_void,
    w_stride: usize,
    to: *mut c_void,
) -> c_int {
    let arguments = || {
        let format = format(type_)?;
        let (n, k) = (size(n, 2)?, whole_blocks(format, k, 3)?);
        let rows = rows(format, n, k, w, w_stride, 4)?;
        packed::bytes(format, DotLevel::of_process(), n, k).ok_or(bad(2))?;
        check(!to.is_null(), 6)?;
        Ok((format, n, k, rows))
    };
    traced("zenblas_qgemm_pack", &[type_ as blasint, n, k], || {
        let pack = |(format, n, k, rows)| {
            // SAFETY: the caller's promise, for the sizes checked above; the level is this CPU's.
            unsafe { packed::pack(format, DotLevel::of_process(), n, k, rows, to.cast()) };
            Ok(())
        };
        result("zenblas_qgemm_pack", arguments().map(pack))
    })
}

/// `C <- A W^T`, W as [`zenblas_qgemm_pack`] has packed it.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_qgemm_compute64_"))]
pub unsafe extern "C" fn zenblas_qgemm_compute(
    type_: c_int,
    m: blasint,
    n: blasint,
    k: blasint,
    a: *const f32,
    lda: blasint,
    packed: *const c_void,
    c: *mut f32,
    ldc: blasint,
) -> c_int {
    let weights = |format: &Format, n, k| {
        check(!packed.is_null(), 7)?;
        // SAFETY: the caller's promise.
        let panels = unsafe { packed::panels(format, DotLevel::of_process(), n, k, packed.cast()) };
        panels.map(Weights::Packed).ok_or(bad(7))
    };
    // SAFETY: the caller's promise.
    unsafe { multiply("zenblas_qgemm_compute", type_, [m, n, k], (a, lda), weights, (c, ldc), 8) }
}

/// Blocks of k values.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_quantize_row64_"))]
pub unsafe extern "C" fn zenblas_quantize_row(
    type_: c_int,
    k: blasint,
    x: *const f32,
    w: *mut c_void,
) -> c_int {
    let quantize = || {
        let (format, k) = row(type_, k, x.cast(), w)?;
        if k > 0 {
            // SAFETY: the caller's promise, for the sizes checked above.
            let (values, blocks) = unsafe {
                let blocks = core::slice::from_raw_parts_mut(w.cast(), format.row_bytes(k));
                (core::slice::from_raw_parts(x, k), blocks)
            };
            (format.quantize)(values, blocks);
        }
        Ok(Ok(()))
    };
    result("zenblas_quantize_row", quantize())
}

/// Values of blocks.
///
/// # Safety
/// The arrays must be as large as the sizes say.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_dequantize_row64_"))]
pub unsafe extern "C" fn zenblas_dequantize_row(
    type_: c_int,
    k: blasint,
    w: *const c_void,
    x: *mut f32,
) -> c_int {
    let dequantize = || {
        let (format, k) = row(type_, k, w, x.cast())?;
        if k > 0 {
            // SAFETY: the caller's promise, for the sizes checked above.
            let (blocks, values) = unsafe {
                let blocks = core::slice::from_raw_parts(w.cast(), format.row_bytes(k));
                (blocks, core::slice::from_raw_parts_mut(x, k))
            };
            (format.dequantize)(blocks, values);
        }
        Ok(Ok(()))
    };
    result("zenblas_dequantize_row", dequantize())
}

/// The arguments of a row's conversion.
fn row(
    type_: c_int,
    k: blasint,
    from: *const c_void,
    to: *const c_void,
) -> Result<(&'static Format, usize), Bad> {
    let format = format(type_)?;
    let k = whole_blocks(format, k, 2)?;
    check(!from.is_null() || k == 0, 3)?;
    check(!to.is_null() || k == 0, 4)?;
    Ok((format, k))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::FORMATS;
    use core::ptr::{null, null_mut};

    const Q4_K: c_int = 12;

    #[test]
    fn wrong_arguments_have_their_numbers_and_nothing_is_written() {
        let (a, w) = ([1.0f32; 512], [0u8; 288]);
        let mut c = [7.0f32; 4];
        let out = c.as_mut_ptr();
        let (a, w) = (a.as_ptr(), w.as_ptr().cast::<c_void>());
        // SAFETY: what is there is as large as the sizes say, and the rest is refused.
        unsafe {
            let gemm = |type_, m, n, k, a, lda, w, stride, c, ldc| {
                zenblas_qgemm(type_, m, n, k, a, lda, w, stride, c, ldc)
            };
            assert_eq!(gemm(9, 2, 2, 256, a, 256, w, 144, out, 2), 1);
            assert_eq!(gemm(Q4_K, -1, 2, 256, a, 256, w, 144, out, 2), 2);
            assert_eq!(gemm(Q4_K, 2, -1, 256, a, 256, w, 144, out, 2), 3);
            assert_eq!(gemm(Q4_K, 2, 2, 255, a, 256, w, 144, out, 2), 4);
            assert_eq!(gemm(Q4_K, 2, 2, -256, a, 256, w, 144, out, 2), 4);
            assert_eq!(gemm(Q4_K, 2, 2, 256, null(), 256, w, 144, out, 2), 5);
            assert_eq!(gemm(Q4_K, 2, 2, 256, a, 255, w, 144, out, 2), 6);
            assert_eq!(gemm(Q4_K, 2, 2, 256, a, 256, null(), 144, out, 2), 7);
            assert_eq!(gemm(Q4_K, 2, 2, 256, a, 256, w, 143, out, 2), 8);
            assert_eq!(gemm(Q4_K, 2, 2, 256, a, 256, w, usize::MAX, out, 2), 8);
            assert_eq!(gemm(Q4_K, 2, 2, 256, a, 256, w, 144, null_mut(), 2), 9);
            assert_eq!(gemm(Q4_K, 2, 2, 256, a, 256, w, 144, out, 1), 10);
            // Nothing to do is no error, whatever the pointers.
            assert_eq!(gemm(Q4_K, 0, 2, 256, null(), 256, null(), 144, null_mut(), 2), 7);
            assert_eq!(gemm(Q4_K, 0, 0, 256, null(), 256, null(), 144, null_mut(), 2), 0);

            assert_eq!(zenblas_qgemv(9, 2, 256, a, w, 144, out), 1);
            assert_eq!(zenblas_qgemv(Q4_K, -2, 256, a, w, 144, out), 2);
            assert_eq!(zenblas_qgemv(Q4_K, 2, 128, a, w, 144, out), 3);
            assert_eq!(zenblas_qgemv(Q4_K, 2, 256, null(), w, 144, out), 4);
            assert_eq!(zenblas_qgemv(Q4_K, 2, 256, a, null(), 144, out), 5);
            assert_eq!(zenblas_qgemv(Q4_K, 2, 256, a, w, 0, out), 6);
            assert_eq!(zenblas_qgemv(Q4_K, 2, 256, a, w, 144, null_mut()), 7);

            assert_eq!(zenblas_qgemm_pack_get_size(9, 2, 256), 0);
            assert_eq!(zenblas_qgemm_pack_get_size(Q4_K, 2, 1), 0);
            let mut packed = vec![0u8; zenblas_qgemm_pack_get_size(Q4_K, 2, 256)];
            let to = packed.as_mut_ptr().cast::<c_void>();
            assert_eq!(zenblas_qgemm_pack(Q4_K, 2, 256, null(), 144, to), 4);
            assert_eq!(zenblas_qgemm_pack(Q4_K, 2, 256, w, 100, to), 5);
            assert_eq!(zenblas_qgemm_pack(Q4_K, 2, 256, w, 144, null_mut()), 6);
            // What was not packed, or for other sizes, is refused.
            assert_eq!(zenblas_qgemm_compute(Q4_K, 2, 2, 256, a, 256, to, out, 2), 7);
            assert_eq!(zenblas_qgemm_pack(Q4_K, 2, 256, w, 144, to), 0);
            assert_eq!(zenblas_qgemm_compute(Q4_K, 2, 1, 256, a, 256, to, out, 2), 7);
            assert_eq!(zenblas_qgemm_compute(Q4_K, 2, 2, 256, a, 256, to, out, 1), 9);
            assert_eq!(zenblas_quantize_row(Q4_K, 100, a, to), 2);
            assert_eq!(zenblas_quantize_row(Q4_K, 256, null(), to), 3);
            assert_eq!(zenblas_dequantize_row(Q4_K, 256, w, null_mut()), 4);
            assert_eq!(c, [7.0; 4]);
            assert_eq!(zenblas_qgemm_compute(Q4_K, 2, 2, 256, a, 256, to, c.as_mut_ptr(), 2), 0);
            assert_eq!(c, [0.0; 4]);
        }
    }

    #[test]
    fn a_depth_of_zero_sets_c_to_zero() {
        let mut c = [7.0f32; 6];
        // SAFETY: C has two rows of two; nothing of the others is read.
        let result = unsafe { zenblas_qgemm(2, 2, 2, 0, null(), 1, null(), 0, c.as_mut_ptr(), 4) };
        assert_eq!((result, c), (0, [0.0, 0.0, 7.0, 7.0, 0.0, 0.0]));
    }

    #[test]
    fn blocks_are_described() {
        for format in &FORMATS {
            let (mut values, mut bytes) = (0, 0);
            // SAFETY: places for both.
            assert_eq!(unsafe { zenblas_qtype_block(format.number, &raw mut values, &raw mut bytes) }, 0);
            assert_eq!((values, bytes), (format.values, format.bytes));
        }
        // SAFETY: nothing is written.
        assert_eq!(unsafe { zenblas_qtype_block(0, null_mut(), null_mut()) }, 1);
    }
}
