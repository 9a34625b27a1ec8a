//! Matrices of which only a part is stored: a triangle, a band, or a packed triangle.

use super::{Diag, MatRef, Symmetry, Trans, Uplo};
use core::marker::PhantomData;

/// A symmetric or Hermitian matrix of which one triangle is stored.
#[derive(Clone, Copy, Debug)]
pub struct SymRef<'a, T> {
    /// The square matrix; only the triangle `uplo` may be read.
    pub mat: MatRef<'a, T>,
    /// The stored triangle.
    pub uplo: Uplo,
    /// How the other triangle follows from it.
    pub symmetry: Symmetry,
}

impl<T: Copy> SymRef<'_, T> {
    /// The transposed matrix: the same memory, whose stored triangle is now the other one; what was mirrored from
    /// it still is.
    #[inline]
    pub fn t(self) -> Self {
        SymRef { mat: self.mat.t(), uplo: self.uplo.flip(), ..self }
    }
}

/// A triangular matrix.
#[derive(Clone, Copy, Debug)]
pub struct TriRef<'a, T> {
    /// The square matrix; only the triangle `uplo` (without the diagonal if `diag` is unit) may be read.
    pub mat: MatRef<'a, T>,
    /// The stored triangle; the other one is zero.
    pub uplo: Uplo,
    /// Whether the diagonal is one.
    pub diag: Diag,
}

impl<'a, T: Copy> TriRef<'a, T> {
    /// The transposed matrix.
    #[inline]
    pub fn t(self) -> Self {
        TriRef { mat: self.mat.t(), uplo: self.uplo.flip(), diag: self.diag }
    }

    /// `op(self)`.
    #[inline]
    pub fn op(self, trans: Trans) -> Self {
        let tri = if trans.transposes() { self.t() } else { self };
        if trans.conjugates() { TriRef { mat: tri.mat.conj(), ..tri } } else { tri }
    }

    /// The matrix with rows and columns in reverse order, which swaps the triangles.
    #[inline]
    pub fn reversed(self) -> Self {
        TriRef { mat: self.mat.rows_reversed().cols_reversed(), uplo: self.uplo.flip(), diag: self.diag }
    }
}

/// A banded matrix: element (i, j) exists where `-upper <= i - j <= lower`, at the place that `mat` gives.
///
/// BLAS's column-major band storage holds element (i, j) at `a[upper + i - j + j lda]`, which is a strided
/// matrix with row stride 1, column stride `lda - 1` and first element at `a + upper`; row-major storage is
/// the same with the strides swapped and first element at `a + lower`.
#[derive(Clone, Copy, Debug)]
pub struct BandRef<'a, T> {
    /// The strided matrix; only the band may be read.
    pub mat: MatRef<'a, T>,
    /// Diagonals below the main one.
    pub lower: usize,
    /// Diagonals above the main one.
    pub upper: usize,
}

impl<'a, T: Copy> BandRef<'a, T> {
    /// `op(self)`.
    #[inline]
    pub fn op(self, trans: Trans) -> Self {
        let (lower, upper) =
            if trans.transposes() { (self.upper, self.lower) } else { (self.lower, self.upper) };
        BandRef { mat: self.mat.op(trans), lower, upper }
    }
}

/// One triangle of an n x n matrix, packed without gaps: column by column, or row by row.
///
/// Row by row, the upper triangle has the layout of the transposed matrix's lower triangle column by column.
#[derive(Clone, Copy, Debug)]
pub struct PackedRef<'a, T> {
    /// `n (n + 1) / 2` elements.
    pub ptr: *const T,
    /// Order of the matrix.
    pub n: usize,
    /// The stored triangle.
    pub uplo: Uplo,
    /// Whether it is stored row by row.
    pub by_rows: bool,
    /// Whether elements are conjugated when read.
    pub conj: bool,
    /// The borrow.
    pub life: PhantomData<&'a T>,
}

impl<T: Copy> PackedRef<'_, T> {
    /// `op(self)`.
    #[inline]
    pub fn op(self, trans: Trans) -> Self {
        let packed = if trans.transposes() {
            PackedRef { uplo: self.uplo.flip(), by_rows: !self.by_rows, ..self }
        } else {
            self
        };
        PackedRef { conj: packed.conj ^ trans.conjugates(), ..packed }
    }
}

/// Like [`PackedRef`], to read and write.
#[derive(Debug)]
pub struct PackedMut<'a, T> {
    /// `n (n + 1) / 2` elements.
    pub ptr: *mut T,
    /// Order of the matrix.
    pub n: usize,
    /// The stored triangle.
    pub uplo: Uplo,
    /// Whether it is stored row by row.
    pub by_rows: bool,
    /// The borrow.
    pub life: PhantomData<&'a mut T>,
}
