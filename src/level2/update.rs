//! Rank-one and rank-two updates: ger, and on one triangle, dense or packed, syr, her, spr, hpr, syr2, her2,
//! spr2, hpr2.

use super::kernels::Update;
use super::panel::PanelMut;
use super::shape::{Room, window_length, windows};
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa};
use crate::view::VecRef;
use core::ops::Range;

/// A rank-one update as a panel sees it: line l gets `factor across_l` times the vector `along`.
#[derive(Clone, Copy)]
pub struct Term<'a, T> {
    pub factor: T,
    /// One element for each line.
    pub across: VecRef<'a, T>,
    pub conj_across: bool,
    /// One element for each element of a line.
    pub along: VecRef<'a, T>,
    pub conj_along: bool,
}

impl<T: Scalar> Term<'_, T> {
    #[inline(always)]
    fn update<const G: usize>(&self, l: usize, along: *const T) -> Update<T, G> {
        let c = core::array::from_fn(|g| self.factor * self.across.get(l + g).conj_if(self.conj_across));
        Update { x: along, conj: self.conj_along, c }
    }
}

/// `A <- A + term`, A of `count` lines.
pub struct RankOne<'a, T> {
    pub a: PanelMut<T>,
    pub count: usize,
    pub term: Term<'a, T>,
}

impl<T: Scalar> Dispatch for RankOne<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let along = self.term.along;
        let mut room = Room::new();
        for window in windows(0..along.len(), window_length(along.stride(), along.len())) {
            let x = room.gather(along, &window);
            let lines = self.a.spans.lines_in(&window, self.count);
            let mut l = lines.start;
            while l + 4 <= lines.end {
                self.lines::<S, 4>(isa, l, x, &window);
                l += 4;
            }
            while l < lines.end {
                self.lines::<S, 1>(isa, l, x, &window);
                l += 1;
            }
        }
    }
}

impl<T: Scalar> RankOne<'_, T> {
    #[inline(always)]
    fn lines<S: Isa, const G: usize>(&self, isa: S, l: usize, x: *const T, window: &Range<usize>) {
        // SAFETY: lines of the caller's matrix; the window of the vector was gathered.
        unsafe { self.a.update(isa, l, self.term.update::<G>(l, x), window) };
    }
}

/// `A <- A + one + other`, A of `count` lines.
pub struct RankTwo<'a, T> {
    pub a: PanelMut<T>,
    pub count: usize,
    pub terms: [Term<'a, T>; 2],
}

impl<T: Scalar> Dispatch for RankTwo<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let [x, y] = self.terms.map(|term| term.along);
        let (mut x_room, mut y_room) = (Room::new(), Room::new());
        let step = window_length(x.stride(), x.len()).min(window_length(y.stride(), y.len()));
        for window in windows(0..x.len(), step) {
            let along = [x_room.gather(x, &window), y_room.gather(y, &window)];
            let lines = self.a.spans.lines_in(&window, self.count);
            let mut l = lines.start;
            while l + 2 <= lines.end {
                self.lines::<S, 2>(isa, l, along, &window);
                l += 2;
            }
            while l < lines.end {
                self.lines::<S, 1>(isa, l, along, &window);
                l += 1;
            }
        }
    }
}

impl<T: Scalar> RankTwo<'_, T> {
    #[inline(always)]
    fn lines<S: Isa, const G: usize>(&self, isa: S, l: usize, [x, y]: [*const T; 2], window: &Range<usize>) {
        let updates = [self.terms[0].update::<G>(l, x), self.terms[1].update::<G>(l, y)];
        // SAFETY: lines of the caller's matrix; the windows of both vectors were gathered.
        unsafe { self.a.update_twice(isa, l, updates, window) };
    }
}

/// Sets the imaginary parts of the diagonal of `n` lines to zero.
///
/// # Safety
/// The diagonal must be there.
pub unsafe fn make_diagonal_real<T: Scalar>(a: PanelMut<T>, n: usize) {
    for l in 0..n {
        let at = a.lines.at(l, l);
        // SAFETY: the caller vouches for the diagonal.
        unsafe { *at = T::from_real((*at).re()) };
    }
}
