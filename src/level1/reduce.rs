//! Sums over vectors: dot, asum, sum, and the squares of `norm`.
//!
//! All are one loop, [`Reduction`], over a [`Fold`] that says what is added for each register. Partial
//! sums are made over fixed pieces of [`PIECE`] elements and joined in double precision in order of
//! place, so the result depends on the length and the numbers only, not on alignment, stride or threads.

use super::lanes::{Contiguous, DotSum, Lanes, Reader, Strided, each, lanes};
use crate::engine::passes;
use crate::scalar::{Real, Scalar};
use crate::simd::{Dispatch, Isa, Vector, dispatch};
use crate::view::VecRef;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What is summed over the elements of x and y.
pub trait Fold<T: Scalar>: Copy + Sync {
    /// How many vectors are read: both, or x alone.
    const OPERANDS: usize = 1;
    /// Whether a sum takes two registers, so that four of them in parallel do, rather than eight.
    const WIDE: bool = false;

    /// Adds the elements of two registers.
    fn add<S: Isa>(self, isa: S, sum: DotSum<S, T>, x: Lanes<S, T>, y: Lanes<S, T>) -> DotSum<S, T>;

    /// The sum over the lanes.
    #[inline(always)]
    fn total<S: Isa>(self, _: S, sum: DotSum<S, T>) -> T {
        T::from_real(sum.straight.sum())
    }
}

/// `sum x y`, or `sum conj(x) y`.
#[derive(Clone, Copy)]
pub struct Dot<const CONJ_X: bool>;

impl<T: Scalar, const CONJ_X: bool> Fold<T> for Dot<CONJ_X> {
    const OPERANDS: usize = 2;
    const WIDE: bool = T::IS_COMPLEX;
    #[inline(always)]
    fn add<S: Isa>(self, _: S, sum: DotSum<S, T>, x: Lanes<S, T>, y: Lanes<S, T>) -> DotSum<S, T> {
        sum.add(x, y, y.swap_pairs())
    }
    #[inline(always)]
    fn total<S: Isa>(self, isa: S, sum: DotSum<S, T>) -> T {
        sum.total(isa, CONJ_X)
    }
}

/// `sum re x + im x`.
#[derive(Clone, Copy)]
pub struct Plain;

impl<T: Scalar> Fold<T> for Plain {
    #[inline(always)]
    fn add<S: Isa>(self, _: S, sum: DotSum<S, T>, x: Lanes<S, T>, _: Lanes<S, T>) -> DotSum<S, T> {
        DotSum { straight: sum.straight + x, ..sum }
    }
}

/// `sum |re x| + |im x|`.
#[derive(Clone, Copy)]
pub struct Magnitude;

impl<T: Scalar> Fold<T> for Magnitude {
    #[inline(always)]
    fn add<S: Isa>(self, _: S, sum: DotSum<S, T>, x: Lanes<S, T>, _: Lanes<S, T>) -> DotSum<S, T> {
        DotSum { straight: sum.straight + x.abs(), ..sum }
    }
}

/// Elements summed in the type itself; the sums of pieces are added in double precision.
pub(super) const PIECE: usize = 8192;

/// `sum f(x_i, y_i)`.
pub struct Reduction<'a, T, F> {
    pub x: VecRef<'a, T>,
    /// As long as x; x itself where the fold uses x only.
    pub y: VecRef<'a, T>,
    pub fold: F,
}

impl<T: Scalar, F: Fold<T>> Dispatch for Reduction<'_, T, F> {
    type Output = T;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> T {
        if self.x.len() > PIECE {
            isa.enter_aside(ByPieces(self))
        } else if self.is_adjacent() {
            self.adjacent_piece(isa, 0..self.x.len())
        } else {
            isa.enter_aside(Apart(self))
        }
    }
}

/// A sum over adjacent elements: few words, which is what a call for a few elements feels.
struct Adjacent<T, F> {
    x: *const T,
    y: *const T,
    len: usize,
    fold: F,
}

impl<T: Scalar, F: Fold<T>> Dispatch for Adjacent<T, F> {
    type Output = T;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> T {
        let Adjacent { x, y, len, fold } = self;
        // SAFETY: made from such views.
        let (x, y) = unsafe { (VecRef::new(x, len, 1), VecRef::new(y, len, 1)) };
        Reduction { x, y, fold }.run(isa)
    }
}

