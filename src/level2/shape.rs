//! How matrices of every storage look to the loops: *lines* of adjacent elements (columns, or rows where
//! those are adjacent), a span of each of which exists.
//!
//! Dense, banded and packed matrices differ only in where line l begins ([`Lines`]); full, banded and
//! triangular ones only in the span ([`Spans`]). So each operation is one loop over lines.

use crate::level1::lanes::each;
use crate::platform::memory::Buffer;
use crate::scalar::Scalar;
use crate::view::{MatRef, PackedRef, Uplo, VecMut, VecRef};
use core::mem::MaybeUninit;
use core::ops::Range;

/// Where the lines of a matrix are: element i of line l is at `first + offset(l) + i step`.
#[derive(Clone, Copy, Debug)]
pub struct Lines<P> {
    /// A `*const T` or `*mut T`.
    pub first: P,
    /// Whether lines are columns; else rows.
    pub columns: bool,
    /// Elements from one to the next of a line; 1 wherever BLAS calls.
    pub step: isize,
    layout: Layout,
}

#[derive(Clone, Copy, Debug)]
enum Layout {
    /// Lines `stride` elements apart.
    Dense { stride: isize },
    /// Line l has l + 1 elements, without gaps.
    Growing,
    /// Line l has n - l elements, the first of which is element l, without gaps.
    Shrinking { n: usize },
}

impl<P: Copy> Lines<P> {
    /// Lines of a dense matrix with its element (0, 0) at `first`: columns, unless only rows are adjacent.
    #[inline(always)]
    pub fn dense(first: P, row_stride: isize, col_stride: isize) -> Self {
        let columns = row_stride == 1 || col_stride != 1;
        let (step, stride) = if columns { (row_stride, col_stride) } else { (col_stride, row_stride) };
        Lines { first, columns, step, layout: Layout::Dense { stride } }
    }

    /// Lines of a packed triangle.
    #[inline(always)]
    pub fn packed(first: P, n: usize, uplo: Uplo, by_rows: bool) -> Self {
        let growing = (uplo == Uplo::Upper) != by_rows;
        let layout = if growing { Layout::Growing } else { Layout::Shrinking { n } };
        Lines { first, columns: !by_rows, step: 1, layout }
    }

    /// Where element 0 of line `l` is or would be, in elements after `first`.
    #[inline(always)]
    pub fn offset(&self, l: usize) -> isize {
        match self.layout {
            Layout::Dense { stride } => l as isize * stride,
            Layout::Growing => (l * (l + 1) / 2) as isize,
            Layout::Shrinking { n } => (l * (2 * n - 1 - l) / 2) as isize,
        }
    }
}

impl<T: Scalar> Lines<*const T> {
    /// Of a matrix to read.
    #[inline(always)]
    pub fn of(a: MatRef<T>) -> Self {
        Lines::dense(a.as_ptr(), a.row_stride(), a.col_stride())
    }

    /// Of a packed triangle to read.
    #[inline(always)]
    pub fn of_packed(a: PackedRef<T>) -> Self {
        Lines::packed(a.ptr, a.n, a.uplo, a.by_rows)
    }

    /// Lines `l .. l + G`, each by where its element 0 is or would be.
    #[inline(always)]
    pub fn group<const G: usize>(&self, l: usize) -> [*const T; G] {
        each(|g| self.line(l + g))
    }

    /// Where element 0 of line `l` is or would be.
    #[inline(always)]
    pub fn line(&self, l: usize) -> *const T {
        self.first.wrapping_offset(self.offset(l))
    }

    /// Element `i` of line `l`.
    ///
    /// # Safety
    /// It must exist.
    #[inline(always)]
    pub unsafe fn get(&self, l: usize, i: usize) -> T {
        // SAFETY: the caller vouches for the element.
        unsafe { *self.first.wrapping_offset(self.offset(l) + i as isize * self.step) }
    }
}

impl<T: Scalar> Lines<*mut T> {
    /// Lines `l .. l + G`, each by where its element 0 is or would be.
    #[inline(always)]
    pub fn group_mut<const G: usize>(&self, l: usize) -> [*mut T; G] {
        each(|g| self.first.wrapping_offset(self.offset(l + g)))
    }

    /// Where element `i` of line `l` is.
    #[inline(always)]
    pub fn at(&self, l: usize, i: usize) -> *mut T {
        self.first.wrapping_offset(self.offset(l) + i as isize * self.step)
    }
}

/// Which elements of line l exist: `l + from ..= l + to`, within `0..len`.
#[derive(Clone, Copy, Debug)]
pub struct Spans {
    /// Length of a full line.
    len: usize,
    from: isize,
    to: isize,
}

/// A number of diagonals as a signed number; more than a matrix can have become as many as it can.
#[inline(always)]
fn signed(diagonals: usize) -> isize {
    isize::try_from(diagonals).unwrap_or(isize::MAX)
}

impl Spans {
    /// All `len` elements.
    #[inline(always)]
    pub fn full(len: usize) -> Self {
        Spans { len, from: isize::MIN, to: isize::MAX }
    }

    /// Length of a full line.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether all elements of all lines exist.
    #[inline(always)]
    pub fn are_full(&self) -> bool {
        self.to == isize::MAX
    }

    /// `before` elements before the diagonal to `after` elements after it.
    #[inline(always)]
    pub fn band(len: usize, before: usize, after: usize) -> Self {
        Spans { len, from: -signed(before), to: signed(after) }
    }

