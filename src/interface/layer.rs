//! zenblas's own entry points for a layer in low precision: a product with an epilogue, in C only.
//!
//! `zenblas_gemm(layout, m, n, k, a, b, c, epilogue)`: what operands and epilogue are is in structs, whose layout is
//! that of `zenblas.h`. Positions of parameters count from 1; an operand, C or epilogue that is wrong in any of its
//! fields counts as a whole.

use super::args::{Bad, Fault, Shown, blasint};
use super::flags::{Flag, Layout};
use super::lowp::{Passed, finish, operands, pack_as};
use super::lowp_args::{Identifier, Storage};
use super::table::prelude::refuse;
use super::{trace, xerbla};
use crate::lowp::{self, Activation, Epilogue, Integer, Kind, Out, Per, Precision, Requantise, packed};
use core::ffi::{c_int, c_void};
use core::mem::{MaybeUninit, offset_of};

/// An operand: `zenblas_operand`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct COperand {
    /// The numbers, or what `zenblas_gemm_pack` made of them.
    pub data: *const c_void,
    /// `zenblas_type`.
    pub kind: c_int,
    /// `CBLAS_TRANSPOSE`, or `CblasPacked`.
    pub trans: c_int,
    /// Leading dimension; not read if packed.
    pub ld: blasint,
    /// What is added to each number, of bytes.
    pub zero: i32,
}

/// C: `zenblas_result`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CResult {
    /// The elements.
    pub data: *mut c_void,
    /// `zenblas_type`.
    pub kind: c_int,
    /// Leading dimension.
    pub ld: blasint,
}

/// One value, or one for each row or column: `zenblas_values`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CValues {
    /// The values; null for none.
    pub values: *const f32,
    /// `zenblas_per`.
    pub per: c_int,
}

/// The last step: `zenblas_epilogue`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CEpilogue {
    /// Its size in bytes, as the caller knows it.
    pub size: usize,
    /// Factor of the sums.
    pub scale: CValues,
    /// What is added.
    pub bias: CValues,
    /// What 1 stands for in bytes.
    pub step: CValues,
    /// Factor of C as it was.
    pub beta: f32,
    /// `zenblas_activation`.
    pub activation: c_int,
    /// Whether `low` and `high` hold.
    pub clamp: c_int,
    /// The smallest value.
    pub low: f32,
    /// The largest value.
    pub high: f32,
    /// What stands for 0 in bytes.
    pub zero: i32,
    /// `zenblas_precision`.
    pub precision: c_int,
}

/// Bytes of the first `zenblas_epilogue`, without the fields that were added since.
const FIRST_SIZE: usize = offset_of!(CEpilogue, precision);

/// `ZENBLAS_S32`, which no operand has.
const S32: c_int = 8;

/// The position of a parameter of a C call.
fn value(number: u8) -> Bad {
    Bad { number, fault: Fault::Value }
}

fn kind_of(value: c_int) -> Option<Kind> {
    Kind::ALL.into_iter().find(|&kind| kind as c_int == value)
}

/// # Safety
/// The values must be as many as there are rows or columns.
unsafe fn per<'a>(passed: CValues, default: f32, m: usize, n: usize) -> Option<Per<'a, f32>> {
    if passed.values.is_null() {
        return Some(Per::All(default));
    }
    // SAFETY: the caller's promise.
    unsafe {
        let slice = |len| core::slice::from_raw_parts(passed.values, len);
        match passed.per {
            0 => Some(Per::All(*passed.values)),
            1 => Some(Per::Row(slice(m))),
            2 => Some(Per::Column(slice(n))),
            _ => None,
        }
    }
}

