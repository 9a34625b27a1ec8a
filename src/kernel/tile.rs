//! The tile kernel: `C <- alpha A B + beta C` for one register tile, from packed panels.
//!
//! ```text
//!            B panel: k x NR            real tile: DOWN vectors x ACROSS columns
//!            +--------+                 complex:   the same registers; column 2j holds A * re b_j,
//!   A panel  |        | k               column 2j+1 holds A * im b_j, and
//!   MR x k   +--------+                 c_j = col(2j) + i col(2j+1), which is one shuffle and one
//!  +------+  +--------+                 alternating add per vector, once per tile
//!  |      |  | C tile |
//!  +------+  +--------+
//! ```
//!
//! Each k: load `DOWN` vectors of A, broadcast `ACROSS` numbers of B, `DOWN * ACROSS` multiply-adds.
//! Panels are padded with zeros to full width, so the product always covers the whole tile; only the part
//! `m x n` of C that exists is read and written.

use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa, Vec, Vector};

/// Arguments of a tile kernel.
#[derive(Debug)]
pub struct Tile<T> {
    /// Depth of the panels.
    pub k: usize,
    /// Panel of A: `k` times `MR` elements.
    pub a: *const T,
    /// Panel of B: `k` times `NR` elements.
    pub b: *const T,
    /// Element (0, 0) of the tile of C; rows are adjacent.
    pub c: *mut T,
    /// Elements from a column of C to the next.
    pub c_col: isize,
    /// Rows of C that exist, `1..=MR`.
    pub m: usize,
    /// Columns of C that exist, `1..=NR`.
    pub n: usize,
    /// Factor of the product.
    pub alpha: T,
    /// Factor of C; 0 means that C is not read.
    pub beta: T,
}

/// # Safety
/// The CPU has ISA `S`; the panels have `k` times `MR` and `NR` readable elements, and the `m x n` elements
/// of C are writable (readable too unless `beta` is 0).
pub(super) unsafe fn entry<S: Isa, T: Scalar, const DOWN: usize, const ACROSS: usize>(tile: &Tile<T>) {
    // SAFETY: the caller vouches for the ISA; `Product::run` relies on the rest.
    unsafe { S::assume() }.enter(Product::<T, DOWN, ACROSS>(tile))
}

struct Product<'a, T, const DOWN: usize, const ACROSS: usize>(&'a Tile<T>);

impl<T: Scalar, const DOWN: usize, const ACROSS: usize> Dispatch for Product<'_, T, DOWN, ACROSS> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let tile = self.0;
        let lanes = <Vec<S, T::Real>>::LANES;
        let c_step = tile.c_col * T::PARTS as isize;
        let c = tile.c.cast::<T::Real>();
        // The lines of C arrive while the product is formed.
        for j in 0..ACROSS / T::PARTS {
            if j < tile.n {
                for i in 0..DOWN {
                    isa.prefetch(c.wrapping_offset(j as isize * c_step).wrapping_add(i * lanes));
                }
                isa.prefetch(c.wrapping_offset(j as isize * c_step).wrapping_add(tile.m * T::PARTS - 1));
            }
        }

        let mut sums = [[<Vec<S, T::Real>>::zero(isa); DOWN]; ACROSS];
        let (mut a, mut b) = (tile.a.cast::<T::Real>(), tile.b.cast::<T::Real>());
        for _ in 0..tile.k {
            // SAFETY: step p < k of both panels, which the caller of `entry` vouches for.
            unsafe {
                let rows: [Vec<S, T::Real>; DOWN] =
                    core::array::from_fn(|i| <Vec<S, T::Real>>::load(isa, a.add(i * lanes)));
                for (j, column) in sums.iter_mut().enumerate() {
                    let factor = <Vec<S, T::Real>>::splat(isa, *b.add(j));
                    for (sum, &row) in column.iter_mut().zip(&rows) {
                        *sum = row.mul_add(factor, *sum);
                    }
                }
                a = a.add(DOWN * lanes);
                b = b.add(ACROSS);
            }
        }

        let output = Output { isa, c, c_step, reals: tile.m * T::PARTS, alpha: tile.alpha, beta: tile.beta };
        for j in 0..ACROSS / T::PARTS {
            if j < tile.n {
                let column: [Vec<S, T::Real>; DOWN] = if T::IS_COMPLEX {
                    core::array::from_fn(|i| {
                        let one = <Vec<S, T::Real>>::splat(isa, T::Real::ONE);
                        sums[2 * j][i].mul_sub_add(one, sums[2 * j + 1][i].swap_pairs())
                    })
                } else {
                    sums[j]
                };
                output.column(j, column);
            }
        }
    }
}

/// Where the finished columns of a tile go.
struct Output<S, T: Scalar> {
    isa: S,
    c: *mut T::Real,
    c_step: isize,
    /// Rows that exist, counted in reals.
    reals: usize,
    alpha: T,
    beta: T,
}

impl<S: Isa, T: Scalar> Output<S, T> {
    /// Column j of C <- alpha column + beta C.
    #[inline(always)]
    fn column<const DOWN: usize>(&self, j: usize, column: [Vec<S, T::Real>; DOWN]) {
        let lanes = <Vec<S, T::Real>>::LANES;
        let c = self.c.wrapping_offset(j as isize * self.c_step);
        if self.reals == DOWN * lanes {
            for (i, &sum) in column.iter().enumerate() {
                let to = c.wrapping_add(i * lanes);
                // SAFETY: all rows of the tile exist in column j, as the caller of `entry` vouches.
                unsafe {
                    if self.beta == T::ZERO {
                        times(self.isa, sum, self.alpha).store(to);
                    } else {
                        let old = <Vec<S, T::Real>>::load(self.isa, to);
                        self.update(old, sum).store(to);
                    }
                }
            }
        } else {
            for (i, &sum) in column.iter().enumerate() {
                let to = c.wrapping_add(i * lanes);
                let mask = <Vec<S, T::Real>>::mask(self.isa, self.reals.saturating_sub(i * lanes).min(lanes));
                // SAFETY: the mask names rows that exist in column j, as the caller of `entry` vouches.
                unsafe {
                    if self.beta == T::ZERO {
                        times(self.isa, sum, self.alpha).store_masked(to, mask);
                    } else {
                        let old = <Vec<S, T::Real>>::load_masked(self.isa, to, mask);
                        self.update(old, sum).store_masked(to, mask);
                    }
                }
            }
        }
    }

    /// `alpha sum + beta old`.
    #[inline(always)]
    fn update(&self, old: Vec<S, T::Real>, sum: Vec<S, T::Real>) -> Vec<S, T::Real> {
        if T::IS_COMPLEX {
            let old = if self.beta == T::ONE { old } else { times(self.isa, old, self.beta) };
            times(self.isa, sum, self.alpha) + old
        } else {
            let old = if self.beta == T::ONE {
                old
            } else {
                old * <Vec<S, T::Real>>::splat(self.isa, self.beta.re())
            };
            sum.mul_add(<Vec<S, T::Real>>::splat(self.isa, self.alpha.re()), old)
        }
    }
}

/// `x * factor`, for vectors of complex pairs too.
#[inline(always)]
pub(super) fn times<S: Isa, T: Scalar>(isa: S, x: Vec<S, T::Real>, factor: T) -> Vec<S, T::Real> {
    let re = <Vec<S, T::Real>>::splat(isa, factor.re());
    if T::IS_COMPLEX {
        let im = <Vec<S, T::Real>>::splat(isa, factor.im());
        x.mul_sub_add(re, x.swap_pairs() * im)
    } else {
        x * re
    }
}
