//! `y <- alpha A x + beta y` for narrow bands, `y_i = sum_d A(i, i + d) x_{i+d}`: gbmv, sbmv, hbmv and tbmv with few
//! diagonals.
//!
//! Columns and rows of such a matrix are shorter than a register or little longer, its diagonals are long. So a
//! register of rows meets diagonal after diagonal, whose elements, a line of the storage apart, are gathered. Registers
//! begin at multiples of their size, whoever computes them, so that it is the same however many threads share the rows.
//! Rows in registers that stick out of the matrix on some diagonal are computed one by one.

use super::kernels::{Combination, Start};
use crate::engine::passes;
use crate::level1::lanes::{Lanes, MOST_LANES, each, lanes};
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Factor, Isa, Vector, dispatch};
use crate::view::{MatRef, VecMut, VecRef};
use core::mem::MaybeUninit;
use core::ops::Range;

/// Neighbouring diagonals of a matrix: the element of row i in column i + d is at `first + i along + d across`.
#[derive(Clone, Copy)]
pub struct Diagonals<T> {
    first: *const T,
    along: isize,
    across: isize,
    /// The first d, and the one after the last.
    from: isize,
    to: isize,
    conj: bool,
    /// Whether only the elements' real parts count.
    real: bool,
}

impl<T: Scalar> Diagonals<T> {
    /// Diagonals `from..to` of a matrix.
    #[inline(always)]
    pub fn of(a: MatRef<T>, from: isize, to: isize) -> Self {
        let (along, across) = (a.row_stride() + a.col_stride(), a.col_stride());
        Diagonals { first: a.as_ptr(), along, across, from, to, conj: a.is_conj(), real: false }
    }

    /// The main diagonal, of which only real parts count.
    #[inline(always)]
    pub fn real(a: MatRef<T>) -> Self {
        Diagonals { real: true, ..Diagonals::of(a, 0, 1) }
    }

    /// Diagonals `from..to` of the transposed matrix, conjugated too if `conj`.
    #[inline(always)]
    pub fn mirrored(a: MatRef<T>, from: isize, to: isize, conj: bool) -> Self {
        let (along, across) = (a.row_stride() + a.col_stride(), a.row_stride());
        Diagonals { first: a.as_ptr(), along, across, from, to, conj: a.is_conj() != conj, real: false }
    }
}

/// Whether so many diagonals of length `n` are few, so that not many rows stick out: with more, lines are as fast
/// (measured on a Zen 3).
#[inline(always)]
pub fn are_few<T: Scalar>(diagonals: usize, n: usize) -> bool {
    diagonals <= 32 * T::PARTS && diagonals <= (n / 3).max(9)
}

/// `y <- alpha A x + beta y`, A m x n given by `G` groups of diagonals, and ones on the main one if `unit`; the
/// elements of x are adjacent.
#[inline(always)]
pub fn product<T: Scalar, const G: usize>(
    alpha: T,
    diagonals: [Diagonals<T>; G],
    unit: bool,
    x: VecRef<T>,
    beta: T,
    y: VecMut<T>,
) {
    debug_assert!(x.stride() == 1);
    dispatch(&Product { alpha, diagonals, unit, x: x.as_ptr(), n: x.len(), beta, y });
}

/// Rows by whose multiples threads share y: whole registers.
const GRAIN: usize = 64;

struct Product<'a, T, const G: usize> {
    alpha: T,
    diagonals: [Diagonals<T>; G],
    /// Whether the main diagonal, not among the others then, is one.
    unit: bool,
    /// n elements.
    x: *const T,
    n: usize,
    beta: T,
    y: VecMut<'a, T>,
}

// SAFETY: matrix and x are only read, of y threads take different elements.
unsafe impl<T: Sync, const G: usize> Sync for Product<'_, T, G> {}

impl<T: Scalar, const G: usize> Dispatch for &Product<'_, T, G> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let m = self.y.len();
        if m <= 4 * GRAIN {
            return self.rows(isa, 0..m);
        }
        let count: isize = self.diagonals.iter().map(|some| some.to - some.from).sum();
        let bytes = m * count as usize * size_of::<T>();
        passes::split(bytes, m, GRAIN, |rows| isa.enter(Lot { of: self, rows }));
    }
}

/// A thread's rows.
struct Lot<'a, P> {
    of: &'a P,
    rows: Range<usize>,
}

impl<T: Scalar, const G: usize> Dispatch for Lot<'_, Product<'_, T, G>> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        self.of.rows(isa, self.rows);
    }
}

