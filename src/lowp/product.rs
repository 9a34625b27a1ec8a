//! Which arithmetic multiplies which numbers.

use super::epilogue::{Element, Epilogue, Finishing, Into, Out, Per, into};
use super::finish::{self, Finish};
use super::integer::{Integer, Rounding, Wrapped};
use super::operand::{Kind, Number, Operand, Place};
use super::packed::{Format, Role};
use super::single;
use crate::engine::gemm::{Gemm, Region, rate};
use crate::engine::operand::{Converted, Operand as Elements};
use crate::engine::panels;
use crate::engine::{Product, Shape};
use crate::kernel::convert::{self, Stored};
use crate::kernel::dot::{self, DotKernels, DotPanel, DotTile};
use crate::kernel::kernels;
use crate::level3;
use crate::platform::cpu;
use crate::platform::memory::Buffer;
use crate::scalar::Scalar;
use crate::simd::dot::terms::WORDS;
use crate::view::{MatMut, MatRef};
use core::ops::Range;
use half::{bf16, f16};

/// Where C is: element (i, j) at `c + i row_stride + j col_stride`.
#[derive(Clone, Copy, Debug)]
pub struct Output<T> {
    pub(super) c: *mut T,
    pub(super) row_stride: isize,
    pub(super) col_stride: isize,
}

// SAFETY: the pointer is C, of which the loops give every element to one thread.
unsafe impl<T> Sync for Output<T> {}

impl<T: Copy> Output<T> {
    pub(super) fn new(c: &MatMut<T>) -> Self {
        Output { c: c.as_mut_ptr(), row_stride: c.row_stride(), col_stride: c.col_stride() }
    }

    pub(super) fn t(self) -> Self {
        Output { row_stride: self.col_stride, col_stride: self.row_stride, ..self }
    }

    pub(super) fn at(&self, i: usize, j: usize) -> *mut T {
        self.c.wrapping_offset(i as isize * self.row_stride + j as isize * self.col_stride)
    }
}

/// Sums that can be added.
pub trait Sum: Copy + Send + Sync + 'static {
    /// Their sum, of integers modulo 2^32.
    fn plus(self, other: Self) -> Self;
}

impl Sum for i32 {
    fn plus(self, other: i32) -> i32 {
        self.wrapping_add(other)
    }
}

impl Sum for f32 {
    fn plus(self, other: f32) -> f32 {
        self + other
    }
}

impl Sum for f64 {
    fn plus(self, other: f64) -> f64 {
        self + other
    }
}

/// A product whose tiles can go anywhere.
pub(super) trait Sums: Product {
    /// A sum.
    type Sum: Sum;

    /// The product of two panels as a tile of MR rows, of which those of `rows` count, by the columns `cols`;
    /// `add` adds it to what is there.
    ///
    /// # Safety
    /// As for [`Product::tile`]; MR rows by `cols.len()` columns, `to_col` apart, are writable at `to`, and
    /// readable if `add`.
    unsafe fn sums(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        a: *const u8,
        b: *const u8,
        to: *mut Self::Sum,
        to_col: usize,
        add: bool,
    );
}

impl<T: Scalar + Sum> Sums for Gemm<'_, T> {
    type Sum = T;

    #[inline]
    unsafe fn sums(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        a: *const u8,
        b: *const u8,
        to: *mut T,
        to_col: usize,
        add: bool,
    ) {
        let mut tile = self.packed_tile(rows, cols, k, a, b);
        (tile.c, tile.c_col, tile.beta) = (to, to_col as isize, if add { T::ONE } else { T::ZERO });
        // SAFETY: the caller vouches for panels and sums; the kernels are those of an ISA that the CPU has.
        unsafe { (self.kernels.tile)(&tile) }
    }
}

/// One side of a product of dot products.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a> {
    operand: Operand<'a>,
    /// What turns its bytes into those that the kernel wants.
    flip: u32,
    /// What to add to a byte so turned.
    zero: i32,
}

/// The highest bit of each byte.
const HIGHEST_BITS: u32 = 0x8080_8080;

