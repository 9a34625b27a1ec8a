//! The loops that touch elements: groups of `G` lines a_0 .. a_{G-1} at a time, over a range of i.
//!
//! | loop | what it does |
//! |---|---|
//! | [`add_lines`] | `y_i += sum_g c_g a_g[i]` |
//! | [`dot_lines`] | `t_g = sum_i a_g[i] x_i` |
//! | [`add_and_dot_lines`] | both, reading the lines once |
//! | [`update_lines`] | `a_g[i] += sum_n c^n_g x^n_i` |
//!
//! Lines and vectors are given by where their element 0 is or would be. Lines whose elements are not
//! adjacent (no BLAS routine has such) go element by element.

use crate::level1::lanes::{Body, DotSum, Lanes, Part, each, lanes, load_parts, sweep_from_multiple};
use crate::scalar::Scalar;
use crate::simd::{Factor, Isa, Vector};
use core::ops::Range;

/// `G` lines: element i of the g-th at `at[g] + i step`.
#[derive(Clone, Copy)]
pub struct Group<P, const G: usize> {
    /// Where the lines' elements 0 are or would be.
    pub at: [P; G],
    /// Elements from one to the next of a line.
    pub step: isize,
}

/// `sum_g c_g a_g` in registers, before the parts of complex products have met:
///
/// ```text
/// by_re = sum_g a_g re(c_g),   by_im = sum_g a_g im(c_g)
/// sum c a       = by_re          + (-1, 1) swap(by_im)
/// sum c conj(a) = (1, -1) by_re  + swap(by_im)
/// ```
///
/// so that the exchange of neighbours is made once for the group rather than for each line.
#[derive(Clone, Copy)]
pub struct Combination<S: Isa, T: Scalar, const G: usize> {
    re: [Lanes<S, T>; G],
    im: [Lanes<S, T>; G],
    re_sign: Lanes<S, T>,
    im_sign: Lanes<S, T>,
}

impl<S: Isa, T: Scalar, const G: usize> Combination<S, T, G> {
    /// With factors `c`, the lines conjugated if `conj`.
    #[inline(always)]
    pub fn new(isa: S, c: [T; G], conj: bool) -> Self {
        let one = T::Real::ONE;
        Combination {
            re: each(|g| Lanes::<S, T>::splat(isa, c[g].re())),
            im: each(|g| Lanes::<S, T>::splat(isa, c[g].im())),
            re_sign: Lanes::<S, T>::pairs(isa, one, if conj { -one } else { one }),
            im_sign: Lanes::<S, T>::pairs(isa, if conj { one } else { -one }, one),
        }
    }

    /// With factors 0 in the lanes beside each line's span.
    #[inline(always)]
    pub fn within(&self, spans: [<Lanes<S, T> as Vector<S>>::Span; G]) -> Self {
        Combination {
            re: each(|g| self.re[g].within(spans[g])),
            im: each(|g| self.im[g].within(spans[g])),
            ..*self
        }
    }

    /// `y + sum_g c_g a_g`.
    #[inline(always)]
    pub fn plus(&self, isa: S, a: [Lanes<S, T>; G], y: Lanes<S, T>) -> Lanes<S, T> {
        let zero = Lanes::<S, T>::zero(isa);
        let (mut by_re, mut by_im) = (if T::IS_COMPLEX { zero } else { y }, zero);
        for g in 0..G {
            by_re = a[g].mul_add(self.re[g], by_re);
            if T::IS_COMPLEX {
                by_im = a[g].mul_add(self.im[g], by_im);
            }
        }
        if T::IS_COMPLEX { self.meet(by_re, by_im, y) } else { by_re }
    }

    /// `y + sum_g c_g a_g` from its parts.
    #[inline(always)]
    pub fn meet(&self, by_re: Lanes<S, T>, by_im: Lanes<S, T>, y: Lanes<S, T>) -> Lanes<S, T> {
        if T::IS_COMPLEX {
            self.im_sign.mul_add(by_im.swap_pairs(), self.re_sign.mul_add(by_re, y))
        } else {
            y + by_re
        }
    }
}

