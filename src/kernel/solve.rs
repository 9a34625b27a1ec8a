//! The triangular kernel: solves `X T = beta B - L R` for a small triangle inside a packed panel of A.
//!
//! ```text
//!                +---+         X and B are MR rows by n columns, in place, column after column as
//!              k | R |         [`super::panel`] packs A; L are the k columns solved before, R the rows of
//!                +---+         T that belong to them, so `L R` is a tile product.
//!      k      n  | T | n
//!    +-----+----++---+
//! MR |  L  | X  |
//!    +-----+----+
//! ```
//!
//! All `n` columns stay in registers. Column j: `x_j <- x_j / t_jj`, then `x_i <- x_i - x_j t_ji` for those
//! that wait, forward over `i > j` where T is upper, backward over `i < j` where it is lower. The divisions
//! would be most of the chain of one column after the other, so the diagonal comes inverted where that is safe.

use super::tile::{PACKED, Tile, joined, signs, sums};
use crate::scalar::{Real, Scalar};
use crate::simd::{Dispatch, Isa, Vec, Vector};
use crate::view::Uplo;

/// Arguments of a triangular kernel.
#[derive(Debug)]
pub struct Solve<T> {
    /// The product `L R` and where X is: packed panels, `m` rows `MR` and `n` columns at most `NR`; alpha and
    /// the conjugations are not looked at.
    pub tile: Tile<T>,
    /// T, row after row of NR elements. What is in its other triangle does not count, and neither do NR elements
    /// before and behind T, but all are read.
    pub t: *const T,
    /// Which triangle T is.
    pub uplo: Uplo,
    /// Whether the diagonal of T holds the inverses of its elements.
    pub inverted: bool,
}

/// Whether `1 / x` is as exact as any number, so that multiplying by it may stand for dividing by `x`.
pub fn inverts<T: Scalar>(x: T) -> bool {
    let least = T::Real::MIN_POSITIVE * T::Real::from_f64(4.0);
    let size = x.abs1();
    size >= least && size <= T::Real::ONE / least
}

/// # Safety
/// The CPU has ISA `S`; the panels, x and the triangle are as [`Solve`] says.
pub(super) unsafe fn entry<S: Isa, T: Scalar, const DOWN: usize, const N: usize>(solve: &Solve<T>) {
    // SAFETY: the caller vouches for the ISA; `Columns::run` relies on the rest.
    unsafe { S::assume() }.enter(Columns::<T, DOWN, N>(solve))
}

struct Columns<'a, T, const DOWN: usize, const N: usize>(&'a Solve<T>);

impl<T: Scalar, const DOWN: usize, const N: usize> Dispatch for Columns<'_, T, DOWN, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        match self.0.uplo {
            Uplo::Upper => self.solve::<S, true>(isa),
            Uplo::Lower => self.solve::<S, false>(isa),
        }
    }
}

impl<T: Scalar, const DOWN: usize, const N: usize> Columns<'_, T, DOWN, N> {
    #[inline(always)]
    fn solve<S: Isa, const UPPER: bool>(&self, isa: S) {
        let Solve { tile, t, inverted, .. } = self.0;
        let lanes = <Vec<S, T::Real>>::LANES;
        let column = |j: usize| tile.c.cast::<T::Real>().wrapping_add(j * DOWN * lanes);
        // SAFETY: the caller vouches for the panels.
        let sums = unsafe { sums::<S, T, DOWN, N, PACKED>(isa, tile, |_| ()) };
        let signs = signs::<S, T>(isa, tile);
        let conjugated = <Vec<S, T::Real>>::pairs(
            isa,
            T::Real::ONE,
            if tile.conj_a { -T::Real::ONE } else { T::Real::ONE },
        );
        // In the order in which they are solved; the next one is always the first of the array, so that no
        // index depends on the step.
        let mut waiting = [[<Vec<S, T::Real>>::zero(isa); DOWN]; N];
        for (j, [first, second]) in sums.into_iter().enumerate() {
            let x = &mut waiting[if UPPER { j } else { N - 1 - j }];
            if j < tile.n {
                for (v, x) in x.iter_mut().enumerate() {
                    // SAFETY: vector v of column j < n.
                    let old = unsafe { <Vec<S, T::Real>>::load(isa, column(j).add(v * lanes)) };
                    let old = if tile.beta == T::ONE { old } else { times(isa, old, tile.beta) };
                    *x = if T::IS_COMPLEX {
                        joined(signs, first[v], second[v]).neg_mul_add(conjugated, old)
                    } else {
                        old - first[v]
                    };
                }
            }
        }
        for step in 0..N {
            let j = if UPPER { step } else { N - 1 - step };
            if j >= tile.n {
                // No `rotate_left`: it takes the array's address, and then nothing stays in registers.
                for i in 1..N {
                    waiting[i - 1] = waiting[i];
                }
                continue;
            }
            // SAFETY: fewer than N elements beside one of the diagonal, and column j < n of x.
            unsafe {
                // From the diagonal away, in the order in which columns are solved.
                let row = |i: usize| {
                    *t.offset((j * N + j) as isize + if UPPER { i as isize } else { -(i as isize) })
                };
                let mut solved = waiting[0];
                if *inverted {
                    for x in &mut solved {
                        *x = times(isa, *x, row(0));
                    }
                } else {
                    divide(isa, &mut solved, row(0));
                }
                for (v, x) in solved.into_iter().enumerate() {
                    x.store(column(j).add(v * lanes));
                }
                for i in 1..N {
                    // Behind the last column: what it makes of columns that are none is not used.
                    let t = row(i);
                    for v in 0..DOWN {
                        waiting[i - 1][v] = if T::IS_COMPLEX {
                            waiting[i][v] - times(isa, solved[v], t)
                        } else {
                            solved[v].neg_mul_add(<Vec<S, T::Real>>::splat(isa, t.re()), waiting[i][v])
                        };
                    }
                }
            }
        }
    }
}

/// `x * factor`. (A [`crate::simd::Factor`] takes longer to make ready than one use is worth.)
#[inline(always)]
fn times<S: Isa, T: Scalar>(isa: S, x: Vec<S, T::Real>, factor: T) -> Vec<S, T::Real> {
    let re = <Vec<S, T::Real>>::splat(isa, factor.re());
    if T::IS_COMPLEX {
        let im = <Vec<S, T::Real>>::splat(isa, factor.im());
        x.mul_sub_add(re, x.swap_pairs() * im)
    } else {
        x * re
    }
}

/// `x <- x / by`, for complex numbers Smith's quotient element by element.
#[inline(always)]
fn divide<S: Isa, T: Scalar, const DOWN: usize>(isa: S, x: &mut [Vec<S, T::Real>; DOWN], by: T) {
    for x in x {
        if T::IS_COMPLEX {
            let mut elements = [T::ZERO; LARGEST_VECTOR];
            // SAFETY: a vector is an array of its elements, and has at most `LARGEST_VECTOR`.
            unsafe {
                x.store(elements.as_mut_ptr().cast());
                for element in &mut elements {
                    *element = element.divide(by);
                }
                *x = <Vec<S, T::Real>>::load(isa, elements.as_ptr().cast());
            }
        } else {
            *x = *x / <Vec<S, T::Real>>::splat(isa, by.re());
        }
    }
}

/// Complex numbers in the largest vector.
const LARGEST_VECTOR: usize = 8;