impl<'a> Side<'a> {
    /// Rows are unsigned bytes, columns signed ones.
    pub(super) fn new(operand: &Operand<'a>, role: Role) -> Self {
        let (flip, zero) = match (operand.kind, role) {
            (Kind::S8, Role::Rows) => (HIGHEST_BITS, -128),
            (Kind::U8, Role::Columns) => (HIGHEST_BITS, 128),
            _ => (0, 0),
        };
        Side { operand: *operand, flip, zero }
    }

    /// The side with `zero` added to each number.
    pub(super) fn plus(self, zero: i32) -> Self {
        Side { zero: self.zero.wrapping_add(zero), ..self }
    }

    /// Packs rows or columns `rows`, blocks `k`, unless it is packed already.
    ///
    /// # Safety
    /// The kernels are of an ISA that the CPU has; `to` has room for the panel.
    pub(super) unsafe fn pack<S>(
        &self,
        kernels: &DotKernels<S>,
        role: Role,
        rows: Range<usize>,
        k: Range<usize>,
        to: *mut u8,
    ) {
        let Place::Matrix { from, i_stride, k_stride, .. } = self.operand.place else { return };
        let size = self.operand.kind.size();
        let per_block = kernels.numbers * WORDS;
        let first = k.start * per_block;
        let bytes = |stride: isize| stride * size as isize;
        let (pack, panel) = match role {
            Role::Rows => (kernels.pack_a, k.len() * kernels.a_bytes()),
            Role::Columns => (kernels.pack_b, k.len() * kernels.b_bytes()),
        };
        let sums = if size == 1 { to.wrapping_add(panel).cast() } else { core::ptr::null_mut() };
        let start = bytes(rows.start as isize * i_stride + first as isize * k_stride);
        // SAFETY: numbers of the operand; the caller vouches for kernels and room.
        unsafe {
            pack(&DotPanel {
                from: from.offset(start),
                i_stride: bytes(i_stride),
                k_stride: bytes(k_stride),
                width: rows.len(),
                k: (k.end * per_block).min(self.operand.k) - first,
                to,
                flip: self.flip,
                sums,
            });
        }
    }
}

/// A product of dot products: C = A B, A and B with what their sides say added to each number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dots<'a, S: 'static> {
    pub(super) kernels: &'static DotKernels<S>,
    pub(super) a: Side<'a>,
    pub(super) b: Side<'a>,
    /// Multiply-adds of a core in a nanosecond, roughly.
    pub(super) rate: f64,
}

/// What the corrections of a sum are made with.
trait Corrected: Sum {
    /// From an integer; sums that are not integers have no corrections.
    fn of(x: i32) -> Self;
}

impl Corrected for i32 {
    fn of(x: i32) -> i32 {
        x
    }
}

impl Corrected for f32 {
    fn of(_: i32) -> f32 {
        0.0
    }
}

impl<S: Corrected> Product for Dots<'_, S> {
    fn shape(&self) -> Shape {
        let kernels = self.kernels;
        let tail = |width: usize| if self.a.operand.kind.size() == 1 { width * size_of::<i32>() } else { 0 };
        let numbers = (kernels.numbers * WORDS) as f64;
        Shape {
            m: self.a.operand.count,
            n: self.b.operand.count,
            k: kernels.blocks(self.a.operand.k),
            mr: kernels.mr,
            nr: kernels.nr,
            a_bytes: kernels.a_bytes(),
            b_bytes: kernels.b_bytes(),
            a_tail: tail(kernels.mr),
            b_tail: tail(kernels.nr),
            ready: panels::ready(self.a.operand.panels(), self.b.operand.panels()),
            rate: self.rate / numbers,
        }
    }

    unsafe fn pack_a(&self, rows: Range<usize>, k: Range<usize>, to: *mut u8) {
        // SAFETY: the kernels are of an ISA that the CPU has; the caller vouches for `to`.
        unsafe { self.a.pack(self.kernels, Role::Rows, rows, k, to) }
    }

    unsafe fn pack_b(&self, cols: Range<usize>, k: Range<usize>, to: *mut u8) {
        // SAFETY: as above.
        unsafe { self.b.pack(self.kernels, Role::Columns, cols, k, to) }
    }

    fn ready_a(&self, rows: &Range<usize>, k: &Range<usize>) -> Option<*const u8> {
        self.a.operand.panels().map(|panels| panels.at(rows.start, k))
    }

    fn ready_b(&self, cols: &Range<usize>, k: &Range<usize>) -> Option<*const u8> {
        self.b.operand.panels().map(|panels| panels.at(cols.start, k))
    }

    /// Nowhere: [`finish`] wraps the product in one that knows where.
    unsafe fn tile(&self, _: Range<usize>, _: Range<usize>, _: Range<usize>, _: *const u8, _: *const u8) {}
}

