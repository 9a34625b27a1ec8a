//! Products with few columns (or few rows: the transposed product): the rows of A are used so seldom that packing
//! them would cost more than it wins. They are multiplied where they lie, each read once: by inner products
//! ([`inner`]) where the numbers of a row are adjacent, by outer ones ([`outer`]) where those of a column are.
//!
//! The sums that offsets of the columns need are those with one more column, of ones.

use super::dots::{Corrected, Dots};
use super::finish::Finish;
use super::operand::{Operand, Place};
use super::side::Side;
use crate::engine::plan;
use crate::kernel::dot::inner::{self, COLUMNS, Inner};
use crate::kernel::dot::outer::{self, Outer};
use crate::kernel::dot::skinny::{Column, SkinnyKernels};
use crate::platform::memory::Buffer;
use crate::platform::{pool, topology};
use core::ops::Range;

/// Columns up to which a product is skinny. Measured on Zen 3, A 4096 x 4096, against packing: with adjacent rows bytes
/// 1.1 times as fast at 8 columns, 0.8 at 32; bf16 twice as fast at 4, f16 1.2 to 1.7 times at 8. With adjacent columns
/// bytes 1.05 to 2 times as fast at 8 columns, bf16 1.1, f16 1.5.
pub(super) const MOST_COLUMNS: usize = 8;
/// Part of L2 from which A is large: of smaller ones packed tiles are faster (8 columns, A 64 x 64: three times).
const A_SHARE: f64 = 0.1;
/// Rows whose sums are finished at a time.
const ROWS: usize = 32;
/// Sums of outer products that are formed at a time: half of L1.
const SUMS: usize = 4096;
/// Pieces of rows for each thread, so that none waits long for another at the end.
const PIECES: usize = 4;

/// Sums of some rows.
#[repr(align(64))]
struct Block<S>([S; SUMS]);
const _: () = assert!(ROWS.is_multiple_of(outer::ROWS) && ROWS * (MOST_COLUMNS + 1) <= SUMS);

/// A product that may be skinny: A and columns with what their sides say added to each number.
pub(super) struct Product<'a, S: 'static> {
    pub(super) kernels: &'static SkinnyKernels<S>,
    pub(super) a: Side<'a>,
    pub(super) b: Side<'a>,
}

impl<'a, S> From<&Dots<'a, S>> for Product<'a, S> {
    fn from(dots: &Dots<'a, S>) -> Self {
        Product { kernels: &dots.kernels.skinny, a: dots.a, b: dots.b }
    }
}

/// Which numbers of A are adjacent.
#[derive(Clone, Copy)]
enum Adjacent {
    /// Those of a row; bytes from a row to the next.
    Row(isize),
    /// Those of a column; bytes from a column to the next.
    Column(isize),
}

/// A skinny product.
struct Skinny<'a, S: Corrected> {
    product: &'a Product<'a, S>,
    /// Number (0, 0) of A.
    from: *const u8,
    adjacent: Adjacent,
    row_bytes: usize,
    /// Columns that are prepared, with the one of ones.
    count: usize,
    columns: *const u8,
    column_bytes: usize,
    /// What is still to be added to a byte of A and to one of a column.
    zeros: (i32, i32),
    /// What the offset of A adds to the sums of a column.
    column_terms: [S; MOST_COLUMNS + 1],
}

// SAFETY: memory that is only read.
unsafe impl<S: Corrected> Sync for Skinny<'_, S> {}

/// Whether there are few columns, A is too large to stay near, and both are as they were, numbers of A adjacent one way
/// or the other.
pub(super) fn serves(a: &Operand, b: &Operand) -> bool {
    let large = (a.count * a.k * a.kind.size()) as f64 > A_SHARE * topology::get().caches.l2 as f64;
    large && b.count <= MOST_COLUMNS && b.role().is_none() && adjacent(a).is_some()
}

/// Where A begins and what is adjacent in it, if anything is.
fn adjacent(a: &Operand) -> Option<(*const u8, Adjacent)> {
    let bytes = |stride: isize| stride * a.kind.size() as isize;
    match a.place {
        Place::Matrix { from, i_stride, k_stride: 1, .. } => Some((from, Adjacent::Row(bytes(i_stride)))),
        Place::Matrix { from, i_stride: 1, k_stride, .. } => Some((from, Adjacent::Column(bytes(k_stride)))),
        _ => None,
    }
}

