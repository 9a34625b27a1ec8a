//! `x <- A x` and `x <- A^-1 x`, A triangular in dense, banded or packed storage: trmv, tbmv, tpmv, trsv,
//! tbsv, tpsv.
//!
//! All sixteen cases of triangle, transposition and storage are four: lines are columns (then a known x_l
//! is taken out of the others, "add") or rows (then the others are taken out of x_l, "dot"), and the
//! triangle is *lower* or upper as a matrix. Lines go in groups: the small triangle that a group has on
//! the diagonal, element by element, and the panel beside it, by registers.

use super::panel::Panel;
use super::shape::{Room, window_length, windows};
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa};
use crate::view::VecMut;
use core::ops::Range;

/// `x <- A x`, or `x <- A^-1 x` if `solve`.
pub struct Triangular<'a, T> {
    /// What is beside the diagonal.
    pub a: Panel<T>,
    /// Whether lines go on after the diagonal.
    pub after: bool,
    /// Diagonals beside the main one.
    pub reach: usize,
    /// Whether the diagonal is one.
    pub unit: bool,
    pub solve: bool,
    pub x: VecMut<'a, T>,
}

impl<T: Scalar> Dispatch for Triangular<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(mut self, isa: S) {
        let n = self.x.len();
        let step = window_length(self.x.stride(), n);
        let blocks = n.div_ceil(step);
        let (mut near, mut far) = (Room::new(), Room::new());
        for k in 0..blocks {
            let k = if self.ascends() { k } else { blocks - 1 - k };
            let block = k * step..n.min((k + 1) * step);
            let x = near.gather_mut(&self.x, &block);
            let (beside, longest) =
                if self.after { (block.end..n, block.end - 1) } else { (0..block.start, block.start) };
            for diagonal in [self.diagonal_first(), !self.diagonal_first()] {
                if diagonal {
                    self.diagonal_block(isa, &block, x);
                    continue;
                }
                for window in windows(beside.clone(), step) {
                    if self.a.spans.of(longest, &window).is_empty() {
                        continue;
                    }
                    let x_far = far.gather_mut(&self.x, &window);
                    for l in block.clone() {
                        self.beside::<S, 1>(isa, l, x, x_far, &window);
                    }
                    far.scatter(&mut self.x, &window);
                }
            }
            near.scatter(&mut self.x, &block);
        }
    }
}

impl<T: Scalar> Triangular<'_, T> {
    /// Whether A is lower triangular.
    #[inline(always)]
    fn lower(&self) -> bool {
        self.a.lines.columns == self.after
    }

    /// The order of lines: a solution needs what is solved, a product what is not multiplied yet.
    #[inline(always)]
    fn ascends(&self) -> bool {
        self.lower() == self.solve
    }

    /// Whether the diagonal's turn is before that of what is beside it.
    #[inline(always)]
    fn diagonal_first(&self) -> bool {
        self.a.lines.columns == self.solve
    }

    /// Lines `block` as far as they are in the diagonal block.
    #[inline(always)]
    fn diagonal_block<S: Isa>(&self, isa: S, block: &Range<usize>, x: *mut T) {
        let Range { mut start, mut end } = block.clone();
        while start < end {
            let count = if end - start >= 4 { 4 } else { 1 };
            let l = if self.ascends() { start } else { end - count };
            if count == 4 {
                self.group::<S, 4>(isa, l, x, block);
            } else {
                self.group::<S, 1>(isa, l, x, block);
            }
            if self.ascends() { start += count } else { end -= count }
        }
    }

    #[inline(always)]
    fn group<S: Isa, const G: usize>(&self, isa: S, l: usize, x: *mut T, block: &Range<usize>) {
        let beside = if self.after { l + G..block.end } else { block.start..l };
        for diagonal in [self.diagonal_first(), !self.diagonal_first()] {
            if diagonal {
                self.corner::<G>(l, x);
            } else {
                self.beside::<S, G>(isa, l, x, x, &beside);
            }
        }
    }

    /// What lines `l .. l + G` have in `window`, beside the diagonal.
    #[inline(always)]
    fn beside<S: Isa, const G: usize>(
        &self,
        isa: S,
        l: usize,
        x: *mut T,
        far: *mut T,
        window: &Range<usize>,
    ) {
        // SAFETY: lines of the caller's matrix; x around l and `far` in the window were gathered.
        unsafe {
            if self.a.lines.columns {
                let c: [T; G] = core::array::from_fn(|g| self.signed(*x.wrapping_add(l + g)));
                self.a.add(isa, l, c, far, window);
            } else {
                let sums: [T; G] = self.a.dot(isa, l, far, window);
                for (g, sum) in sums.into_iter().enumerate() {
                    *x.wrapping_add(l + g) += self.signed(sum);
                }
            }
        }
    }

    /// A product is added, what is solved is subtracted.
    #[inline(always)]
    fn signed(&self, x: T) -> T {
        if self.solve { -x } else { x }
    }

    /// The small triangle of lines `l .. l + G` on the diagonal.
    #[inline(always)]
    fn corner<const G: usize>(&self, l: usize, x: *mut T) {
        if self.lower() { self.corner_of::<G, true>(l, x) } else { self.corner_of::<G, false>(l, x) }
    }

    #[inline(always)]
    fn corner_of<const G: usize, const LOWER: bool>(&self, l: usize, x: *mut T) {
        let place = |k: usize| if LOWER { k } else { G - 1 - k };
        // SAFETY: lines of the caller's matrix; x around l was gathered.
        let mut part: [T; G] = core::array::from_fn(|g| unsafe { *x.wrapping_add(l + g) });
        if self.solve {
            for k in 0..G {
                let known = place(k);
                if !self.unit {
                    part[known] = part[known].divide(self.element(l + known, l + known));
                }
                for k in k + 1..G {
                    let other = place(k);
                    if known.abs_diff(other) <= self.reach {
                        part[other] += -self.element(l + other, l + known) * part[known];
                    }
                }
            }
        } else {
            for k in (0..G).rev() {
                let row = place(k);
                if !self.unit {
                    part[row] = self.element(l + row, l + row) * part[row];
                }
                for k in 0..k {
                    let column = place(k);
                    if row.abs_diff(column) <= self.reach {
                        part[row] += self.element(l + row, l + column) * part[column];
                    }
                }
            }
        }
        for (g, value) in part.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { *x.wrapping_add(l + g) = value };
        }
    }

    /// A(row, column), which must be stored.
    #[inline(always)]
    fn element(&self, row: usize, column: usize) -> T {
        let (l, i) = if self.a.lines.columns { (column, row) } else { (row, column) };
        // SAFETY: only called for elements of the triangle and its diagonals.
        unsafe { self.a.lines.get(l, i) }.conj_if(self.a.conj)
    }
}