    /// What the lines of a triangle of order `n` have on their side of the diagonal, without it, `reach`
    /// elements at most. Full where that does not cut them: the loops go no further than the diagonal anyway.
    #[inline(always)]
    pub fn beside(n: usize, after: bool, reach: usize) -> Self {
        if reach + 1 >= n {
            Spans::full(n)
        } else if after {
            Spans { len: n, from: 1, to: signed(reach) }
        } else {
            Spans { len: n, from: -signed(reach), to: -1 }
        }
    }

    /// What the lines of a triangle have on their side of the diagonal and, unless it is `unit`, on it.
    #[inline(always)]
    pub fn triangle(n: usize, after: bool, reach: usize, unit: bool) -> Self {
        let (main, reach) = (isize::from(unit), signed(reach));
        if after {
            Spans { len: n, from: main, to: reach }
        } else {
            Spans { len: n, from: -reach, to: -main }
        }
    }

    /// The most elements that a line has.
    #[inline(always)]
    pub fn width(&self) -> usize {
        let width = self.to.saturating_sub(self.from).saturating_add(1);
        self.len.min(width.max(0) as usize)
    }

    /// Elements of line `l` inside `window`.
    #[inline(always)]
    pub fn of(&self, l: usize, window: &Range<usize>) -> Range<usize> {
        let l = l as isize;
        let start = l.saturating_add(self.from).max(window.start as isize);
        let end = l.saturating_add(self.to).saturating_add(1).min(self.len.min(window.end) as isize);
        start as usize..end.max(start) as usize
    }

    /// Those of lines `0..count` that have elements inside `window`.
    #[inline(always)]
    pub fn lines_in(&self, window: &Range<usize>, count: usize) -> Range<usize> {
        let start = (window.start as isize).saturating_sub(self.to).max(0) as usize;
        let end = (window.end as isize).saturating_sub(self.from).clamp(0, count as isize) as usize;
        start.min(end)..end
    }
}

/// Which side of the diagonal a triangle's lines are on: after it (columns of a lower triangle, rows of an
/// upper one) or before it.
#[inline(always)]
pub fn is_after(columns: bool, uplo: Uplo) -> bool {
    columns == (uplo == Uplo::Lower)
}

/// What `count` lines of a triangle of order `n` from `l` on have beyond the small triangle that they have on
/// the diagonal.
#[inline(always)]
pub fn beside(l: usize, count: usize, after: bool, n: usize) -> Range<usize> {
    if after { l + count..n } else { 0..l }
}

/// Elements of a strided vector gathered at a time.
pub const WINDOW: usize = 128;

/// Runs `work` with room for `n` elements side by side. False if the system has none.
#[inline(never)]
pub fn with_scratch<T: Scalar>(n: usize, work: impl FnOnce(*mut T)) -> bool {
    const ON_STACK: usize = 256;
    #[cfg(test)]
    if crate::testing::refuses_scratch() {
        return false;
    }
    if n <= ON_STACK {
        let mut room = [const { MaybeUninit::<T>::uninit() }; ON_STACK];
        work(room.as_mut_ptr().cast());
        return true;
    }
    let buffer = Buffer::take(n * size_of::<T>());
    if let Some(buffer) = &buffer {
        work(buffer.as_mut_ptr().cast());
    }
    buffer.is_some()
}

/// Room on the stack for a window of a strided vector.
pub struct Room<T>([MaybeUninit<T>; WINDOW]);

impl<T: Scalar> Room<T> {
    /// Nothing in it.
    #[inline(always)]
    pub const fn new() -> Self {
        Room([const { MaybeUninit::uninit() }; WINDOW])
    }

    /// Elements `window` of `x` side by side: where its element 0 is or would be. They are x's own if
    /// they are adjacent already, else copies in this room.
    #[inline(always)]
    pub fn gather(&mut self, x: VecRef<T>, window: &Range<usize>) -> *const T {
        if x.stride() == 1 {
            return x.as_ptr();
        }
        for (i, at) in window.clone().zip(&mut self.0) {
            at.write(x.get(i));
        }
        self.0.as_ptr().cast::<T>().wrapping_sub(window.start)
    }

    /// Like [`Room::gather`], to write too; [`Room::scatter`] brings what is written home.
    #[inline(always)]
    pub fn gather_mut(&mut self, x: &VecMut<T>, window: &Range<usize>) -> *mut T {
        if x.stride() == 1 {
            return x.as_mut_ptr();
        }
        self.gather(x.as_ref(), window);
        self.0.as_mut_ptr().cast::<T>().wrapping_sub(window.start)
    }

    /// Writes back what [`Room::gather_mut`] gathered.
    #[inline(always)]
    pub fn scatter(&self, x: &mut VecMut<T>, window: &Range<usize>) {
        if x.stride() != 1 {
            for (i, at) in window.clone().zip(&self.0) {
                // SAFETY: gathering wrote the elements of this window.
                x.set(i, unsafe { at.assume_init() });
            }
        }
    }
}

/// The windows that a vector with this stride is worked through by: one if its elements are adjacent.
#[inline(always)]
pub fn window_length(stride: isize, len: usize) -> usize {
    if stride == 1 { len.max(1) } else { WINDOW }
}

/// `range` in pieces of `length`, the last one shorter.
#[inline(always)]
pub fn windows(range: Range<usize>, length: usize) -> impl Iterator<Item = Range<usize>> {
    let Range { mut start, end } = range;
    core::iter::from_fn(move || {
        let window = start..end.min(start + length);
        start += length;
        (!window.is_empty()).then_some(window)
    })
}