/// What is over vectors of which one at least is not adjacent, or long.
pub(super) struct Apart<R>(pub R);

impl<T: Scalar, F: Fold<T>> Dispatch for Apart<Reduction<'_, T, F>> {
    type Output = T;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> T {
        let Apart(reduction) = self;
        reduction.strided_piece(isa, 0..reduction.x.len())
    }
}

/// Pieces are summed by chunks, of which a vector has at most so many, however many threads share them.
const CHUNKS: usize = 64;

/// A sum over a long vector.
struct ByPieces<R>(R);

impl<T: Scalar, F: Fold<T>> Dispatch for ByPieces<Reduction<'_, T, F>> {
    type Output = T;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> T {
        let ByPieces(reduction) = self;
        let len = reduction.x.len();
        let chunk = len.div_ceil(PIECE).div_ceil(CHUNKS).max(1) * PIECE;
        let sums = [const { [AtomicU64::new(0), AtomicU64::new(0)] }; CHUNKS];
        let bytes = F::OPERANDS * len * size_of::<T>();
        passes::split(bytes, len.div_ceil(chunk), 1, |chunks| {
            for k in chunks {
                let sum = isa.enter(Chunk { of: &reduction, range: k * chunk..len.min((k + 1) * chunk) });
                for (part, place) in sum.into_iter().zip(&sums[k]) {
                    place.store(part.to_bits(), Relaxed);
                }
            }
        });
        let [re, im] = [0, 1].map(|part| {
            let sums = sums[..len.div_ceil(chunk)].iter();
            T::Real::from_f64(sums.fold(0.0, |all, sum| all + f64::from_bits(sum[part].load(Relaxed))))
        });
        T::from_parts(re, im)
    }
}

/// The real and imaginary part of the sum over a range, piece by piece.
struct Chunk<'a, R> {
    of: &'a R,
    range: Range<usize>,
}

impl<T: Scalar, F: Fold<T>> Dispatch for Chunk<'_, Reduction<'_, T, F>> {
    type Output = [f64; 2];

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> [f64; 2] {
        let Range { mut start, end } = self.range;
        let (mut re, mut im) = (0.0, 0.0);
        while start < end {
            let next = end.min(start + PIECE);
            let sum = self.of.piece(isa, start..next);
            re += sum.re().to_f64();
            im += sum.im().to_f64();
            start = next;
        }
        [re, im]
    }
}

impl<T: Scalar, F: Fold<T>> Reduction<'_, T, F> {
    /// The sum.
    #[inline(always)]
    pub fn total(self) -> T {
        if self.is_adjacent() {
            let Reduction { x, y, fold } = self;
            dispatch(Adjacent { x: x.as_ptr(), y: y.as_ptr(), len: x.len(), fold })
        } else {
            dispatch(self)
        }
    }

    #[inline(always)]
    fn is_adjacent(&self) -> bool {
        self.x.stride() == 1 && self.y.stride() == 1
    }

    /// The sum over a piece.
    #[inline(always)]
    fn piece<S: Isa>(&self, isa: S, range: Range<usize>) -> T {
        if self.is_adjacent() { self.adjacent_piece(isa, range) } else { self.strided_piece(isa, range) }
    }

    #[inline(always)]
    pub(super) fn adjacent_piece<S: Isa>(&self, isa: S, range: Range<usize>) -> T {
        let (x, y) = (self.x.slice(range.clone()), self.y.slice(range.clone()));
        // SAFETY: the views vouch for their elements, which are adjacent.
        unsafe { self.sum(isa, Contiguous(x.as_ptr()), Contiguous(y.as_ptr()), range.len()) }
    }

    #[inline(always)]
    fn strided_piece<S: Isa>(&self, isa: S, range: Range<usize>) -> T {
        let (x, y) = (self.x.slice(range.clone()), self.y.slice(range.clone()));
        // SAFETY: the views vouch for their elements.
        unsafe { self.sum(isa, Strided::of(x), Strided::of(y), range.len()) }
    }

    /// The sum over `len` elements.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn sum<S: Isa>(&self, isa: S, x: impl Reader<S, T>, y: impl Reader<S, T>, len: usize) -> T {
        let (fold, reals) = (self.fold, len * T::PARTS);
        // SAFETY: passed on.
        unsafe {
            if F::WIDE {
                Sums::<S, T, F, _, _, 4>::new(isa, fold, x, y).over_all(reals)
            } else {
                Sums::<S, T, F, _, _, 8>::new(isa, fold, x, y).over_all(reals)
            }
        }
    }
}

