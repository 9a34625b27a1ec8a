//! C of 32-bit integers: `C <- alpha sums + beta C + offset`.
//!
//! The sums are 32-bit integers, exact modulo 2^32. With `alpha` 1, `beta` 0 and no offset they are C. Else the
//! expression is evaluated in `f64`, in this order, the result rounded to the nearest integer, to the even one of
//! two as near, and one that 32 bits can't hold replaced by the nearest that they can.

use super::epilogue::Per;
use super::finish::Finish;
use super::round::Round as _;
use super::task::Output;
use crate::kernel::dot::{LARGEST_TILE, MOST_ROWS};
use crate::simd::{Dispatch, Isa, dispatch};
use core::ops::Range;

/// What becomes of sums that are integers.
#[derive(Clone, Copy, Debug)]
pub struct Integer<'a> {
    /// Factor of the sums; 0 means that the operands are not read.
    pub alpha: f32,
    /// Factor of C; 0 means that C is not read.
    pub beta: f32,
    /// What is added.
    pub offset: Per<'a, i32>,
}

impl Integer<'_> {
    /// Whether C is the sums.
    pub(super) fn is_plain(&self) -> bool {
        self.alpha == 1.0 && self.beta == 0.0 && matches!(self.offset, Per::All(0))
    }
}

/// Rounds sums into C.
pub(super) struct Rounding<'a> {
    how: Integer<'a>,
    out: Output<i32>,
}

impl<'a> Rounding<'a> {
    /// `out` is C as the engine sees it, transposed if `swapped`.
    pub(super) fn new(how: &Integer<'a>, out: Output<i32>, swapped: bool) -> Self {
        let offset = if swapped { how.offset.t() } else { how.offset };
        Rounding { how: Integer { offset, ..*how }, out }
    }
}

impl Finish<i32> for Rounding<'_> {
    unsafe fn finish(&self, rows: Range<usize>, cols: Range<usize>, sums: *const i32, col: usize) {
        dispatch(Round { rounding: self, rows, cols, sums, col });
    }
}

struct Round<'a> {
    rounding: &'a Rounding<'a>,
    rows: Range<usize>,
    cols: Range<usize>,
    sums: *const i32,
    col: usize,
}

impl Dispatch for Round<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let Round { rounding: Rounding { how, out }, rows, cols, sums, col } = self;
        let offsets = match how.offset {
            Per::Row(offsets) => &offsets[rows.clone()],
            _ => &[0; MOST_ROWS][..rows.len()],
        };
        let (alpha, beta) = (f64::from(how.alpha), f64::from(how.beta));
        for (j, to_j) in cols.enumerate() {
            let of_column = how.offset.of_column(to_j);
            let (sums, c) = (sums.wrapping_add(j * col), out.at(rows.start, to_j));
            let row = out.row_stride;
            // One of the two offsets is 0, so that their sum is none that 32 bits can't hold.
            // SAFETY: the sums of column j and its elements of C, which the caller of `finish` vouches for.
            unsafe {
                if alpha == 1.0 && beta == 0.0 {
                    column(sums, c, row, offsets, |sum, _, offset| sum.saturating_add(offset + of_column));
                } else if beta == 0.0 {
                    column(sums, c, row, offsets, |sum, _, offset| {
                        (alpha * f64::from(sum) + f64::from(offset + of_column)).to_even() as i32
                    });
                } else {
                    column(sums, c, row, offsets, |sum, c, offset| {
                        let x = alpha * f64::from(sum) + beta * f64::from(*c);
                        (x + f64::from(offset + of_column)).to_even() as i32
                    });
                }
            }
        }
    }
}

/// Replaces elements of C, `row` from one to the next, by what `value` makes of sum, element and offset.
///
/// # Safety
/// There must be as many sums and elements as offsets, the elements writable.
#[inline(always)]
unsafe fn column(
    sums: *const i32,
    c: *mut i32,
    row: isize,
    offsets: &[i32],
    value: impl Fn(i32, *const i32, i32) -> i32,
) {
    let each = |row: isize| {
        for (i, &offset) in offsets.iter().enumerate() {
            // SAFETY: sum and element i, which the caller vouches for.
            unsafe {
                let c = c.offset(i as isize * row);
                *c = value(*sums.add(i), c, offset);
            }
        }
    };
    // Adjacent ones become vector code.
    if row == 1 { each(1) } else { each(row) }
}

/// Takes exact sums in `f64` modulo 2^32, with further terms for each row and column (none if empty).
pub(super) struct Wrapped<'a> {
    pub(super) rounding: Rounding<'a>,
    pub(super) row_terms: Vec<i64>,
    pub(super) col_terms: Vec<i64>,
}

impl Finish<f64> for Wrapped<'_> {
    unsafe fn finish(&self, rows: Range<usize>, cols: Range<usize>, sums: *const f64, col: usize) {
        let mut wrapped = [0i32; LARGEST_TILE];
        let height = rows.len();
        debug_assert!(height * cols.len() <= LARGEST_TILE);
        let term = |terms: &[i64], at: usize| terms.get(at).copied().unwrap_or(0);
        for (j, to_j) in cols.clone().enumerate() {
            let of_column = term(&self.col_terms, to_j);
            for (i, to_i) in rows.clone().enumerate() {
                // SAFETY: the caller vouches for the sums.
                let sum = unsafe { *sums.add(i + j * col) } as i64;
                let sum = sum.wrapping_add(of_column).wrapping_add(term(&self.row_terms, to_i));
                wrapped[i + j * height] = sum as i32;
            }
        }
        // SAFETY: the sums made here; the caller vouches for C.
        unsafe { self.rounding.finish(rows, cols, wrapped.as_ptr(), height) };
    }
}
