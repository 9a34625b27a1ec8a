//! Banded matrices times vectors: gbmv, sbmv, hbmv and tbmv, by groups of lines through `stairs.rs`.
//!
//! Threads share the rows of y, at multiples of [`GRAIN`]; each element is summed in the same order however many they
//! are.

use super::panel::Panel;
use super::stairs::{Few, GROUP};
use crate::engine::passes;
use crate::level1;
use crate::level1::lanes::{DotSum, each};
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa};
use crate::view::{VecMut, VecRef};
use core::mem::MaybeUninit;
use core::ops::Range;

/// Rows by whose multiples threads share y: whole registers and whole groups on every ISA.
const GRAIN: usize = 64;

/// Bytes of a matrix that a core does not keep at hand.
const FAR: usize = 512 * 1024;

/// Work whose rows threads share.
trait Rows: Sync {
    /// Elements of y.
    fn count(&self) -> usize;
    /// Bytes of the matrix.
    fn bytes(&self) -> usize;
    /// Does what is to be done for these rows of y.
    fn rows<S: Isa>(&self, isa: S, rows: Range<usize>);

    #[inline(always)]
    fn run<S: Isa>(&self, isa: S)
    where
        Self: Sized,
    {
        let count = self.count();
        if count <= 4 * GRAIN {
            return self.rows(isa, 0..count);
        }
        passes::split(self.bytes(), count, GRAIN, |rows| isa.enter(Lot { of: self, rows }));
    }
}

/// A thread's rows.
struct Lot<'a, P> {
    of: &'a P,
    rows: Range<usize>,
}

impl<P: Rows> Dispatch for Lot<'_, P> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        self.of.rows(isa, self.rows);
    }
}

/// `y <- y + alpha A x`, A banded, of `count` lines with adjacent elements; the elements of the vector along lines (y
/// where they are columns) are adjacent.
pub struct BandProduct<'a, T> {
    pub alpha: T,
    pub a: Panel<T>,
    pub count: usize,
    pub x: VecRef<'a, T>,
    pub y: VecMut<'a, T>,
}

// SAFETY: matrix and x are only read, of y threads take different elements.
unsafe impl<T: Sync> Sync for BandProduct<'_, T> {}

impl<T: Scalar> Dispatch for &BandProduct<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        Rows::run(self, isa);
    }
}

impl<T: Scalar> Rows for BandProduct<'_, T> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.y.len()
    }

    #[inline(always)]
    fn bytes(&self) -> usize {
        self.count * self.a.spans.width() * size_of::<T>()
    }

    #[inline(always)]
    fn rows<S: Isa>(&self, isa: S, rows: Range<usize>) {
        if self.a.lines.columns { self.add_columns(isa, rows) } else { self.dot_rows(isa, rows) }
    }
}

impl<T: Scalar> BandProduct<'_, T> {
    /// Each column times its element of x is added to y.
    #[inline(always)]
    fn add_columns<S: Isa>(&self, isa: S, rows: Range<usize>) {
        debug_assert!(self.y.stride() == 1);
        let (y, m, fetches) = (self.y.as_mut_ptr(), self.y.len(), self.bytes() > FAR);
        let columns = self.a.spans.lines_in(&rows, self.count);
        for l in (columns.start / GROUP * GROUP..columns.end).step_by(GROUP) {
            let c = each(|g| if l + g < self.count { self.alpha * self.x.get(l + g) } else { T::ZERO });
            // SAFETY: lines of the caller's matrix, rows of y that nobody else has.
            unsafe {
                let few = Few { fetches, ..self.a.few(l, GROUP.min(self.count - l)) };
                few.run::<S, true, false>(isa, &rows, m, (c, self.a.conj), y, y);
            }
        }
    }

    /// Each row times x is added to its element of y.
    #[inline(always)]
    fn dot_rows<S: Isa>(&self, isa: S, rows: Range<usize>) {
        debug_assert!(self.x.stride() == 1);
        // SAFETY: nobody else uses these elements of y meanwhile.
        let mut y = unsafe { self.y.again() };
        let (n, fetches) = (self.x.len(), self.bytes() > FAR);
        for l in rows.clone().step_by(GROUP) {
            let (count, nothing) = (GROUP.min(rows.end - l), ([T::ZERO; GROUP], false));
            let few = Few { fetches, ..self.a.few(l, count) };
            // SAFETY: lines of the caller's matrix, x for their columns; nothing is written.
            let sums = unsafe {
                few.run::<S, false, true>(isa, &(0..n), n, nothing, self.x.as_ptr(), core::ptr::null_mut())
            };
            let sums = DotSum::totals(isa, sums, self.a.conj);
            for g in 0..count {
                y.set(l + g, y.get(l + g) + self.alpha * sums[g]);
            }
        }
    }

    /// The same for vectors of any stride, without memory: line by line by the operations of level 1.
    pub fn line_by_line(&self) {
        // SAFETY: nobody else uses y meanwhile.
        let mut y = unsafe { self.y.again() };
        let along = if self.a.lines.columns { y.len() } else { self.x.len() };
        for l in 0..self.count {
            let range = self.a.spans.of(l, &(0..along));
            if range.is_empty() {
                continue;
            }
            // SAFETY: what the line has.
            let line = unsafe { self.a.vector(l, range.clone()) };
            if self.a.lines.columns {
                let (c, mut all) = (self.alpha * self.x.get(l), y.reborrow());
                let y = all.slice(range);
                if self.a.conj { level1::axpyc(c, line, y) } else { level1::axpy(c, line, y) }
            } else {
                let x = self.x.slice(range);
                let sum = if self.a.conj { level1::dotc(line, x) } else { level1::dot(line, x) };
                y.set(l, y.get(l) + self.alpha * sum);
            }
        }
    }
}

