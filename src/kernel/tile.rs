//! The tile kernel: `C <- alpha A B + beta C` for one register tile.
//!
//! ```text
//!            B panel: k x N             real tile: DOWN vectors x N columns
//!            +--------+                 complex:   twice the registers; for column j one sum of
//!   A panel  |        | k               A * re b_j and one of A * im b_j, and
//!   MR x k   +--------+                 c_j = first + i second, which is one shuffle and one
//!  +------+  +--------+                 alternating add per vector, once per tile
//!  |      |  | C tile |
//!  +------+  +--------+
//! ```
//!
//! Each k: load `DOWN` vectors of A, broadcast the numbers of B, multiply and add each pair.
//!
//! The same code makes two kernels. *Packed*: both panels lie k after k without gaps, padded with zeros to
//! full width; the product covers the whole tile, and only the part `m x n` of C that exists is read and
//! written. *Direct*: the panels are where the caller's matrices are, rows of A adjacent, everything else
//! strided; tiles come in every size up to the packed one, and a mask keeps the last vector of A inside it.

use crate::scalar::{Real, Scalar};
use crate::simd::{Dispatch, Isa, Vec, Vector};

/// Arguments of a tile kernel.
#[derive(Debug)]
pub struct Tile<T> {
    /// Depth of the panels.
    pub k: usize,
    /// Panel of A, rows adjacent.
    pub a: *const T,
    /// Elements from a k of A to the next; MR in a packed panel.
    pub a_k: isize,
    /// Panel of B.
    pub b: *const T,
    /// Elements from a k of B to the next; NR in a packed panel.
    pub b_k: isize,
    /// Elements from a column of B to the next; 1 in a packed panel.
    pub b_j: isize,
    /// Element (0, 0) of the tile of C; rows are adjacent.
    pub c: *mut T,
    /// Elements from a column of C to the next.
    pub c_col: isize,
    /// Rows of C that exist: at least 1, at most MR.
    pub m: usize,
    /// Columns of C that exist: at least 1, at most NR.
    pub n: usize,
    /// Factor of the product.
    pub alpha: T,
    /// Factor of C; 0 means that C is not read.
    pub beta: T,
    /// Whether A is conjugated.
    pub conj_a: bool,
    /// Whether B is conjugated.
    pub conj_b: bool,
}

/// The packed kernel.
///
/// # Safety
/// The CPU has ISA `S`; the panels have `k` times `MR` and `N` readable elements, and the `m x n` elements
/// of C are writable (readable too unless `beta` is 0).
pub(super) unsafe fn packed<S: Isa, T: Scalar, const DOWN: usize, const N: usize>(tile: &Tile<T>) {
    // SAFETY: the caller vouches for the ISA; `Product::run` relies on the rest.
    unsafe { S::assume() }.enter(Product::<T, DOWN, N, false>(tile))
}

/// The direct kernel: for `n == N`, and `m` such that the last of `DOWN` vectors has rows.
///
/// # Safety
/// The CPU has ISA `S`; A is readable at `m` rows, B at `N` columns, `k` deep, and C as for [`packed`].
pub(super) unsafe fn direct<S: Isa, T: Scalar, const DOWN: usize, const N: usize>(tile: &Tile<T>) {
    // SAFETY: the caller vouches for the ISA; `Product::run` relies on the rest.
    unsafe { S::assume() }.enter(Product::<T, DOWN, N, true>(tile))
}

struct Product<'a, T, const DOWN: usize, const N: usize, const DIRECT: bool>(&'a Tile<T>);

impl<T: Scalar, const DOWN: usize, const N: usize, const DIRECT: bool> Dispatch
    for Product<'_, T, DOWN, N, DIRECT>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let tile = self.0;
        let lanes = <Vec<S, T::Real>>::LANES;
        let reals = tile.m * T::PARTS;
        let c_step = tile.c_col * T::PARTS as isize;
        let c = tile.c.cast::<T::Real>();
        let exists = |j: usize| DIRECT || j < tile.n;
        // The lines of C arrive while the product is formed.
        for j in 0..N {
            if exists(j) {
                for i in 0..DOWN {
                    isa.prefetch(c.wrapping_offset(j as isize * c_step).wrapping_add(i * lanes));
                }
                isa.prefetch(c.wrapping_offset(j as isize * c_step).wrapping_add(reals - 1));
            }
        }

        // SAFETY: the caller of the kernel vouches for the panels.
        let mut sums = unsafe { sums::<S, T, DOWN, N, DIRECT>(isa, tile) };
        let output = Output { isa, c, c_step, reals, alpha: tile.alpha, beta: tile.beta };
        // Loops and no `array::from_fn` here: its closures are not always inlined, and then spill.
        for (j, [first, second]) in sums.iter_mut().enumerate() {
            if exists(j) {
                if T::IS_COMPLEX {
                    for (first, &second) in first.iter_mut().zip(second.iter()) {
                        *first = combine(isa, tile, *first, second);
                    }
                }
                output.column::<DOWN, DIRECT>(j, *first);
            }
        }
    }
}

