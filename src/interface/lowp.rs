//! Products in low precision, and products with operands packed beforehand: MKL's names and OpenBLAS's.
//!
//! Numbers are positions in the Fortran routine, for row-major calls too: none of these is in the reference.
//!
//! `gemm_s8s8s32` is ours, in the pattern of MKL's names and of oneDNN's function of that name.

use super::line::Line;
use super::lowp_args::{Chosen, Family, Identifier, Numbers, OffsetShape, S8S8, S8U8, Storage, kind};
use super::table::prelude::{
    Argument, Bad, Flag, Layout, Meaning, Outcome, Shown, c_int, refuse, ret, routines,
};
use super::{trace, xerbla};
use crate::lowp::{self, Epilogue, Integer, Kind, Operand, Out, OutOfMemory, PackedError, Per, packed};
use crate::view::{MatMut, VecMut, VecRef};
use core::ffi::c_void;
use core::fmt::Write;
use half::{bf16, f16};

routines! {
    /// `C <- alpha (op(A) + ao) (op(B) + bo) + beta C + co`, of integers.
    gemm_integer[false](layout, transa: Store, transb: Store, offsetc: Offset, m: Size, n: Size, k: Size,
                        alpha: Float, a: Numbers, lda: Stride, ao: Zero, b: Numbers, ldb: Stride, bo: Zero,
                        beta: Float, c: Ints, ldc: Stride, co: IntsIn) -> Checked {
        S8U8: gemm_s8u8s32_, cblas_gemm_s8u8s32;
        S8S8: gemm_s8s8s32_, cblas_gemm_s8s8s32;
        i16: gemm_s16s16s32_, cblas_gemm_s16s16s32;
    }
    /// `C <- alpha (op(A) + ao) (op(B) + bo) + beta C + co`, of integers; A or B or both packed beforehand.
    gemm_integer[true](layout, transa: Store, transb: Store, offsetc: Offset, m: Size, n: Size, k: Size,
                       alpha: Float, a: Numbers, lda: Stride, ao: Zero, b: Numbers, ldb: Stride, bo: Zero,
                       beta: Float, c: Ints, ldc: Stride, co: IntsIn) -> Checked {
        S8U8: gemm_s8u8s32_compute_, cblas_gemm_s8u8s32_compute;
        S8S8: gemm_s8s8s32_compute_, cblas_gemm_s8s8s32_compute;
        i16: gemm_s16s16s32_compute_, cblas_gemm_s16s16s32_compute;
    }
    /// `C <- alpha op(A) op(B) + beta C`, A and B of bf16 or half precision, C of `f32`.
    gemm_half[false](layout, transa: Store, transb: Store, m: Size, n: Size, k: Size, alpha: Float, a: Numbers,
                     lda: Stride, b: Numbers, ldb: Stride, beta: Float, c: Singles, ldc: Stride) -> Checked {
        bf16: gemm_bf16bf16f32_, cblas_gemm_bf16bf16f32;
        f16: gemm_f16f16f32_, cblas_gemm_f16f16f32;
        bf16: sbgemm_, cblas_sbgemm;
        f16: shgemm_, cblas_shgemm;
    }
    /// `C <- alpha op(A) op(B) + beta C`, A and B of bf16 or half precision, C of `f32`; any operand packed before.
    gemm_half[true](layout, transa: Store, transb: Store, m: Size, n: Size, k: Size, alpha: Float, a: Numbers,
                    lda: Stride, b: Numbers, ldb: Stride, beta: Float, c: Singles, ldc: Stride) -> Checked {
        bf16: gemm_bf16bf16f32_compute_, cblas_gemm_bf16bf16f32_compute;
        f16: gemm_f16f16f32_compute_, cblas_gemm_f16f16f32_compute;
    }
    /// `C <- alpha op(A) op(B) + beta C`, all of bf16, computed in `f32` and rounded at the end.
    bgemm(layout, transa: Store, transb: Store, m: Size, n: Size, k: Size, alpha: Short, a: Numbers, lda: Stride,
          b: Numbers, ldb: Stride, beta: Short, c: Shorts, ldc: Stride) -> Checked {
        bf16: bgemm_, cblas_bgemm;
    }
    /// Bytes that a packed operand takes.
    pack_size(identifier: Which, m: Size, n: Size, k: Size) -> ByteCount {
        S8U8: gemm_s8u8s32_pack_get_size_, cblas_gemm_s8u8s32_pack_get_size;
        S8S8: gemm_s8s8s32_pack_get_size_, cblas_gemm_s8s8s32_pack_get_size;
        i16: gemm_s16s16s32_pack_get_size_, cblas_gemm_s16s16s32_pack_get_size;
        bf16: gemm_bf16bf16f32_pack_get_size_, cblas_gemm_bf16bf16f32_pack_get_size;
        f16: gemm_f16f16f32_pack_get_size_, cblas_gemm_f16f16f32_pack_get_size;
        f32: sgemm_pack_get_size_, cblas_sgemm_pack_get_size;
        f64: dgemm_pack_get_size_, cblas_dgemm_pack_get_size;
    }
    /// Packs op(A), m x k, or op(B), k x n.
    pack(layout, identifier: Which, trans: Store, m: Size, n: Size, k: Size, src: Numbers, ld: Stride,
         dest: Memory) -> Checked {
        S8U8: gemm_s8u8s32_pack_, cblas_gemm_s8u8s32_pack;
        S8S8: gemm_s8s8s32_pack_, cblas_gemm_s8s8s32_pack;
        i16: gemm_s16s16s32_pack_, cblas_gemm_s16s16s32_pack;
        bf16: gemm_bf16bf16f32_pack_, cblas_gemm_bf16bf16f32_pack;
        f16: gemm_f16f16f32_pack_, cblas_gemm_f16f16f32_pack;
    }
    /// Packs `alpha op(A)`, m x k, or `alpha op(B)`, k x n.
    pack_scaled(layout, identifier: Which, trans: Store, m: Size, n: Size, k: Size, alpha: Scalar, src: Numbers,
                ld: Stride, dest: Memory) -> Checked {
        f32: sgemm_pack_, cblas_sgemm_pack;
        f64: dgemm_pack_, cblas_dgemm_pack;
    }
    /// `C <- op(A) op(B) + beta C`, A or B or both packed beforehand.
    gemm_packed(layout, transa: Store, transb: Store, m: Size, n: Size, k: Size, a: Numbers, lda: Stride,
                b: Numbers, ldb: Stride, beta: Scalar, c: Out, ldc: Stride) -> Checked {
        f32: sgemm_compute_, cblas_sgemm_compute;
        f64: dgemm_compute_, cblas_dgemm_compute;
    }
    /// `y <- alpha op(A) x + beta y`, A m x n and x of bf16, y of `f32`.
    sbgemv(layout, trans: Store, m: Size, n: Size, alpha: Float, a: ShortsIn, lda: Stride, x: ShortsIn,
           incx: Stride, beta: Float, y: Singles, incy: Stride) -> Checked {
        bf16: sbgemv_, cblas_sbgemv;
    }
    /// `y <- alpha op(A) x + beta y`, all of bf16, computed in `f32` and rounded at the end.
    bgemv(layout, trans: Store, m: Size, n: Size, alpha: Short, a: ShortsIn, lda: Stride, x: ShortsIn,
          incx: Stride, beta: Short, y: Shorts, incy: Stride) -> Checked {
        bf16: bgemv_, cblas_bgemv;
    }
    /// Sum of x_i y_i, of bf16, formed in `f32`.
    sbdot(n: Size, x: ShortsIn, incx: Stride, y: ShortsIn, incy: Stride) -> Single {
        bf16: sbdot_, cblas_sbdot;
    }
    /// `out <- in` as bf16, rounded to nearest even.
    convert(n: Size, input: SinglesIn, incin: Stride, output: Shorts, incout: Stride) -> Nothing {
        bf16: sbstobf16_, cblas_sbstobf16;
    }
    /// `out <- in` as bf16, rounded once, to nearest even.
    convert(n: Size, input: DoublesIn, incin: Stride, output: Shorts, incout: Stride) -> Nothing {
        bf16: sbdtobf16_, cblas_sbdtobf16;
    }
    /// `out <- in` as `f32`.
    convert(n: Size, input: ShortsIn, incin: Stride, output: Singles, incout: Stride) -> Nothing {
        bf16: sbf16tos_, cblas_sbf16tos;
    }
    /// `out <- in` as `f64`.
    convert(n: Size, input: ShortsIn, incin: Stride, output: Doubles, incout: Stride) -> Nothing {
        bf16: dbf16tod_, cblas_dbf16tod;
    }
}

