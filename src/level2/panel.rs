//! Groups of neighbouring lines through the loops of `kernels.rs`: what all lines of a group have goes
//! through the group's loop, the ragged ends of bands element by element.

use super::kernels::{Group, add_and_dot_lines, add_lines, dot_lines};
use super::shape::{Lines, Spans};
use crate::level1::lanes::each;
use crate::scalar::Scalar;
use crate::simd::Isa;
use crate::view::VecRef;
use core::ops::Range;

/// Lines to read, and which part of them.
#[derive(Clone, Copy)]
pub struct Panel<T> {
    /// The lines.
    pub lines: Lines<*const T>,
    /// What exists of each.
    pub spans: Spans,
    /// Whether elements are conjugated.
    pub conj: bool,
}

impl<T: Scalar> Panel<T> {
    #[inline(always)]
    fn group<const G: usize>(&self, l: usize) -> Group<*const T, G> {
        Group { at: self.lines.group(l), step: self.lines.step }
    }

    /// Elements `l` and on of lines `l .. l + G`: where their small square on the diagonal begins.
    #[inline(always)]
    pub fn group_at<const G: usize>(&self, l: usize) -> [*const T; G] {
        each(|g| self.lines.line(l + g).wrapping_offset(l as isize * self.lines.step))
    }

    /// Elements `range` of line `l`, not conjugated.
    ///
    /// # Safety
    /// They must exist as long as the view is used.
    #[inline(always)]
    pub unsafe fn vector<'a>(&self, l: usize, range: Range<usize>) -> VecRef<'a, T> {
        let first = self.lines.line(l).wrapping_offset(range.start as isize * self.lines.step);
        // SAFETY: the caller vouches for the elements.
        unsafe { VecRef::new(first, range.len(), self.lines.step) }
    }

    /// Elements in `window` that all of `count` lines from `l` on have.
    #[inline(always)]
    fn common(&self, l: usize, count: usize, window: &Range<usize>) -> Range<usize> {
        if self.spans.are_full() { window.clone() } else { self.spans.common(l, count, window) }
    }

    /// Calls `each(g, i)` for the elements i in `window` that line `l + g` of `count` has beside `common`.
    #[inline(always)]
    fn ragged(
        &self,
        l: usize,
        count: usize,
        window: &Range<usize>,
        common: &Range<usize>,
        mut each: impl FnMut(usize, usize),
    ) {
        if self.spans.are_full() {
            return;
        }
        for g in 0..count {
            let span = self.spans.of(l + g, window);
            let head_end = common.start.min(span.end);
            let tail_start = common.end.max(head_end);
            for i in (span.start..head_end).chain(tail_start..span.end) {
                each(g, i);
            }
        }
    }

    /// `y_i += sum_g c_g a_{l+g}[i]` for the elements in `window`.
    ///
    /// # Safety
    /// Lines `l .. l + G` must exist, and y in `window`.
    #[inline(always)]
    pub unsafe fn add<S: Isa, const G: usize>(
        &self,
        isa: S,
        l: usize,
        c: [T; G],
        y: *mut T,
        window: &Range<usize>,
    ) {
        let common = self.common(l, G, window);
        // SAFETY: elements inside the lines' spans and the window.
        unsafe {
            add_lines(isa, self.group(l), self.conj, c, T::ONE, y, common.clone());
            self.ragged(l, G, window, &common, |g, i| {
                *y.wrapping_add(i) += c[g] * self.lines.get(l + g, i).conj_if(self.conj);
            });
        }
    }

    /// `t_g = sum_i a_{l+g}[i] x_i` over the elements in `window`.
    ///
    /// # Safety
    /// Lines `l .. l + G` must exist, and x in `window`.
    #[inline(always)]
    pub unsafe fn dot<S: Isa, const G: usize>(
        &self,
        isa: S,
        l: usize,
        x: *const T,
        window: &Range<usize>,
    ) -> [T; G] {
        let common = self.common(l, G, window);
        // SAFETY: elements inside the lines' spans and the window.
        unsafe {
            let mut sums = dot_lines(isa, self.group(l), self.conj, x, common.clone());
            self.ragged(l, G, window, &common, |g, i| {
                sums[g] += self.lines.get(l + g, i).conj_if(self.conj) * *x.wrapping_add(i);
            });
            sums
        }
    }

    /// `y_i += sum_g c_g a_{l+g}[i]` and `t_g = sum_i a_{l+g}[i] x_i`, where the second conjugates
    /// differently if `hermitian`.
    ///
    /// # Safety
    /// Lines `l .. l + G` must exist, and x and y in `window`.
    #[inline(always)]
    pub unsafe fn add_and_dot<S: Isa, const G: usize>(
        &self,
        isa: S,
        l: usize,
        hermitian: bool,
        c: [T; G],
        (x, y): (*const T, *mut T),
        window: &Range<usize>,
    ) -> [T; G] {
        let conj = [self.conj, self.conj != hermitian];
        let common = self.common(l, G, window);
        // SAFETY: elements inside the lines' spans and the window.
        unsafe {
            let mut sums = add_and_dot_lines(isa, self.group(l), conj, c, x, y, common.clone());
            self.ragged(l, G, window, &common, |g, i| {
                let a = self.lines.get(l + g, i);
                *y.wrapping_add(i) += c[g] * a.conj_if(conj[0]);
                sums[g] += a.conj_if(conj[1]) * *x.wrapping_add(i);
            });
            sums
        }
    }
}
