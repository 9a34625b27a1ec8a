//! `y <- y + alpha A x`: banded matrices (gbmv), symmetric and Hermitian ones in dense, banded and packed
//! storage (symv, sbmv, spmv and hemv, hbmv, hpmv).

use super::panel::Panel;
use super::shape::{Room, window_length, windows};
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa};
use crate::view::{VecMut, VecRef};
use core::ops::Range;

/// `y <- y + alpha A x`, A banded, of `count` lines.
pub struct BandProduct<'a, T> {
    pub alpha: T,
    pub a: Panel<T>,
    pub count: usize,
    pub x: VecRef<'a, T>,
    pub y: VecMut<'a, T>,
}

impl<T: Scalar> Dispatch for BandProduct<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(mut self, isa: S) {
        if self.a.lines.columns { self.by_columns(isa) } else { self.by_rows(isa) }
    }
}

impl<T: Scalar> BandProduct<'_, T> {
    /// Each column times its element of x is added to y.
    #[inline(always)]
    fn by_columns<S: Isa>(&mut self, isa: S) {
        let mut room = Room::new();
        for window in windows(0..self.y.len(), window_length(self.y.stride(), self.y.len())) {
            let y = room.gather_mut(&self.y, &window);
            let lines = self.a.spans.lines_in(&window, self.count);
            let mut l = lines.start;
            while l + 4 <= lines.end {
                self.add_columns::<S, 4>(isa, l, y, &window);
                l += 4;
            }
            while l < lines.end {
                self.add_columns::<S, 1>(isa, l, y, &window);
                l += 1;
            }
            room.scatter(&mut self.y, &window);
        }
    }

    #[inline(always)]
    fn add_columns<S: Isa, const G: usize>(&self, isa: S, l: usize, y: *mut T, window: &Range<usize>) {
        let c: [T; G] = core::array::from_fn(|g| self.alpha * self.x.get(l + g));
        // SAFETY: lines of the caller's matrix; the window of y was gathered.
        unsafe { self.a.add(isa, l, c, y, window) };
    }

    /// Each row times x is added to its element of y.
    #[inline(always)]
    fn by_rows<S: Isa>(&mut self, isa: S) {
        let mut room = Room::new();
        for window in windows(0..self.x.len(), window_length(self.x.stride(), self.x.len())) {
            let x = room.gather(self.x, &window);
            let lines = self.a.spans.lines_in(&window, self.count);
            let mut l = lines.start;
            while l + 4 <= lines.end {
                self.dot_rows::<S, 4>(isa, l, x, &window);
                l += 4;
            }
            while l < lines.end {
                self.dot_rows::<S, 1>(isa, l, x, &window);
                l += 1;
            }
        }
    }

    #[inline(always)]
    fn dot_rows<S: Isa, const G: usize>(&mut self, isa: S, l: usize, x: *const T, window: &Range<usize>) {
        // SAFETY: lines of the caller's matrix; the window of x was gathered.
        let sums: [T; G] = unsafe { self.a.dot(isa, l, x, window) };
        for (g, sum) in sums.into_iter().enumerate() {
            self.y.set(l + g, self.y.get(l + g) + self.alpha * sum);
        }
    }
}

/// `y <- y + alpha A x`, A symmetric or Hermitian of order n = len x, the triangle beside the diagonal in
/// the panel's spans.
///
/// Each stored element a = A(i, l) is read once and used twice: `y_i += a c_l` with `c = alpha x`, and
/// `t_l += a x_i` (conjugated if Hermitian), from which `y_l += alpha t_l`.
pub struct SymmetricProduct<'a, T> {
    pub alpha: T,
    pub a: Panel<T>,
    pub hermitian: bool,
    pub x: VecRef<'a, T>,
    pub y: VecMut<'a, T>,
}

impl<T: Scalar> Dispatch for SymmetricProduct<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(mut self, isa: S) {
        // A row's elements are those of the column with the same number, transposed.
        if !self.a.lines.columns && self.hermitian {
            self.a.conj = !self.a.conj;
        }
        let n = self.x.len();
        let step = window_length(self.x.stride(), n).min(window_length(self.y.stride(), n));
        let (mut x_room, mut y_room) = (Room::new(), Room::new());
        let (mut x_far, mut y_far) = (Room::new(), Room::new());
        for block in windows(0..n, step) {
            let x = x_room.gather(self.x, &block);
            let y = y_room.gather_mut(&self.y, &block);
            self.block(isa, &block, (x, y), (x, y), &block);
            for l in block.clone() {
                // SAFETY: element l of the block and of the diagonal.
                unsafe {
                    let a = self.a.lines.get(l, l);
                    let a = if self.hermitian { T::from_real(a.re()) } else { a.conj_if(self.a.conj) };
                    *y.wrapping_add(l) += self.alpha * *x.wrapping_add(l) * a;
                }
            }
            for window in windows(0..n, step) {
                if window != block && self.a.spans.lines_in(&window, n).start < block.end {
                    let far = (x_far.gather(self.x, &window), y_far.gather_mut(&self.y, &window));
                    self.block(isa, &block, (x, y), far, &window);
                    y_far.scatter(&mut self.y, &window);
                }
            }
            y_room.scatter(&mut self.y, &block);
        }
    }
}

impl<T: Scalar> SymmetricProduct<'_, T> {
    /// Lines `block` by elements `window`: `near` is x and y in `block`, `far` in `window`.
    #[inline(always)]
    fn block<S: Isa>(
        &self,
        isa: S,
        block: &Range<usize>,
        near: (*const T, *mut T),
        far: (*const T, *mut T),
        window: &Range<usize>,
    ) {
        let mut l = block.start;
        while l + 4 <= block.end {
            self.lines::<S, 4>(isa, l, near, far, window);
            l += 4;
        }
        while l < block.end {
            self.lines::<S, 1>(isa, l, near, far, window);
            l += 1;
        }
    }

    #[inline(always)]
    fn lines<S: Isa, const G: usize>(
        &self,
        isa: S,
        l: usize,
        (x, y): (*const T, *mut T),
        far: (*const T, *mut T),
        window: &Range<usize>,
    ) {
        // SAFETY: lines of the caller's matrix; both windows were gathered.
        unsafe {
            let c: [T; G] = core::array::from_fn(|g| self.alpha * *x.wrapping_add(l + g));
            let sums = self.a.add_and_dot(isa, l, self.hermitian, c, far, window);
            for (g, sum) in sums.into_iter().enumerate() {
                *y.wrapping_add(l + g) += self.alpha * sum;
            }
        }
    }
}
