//! Flags: layout, trans, uplo, side, diag. Fortran passes letters, C enum values; [`Flag`] holds the meaning,
//! or the value that means nothing. [`Layout`] makes the matrix views.
//!
//! Used by `args.rs` and the shims.

use super::args::{Bad, Fault, Shown};
use crate::scalar::Scalar;
use crate::view::{Diag, MatMut, MatRef, Side, Trans, Uplo};
use core::ffi::c_int;

/// How a matrix is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Columns are contiguous, `ld` apart: Fortran, `CblasColMajor`.
    ByColumns,
    /// Rows are contiguous, `ld` apart: `CblasRowMajor`.
    ByRows,
}

impl Layout {
    /// Whether rows are contiguous.
    #[inline]
    pub fn by_rows(self) -> bool {
        self == Layout::ByRows
    }

    /// What belongs to (rows, columns) or to (A, B) in this layout, in the order of the column-major call that
    /// stands for it: the transposed one for row-major.
    #[inline(always)]
    pub fn by_columns<V>(self, first: V, second: V) -> (V, V) {
        if self.by_rows() { (second, first) } else { (first, second) }
    }

    /// Of a pair of sizes (rows, columns), the one along which elements are contiguous: what the leading
    /// dimension must reach.
    #[inline]
    pub fn contiguous(self, rows: isize, cols: isize) -> isize {
        if self.by_rows() { cols } else { rows }
    }

    /// (row stride, column stride).
    #[inline]
    pub fn strides(self, ld: isize) -> (isize, isize) {
        if self.by_rows() { (ld, 1) } else { (1, ld) }
    }

    /// The `rows` x `cols` matrix at `a`.
    ///
    /// # Safety
    /// As for [`MatRef::new`].
    #[inline]
    pub unsafe fn matrix<'a, T: Copy>(
        self,
        a: *const T,
        rows: isize,
        cols: isize,
        ld: isize,
    ) -> MatRef<'a, T> {
        let (row_stride, col_stride) = self.strides(ld);
        // SAFETY: the caller's promise.
        unsafe { MatRef::new(a, rows as usize, cols as usize, row_stride, col_stride) }
    }

    /// The `rows` x `cols` matrix op(A) where A is stored at `a`.
    ///
    /// # Safety
    /// As for [`MatRef::new`].
    #[inline]
    pub unsafe fn operand<'a, T: Copy>(
        self,
        trans: Trans,
        a: *const T,
        rows: isize,
        cols: isize,
        ld: isize,
    ) -> MatRef<'a, T> {
        let (rows, cols) = if trans.transposes() { (cols, rows) } else { (rows, cols) };
        // SAFETY: the caller's promise.
        unsafe { self.matrix(a, rows, cols, ld) }.op(trans)
    }

    /// The `rows` x `cols` matrix at `a`, to read and write.
    ///
    /// # Safety
    /// As for [`MatMut::new`].
    #[inline]
    pub unsafe fn matrix_mut<'a, T: Copy>(
        self,
        a: *mut T,
        rows: isize,
        cols: isize,
        ld: isize,
    ) -> MatMut<'a, T> {
        let (row_stride, col_stride) = self.strides(ld);
        // SAFETY: the caller's promise.
        unsafe { MatMut::new(a, rows as usize, cols as usize, row_stride, col_stride) }
    }
}

/// What a flag can mean.
pub trait Meaning: Copy {
    /// The name of the parameter.
    const NAME: &'static str;
    /// Fortran's letter, upper case.
    fn from_letter(letter: u8) -> Option<Self>;
    /// C's enum value.
    fn from_c(value: c_int) -> Option<Self>;
    /// The letter that the trace shows.
    fn letter(self) -> char;
}

impl Meaning for Layout {
    const NAME: &'static str = "layout";
    #[inline(always)]
    fn from_letter(letter: u8) -> Option<Layout> {
        match letter {
            b'R' => Some(Layout::ByRows),
            b'C' => Some(Layout::ByColumns),
            _ => None,
        }
    }
    #[inline(always)]
    fn from_c(value: c_int) -> Option<Layout> {
        match value {
            101 => Some(Layout::ByRows),
            102 => Some(Layout::ByColumns),
            _ => None,
        }
    }
    fn letter(self) -> char {
        if self.by_rows() { 'R' } else { 'C' }
    }
}

