//! Products with few columns (or few rows: the transposed product): the rows of A are used so seldom that packing them
//! would cost more than it wins. They are multiplied where they lie, each read once ([`inner`]).
//!
//! The sums that offsets of the columns need are those with one more column, of ones.

use super::dots::{Corrected, Dots};
use super::finish::Finish;
use super::operand::{Operand, Place};
use crate::engine::plan;
use crate::kernel::dot::inner::{self, COLUMNS, Column, Inner};
use crate::platform::memory::Buffer;
use crate::platform::{pool, topology};
use core::ops::Range;

/// Columns up to which a product is skinny. Measured on Zen 3, A 4096 x 4096, against packing: bytes 1.1 times as fast
/// at 8 columns, 0.8 at 32; bf16 twice as fast at 4.
const MOST_COLUMNS: usize = 8;
/// Part of L2 from which A is large: of smaller ones packed tiles are faster (8 columns, A 64 x 64: three times).
const A_SHARE: f64 = 0.1;
/// Rows whose sums are finished at a time.
const ROWS: usize = 32;
/// Pieces of rows for each thread, so that none waits long for another at the end.
const PIECES: usize = 4;

/// Sums of some rows.
type Block<S> = [S; ROWS * (MOST_COLUMNS + 1)];

/// A skinny product.
struct Skinny<'a, S: Corrected> {
    product: &'a Dots<'a, S>,
    /// Row 0 of A, whose numbers are adjacent.
    rows: *const u8,
    row_bytes: usize,
    row_stride: isize,
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

/// Multiplies if there are few columns and A is too large to stay near, both operands are as they were and the numbers
/// of a row of A adjacent; otherwise does nothing and says so.
pub(super) fn multiply<S: Corrected>(product: &Dots<S>, finish: &impl Finish<S>) -> bool {
    let Operand { count, k, kind, .. } = product.a.operand;
    let large = (count * k * kind.size()) as f64 > A_SHARE * topology::get().caches.l2 as f64;
    large && multiply_any(product, finish)
}

/// [`multiply`], however small A is.
pub(super) fn multiply_any<S: Corrected>(product: &Dots<S>, finish: &impl Finish<S>) -> bool {
    let (a, b) = (&product.a, &product.b);
    let Place::Matrix { from: rows, i_stride: row_stride, k_stride: 1, .. } = a.operand.place else {
        return false;
    };
    let Place::Matrix { from, i_stride, k_stride, .. } = b.operand.place else { return false };
    let (n, size) = (b.operand.count, a.operand.kind.size());
    if n > MOST_COLUMNS {
        return false;
    }
    let kernels = &product.kernels.inner;
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
    let row_stride = row_stride * size as isize;
    let (columns, column_terms) = (columns.cast_const(), [S::of(0); MOST_COLUMNS + 1]);
    let mut skinny =
        Skinny { product, rows, row_bytes, row_stride, count, columns, column_bytes, zeros, column_terms };
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
        let mut sums: Block<S> = [S::of(0); ROWS * (MOST_COLUMNS + 1)];
        for first in rows.clone().step_by(ROWS) {
            let here = first..(first + ROWS).min(rows.end);
            for row in here.clone().step_by(inner::ROWS) {
                let from = self.rows.wrapping_offset(row as isize * self.row_stride);
                let height = (here.end - row).min(inner::ROWS);
                // The next rows of this thread, if there are more.
                let ahead =
                    if row + inner::ROWS < rows.end { inner::ROWS as isize * self.row_stride } else { 0 };
                let to = &raw mut sums[row - first];
                self.inner_products(from, height, self.product.a.flip, ahead, to, ROWS);
            }
            self.correct(&mut sums);
            // SAFETY: the sums of these rows, which are this thread's.
            unsafe { finish.finish(here, 0..self.product.b.operand.count, sums.as_ptr(), ROWS) };
        }
    }

    /// The sums of up to [`inner::ROWS`] rows with all columns.
    fn inner_products(
        &self,
        rows: *const u8,
        height: usize,
        flip: u32,
        ahead: isize,
        to: *mut S,
        to_col: usize,
    ) {
        for j in (0..self.count).step_by(COLUMNS) {
            let product = Inner {
                rows,
                row_stride: self.row_stride,
                height,
                bytes: self.row_bytes,
                flip,
                ahead: if j == 0 { ahead } else { 0 },
                columns: self.columns.wrapping_add(j * self.column_bytes),
                to: to.wrapping_add(j * to_col),
                to_col,
            };
            let kernel = self.product.kernels.inner.products((self.count - j).min(COLUMNS));
            // SAFETY: rows of A, or one of ones; columns prepared, room for their sums; the CPU has the ISA.
            unsafe { kernel(&product) };
        }
    }

    /// x (sum b + k y) for each column, with the sums of b from a row of ones: see [`Skinny::correct`].
    fn find_column_terms(&mut self, ones: *const u8) {
        let (x, y) = self.zeros;
        let mut sums = [S::of(0); MOST_COLUMNS + 1];
        self.inner_products(ones, 1, 0, 0, sums.as_mut_ptr(), 1);
        let constant = (self.product.a.operand.k as i32).wrapping_mul(y);
        for (term, sum) in self.column_terms.iter_mut().zip(sums) {
            *term = S::of(sum.int().wrapping_add(constant).wrapping_mul(x));
        }
    }

    /// Adds what the offsets make: sum (a + x)(b + y) = sum a b + y sum a + x (sum b + k y).
    fn correct(&self, sums: &mut Block<S>) {
        let ((x, y), n) = (self.zeros, self.product.b.operand.count);
        if x == 0 && y == 0 {
            return;
        }
        let (sums, of_rows) = sums.split_at_mut(n * ROWS);
        for (j, sums) in sums.chunks_exact_mut(ROWS).enumerate() {
            for i in 0..ROWS {
                let of_row = if y == 0 { 0 } else { of_rows[i].int().wrapping_mul(y) };
                sums[i] = sums[i].plus(self.column_terms[j]).plus(S::of(of_row));
            }
        }
    }
}