impl<S: Corrected> Sums for Dots<'_, S> {
    type Sum = S;

    #[inline]
    unsafe fn sums(
        &self,
        _: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        a: *const u8,
        b: *const u8,
        to: *mut S,
        to_col: usize,
        add: bool,
    ) {
        let kernels = self.kernels;
        let per_block = kernels.numbers * WORDS;
        let numbers = (k.end * per_block).min(self.a.operand.k) - k.start * per_block;
        let mut tile = DotTile {
            words: numbers.div_ceil(kernels.numbers),
            a,
            b,
            to,
            to_col,
            add,
            row_terms: core::ptr::null(),
            row_factor: S::of(self.b.zero),
            col_terms: core::ptr::null(),
        };
        let mut col_terms = [S::of(0); 8];
        if self.a.zero != 0 || self.b.zero != 0 {
            // sum (a + x)(b + y) = sum a b + y sum a + x (sum b + k y)
            let (x, y) = (self.a.zero, self.b.zero);
            let sums = b.wrapping_add(k.len() * kernels.b_bytes()).cast::<i32>();
            for (j, term) in col_terms.iter_mut().enumerate().take(cols.len()) {
                // SAFETY: the sums behind the panel of B, of which there are NR.
                let sum = unsafe { sums.add(j).read_unaligned() };
                *term = S::of(sum.wrapping_add((numbers as i32).wrapping_mul(y)).wrapping_mul(x));
            }
            tile.row_terms = a.wrapping_add(k.len() * kernels.a_bytes()).cast();
            tile.col_terms = col_terms.as_ptr();
        }
        // SAFETY: the caller vouches for the panels and the sums; the kernels are of an ISA that the CPU has.
        unsafe { (kernels.tile(cols.len()))(&tile) }
    }
}

/// An operand whose numbers stand for `f32`.
pub(super) fn singles<'a>(operand: &Operand<'a>) -> Elements<'a, f32> {
    match operand.kind {
        Kind::F16 => elements::<f16, f32>(operand, 0.0),
        Kind::Bf16 => elements::<bf16, f32>(operand, 0.0),
        _ => dense_elements(operand),
    }
}

/// An operand whose numbers, `offset` added to each, stand for `f64`.
pub(super) fn doubles<'a>(operand: &Operand<'a>, offset: f64) -> Elements<'a, f64> {
    match operand.kind {
        Kind::S16 => elements::<i16, f64>(operand, offset),
        _ => dense_elements(operand),
    }
}

fn elements<'a, E: Number + Stored<T>, T: Scalar>(operand: &Operand<'a>, offset: T) -> Elements<'a, T> {
    let converted = |mat| Elements::Converted(Converted::new(mat, offset));
    operand.matrix::<E>().map_or_else(|| packed_elements(operand), converted)
}

fn dense_elements<'a, T: Scalar + Number>(operand: &Operand<'a>) -> Elements<'a, T> {
    operand.matrix::<T>().map_or_else(|| packed_elements(operand), Elements::Dense)
}

fn packed_elements<'a, T>(operand: &Operand<'a>) -> Elements<'a, T> {
    Elements::Packed(*operand.panels().expect("an operand is a matrix or packed"))
}

/// Whether the engine multiplies the transposed matrices, B in the place of A: as packed operands need it, else so
/// that rows of C are adjacent, unless that would leave most lanes of a tile without a row.
fn swaps(a: &Operand, b: &Operand, by_rows: bool, mr: usize) -> bool {
    let packed = a.role().map(|role| role == Role::Columns).or(b.role().map(|role| role == Role::Rows));
    packed.unwrap_or_else(|| {
        let (rows, cols) = if by_rows { (b.count, a.count) } else { (a.count, b.count) };
        by_rows != (2 * rows <= mr && rows < cols)
    })
}

