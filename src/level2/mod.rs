//! Matrix-vector operations.
#![allow(unused_variables)]

use crate::scalar::Scalar;
use crate::view::*;

/// `y <- alpha A x + beta y`, A m x n as the view says (transposed, conjugated).
pub fn gemv<T: Scalar>(alpha: T, a: MatRef<T>, x: VecRef<T>, beta: T, y: VecMut<T>) {
    unimplemented!()
}

/// `A <- alpha x y^T + A`, or `y^H` if `conj_y`.
pub fn ger<T: Scalar>(alpha: T, x: VecRef<T>, y: VecRef<T>, conj_y: bool, a: MatMut<T>) {
    unimplemented!()
}

/// `y <- alpha A x + beta y`, A symmetric or Hermitian.
pub fn symv<T: Scalar>(alpha: T, a: SymRef<T>, x: VecRef<T>, beta: T, y: VecMut<T>) {
    unimplemented!()
}

/// `A <- alpha x x^T + A`, or `x^H` (alpha real then) on one triangle.
pub fn syr<T: Scalar>(uplo: Uplo, symmetry: Symmetry, alpha: T, x: VecRef<T>, a: MatMut<T>) {
    unimplemented!()
}

/// `A <- alpha x y^T + alpha y x^T + A`, or `alpha x y^H + conj(alpha) y x^H + A`, on one triangle.
pub fn syr2<T: Scalar>(uplo: Uplo, symmetry: Symmetry, alpha: T, x: VecRef<T>, y: VecRef<T>, a: MatMut<T>) {
    unimplemented!()
}

/// `x <- A x`, A triangular as the view says.
pub fn trmv<T: Scalar>(a: TriRef<T>, x: VecMut<T>) {
    unimplemented!()
}

/// `x <- A^-1 x`, A triangular as the view says.
pub fn trsv<T: Scalar>(a: TriRef<T>, x: VecMut<T>) {
    unimplemented!()
}

/// `y <- alpha A x + beta y`, A banded.
pub fn gbmv<T: Scalar>(alpha: T, a: BandRef<T>, x: VecRef<T>, beta: T, y: VecMut<T>) {
    unimplemented!()
}

/// `y <- alpha A x + beta y`, A symmetric or Hermitian with k diagonals beside the main one (band storage as in [`BandRef`]).
pub fn sbmv<T: Scalar>(alpha: T, a: SymRef<T>, k: usize, x: VecRef<T>, beta: T, y: VecMut<T>) {
    unimplemented!()
}

/// `x <- A x`, A triangular with k diagonals beside the main one.
pub fn tbmv<T: Scalar>(a: TriRef<T>, k: usize, x: VecMut<T>) {
    unimplemented!()
}

/// `x <- A^-1 x`, A triangular with k diagonals beside the main one.
pub fn tbsv<T: Scalar>(a: TriRef<T>, k: usize, x: VecMut<T>) {
    unimplemented!()
}

/// `y <- alpha A x + beta y`, A packed.
pub fn spmv<T: Scalar>(alpha: T, a: PackedRef<T>, symmetry: Symmetry, x: VecRef<T>, beta: T, y: VecMut<T>) {
    unimplemented!()
}

/// [`syr`] on packed storage.
pub fn spr<T: Scalar>(symmetry: Symmetry, alpha: T, x: VecRef<T>, a: PackedMut<T>) {
    unimplemented!()
}

/// [`syr2`] on packed storage.
pub fn spr2<T: Scalar>(symmetry: Symmetry, alpha: T, x: VecRef<T>, y: VecRef<T>, a: PackedMut<T>) {
    unimplemented!()
}

/// [`trmv`] on packed storage.
pub fn tpmv<T: Scalar>(a: PackedRef<T>, diag: Diag, x: VecMut<T>) {
    unimplemented!()
}

/// [`trsv`] on packed storage.
pub fn tpsv<T: Scalar>(a: PackedRef<T>, diag: Diag, x: VecMut<T>) {
    unimplemented!()
}
