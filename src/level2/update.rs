//! Rank-one and rank-two updates: ger, and on one triangle, dense or packed, syr, her, spr, hpr, syr2, her2,
//! spr2, hpr2.

use super::kernels::{Group, Update, update_lines};
use super::shape::{Lines, Room, window_length, windows};
use crate::engine::passes;
use crate::level1::lanes::each;
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa};
use crate::view::VecRef;
use core::ops::Range;

/// A rank-one update as lines see it: line l gets `factor across_l` times the vector `along`.
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
        let c = each(|g| self.factor * self.across.get(l + g).conj_if(self.conj_across));
        Update { x: along, conj: self.conj_along, c }
    }
}

/// Which elements of the lines are updated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// All.
    Full,
    /// Those of a triangle, the diagonal of which is kept real if it is Hermitian.
    Triangle {
        /// Whether lines go on after the diagonal.
        after: bool,
        hermitian: bool,
    },
}

impl Region {
    #[inline(always)]
    fn is_hermitian(self) -> bool {
        matches!(self, Region::Triangle { hermitian: true, .. })
    }

    /// The elements of line `l` inside `window`.
    #[inline(always)]
    fn of(self, l: usize, window: &Range<usize>) -> Range<usize> {
        match self {
            Region::Full => window.clone(),
            Region::Triangle { after: true, .. } => window.end.min(window.start.max(l))..window.end,
            Region::Triangle { after: false, .. } => window.start..window.start.max(window.end.min(l + 1)),
        }
    }
}

/// `A <- A + sum of N terms`.
#[derive(Clone, Copy)]
pub struct RankUpdate<'a, T, const N: usize> {
    pub a: Lines<*mut T>,
    pub region: Region,
    pub terms: [Term<'a, T>; N],
}

// SAFETY: terms are views; of the lines, threads take different ones.
unsafe impl<T: Sync, const N: usize> Sync for RankUpdate<'_, T, N> {}

/// Bytes of a matrix about whose threads the cost model is asked.
const LARGE: usize = 64 * 1024;

impl<T: Scalar, const N: usize> Dispatch for &RankUpdate<'_, T, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let (count, len) = (self.terms[0].across.len(), self.terms[0].along.len());
        if count * len * size_of::<T>() <= LARGE {
            self.lines(isa, 0..count);
        } else {
            isa.enter_aside(Large(self));
        }
    }
}

/// An update of a large matrix, on several threads if that pays.
struct Large<U>(U);

impl<T: Scalar, const N: usize> Dispatch for Large<&RankUpdate<'_, T, N>> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let Large(update) = self;
        let (count, len) = (update.terms[0].across.len(), update.terms[0].along.len());
        // Read and written.
        let bytes = 2 * count * len * size_of::<T>();
        match update.region {
            Region::Full => {
                passes::split(bytes, count, 1, |lines| isa.enter(Lot { of: update, lines }));
            }
            Region::Triangle { .. } => {
                passes::split(bytes / 2, count.div_ceil(2), 1, |half| {
                    for lines in passes::both_ends(count, half) {
                        isa.enter(Lot { of: update, lines });
                    }
                });
            }
        }
    }
}

/// A thread's lines of an update.
struct Lot<'a, U> {
    of: &'a U,
    lines: Range<usize>,
}

impl<T: Scalar, const N: usize> Dispatch for Lot<'_, RankUpdate<'_, T, N>> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        self.of.lines(isa, self.lines);
    }
}

impl<T: Scalar, const N: usize> RankUpdate<'_, T, N> {
    /// Updates some of the lines, one by one.
    #[inline(always)]
    fn lines<S: Isa>(&self, isa: S, lines: Range<usize>) {
        let RankUpdate { a, region, ref terms } = *self;
        let len = terms[0].along.len();
        let length =
            terms.iter().fold(len, |length, term| length.min(window_length(term.along.stride(), len)));
        let mut rooms = [const { Room::new() }; N];
        for window in windows(0..len, length) {
            let mut along = [core::ptr::null(); N];
            for n in 0..N {
                along[n] = rooms[n].gather(terms[n].along, &window);
            }
            for l in lines.clone() {
                let by: [_; N] = each(|n| terms[n].update::<1>(l, along[n]));
                let range = region.of(l, &window);
                // SAFETY: a line of the caller's matrix; the window of the vectors was gathered.
                unsafe { update_lines(isa, Group { at: a.group_mut(l), step: a.step }, by, range) };
                if region.is_hermitian() && window.contains(&l) {
                    let diagonal = a.at(l, l);
                    // SAFETY: the diagonal of the caller's matrix.
                    unsafe { *diagonal = T::from_real((*diagonal).re()) };
                }
            }
        }
    }
}