impl Meaning for Trans {
    const NAME: &'static str = "Trans";
    #[inline(always)]
    fn from_letter(letter: u8) -> Option<Trans> {
        match letter {
            b'N' => Some(Trans::No),
            b'T' => Some(Trans::Yes),
            b'C' => Some(Trans::Conj),
            _ => None,
        }
    }
    #[inline(always)]
    fn from_c(value: c_int) -> Option<Trans> {
        match value {
            111 => Some(Trans::No),
            112 => Some(Trans::Yes),
            113 => Some(Trans::Conj),
            114 => Some(Trans::ConjNo),
            _ => None,
        }
    }
    fn letter(self) -> char {
        match self {
            Trans::No => 'N',
            Trans::Yes => 'T',
            Trans::Conj => 'C',
            Trans::ConjNo => 'R',
        }
    }
}

impl Meaning for Uplo {
    const NAME: &'static str = "Uplo";
    #[inline(always)]
    fn from_letter(letter: u8) -> Option<Uplo> {
        match letter {
            b'U' => Some(Uplo::Upper),
            b'L' => Some(Uplo::Lower),
            _ => None,
        }
    }
    #[inline(always)]
    fn from_c(value: c_int) -> Option<Uplo> {
        match value {
            121 => Some(Uplo::Upper),
            122 => Some(Uplo::Lower),
            _ => None,
        }
    }
    fn letter(self) -> char {
        if self == Uplo::Upper { 'U' } else { 'L' }
    }
}

impl Meaning for Diag {
    const NAME: &'static str = "Diag";
    #[inline(always)]
    fn from_letter(letter: u8) -> Option<Diag> {
        match letter {
            b'N' => Some(Diag::NonUnit),
            b'U' => Some(Diag::Unit),
            _ => None,
        }
    }
    #[inline(always)]
    fn from_c(value: c_int) -> Option<Diag> {
        match value {
            131 => Some(Diag::NonUnit),
            132 => Some(Diag::Unit),
            _ => None,
        }
    }
    fn letter(self) -> char {
        if self == Diag::Unit { 'U' } else { 'N' }
    }
}

impl Meaning for Side {
    const NAME: &'static str = "Side";
    #[inline(always)]
    fn from_letter(letter: u8) -> Option<Side> {
        match letter {
            b'L' => Some(Side::Left),
            b'R' => Some(Side::Right),
            _ => None,
        }
    }
    #[inline(always)]
    fn from_c(value: c_int) -> Option<Side> {
        match value {
            141 => Some(Side::Left),
            142 => Some(Side::Right),
            _ => None,
        }
    }
    fn letter(self) -> char {
        if self == Side::Left { 'L' } else { 'R' }
    }
}

/// `trans` for elements of type `T`: without imaginary parts there is nothing to conjugate.
#[inline(always)]
pub fn of_type<T: Scalar>(trans: Trans) -> Trans {
    match trans {
        Trans::Conj if !T::IS_COMPLEX => Trans::Yes,
        Trans::ConjNo if !T::IS_COMPLEX => Trans::No,
        _ => trans,
    }
}

/// A flag argument: its meaning, if it has one.
#[derive(Clone, Copy, Debug)]
pub struct Flag<M> {
    meaning: Option<M>,
    passed: c_int,
}

impl<M: Meaning> Flag<M> {
    /// A flag that means `meaning`.
    #[inline(always)]
    pub fn new(meaning: M, passed: c_int) -> Flag<M> {
        Flag { meaning: Some(meaning), passed }
    }

    /// From Fortran's letter, of either case.
    #[inline(always)]
    pub fn from_letter(letter: u8) -> Flag<M> {
        Flag { meaning: M::from_letter(letter.to_ascii_uppercase()), passed: letter.into() }
    }

    /// From C's enum value.
    #[inline(always)]
    pub fn from_c(value: c_int) -> Flag<M> {
        Flag { meaning: M::from_c(value), passed: value }
    }

    /// The flag with another meaning, if it has one.
    #[inline(always)]
    pub fn map(self, change: impl FnOnce(M) -> M) -> Flag<M> {
        Flag { meaning: self.meaning.map(change), passed: self.passed }
    }

    /// The meaning, or an error with the parameter's number.
    #[inline(always)]
    pub fn get(self, number: u8) -> Result<M, Bad> {
        self.meaning.ok_or(self.illegal(number))
    }

    /// The error that this parameter is illegal.
    #[inline(always)]
    pub fn illegal(self, number: u8) -> Bad {
        Bad { number, fault: Fault::Flag(M::NAME, self.passed) }
    }

    /// What the trace shows.
    pub fn shown(&self) -> Shown {
        Shown::Letter(self.meaning.map_or('?', M::letter))
    }
}
