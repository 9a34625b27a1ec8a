//! The operations that are one product: gemm, gemmt, symm/hemm, syrk/herk, syr2k, and her2k, which may be two.
//!
//! They differ in how an operand is packed (dense, or mirrored from one triangle) and in which part of C is
//! computed. The engine wants C with adjacent rows; a C with adjacent columns is the transposed product,
//! `C^T <- alpha B^T A^T + beta C^T`, which swaps the operands.

use super::plain;
use crate::engine::gemm::{Gemm, Region};
use crate::engine::operand::Operand;
use crate::engine::{self, Product, plan, skinny, small, streamed, tiny};
use crate::kernel::kernels;
use crate::level2::gemv;
use crate::scalar::Scalar;
use crate::view::{MatMut, MatRef, Side, SymRef, Symmetry, Uplo};

/// `C <- alpha A B + beta C`, A m x k and B k x n as the views say (transposed, conjugated).
#[inline(always)]
pub fn gemm<T: Scalar>(alpha: T, a: MatRef<T>, b: MatRef<T>, beta: T, c: MatMut<T>) {
    // Inlined into the exported function, so that what a tiny product needs stays in registers.
    if !tiny::multiply(alpha, &a, &b, beta, &c) {
        gemm_of_any_size(alpha, a, b, beta, c);
    }
}

#[inline(never)]
fn gemm_of_any_size<T: Scalar>(alpha: T, a: MatRef<T>, b: MatRef<T>, beta: T, mut c: MatMut<T>) {
    let k = a.cols();
    // A matrix and a vector, if the vector is not conjugated.
    let dense = |a: &MatRef<T>| k > 0 && (a.row_stride() == 1 || a.col_stride() == 1);
    if c.cols() == 1 && !b.is_conj() && dense(&a) {
        return gemv(alpha, a, b.col(0), beta, c.col(0));
    }
    if c.rows() == 1 && !a.is_conj() && dense(&b) {
        return gemv(alpha, b.t(), a.row(0), beta, c.row(0));
    }
    multiply(Region::Full, alpha, Operand::Dense(a), Operand::Dense(b.t()), k, beta, c);
}

/// [`gemm`] on one triangle of a square C.
pub fn gemmt<T: Scalar>(uplo: Uplo, alpha: T, a: MatRef<T>, b: MatRef<T>, beta: T, c: MatMut<T>) {
    let region = Region::Triangle(uplo, Symmetry::Symmetric);
    let k = a.cols();
    multiply(region, alpha, Operand::Dense(a), Operand::Dense(b.t()), k, beta, c);
}

/// `C <- alpha A B + beta C` or `alpha B A + beta C`, A symmetric or Hermitian.
pub fn symm<T: Scalar>(side: Side, alpha: T, a: SymRef<T>, b: MatRef<T>, beta: T, c: MatMut<T>) {
    let k = a.mat.rows();
    match side {
        Side::Left => multiply(Region::Full, alpha, Operand::Symmetric(a), Operand::Dense(b.t()), k, beta, c),
        Side::Right => {
            multiply(Region::Full, alpha, Operand::Dense(b), Operand::Symmetric(a.t()), k, beta, c);
        }
    }
}

/// `C <- alpha A A^T + beta C` (or `A^H`, alpha and beta real) on one triangle; A n x k as the view says.
pub fn syrk<T: Scalar>(uplo: Uplo, symmetry: Symmetry, alpha: T, a: MatRef<T>, beta: T, c: MatMut<T>) {
    let region = Region::Triangle(uplo, symmetry);
    let k = a.cols();
    multiply(region, alpha, Operand::Dense(a), Operand::Dense(conjugate_if(a, symmetry)), k, beta, c);
}

/// `C <- alpha A B^T + alpha B A^T + beta C` (or `alpha A B^H + conj(alpha) B A^H`, beta real) on one
/// triangle.
pub fn syr2k<T: Scalar>(
    uplo: Uplo,
    symmetry: Symmetry,
    alpha: T,
    a: MatRef<T>,
    b: MatRef<T>,
    beta: T,
    mut c: MatMut<T>,
) {
    let region = Region::Triangle(uplo, symmetry);
    let (k, swapped_alpha) = (a.cols(), alpha.conj_if(symmetry == Symmetry::Hermitian));
    let (right_a, right_b) = (conjugate_if(a, symmetry), conjugate_if(b, symmetry));
    if swapped_alpha == alpha {
        // One product of twice the depth: A with B behind it, by B with A behind it.
        let (left, right) = (Operand::Joined([a, b]), Operand::Joined([right_b, right_a]));
        return multiply(region, alpha, left, right, 2 * k, beta, c);
    }
    multiply(region, alpha, Operand::Dense(a), Operand::Dense(right_b), k, beta, c.reborrow());
    if alpha != T::ZERO && k > 0 {
        multiply(region, swapped_alpha, Operand::Dense(b), Operand::Dense(right_a), k, T::ONE, c);
    }
}

fn conjugate_if<T: Scalar>(mat: MatRef<'_, T>, symmetry: Symmetry) -> MatRef<'_, T> {
    if symmetry == Symmetry::Hermitian { mat.conj() } else { mat }
}

/// `C <- alpha A B + beta C` on `region`; A is m x k, `b` B transposed, n x k.
fn multiply<T: Scalar>(
    region: Region,
    alpha: T,
    a: Operand<T>,
    b: Operand<T>,
    k: usize,
    beta: T,
    mut c: MatMut<T>,
) {
    if c.rows() == 0 || c.cols() == 0 {
        return;
    }
    // The imaginary parts of a Hermitian diagonal count as zero whatever is stored there, NaN too.
    if let Region::Triangle(_, Symmetry::Hermitian) = region {
        for i in 0..c.rows() {
            c.set(i, i, T::from_real(c.get(i, i).re()));
        }
    }
    if alpha == T::ZERO || k == 0 {
        return plain::scale(region, beta, c);
    }
    let adjacent_rows = |c: &MatMut<T>| c.row_stride() == 1 || c.rows() == 1;
    let (region, a, b, mut c) = if adjacent_rows(&c) {
        (region, a, b, c)
    } else {
        let region = match region {
            Region::Full => region,
            Region::Triangle(uplo, symmetry) => Region::Triangle(uplo.flip(), symmetry),
        };
        (region, b, a, c.reborrow().t())
    };
    if adjacent_rows(&c) {
        let ((plain_a, conj_a), (plain_b, conj_b)) = (a.split_conj(), b.split_conj());
        let product = Gemm {
            kernels: kernels::<T>(),
            m: c.rows(),
            n: c.cols(),
            k,
            alpha,
            a: plain_a,
            conj_a,
            b: plain_b,
            conj_b,
            beta,
            c: c.as_mut_ptr(),
            c_col: c.col_stride(),
            region,
        };
        let tiny = small::is_tiny(&product);
        if !tiny && (skinny::multiply(&product) || streamed::multiply(&product)) {
            return;
        }
        let threads = if tiny { 1 } else { plan::threads(&product.shape()) };
        if small::multiply(&product, threads) || engine::multiply(&product, threads) {
            return;
        }
    }
    plain::product(region, alpha, &a, &b, k, beta, c.reborrow());
}
