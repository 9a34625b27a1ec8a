//! C of 32-bit integers: `C <- alpha sums + beta C + offset`.
//!
//! The sums are 32-bit integers, exact modulo 2^32. With `alpha` 1, `beta` 0 and no offset they are C. Else the
//! expression is evaluated in `f64`, in this order, the result rounded to the nearest integer, to the even one of
//! two as near, and one that 32 bits can't hold replaced by the nearest that they can.

use super::epilogue::Per;
use super::finish::Finish;
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
        let mut offsets = [0; MOST_ROWS];
        for (i, offset) in offsets.iter_mut().enumerate().take(rows.len()) {
            *offset = how.offset.of_row(rows.start + i);
        }
        let mut column = [0; MOST_ROWS];
        let column = &mut column[..rows.len()];
        for (j, to_j) in cols.enumerate() {
            let of_column = how.offset.of_column(to_j);
            let c = out.at(rows.start, to_j);
            for (i, x) in column.iter_mut().enumerate() {
                // SAFETY: the sum of element (i, j), which the caller of `finish` vouches for.
                *x = unsafe { *sums.add(i + j * col) };
            }
            if how.alpha == 1.0 && how.beta == 0.0 {
                // One of the two offsets is 0: no sum of both is ever too large.
                column
                    .iter_mut()
                    .zip(&offsets)
                    .for_each(|(x, offset)| *x = x.saturating_add(offset + of_column));
            } else {
                let (alpha, beta) = (f64::from(how.alpha), f64::from(how.beta));
                let mut reals = [0f64; MOST_ROWS];
                for (real, &x) in reals.iter_mut().zip(&*column) {
                    *real = alpha * f64::from(x);
                }
                if beta != 0.0 {
                    for (i, real) in reals.iter_mut().enumerate().take(rows.len()) {
                        // SAFETY: element (i, j) of C.
                        *real += beta * f64::from(unsafe { *c.offset(i as isize * out.row_stride) });
                    }
                }
                for ((x, real), &offset) in column.iter_mut().zip(reals).zip(&offsets) {
                    *x = nearest(real + f64::from(offset + of_column));
                }
            }
            let store = |stride: isize| {
                for (i, &x) in column.iter().enumerate() {
                    // SAFETY: element (i, j) of C, which is this thread's.
                    unsafe { *c.offset(i as isize * stride) = x };
                }
            };
            if out.row_stride == 1 { store(1) } else { store(out.row_stride) }
        }
    }
}

/// The nearest integer, the even one of two as near, or the nearest that 32 bits hold; NaN gives 0.
#[inline(always)]
fn nearest(x: f64) -> i32 {
    // Its last bits are whole numbers.
    const WHOLE: f64 = 1.5 * (1u64 << 52) as f64;
    let x = if x < f64::from(i32::MIN) { f64::from(i32::MIN) } else { x };
    let x = if x > f64::from(i32::MAX) { f64::from(i32::MAX) } else { x };
    let x = if x.is_nan() { 0.0 } else { x };
    (x + WHOLE).to_bits() as i32
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
