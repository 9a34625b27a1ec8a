//! Sums over vectors: dot, asum, sum, nrm2.
//!
//! All are one loop, [`Reduction`], over a [`Fold`] that says what is added for each register. Partial
//! sums are made over fixed pieces of [`PIECE`] elements and joined in double precision in order of
//! place, so the result depends on the length and the numbers only, not on alignment, stride or threads.
//! Vectors with other strides than one pass through a small buffer.

use super::extreme::{Abs, Search};
use super::lanes::{DotSum, Lanes, lanes};
use crate::engine::stream;
use crate::scalar::{Real, Scalar};
use crate::simd::{Dispatch, Isa, Vector};
use crate::view::VecRef;
use core::mem::MaybeUninit;
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

/// `sum |x|^2`.
#[derive(Clone, Copy)]
pub struct Square;

impl<T: Scalar> Fold<T> for Square {
    #[inline(always)]
    fn add<S: Isa>(self, _: S, sum: DotSum<S, T>, x: Lanes<S, T>, _: Lanes<S, T>) -> DotSum<S, T> {
        DotSum { straight: x.mul_add(x, sum.straight), ..sum }
    }
}

/// `sum |c x|^2`, c real.
#[derive(Clone, Copy)]
pub struct ScaledSquare<R>(pub R);

impl<T: Scalar> Fold<T> for ScaledSquare<T::Real> {
    #[inline(always)]
    fn add<S: Isa>(self, isa: S, sum: DotSum<S, T>, x: Lanes<S, T>, _: Lanes<S, T>) -> DotSum<S, T> {
        let x = x * Lanes::<S, T>::splat(isa, self.0);
        DotSum { straight: x.mul_add(x, sum.straight), ..sum }
    }
}

/// Elements summed in the type itself; the sums of pieces are added in double precision.
const PIECE: usize = 8192;
/// Elements gathered at a time from a strided vector: a multiple of what a round of the loop takes, so
/// that the sum is the same as without gathering.
const GATHERED: usize = 128;

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
        let len = self.x.len();
        if len > PIECE || self.x.stride() != 1 || self.y.stride() != 1 {
            return isa.enter_aside(ByPieces(self));
        }
        let (x, y) = (self.x.as_ptr(), self.y.as_ptr());
        // SAFETY: the views vouch for their elements, which are adjacent.
        unsafe {
            if F::WIDE {
                Sums::<S, T, F, 4>::new(isa, self.fold).finish(x, y, len)
            } else {
                Sums::<S, T, F, 8>::new(isa, self.fold).finish(x, y, len)
            }
        }
    }
}

/// Pieces are summed by chunks, of which a vector has at most so many, however many threads share them.
const CHUNKS: usize = 64;