/// An operand of a call, and the positions of its arguments.
#[derive(Clone, Copy)]
pub(super) struct Passed {
    pub(super) identifier: Identifier,
    pub(super) kind: Kind,
    pub(super) storage: Storage,
    pub(super) first: *const u8,
    /// Rows of A, columns of B.
    pub(super) count: isize,
    pub(super) k: isize,
    pub(super) ld: isize,
    pub(super) number: u8,
    pub(super) ld_number: u8,
}

impl Passed {
    /// Whether the leading dimension is too small.
    pub(super) fn is_narrow(&self, layout: Layout) -> bool {
        // Rows and columns as stored.
        let plain = self.storage == Storage::Plain;
        let (rows, cols) = if (self.identifier == Identifier::A) == plain {
            (self.count, self.k)
        } else {
            (self.k, self.count)
        };
        self.storage != Storage::Packed && self.ld < layout.contiguous(rows, cols).max(1)
    }

    /// The operand; a packed one that is not what it should be is named on stderr.
    ///
    /// # Safety
    /// It must be as large as the sizes say, or packed as far as its header says.
    pub(super) unsafe fn operand<'a>(&self, layout: Layout) -> Result<Operand<'a>, Bad> {
        let (count, k) = (self.count as usize, self.k as usize);
        if self.storage == Storage::Packed {
            let role = self.identifier.role(layout);
            // SAFETY: the caller's promise.
            return unsafe { packed::open(self.first, self.kind, role, count, k) }.map_err(|error| {
                let which = if self.identifier == Identifier::A { "A" } else { "B" };
                complain(&format_args!(
                    "packed {which} refused: {error}, not {} {count} by {k}",
                    self.kind.name()
                ));
                Bad { number: self.number, fault: super::args::Fault::Value }
            });
        }
        let (row_stride, col_stride) = layout.strides(self.ld);
        // A is read by rows, B by columns.
        let strides = if (self.identifier == Identifier::A) == (self.storage == Storage::Plain) {
            (row_stride, col_stride)
        } else {
            (col_stride, row_stride)
        };
        // SAFETY: the caller's promise.
        Ok(unsafe { Operand::from_raw(self.kind, self.first, (count, k), strides) })
    }
}