/// A product and where its C is, as the engine sees them.
struct Task<'a, T> {
    /// A, or B of the transposed product.
    a: Operand<'a>,
    b: Operand<'a>,
    swapped: bool,
    out: Output<T>,
}

impl<'a, T: Copy> Task<'a, T> {
    fn new(a: &Operand<'a>, b: &Operand<'a>, c: &MatMut<T>, mr: usize) -> Self {
        assert!(a.k == b.k && a.count == c.rows() && b.count == c.cols(), "the shapes of a product");
        let out = Output::new(c);
        if swaps(a, b, c.col_stride() == 1 && c.row_stride() != 1, mr) {
            Task { a: *b, b: *a, swapped: true, out: out.t() }
        } else {
            Task { a: *a, b: *b, swapped: false, out }
        }
    }

    /// C, if its columns are as the kernels write them.
    fn adjacent(&self) -> Option<(*mut T, usize)> {
        let by_columns = self.out.row_stride == 1 || self.a.count == 1;
        (by_columns && self.out.col_stride >= 0).then_some((self.out.c, self.out.col_stride as usize))
    }

    /// Depth of blocks of k, in the format's units.
    fn depth(&self) -> usize {
        let panels = self.a.panels().or(self.b.panels());
        panels.map_or_else(|| Format::new(self.a.kind).depth(self.a.k), |panels| panels.layout().kc)
    }

    /// Finishes C where there is nothing to multiply.
    fn without_terms<S: Sum>(&self, finish: &impl Finish<S>, zero: S) {
        finish::of_nothing(self.a.count, self.b.count, finish, zero);
    }
}

/// What became of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

fn done(multiplied: bool) -> Result<(), OutOfMemory> {
    if multiplied { Ok(()) } else { Err(OutOfMemory) }
}

/// `C <- alpha (A + zero_a) (B + zero_b) + beta C + offset` as `how` says, exactly rounded. A is m x k, `b` B
/// transposed, n x k; both of bytes.
pub fn bytes(
    a: &Operand,
    zero_a: i32,
    b: &Operand,
    zero_b: i32,
    how: &Integer,
    c: MatMut<i32>,
) -> Result<(), OutOfMemory> {
    if c.rows() == 0 || c.cols() == 0 {
        return Ok(());
    }
    let task = Task::new(a, b, &c, dot::bytes().mr);
    let finish = Rounding::new(how, task.out, task.swapped);
    if task.a.k == 0 || how.alpha == 0.0 {
        task.without_terms(&finish, 0);
        return Ok(());
    }
    if single_bytes(&task, zero_a, zero_b, &finish) {
        return Ok(());
    }
    let product = byte_product(&task, zero_a, zero_b);
    done(match task.adjacent() {
        // SAFETY: C is as large as the operands, rows adjacent.
        Some((c, c_col)) if how.is_plain() => unsafe { finish::multiply_into(product, c, c_col, false) },
        _ => finish::multiply(&product, task.depth(), &finish),
    })
}

/// Multiplies if there is one column; otherwise does nothing and says so.
fn single_bytes<T: Copy>(task: &Task<T>, zero_a: i32, zero_b: i32, finish: &impl Finish<i32>) -> bool {
    let (x, y) = if task.swapped { (zero_b, zero_a) } else { (zero_a, zero_b) };
    task.b.count == 1 && single::bytes(&task.a, x, &task.b, y, finish)
}

/// The product of bytes of a task.
fn byte_product<'a, T: Copy>(task: &Task<'a, T>, zero_a: i32, zero_b: i32) -> Dots<'a, i32> {
    let (x, y) = if task.swapped { (zero_b, zero_a) } else { (zero_a, zero_b) };
    Dots {
        kernels: dot::bytes(),
        a: Side::new(&task.a, Role::Rows).plus(x),
        b: Side::new(&task.b, Role::Columns).plus(y),
        rate: 2.0 * rate::<f32>(cpu::level()),
    }
}