/// # Safety
/// As for [`per`].
unsafe fn epilogue_of<'a>(passed: *const CEpilogue, m: usize, n: usize) -> Option<Epilogue<'a>> {
    if passed.is_null() {
        return Some(Epilogue::default());
    }
    // SAFETY: the caller's promise; the size comes first, for versions with more fields or fewer, which are zero then.
    unsafe {
        let size = (*passed).size.min(size_of::<CEpilogue>());
        if size < FIRST_SIZE {
            return None;
        }
        let mut known = MaybeUninit::<CEpilogue>::zeroed();
        core::ptr::copy_nonoverlapping(passed.cast::<u8>(), known.as_mut_ptr().cast(), size);
        let passed = known.assume_init();
        let activation = match passed.activation {
            0 => Activation::None,
            1 => Activation::Relu,
            2 => Activation::Gelu,
            3 => Activation::GeluTanh,
            4 => Activation::Silu,
            _ => return None,
        };
        // NaN is no limit either.
        let clamp = match passed.clamp {
            0 => None,
            1 if passed.low <= passed.high => Some((passed.low, passed.high)),
            _ => return None,
        };
        let precision = match passed.precision {
            0 => Precision::Strict,
            1 => Precision::FastBf16,
            _ => return None,
        };
        Some(Epilogue {
            precision,
            scale: per(passed.scale, 1.0, m, n)?,
            beta: passed.beta,
            bias: per(passed.bias, 0.0, m, n)?,
            activation,
            clamp,
            requantise: Some(Requantise { step: per(passed.step, 1.0, m, n)?, zero: passed.zero }),
        })
    }
}

/// # Safety
/// As for [`zenblas_gemm`].
unsafe fn gemm(
    layout: Layout,
    [m, n, k]: [isize; 3],
    a: &COperand,
    b: &COperand,
    c: &CResult,
    epilogue: *const CEpilogue,
) -> Result<(), Bad> {
    refuse([(m < 0, 2), (n < 0, 3), (k < 0, 4)])?;
    let passed = |operand: &COperand, identifier, count, number| {
        let storage = Flag::<Storage>::from_c(operand.trans).get(number)?;
        let kind = kind_of(operand.kind).ok_or(value(number))?;
        let (first, ld) = (operand.data.cast(), operand.ld as isize);
        let passed = Passed { identifier, kind, storage, first, count, k, ld, number, ld_number: number };
        refuse([(passed.is_narrow(layout), number)])?;
        Ok(passed)
    };
    let (a_passed, b_passed) = (passed(a, Identifier::A, m, 5)?, passed(b, Identifier::B, n, 6)?);
    let is_byte = |kind| matches!(kind, Kind::S8 | Kind::U8);
    let bytes = is_byte(a_passed.kind) && is_byte(b_passed.kind);
    let is_real = |kind| matches!(kind, Kind::Bf16 | Kind::F16 | Kind::F32);
    let reals = is_real(a_passed.kind) && is_real(b_passed.kind);
    if !bytes && !reals {
        return Err(value(if is_byte(a_passed.kind) || is_real(a_passed.kind) { 6 } else { 5 }));
    }
    let is_result = matches!(c.kind, 1 | 2 | 4 | 6 | S32);
    refuse([(!is_result || (c.ld as isize) < layout.contiguous(m, n).max(1), 7)])?;
    // SAFETY: the caller's promise, for the sizes and leading dimensions just checked.
    unsafe {
        let last = epilogue_of(epilogue, m as usize, n as usize).ok_or(value(8))?;
        // Packed bf16 is for products of bf16, which other numbers then have to be rounded to.
        let unfit = |packed: &Passed, other: &Passed| {
            let rounds = last.precision == Precision::FastBf16 && other.storage != Storage::Packed;
            let is_bf16 = packed.storage == Storage::Packed && packed.kind == Kind::Bf16;
            is_bf16 && other.kind != Kind::Bf16 && !rounds
        };
        refuse([(unfit(&a_passed, &b_passed), 5), (unfit(&b_passed, &a_passed), 6)])?;
        if m == 0 || n == 0 {
            return Ok(());
        }
        let (a_operand, b_operand) = operands(layout, &a_passed, &b_passed)?;
        let ld = c.ld as isize;
        let out = match c.kind {
            1 => Out::S8(layout.matrix_mut(c.data.cast(), m, n, ld)),
            2 => Out::U8(layout.matrix_mut(c.data.cast(), m, n, ld)),
            4 => Out::Bf16(layout.matrix_mut(c.data.cast(), m, n, ld)),
            6 => Out::F32(layout.matrix_mut(c.data.cast(), m, n, ld)),
            _ => Out::S32(layout.matrix_mut(c.data.cast(), m, n, ld)),
        };
        finish(match out {
            // Nothing to do with the sums, which need not fit an `f32` then.
            Out::S32(c) if bytes && epilogue.is_null() => {
                let how = Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) };
                lowp::bytes(&a_operand, a.zero, &b_operand, b.zero, &how, c)
            }
            out if bytes => lowp::bytes_into(&a_operand, a.zero, &b_operand, b.zero, &last, out),
            out => lowp::halves_into(&a_operand, &b_operand, &last, out),
        });
    }
    Ok(())
}

