//! Views of the caller's memory: pointer, sizes and strides. Transposing is a stride swap, reversing a
//! negative stride, conjugation a flag; so row-major, column-major and every `op(A)` are one type.
//!
//! Made by the interface after its argument checks (or by Rust callers), used by everything below it.
//! Views hold raw pointers rather than slices because BLAS operands may overlap and have gaps. Building
//! one from a pointer is the unsafe step: whoever does it vouches for the memory.

mod storage;

use core::marker::PhantomData;
use core::ops::Range;

pub use storage::{BandRef, PackedMut, PackedRef, SymRef, TriRef};

/// Which triangle of a matrix is stored (or, for an output, computed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uplo {
    /// On and above the diagonal.
    Upper,
    /// On and below the diagonal.
    Lower,
}

impl Uplo {
    /// The other triangle: what a transposition makes of this one.
    #[inline]
    pub fn flip(self) -> Uplo {
        match self {
            Uplo::Upper => Uplo::Lower,
            Uplo::Lower => Uplo::Upper,
        }
    }
}

/// Whether a triangular matrix has ones on its diagonal, which are then not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diag {
    /// The diagonal is stored.
    NonUnit,
    /// The diagonal is one, whatever is stored there.
    Unit,
}

/// On which side of the product the special (symmetric, triangular) matrix stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `A B`.
    Left,
    /// `B A`.
    Right,
}

/// `op` in `op(A)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trans {
    /// `A`.
    No,
    /// Transposed.
    Yes,
    /// Conjugate transposed.
    Conj,
    /// Conjugated, not transposed (an extension of OpenBLAS and CBLAS).
    ConjNo,
}

impl Trans {
    /// Whether rows and columns change places.
    #[inline]
    pub fn transposes(self) -> bool {
        matches!(self, Trans::Yes | Trans::Conj)
    }

    /// Whether elements are conjugated.
    #[inline]
    pub fn conjugates(self) -> bool {
        matches!(self, Trans::Conj | Trans::ConjNo)
    }
}

/// Whether a symmetric operand or update is complex symmetric (`A^T = A`) or Hermitian (`A^H = A`, the
/// diagonal's imaginary part taken as zero and not read).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symmetry {
    /// `A^T = A`.
    Symmetric,
    /// `A^H = A`.
    Hermitian,
}

/// A vector to read: `len` elements, `stride` elements apart (any sign, zero too).
#[derive(Clone, Copy, Debug)]
pub struct VecRef<'a, T> {
    ptr: *const T,
    len: usize,
    stride: isize,
    life: PhantomData<&'a T>,
}

/// A vector to read and write: `len` elements, `stride` elements apart (any sign, zero too).
#[derive(Debug)]
pub struct VecMut<'a, T> {
    ptr: *mut T,
    len: usize,
    stride: isize,
    life: PhantomData<&'a mut T>,
}

/// A matrix to read: element (i, j) at `ptr + i row_stride + j col_stride`, conjugated if `conj`.
#[derive(Clone, Copy, Debug)]
pub struct MatRef<'a, T> {
    ptr: *const T,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    conj: bool,
    life: PhantomData<&'a T>,
}

/// A matrix to read and write: element (i, j) at `ptr + i row_stride + j col_stride`.
#[derive(Debug)]
pub struct MatMut<'a, T> {
    ptr: *mut T,
    rows: usize,
    cols: usize,
    row_stride: isize,
    col_stride: isize,
    life: PhantomData<&'a mut T>,
}

// SAFETY: a view is a borrowed pointer to plain numbers; sharing it is as safe as sharing the memory,
// which whoever built the view vouched for.
unsafe impl<T: Sync> Send for VecRef<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for VecRef<'_, T> {}
// SAFETY: as above; a mutable view is not Clone, `reborrow` and `split` hand out disjoint ones.
unsafe impl<T: Send> Send for VecMut<'_, T> {}
// SAFETY: as above; writing takes `&mut self` or an unsafe block.
unsafe impl<T: Sync> Sync for VecMut<'_, T> {}
// SAFETY: as for VecRef.
unsafe impl<T: Sync> Send for MatRef<'_, T> {}
// SAFETY: as for VecRef.
unsafe impl<T: Sync> Sync for MatRef<'_, T> {}
// SAFETY: as for VecMut.
unsafe impl<T: Send> Send for MatMut<'_, T> {}
// SAFETY: as for VecMut.
unsafe impl<T: Sync> Sync for MatMut<'_, T> {}

