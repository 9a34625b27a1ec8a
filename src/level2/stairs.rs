//! Four neighbouring lines of a band, each of which begins and ends an element later than the one before.
//!
//! Registers stand at multiples of their size, for one group of lines as for the next: so what one group wrote, the
//! next one reads as it was written, without waiting for it to reach the cache. In the first and the last registers
//! some lines lack lanes. Those are masked in the line as well as in what it is multiplied by, which may be infinite
//! where the line has nothing.

use super::kernels::Combination;
use super::shape::{Lines, Spans};
use crate::level1::lanes::{DotSum, Lanes, Part, each, first_lanes, lanes};
use crate::scalar::Scalar;
use crate::simd::{Isa, Vector};
use core::ops::Range;

/// Lines of a group.
pub const GROUP: usize = 4;

/// Up to [`GROUP`] neighbouring lines of a band, of adjacent elements.
#[derive(Clone, Copy)]
pub struct Few<'a, T> {
    pub lines: &'a Lines<*const T>,
    pub spans: &'a Spans,
    pub first: usize,
    pub count: usize,
    /// Whether the next group's lines are fetched meanwhile, which pays where they are far from the core.
    pub fetches: bool,
}

/// What a group's lines have in `window`, in reals: no line begins or ends before the one before it.
struct Cut {
    spans: [[usize; 2]; GROUP],
    end: usize,
    /// The reals of a full line, beyond which the vectors have nothing.
    len: usize,
}

impl<T: Scalar> Few<'_, T> {
    /// In `window` of vectors with `len` elements: `y_i += sum_g c_g a_g[i]` if `ADD`, and `t_g = sum_i a_g[i] x_i` if
    /// `DOT`. What is conjugated, `conj` says of the first, and who takes the totals of the second. Factors and sums of
    /// lines that there are not are ignored.
    ///
    /// # Safety
    /// The elements of the lines must be there, and those of x and y in the window.
    #[inline(always)]
    pub unsafe fn run<S: Isa, const ADD: bool, const DOT: bool>(
        &self,
        isa: S,
        window: &Range<usize>,
        len: usize,
        (c, conj): ([T; GROUP], bool),
        x: *const T,
        y: *mut T,
    ) -> [DotSum<S, T>; GROUP] {
        let c = Combination::new(isa, c, conj);
        let mut pass = Pass::new(isa, self, &c, x, y);
        // SAFETY: passed on.
        unsafe { pass.run::<ADD, DOT>(&Cut::new(self, window, len)) };
        pass.sums
    }
}

impl Cut {
    #[inline(always)]
    fn new<T: Scalar>(few: &Few<T>, window: &Range<usize>, len: usize) -> Self {
        let end = few.spans.of(few.first + few.count - 1, window).end;
        let spans = each(|g| {
            // Lines that there are not have nothing, at the end of the others.
            let span = if g < few.count { few.spans.of(few.first + g, window) } else { end..end };
            [span.start * T::PARTS, span.end * T::PARTS]
        });
        Cut { spans, end: end.min(window.end) * T::PARTS, len: len * T::PARTS }
    }
}

/// A run over the registers of a group, whose places are in reals.
#[derive(Clone, Copy)]
struct Pass<'a, S: Isa, T: Scalar> {
    isa: S,
    lines: [*const T::Real; GROUP],
    /// Reals from each line to that of the next group, if that is to be fetched; else 0.
    ahead: isize,
    c: &'a Combination<S, T, GROUP>,
    x: *const T::Real,
    y: *mut T::Real,
    sums: [DotSum<S, T>; GROUP],
}