/// `y <- y + alpha A x`, A banded and symmetric or Hermitian, the elements of its lines and of x and y adjacent.
///
/// Each stored element a = A(i, l) is read once and used twice, as in [`super::product::SymmetricProduct`].
pub struct SymmetricBand<'a, T> {
    pub alpha: T,
    /// What is beside the diagonal; where lines are rows and A is Hermitian, of the conjugated matrix.
    pub a: Panel<T>,
    pub hermitian: bool,
    pub x: VecRef<'a, T>,
    pub y: VecMut<'a, T>,
}

// SAFETY: matrix and x are only read, of y threads take different elements.
unsafe impl<T: Sync> Sync for SymmetricBand<'_, T> {}

impl<T: Scalar> Dispatch for &SymmetricBand<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        Rows::run(self, isa);
    }
}

impl<T: Scalar> Rows for SymmetricBand<'_, T> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.y.len()
    }

    #[inline(always)]
    fn bytes(&self) -> usize {
        self.y.len() * (self.a.spans.width() + 1) * size_of::<T>()
    }

    /// Lines of these rows give them their inner products, which wait aside for a while: written to y at once they
    /// would be in the way of the next group's registers. Other lines only add to the rows.
    #[inline(always)]
    fn rows<S: Isa>(&self, isa: S, rows: Range<usize>) {
        let n = self.x.len();
        let reach = self.a.spans.lines_in(&rows, n);
        let (first, last) = (reach.start.min(rows.start), reach.end.max(rows.end));
        for start in (first / GRAIN * GRAIN..last).step_by(GRAIN) {
            let chunk = start.max(first / GROUP * GROUP)..last.min(start + GRAIN);
            if start < rows.start || rows.end <= start {
                for l in chunk.step_by(GROUP) {
                    self.add(isa, l, &rows);
                }
                continue;
            }
            let mut products = [const { MaybeUninit::<T>::uninit() }; GRAIN];
            for l in chunk.clone().step_by(GROUP) {
                let sums = self.add_and_dot(isa, l, &rows);
                for g in 0..GROUP.min(n - l) {
                    products[l + g - start].write(sums[g]);
                }
            }
            let y = self.y.as_mut_ptr();
            for l in chunk {
                // SAFETY: written above; an element of y that nobody else has.
                unsafe { *y.wrapping_add(l) += products[l - start].assume_init() };
            }
        }
    }
}

impl<T: Scalar> SymmetricBand<'_, T> {
    /// Lines `l` and on of a group.
    #[inline(always)]
    fn group(&self, l: usize) -> Few<'_, T> {
        Few { fetches: self.bytes() > FAR, ..self.a.few(l, GROUP.min(self.x.len() - l)) }
    }

    /// `alpha x` of a group's lines.
    #[inline(always)]
    fn factors(&self, l: usize) -> [T; GROUP] {
        let n = self.x.len();
        each(|g| if l + g < n { self.alpha * self.x.get(l + g) } else { T::ZERO })
    }

    /// What the group's lines add to these rows.
    #[inline(always)]
    fn add<S: Isa>(&self, isa: S, l: usize, rows: &Range<usize>) {
        let (y, c) = (self.y.as_mut_ptr(), (self.factors(l), self.a.conj));
        // SAFETY: lines of the caller's matrix, rows of y that nobody else has.
        unsafe { self.group(l).run::<S, true, false>(isa, rows, self.x.len(), c, y, y) };
    }

    /// The same, and the inner products of the group's lines, all of them, times alpha.
    #[inline(always)]
    fn add_and_dot<S: Isa>(&self, isa: S, l: usize, rows: &Range<usize>) -> [T; GROUP] {
        let (x, y, n) = (self.x.as_ptr(), self.y.as_mut_ptr(), self.x.len());
        let (factors, all) = (self.factors(l), 0..n);
        let c = (factors, self.a.conj);
        let (first, last) = (self.a.spans.of(l, &all), self.a.spans.of((l + GROUP).min(n) - 1, &all));
        // SAFETY: lines of the caller's matrix and x for them, rows of y that nobody else has.
        let sums = unsafe {
            if rows.start <= first.start && last.end <= rows.end {
                self.group(l).run::<S, true, true>(isa, &all, n, c, x, y)
            } else {
                self.add(isa, l, rows);
                self.group(l).run::<S, false, true>(isa, &all, n, c, x, y)
            }
        };
        let sums = DotSum::totals(isa, sums, self.a.conj != self.hermitian);
        each(|g| {
            if l + g >= n {
                return T::ZERO;
            }
            // SAFETY: an element of the diagonal.
            let diagonal = unsafe { self.a.lines.get(l + g, l + g) };
            let own = if self.hermitian {
                factors[g].scale(diagonal.re())
            } else {
                factors[g] * diagonal.conj_if(self.a.conj)
            };
            self.alpha * sums[g] + own
        })
    }
}