/// Elements from the first in memory to the last of `n`, which a negative increment makes the logical first. Cold, so
/// that where increments are positive it is not calculated.
#[cold]
fn to_last(n: usize, incx: isize) -> isize {
    (1 - n as isize).wrapping_mul(incx)
}

impl<'a, T: Copy> VecRef<'a, T> {
    /// A view of `len` elements; `ptr` is the *logical first* element, also when `stride` is negative.
    ///
    /// # Safety
    /// Every element must be readable for `'a` (nothing is required for `len == 0`).
    #[inline]
    pub unsafe fn new(ptr: *const T, len: usize, stride: isize) -> Self {
        VecRef { ptr, len, stride, life: PhantomData }
    }

    /// A view of BLAS's arguments `(n, x, incx)`: with a negative increment the logical first element is
    /// at `x - (n - 1) incx`, as in the reference.
    ///
    /// # Safety
    /// As for [`VecRef::new`].
    #[inline]
    pub unsafe fn from_blas(n: usize, x: *const T, incx: isize) -> Self {
        let first = if incx < 0 && n > 0 { x.wrapping_offset(to_last(n, incx)) } else { x };
        VecRef { ptr: first, len: n, stride: incx, life: PhantomData }
    }

    /// A view of a slice.
    #[inline]
    pub fn from_slice(x: &'a [T]) -> Self {
        VecRef { ptr: x.as_ptr(), len: x.len(), stride: 1, life: PhantomData }
    }

    /// The logical first element.
    #[inline]
    pub fn as_ptr(&self) -> *const T {
        self.ptr
    }

    /// Elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Elements from one to the next.
    #[inline]
    pub fn stride(&self) -> isize {
        self.stride
    }

    /// Element `i`.
    #[inline]
    pub fn get(&self, i: usize) -> T {
        debug_assert!(i < self.len);
        // SAFETY: element i of a valid view (asserted in debug builds, by the caller's loop otherwise).
        unsafe { *self.ptr.offset(i as isize * self.stride) }
    }

    /// The elements in `range`.
    #[inline]
    pub fn slice(&self, range: Range<usize>) -> VecRef<'a, T> {
        debug_assert!(range.start <= range.end && range.end <= self.len);
        let ptr = self.ptr.wrapping_offset(range.start as isize * self.stride);
        VecRef { ptr, len: range.end - range.start, stride: self.stride, life: PhantomData }
    }

    /// The same elements, last first.
    #[inline]
    pub fn reversed(&self) -> VecRef<'a, T> {
        let last = self.len.saturating_sub(1) as isize;
        VecRef { ptr: self.ptr.wrapping_offset(last * self.stride), stride: -self.stride, ..*self }
    }
}

impl<'a, T: Copy> VecMut<'a, T> {
    /// A view of `len` elements; `ptr` is the *logical first* element, also when `stride` is negative.
    ///
    /// # Safety
    /// Every element must be readable and writable for `'a` (nothing is required for `len == 0`).
    #[inline]
    pub unsafe fn new(ptr: *mut T, len: usize, stride: isize) -> Self {
        VecMut { ptr, len, stride, life: PhantomData }
    }

    /// A view of BLAS's arguments `(n, x, incx)`, see [`VecRef::from_blas`].
    ///
    /// # Safety
    /// As for [`VecMut::new`].
    #[inline]
    pub unsafe fn from_blas(n: usize, x: *mut T, incx: isize) -> Self {
        let first = if incx < 0 && n > 0 { x.wrapping_offset(to_last(n, incx)) } else { x };
        VecMut { ptr: first, len: n, stride: incx, life: PhantomData }
    }

    /// A view of a slice.
    #[inline]
    pub fn from_slice(x: &'a mut [T]) -> Self {
        VecMut { ptr: x.as_mut_ptr(), len: x.len(), stride: 1, life: PhantomData }
    }

    /// The logical first element.
    #[inline]
    pub fn as_mut_ptr(&self) -> *mut T {
        self.ptr
    }

    /// Elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Elements from one to the next.
    #[inline]
    pub fn stride(&self) -> isize {
        self.stride
    }

    /// Element `i`.
    #[inline]
    pub fn get(&self, i: usize) -> T {
        self.as_ref().get(i)
    }

    /// Writes element `i`.
    #[inline]
    pub fn set(&mut self, i: usize, x: T) {
        debug_assert!(i < self.len);
        // SAFETY: element i of a valid view (asserted in debug builds, by the caller's loop otherwise).
        unsafe { *self.ptr.offset(i as isize * self.stride) = x }
    }

