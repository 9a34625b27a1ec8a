//! `x <- A x` and `x <- A^-1 x`, A triangular in dense, banded or packed storage: trmv, tbmv, tpmv, trsv,
//! tbsv, tpsv.
//!
//! All sixteen cases of triangle, transposition and storage are four: lines are columns (then a known x_l
//! is taken out of the others, "add") or rows (then the others are taken out of x_l, "dot"), and the
//! triangle is *lower* or upper as a matrix. Lines go in groups: the small triangle that a group has on
//! the diagonal, element by element, and the panel beside it, by registers.

use super::panel::Panel;
use super::shape::beside;
use crate::level1::{self, lanes::each};
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa};
use crate::view::VecMut;

/// `x <- A x`, or `x <- A^-1 x` if `solve`; the elements of x are adjacent.
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
    fn run<S: Isa>(self, isa: S) {
        debug_assert!(self.x.stride() == 1);
        match (self.a.lines.columns, self.after) {
            (true, true) => self.groups::<S, true, true>(isa),
            (true, false) => self.groups::<S, true, false>(isa),
            (false, true) => self.groups::<S, false, true>(isa),
            (false, false) => self.groups::<S, false, false>(isa),
        }
    }
}

/// `COLUMNS` and `AFTER` say the same as the fields.
impl<T: Scalar> Triangular<'_, T> {
    /// Whether lines are worked on in ascending order: a solution needs what is solved, a product what is not
    /// multiplied yet.
    #[inline(always)]
    fn ascends(&self) -> bool {
        let lower = self.a.lines.columns == self.after;
        lower == self.solve
    }

    /// Whether the diagonal's turn is before that of what is beside it.
    #[inline(always)]
    fn diagonal_first(&self) -> bool {
        self.a.lines.columns == self.solve
    }

    #[inline(always)]
    fn groups<S: Isa, const COLUMNS: bool, const AFTER: bool>(&self, isa: S) {
        let (mut start, mut end) = (0, self.x.len());
        let ascends = self.ascends();
        while start < end {
            let count = if end - start >= 4 { 4 } else { 1 };
            let l = if ascends { start } else { end - count };
            if count == 4 {
                self.group::<S, 4, COLUMNS, AFTER>(isa, l);
            } else {
                self.group::<S, 1, COLUMNS, AFTER>(isa, l);
            }
            if ascends { start += count } else { end -= count }
        }
    }

    /// Lines `l .. l + G`.
    #[inline(always)]
    fn group<S: Isa, const G: usize, const COLUMNS: bool, const AFTER: bool>(&self, isa: S, l: usize) {
        let x = self.x.as_mut_ptr();
        let window = beside(l, G, AFTER, self.x.len());
        let mut part: [T; G] = each(|g| self.x.get(l + g));
        // SAFETY: lines of the caller's matrix; x has elements for all of them.
        unsafe {
            if self.diagonal_first() {
                self.corner::<G, COLUMNS, AFTER>(l, &mut part);
            }
            if COLUMNS {
                let taken: [T; G] = each(|g| self.signed(part[g]));
                self.a.add(isa, l, taken, x, &window);
            } else {
                let sums: [T; G] = self.a.dot(isa, l, x, &window);
                for g in 0..G {
                    part[g] += self.signed(sums[g]);
                }
            }
            if !self.diagonal_first() {
                self.corner::<G, COLUMNS, AFTER>(l, &mut part);
            }
            x.wrapping_add(l).cast::<[T; G]>().write(part);
        }
    }

    /// A product is added, what is solved is subtracted.
    #[inline(always)]
    fn signed(&self, x: T) -> T {
        if self.solve { -x } else { x }
    }

    /// The small triangle of lines `l .. l + G` on the diagonal, applied to their part of x.
    ///
    /// # Safety
    /// The lines must exist.
    #[inline(always)]
    unsafe fn corner<const G: usize, const COLUMNS: bool, const AFTER: bool>(
        &self,
        l: usize,
        part: &mut [T; G],
    ) {
        // Row and column k of the triangle as if it were lower.
        let place = |k: usize| if COLUMNS == AFTER { k } else { G - 1 - k };
        let lines: [*const T; G] = self.a.group_at(l);
        let element = |row: usize, column: usize| {
            let (row, column) = (place(row), place(column));
            let (line, i) = if COLUMNS { (column, row) } else { (row, column) };
            // SAFETY: only called for elements of the triangle and its diagonals.
            unsafe { *lines[line].wrapping_offset(i as isize * self.a.lines.step) }.conj_if(self.a.conj)
        };
        if self.solve {
            for known in 0..G {
                if !self.unit {
                    part[place(known)] = part[place(known)].divide(element(known, known));
                }
                for row in known + 1..G {
                    if row - known <= self.reach {
                        part[place(row)] += -element(row, known) * part[place(known)];
                    }
                }
            }
        } else {
            for row in (0..G).rev() {
                if !self.unit {
                    part[place(row)] = element(row, row) * part[place(row)];
                }
                for column in 0..row {
                    if row - column <= self.reach {
                        part[place(row)] += element(row, column) * part[place(column)];
                    }
                }
            }
        }
    }

    /// The same for x with any stride, without memory: line by line by the operations of level 1.
    pub fn line_by_line(mut self) {
        let n = self.x.len();
        for k in 0..n {
            let l = if self.ascends() { k } else { n - 1 - k };
            let mut part = [self.x.get(l)];
            let range = self.a.spans.of(l, &beside(l, 1, self.after, n));
            // SAFETY: what the line has beside the diagonal, and the line itself.
            unsafe {
                let line = self.a.vector(l, range.clone());
                if self.diagonal_first() {
                    self.corner::<1, true, true>(l, &mut part);
                }
                if self.a.lines.columns {
                    let (c, x) = (self.signed(part[0]), self.x.slice(range));
                    if self.a.conj { level1::axpyc(c, line, x) } else { level1::axpy(c, line, x) }
                } else {
                    let x = self.x.as_ref().slice(range);
                    let sum = if self.a.conj { level1::dotc(line, x) } else { level1::dot(line, x) };
                    part[0] += self.signed(sum);
                }
                if !self.diagonal_first() {
                    self.corner::<1, true, true>(l, &mut part);
                }
            }
            self.x.set(l, part[0]);
        }
    }
}