/// Both operands of a call.
///
/// # Safety
/// As for [`Passed::operand`].
pub(super) unsafe fn operands<'a>(
    layout: Layout,
    a: &Passed,
    b: &Passed,
) -> Result<(Operand<'a>, Operand<'a>), Bad> {
    // SAFETY: the caller's promise.
    let (a_operand, b_operand) = unsafe { (a.operand(layout)?, b.operand(layout)?) };
    if packed::agree(&a_operand, &b_operand) {
        Ok((a_operand, b_operand))
    } else {
        complain(&format_args!("packed B refused: {}", PackedError::Depth));
        Err(Bad { number: b.number, fault: super::args::Fault::Value })
    }
}

/// Says something on stderr.
pub(super) fn complain(what: &dyn core::fmt::Display) {
    let mut line = Line::new();
    let _ = write!(line, "zenblas: {what}");
    line.print();
}

/// Says so if a call could not do its work.
pub(super) fn finish(result: Result<(), OutOfMemory>) {
    if result.is_err() {
        complain(&"a product was not finished: no memory");
    }
}

/// The storage of an operand, which may be packed only if `compute`.
fn storage(flag: Flag<Storage>, number: u8, compute: bool) -> Result<Storage, Bad> {
    match flag.get(number)? {
        Storage::Packed if !compute => Err(flag.illegal(number)),
        storage => Ok(storage),
    }
}