/// [`bytes`], `C <- epilogue((A + zero_a) (B + zero_b))`.
pub fn bytes_into(
    a: &Operand,
    zero_a: i32,
    b: &Operand,
    zero_b: i32,
    epilogue: &Epilogue,
    c: Out,
) -> Result<(), OutOfMemory> {
    struct Bytes<'a>(&'a Operand<'a>, i32, &'a Operand<'a>, i32);
    impl Into for Bytes<'_> {
        fn multiply<T: Element>(self, epilogue: &Epilogue, c: MatMut<T>) -> Result<(), OutOfMemory> {
            let Bytes(a, zero_a, b, zero_b) = self;
            let task = Task::new(a, b, &c, dot::bytes().mr);
            let finish = Finishing::new(epilogue, task.out, task.swapped);
            if task.a.k == 0 {
                task.without_terms(&finish, 0i32);
                return Ok(());
            }
            if single_bytes(&task, zero_a, zero_b, &finish) {
                return Ok(());
            }
            done(finish::multiply(&byte_product(&task, zero_a, zero_b), task.depth(), &finish))
        }
    }
    into(Bytes(a, zero_a, b, zero_b), epilogue, c)
}

/// `C <- alpha A B + beta C`, A m x k, `b` B transposed, n x k, both of bf16 or both of half precision.
pub fn halves(alpha: f32, a: &Operand, b: &Operand, beta: f32, c: MatMut<f32>) -> Result<(), OutOfMemory> {
    if c.rows() == 0 || c.cols() == 0 {
        return Ok(());
    }
    let epilogue = Epilogue { scale: Per::All(alpha), beta, ..Epilogue::default() };
    if a.k == 0 || alpha == 0.0 || c.rows() == 1 || c.cols() == 1 || dot_kernels(a).is_some() {
        let plain = alpha == 1.0 && (beta == 0.0 || beta == 1.0) && a.k > 0;
        return halves_finished(a, b, &epilogue, c, plain);
    }
    if let Some(buffer) = converted_size(a, b).and_then(Buffer::take) {
        let to = buffer.as_mut_ptr().cast::<f32>();
        // SAFETY: the buffer has room for both.
        if let Some((a, b)) = unsafe { converted(a, b, to) } {
            level3::gemm(alpha, a, b.t(), beta, c);
            return Ok(());
        }
    }
    reals(alpha, a, b, beta, c, singles)
}

/// Numbers of an operand up to which it is converted whole, after which the product is one of `f32` like any other:
/// of small ones that takes half the time.
const SMALL: usize = 1 << 16;

/// Bytes of both operands as `f32`, if they are small. Deep ones are summed in blocks, as packed ones are.
fn converted_size(a: &Operand, b: &Operand) -> Option<usize> {
    let (first, second) = (a.count * a.k, b.count * b.k);
    let small = first.max(second) <= SMALL && a.k <= Format::new(a.kind).depth(a.k);
    small.then_some((first + second) * size_of::<f32>())
}

/// Both operands as `f32`, unless they are packed.
///
/// # Safety
/// `to` must have room for both, for the lifetime.
unsafe fn converted<'a>(
    a: &Operand,
    b: &Operand,
    to: *mut f32,
) -> Option<(MatRef<'a, f32>, MatRef<'a, f32>)> {
    let next = to.wrapping_add(a.count * a.k);
    // SAFETY: the caller's promise.
    unsafe {
        Some(match a.kind {
            Kind::Bf16 => {
                let (a, b) = (a.matrix::<bf16>()?, b.matrix::<bf16>()?);
                (convert::whole(a, to), convert::whole(b, next))
            }
            _ => {
                let (a, b) = (a.matrix::<f16>()?, b.matrix::<f16>()?);
                (convert::whole(a, to), convert::whole(b, next))
            }
        })
    }
}

/// The kernels that multiply an operand's numbers as they are.
fn dot_kernels(operand: &Operand) -> Option<&'static DotKernels<f32>> {
    if operand.kind == Kind::Bf16 { dot::bf16() } else { None }
}

