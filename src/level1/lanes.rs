//! Elements in vectors of reals, the same for real and complex types: what the loops of levels 1 and 2 do
//! to whole registers.
//!
//! A complex vector of n elements is a real vector of 2n: real and imaginary parts in even and odd lanes.
//! A sum of products needs one exchange of neighbours for each pair of vectors, whatever is conjugated, because signs
//! may wait until the end; a product with a fixed number is [`crate::simd::Factor`]'s.

use crate::scalar::{Real, Scalar};
use crate::simd::{Isa, Vec, Vector, opaque};
use crate::view::VecRef;
use core::mem::MaybeUninit;
use core::ops::Range;

/// The vector of reals that carries elements of type `T` on ISA `S`.
pub type Lanes<S, T> = Vec<S, <T as Scalar>::Real>;

/// The most lanes that a vector has on any ISA.
pub const MOST_LANES: usize = 16;

/// Reals in a vector.
#[inline(always)]
pub const fn lanes<S: Isa, T: Scalar>() -> usize {
    <Lanes<S, T> as Vector<S>>::LANES
}

/// All elements `x`.
#[inline(always)]
pub fn splat<S: Isa, T: Scalar>(isa: S, x: T) -> Lanes<S, T> {
    if T::IS_COMPLEX { Lanes::<S, T>::pairs(isa, x.re(), x.im()) } else { Lanes::<S, T>::splat(isa, x.re()) }
}

/// `[f(0), f(1), ...]`: what `array::map` and `array::from_fn` do, of which calls remain in large loops.
#[inline(always)]
pub fn each<X: Copy, const N: usize>(mut f: impl FnMut(usize) -> X) -> [X; N] {
    let mut all = [const { MaybeUninit::<X>::uninit() }; N];
    for i in 0..N {
        all[i].write(f(i));
    }
    // SAFETY: all are written.
    unsafe { all.as_ptr().cast::<[X; N]>().read() }
}

/// A running sum of products `a x`, one for each lane; which of the two is conjugated is said at the end.
pub struct DotSum<S: Isa, T: Scalar> {
    /// re re and im im.
    pub straight: Lanes<S, T>,
    /// a.re x.im and a.im x.re.
    pub crossed: Lanes<S, T>,
}

impl<S: Isa, T: Scalar> Clone for DotSum<S, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Isa, T: Scalar> Copy for DotSum<S, T> {}

impl<S: Isa, T: Scalar> DotSum<S, T> {
    /// 0.
    #[inline(always)]
    pub fn zero(isa: S) -> Self {
        DotSum { straight: Lanes::<S, T>::zero(isa), crossed: Lanes::<S, T>::zero(isa) }
    }

    /// Adds `a x`; `crossed` is `x.swap_pairs()`, which the caller makes once for many `a`.
    #[inline(always)]
    pub fn add(self, a: Lanes<S, T>, x: Lanes<S, T>, crossed: Lanes<S, T>) -> Self {
        DotSum {
            straight: a.mul_add(x, self.straight),
            crossed: if T::IS_COMPLEX { a.mul_add(crossed, self.crossed) } else { self.crossed },
        }
    }

    /// The sum of two sums.
    #[inline(always)]
    pub fn join(self, other: Self) -> Self {
        DotSum {
            straight: self.straight + other.straight,
            crossed: if T::IS_COMPLEX { self.crossed + other.crossed } else { self.crossed },
        }
    }

    /// The sum over the lanes, `a` conjugated if `conj_a`.
    #[inline(always)]
    pub fn total(self, isa: S, conj_a: bool) -> T {
        if !T::IS_COMPLEX {
            return T::from_real(self.straight.sum());
        }
        let sums = self.signed(isa, conj_a);
        T::from_parts(sums.straight.sum(), sums.crossed.sum())
    }

    /// With the signs of the products, so that the lanes' sums are the real and the imaginary part.
    #[inline(always)]
    fn signed(self, isa: S, conj_a: bool) -> Self {
        let one = T::Real::ONE;
        let alternate = Lanes::<S, T>::pairs(isa, one, -one);
        // im im counts negative, or, with a conjugated, a.im x.re.
        if conj_a {
            DotSum { crossed: self.crossed * alternate, ..self }
        } else {
            DotSum { straight: self.straight * alternate, ..self }
        }
    }