/// The sums of the real tile: for each column its own and, if complex, that of the imaginary parts.
///
/// # Safety
/// The panels are readable as the kernel of `DIRECT` says.
#[inline(always)]
#[expect(clippy::type_complexity, reason = "a register tile")]
pub(super) unsafe fn sums<S: Isa, T: Scalar, const DOWN: usize, const N: usize, const DIRECT: bool>(
    isa: S,
    tile: &Tile<T>,
) -> [[[Vec<S, T::Real>; DOWN]; 2]; N] {
    let lanes = <Vec<S, T::Real>>::LANES;
    let reals = tile.m * T::PARTS;
    // Direct tiles may not read past the last row of A; packed ones are padded.
    let last_rows = <Vec<S, T::Real>>::mask(isa, if DIRECT { reals - (DOWN - 1) * lanes } else { lanes });
    let mut sums = [[[<Vec<S, T::Real>>::zero(isa); DOWN]; 2]; N];
    let (mut a, mut b) = (tile.a.cast::<T::Real>(), tile.b.cast::<T::Real>());
    let (a_step, b_step, b_column) = if DIRECT {
        let parts = T::PARTS as isize;
        (tile.a_k * parts, tile.b_k * parts, tile.b_j * parts)
    } else {
        ((DOWN * lanes) as isize, (N * T::PARTS) as isize, T::PARTS as isize)
    };
    for _ in 0..tile.k {
        // SAFETY: step p < k of both panels, which the caller vouches for.
        unsafe {
            let mut rows = [<Vec<S, T::Real>>::zero(isa); DOWN];
            for (i, row) in rows.iter_mut().enumerate() {
                *row = if DIRECT && i == DOWN - 1 {
                    <Vec<S, T::Real>>::load_masked(isa, a.add(i * lanes), last_rows)
                } else {
                    <Vec<S, T::Real>>::load(isa, a.add(i * lanes))
                };
            }
            for (j, [first, second]) in sums.iter_mut().enumerate() {
                let element = b.offset(j as isize * b_column);
                accumulate(isa, first, &rows, *element);
                if T::IS_COMPLEX {
                    accumulate(isa, second, &rows, *element.add(1));
                }
            }
        }
        a = a.wrapping_offset(a_step);
        b = b.wrapping_offset(b_step);
    }
    sums
}

/// `sums <- sums + rows factor`.
#[inline(always)]
fn accumulate<S: Isa, R: Real, const DOWN: usize>(
    isa: S,
    sums: &mut [Vec<S, R>; DOWN],
    rows: &[Vec<S, R>; DOWN],
    factor: R,
) {
    let factor = <Vec<S, R>>::splat(isa, factor);
    for (sum, &row) in sums.iter_mut().zip(rows) {
        *sum = row.mul_add(factor, *sum);
    }
}

/// `A b` from `first = A re b` and `second = A im b`, with the conjugations that the tile asks for:
/// `conj(a) b = conj(a conj(b))`.
#[inline(always)]
pub(super) fn combine<S: Isa, T: Scalar>(
    isa: S,
    tile: &Tile<T>,
    first: Vec<S, T::Real>,
    second: Vec<S, T::Real>,
) -> Vec<S, T::Real> {
    let one = <Vec<S, T::Real>>::splat(isa, T::Real::ONE);
    let turned = second.swap_pairs();
    let sum = first.mul_sub_add(one, if tile.conj_a != tile.conj_b { -turned } else { turned });
    if tile.conj_a { <Vec<S, T::Real>>::zero(isa).mul_sub_add(one, -sum) } else { sum }
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
    fn column<const DOWN: usize, const DIRECT: bool>(&self, j: usize, column: [Vec<S, T::Real>; DOWN]) {
        let lanes = <Vec<S, T::Real>>::LANES;
        let c = self.c.wrapping_offset(j as isize * self.c_step);
        let whole = self.reals == DOWN * lanes;
        for (i, &sum) in column.iter().enumerate() {
            let to = c.wrapping_add(i * lanes);
            // In a direct tile every vector but the last is whole.
            if whole || (DIRECT && i < DOWN - 1) {
                // SAFETY: all rows of this vector exist in column j, as the caller vouches.
                unsafe {
                    if self.beta == T::ZERO {
                        times(self.isa, sum, self.alpha).store(to);
                    } else {
                        let old = <Vec<S, T::Real>>::load(self.isa, to);
                        self.update(old, sum).store(to);
                    }
                }
            } else {
                let mask = <Vec<S, T::Real>>::mask(self.isa, self.reals.saturating_sub(i * lanes).min(lanes));
                // SAFETY: the mask names rows that exist in column j, as the caller vouches.
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