/// What becomes of y before something is added to it: `beta y`.
#[derive(Clone, Copy)]
pub enum Start<S: Isa, T: Scalar> {
    /// Zero, y is not read.
    Zero(Lanes<S, T>),
    /// y itself.
    Keep,
    /// Its product with beta.
    Scale(Factor<S, T>),
}

impl<S: Isa, T: Scalar> Start<S, T> {
    /// For this beta.
    #[inline(always)]
    pub fn new(isa: S, beta: T) -> Self {
        if beta == T::ZERO {
            Start::Zero(Lanes::<S, T>::zero(isa))
        } else if beta == T::ONE {
            Start::Keep
        } else {
            Start::Scale(Factor::new(isa, beta, false))
        }
    }

    /// What `y` becomes.
    #[inline(always)]
    pub fn of(self, y: Lanes<S, T>) -> Lanes<S, T> {
        match self {
            Start::Zero(zero) => zero,
            Start::Keep => y,
            Start::Scale(beta) => beta.times(y),
        }
    }
}

struct AddLines<S: Isa, T: Scalar, const G: usize> {
    isa: S,
    a: [*const T::Real; G],
    c: Combination<S, T, G>,
    start: Start<S, T>,
    y: *mut T::Real,
}

impl<S: Isa, T: Scalar, const G: usize> Body<S, T> for AddLines<S, T, G> {
    const READS_AGAIN: bool = true;

    #[inline(always)]
    unsafe fn step<P: Part<S, T::Real>, const K: usize>(&mut self, part: P, at: usize) {
        // SAFETY: the caller vouches for the elements.
        unsafe {
            let y = self.y.wrapping_add(at);
            let mut sums = match self.start {
                Start::Zero(zero) => [zero; K],
                start => {
                    let y = load_parts::<S, T, P, K>(part, y);
                    each(|k| start.of(y[k]))
                }
            };
            for k in 0..K {
                let a = each(|g| part.load(self.a[g].wrapping_add(at + k * lanes::<S, T>())));
                sums[k] = self.c.plus(self.isa, a, sums[k]);
            }
            for k in 0..K {
                part.store(y.wrapping_add(k * lanes::<S, T>()), sums[k]);
            }
        }
    }
}

/// `y_i <- beta y_i + sum_g c_g a_g[i]` for i in `range`, a conjugated if `conj`.
///
/// # Safety
/// The elements of the lines and of y in `range` must be there.
#[inline(always)]
pub unsafe fn add_lines<S: Isa, T: Scalar, const G: usize>(
    isa: S,
    a: Group<*const T, G>,
    conj: bool,
    c: [T; G],
    beta: T,
    y: *mut T,
    range: Range<usize>,
) {
    if a.step == 1 {
        let (c, start) = (Combination::new(isa, c, conj), Start::new(isa, beta));
        let mut body = AddLines::<S, T, G> { isa, a: each(|g| a.at[g].cast()), c, start, y: y.cast() };
        // SAFETY: passed on.
        return unsafe { sweep_from_multiple::<S, T, 2>(isa, range, &mut body) };
    }
    for i in range {
        // SAFETY: passed on.
        unsafe {
            let y = y.wrapping_add(i);
            let old = if beta == T::ZERO { T::ZERO } else { beta * *y };
            let mut sum = old;
            for g in 0..G {
                sum += c[g] * element(a, g, i).conj_if(conj);
            }
            *y = sum;
        }
    }
}

/// Element `i` of line `g`.
///
/// # Safety
/// It must be there.
#[inline(always)]
unsafe fn element<T: Scalar, const G: usize>(a: Group<*const T, G>, g: usize, i: usize) -> T {
    // SAFETY: the caller vouches for it.
    unsafe { *a.at[g].wrapping_offset(i as isize * a.step) }
}

/// The sums of `G` lines, `U` for each, to hide the latency.
struct DotLines<S: Isa, T: Scalar, const G: usize, const U: usize> {
    a: [*const T::Real; G],
    x: *const T::Real,
    sums: [[DotSum<S, T>; G]; U],
}

impl<S: Isa, T: Scalar, const G: usize, const U: usize> Body<S, T> for DotLines<S, T, G, U> {
    const READS_AGAIN: bool = false;