    /// [`DotSum::total`] of many sums at once.
    #[inline(always)]
    pub fn totals<const G: usize>(isa: S, sums: [Self; G], conj_a: bool) -> [T; G] {
        if !G.is_multiple_of(4) {
            return each(|g| sums[g].total(isa, conj_a));
        }
        let mut totals = [T::ZERO; G];
        for first in (0..G).step_by(4) {
            let four: [Self; 4] = each(|g| {
                let sum = sums[first + g];
                if T::IS_COMPLEX { sum.signed(isa, conj_a) } else { sum }
            });
            let re = Lanes::<S, T>::sum_each(each(|g| four[g].straight));
            let im = if T::IS_COMPLEX { Lanes::<S, T>::sum_each(each(|g| four[g].crossed)) } else { re };
            for g in 0..4 {
                totals[first + g] = T::from_parts(re[g], im[g]);
            }
        }
        totals
    }
}

/// A vector that is read register by register, to its end.
pub trait Reader<S: Isa, T: Scalar>: Copy {
    /// Reads the next register.
    ///
    /// # Safety
    /// Its elements must be readable.
    unsafe fn next(&mut self, isa: S) -> Lanes<S, T>;
    /// Reads the last `reals`, at least an element and less than a register; the other lanes are `other`'s.
    ///
    /// # Safety
    /// They must be readable.
    unsafe fn rest_over(self, isa: S, reals: usize, other: Lanes<S, T>) -> Lanes<S, T>;
    /// Reads the last `reals`, at least an element and less than a register; the other lanes are 0.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn rest(self, isa: S, reals: usize) -> Lanes<S, T> {
        // SAFETY: passed on.
        unsafe { self.rest_over(isa, reals, Lanes::<S, T>::zero(isa)) }
    }
}

/// Elements side by side from here on.
#[derive(Clone, Copy)]
pub struct Contiguous<T>(pub *const T);

impl<S: Isa, T: Scalar> Reader<S, T> for Contiguous<T> {
    #[inline(always)]
    unsafe fn next(&mut self, isa: S) -> Lanes<S, T> {
        // SAFETY: the caller vouches for the elements.
        let register = unsafe { Lanes::<S, T>::load(isa, self.0.cast()) };
        self.0 = self.0.wrapping_add(lanes::<S, T>() / T::PARTS);
        register
    }
    #[inline(always)]
    unsafe fn rest_over(self, isa: S, reals: usize, other: Lanes<S, T>) -> Lanes<S, T> {
        // SAFETY: the mask covers the reals that the caller vouches for.
        unsafe { other.load_over(self.0.cast(), Lanes::<S, T>::mask(isa, reals)) }
    }
    #[inline(always)]
    unsafe fn rest(self, isa: S, reals: usize) -> Lanes<S, T> {
        // SAFETY: the mask covers the reals that the caller vouches for.
        unsafe { Lanes::<S, T>::load_first(isa, self.0.cast(), reals) }
    }
}

/// Elements `stride` apart from here on.
#[derive(Clone, Copy)]
pub struct Strided<T> {
    next: *const T,
    stride: isize,
}

impl<T: Scalar> Strided<T> {
    /// The elements of a view.
    #[inline(always)]
    pub fn of(x: VecRef<T>) -> Self {
        Strided { next: x.as_ptr(), stride: x.stride() }
    }
}

impl<S: Isa, T: Scalar> Reader<S, T> for Strided<T> {
    #[inline(always)]
    unsafe fn next(&mut self, isa: S) -> Lanes<S, T> {
        let Strided { next, stride } = *self;
        let next = opaque(next);
        self.next = next.wrapping_offset((lanes::<S, T>() / T::PARTS) as isize * stride);
        // SAFETY: the caller vouches for the elements.
        unsafe { Lanes::<S, T>::gather(isa, |i| next.wrapping_offset(i as isize * stride)) }
    }
    #[inline(always)]
    unsafe fn rest_over(self, isa: S, reals: usize, other: Lanes<S, T>) -> Lanes<S, T> {
        let mut side_by_side = [const { MaybeUninit::<T>::uninit() }; MOST_LANES];
        for k in 0..reals / T::PARTS {
            // SAFETY: the caller vouches for the elements.
            side_by_side[k].write(unsafe { *self.next.wrapping_offset(k as isize * self.stride) });
        }
        // SAFETY: the mask covers the reals that were written.
        unsafe { other.load_over(side_by_side.as_ptr().cast(), Lanes::<S, T>::mask(isa, reals)) }
    }
}