/// # Safety
/// The arrays must be as large as the sizes say.
unsafe fn gemm_integer<F: Family>(
    compute: bool,
    layout: Layout,
    transa: Flag<Storage>,
    transb: Flag<Storage>,
    offsetc: Flag<OffsetShape>,
    m: isize,
    n: isize,
    k: isize,
    alpha: f32,
    a: Numbers<F>,
    lda: isize,
    ao: i32,
    b: Numbers<F>,
    ldb: isize,
    bo: i32,
    beta: f32,
    c: *mut i32,
    ldc: isize,
    co: *const i32,
) -> Result<(), Bad> {
    let trans = [storage(transa, 1, compute)?, storage(transb, 2, compute)?];
    let offsetc = offsetc.get(3)?;
    let kinds = F::kinds(layout);
    let at = Positions { sizes: 4, a: 8, b: 11, ldc: 16 };
    let (sizes, firsts) = ([m, n, k], [a.first, b.first]);
    // SAFETY: the caller's promise.
    unsafe {
        multiply(at, kinds, layout, trans, sizes, firsts, [lda, ldb, ldc], c, |a, b, c| {
            let slice = |len: isize| core::slice::from_raw_parts(co, len as usize);
            let offset = match offsetc {
                _ if co.is_null() => Per::All(0),
                OffsetShape::Fixed => Per::All(*co),
                // A row has a number for each column.
                OffsetShape::Row => Per::Column(slice(n)),
                OffsetShape::Column => Per::Row(slice(m)),
            };
            let how = Integer { alpha, beta, offset };
            if kinds[0] == Kind::S16 {
                lowp::words(a, ao as i16, b, bo as i16, &how, c)
            } else {
                lowp::bytes(a, ao, b, bo, &how, c)
            }
        })
    }
}

/// Where a product's arguments stand: transa and transb are 1 and 2, m, n and k follow each other, a leading dimension
/// its matrix.
struct Positions {
    sizes: u8,
    a: u8,
    b: u8,
    ldc: u8,
}

/// Checks a product's arguments and calls `product` with operands and C, unless C is empty.
///
/// # Safety
/// The arrays must be as large as the sizes say.
unsafe fn multiply<T: Copy>(
    at: Positions,
    [kind_a, kind_b]: [Kind; 2],
    layout: Layout,
    [transa, transb]: [Storage; 2],
    [m, n, k]: [isize; 3],
    [a, b]: [*const u8; 2],
    [lda, ldb, ldc]: [isize; 3],
    c: *mut T,
    product: impl FnOnce(&Operand, &Operand, MatMut<T>) -> Result<(), OutOfMemory>,
) -> Result<(), Bad> {
    let a = Passed {
        identifier: Identifier::A,
        kind: kind_a,
        storage: transa,
        first: a,
        count: m,
        k,
        ld: lda,
        number: at.a,
        ld_number: at.a + 1,
    };
    let b = Passed {
        identifier: Identifier::B,
        kind: kind_b,
        storage: transb,
        first: b,
        count: n,
        k,
        ld: ldb,
        number: at.b,
        ld_number: at.b + 1,
    };
    refuse([
        (m < 0, at.sizes),
        (n < 0, at.sizes + 1),
        (k < 0, at.sizes + 2),
        (a.is_narrow(layout), a.ld_number),
        (b.is_narrow(layout), b.ld_number),
        (ldc < layout.contiguous(m, n).max(1), at.ldc),
    ])?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes and leading dimensions just checked.
    unsafe {
        let (a, b) = operands(layout, &a, &b)?;
        finish(product(&a, &b, layout.matrix_mut(c, m, n, ldc)));
    }
    Ok(())
}

/// # Safety
/// The arrays must be as large as the sizes say.
unsafe fn gemm_half<F: Family>(
    compute: bool,
    layout: Layout,
    transa: Flag<Storage>,
    transb: Flag<Storage>,
    m: isize,
    n: isize,
    k: isize,
    alpha: f32,
    a: Numbers<F>,
    lda: isize,
    b: Numbers<F>,
    ldb: isize,
    beta: f32,
    c: *mut f32,
    ldc: isize,
) -> Result<(), Bad> {
    let trans = [storage(transa, 1, compute)?, storage(transb, 2, compute)?];
    let at = Positions { sizes: 3, a: 7, b: 9, ldc: 13 };
    let (sizes, firsts, lds) = ([m, n, k], [a.first, b.first], [lda, ldb, ldc]);
    // SAFETY: the caller's promise.
    unsafe {
        multiply(at, F::kinds(layout), layout, trans, sizes, firsts, lds, c, |a, b, c| {
            lowp::halves(alpha, a, b, beta, c)
        })
    }
}

