//! Groups of neighbouring lines through the loops of `kernels.rs`: what all lines of a group have goes
//! through the group's loop, ragged ends (of bands and triangles) element by element.

use super::kernels::{
    Group, Update, add_and_dot_lines, add_lines, dot_lines, update_lines, update_lines_twice,
};
use super::shape::{Lines, Spans};
use crate::scalar::Scalar;
use crate::simd::Isa;
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

/// The elements in `span` that are not in `common`, before it and after it.
#[inline(always)]
fn ragged(span: Range<usize>, common: &Range<usize>) -> impl Iterator<Item = usize> {
    let head_end = common.start.min(span.end);
    let tail_start = common.end.max(head_end);
    (span.start..head_end).chain(tail_start..span.end)
}

impl<T: Scalar> Panel<T> {
    #[inline(always)]
    fn group<const G: usize>(&self, l: usize) -> Group<*const T, G> {
        Group { at: self.lines.group(l), step: self.lines.step }
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
        let common = self.spans.common(l, G, window);
        // SAFETY: elements inside the lines' spans and the window.
        unsafe {
            add_lines(isa, self.group(l), self.conj, c, T::ONE, y, common.clone());
            for (g, c) in c.into_iter().enumerate() {
                for i in ragged(self.spans.of(l + g, window), &common) {
                    *y.wrapping_add(i) += c * self.lines.get(l + g, i).conj_if(self.conj);
                }
            }
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
        let common = self.spans.common(l, G, window);
        // SAFETY: elements inside the lines' spans and the window.
        unsafe {
            let mut sums = dot_lines(isa, self.group(l), self.conj, x, common.clone());
            for (g, sum) in sums.iter_mut().enumerate() {
                for i in ragged(self.spans.of(l + g, window), &common) {
                    *sum += self.lines.get(l + g, i).conj_if(self.conj) * *x.wrapping_add(i);
                }
            }
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
        let common = self.spans.common(l, G, window);
        // SAFETY: elements inside the lines' spans and the window.
        unsafe {
            let mut sums = add_and_dot_lines(isa, self.group(l), conj, c, x, y, common.clone());
            for (g, sum) in sums.iter_mut().enumerate() {
                for i in ragged(self.spans.of(l + g, window), &common) {
                    let a = self.lines.get(l + g, i);
                    *y.wrapping_add(i) += c[g] * a.conj_if(conj[0]);
                    *sum += a.conj_if(conj[1]) * *x.wrapping_add(i);
                }
            }
            sums
        }
    }
}

/// Lines to update, and which part of them.
#[derive(Clone, Copy)]
pub struct PanelMut<T> {
    /// The lines.
    pub lines: Lines<*mut T>,
    /// What exists of each.
    pub spans: Spans,
}

impl<T: Scalar> PanelMut<T> {
    #[inline(always)]
    fn group<const G: usize>(&self, l: usize) -> Group<*mut T, G> {
        Group { at: self.lines.group_mut(l), step: self.lines.step }
    }

    /// Adds to the elements of lines `l .. l + G` in `window` what the update says.
    ///
    /// # Safety
    /// The lines must exist, and the update's vector in `window`.
    #[inline(always)]
    pub unsafe fn update<S: Isa, const G: usize>(
        &self,
        isa: S,
        l: usize,
        by: Update<T, G>,
        window: &Range<usize>,
    ) {
        let common = self.spans.common(l, G, window);
        // SAFETY: elements inside the lines' spans and the window.
        unsafe {
            update_lines(isa, self.group(l), by, common.clone());
            for g in 0..G {
                for i in ragged(self.spans.of(l + g, window), &common) {
                    *self.lines.at(l + g, i) += by.at(g, i);
                }
            }
        }
    }

    /// Adds to the elements of lines `l .. l + G` in `window` what two updates say.
    ///
    /// # Safety
    /// The lines must exist, and the updates' vectors in `window`.
    #[inline(always)]
    pub unsafe fn update_twice<S: Isa, const G: usize>(
        &self,
        isa: S,
        l: usize,
        [by, and]: [Update<T, G>; 2],
        window: &Range<usize>,
    ) {
        let common = self.spans.common(l, G, window);
        // SAFETY: elements inside the lines' spans and the window.
        unsafe {
            update_lines_twice(isa, self.group(l), by, and, common.clone());
            for g in 0..G {
                for i in ragged(self.spans.of(l + g, window), &common) {
                    *self.lines.at(l + g, i) += by.at(g, i) + and.at(g, i);
                }
            }
        }
    }
}