/// A register's worth of memory: all lanes, or the first ones.
pub trait Part<S: Isa, R: Real>: Copy {
    /// Reads them; lanes that are not part of it are 0.
    ///
    /// # Safety
    /// The reals of this part must be readable from `from` on.
    unsafe fn load(self, from: *const R) -> R::Vector<S>;
    /// Writes them.
    ///
    /// # Safety
    /// The reals of this part must be writable from `to` on.
    unsafe fn store(self, to: *mut R, x: R::Vector<S>);
}

/// All lanes.
#[derive(Clone, Copy)]
pub struct Whole<S>(pub S);

impl<S: Isa, R: Real> Part<S, R> for Whole<S> {
    #[inline(always)]
    unsafe fn load(self, from: *const R) -> R::Vector<S> {
        // SAFETY: the caller vouches for the memory.
        unsafe { R::Vector::<S>::load(self.0, from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut R, x: R::Vector<S>) {
        // SAFETY: the caller vouches for the memory.
        unsafe { x.store(to) }
    }
}

/// All lanes, at multiples of a register's size, written past the caches: for what none will hold until it is used.
#[derive(Clone, Copy)]
pub struct Past<S>(pub S);

impl<S: Isa, R: Real> Part<S, R> for Past<S> {
    #[inline(always)]
    unsafe fn load(self, from: *const R) -> R::Vector<S> {
        // SAFETY: the caller vouches for the memory.
        unsafe { R::Vector::<S>::load(self.0, from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut R, x: R::Vector<S>) {
        // SAFETY: the caller vouches for the memory and its alignment.
        unsafe { x.store_past_caches(to) }
    }
}

/// The lanes of a mask.
#[derive(Clone, Copy)]
pub struct First<S, M>(S, M);

impl<S: Isa, R: Real> Part<S, R> for First<S, <R::Vector<S> as Vector<S>>::Mask> {
    #[inline(always)]
    unsafe fn load(self, from: *const R) -> R::Vector<S> {
        // SAFETY: the caller vouches for the memory.
        unsafe { R::Vector::<S>::load_masked(self.0, from, self.1) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut R, x: R::Vector<S>) {
        // SAFETY: the caller vouches for the memory.
        unsafe { x.store_masked(to, self.1) }
    }
}

/// The first `N` lanes, a power of two less than all, without a mask.
#[derive(Clone, Copy)]
struct Low<S, const N: usize>(S);

impl<S: Isa, R: Real, const N: usize> Part<S, R> for Low<S, N> {
    #[inline(always)]
    unsafe fn load(self, from: *const R) -> R::Vector<S> {
        // SAFETY: the caller vouches for the memory.
        unsafe { R::Vector::<S>::load_low::<N>(self.0, from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut R, x: R::Vector<S>) {
        // SAFETY: the caller vouches for the memory.
        unsafe { x.store_low::<N>(to) }
    }
}

/// The first `n` lanes.
#[inline(always)]
pub fn first_lanes<S: Isa, R: Real>(isa: S, n: usize) -> impl Part<S, R> {
    First(isa, R::Vector::<S>::mask(isa, n))
}

/// The body of a loop over adjacent elements.
pub trait Body<S: Isa, T: Scalar> {
    /// Whether what is written is likely to be read by the next operation of its kind, so that a rest is worked on in
    /// halves, quarters, ... of a register: what is written by a mask takes longer to be read (7 clocks on a Zen 5).
    const READS_AGAIN: bool;

    /// Does what is to be done to the reals of `K` parts one after the other, the first of which is number
    /// `at`.
    ///
    /// Reads before it writes: a load may have to wait for a store before it whose address differs in multiples
    /// of 4 KiB only.
    ///
    /// # Safety
    /// They must be inside what [`sweep`] was promised.
    unsafe fn step<P: Part<S, T::Real>, const K: usize>(&mut self, part: P, at: usize);
}

/// Runs a body over elements `range`: `UNROLL` registers a round and single registers, as `whole` ones, then the rest.
///
/// # Safety
/// The memory that the body touches for these elements must be there.
#[inline(always)]
pub unsafe fn sweep<S: Isa, T: Scalar, W: Part<S, T::Real>, const UNROLL: usize>(
    isa: S,
    whole: W,
    range: Range<usize>,
    body: &mut impl Body<S, T>,
) {
    let mut at = range.start * T::PARTS;
    let end = range.end * T::PARTS;
    while at + UNROLL * lanes::<S, T>() <= end {
        // SAFETY: inside the range.
        unsafe { body.step::<_, UNROLL>(whole, at) };
        at += UNROLL * lanes::<S, T>();
    }
    while const { UNROLL > 1 } && at + lanes::<S, T>() <= end {
        // SAFETY: inside the range.
        unsafe { body.step::<_, 1>(whole, at) };
        at += lanes::<S, T>();
    }
    if at < end {
        // SAFETY: the rest of the range.
        unsafe { sweep_rest(isa, at, end - at, body) };
    }
}

/// [`sweep`] that, over many elements, begins with as many as bring it to a multiple of a register's: where element 0
/// is at an address that is a multiple of a register's size, as it often is in a matrix whose columns a triangle takes
/// from the diagonal on, no register crosses a cache line, which would take two loads. The place decides, not the
/// address, so that results do not depend on that.
///
/// # Safety
/// As for [`sweep`].
#[inline(always)]
pub unsafe fn sweep_from_multiple<S: Isa, T: Scalar, const UNROLL: usize>(
    isa: S,
    mut range: Range<usize>,
    body: &mut impl Body<S, T>,
) {
    let register = const { lanes::<S, T>() / T::PARTS };
    let beyond = range.start % register;
    if beyond != 0 && range.len() >= 4 * register {
        let head = register - beyond;
        // SAFETY: inside the range.
        unsafe { sweep_rest(isa, range.start * T::PARTS, head * T::PARTS, body) };
        range.start += head;
    }
    // SAFETY: the rest of the range.
    unsafe { sweep::<S, T, _, UNROLL>(isa, Whole(isa), range, body) };
}

/// Runs a body over the last `reals`, less than a register, from number `at` on.
///
/// # Safety
/// As for [`sweep`].
#[inline(always)]
unsafe fn sweep_rest<S: Isa, T: Scalar, B: Body<S, T>>(isa: S, mut at: usize, reals: usize, body: &mut B) {
    if !B::READS_AGAIN {
        // SAFETY: the mask covers these reals.
        return unsafe { body.step::<_, 1>(first_lanes::<S, T::Real>(isa, reals), at) };
    }
    let all = const { lanes::<S, T>() };
    // SAFETY: the parts of which the rest is the sum.
    unsafe {
        if all > 8 && reals & 8 != 0 {
            body.step::<_, 1>(Low::<S, 8>(isa), at);
            at += 8;
        }
        if all > 4 && reals & 4 != 0 {
            body.step::<_, 1>(Low::<S, 4>(isa), at);
            at += 4;
        }
        if all > 2 && reals & 2 != 0 {
            body.step::<_, 1>(Low::<S, 2>(isa), at);
            at += 2;
        }
        if T::PARTS == 1 && reals & 1 != 0 {
            body.step::<_, 1>(Low::<S, 1>(isa), at);
        }
    }
}

/// Begins a [`sweep`] with as many elements, less than a register of them, as bring `y` to an address that is a
/// multiple of a register's size, if any do. Returns the elements left, and whether they begin at such an address.
///
/// # Safety
/// As for [`sweep`].
#[inline(always)]
pub unsafe fn sweep_to_aligned<S: Isa, T: Scalar>(
    isa: S,
    y: *mut T,
    range: Range<usize>,
    body: &mut impl Body<S, T>,
) -> (Range<usize>, bool) {
    let register = lanes::<S, T>() * size_of::<T::Real>();
    let beyond = y.wrapping_add(range.start) as usize % register;
    if beyond == 0 || !beyond.is_multiple_of(size_of::<T>()) {
        return (range, beyond == 0);
    }
    let start = range.end.min(range.start + (register - beyond) / size_of::<T>());
    let head = first_lanes::<S, T::Real>(isa, (start - range.start) * T::PARTS);
    // SAFETY: inside the range.
    unsafe { body.step::<_, 1>(head, range.start * T::PARTS) };
    (start..range.end, true)
}

/// `K` parts one after the other from `from` on.
///
/// # Safety
/// They must be readable.
#[inline(always)]
pub unsafe fn load_parts<S: Isa, T: Scalar, P: Part<S, T::Real>, const K: usize>(
    part: P,
    from: *const T::Real,
) -> [Lanes<S, T>; K] {
    // SAFETY: the caller vouches for them.
    each(|k| unsafe { part.load(from.wrapping_add(k * lanes::<S, T>())) })
}