/// # Safety
/// The arrays must be as large as the sizes say.
unsafe fn bgemm(
    layout: Layout,
    transa: Flag<Storage>,
    transb: Flag<Storage>,
    m: isize,
    n: isize,
    k: isize,
    alpha: bf16,
    a: Numbers<bf16>,
    lda: isize,
    b: Numbers<bf16>,
    ldb: isize,
    beta: bf16,
    c: *mut bf16,
    ldc: isize,
) -> Result<(), Bad> {
    let trans = [storage(transa, 1, false)?, storage(transb, 2, false)?];
    let at = Positions { sizes: 3, a: 7, b: 9, ldc: 13 };
    let (sizes, firsts, lds) = ([m, n, k], [a.first, b.first], [lda, ldb, ldc]);
    let epilogue = Epilogue { scale: Per::All(alpha.to_f32()), beta: beta.to_f32(), ..Epilogue::default() };
    // SAFETY: the caller's promise.
    unsafe {
        multiply(at, [Kind::Bf16; 2], layout, trans, sizes, firsts, lds, c, |a, b, c| {
            lowp::halves_into(a, b, &epilogue, Out::Bf16(c))
        })
    }
}

/// # Safety
/// None: nothing is read.
unsafe fn pack_size<F: Family>(identifier: Chosen<F>, m: isize, n: isize, k: isize) -> Result<usize, Bad> {
    let identifier = identifier.identifier.get(1)?;
    refuse([(m < 0, 2), (n < 0, 3), (k < 0, 4)])?;
    let count = if identifier == Identifier::A { m } else { n };
    // The types of both layouts are packed alike.
    let kind = F::kinds(Layout::ByColumns)[identifier as usize];
    Ok(packed::size(kind, count as usize, k as usize).unwrap_or(0))
}

/// # Safety
/// The array must be as large as the sizes say, the memory as `pack_size` says.
unsafe fn pack<F: Family>(
    layout: Layout,
    identifier: Chosen<F>,
    trans: Flag<Storage>,
    m: isize,
    n: isize,
    k: isize,
    src: Numbers<F>,
    ld: isize,
    dest: *mut c_void,
) -> Result<(), Bad> {
    let identifier = identifier.identifier.get(1)?;
    let kind = F::kinds(layout)[identifier as usize];
    // SAFETY: the caller's promise.
    unsafe { pack_as(kind, layout, identifier, trans, [m, n, k], 1.0, src.first, ld, dest, 6) }
}

/// # Safety
/// As for [`pack`].
unsafe fn pack_scaled<T: Family + Copy + Into<f64>>(
    layout: Layout,
    identifier: Chosen<T>,
    trans: Flag<Storage>,
    m: isize,
    n: isize,
    k: isize,
    alpha: *const T,
    src: Numbers<T>,
    ld: isize,
    dest: *mut c_void,
) -> Result<(), Bad> {
    let identifier = identifier.identifier.get(1)?;
    let [kind, _] = T::kinds(layout);
    // SAFETY: the caller's promise.
    unsafe {
        let alpha = (*alpha).into();
        pack_as(kind, layout, identifier, trans, [m, n, k], alpha, src.first, ld, dest, 7)
    }
}

/// Packs; `number` is the position of the source.
///
/// # Safety
/// As for [`pack`].
pub(super) unsafe fn pack_as(
    kind: Kind,
    layout: Layout,
    identifier: Identifier,
    trans: Flag<Storage>,
    [m, n, k]: [isize; 3],
    alpha: f64,
    first: *const u8,
    ld: isize,
    dest: *mut c_void,
    number: u8,
) -> Result<(), Bad> {
    let storage = storage(trans, 2, false)?;
    let count = if identifier == Identifier::A { m } else { n };
    let source = Passed { identifier, kind, storage, first, count, k, ld, number, ld_number: number + 1 };
    refuse([
        (m < 0, 3),
        (n < 0, 4),
        (k < 0, 5),
        (source.is_narrow(layout), number + 1),
        (dest.is_null() || !(dest as usize).is_multiple_of(8), number + 2),
    ])?;
    // SAFETY: the caller's promise, for the sizes and leading dimension just checked.
    unsafe { packed::pack(&source.operand(layout)?, identifier.role(layout), alpha, dest.cast()) };
    Ok(())
}