impl<'a, S: Isa, T: Scalar> Pass<'a, S, T> {
    /// At its beginning.
    #[inline(always)]
    fn new(isa: S, few: &Few<T>, c: &'a Combination<S, T, GROUP>, x: *const T, y: *mut T) -> Self {
        debug_assert!(few.lines.step == 1 && 0 < few.count && few.count <= GROUP);
        let lines = each(|g| few.lines.line(few.first + g.min(few.count - 1)).cast());
        let ahead =
            if few.fetches { few.lines.offset(few.first + GROUP) - few.lines.offset(few.first) } else { 0 };
        let ahead = ahead * T::PARTS as isize;
        Pass { isa, lines, ahead, c, x: x.cast(), y: y.cast(), sums: [DotSum::zero(isa); GROUP] }
    }

    /// # Safety
    /// As for [`Few::run`].
    #[inline(always)]
    unsafe fn run<const ADD: bool, const DOT: bool>(&mut self, cut: &Cut) {
        let register = const { lanes::<S, T>() };
        let inside = cut.spans[GROUP - 1][0]..cut.spans[0][1];
        let mut at = cut.spans[0][0] / register * register;
        loop {
            // SAFETY: passed on; beyond the end of the vectors nothing is touched.
            unsafe {
                if inside.start <= at {
                    at = self.inside::<ADD, DOT>(at, inside.end);
                }
                if at >= cut.end {
                    return;
                }
                let spans = each(|g| {
                    let [from, to] = cut.spans[g];
                    let start = from.saturating_sub(at).min(register);
                    Lanes::<S, T>::span(self.isa, start, to.saturating_sub(at).clamp(start, register))
                });
                let part = first_lanes::<S, T::Real>(self.isa, register.min(cut.len - at));
                self.edge::<_, ADD, DOT>(part, at, &spans);
            }
            at += register;
        }
    }

    /// The registers from real `at` on, before `end`, that all lines have. Says where the next one begins.
    ///
    /// # Safety
    /// As for [`Few::run`].
    #[inline(always)]
    unsafe fn inside<const ADD: bool, const DOT: bool>(&mut self, mut at: usize, end: usize) -> usize {
        // What is at hand here need not be read again after each store.
        let (Pass { isa, lines, ahead, x, y, mut sums, .. }, c) = (*self, *self.c);
        while at + const { lanes::<S, T>() } <= end {
            // SAFETY: the caller vouches for the elements.
            unsafe {
                let a = each(|g| Lanes::<S, T>::load(isa, lines[g].wrapping_add(at)));
                if ahead != 0 {
                    for line in lines {
                        isa.prefetch(line.wrapping_add(at).wrapping_offset(ahead));
                    }
                }
                if DOT {
                    let x = Lanes::<S, T>::load(isa, x.wrapping_add(at));
                    let crossed = x.swap_pairs();
                    sums = each(|g| sums[g].add(a[g], x, crossed));
                }
                if ADD {
                    let y = y.wrapping_add(at);
                    c.plus(isa, a, Lanes::<S, T>::load(isa, y)).store(y);
                }
            }
            at += const { lanes::<S, T>() };
        }
        self.sums = sums;
        at
    }

    /// A register of which the lines have these spans, and the vectors `part`.
    ///
    /// # Safety
    /// As for [`Few::run`].
    #[inline(always)]
    unsafe fn edge<P: Part<S, T::Real>, const ADD: bool, const DOT: bool>(
        &mut self,
        part: P,
        at: usize,
        spans: &[<Lanes<S, T> as Vector<S>>::Span; GROUP],
    ) {
        // What a line lacks may be infinite in x, and its factor too.
        // SAFETY: the caller vouches for the elements of the spans and of the part.
        unsafe {
            let a = each(|g| Lanes::<S, T>::load_span(self.isa, self.lines[g].wrapping_add(at), spans[g]));
            if DOT {
                let x = part.load(self.x.wrapping_add(at));
                let crossed = x.swap_pairs();
                self.sums = each(|g| self.sums[g].add(a[g], x.within(spans[g]), crossed.within(spans[g])));
            }
            if ADD {
                let (y, c) = (self.y.wrapping_add(at), self.c.within(*spans));
                part.store(y, c.plus(self.isa, a, part.load(y)));
            }
        }
    }
}