    /// Another view of the same elements, for an operation that is passed by reference.
    ///
    /// # Safety
    /// While it lives, nobody uses the same elements through another view.
    #[inline(always)]
    pub(crate) unsafe fn again(&self) -> VecMut<'_, T> {
        VecMut { ..*self }
    }

    /// The same view, for a shorter life.
    #[inline]
    pub fn reborrow(&mut self) -> VecMut<'_, T> {
        VecMut { ptr: self.ptr, len: self.len, stride: self.stride, life: PhantomData }
    }

    /// The same elements to read.
    #[inline]
    pub fn as_ref(&self) -> VecRef<'_, T> {
        VecRef { ptr: self.ptr, len: self.len, stride: self.stride, life: PhantomData }
    }

    /// The elements in `range`.
    #[inline]
    pub fn slice(&mut self, range: Range<usize>) -> VecMut<'_, T> {
        debug_assert!(range.start <= range.end && range.end <= self.len);
        let ptr = self.ptr.wrapping_offset(range.start as isize * self.stride);
        VecMut { ptr, len: range.end - range.start, stride: self.stride, life: PhantomData }
    }

    /// The same elements, last first.
    #[inline]
    pub fn reversed(self) -> VecMut<'a, T> {
        let last = self.len.saturating_sub(1) as isize;
        VecMut { ptr: self.ptr.wrapping_offset(last * self.stride), stride: -self.stride, ..self }
    }
}

impl<'a, T: Copy> MatRef<'a, T> {
    /// A view of `rows` x `cols` elements.
    ///
    /// # Safety
    /// Every element that the operation reads must be readable for `'a`.
    #[inline]
    pub unsafe fn new(ptr: *const T, rows: usize, cols: usize, row_stride: isize, col_stride: isize) -> Self {
        MatRef { ptr, rows, cols, row_stride, col_stride, conj: false, life: PhantomData }
    }

    /// Where element (0, 0) is.
    #[inline]
    pub fn as_ptr(&self) -> *const T {
        self.ptr
    }

    /// Rows.
    #[inline]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns.
    #[inline]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Elements from a row to the next.
    #[inline]
    pub fn row_stride(&self) -> isize {
        self.row_stride
    }

    /// Elements from a column to the next.
    #[inline]
    pub fn col_stride(&self) -> isize {
        self.col_stride
    }

    /// Whether the elements are to be conjugated when read.
    #[inline]
    pub fn is_conj(&self) -> bool {
        self.conj
    }

    /// Where element (i, j) is.
    #[inline]
    pub fn at(&self, i: usize, j: usize) -> *const T {
        self.ptr.wrapping_offset(i as isize * self.row_stride + j as isize * self.col_stride)
    }

    /// The transposed matrix.
    #[inline]
    pub fn t(self) -> Self {
        MatRef {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }

    /// The conjugated matrix.
    #[inline]
    pub fn conj(self) -> Self {
        MatRef { conj: !self.conj, ..self }
    }

    /// `op(self)`.
    #[inline]
    pub fn op(self, trans: Trans) -> Self {
        let m = if trans.transposes() { self.t() } else { self };
        if trans.conjugates() { m.conj() } else { m }
    }

    /// The block of `rows` x `cols`.
    #[inline]
    pub fn block(&self, rows: Range<usize>, cols: Range<usize>) -> Self {
        debug_assert!(rows.end <= self.rows && cols.end <= self.cols);
        MatRef {
            ptr: self.at(rows.start, cols.start),
            rows: rows.end - rows.start,
            cols: cols.end - cols.start,
            ..*self
        }
    }

    /// The same matrix, last row first.
    #[inline]
    pub fn rows_reversed(self) -> Self {
        MatRef { ptr: self.at(self.rows.saturating_sub(1), 0), row_stride: -self.row_stride, ..self }
    }

    /// The same matrix, last column first.
    #[inline]
    pub fn cols_reversed(self) -> Self {
        MatRef { ptr: self.at(0, self.cols.saturating_sub(1)), col_stride: -self.col_stride, ..self }
    }

    /// Row `i` as a vector (the conjugation flag is the caller's to carry).
    #[inline]
    pub fn row(&self, i: usize) -> VecRef<'a, T> {
        VecRef { ptr: self.at(i, 0), len: self.cols, stride: self.col_stride, life: PhantomData }
    }