/// [`halves`], `C <- epilogue(A B)`.
pub fn halves_into(a: &Operand, b: &Operand, epilogue: &Epilogue, c: Out) -> Result<(), OutOfMemory> {
    struct Halves<'a>(&'a Operand<'a>, &'a Operand<'a>);
    impl Into for Halves<'_> {
        fn multiply<T: Element>(self, epilogue: &Epilogue, c: MatMut<T>) -> Result<(), OutOfMemory> {
            halves_finished(self.0, self.1, epilogue, c, false)
        }
    }
    into(Halves(a, b), epilogue, c)
}

/// `plain` if C is the sums, or if `epilogue.beta` is 1 the sums more, of type `f32`.
fn halves_finished<T: Element>(
    a: &Operand,
    b: &Operand,
    epilogue: &Epilogue,
    c: MatMut<T>,
    plain: bool,
) -> Result<(), OutOfMemory> {
    let kernels = dot_kernels(a);
    let mr = kernels.map_or(self::kernels::<f32>().mr, |kernels| kernels.mr);
    let task = Task::new(a, b, &c, mr);
    let finish = Finishing::new(epilogue, task.out, task.swapped);
    if task.a.k == 0 || epilogue.ignores_sums() {
        task.without_terms(&finish, 0f32);
        return Ok(());
    }
    if task.b.count == 1 && single::halves(&task.a, &task.b, &finish) {
        return Ok(());
    }
    done(match (kernels, task.adjacent()) {
        (Some(kernels), adjacent) => {
            let (a, b) = (Side::new(&task.a, Role::Rows), Side::new(&task.b, Role::Columns));
            let product = Dots { kernels, a, b, rate: 2.0 * rate::<f32>(cpu::level()) };
            match adjacent {
                // SAFETY: C is of `f32`, as large as the operands, rows adjacent.
                Some((c, c_col)) if plain => unsafe {
                    finish::multiply_into(product, c.cast(), c_col, epilogue.beta == 1.0)
                },
                _ => finish::multiply(&product, task.depth(), &finish),
            }
        }
        (None, _) => {
            let product = gemm(1.0, singles(&task.a), singles(&task.b), task.a.count, task.b.count, task.a.k);
            finish::multiply(&product, task.depth(), &finish)
        }
    })
}

/// A product of elements whose C is yet to be said.
fn gemm<'a, T: Scalar>(
    alpha: T,
    a: Elements<'a, T>,
    b: Elements<'a, T>,
    m: usize,
    n: usize,
    k: usize,
) -> Gemm<'a, T> {
    let (conj_a, conj_b, c) = (false, false, core::ptr::null_mut());
    let (beta, region) = (T::ZERO, Region::Full);
    Gemm { kernels: kernels::<T>(), m, n, k, alpha, a, conj_a, b, conj_b, beta, c, c_col: 0, region }
}

/// `C <- alpha A B + beta C` in elements that the operands' numbers stand for.
fn reals<T: Element + Scalar + Sum>(
    alpha: T,
    a: &Operand,
    b: &Operand,
    beta: T,
    c: MatMut<T>,
    elements: impl for<'a> Fn(&Operand<'a>) -> Elements<'a, T>,
) -> Result<(), OutOfMemory> {
    let task = Task::new(a, b, &c, kernels::<T>().mr);
    let (m, n, k) = (task.a.count, task.b.count, task.a.k);
    let mut product = gemm(alpha, elements(&task.a), elements(&task.b), m, n, k);
    if let Some((c, c_col)) = task.adjacent() {
        (product.c, product.c_col, product.beta) = (c, c_col as isize, beta);
        return done(finish::run(&product));
    }
    done(finish::multiply(&product, task.depth(), &Strided { out: task.out, beta }))
}

/// `C <- A B + beta C` for operands of `f32` or `f64`, packed or not; A is m x k, `b` B transposed, n x k.
pub fn reals_packed<T: Packable>(a: &Operand, b: &Operand, beta: T, c: MatMut<T>) -> Result<(), OutOfMemory> {
    if c.rows() == 0 || c.cols() == 0 {
        return Ok(());
    }
    if a.k == 0 {
        let task = Task::new(a, b, &c, kernels::<T>().mr);
        task.without_terms(&Strided { out: task.out, beta }, T::ZERO);
        return Ok(());
    }
    reals(T::ONE, a, b, beta, c, dense_elements)
}