/// `C <- epilogue((op(A) + a.zero) (op(B) + b.zero))`, C m x n.
///
/// # Safety
/// `a`, `b` and `c` must be readable, `epilogue` too unless null; arrays as large as they and the sizes say.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_gemm64_"))]
pub unsafe extern "C" fn zenblas_gemm(
    layout: c_int,
    m: blasint,
    n: blasint,
    k: blasint,
    a: *const COperand,
    b: *const COperand,
    c: *const CResult,
    epilogue: *const CEpilogue,
) {
    const NAME: &str = "zenblas_gemm";
    let flag = Flag::<Layout>::from_c(layout);
    let sizes = [m as isize, n as isize, k as isize];
    let _call = if trace::off() {
        None
    } else {
        let [m, n, k] = sizes.map(Shown::Number);
        trace::Call::begin(NAME, &[flag.shown(), m, n, k])
    };
    let nulls = [(a.is_null(), 5), (b.is_null(), 6), (c.is_null(), 7)];
    // SAFETY: the caller's promise.
    let run = |layout| unsafe { gemm(layout, sizes, &*a, &*b, &*c, epilogue) };
    if let Err(bad) = flag.get(1).and_then(|layout| refuse(nulls).and_then(|()| run(layout))) {
        xerbla::from_c(NAME, bad);
    }
}

/// Bytes that a packed operand of `zenblas_gemm` takes; 0 for what can't be packed.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_gemm_pack_get_size64_"))]
pub extern "C" fn zenblas_gemm_pack_get_size(
    kind: c_int,
    identifier: c_int,
    m: blasint,
    n: blasint,
    k: blasint,
) -> usize {
    let run = || {
        let kind = kind_of(kind).ok_or(value(1))?;
        let identifier = Flag::<Identifier>::from_c(identifier).get(2)?;
        refuse([(m < 0, 3), (n < 0, 4), (k < 0, 5)])?;
        let count = if identifier == Identifier::A { m } else { n };
        Ok(packed::size(kind, count as usize, k as usize).unwrap_or(0))
    };
    run().unwrap_or_else(|bad| {
        xerbla::from_c("zenblas_gemm_pack_get_size", bad);
        0
    })
}

/// Packs op(A), m x k, or op(B), k x n, for `zenblas_gemm`.
///
/// # Safety
/// `src` must be as large as the sizes say, `dest` as [`zenblas_gemm_pack_get_size`] says.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_gemm_pack64_"))]
pub unsafe extern "C" fn zenblas_gemm_pack(
    layout: c_int,
    kind: c_int,
    identifier: c_int,
    trans: c_int,
    m: blasint,
    n: blasint,
    k: blasint,
    src: *const c_void,
    ld: blasint,
    dest: *mut c_void,
) {
    let flag = Flag::<Layout>::from_c(layout);
    let run = |layout| {
        let kind = kind_of(kind).ok_or(value(2))?;
        let identifier = Flag::<Identifier>::from_c(identifier).get(3)?;
        let (sizes, trans) = ([m as isize, n as isize, k as isize], Flag::from_c(trans));
        // SAFETY: the caller's promise.
        unsafe { pack_as(kind, layout, identifier, trans, sizes, 1.0, src.cast(), ld as isize, dest, 6) }
            // Two parameters more than MKL's Fortran routine has stand before these.
            .map_err(|bad| Bad { number: bad.number + 2, ..bad })
    };
    if let Err(bad) = flag.get(1).and_then(run) {
        xerbla::from_c("zenblas_gemm_pack", bad);
    }
}