impl<T: Scalar, const G: usize> Product<'_, T, G> {
    #[inline(always)]
    fn rows<S: Isa>(&self, isa: S, rows: Range<usize>) {
        let register = const { lanes::<S, T>() / T::PARTS };
        let last = Last {
            alpha: Factor::new(isa, self.alpha, false),
            start: Start::new(isa, self.beta),
            signs: Combination::new(isa, [], false),
        };
        let before = self.diagonals.iter().fold(0, |most, some| most.max(-some.from)) as usize;
        let behind = self.diagonals.iter().fold(0, |most, some| most.max(some.to - 1)) as usize;
        let inside = before..self.n.saturating_sub(behind).min(rows.end);
        let mut i = rows.start;
        while i < rows.end {
            // SAFETY: rows that the matrix and y have.
            unsafe {
                if inside.start <= i && i + 2 * register <= inside.end {
                    self.registers::<S, 2>(isa, &last, i);
                    i += 2 * register;
                } else if inside.start <= i && i + register <= inside.end {
                    self.registers::<S, 1>(isa, &last, i);
                    i += register;
                } else {
                    for i in i..rows.end.min(i + register) {
                        self.row(i);
                    }
                    i += register;
                }
            }
        }
    }

    /// `R` registers of rows from row `i` on, which have an element on all diagonals.
    ///
    /// # Safety
    /// The rows must be there, and no one else's.
    #[inline(always)]
    unsafe fn registers<S: Isa, const R: usize>(&self, isa: S, last: &Last<S, T>, i: usize) {
        let register = const { lanes::<S, T>() / T::PARTS };
        let zero = Lanes::<S, T>::zero(isa);
        // SAFETY: columns that x has.
        let x_at = |d: isize, r: usize| unsafe {
            let at = self.x.wrapping_offset(i as isize + d).wrapping_add(r * register);
            Lanes::<S, T>::load(isa, at.cast())
        };
        let (mut re, mut im) = ([zero; R], [zero; R]);
        if self.unit {
            re = each(|r| x_at(0, r));
        }
        for some in &self.diagonals {
            // Products with imaginary parts count the other way round if they are conjugated.
            if T::IS_COMPLEX && some.conj {
                im = each(|r| -im[r]);
            }
            let mut at = some.first.wrapping_offset(i as isize * some.along + some.from * some.across);
            for d in some.from..some.to {
                for r in 0..R {
                    let first = at.wrapping_offset((r * register) as isize * some.along);
                    // SAFETY: the caller vouches for the rows and their elements on the diagonal.
                    let a = unsafe {
                        Lanes::<S, T>::gather(isa, |l| first.wrapping_offset(l as isize * some.along))
                    };
                    let x = x_at(d, r);
                    if !T::IS_COMPLEX {
                        re[r] = a.mul_add(x, re[r]);
                        continue;
                    }
                    re[r] = a.dup_even().mul_add(x, re[r]);
                    if !some.real {
                        im[r] = a.dup_odd().mul_add(x, im[r]);
                    }
                }
                at = at.wrapping_offset(some.across);
            }
            if T::IS_COMPLEX && some.conj {
                im = each(|r| -im[r]);
            }
        }
        for r in 0..R {
            let sum = last.signs.meet(re[r], im[r], zero);
            // SAFETY: rows of y that nobody else has.
            unsafe { self.put(isa, last, i + r * register, sum) };
        }
    }

    /// A register of y from element `i` on, from its sums.
    ///
    /// # Safety
    /// It must be there, and no one else's.
    #[inline(always)]
    unsafe fn put<S: Isa>(&self, isa: S, last: &Last<S, T>, i: usize, sum: Lanes<S, T>) {
        // SAFETY: the caller vouches for it.
        unsafe {
            if self.y.stride() == 1 {
                let y = self.y.as_mut_ptr().wrapping_add(i).cast::<T::Real>();
                let old = match last.start {
                    Start::Zero(zero) => zero,
                    start => start.of(Lanes::<S, T>::load(isa, y)),
                };
                return last.alpha.times_plus(sum, old).store(y);
            }
            let mut sums = [const { MaybeUninit::<T>::uninit() }; MOST_LANES];
            sum.store(sums.as_mut_ptr().cast());
            for l in 0..lanes::<S, T>() / T::PARTS {
                self.put_one(i + l, sums[l].assume_init());
            }
        }
    }

    /// Row `i`, which may stick out of the matrix on some diagonals.
    ///
    /// # Safety
    /// It must be there, and no one else's.
    #[inline(always)]
    unsafe fn row(&self, i: usize) {
        let i = i as isize;
        // SAFETY: elements inside the matrix, and x in their columns.
        unsafe {
            let mut sum = if self.unit { *self.x.wrapping_offset(i) } else { T::ZERO };
            for some in &self.diagonals {
                let mut d = some.from.max(-i);
                let end = some.to.min(self.n as isize - i);
                let mut at = some.first.wrapping_offset(i * some.along + d * some.across);
                while d < end {
                    let x = *self.x.wrapping_offset(i + d);
                    sum += if some.real { x.scale((*at).re()) } else { (*at).conj_if(some.conj) * x };
                    at = at.wrapping_offset(some.across);
                    d += 1;
                }
            }
            self.put_one(i as usize, sum);
        }
    }

    /// Element `i` of y, from its sum.
    ///
    /// # Safety
    /// It must be there, and no one else's.
    #[inline(always)]
    unsafe fn put_one(&self, i: usize, sum: T) {
        let y = self.y.as_mut_ptr().wrapping_offset(i as isize * self.y.stride());
        let product = self.alpha * sum;
        // SAFETY: the caller vouches for it.
        unsafe { *y = if self.beta == T::ZERO { product } else { self.beta * *y + product } }
    }
}

/// What makes elements of y of sums.
struct Last<S: Isa, T: Scalar> {
    alpha: Factor<S, T>,
    start: Start<S, T>,
    signs: Combination<S, T, 0>,
}