/// `f32` and `f64`.
pub trait Packable: Element + Scalar + Sum + Number {}
impl Packable for f32 {}
impl Packable for f64 {}

/// C whose rows are not adjacent: `C <- sums + beta C`.
struct Strided<T> {
    out: Output<T>,
    beta: T,
}

impl<T: Scalar> Finish<T> for Strided<T> {
    unsafe fn finish(&self, rows: Range<usize>, cols: Range<usize>, sums: *const T, col: usize) {
        for (j, to_j) in cols.enumerate() {
            for (i, to_i) in rows.clone().enumerate() {
                // SAFETY: an element of C and its sum, which the caller vouches for.
                unsafe {
                    let (sum, to) = (*sums.add(i + j * col), self.out.at(to_i, to_j));
                    *to = if self.beta == T::ZERO { sum } else { sum + self.beta * *to };
                }
            }
        }
    }
}

/// Terms up to which sums of products of 17-bit numbers are exact in an `f64`.
const EXACT_TERMS: usize = 1 << 20;

/// `C <- alpha (A + zero_a) (B + zero_b) + beta C + offset` as [`bytes`], for 16-bit integers.
pub fn words(
    a: &Operand,
    zero_a: i16,
    b: &Operand,
    zero_b: i16,
    how: &Integer,
    c: MatMut<i32>,
) -> Result<(), OutOfMemory> {
    if c.rows() == 0 || c.cols() == 0 {
        return Ok(());
    }
    let task = Task::new(a, b, &c, kernels::<f64>().mr);
    let rounding = Rounding::new(how, task.out, task.swapped);
    if task.a.k == 0 || how.alpha == 0.0 {
        task.without_terms(&rounding, 0);
        return Ok(());
    }
    let (x, y) = if task.swapped { (zero_b, zero_a) } else { (zero_a, zero_b) };
    // What is packed can't be packed anew with an offset: the sums of the other operand make up for it.
    let in_place = |operand: &Operand, zero: i16| if operand.role().is_some() { 0 } else { zero };
    let (x_done, y_done) = (in_place(&task.a, x), in_place(&task.b, y));
    let (rows, cols) = (doubles(&task.a, x_done.into()), doubles(&task.b, y_done.into()));
    let (m, n, k) = (task.a.count, task.b.count, task.a.k);
    let (x, y) = (i64::from(x - x_done), i64::from(y - y_done));
    let total =
        |side: &Elements<f64>, i: usize| (0..k).map(|p| side.get(i, p) as i64).fold(0, i64::wrapping_add);
    let terms = |side: &Elements<f64>, count: usize, factor: i64, constant: i64| -> Vec<i64> {
        if factor == 0 {
            return Vec::new();
        }
        (0..count).map(|i| total(side, i).wrapping_mul(factor).wrapping_add(constant)).collect()
    };
    let row_terms = terms(&rows, m, y, 0);
    let col_terms = terms(&cols, n, x, (k as i64).wrapping_mul(x).wrapping_mul(y));
    let finish = Wrapped { rounding, row_terms, col_terms };
    if k > EXACT_TERMS {
        long_words(&rows, &cols, m, n, k, &finish);
        return Ok(());
    }
    done(finish::multiply(&gemm(1.0, rows, cols, m, n, k), task.depth(), &finish))
}

/// Sums too long for [`EXACT_TERMS`], one by one.
fn long_words(rows: &Elements<f64>, cols: &Elements<f64>, m: usize, n: usize, k: usize, finish: &Wrapped) {
    for j in 0..n {
        for i in 0..m {
            let term = |p: usize| rows.get(i, p) as i64 * cols.get(j, p) as i64;
            let sum = (0..k).map(term).fold(0, i64::wrapping_add);
            // An `f64` has room for what counts of it.
            let sum = f64::from(sum as i32);
            // SAFETY: one sum, one element of C.
            unsafe { finish.finish(i..i + 1, j..j + 1, &sum, 1) };
        }
    }
}
