//! Inner products of rows of small numbers where they lie with a few columns prepared for them: for products whose rows
//! are used too seldom to be worth packing.
//!
//! Lanes are words along k, so a sum is one of all lanes at the end. A column is made of factors in whole blocks,
//! [`Terms::spread`]; bytes of rows are unsigned once their bits are turned, and nothing behind a row is read.
//! [`ROWS`] x [`COLUMNS`] at a time: 8 sums, as many as keep two pipes busy.

use super::WORD;
use super::skinny::{WIDEST, prepared_bytes};
use crate::simd::Isa;
use crate::simd::dot::terms::{Terms, TermsDispatch};
use crate::simd::dot::{Dot, FACTORS, Ints};

/// Rows at a time.
pub const ROWS: usize = 4;
/// Columns at a time.
pub const COLUMNS: usize = 2;

/// Rows, columns and their sums.
#[derive(Clone, Copy, Debug)]
pub struct Inner<S> {
    /// The first row.
    pub rows: *const u8,
    /// Bytes from a row to the next.
    pub row_stride: isize,
    /// Rows that exist, 1 to [`ROWS`].
    pub height: usize,
    /// Bytes of a row.
    pub bytes: usize,
    /// Exclusive-or of each word of a row, the same in all its bytes.
    pub flip: u32,
    /// The first column, as [`SkinnyKernels::prepare`](super::skinny::SkinnyKernels::prepare) leaves it.
    pub columns: *const u8,
    /// Bytes from the rows to others that are fetched meanwhile; 0 for none. Rows that are read next lie on pages that
    /// no prefetcher of the machine foresees.
    pub ahead: isize,
    /// Where the sums go; (i, j) is at `i + j * to_col`.
    pub to: *mut S,
    /// See `to`.
    pub to_col: usize,
}

/// # Safety
/// The CPU has ISA `P`; rows, columns and sums are as large as the fields say, `C` columns.
pub(super) unsafe fn products<P: Terms, const C: usize>(inner: &Inner<P::Sum>) {
    // SAFETY: the caller vouches for the ISA; `run` relies on the rest.
    unsafe { P::assume() }.enter(Products::<P, C>(inner));
}

struct Products<'a, P: Terms, const C: usize>(&'a Inner<P::Sum>);

impl<P: Terms, const C: usize> TermsDispatch<P> for Products<'_, P, C> {
    #[inline(always)]
    fn run(self, isa: P) {
        let inner = self.0;
        let vector = P::LANES * WORD;
        // A row that is missing is the last one once more.
        let mut rows = [inner.rows; ROWS];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = inner.rows.wrapping_offset(i.min(inner.height - 1) as isize * inner.row_stride);
        }
        let mut sums = [[isa.zero(); C]; ROWS];
        let whole = inner.bytes - inner.bytes % vector;
        for first in (0..whole).step_by(vector) {
            if inner.ahead != 0 && first.is_multiple_of(WIDEST) {
                for row in rows {
                    isa.dot().isa().prefetch(row.wrapping_add(first).wrapping_offset(inner.ahead));
                }
            }
            // SAFETY: a vector of each row and column.
            unsafe { step::<P, C>(isa, &mut sums, &rows, first, inner, first) };
        }
        if whole < inner.bytes {
            // What is not there becomes 0 when the bits are turned.
            let mut rest = [[inner.flip as u8; WIDEST]; ROWS];
            for i in 0..ROWS {
                // SAFETY: the last bytes of a row, fewer than a vector has.
                unsafe {
                    rows[i].add(whole).copy_to_nonoverlapping(rest[i].as_mut_ptr(), inner.bytes - whole)
                };
            }
            for i in 0..ROWS {
                rows[i] = rest[i].as_ptr();
            }
            // SAFETY: a vector of each copy; columns go on to the end of a vector.
            unsafe { step::<P, C>(isa, &mut sums, &rows, 0, inner, whole) };
        }
        for i in 0..inner.height {
            for j in 0..C {
                // SAFETY: the place of a sum that exists.
                unsafe { *inner.to.add(i + j * inner.to_col) = isa.total(sums[i][j]) };
            }
        }
    }
}

/// Adds the products of a vector of each row, `at` bytes from its beginning, and of each column, `first` bytes of its
/// numbers from the beginning.
///
/// # Safety
/// They must be readable.
#[inline(always)]
unsafe fn step<P: Terms, const C: usize>(
    isa: P,
    sums: &mut [[P::Sums; C]; ROWS],
    rows: &[*const u8; ROWS],
    at: usize,
    inner: &Inner<P::Sum>,
    first: usize,
) {
    let ints = isa.dot();
    let flip = <P::Dot as Dot>::Ints::splat(ints.isa(), inner.flip as i32);
    let column = inner.columns.wrapping_add(first / FACTORS * P::BLOCK_BYTES + first % FACTORS);
    for part in 0..P::PARTS {
        let mut words = [isa.part(flip, part); ROWS];
        for i in 0..ROWS {
            let row = ints.again(rows[i].wrapping_add(at));
            // SAFETY: the caller's promise.
            words[i] = isa.part(unsafe { <P::Dot as Dot>::Ints::load(ints.isa(), row) } ^ flip, part);
        }
        for j in 0..C {
            let column = column.wrapping_add(j * prepared_bytes(inner.bytes, P::BLOCK_BYTES));
            // SAFETY: the caller's promise.
            let factors = unsafe { isa.factors_of_lanes(column, part) };
            for i in 0..ROWS {
                sums[i][j] = isa.add_products(sums[i][j], words[i], factors);
            }
        }
    }
}