/// Multiplies if the product is one that this file [`serves`] and there is memory for the columns; otherwise does
/// nothing and says so.
pub(super) fn multiply<S: Corrected>(product: &Product<S>, finish: &impl Finish<S>) -> bool {
    serves(&product.a.operand, &product.b.operand) && multiply_any(product, finish)
}

/// [`multiply`], however small A is.
pub(super) fn multiply_any<S: Corrected>(product: &Product<S>, finish: &impl Finish<S>) -> bool {
    let (a, b) = (&product.a, &product.b);
    let Some((rows, adjacent)) = adjacent(&a.operand) else { return false };
    let Place::Matrix { from, i_stride, k_stride, .. } = b.operand.place else { return false };
    let (n, size) = (b.operand.count, a.operand.kind.size());
    if n > MOST_COLUMNS {
        return false;
    }
    let kernels = product.kernels;
    // The offset of B goes into the columns, if it fits.
    let (offset, y) = kernels.takes_offset(b.zero).map_or((0, b.zero), |offset| (offset, 0));
    let zeros = (a.zero, y);
    let row_bytes = a.operand.k * size;
    let column_bytes = kernels.column_bytes(row_bytes);
    let count = n + usize::from(y != 0);
    let Some(buffer) = Buffer::take(count * column_bytes + row_bytes) else { return false };
    let columns = buffer.as_mut_ptr();
    let ones = columns.wrapping_add(count * column_bytes);
    let corrected = zeros != (0, 0);
    // SAFETY: the buffer has room for the columns and a row of ones.
    unsafe {
        if corrected {
            ones.write_bytes(1, row_bytes);
        }
        for j in 0..count {
            let to = columns.wrapping_add(j * column_bytes);
            (kernels.prepare)(&if j < n {
                let from = from.wrapping_offset(j as isize * i_stride * size as isize);
                Column {
                    from,
                    stride: k_stride * size as isize,
                    bytes: row_bytes,
                    flip: b.flip as u8,
                    offset,
                    to,
                }
            } else {
                Column { from: ones, stride: 1, bytes: row_bytes, flip: 0, offset: 0, to }
            });
        }
    }
    let (columns, column_terms) = (columns.cast_const(), [S::of(0); MOST_COLUMNS + 1]);
    let mut skinny = Skinny {
        product,
        from: rows,
        adjacent,
        row_bytes,
        count,
        columns,
        column_bytes,
        zeros,
        column_terms,
    };
    if corrected {
        skinny.find_column_terms(ones);
    }
    skinny.share(finish);
    true
}

