//! Every CPU: a vector is an array of 16 bytes that the compiler maps to what the target has (SSE2 on
//! any x86-64, NEON on any AArch64). No fused multiply-add: without the instruction it is a slow call.

use super::{Dispatch, Isa, Level, Pair, Transposition, Vector, from_words, in_words, into_words};
use crate::scalar::{Real, Scalar};
use core::ops::{Add, Div, Mul, Neg, Sub};

/// Plain code; needs no proof.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

/// Kept apart from its callers, most of which mostly run another ISA.
#[inline(never)]
fn enter<D: Dispatch>(work: D) -> D::Output {
    work.run(Portable)
}

/// # Safety
/// The words must be those of a `D`, used once.
#[inline(never)]
pub(super) unsafe fn enter_by_words<D: Dispatch>(a: Pair, b: Pair, c: Pair) -> D::Output {
    // SAFETY: the caller's promise.
    unsafe { from_words::<D>([a, b, c]) }.run(Portable)
}

impl Isa for Portable {
    type F32 = Lanes<f32, 4>;
    type F64 = Lanes<f64, 2>;
    const LEVEL: Level = Level::Portable;

    #[inline(always)]
    unsafe fn assume() -> Portable {
        Portable
    }

    #[inline(always)]
    fn enter<D: Dispatch>(self, work: D) -> D::Output {
        if const { !in_words::<D>() } {
            return enter(work);
        }
        let [a, b, c] = into_words(work);
        // SAFETY: the words are of this type.
        unsafe { enter_by_words::<D>(a, b, c) }
    }

    #[inline(always)]
    fn widen(self, x: Self::F32) -> [Self::F64; 2] {
        let half = |first: usize| Lanes(core::array::from_fn(|i| f64::from(x.0[first + i])));
        [half(0), half(2)]
    }

    #[inline(always)]
    fn prefetch<T>(self, _: *const T) {}

    #[inline(always)]
    fn fence(self) {}

    #[inline(always)]
    unsafe fn transpose<T: Copy>(self, block: Transposition<T>) {
        // SAFETY: the caller vouches for the memory.
        unsafe { block.plain() }
    }
}

/// `N` reals, operated on lane by lane.
#[derive(Clone, Copy)]
pub struct Lanes<R, const N: usize>(pub(super) [R; N]);

impl<R: Real, const N: usize> Lanes<R, N> {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(R, R) -> R) -> Self {
        Lanes(core::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl<R: Real, const N: usize> Add for Lanes<R, N> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |x, y| x + y)
    }
}

impl<R: Real, const N: usize> Sub for Lanes<R, N> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |x, y| x - y)
    }
}

impl<R: Real, const N: usize> Mul for Lanes<R, N> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |x, y| x * y)
    }
}

impl<R: Real, const N: usize> Div for Lanes<R, N> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |x, y| x / y)
    }
}

impl<R: Real, const N: usize> Neg for Lanes<R, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Lanes(self.0.map(|x| -x))
    }
}

impl<R: Real, const N: usize> Vector<Portable> for Lanes<R, N> {
    type Elem = R;
    type Mask = usize;
    type Span = (usize, usize);
    const LANES: usize = N;

    #[inline(always)]
    fn splat(_: Portable, x: R) -> Self {
        Lanes([x; N])
    }

    #[inline(always)]
    fn pairs(_: Portable, even: R, odd: R) -> Self {
        Lanes(core::array::from_fn(|i| if i % 2 == 0 { even } else { odd }))
    }

    #[inline(always)]
    fn mask(_: Portable, n: usize) -> usize {
        debug_assert!(n <= N);
        n
    }

    #[inline(always)]
    fn span(_: Portable, start: usize, end: usize) -> (usize, usize) {
        debug_assert!(start <= end && end <= N);
        (start, end)
    }

    #[inline(always)]
    unsafe fn load_span(_: Portable, from: *const R, (start, end): (usize, usize)) -> Self {
        let is_in = |i: usize| start <= i && i < end;
        // SAFETY: the caller vouches for the span's elements, no other is read.
        Lanes(core::array::from_fn(|i| if is_in(i) { unsafe { *from.wrapping_add(i) } } else { R::ZERO }))
    }

    #[inline(always)]
    fn within(self, (start, end): (usize, usize)) -> Self {
        Lanes(core::array::from_fn(|i| if start <= i && i < end { self.0[i] } else { R::ZERO }))
    }

