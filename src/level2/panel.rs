//! Groups of neighbouring lines through the loops of `kernels.rs`, those of bands through `stairs.rs`.

use super::kernels::{Group, add_and_dot_lines, add_lines, dot_lines};
use super::shape::{Lines, Spans};
use super::stairs::{Few, GROUP};
use crate::level1::lanes::{DotSum, each};
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

    /// `count` lines of a band from `l` on.
    #[inline(always)]
    pub fn few(&self, l: usize, count: usize) -> Few<'_, T> {
        Few { lines: &self.lines, spans: &self.spans, first: l, count, fetches: false }
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
        // SAFETY: elements inside the lines' spans and the window.
        unsafe {
            if self.spans.are_full() {
                return add_lines(isa, self.group(l), self.conj, c, T::ONE, y, window.clone());
            }
            let c = (each(|g| if g < G { c[g] } else { T::ZERO }), self.conj);
            self.few(l, G).run::<S, true, false>(isa, window, self.spans.len(), c, y, y);
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
        // SAFETY: elements inside the lines' spans and the window.
        unsafe {
            if self.spans.are_full() {
                return dot_lines(isa, self.group(l), self.conj, x, window.clone());
            }
            let (few, nothing) = (self.few(l, G), ([T::ZERO; GROUP], false));
            let sums =
                few.run::<S, false, true>(isa, window, self.spans.len(), nothing, x, core::ptr::null_mut());
            let sums = DotSum::totals(isa, sums, self.conj);
            each(|g| sums[g])
        }
    }

    /// `y_i += sum_g c_g a_{l+g}[i]` and `t_g = sum_i a_{l+g}[i] x_i`, where the second conjugates
    /// differently if `hermitian`; not for bands.
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
        debug_assert!(self.spans.are_full());
        // SAFETY: elements inside the window.
        unsafe { add_and_dot_lines(isa, self.group(l), conj, c, x, y, window.clone()) }
    }
}