    /// Column `j` as a vector (the conjugation flag is the caller's to carry).
    #[inline]
    pub fn col(&self, j: usize) -> VecRef<'a, T> {
        VecRef { ptr: self.at(0, j), len: self.rows, stride: self.row_stride, life: PhantomData }
    }
}

impl<T: crate::scalar::Scalar> MatRef<'_, T> {
    /// Element (i, j), conjugated if the view says so.
    #[inline]
    pub fn get(&self, i: usize, j: usize) -> T {
        debug_assert!(i < self.rows && j < self.cols);
        // SAFETY: inside a valid view (asserted in debug builds, by the caller's loop otherwise).
        unsafe { *self.at(i, j) }.conj_if(self.conj)
    }
}

impl<'a, T: Copy> MatMut<'a, T> {
    /// A view of `rows` x `cols` elements.
    ///
    /// # Safety
    /// Every element that the operation touches must be readable and writable for `'a`.
    #[inline]
    pub unsafe fn new(ptr: *mut T, rows: usize, cols: usize, row_stride: isize, col_stride: isize) -> Self {
        MatMut { ptr, rows, cols, row_stride, col_stride, life: PhantomData }
    }

    /// Where element (0, 0) is.
    #[inline]
    pub fn as_mut_ptr(&self) -> *mut T {
        self.ptr
    }

    /// Rows.
    #[inline]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns.
    #[inline]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Elements from a row to the next.
    #[inline]
    pub fn row_stride(&self) -> isize {
        self.row_stride
    }

    /// Elements from a column to the next.
    #[inline]
    pub fn col_stride(&self) -> isize {
        self.col_stride
    }

    /// Where element (i, j) is.
    #[inline]
    pub fn at(&self, i: usize, j: usize) -> *mut T {
        self.ptr.wrapping_offset(i as isize * self.row_stride + j as isize * self.col_stride)
    }

    /// Element (i, j).
    #[inline]
    pub fn get(&self, i: usize, j: usize) -> T {
        debug_assert!(i < self.rows && j < self.cols);
        // SAFETY: inside a valid view (asserted in debug builds, by the caller's loop otherwise).
        unsafe { *self.at(i, j) }
    }

    /// Writes element (i, j).
    #[inline]
    pub fn set(&mut self, i: usize, j: usize, x: T) {
        debug_assert!(i < self.rows && j < self.cols);
        // SAFETY: inside a valid view (asserted in debug builds, by the caller's loop otherwise).
        unsafe { *self.at(i, j) = x }
    }

    /// The transposed matrix.
    #[inline]
    pub fn t(self) -> Self {
        MatMut {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }

    /// The same view, for a shorter life.
    #[inline]
    pub fn reborrow(&mut self) -> MatMut<'_, T> {
        MatMut { ptr: self.ptr, life: PhantomData, ..*self }
    }

    /// The same matrix to read.
    #[inline]
    pub fn as_ref(&self) -> MatRef<'_, T> {
        MatRef {
            ptr: self.ptr,
            rows: self.rows,
            cols: self.cols,
            row_stride: self.row_stride,
            col_stride: self.col_stride,
            conj: false,
            life: PhantomData,
        }
    }

    /// The block of `rows` x `cols`.
    #[inline]
    pub fn block(&mut self, rows: Range<usize>, cols: Range<usize>) -> MatMut<'_, T> {
        debug_assert!(rows.end <= self.rows && cols.end <= self.cols);
        MatMut {
            ptr: self.at(rows.start, cols.start),
            rows: rows.end - rows.start,
            cols: cols.end - cols.start,
            life: PhantomData,
            ..*self
        }
    }

    /// The same matrix, last row first.
    #[inline]
    pub fn rows_reversed(self) -> Self {
        MatMut { ptr: self.at(self.rows.saturating_sub(1), 0), row_stride: -self.row_stride, ..self }
    }

    /// The same matrix, last column first.
    #[inline]
    pub fn cols_reversed(self) -> Self {
        MatMut { ptr: self.at(0, self.cols.saturating_sub(1)), col_stride: -self.col_stride, ..self }
    }

    /// Row `i` as a vector.
    #[inline]
    pub fn row(&mut self, i: usize) -> VecMut<'_, T> {
        VecMut { ptr: self.at(i, 0), len: self.cols, stride: self.col_stride, life: PhantomData }
    }

    /// Column `j` as a vector.
    #[inline]
    pub fn col(&mut self, j: usize) -> VecMut<'_, T> {
        VecMut { ptr: self.at(0, j), len: self.rows, stride: self.row_stride, life: PhantomData }
    }
}
