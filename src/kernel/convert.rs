//! Panels of reals from numbers of a smaller type: bf16 and half precision as `f32`, 16-bit integers as `f64`, all
//! exactly.
//!
//! Called by `engine::operand`, whose panels are those that [`super::panel`] packs; conversions by [`super::dot`], too.

use super::panel::{self, Panel};
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa, Level, dispatch, dispatch_on};
use crate::view::MatRef;
use core::fmt::Debug;
use core::marker::PhantomData;
use half::{bf16, f16};

/// A number that is stored in place of a `T`.
pub trait Stored<T: Scalar>: Copy + Debug + Send + Sync + 'static {
    /// The number plus `offset`.
    fn widen(self, offset: T) -> T;

    /// `to[i] <- from[i] + offset` for `n` numbers.
    ///
    /// # Safety
    /// They must be readable, and their places writable.
    #[inline(always)]
    unsafe fn widen_all<S: Isa>(_: S, from: *const Self, to: *mut T, n: usize, offset: T) {
        for i in 0..n {
            // SAFETY: number i and its place.
            unsafe { *to.add(i) = (*from.add(i)).widen(offset) };
        }
    }
}

impl Stored<f32> for bf16 {
    #[inline(always)]
    fn widen(self, _: f32) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }
}

/// Without branches, so that loops over it become vector code: exponent and fraction move to their places, a
/// product with 2^112 corrects the exponent and normalises small numbers, and what had the largest exponent gets
/// the largest exponent.
impl Stored<f32> for f16 {
    #[inline(always)]
    fn widen(self, _: f32) -> f32 {
        let bits = u32::from(self.to_bits());
        let magnitude = bits & 0x7fff;
        let scaled = f32::from_bits(magnitude << 13) * f32::from_bits(0x7780_0000);
        let special = if magnitude > 0x7bff { 0x7f80_0000 } else { 0 };
        f32::from_bits(scaled.to_bits() | special | (bits & 0x8000) << 16)
    }

    #[inline(always)]
    unsafe fn widen_all<S: Isa>(isa: S, from: *const Self, to: *mut f32, n: usize, _: f32) {
        // SAFETY: the caller's promise.
        unsafe {
            for i in isa.widen_halves(from, to, n)..n {
                *to.add(i) = (*from.add(i)).widen(0.0);
            }
        }
    }
}

impl Stored<f32> for f32 {
    #[inline(always)]
    fn widen(self, _: f32) -> f32 {
        self
    }
}

impl Stored<f64> for i16 {
    #[inline(always)]
    fn widen(self, offset: f64) -> f64 {
        f64::from(self) + offset
    }
}

/// Depth that is converted at a time.
const DEPTH: usize = 32;
/// Numbers from those that are converted to those that are fetched.
const AHEAD: usize = 4 * DEPTH;
/// Elements of a converted piece.
const PIECE: usize = DEPTH * 64;

/// Packs a panel as [`Panel`] says, from numbers of type `E`: `panel.from` points to them, `panel.to` to reals.
///
/// # Safety
/// The CPU has ISA `level`; the source is readable at `i < width`, `p < k`; `to` has room for `k W` elements.
pub unsafe fn pack<E: Stored<T>, T: Scalar>(level: Level, panel: &Panel<T>, offset: T) {
    let done = dispatch_on(level, Convert::<E, T> { panel, offset, of: PhantomData });
    debug_assert!(done.is_some());
}

struct Convert<'a, E, T> {
    panel: &'a Panel<T>,
    offset: T,
    of: PhantomData<E>,
}