    #[inline(always)]
    unsafe fn load(_: Portable, from: *const R) -> Self {
        // SAFETY: the caller vouches for N elements.
        Lanes(unsafe { from.cast::<[R; N]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn load_masked(_: Portable, from: *const R, mask: usize) -> Self {
        // SAFETY: the caller vouches for the first `mask` elements, no other is read.
        Lanes(core::array::from_fn(|i| if i < mask { unsafe { *from.add(i) } } else { R::ZERO }))
    }

    #[inline(always)]
    unsafe fn load_over(self, from: *const R, mask: usize) -> Self {
        // SAFETY: the caller vouches for the first `mask` elements, no other is read.
        Lanes(core::array::from_fn(|i| if i < mask { unsafe { *from.add(i) } } else { self.0[i] }))
    }

    #[inline(always)]
    unsafe fn gather<T: Scalar<Real = R>>(_: Portable, at: impl Fn(usize) -> *const T) -> Self {
        Lanes(core::array::from_fn(|i| {
            // SAFETY: the caller vouches for the elements.
            let x = unsafe { *at(i / T::PARTS) };
            if i % T::PARTS == 0 { x.re() } else { x.im() }
        }))
    }

    #[inline(always)]
    fn over(self, other: Self, mask: usize) -> Self {
        Lanes(core::array::from_fn(|i| if i < mask { self.0[i] } else { other.0[i] }))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut R) {
        // SAFETY: the caller vouches for N elements.
        unsafe { to.cast::<[R; N]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn store_past_caches(self, to: *mut R) {
        // SAFETY: the caller vouches for N elements.
        unsafe { self.store(to) }
    }

    #[inline(always)]
    unsafe fn load_low<const LOW: usize>(isa: Portable, from: *const R) -> Self {
        // SAFETY: passed on.
        unsafe { Self::load_masked(isa, from, LOW) }
    }

    #[inline(always)]
    unsafe fn store_low<const LOW: usize>(self, to: *mut R) {
        // SAFETY: passed on.
        unsafe { self.store_masked(to, LOW) }
    }

    #[inline(always)]
    unsafe fn store_masked(self, to: *mut R, mask: usize) {
        for (i, &x) in self.0.iter().enumerate().take(mask) {
            // SAFETY: the caller vouches for the first `mask` elements.
            unsafe { *to.add(i) = x }
        }
    }

    #[inline(always)]
    fn mul_add(self, by: Self, plus: Self) -> Self {
        self * by + plus
    }

    #[inline(always)]
    fn neg_mul_add(self, by: Self, plus: Self) -> Self {
        plus - self * by
    }

    #[inline(always)]
    fn mul_sub_add(self, by: Self, other: Self) -> Self {
        let product = self * by;
        Lanes(core::array::from_fn(|i| {
            if i % 2 == 0 { product.0[i] - other.0[i] } else { product.0[i] + other.0[i] }
        }))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Lanes(self.0.map(R::abs))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |x, y| if x > y { x } else { y })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |x, y| if x < y { x } else { y })
    }

    #[inline(always)]
    fn swap_pairs(self) -> Self {
        Lanes(core::array::from_fn(|i| self.0[i ^ 1]))
    }

    #[inline(always)]
    fn dup_even(self) -> Self {
        Lanes(core::array::from_fn(|i| self.0[i & !1]))
    }

    #[inline(always)]
    fn dup_odd(self) -> Self {
        Lanes(core::array::from_fn(|i| self.0[i | 1]))
    }

    #[inline(always)]
    fn sum(self) -> R {
        let mut lanes = self.0;
        let mut half = N / 2;
        while half > 0 {
            for i in 0..half {
                lanes[i] += lanes[i + half];
            }
            half /= 2;
        }
        lanes[0]
    }

    #[inline(always)]
    fn sum_each(vectors: [Self; 4]) -> [R; 4] {
        vectors.map(|vector| vector.sum())
    }

    #[inline(always)]
    fn largest(self) -> R {
        self.0.into_iter().fold(self.0[0], |best, x| if x > best { x } else { best })
    }

    #[inline(always)]
    fn smallest(self) -> R {
        self.0.into_iter().fold(self.0[0], |best, x| if x < best { x } else { best })
    }

    #[inline(always)]
    fn equal_lanes(self, other: Self) -> u32 {
        (0..N).fold(0, |bits, i| bits | u32::from(self.0[i] == other.0[i]) << i)
    }

    #[inline(always)]
    fn any_above(self, other: Self) -> bool {
        (0..N).fold(false, |any, i| any | (self.0[i] > other.0[i]))
    }

    #[inline(always)]
    fn unzip(self, other: Self) -> [Self; 2] {
        let lane = |i: usize| if i < N { self.0[i] } else { other.0[i - N] };
        [0, 1].map(|odd| Lanes(core::array::from_fn(|i| lane(2 * i + odd))))
    }
}
