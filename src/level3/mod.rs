//! Matrix-matrix operations.
#![allow(unused_variables)]

use crate::scalar::Scalar;
use crate::view::*;

/// `C <- alpha A B + beta C`, A m x k and B k x n as the views say (transposed, conjugated).
pub fn gemm<T: Scalar>(alpha: T, a: MatRef<T>, b: MatRef<T>, beta: T, c: MatMut<T>) {
    unimplemented!()
}

/// [`gemm`] on one triangle of a square C.
pub fn gemmt<T: Scalar>(uplo: Uplo, alpha: T, a: MatRef<T>, b: MatRef<T>, beta: T, c: MatMut<T>) {
    unimplemented!()
}

/// `C <- alpha A B + beta C` or `alpha B A + beta C`, A symmetric or Hermitian.
pub fn symm<T: Scalar>(side: Side, alpha: T, a: SymRef<T>, b: MatRef<T>, beta: T, c: MatMut<T>) {
    unimplemented!()
}

/// `C <- alpha A A^T + beta C` (or `A^H`, alpha and beta real) on one triangle; A n x k as the view says.
pub fn syrk<T: Scalar>(uplo: Uplo, symmetry: Symmetry, alpha: T, a: MatRef<T>, beta: T, c: MatMut<T>) {
    unimplemented!()
}

/// `C <- alpha A B^T + alpha B A^T + beta C` (or `alpha A B^H + conj(alpha) B A^H`, beta real) on one triangle.
pub fn syr2k<T: Scalar>(
    uplo: Uplo,
    symmetry: Symmetry,
    alpha: T,
    a: MatRef<T>,
    b: MatRef<T>,
    beta: T,
    c: MatMut<T>,
) {
    unimplemented!()
}

/// `B <- alpha A B` or `alpha B A`, A triangular as the view says.
pub fn trmm<T: Scalar>(side: Side, alpha: T, a: TriRef<T>, b: MatMut<T>) {
    unimplemented!()
}

/// `B <- alpha A^-1 B` or `alpha B A^-1`, A triangular as the view says.
pub fn trsm<T: Scalar>(side: Side, alpha: T, a: TriRef<T>, b: MatMut<T>) {
    unimplemented!()
}

/// `B <- alpha A`, A as the view says (transposed, conjugated); A and B do not overlap.
pub fn omatcopy<T: Scalar>(alpha: T, a: MatRef<T>, b: MatMut<T>) {
    unimplemented!()
}

/// `C <- alpha A + beta C`.
pub fn geadd<T: Scalar>(alpha: T, a: MatRef<T>, beta: T, c: MatMut<T>) {
    unimplemented!()
}
