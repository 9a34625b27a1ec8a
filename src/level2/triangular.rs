//! `x <- A x` and `x <- A^-1 x`, A triangular in dense, banded or packed storage: trmv, tbmv, tpmv, trsv,
//! tbsv, tpsv.
//!
//! All sixteen cases of triangle, transposition and storage are four: lines are columns (then a known x_l
//! is taken out of the others, "add") or rows (then the others are taken out of x_l, "dot"), and the
//! triangle is *lower* or upper as a matrix. Lines go in groups: the small triangle that a group has on
//! the diagonal, element by element, and the panel beside it, by registers.
//!
//! Threads share the lines of large products by rows, from a copy of what x was; each element is computed as by one
//! thread. By columns, of which threads would take short pieces, two threads were slower than one in packed products
//! and in solutions (measured on a Zen 3).

use super::panel::Panel;
use super::shape::beside;
use crate::engine::passes;
use crate::level1::{self, lanes::each};
use crate::platform::memory::Buffer;
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa};
use crate::view::VecMut;
use core::ops::Range;

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

// SAFETY: the matrix is only read; of x, threads write different elements, and read what none writes.
unsafe impl<T: Sync> Sync for Triangular<'_, T> {}

/// Bytes of a triangle about whose threads the cost model is asked.
const LARGE: usize = 64 * 1024;

impl<T: Scalar> Dispatch for &Triangular<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        debug_assert!(self.x.stride() == 1);
        if !self.solve && !self.a.lines.columns && self.a.spans.are_full() && self.bytes() > LARGE {
            return isa.enter_aside(Large(self));
        }
        Part { of: self, source: self.x.as_mut_ptr(), groups: 0..self.groups() }.run(isa);
    }
}

/// A product with a large triangle by rows that is not banded.
struct Large<'a, T>(&'a Triangular<'a, T>);

impl<T: Scalar> Dispatch for Large<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let Large(triangle) = self;
        if !triangle.multiply_shared(isa) {
            let (source, groups) = (triangle.x.as_mut_ptr(), 0..triangle.groups());
            isa.enter(Part { of: triangle, source, groups });
        }
    }
}

/// Some groups of lines.
struct Part<'a, T> {
    of: &'a Triangular<'a, T>,
    /// Where x is read: itself, or a copy.
    source: *const T,
    groups: Range<usize>,
}

impl<T: Scalar> Dispatch for Part<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        match (self.of.a.lines.columns, self.of.after) {
            (true, true) => self.all::<S, true, true>(isa),
            (true, false) => self.all::<S, true, false>(isa),
            (false, true) => self.all::<S, false, true>(isa),
            (false, false) => self.all::<S, false, false>(isa),
        }
    }
}

/// `COLUMNS` and `AFTER` say the same as the triangle's fields.
impl<T: Scalar> Part<'_, T> {
    #[inline(always)]
    fn all<S: Isa, const COLUMNS: bool, const AFTER: bool>(&self, isa: S) {
        let (n, ascends) = (self.of.x.len(), self.of.ascends());
        let mut before = self.of.lines_before(self.groups.start);
        // A solution by rows waits for the group before: what comes of that is kept at hand. (Measured on a Zen 4: dtrsv of
        // order 32 in 0.73 of the time; complex ones took 1.1 to 1.3 times as long.)
        let waits = const { !COLUMNS && !T::IS_COMPLEX } && self.of.solve && self.of.a.spans.are_full();
        let mut solved: Option<[T; 4]> = None;
        for number in self.groups.clone() {
            let count = if number < n / 4 { 4 } else { 1 };
            let l = if ascends { before } else { n - before - count };
            if count == 4 {
                let part = self.group::<S, 4, COLUMNS, AFTER>(isa, l, solved);
                solved = waits.then_some(part);
            } else {
                self.group::<S, 1, COLUMNS, AFTER>(isa, l, None);
            }
            before += count;
        }
    }

    /// Lines `l .. l + G`, of which the result is returned. By rows the four elements of x that were `solved` last, if
    /// they are passed, are multiplied apart, so that all else need not wait for them.
    #[inline(always)]
    fn group<S: Isa, const G: usize, const COLUMNS: bool, const AFTER: bool>(
        &self,
        isa: S,
        l: usize,
        solved: Option<[T; 4]>,
    ) -> [T; G] {
        let Part { of, source, .. } = *self;
        let x = of.x.as_mut_ptr();
        let window = beside(l, G, AFTER, of.x.len());
        // SAFETY: lines of the caller's matrix; x has elements for all of them, of which nobody else writes ours.
        unsafe {
            let mut part: [T; G] = source.wrapping_add(l).cast::<[T; G]>().read();
            if of.diagonal_first() {
                of.corner::<G, COLUMNS, AFTER>(l, &mut part);
            }
            if COLUMNS {
                let taken: [T; G] = each(|g| of.signed(part[g]));
                of.a.add(isa, l, taken, x, &window);
            } else {
                let others = match (solved, AFTER) {
                    (None, _) => window,
                    (Some(_), false) => window.start..window.end - 4,
                    (Some(_), true) => window.start + 4..window.end,
                };
                let sums: [T; G] = of.a.dot(isa, l, source, &others);
                for g in 0..G {
                    part[g] += of.signed(sums[g]);
                }
                if let (Some(solved), false) = (solved, T::IS_COMPLEX) {
                    let first = if AFTER { G as isize } else { -4 };
                    let lines: [*const T; G] = of.a.group_at(l);
                    for g in 0..G {
                        for (j, &x) in solved.iter().enumerate() {
                            let a = *lines[g].wrapping_offset((first + j as isize) * of.a.lines.step);
                            part[g] += of.signed(a * x);
                        }
                    }
                }
            }
            if !of.diagonal_first() {
                of.corner::<G, COLUMNS, AFTER>(l, &mut part);
            }
            x.wrapping_add(l).cast::<[T; G]>().write(part);
            part
        }
    }
}

