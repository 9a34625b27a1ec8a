//! Plain loops: scaling, and products where the engine has no memory or C no unit stride.

use crate::engine::gemm::Region;
use crate::engine::operand::Operand;
use crate::scalar::Scalar;
use crate::view::{MatMut, Symmetry, Uplo};
use core::ops::Range;

/// Rows of column `j` that a region has.
fn rows_of(region: Region, m: usize, j: usize) -> Range<usize> {
    match region {
        Region::Full => 0..m,
        Region::Triangle(Uplo::Upper, _) => 0..(j + 1).min(m),
        Region::Triangle(Uplo::Lower, _) => j.min(m)..m,
    }
}

/// `x`, made real where the region is Hermitian and (i, j) on its diagonal.
fn at_place<T: Scalar>(region: Region, i: usize, j: usize, x: T) -> T {
    match region {
        Region::Triangle(_, Symmetry::Hermitian) if i == j => T::from_real(x.re()),
        _ => x,
    }
}

/// `C <- beta C`; 0 overwrites whatever C holds.
pub(super) fn scale<T: Scalar>(region: Region, beta: T, mut c: MatMut<T>) {
    let hermitian = matches!(region, Region::Triangle(_, Symmetry::Hermitian));
    if beta == T::ONE && !hermitian {
        return;
    }
    for j in 0..c.cols() {
        for i in rows_of(region, c.rows(), j) {
            let x = if beta == T::ZERO {
                T::ZERO
            } else if beta == T::ONE {
                c.get(i, j)
            } else {
                beta * c.get(i, j)
            };
            c.set(i, j, at_place(region, i, j, x));
        }
    }
}

/// `C <- alpha A B + beta C`, element by element; `b` is B transposed.
pub(super) fn product<T: Scalar>(
    region: Region,
    alpha: T,
    a: &Operand<T>,
    b: &Operand<T>,
    k: usize,
    beta: T,
    mut c: MatMut<T>,
) {
    for j in 0..c.cols() {
        for i in rows_of(region, c.rows(), j) {
            let mut sum = T::ZERO;
            for p in 0..k {
                sum += a.get(i, p) * b.get(j, p);
            }
            let old = if beta == T::ZERO { T::ZERO } else { beta * c.get(i, j) };
            c.set(i, j, at_place(region, i, j, alpha * sum + old));
        }
    }
}