    #[inline(always)]
    unsafe fn step<P: Part<S, T::Real>, const K: usize>(&mut self, part: P, at: usize) {
        for k in 0..K {
            let at = at + k * lanes::<S, T>();
            // SAFETY: the caller vouches for the elements.
            unsafe {
                let x = part.load(self.x.wrapping_add(at));
                let crossed = x.swap_pairs();
                for g in 0..G {
                    let a = part.load(self.a[g].wrapping_add(at));
                    self.sums[k][g] = self.sums[k][g].add(a, x, crossed);
                }
            }
        }
    }
}

impl<S: Isa, T: Scalar, const G: usize, const U: usize> DotLines<S, T, G, U> {
    /// # Safety
    /// As for [`dot_lines`].
    #[inline(always)]
    unsafe fn run(isa: S, a: [*const T; G], conj: bool, x: *const T, range: Range<usize>) -> [T; G] {
        let sums = [[DotSum::zero(isa); G]; U];
        let mut body = DotLines::<S, T, G, U> { a: each(|g| a[g].cast()), x: x.cast(), sums };
        // SAFETY: passed on.
        unsafe { sweep_from_multiple::<S, T, U>(isa, range, &mut body) };
        let mut sums = body.sums[0];
        for more in &body.sums[1..] {
            for g in 0..G {
                sums[g] = sums[g].join(more[g]);
            }
        }
        DotSum::totals(isa, sums, conj)
    }
}

/// `t_g = sum_i a_g[i] x_i` over i in `range`, a conjugated if `conj`.
///
/// # Safety
/// The elements of the lines and of x in `range` must be there.
#[inline(always)]
pub unsafe fn dot_lines<S: Isa, T: Scalar, const G: usize>(
    isa: S,
    a: Group<*const T, G>,
    conj: bool,
    x: *const T,
    range: Range<usize>,
) -> [T; G] {
    if a.step == 1 {
        // Eight multiply-adds on their way keep two units of latency 4 busy.
        // SAFETY: passed on.
        return unsafe {
            match const { 8 / (G * T::PARTS) } {
                0 | 1 => DotLines::<S, T, G, 1>::run(isa, a.at, conj, x, range),
                2 => DotLines::<S, T, G, 2>::run(isa, a.at, conj, x, range),
                _ => DotLines::<S, T, G, 4>::run(isa, a.at, conj, x, range),
            }
        };
    }
    let mut sums = [T::ZERO; G];
    for i in range {
        for g in 0..G {
            // SAFETY: passed on.
            sums[g] += unsafe { element(a, g, i).conj_if(conj) * *x.wrapping_add(i) };
        }
    }
    sums
}

struct AddAndDotLines<S: Isa, T: Scalar, const G: usize> {
    isa: S,
    a: [*const T::Real; G],
    c: Combination<S, T, G>,
    x: *const T::Real,
    y: *mut T::Real,
    sums: [DotSum<S, T>; G],
}

impl<S: Isa, T: Scalar, const G: usize> Body<S, T> for AddAndDotLines<S, T, G> {
    const READS_AGAIN: bool = true;

    #[inline(always)]
    unsafe fn step<P: Part<S, T::Real>, const K: usize>(&mut self, part: P, at: usize) {
        for k in 0..K {
            let at = at + k * lanes::<S, T>();
            // SAFETY: the caller vouches for the elements.
            unsafe {
                let a = each(|g| part.load(self.a[g].wrapping_add(at)));
                let x = part.load(self.x.wrapping_add(at));
                let crossed = x.swap_pairs();
                for g in 0..G {
                    self.sums[g] = self.sums[g].add(a[g], x, crossed);
                }
                let y = part.load(self.y.wrapping_add(at));
                part.store(self.y.wrapping_add(at), self.c.plus(self.isa, a, y));
            }
        }
    }
}