/// A sum over a long or strided vector.
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
        stream::split(bytes, len.div_ceil(chunk), 1, |chunks| {
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
    /// The sum over a piece.
    #[inline(always)]
    fn piece<S: Isa>(&self, isa: S, range: Range<usize>) -> T {
        if F::WIDE { self.piece_by::<S, 4>(isa, range) } else { self.piece_by::<S, 8>(isa, range) }
    }

    /// The sum over a piece with `N` running sums.
    #[inline(always)]
    fn piece_by<S: Isa, const N: usize>(&self, isa: S, range: Range<usize>) -> T {
        let (x, y) = (self.x.slice(range.clone()), self.y.slice(range));
        let adjacent = x.stride() == 1 && y.stride() == 1;
        let mut sums = Sums::<S, T, F, N>::new(isa, self.fold);
        let mut x_buffer = [const { MaybeUninit::<T>::uninit() }; GATHERED];
        let mut y_buffer = [const { MaybeUninit::<T>::uninit() }; GATHERED];
        let mut done = 0;
        loop {
            let (x_ptr, y_ptr, len) = if adjacent {
                (x.as_ptr(), y.as_ptr(), x.len())
            } else {
                let len = (x.len() - done).min(GATHERED);
                let x_ptr = gather(x.slice(done..done + len), &mut x_buffer);
                let y_ptr =
                    if F::OPERANDS > 1 { gather(y.slice(done..done + len), &mut y_buffer) } else { x_ptr };
                (x_ptr, y_ptr, len)
            };
            done += len;
            // SAFETY: the views vouch for their elements, or copies were gathered.
            unsafe {
                if done == x.len() {
                    return sums.finish(x_ptr, y_ptr, len);
                }
                sums.add_rounds(x_ptr, y_ptr, len);
            }
        }
    }
}

/// Copies the elements of x side by side.
#[inline(always)]
fn gather<T: Scalar>(x: VecRef<T>, to: &mut [MaybeUninit<T>; GATHERED]) -> *const T {
    for (i, place) in to.iter_mut().enumerate().take(x.len()) {
        place.write(x.get(i));
    }
    to.as_ptr().cast()
}

/// Running sums over adjacent elements: register k of each round goes to sum k.
struct Sums<S: Isa, T: Scalar, F, const N: usize> {
    isa: S,
    fold: F,
    sums: [DotSum<S, T>; N],
    /// Reals added in whole rounds.
    taken: usize,
}

impl<S: Isa, T: Scalar, F: Fold<T>, const N: usize> Sums<S, T, F, N> {
    #[inline(always)]
    fn new(isa: S, fold: F) -> Self {
        Sums { isa, fold, sums: [DotSum::zero(isa); N], taken: 0 }
    }

    /// Adds as many of the first `len` elements as fill `N` registers each round; says how many reals.
    ///
    /// # Safety
    /// `len` elements must be readable at `x` and `y`.
    #[inline(always)]
    unsafe fn add_rounds(&mut self, x: *const T, y: *const T, len: usize) -> usize {
        let (x, y) = (x.cast::<T::Real>(), y.cast::<T::Real>());
        let reals = len * T::PARTS;
        let mut i = 0;
        while i + N * lanes::<S, T>() <= reals {
            for (k, sum) in self.sums.iter_mut().enumerate() {
                let at = i + k * lanes::<S, T>();
                // SAFETY: at + LANES <= reals.
                let (x, y) = unsafe {
                    (Lanes::<S, T>::load(self.isa, x.add(at)), Lanes::<S, T>::load(self.isa, y.add(at)))
                };
                *sum = self.fold.add(self.isa, *sum, x, y);
            }
            i += N * lanes::<S, T>();
        }
        self.taken += i;
        i
    }

    /// Adds `len` elements and joins everything.
    ///
    /// # Safety
    /// `len` elements must be readable at `x` and `y`.
    #[inline(always)]
    unsafe fn finish(mut self, x: *const T, y: *const T, len: usize) -> T {
        let reals = len * T::PARTS;
        if self.taken == 0 && reals < N * lanes::<S, T>() {
            // SAFETY: passed on.
            return unsafe { self.short(x.cast(), y.cast(), reals) };
        }
        // SAFETY: passed on.
        let mut i = unsafe { self.add_rounds(x, y, len) };
        let (x, y) = (x.cast::<T::Real>(), y.cast::<T::Real>());
        for sum in &mut self.sums[..N - 1] {
            if i + lanes::<S, T>() > reals {
                break;
            }
            // SAFETY: i + LANES <= reals.
            let (x, y) =
                unsafe { (Lanes::<S, T>::load(self.isa, x.add(i)), Lanes::<S, T>::load(self.isa, y.add(i))) };
            *sum = self.fold.add(self.isa, *sum, x, y);
            i += lanes::<S, T>();
        }
        if i < reals {
            // SAFETY: what is left.
            self.sums[0] = unsafe { self.add_rest(x.wrapping_add(i), y.wrapping_add(i), reals - i) };
        }
        let mut half = N / 2;
        while half > 0 {
            for k in 0..half {
                self.sums[k] = self.sums[k].join(self.sums[k + half]);
            }
            half /= 2;
        }
        self.fold.total(self.isa, self.sums[0])
    }

    /// The sum over fewer reals than fill a round, with few questions: four registers or not, two or not, one or not.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn short(mut self, x: *const T::Real, y: *const T::Real, reals: usize) -> T {
        let mut i = 0;
        // SAFETY: each time there are so many registers, or a rest.
        unsafe {
            if N > 4 && reals >= 4 * lanes::<S, T>() {
                self.add_at::<4>(x, y);
                i = 4 * lanes::<S, T>();
            }
            if reals - i >= 2 * lanes::<S, T>() {
                self.add_at::<2>(x.wrapping_add(i), y.wrapping_add(i));
                i += 2 * lanes::<S, T>();
            }
            if reals - i >= lanes::<S, T>() {
                self.add_at::<1>(x.wrapping_add(i), y.wrapping_add(i));
                i += lanes::<S, T>();
            }
            if i < reals {
                self.sums[0] = self.add_rest(x.wrapping_add(i), y.wrapping_add(i), reals - i);
            }
        }
        self.fold.total(self.isa, self.sums[0])
    }

    /// Adds `K` registers to the first sum.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn add_at<const K: usize>(&mut self, x: *const T::Real, y: *const T::Real) {
        let mut sums = [DotSum::zero(self.isa); K];
        sums[0] = self.sums[0];
        for k in 0..K {
            let at = k * lanes::<S, T>();
            // SAFETY: the caller vouches for them.
            let (x, y) = unsafe {
                (
                    Lanes::<S, T>::load(self.isa, x.wrapping_add(at)),
                    Lanes::<S, T>::load(self.isa, y.wrapping_add(at)),
                )
            };
            sums[k] = self.fold.add(self.isa, sums[k], x, y);
        }
        let mut half = K / 2;
        while half > 0 {
            for k in 0..half {
                sums[k] = sums[k].join(sums[k + half]);
            }
            half /= 2;
        }
        self.sums[0] = sums[0];
    }

    /// The first sum and the first `reals` lanes of a register.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn add_rest(&self, x: *const T::Real, y: *const T::Real, reals: usize) -> DotSum<S, T> {
        let rest = Lanes::<S, T>::mask(self.isa, reals);
        // SAFETY: the mask covers the reals there are.
        let (x, y) = unsafe {
            (Lanes::<S, T>::load_masked(self.isa, x, rest), Lanes::<S, T>::load_masked(self.isa, y, rest))
        };
        self.fold.add(self.isa, self.sums[0], x, y)
    }
}

