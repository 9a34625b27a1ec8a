//! The kernel of outer products: `sums <- sums + A B` where rows are what lies adjacent in A, and B has few columns.
//!
//! ```text
//!         P columns of A at a time, each read along its rows             complex: A b_re and A's parts
//!      k ->                                n                             exchanged by b_im, as pairs of
//!      +--+--+--+-     +-----+     +------------+                        factors with their signs
//! rows |  |  |  |      | P   | x n |    sums    |
//!      |  |  |  |      +-----+     |            |
//!      +--+--+--+-                 +------------+
//! ```
//!
//! A is read once, in runs as long as the block of sums is high, however far its columns lie apart; tiles would
//! meet a line of every column before the next line of the first. The sums stay in L1.

use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa, Vec, Vector};

/// Arguments of a kernel of outer products.
#[derive(Debug)]
pub struct Outer<T: Scalar> {
    /// Rows.
    pub rows: usize,
    /// Columns of B and of the sums.
    pub n: usize,
    /// Columns of A.
    pub k: usize,
    /// Element (0, 0) of A; rows are adjacent.
    pub a: *const T,
    /// Elements from a column of A to the next.
    pub a_k: isize,
    /// B, as [`pack_factors`] makes it.
    pub b: *const T::Real,
    /// Sums, column after column, each padded to whole vectors.
    pub sums: *mut T,
    /// Elements from a column of sums to the next.
    pub sums_col: usize,
}

/// Columns of A that are multiplied in one go.
const fn at_once<T: Scalar>() -> usize {
    if T::IS_COMPLEX { 2 } else { 4 }
}

/// Reals that stand for an element of B.
pub const fn factors<T: Scalar>() -> usize {
    if T::IS_COMPLEX { 4 } else { 1 }
}

/// Writes an n x k matrix, `element(j, p)`, as the kernel wants it: for each few p all j, for each j those p. The
/// columns of A are conjugated if `conj_a` says so.
///
/// # Safety
/// There is room for [`factors`] reals for each element at `to`.
pub unsafe fn pack_factors<T: Scalar>(
    n: usize,
    k: usize,
    conj_a: bool,
    element: impl Fn(usize, usize) -> T,
    mut to: *mut T::Real,
) {
    let mut p = 0;
    while p < k {
        // What is left over goes one by one.
        let group = if k - p >= at_once::<T>() { at_once::<T>() } else { 1 };
        for j in 0..n {
            for q in p..p + group {
                let x = element(j, q);
                let (re, im) = (x.re(), x.im());
                let factors = match (T::IS_COMPLEX, conj_a) {
                    (false, _) => [re; 4],
                    (true, false) => [re, re, -im, im],
                    (true, true) => [re, -re, im, im],
                };
                for &factor in &factors[..self::factors::<T>()] {
                    // SAFETY: the caller vouches for the room.
                    unsafe {
                        to.write(factor);
                        to = to.add(1);
                    }
                }
            }
        }
        p += group;
    }
}

/// # Safety
/// The CPU has ISA `S`; A is readable at `rows` rows and `k` columns; B and the sums are as [`Outer`] says.
pub(super) unsafe fn entry<S: Isa, T: Scalar, const V: usize>(outer: &Outer<T>) {
    // SAFETY: the caller vouches for the ISA; `Sums::run` relies on the rest.
    unsafe { S::assume() }.enter(Sums::<T, V>(outer))
}

struct Sums<'a, T: Scalar, const V: usize>(&'a Outer<T>);

impl<T: Scalar, const V: usize> Dispatch for Sums<'_, T, V> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let mut p = 0;
        while p < self.0.k {
            let left = self.0.k - p;
            // SAFETY: columns of A below k; the caller of the kernel vouches for the rest.
            p += unsafe {
                match T::IS_COMPLEX {
                    false if left >= at_once::<T>() => self.columns::<S, 4>(isa, p),
                    true if left >= at_once::<T>() => self.columns::<S, 2>(isa, p),
                    _ => self.columns::<S, 1>(isa, p),
                }
            };
        }
    }
}

impl<T: Scalar, const V: usize> Sums<'_, T, V> {
    /// Multiplies `P` columns of A, from column `p` on, and says how many.
    ///
    /// # Safety
    /// They exist.
    #[inline(always)]
    unsafe fn columns<S: Isa, const P: usize>(&self, isa: S, p: usize) -> usize {
        let lanes = <Vec<S, T::Real>>::LANES;
        let reals = self.0.rows * T::PARTS;
        let mut i = 0;
        // SAFETY: the rows of A exist, with the mask for the last; sums are padded.
        unsafe {
            while i + V * lanes <= reals {
                self.rows::<S, P, V>(isa, p, i, lanes);
                i += V * lanes;
            }
            while i < reals {
                self.rows::<S, P, 1>(isa, p, i, lanes.min(reals - i));
                i += lanes;
            }
        }
        P
    }

    /// `W` vectors of rows, from real `i` on, of the last of which `valid` reals exist.
    ///
    /// # Safety
    /// They do, in columns `p..p + P` of A; the sums are padded to whole vectors.
    #[inline(always)]
    unsafe fn rows<S: Isa, const P: usize, const W: usize>(&self, isa: S, p: usize, i: usize, valid: usize) {
        let Outer { n, a, a_k, b, sums, sums_col, .. } = *self.0;
        let lanes = <Vec<S, T::Real>>::LANES;
        let zero = <Vec<S, T::Real>>::zero(isa);
        let (mut rows, mut exchanged) = ([[zero; W]; P], [[zero; W]; P]);
        for q in 0..P {
            let column = a.wrapping_offset((p + q) as isize * a_k).cast::<T::Real>().wrapping_add(i);
            let next = column.wrapping_offset(P as isize * a_k * T::PARTS as isize);
            for v in 0..W {
                isa.prefetch(next.wrapping_add(v * lanes));
                // SAFETY: the caller vouches for the rows.
                rows[q][v] = unsafe {
                    if valid == lanes {
                        <Vec<S, T::Real>>::load(isa, column.add(v * lanes))
                    } else {
                        <Vec<S, T::Real>>::load_first(isa, column.add(v * lanes), valid)
                    }
                };
                if T::IS_COMPLEX {
                    exchanged[q][v] = rows[q][v].swap_pairs();
                }
            }
        }
        let mut factor = b.wrapping_add(p * n * factors::<T>());
        for j in 0..n {
            // SAFETY: factors of column j; a padded column of sums.
            unsafe {
                let to = sums.add(j * sums_col).cast::<T::Real>().add(i);
                let mut sum = [zero; W];
                for v in 0..W {
                    sum[v] = <Vec<S, T::Real>>::load(isa, to.add(v * lanes));
                }
                for q in 0..P {
                    if T::IS_COMPLEX {
                        let first = <Vec<S, T::Real>>::pairs(isa, *factor, *factor.add(1));
                        let second = <Vec<S, T::Real>>::pairs(isa, *factor.add(2), *factor.add(3));
                        for v in 0..W {
                            sum[v] = exchanged[q][v].mul_add(second, rows[q][v].mul_add(first, sum[v]));
                        }
                    } else {
                        let first = <Vec<S, T::Real>>::splat(isa, *factor);
                        for v in 0..W {
                            sum[v] = rows[q][v].mul_add(first, sum[v]);
                        }
                    }
                    factor = factor.add(factors::<T>());
                }
                for v in 0..W {
                    sum[v].store(to.add(v * lanes));
                }
            }
        }
    }
}