impl<E: Stored<T>, T: Scalar> Dispatch for Convert<'_, E, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let Convert { panel, offset, .. } = self;
        let from = panel.from.cast::<E>();
        let width = panel.padded;
        debug_assert!(panel.width <= width && width <= PIECE / DEPTH);
        if panel.k_stride == 1 && panel.width > 1 {
            let mut piece = [T::ZERO; PIECE];
            for first in (0..panel.k).step_by(DEPTH) {
                let k = DEPTH.min(panel.k - first);
                for (i, row) in piece.chunks_exact_mut(DEPTH).enumerate().take(panel.width) {
                    // SAFETY: `k` numbers of row i, which the caller vouches for.
                    unsafe {
                        let from = from.offset(i as isize * panel.i_stride).add(first);
                        // Rows on pages of their own, which no prefetcher of the machine foresees.
                        isa.prefetch(from.wrapping_add(AHEAD));
                        E::widen_all(isa, from, row.as_mut_ptr(), k, offset);
                    }
                }
                let piece = Panel {
                    from: piece.as_ptr(),
                    i_stride: DEPTH as isize,
                    k_stride: 1,
                    width: panel.width,
                    k,
                    to: panel.to.wrapping_add(first * width),
                    padded: width,
                    conj: false,
                };
                // SAFETY: the piece has these elements; steps `first..` of the panel, whose ISA this is.
                unsafe { panel::pack_on(isa, &piece) };
            }
        } else {
            for p in 0..panel.k {
                // SAFETY: step p of source and panel, which the caller vouches for.
                unsafe {
                    let from = from.offset(p as isize * panel.k_stride);
                    let to = panel.to.add(p * width);
                    if panel.i_stride == 1 {
                        E::widen_all(isa, from, to, panel.width, offset);
                    } else {
                        for i in 0..panel.width {
                            *to.add(i) = (*from.offset(i as isize * panel.i_stride)).widen(offset);
                        }
                    }
                    for i in panel.width..width {
                        *to.add(i) = T::ZERO;
                    }
                }
            }
        }
    }
}

/// Rows of numbers to be converted, adjacent along k. Pointers to numbers are typed as those to elements.
#[derive(Debug)]
pub struct Rows<T> {
    /// The first number.
    pub from: *const T,
    /// Numbers from a row to the next.
    pub stride: isize,
    /// How many there are.
    pub rows: usize,
    /// Numbers of a row.
    pub k: usize,
    /// Where to write them, row after row.
    pub to: *mut T,
}

/// Converts [`Rows`] of numbers of type `E`.
///
/// # Safety
/// The CPU has ISA `level`; the rows are readable, and `to` has room for their elements.
pub unsafe fn rows<E: Stored<T>, T: Scalar>(level: Level, rows: &Rows<T>, offset: T) {
    struct Convert<'a, E, T>(&'a Rows<T>, T, PhantomData<E>);
    impl<E: Stored<T>, T: Scalar> Dispatch for Convert<'_, E, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, isa: S) {
            let Convert(&Rows { from, stride, rows, k, to }, offset, _) = self;
            for i in 0..rows {
                let from = from.cast::<E>().wrapping_offset(i as isize * stride);
                // SAFETY: the numbers of row i and their places, which the caller of `rows` vouches for.
                unsafe { E::widen_all(isa, from, to.add(i * k), k, offset) };
            }
        }
    }
    let done = dispatch_on(level, Convert::<E, T>(rows, offset, PhantomData));
    debug_assert!(done.is_some());
}

/// Converts a whole matrix to elements at `to`, in the order in which the numbers are adjacent, and returns the view.
///
/// # Safety
/// `to` has room for them and outlives the view.
pub unsafe fn whole<'a, E: Stored<T>, T: Scalar>(mat: MatRef<E>, to: *mut T) -> MatRef<'a, T> {
    struct Whole<'a, E, T>(MatRef<'a, E>, *mut T);
    impl<E: Stored<T>, T: Scalar> Dispatch for Whole<'_, E, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, isa: S) {
            let Whole(mat, to) = self;
            for j in 0..mat.cols() {
                let (from, to) = (mat.at(0, j), to.wrapping_add(j * mat.rows()));
                if mat.row_stride() == 1 {
                    // SAFETY: column j, and its place, which the caller of `whole` vouches for.
                    unsafe { E::widen_all(isa, from, to, mat.rows(), T::ZERO) };
                } else {
                    for i in 0..mat.rows() {
                        // SAFETY: as above.
                        unsafe { *to.add(i) = (*from.offset(i as isize * mat.row_stride())).widen(T::ZERO) };
                    }
                }
            }
        }
    }
    let by_rows = mat.col_stride() == 1;
    let mat = if by_rows { mat.t() } else { mat };
    dispatch(Whole(mat, to));
    // SAFETY: what was written: columns, one after the other.
    let view = unsafe { MatRef::new(to.cast_const(), mat.rows(), mat.cols(), 1, mat.rows() as isize) };
    if by_rows { view.t() } else { view }
}
