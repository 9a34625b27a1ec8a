//! A product and where its C is, as the engine sees them: its C has adjacent rows, so a row-major product is the
//! transposed one, with A and B in each other's place.

use super::finish::{self, Finish};
use super::operand::{Kind, Operand};
use super::packed::{Format, Role};
use super::side::Side;
use super::skinny;
use super::sums::Sum;
use crate::kernel::dot::DotKernels;
use crate::platform::topology;
use crate::view::MatMut;

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

/// Whether the engine multiplies the transposed matrices, B in the place of A: as packed operands need it, else so
/// that rows of C are adjacent, unless that would leave most lanes of a tile without a row.
fn swaps(a: &Operand, b: &Operand, by_rows: bool, mr: usize) -> bool {
    let packed = a.role().map(|role| role == Role::Columns).or(b.role().map(|role| role == Role::Rows));
    packed.unwrap_or_else(|| {
        let (rows, cols) = if by_rows { (b.count, a.count) } else { (a.count, b.count) };
        by_rows != (2 * rows <= mr && rows < cols)
    })
}

/// Rows up to which a large B is multiplied where it lies. Measured on Zen 5 with the next two, B of 1024 to 4096 columns and
/// as many or more k: bytes 1.1 to 1.4 times as fast as packed at 12 to 48 rows, 1.0 to 1.2 up to 100 (0.9 at 20 whose
/// C is turned); bf16 1.0 to 1.6.
const STREAMED_ROWS: usize = 128;
/// Depth from which; 0.6 to 0.85 times as fast at 64 and 128.
const STREAMED_DEPTH: usize = 512;
/// Part of L2 from which B is large; 0.8 to 0.93 times as fast at 0.4 and 0.5.
const LARGE: f64 = 1.0;
/// Part of the lanes that rows fill where C has to be turned, or lanes of which they need not: packed, the other side would
/// fill all. Measured there, bytes: 0.88 times as fast at 100 of 112, 1.07 at 96; 1.36 at 16.
const FILLED: f64 = 0.9;
const FEW_LANES: f64 = 16.0;

/// How B is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// In packed blocks.
    Packed,
    /// Once: by panels that are packed while all of A, packed beforehand, is multiplied by them.
    Near,
    /// Once, by kernels that read it where it lies.
    Streamed,
}

/// Numbers of both operands up to which B is multiplied where it lies if it can be.
const SMALL: usize = 1 << 14;

/// A product and where its C is, as the engine sees them.
pub(super) struct Task<'a, T> {
    /// A, or B of the transposed product.
    pub(super) a: Operand<'a>,
    pub(super) b: Operand<'a>,
    pub(super) swapped: bool,
    /// How B is read.
    pub(super) pass: Pass,
    pub(super) out: Output<T>,
}

impl<'a, T: Copy> Task<'a, T> {
    pub(super) fn new(a: &Operand<'a>, b: &Operand<'a>, c: &MatMut<T>, mr: usize) -> Self {
        assert!(a.k == b.k && a.count == c.rows() && b.count == c.cols(), "the shapes of a product");
        let out = Output::new(c);
        if swaps(a, b, c.col_stride() == 1 && c.row_stride() != 1, mr) {
            Task { a: *b, b: *a, swapped: true, pass: Pass::Packed, out: out.t() }
        } else {
            Task { a: *a, b: *b, swapped: false, pass: Pass::Packed, out }
        }
    }

    /// The task of these kernels: where one operand is large and [lies](Side::lies) as they read it, and the other is short,
    /// the large one is B and read once.
    pub(super) fn of_dots<S>(
        a: &Operand<'a>,
        b: &Operand<'a>,
        c: &MatMut<T>,
        kernels: &DotKernels<S>,
    ) -> Self {
        let swapped = a.count > b.count;
        let (few, many) = if swapped { (b, a) } else { (a, b) };
        let large = (many.count * many.k * many.kind.size()) as f64;
        let out = if swapped { Output::new(c).t() } else { Output::new(c) };
        let (rows, padded) = (few.count as f64, kernels.padded(few.count) as f64);
        let filled = out.row_stride == 1 || rows >= FILLED * padded || padded <= FEW_LANES;
        let few_rows = few.role().is_none()
            && (skinny::MOST_COLUMNS + 1..=STREAMED_ROWS).contains(&few.count)
            && many.k >= STREAMED_DEPTH
            && filled
            && large >= LARGE * topology::get().caches.l2 as f64;
        let pass = if few_rows && Side::lies(many, kernels) {
            Pass::Streamed
        } else if few_rows && Side::rounds_once(many, kernels) {
            Pass::Near
        } else {
            let mut task = Task::new(a, b, c, kernels.mr);
            // Of small ones nothing is far, and of bytes that stay as they are no sums are needed.
            let (bytes, numbers) = (task.b.kind.size() == 1, task.a.count.max(task.b.count) * task.a.k);
            if bytes && numbers <= SMALL && task.a.role().is_none() && Side::lies(&task.b, kernels) {
                task.pass = Pass::Streamed;
            }
            return task;
        };
        assert!(a.k == b.k && a.count == c.rows() && b.count == c.cols(), "the shapes of a product");
        Task { a: *few, b: *many, swapped, pass, out }
    }

    /// C, if its columns are as the kernels write them.
    pub(super) fn adjacent(&self) -> Option<(*mut T, usize)> {
        let by_columns = self.out.row_stride == 1 || self.a.count == 1;
        (by_columns && self.out.col_stride >= 0).then_some((self.out.c, self.out.col_stride as usize))
    }

    /// C, if its rows are instead.
    pub(super) fn turned(&self) -> Option<(*mut T, usize)> {
        let by_rows = self.out.col_stride == 1 && self.out.row_stride >= 0;
        by_rows.then_some((self.out.c, self.out.row_stride as usize))
    }

    /// Depth of blocks of k, in the units of the format of numbers of type `kind`, which are multiplied.
    pub(super) fn depth(&self, kind: Kind) -> usize {
        let panels = self.a.panels().or(self.b.panels());
        panels.map_or_else(|| Format::new(kind).depth(self.a.k), |panels| panels.layout().kc)
    }

    /// Finishes C where there is nothing to multiply.
    pub(super) fn without_terms<S: Sum>(&self, finish: &impl Finish<S>, zero: S) {
        finish::of_nothing(self.a.count, self.b.count, finish, zero);
    }
}

/// There was no memory for even the smallest blocks: C is not or only in part what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

pub(super) fn done(multiplied: bool) -> Result<(), OutOfMemory> {
    if multiplied { Ok(()) } else { Err(OutOfMemory) }
}