/// `b + sum x_i y_i` in double precision: elements are widened in a buffer first.
pub struct WideDot<'a> {
    pub b: f64,
    pub x: VecRef<'a, f32>,
    pub y: VecRef<'a, f32>,
}

impl Dispatch for WideDot<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> f64 {
        const BUFFER: usize = 128;
        let mut x = [0.0f64; BUFFER];
        let mut y = [0.0f64; BUFFER];
        let mut sum = self.b;
        let mut done = 0;
        while done < self.x.len() {
            let len = (self.x.len() - done).min(BUFFER);
            for i in 0..len {
                x[i] = f64::from(self.x.get(done + i));
                y[i] = f64::from(self.y.get(done + i));
            }
            let (x, y) = (VecRef::from_slice(&x[..len]), VecRef::from_slice(&y[..len]));
            sum += Reduction { x, y, fold: Dot::<false> }.run(isa);
            done += len;
        }
        sum
    }
}

/// `sqrt(sum |x_i|^2)`: the plain sum of squares wherever that has neither overflowed nor lost anything
/// to underflow; otherwise the sum is made again with x scaled by a power of two.
pub struct Norm<'a, T> {
    pub x: VecRef<'a, T>,
}

impl<T: Scalar> Dispatch for Norm<'_, T> {
    type Output = T::Real;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> T::Real {
        let squares = Reduction { x: self.x, y: self.x, fold: Square }.run(isa).re();
        // What underflow takes from a term is below MIN_POSITIVE; so much larger a sum does not feel it.
        let epsilon = T::Real::EPSILON;
        let safe = T::Real::MIN_POSITIVE / (epsilon * epsilon * epsilon);
        if squares >= safe && squares <= T::Real::MAX {
            squares.sqrt()
        } else {
            isa.enter_aside(ScaledNorm { x: self.x })
        }
    }
}

/// [`Norm`] of numbers whose squares overflow or underflow, of zeros, and of NaN and Inf (NaN wins).
struct ScaledNorm<'a, T> {
    x: VecRef<'a, T>,
}

impl<T: Scalar> Dispatch for ScaledNorm<'_, T> {
    type Output = T::Real;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> T::Real {
        let largest = Search { x: self.x, key: Abs }.run(isa).map_or(T::Real::ZERO, |found| found.key);
        // Both 2^limit and 2^-limit are normal numbers. Where `largest` is zero, Inf or NaN any will do.
        let limit = exponent(T::Real::MAX.to_f64()) - 1;
        let scale = power_of_two(-exponent(largest.to_f64()).clamp(-limit, limit));
        let fold = ScaledSquare(T::Real::from_f64(scale));
        let squares = Reduction { x: self.x, y: self.x, fold }.run(isa).re();
        T::Real::from_f64(squares.sqrt().to_f64() / scale)
    }
}

/// e with `2^e <= x < 2^(e + 1)`; -1023 for zero and subnormal numbers, 1024 for Inf and NaN.
fn exponent(x: f64) -> i32 {
    ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023
}

/// `2^e`, `-1022 <= e <= 1023`.
fn power_of_two(e: i32) -> f64 {
    f64::from_bits(((e + 1023) as u64) << 52)
}