/// # Safety
/// The arrays must be as large as the sizes say.
unsafe fn gemm_packed<T: Family + lowp::Packable>(
    layout: Layout,
    transa: Flag<Storage>,
    transb: Flag<Storage>,
    m: isize,
    n: isize,
    k: isize,
    a: Numbers<T>,
    lda: isize,
    b: Numbers<T>,
    ldb: isize,
    beta: *const T,
    c: *mut T,
    ldc: isize,
) -> Result<(), Bad> {
    let trans = [storage(transa, 1, true)?, storage(transb, 2, true)?];
    let at = Positions { sizes: 3, a: 6, b: 8, ldc: 12 };
    let (sizes, firsts, lds) = ([m, n, k], [a.first, b.first], [lda, ldb, ldc]);
    // SAFETY: the caller's promise.
    unsafe {
        multiply(at, T::kinds(layout), layout, trans, sizes, firsts, lds, c, |a, b, c| {
            lowp::reals_packed(a, b, *beta, c)
        })
    }
}

/// # Safety
/// The arrays must be as large as the sizes say.
unsafe fn gemv<Y: lowp::Element>(
    layout: Layout,
    trans: Flag<Storage>,
    m: isize,
    n: isize,
    alpha: f32,
    a: *const bf16,
    lda: isize,
    x: *const bf16,
    incx: isize,
    beta: f32,
    y: *mut Y,
    incy: isize,
) -> Result<(), Bad> {
    let storage = storage(trans, 1, false)?;
    let narrow = lda < layout.contiguous(m, n).max(1);
    refuse([(m < 0, 2), (n < 0, 3), (narrow, 6), (incx == 0, 8), (incy == 0, 11)])?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise, for the sizes, leading dimension and increments just checked.
    unsafe {
        let a = layout.matrix(a, m, n, lda);
        let a = if storage == Storage::Transposed { a.t() } else { a };
        let (x, y) = (VecRef::from_blas(a.cols(), x, incx), VecMut::from_blas(a.rows(), y, incy));
        lowp::gemv(alpha, a, x, beta, y);
    }
    Ok(())
}

/// # Safety
/// The arrays must be as large as the sizes say.
unsafe fn sbgemv(
    layout: Layout,
    trans: Flag<Storage>,
    m: isize,
    n: isize,
    alpha: f32,
    a: *const bf16,
    lda: isize,
    x: *const bf16,
    incx: isize,
    beta: f32,
    y: *mut f32,
    incy: isize,
) -> Result<(), Bad> {
    // SAFETY: the caller's promise.
    unsafe { gemv(layout, trans, m, n, alpha, a, lda, x, incx, beta, y, incy) }
}

/// # Safety
/// The arrays must be as large as the sizes say.
unsafe fn bgemv(
    layout: Layout,
    trans: Flag<Storage>,
    m: isize,
    n: isize,
    alpha: bf16,
    a: *const bf16,
    lda: isize,
    x: *const bf16,
    incx: isize,
    beta: bf16,
    y: *mut bf16,
    incy: isize,
) -> Result<(), Bad> {
    // SAFETY: the caller's promise.
    unsafe { gemv(layout, trans, m, n, alpha.to_f32(), a, lda, x, incx, beta.to_f32(), y, incy) }
}

/// # Safety
/// The vectors must be as long as `n` says.
unsafe fn sbdot(n: isize, x: *const bf16, incx: isize, y: *const bf16, incy: isize) -> f32 {
    if n <= 0 {
        return 0.0;
    }
    // SAFETY: the caller's promise.
    unsafe { lowp::dot(VecRef::from_blas(n as usize, x, incx), VecRef::from_blas(n as usize, y, incy)) }
}

/// # Safety
/// The vectors must be as long as `n` says.
unsafe fn convert<X: lowp::ConvertTo<Y>, Y: Copy>(
    n: isize,
    input: *const X,
    incin: isize,
    output: *mut Y,
    incout: isize,
) {
    if n > 0 {
        let n = n as usize;
        // SAFETY: the caller's promise.
        unsafe { lowp::convert(VecRef::from_blas(n, input, incin), VecMut::from_blas(n, output, incout)) };
    }
}
