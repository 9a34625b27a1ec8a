//! Operands as the packers see them: an i x k matrix, dense or given by one triangle, of elements or of smaller
//! numbers that stand for them; or packed beforehand.
//!
//! A is seen as m x k, B transposed as n x k, so that both are packed by the same code.

use super::panels::Panels;
use crate::kernel::convert::{self, Rows, Stored};
use crate::kernel::panel::Panel;
use crate::scalar::Scalar;
use crate::simd::Level;
use crate::view::{MatRef, SymRef, Symmetry, Uplo};
use core::marker::PhantomData;
use core::ops::Range;

/// An operand of a product.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'a, T> {
    /// Every element is stored.
    Dense(MatRef<'a, T>),
    /// One triangle is stored.
    Symmetric(SymRef<'a, T>),
    /// Two matrices of as many rows, the depths of the second behind those of the first.
    Joined([MatRef<'a, T>; 2]),
    /// Every element is stored as a number of a smaller type.
    Converted(Converted<'a, T>),
    /// Packed beforehand, in panels that the kernels in use read.
    Packed(Panels<'a>),
}

/// A matrix of numbers that stand for elements of type `T`.
#[derive(Clone, Copy, Debug)]
pub struct Converted<'a, T> {
    from: *const u8,
    /// Bytes of a number.
    size: isize,
    i_stride: isize,
    k_stride: isize,
    offset: T,
    pack: unsafe fn(Level, &Panel<T>, T),
    rows: unsafe fn(Level, &Rows<T>, T),
    get: unsafe fn(*const u8, T) -> T,
    life: PhantomData<&'a T>,
}

impl<'a, T: Scalar> Converted<'a, T> {
    /// The matrix `mat` with `offset` added to each number.
    pub fn new<E: Stored<T>>(mat: MatRef<'a, E>, offset: T) -> Self {
        Converted {
            from: mat.as_ptr().cast(),
            size: size_of::<E>() as isize,
            i_stride: mat.row_stride(),
            k_stride: mat.col_stride(),
            offset,
            pack: convert::pack::<E, T>,
            rows: convert::rows::<E, T>,
            // SAFETY: whoever calls this has a number of the matrix there.
            get: |number, offset| unsafe { (*number.cast::<E>()).widen(offset) },
            life: PhantomData,
        }
    }

    /// Whether the numbers of a row lie one behind the other.
    pub fn is_adjacent_along_k(&self) -> bool {
        self.k_stride == 1
    }

    /// How many numbers take the space of an element.
    pub fn ratio(&self) -> usize {
        size_of::<T>() / self.size as usize
    }

    /// Where row `i` at depth `k` lies, and elements to the next row, in units of the elements that numbers stand for:
    /// roughly, to be fetched.
    pub fn place(&self, i: usize, k: usize) -> (*const T, isize) {
        (self.at(i, k).cast(), self.i_stride * self.size / size_of::<T>() as isize)
    }

    /// Converts `rows` at depths `k` to `to`, row after row.
    ///
    /// # Safety
    /// Numbers are adjacent along k; the CPU has ISA `level`; `to` has room for the elements.
    pub unsafe fn convert_rows(&self, level: Level, rows: &Range<usize>, k: &Range<usize>, to: *mut T) {
        debug_assert!(self.is_adjacent_along_k());
        let from = self.at(rows.start, k.start).cast();
        let rows = Rows { from, stride: self.i_stride, rows: rows.len(), k: k.len(), to };
        // SAFETY: the numbers lie inside the matrix; the caller vouches for the rest.
        unsafe { (self.rows)(level, &rows, self.offset) }
    }

    fn at(&self, i: usize, k: usize) -> *const u8 {
        self.from.wrapping_offset((i as isize * self.i_stride + k as isize * self.k_stride) * self.size)
    }
}

/// A packing kernel of `kernel::KernelSet`, and the width of its panels.
#[derive(Clone, Copy, Debug)]
pub struct Packer<T> {
    /// Its ISA.
    pub level: Level,
    /// The kernel.
    pub pack: unsafe fn(&Panel<T>),
    /// MR or NR.
    pub width: usize,
}

impl<T: Scalar> Operand<'_, T> {
    /// The operand unconjugated, and whether the tile kernel has to conjugate it: it does so for nothing.
    #[inline]
    pub fn split_conj(self) -> (Self, bool) {
        match self {
            Operand::Dense(mat) if mat.is_conj() => (Operand::Dense(mat.conj()), true),
            Operand::Joined(mats) if mats.iter().all(MatRef::is_conj) => {
                (Operand::Joined(mats.map(MatRef::conj)), true)
            }
            _ => (self, false),
        }
    }

    /// Element (i, k).
    pub fn get(&self, i: usize, k: usize) -> T {
        match self {
            Operand::Dense(mat) => mat.get(i, k),
            Operand::Symmetric(sym) => symmetric_element(sym, mirrored(sym), i, k),
            Operand::Joined([first, second]) => match k.checked_sub(first.cols()) {
                None => first.get(i, k),
                Some(k) => second.get(i, k),
            },
            // SAFETY: number (i, k) of the matrix.
            Operand::Converted(mat) => unsafe { (mat.get)(mat.at(i, k), mat.offset) },
            // SAFETY: element (i, k) of the panels.
            Operand::Packed(panels) => unsafe { *panels.element(i, k, size_of::<T>()).cast() },
        }
    }

    /// The panels, if it is packed.
    #[inline]
    pub fn panels(&self) -> Option<&Panels<'_>> {
        match self {
            Operand::Packed(panels) => Some(panels),
            _ => None,
        }
    }

    /// Packs `rows` (at most the packer's width) at depths `k` into one panel.
    ///
    /// # Safety
    /// The CPU has the packer's ISA; `to` has room for `k.len() * width` elements.
    pub unsafe fn pack(&self, packer: Packer<T>, rows: Range<usize>, k: Range<usize>, to: *mut T) {
        match self {
            // SAFETY: the caller vouches for `to`.
            Operand::Dense(mat) => unsafe { pack_dense(packer, *mat, rows, k, to) },
            // SAFETY: the caller vouches for `to`.
            Operand::Symmetric(sym) => unsafe { pack_symmetric(packer, sym, rows, k, to) },
            // SAFETY: the two parts fill the panel one after the other; the caller vouches for its room.
            Operand::Joined([first, second]) => unsafe {
                let seam = first.cols().clamp(k.start, k.end);
                if k.start < seam {
                    pack_dense(packer, *first, rows.clone(), k.start..seam, to);
                }
                if seam < k.end {
                    let to = to.add((seam - k.start) * packer.width);
                    pack_dense(packer, *second, rows, seam - first.cols()..k.end - first.cols(), to);
                }
            },
            // SAFETY: the block lies inside the matrix; the caller vouches for `to`.
            Operand::Converted(mat) => unsafe {
                let panel = Panel {
                    from: mat.at(rows.start, k.start).cast(),
                    i_stride: mat.i_stride,
                    k_stride: mat.k_stride,
                    width: rows.len(),
                    k: k.len(),
                    to,
                    padded: packer.width,
                    conj: false,
                };
                (mat.pack)(packer.level, &panel, mat.offset);
            },
            // SAFETY: a panel of `k.len() * width` elements; the caller vouches for `to`.
            Operand::Packed(panels) => unsafe {
                let elements = k.len() * packer.width;
                panels.at(rows.start, &k).cast::<T>().copy_to_nonoverlapping(to, elements);
            },
        }
    }
}

/// # Safety
/// As for [`Operand::pack`].
unsafe fn pack_dense<T: Scalar>(
    packer: Packer<T>,
    mat: MatRef<T>,
    rows: Range<usize>,
    k: Range<usize>,
    to: *mut T,
) {
    // SAFETY: the block lies inside the view; the caller vouches for `to`.
    unsafe {
        (packer.pack)(&Panel {
            from: mat.at(rows.start, k.start),
            i_stride: mat.row_stride(),
            k_stride: mat.col_stride(),
            width: rows.len(),
            k: k.len(),
            to,
            padded: packer.width,
            conj: mat.is_conj(),
        })
    }
}

/// Beside the diagonal a panel is dense, taken from the stored triangle or mirrored; across it, element by
/// element.
///
/// # Safety
/// As for [`Operand::pack`].
unsafe fn pack_symmetric<T: Scalar>(
    packer: Packer<T>,
    sym: &SymRef<T>,
    rows: Range<usize>,
    k: Range<usize>,
    to: *mut T,
) {
    let mirrored = mirrored(sym);
    // Depths before the diagonal crosses these rows, across it, and behind it.
    let cross_from = rows.start.clamp(k.start, k.end);
    let cross_to = rows.end.clamp(k.start, k.end);
    let (before, behind) = match sym.uplo {
        Uplo::Lower => (sym.mat, mirrored),
        Uplo::Upper => (mirrored, sym.mat),
    };
    let place = |p: usize| to.wrapping_add((p - k.start) * packer.width);
    // SAFETY: the three parts fill the panel one after another; the caller vouches for its room.
    unsafe {
        if cross_from > k.start {
            pack_dense(packer, before, rows.clone(), k.start..cross_from, to);
        }
        for p in cross_from..cross_to {
            // Depth p is behind the rows above the diagonal, and before those below it.
            let (column, diagonal) = (place(p), p - rows.start);
            for i in 0..diagonal {
                *column.add(i) = behind.get(rows.start + i, p);
            }
            *column.add(diagonal) = symmetric_element(sym, mirrored, p, p);
            for i in diagonal + 1..rows.len() {
                *column.add(i) = before.get(rows.start + i, p);
            }
            for i in rows.len()..packer.width {
                *column.add(i) = T::ZERO;
            }
        }
        if cross_to < k.end {
            pack_dense(packer, behind, rows.clone(), cross_to..k.end, place(cross_to));
        }
    }
}

/// The view in which the triangle that is not stored is found.
fn mirrored<'a, T: Scalar>(sym: &SymRef<'a, T>) -> MatRef<'a, T> {
    if sym.symmetry == Symmetry::Hermitian { sym.mat.t().conj() } else { sym.mat.t() }
}

fn symmetric_element<T: Scalar>(sym: &SymRef<T>, mirrored: MatRef<T>, i: usize, j: usize) -> T {
    let stored = match sym.uplo {
        Uplo::Upper => i <= j,
        Uplo::Lower => i >= j,
    };
    let x = if stored { sym.mat.get(i, j) } else { mirrored.get(i, j) };
    if i == j && sym.symmetry == Symmetry::Hermitian { T::from_real(x.re()) } else { x }
}