/// Running sums: register k of each round goes to sum k. Which sum what is left goes to depends on how much that is.
struct Sums<S: Isa, T: Scalar, F, X, Y, const N: usize> {
    isa: S,
    fold: F,
    x: X,
    y: Y,
    sums: [DotSum<S, T>; N],
}

impl<S: Isa, T: Scalar, F: Fold<T>, X: Reader<S, T>, Y: Reader<S, T>, const N: usize> Sums<S, T, F, X, Y, N> {
    #[inline(always)]
    fn new(isa: S, fold: F, x: X, y: Y) -> Self {
        Sums { isa, fold, x, y, sums: [DotSum::zero(isa); N] }
    }

    /// The sum over all of `reals` reals.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn over_all(mut self, reals: usize) -> T {
        if reals < N * lanes::<S, T>() {
            // SAFETY: passed on.
            return unsafe { self.short(reals) };
        }
        let mut left = reals;
        // SAFETY: registers that are left.
        unsafe {
            while left >= N * lanes::<S, T>() {
                self.add::<0, 4>();
                if N > 4 {
                    self.add::<4, 4>();
                }
                left -= N * lanes::<S, T>();
            }
            // Whole rounds are frequent, and jumps over each of these questions would take as long as a round.
            if left > 0 {
                self.add_part_of_round(left);
            }
        }
        self.total()
    }

    /// Adds the last reals, fewer than fill a round.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn add_part_of_round(&mut self, mut left: usize) {
        // SAFETY: registers that are left, and a rest.
        unsafe {
            if N > 4 && left >= 4 * lanes::<S, T>() {
                self.add::<0, 4>();
                left -= 4 * lanes::<S, T>();
            }
            if left >= 2 * lanes::<S, T>() {
                if N > 4 {
                    self.add::<4, 2>()
                } else {
                    self.add::<0, 2>()
                }
                left -= 2 * lanes::<S, T>();
            }
            if left >= lanes::<S, T>() {
                if N > 4 {
                    self.add::<6, 1>()
                } else {
                    self.add::<2, 1>()
                }
                left -= lanes::<S, T>();
            }
            if left > 0 {
                self.add_rest(left);
            }
        }
    }

    /// The sum over fewer reals than fill a round, with few questions: four registers or not, two or not, one or not.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn short(mut self, reals: usize) -> T {
        let mut left = reals;
        // SAFETY: each time there are so many registers, or a rest.
        unsafe {
            if left < lanes::<S, T>() {
                self.add_rest(left);
                return self.fold.total(self.isa, self.sums[0]);
            }
            if N > 4 && left >= 4 * lanes::<S, T>() {
                self.add_registers::<4>();
                left -= 4 * lanes::<S, T>();
                if left == 0 {
                    return self.fold.total(self.isa, self.sums[0]);
                }
            }
            if left >= 2 * lanes::<S, T>() {
                self.add_registers::<2>();
                left -= 2 * lanes::<S, T>();
                if left == 0 {
                    return self.fold.total(self.isa, self.sums[0]);
                }
            }
            if left >= lanes::<S, T>() {
                self.add_registers::<1>();
                left -= lanes::<S, T>();
            }
            if left > 0 {
                self.add_rest(left);
            }
        }
        self.fold.total(self.isa, self.sums[0])
    }

    /// Adds the next `K` registers to sums `FIRST` and on: few, so that the loop is unrolled and sums stay in
    /// registers.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn add<const FIRST: usize, const K: usize>(&mut self) {
        for k in FIRST..FIRST + K {
            // SAFETY: the caller vouches for them.
            self.sums[k] = unsafe { self.plus_next(self.sums[k]) };
        }
    }

    /// Adds the next `K` registers to the first sum.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn add_registers<const K: usize>(&mut self) {
        let mut sums = [DotSum::zero(self.isa); K];
        sums[0] = self.sums[0];
        for k in 0..K {
            // SAFETY: the caller vouches for them.
            sums[k] = unsafe { self.plus_next(sums[k]) };
        }
        self.sums[0] = joined(sums);
    }

    /// A sum and the next register.
    ///
    /// # Safety
    /// It must be readable.
    #[inline(always)]
    unsafe fn plus_next(&mut self, sum: DotSum<S, T>) -> DotSum<S, T> {
        // SAFETY: passed on.
        let (x, y) = unsafe { (self.x.next(self.isa), self.y.next(self.isa)) };
        self.fold.add(self.isa, sum, x, y)
    }

    /// Adds the last `reals`, less than a register, to the first sum.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn add_rest(&mut self, reals: usize) {
        // SAFETY: passed on.
        let (x, y) = unsafe { (self.x.rest(self.isa, reals), self.y.rest(self.isa, reals)) };
        self.sums[0] = self.fold.add(self.isa, self.sums[0], x, y);
    }

    #[inline(always)]
    fn total(self) -> T {
        self.fold.total(self.isa, joined(self.sums))
    }
}