impl<T: Scalar> Triangular<'_, T> {
    /// Bytes of the triangle.
    #[inline(always)]
    fn bytes(&self) -> usize {
        self.x.len() * self.x.len() / 2 * size_of::<T>()
    }

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

    /// Groups of lines: as many of four as there are, and then single ones.
    #[inline(always)]
    fn groups(&self) -> usize {
        let n = self.x.len();
        n / 4 + n % 4
    }

    /// Lines whose turn is before that of group `number`.
    #[inline(always)]
    fn lines_before(&self, number: usize) -> usize {
        let fours = number.min(self.x.len() / 4);
        4 * fours + (number - fours)
    }

    /// A product by rows on several threads. False, and nothing done, if one thread does as well, or without memory
    /// for a copy of x.
    fn multiply_shared<S: Isa>(&self, isa: S) -> bool {
        let (n, groups) = (self.x.len(), self.groups());
        let halves = groups.div_ceil(2);
        let threads = passes::threads(self.bytes(), halves);
        let copy = if threads > 1 { Buffer::take(n * size_of::<T>()) } else { None };
        let Some(copy) = copy else { return false };
        // SAFETY: room for n elements.
        let mut source = unsafe { VecMut::new(copy.as_mut_ptr().cast::<T>(), n, 1) };
        level1::copy(self.x.as_ref(), source.reborrow());
        passes::split_among(threads, halves, 1, |_, half| {
            for groups in passes::both_ends(groups, half) {
                isa.enter(Part { of: self, source: copy.as_mut_ptr().cast(), groups });
            }
        });
        true
    }

    /// A product is added, what is solved is subtracted.
    #[inline(always)]
    fn signed(&self, x: T) -> T {
        if self.solve { -x } else { x }
    }

    /// The small triangle of lines `l .. l + G` on the diagonal, applied to their part of x; `COLUMNS` and `AFTER`
    /// say the same as the fields.
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
        // Complex ones always go `G` rounds, so that they are unrolled early and `part` stays in registers: in memory
        // its numbers would be written by halves and read whole, which waits (ctrmv of order 16 took 1.3 times as long).
        let rounds = |some: Range<usize>| if T::IS_COMPLEX { 0..G } else { some };
        if self.solve {
            for known in 0..G {
                if !self.unit {
                    part[place(known)] = part[place(known)].divide(element(known, known));
                }
                for row in rounds(known + 1..G) {
                    if row > known && row - known <= self.reach {
                        part[place(row)] += -element(row, known) * part[place(known)];
                    }
                }
            }
        } else {
            for row in (0..G).rev() {
                if !self.unit {
                    part[place(row)] = element(row, row) * part[place(row)];
                }
                for column in rounds(0..row) {
                    if column < row && row - column <= self.reach {
                        part[place(row)] += element(row, column) * part[place(column)];
                    }
                }
            }
        }
    }

    /// The same for x with any stride, without memory: line by line by the operations of level 1.
    pub fn line_by_line(&self) {
        let n = self.x.len();
        // SAFETY: nobody else uses x meanwhile.
        let mut all = unsafe { self.x.again() };
        for k in 0..n {
            let l = if self.ascends() { k } else { n - 1 - k };
            let mut part = [all.get(l)];
            let range = self.a.spans.of(l, &beside(l, 1, self.after, n));
            // SAFETY: what the line has beside the diagonal, and the line itself.
            unsafe {
                let line = self.a.vector(l, range.clone());
                if self.diagonal_first() {
                    self.corner::<1, true, true>(l, &mut part);
                }
                if self.a.lines.columns {
                    let (c, x) = (self.signed(part[0]), all.slice(range));
                    if self.a.conj { level1::axpyc(c, line, x) } else { level1::axpy(c, line, x) }
                } else {
                    let x = all.as_ref().slice(range);
                    let sum = if self.a.conj { level1::dotc(line, x) } else { level1::dot(line, x) };
                    part[0] += self.signed(sum);
                }
                if !self.diagonal_first() {
                    self.corner::<1, true, true>(l, &mut part);
                }
            }
            all.set(l, part[0]);
        }
    }
}