impl<S: Corrected> Skinny<'_, S> {
    /// Multiplies on as many threads as pay.
    fn share(&self, finish: &impl Finish<S>) {
        let m = self.product.a.operand.count;
        let chunks = m.div_ceil(ROWS);
        // Each column costs about as much as reading the rows once more.
        let threads = plan::stream_threads(m * self.row_bytes * (self.count + 1)).min(chunks);
        if threads == 1 {
            self.multiply(0..m, finish);
            return;
        }
        let team = pool::take(threads);
        let pieces = (team.size() * PIECES).min(chunks);
        let from = |piece: usize| (chunks * piece / pieces * ROWS).min(m);
        team.share(pieces, |piece| self.multiply(from(piece)..from(piece + 1), finish));
    }

    /// Multiplies these rows.
    fn multiply(&self, rows: Range<usize>, finish: &impl Finish<S>) {
        let at_once = match self.adjacent {
            Adjacent::Row(_) => ROWS,
            Adjacent::Column(_) => SUMS / self.count / ROWS * ROWS,
        };
        let mut sums = Block([S::of(0); SUMS]);
        for first in rows.clone().step_by(at_once) {
            let here = first..(first + at_once).min(rows.end);
            match self.adjacent {
                Adjacent::Row(stride) => self.inner_products(here.clone(), rows.end, stride, &mut sums.0),
                Adjacent::Column(stride) => self.outer_products(here.clone(), at_once, stride, &mut sums.0),
            }
            self.correct(&mut sums.0, at_once);
            for row in here.clone().step_by(ROWS) {
                let rows = row..(row + ROWS).min(here.end);
                let sums = &raw const sums.0[row - first];
                // SAFETY: the sums of these rows, which are this thread's.
                unsafe { finish.finish(rows, 0..self.product.b.operand.count, sums, at_once) };
            }
        }
    }

    /// The sums of up to [`ROWS`] rows, `stride` bytes apart, of those before `end`, with all columns.
    fn inner_products(&self, rows: Range<usize>, end: usize, stride: isize, sums: &mut [S]) {
        for row in rows.clone().step_by(inner::ROWS) {
            let from = self.from.wrapping_offset(row as isize * stride);
            let height = (rows.end - row).min(inner::ROWS);
            // The next rows of this thread, if there are more.
            let ahead = if row + inner::ROWS < end { inner::ROWS as isize * stride } else { 0 };
            let to = &raw mut sums[row - rows.start];
            self.inner_product(from, (height, stride), self.product.a.flip, ahead, to, ROWS);
        }
    }

    /// The sums of these rows, with all columns, `at_once` from a column of sums to the next.
    fn outer_products(&self, rows: Range<usize>, at_once: usize, stride: isize, sums: &mut [S]) {
        let Operand { k, kind, .. } = self.product.a.operand;
        sums.fill(S::of(0));
        let product = Outer {
            from: self.from.wrapping_add(rows.start * kind.size()),
            k_stride: stride,
            rows: rows.len(),
            k,
            flip: self.product.a.flip,
            columns: self.columns,
            n: self.count,
            sums: sums.as_mut_ptr(),
            sums_col: at_once,
        };
        // SAFETY: rows of A; columns prepared, room for their sums, of whole vectors; the CPU has the ISA.
        unsafe { (self.product.kernels.outer)(&product) };
    }

    /// The sums of up to [`inner::ROWS`] rows with all columns.
    fn inner_product(
        &self,
        rows: *const u8,
        (height, row_stride): (usize, isize),
        flip: u32,
        ahead: isize,
        to: *mut S,
        to_col: usize,
    ) {
        for j in (0..self.count).step_by(COLUMNS) {
            let product = Inner {
                rows,
                row_stride,
                height,
                bytes: self.row_bytes,
                flip,
                ahead: if j == 0 { ahead } else { 0 },
                columns: self.columns.wrapping_add(j * self.column_bytes),
                to: to.wrapping_add(j * to_col),
                to_col,
            };
            let kernel = self.product.kernels.inner((self.count - j).min(COLUMNS));
            // SAFETY: rows of A, or one of ones; columns prepared, room for their sums; the CPU has the ISA.
            unsafe { kernel(&product) };
        }
    }

    /// x (sum b + k y) for each column, with the sums of b from a row of ones: see [`Skinny::correct`].
    fn find_column_terms(&mut self, ones: *const u8) {
        let (x, y) = self.zeros;
        let mut sums = [S::of(0); MOST_COLUMNS + 1];
        self.inner_product(ones, (1, 0), 0, 0, sums.as_mut_ptr(), 1);
        let constant = (self.product.a.operand.k as i32).wrapping_mul(y);
        for (term, sum) in self.column_terms.iter_mut().zip(sums) {
            *term = S::of(sum.int().wrapping_add(constant).wrapping_mul(x));
        }
    }

    /// Adds what the offsets make: sum (a + x)(b + y) = sum a b + y sum a + x (sum b + k y).
    fn correct(&self, sums: &mut [S], to_col: usize) {
        let ((x, y), n) = (self.zeros, self.product.b.operand.count);
        if x == 0 && y == 0 {
            return;
        }
        let (sums, of_rows) = sums.split_at_mut(n * to_col);
        for (j, sums) in sums.chunks_exact_mut(to_col).enumerate() {
            for i in 0..to_col {
                let of_row = if y == 0 { 0 } else { of_rows[i].int().wrapping_mul(y) };
                sums[i] = sums[i].plus(self.column_terms[j]).plus(S::of(of_row));
            }
        }
    }
}