/// `y_i += sum_g c_g a_g[i]` for i in `range`, and `t_g = sum_i a_g[i] x_i` over it; a conjugated in the
/// first if `conj_add`, in the second if `conj_dot`.
///
/// # Safety
/// The elements of the lines, of x and of y in `range` must be there.
#[inline(always)]
pub unsafe fn add_and_dot_lines<S: Isa, T: Scalar, const G: usize>(
    isa: S,
    a: Group<*const T, G>,
    [conj_add, conj_dot]: [bool; 2],
    c: [T; G],
    x: *const T,
    y: *mut T,
    range: Range<usize>,
) -> [T; G] {
    if a.step == 1 {
        let mut body = AddAndDotLines::<S, T, G> {
            isa,
            a: each(|g| a.at[g].cast()),
            c: Combination::new(isa, c, conj_add),
            x: x.cast(),
            y: y.cast(),
            sums: [DotSum::zero(isa); G],
        };
        // SAFETY: passed on.
        unsafe { sweep_from_multiple::<S, T, 1>(isa, range, &mut body) };
        return DotSum::totals(isa, body.sums, conj_dot);
    }
    // SAFETY: passed on.
    unsafe {
        add_lines(isa, a, conj_add, c, T::ONE, y, range.clone());
        dot_lines(isa, a, conj_dot, x, range)
    }
}

struct UpdateLines<S: Isa, T: Scalar, const G: usize, const N: usize> {
    a: [*mut T::Real; G],
    c: [[Factor<S, T>; G]; N],
    x: [*const T::Real; N],
}

impl<S: Isa, T: Scalar, const G: usize, const N: usize> Body<S, T> for UpdateLines<S, T, G, N> {
    const READS_AGAIN: bool = true;

    #[inline(always)]
    unsafe fn step<P: Part<S, T::Real>, const K: usize>(&mut self, part: P, at: usize) {
        // SAFETY: the caller vouches for the elements.
        unsafe {
            let x: [_; N] = each(|n| load_parts::<S, T, P, K>(part, self.x[n].wrapping_add(at)));
            for g in 0..G {
                let a = self.a[g].wrapping_add(at);
                let mut sums = load_parts::<S, T, P, K>(part, a);
                for k in 0..K {
                    for n in 0..N {
                        sums[k] = self.c[n][g].times_plus(x[n][k], sums[k]);
                    }
                }
                for k in 0..K {
                    part.store(a.wrapping_add(k * lanes::<S, T>()), sums[k]);
                }
            }
        }
    }
}

/// A vector that updates lines: its elements, conjugated if `conj`, times `c_g` for line g.
#[derive(Clone, Copy)]
pub struct Update<T, const G: usize> {
    /// Where its element 0 is or would be.
    pub x: *const T,
    /// Whether to conjugate it.
    pub conj: bool,
    /// A factor for each line.
    pub c: [T; G],
}

impl<T: Scalar, const G: usize> Update<T, G> {
    /// What is added to element `i` of line g.
    ///
    /// # Safety
    /// x must have an element `i`.
    #[inline(always)]
    pub unsafe fn at(&self, g: usize, i: usize) -> T {
        // SAFETY: the caller vouches for the element.
        self.c[g] * unsafe { *self.x.wrapping_add(i) }.conj_if(self.conj)
    }
}

/// `a_g[i] += sum_n c^n_g x^n_i` for i in `range`.
///
/// # Safety
/// The elements of the lines and of the vectors in `range` must be there.
#[inline(always)]
pub unsafe fn update_lines<S: Isa, T: Scalar, const G: usize, const N: usize>(
    isa: S,
    a: Group<*mut T, G>,
    by: [Update<T, G>; N],
    range: Range<usize>,
) {
    if a.step == 1 {
        let c = each(|n| each(|g| Factor::new(isa, by[n].c[g], by[n].conj)));
        let a = each(|g| a.at[g].cast());
        let mut body = UpdateLines::<S, T, G, N> { a, c, x: each(|n| by[n].x.cast()) };
        // SAFETY: passed on.
        return unsafe { sweep_from_multiple::<S, T, 4>(isa, range, &mut body) };
    }
    for i in range {
        for g in 0..G {
            for by in &by {
                // SAFETY: passed on.
                unsafe { *a.at[g].wrapping_offset(i as isize * a.step) += by.at(g, i) };
            }
        }
    }
}