/// The sum of sums, by halving.
#[inline(always)]
fn joined<S: Isa, T: Scalar, const N: usize>(mut sums: [DotSum<S, T>; N]) -> DotSum<S, T> {
    let mut half = N / 2;
    while half > 0 {
        for k in 0..half {
            sums[k] = sums[k].join(sums[k + half]);
        }
        half /= 2;
    }
    sums[0]
}

/// `b + sum x_i y_i` in double precision.
pub struct WideDot<'a> {
    pub b: f64,
    pub x: VecRef<'a, f32>,
    pub y: VecRef<'a, f32>,
}

impl Dispatch for WideDot<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> f64 {
        let (x, y) = (self.x, self.y);
        if x.stride() != 1 || y.stride() != 1 {
            return isa.enter_aside(Apart(self));
        }
        // SAFETY: the views vouch for their elements, which are adjacent.
        self.b + unsafe { wide_sum(isa, Contiguous(x.as_ptr()), Contiguous(y.as_ptr()), x.len()) }
    }
}

impl Dispatch for Apart<WideDot<'_>> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> f64 {
        let Apart(WideDot { b, x, y }) = self;
        // SAFETY: the views vouch for their elements.
        b + unsafe { wide_sum(isa, Strided::of(x), Strided::of(y), x.len()) }
    }
}

/// `sum x_i y_i` over `len` elements, each register in two of double precision.
///
/// # Safety
/// They must be readable.
#[inline(always)]
unsafe fn wide_sum<S: Isa>(
    isa: S,
    mut x: impl Reader<S, f32>,
    mut y: impl Reader<S, f32>,
    len: usize,
) -> f64 {
    let lanes = S::F32::LANES;
    // Four of two registers each, to hide the latency.
    let mut sums = [[S::F64::zero(isa); 2]; 4];
    let mut left = len;
    // SAFETY: registers that are left, and a rest.
    unsafe {
        while left >= 4 * lanes {
            for k in 0..4 {
                sums[k] = plus_wide(isa, sums[k], x.next(isa), y.next(isa));
            }
            left -= 4 * lanes;
        }
        while left >= lanes {
            sums[0] = plus_wide(isa, sums[0], x.next(isa), y.next(isa));
            left -= lanes;
        }
        if left > 0 {
            sums[1] = plus_wide(isa, sums[1], x.rest(isa, left), y.rest(isa, left));
        }
    }
    let halves: [S::F64; 2] = each(|half| (sums[0][half] + sums[1][half]) + (sums[2][half] + sums[3][half]));
    (halves[0] + halves[1]).sum()
}

/// `sum + x y` in double precision.
#[inline(always)]
fn plus_wide<S: Isa>(isa: S, sum: [S::F64; 2], x: S::F32, y: S::F32) -> [S::F64; 2] {
    let (x, y) = (isa.widen(x), isa.widen(y));
    [x[0].mul_add(y[0], sum[0]), x[1].mul_add(y[1], sum[1])]
}
