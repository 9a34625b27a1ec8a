//! `x <- A x` and `x <- A^-1 x`, A triangular in dense, banded or packed storage: trmv, tbmv, tpmv, trsv,
//! tbsv, tpsv.
//!
//! All sixteen cases of triangle, transposition and storage are four: lines are columns (then a known x_l
//! is taken out of the others, "add") or rows (then the others are taken out of x_l, "dot"), and the
//! triangle is *lower* or upper as a matrix. Lines go in groups: the small triangle that a group has on
//! the diagonal, element by element, and the panel beside it, by registers.
//!
//! Threads share the elements of x: of a product all, from a copy of what they were; of a solution by columns those that
//! are not found yet, each time a block is. Whatever is added to an element is added in the same order as by one thread.

use super::panel::Panel;
use super::shape::beside;
use crate::engine::stream;
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
/// Groups of lines after which threads take what they found out of the rest.
const BLOCK: usize = 64;
/// Elements of x by whose multiples threads share them.
const GRAIN: usize = 64;

impl<T: Scalar> Dispatch for Triangular<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        debug_assert!(self.x.stride() == 1);
        let n = self.x.len();
        if self.bytes() > LARGE && self.a.spans.are_full() {
            return isa.enter_aside(Large(self));
        }
        let groups = 0..self.groups();
        Part::<_, true> { of: &self, source: self.x.as_mut_ptr(), groups, rows: 0..n }.run(isa);
    }
}

/// A large triangle that is not banded.
struct Large<'a, T>(Triangular<'a, T>);

impl<T: Scalar> Dispatch for Large<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let Large(triangle) = self;
        let shared = if triangle.solve {
            triangle.a.lines.columns && triangle.solve_shared(isa)
        } else {
            triangle.multiply_shared(isa)
        };
        if !shared {
            let (source, groups, rows) = (triangle.x.as_mut_ptr(), 0..triangle.groups(), 0..triangle.x.len());
            isa.enter(Part::<_, true> { of: &triangle, source, groups, rows });
        }
    }
}

/// What some groups of lines do to some elements of x; to all of them if `WHOLE`.
struct Part<'a, T, const WHOLE: bool> {
    of: &'a Triangular<'a, T>,
    /// Where x is read: itself, or a copy.
    source: *const T,
    groups: Range<usize>,
    rows: Range<usize>,
}

impl<T: Scalar, const WHOLE: bool> Dispatch for Part<'_, T, WHOLE> {
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
impl<T: Scalar, const WHOLE: bool> Part<'_, T, WHOLE> {
    #[inline(always)]
    fn all<S: Isa, const COLUMNS: bool, const AFTER: bool>(&self, isa: S) {
        let (n, ascends) = (self.of.x.len(), self.of.ascends());
        let mut before = self.of.lines_before(self.groups.start);
        for number in self.groups.clone() {
            let count = if number < n / 4 { 4 } else { 1 };
            let l = if ascends { before } else { n - before - count };
            if count == 4 {
                self.group::<S, 4, COLUMNS, AFTER>(isa, l);
            } else {
                self.group::<S, 1, COLUMNS, AFTER>(isa, l);
            }
            before += count;
        }
    }

    /// Lines `l .. l + G`.
    #[inline(always)]
    fn group<S: Isa, const G: usize, const COLUMNS: bool, const AFTER: bool>(&self, isa: S, l: usize) {
        let Part { of, source, .. } = *self;
        let x = of.x.as_mut_ptr();
        let window = beside(l, G, AFTER, of.x.len());
        let own = WHOLE || self.rows.contains(&l);
        // SAFETY: lines of the caller's matrix; x has elements for all of them, of which nobody else writes ours.
        unsafe {
            let mut part: [T; G] = source.wrapping_add(l).cast::<[T; G]>().read();
            if of.diagonal_first() && own {
                of.corner::<G, COLUMNS, AFTER>(l, &mut part);
            }
            if COLUMNS {
                let window = if WHOLE {
                    window
                } else {
                    let start = window.start.max(self.rows.start);
                    start..window.end.min(self.rows.end).max(start)
                };
                let taken: [T; G] = each(|g| of.signed(part[g]));
                of.a.add(isa, l, taken, x, &window);
            } else {
                let sums: [T; G] = of.a.dot(isa, l, source, &window);
                for g in 0..G {
                    part[g] += of.signed(sums[g]);
                }
            }
            if !of.diagonal_first() && own {
                of.corner::<G, COLUMNS, AFTER>(l, &mut part);
            }
            if own {
                x.wrapping_add(l).cast::<[T; G]>().write(part);
            }
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

    /// Elements of x that belong to groups with these numbers.
    fn rows(&self, groups: &Range<usize>) -> Range<usize> {
        let (start, end) = (self.lines_before(groups.start), self.lines_before(groups.end));
        if self.ascends() { start..end } else { self.x.len() - end..self.x.len() - start }
    }

    /// A product on several threads. False, and nothing done, if one thread does as well, or without memory for a copy
    /// of x.
    fn multiply_shared<S: Isa>(&self, isa: S) -> bool {
        let (n, groups) = (self.x.len(), self.groups());
        let halves = groups.div_ceil(2);
        let threads = stream::threads(self.bytes(), halves);
        let copy = if threads > 1 { Buffer::take(n * size_of::<T>()) } else { None };
        let Some(copy) = copy else { return false };
        // SAFETY: room for n elements.
        let mut source = unsafe { VecMut::new(copy.as_mut_ptr().cast::<T>(), n, 1) };
        level1::copy(self.x.as_ref(), source.reborrow());
        stream::split_among(threads, halves, 1, |_, half| {
            for own in stream::both_ends(groups, half) {
                if own.is_empty() {
                    continue;
                }
                let rows = self.rows(&own);
                // Columns add to the elements of all groups before them.
                let end = if self.a.lines.columns { groups } else { own.end };
                isa.enter(Part::<_, false> {
                    of: self,
                    source: copy.as_mut_ptr().cast(),
                    groups: own.start..end,
                    rows,
                });
            }
        });
        true
    }

    /// A solution by columns, block after block, on several threads. False, and nothing done, if one thread does as well.
    fn solve_shared<S: Isa>(&self, isa: S) -> bool {
        let groups = self.groups();
        let bytes = |block: &Range<usize>, rest: usize| self.rows(block).len() * rest * size_of::<T>();
        let rest =
            |block: &Range<usize>| if block.end < groups { self.rows(&(block.end..groups)) } else { 0..0 };
        let first = 0..BLOCK.min(groups);
        let most = rest(&first).len();
        if stream::threads(bytes(&first, most), most.div_ceil(GRAIN)) <= 1 {
            return false;
        }
        let part = |groups, rows| Part::<_, false> { of: self, source: self.x.as_mut_ptr(), groups, rows };
        for start in (0..groups).step_by(BLOCK) {
            let block = start..groups.min(start + BLOCK);
            isa.enter(part(block.clone(), self.rows(&block)));
            let rest = rest(&block);
            stream::split(bytes(&block, rest.len()), rest.len(), GRAIN, |rows| {
                let rows = rest.start + rows.start..rest.start + rows.end;
                isa.enter(part(block.clone(), rows));
            });
        }
        true
    }

    /// A product is added, what is solved is subtracted.
    #[inline(always)]
    fn signed(&self, x: T) -> T {
        if self.solve { -x } else { x }
    }

    /// The small triangle of lines `l .. l + G` on the diagonal, applied to their part of x; `COLUMNS` and `AFTER` say the
    /// same as the fields.
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
