//! Operands: a matrix of small numbers, or one that was packed beforehand.
//!
//! A is seen as m x k, B transposed as n x k, so that both are treated alike.

use super::packed::Role;
use crate::engine::operand::{Converted, Operand as Elements};
use crate::engine::panels::Panels;
use crate::kernel::convert::Stored;
use crate::scalar::Scalar;
use crate::view::MatRef;
use core::marker::PhantomData;
use half::{bf16, f16};

/// Types of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// Signed bytes.
    S8 = 1,
    /// Unsigned bytes.
    U8 = 2,
    /// Signed 16-bit integers.
    S16 = 3,
    /// bf16: the upper half of an `f32`.
    Bf16 = 4,
    /// Half precision.
    F16 = 5,
    /// Single precision.
    F32 = 6,
    /// Double precision.
    F64 = 7,
}

impl Kind {
    /// Every type.
    pub const ALL: [Kind; 7] = [Kind::S8, Kind::U8, Kind::S16, Kind::Bf16, Kind::F16, Kind::F32, Kind::F64];

    /// Bytes of a number.
    pub const fn size(self) -> usize {
        match self {
            Kind::S8 | Kind::U8 => 1,
            Kind::S16 | Kind::Bf16 | Kind::F16 => 2,
            Kind::F32 => 4,
            Kind::F64 => 8,
        }
    }

    /// Name.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::S8 => "s8",
            Kind::U8 => "u8",
            Kind::S16 => "s16",
            Kind::Bf16 => "bf16",
            Kind::F16 => "f16",
            Kind::F32 => "f32",
            Kind::F64 => "f64",
        }
    }
}

/// A type of numbers that operands have.
pub trait Number: Copy + Send + Sync + 'static {
    /// Which one.
    const KIND: Kind;
}

macro_rules! number {
    ($($type:ty: $kind:ident),+) => {$(
        impl Number for $type {
            const KIND: Kind = Kind::$kind;
        }
    )+};
}

number!(i8: S8, u8: U8, i16: S16, bf16: Bf16, f16: F16, f32: F32, f64: F64);

/// An operand.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a> {
    /// Type of its numbers.
    pub kind: Kind,
    /// Rows of A, columns of B.
    pub count: usize,
    /// Terms of each sum.
    pub k: usize,
    pub(super) place: Place<'a>,
}

/// Where an operand is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// In memory of the caller's: number (i, p) at `from + i i_stride + p k_stride`, strides in numbers.
    Matrix { from: *const u8, i_stride: isize, k_stride: isize, life: PhantomData<&'a u8> },
    /// Packed, for this side of the engine's product.
    Packed(Role, Panels<'a>),
}

// SAFETY: memory that is only read.
unsafe impl Sync for Operand<'_> {}

impl<'a> Operand<'a> {
    /// The operand whose row `i` (of A; column of B) is row `i` of `mat`.
    pub fn new<E: Number>(mat: MatRef<'a, E>) -> Self {
        let from = mat.as_ptr().cast();
        let (i_stride, k_stride) = (mat.row_stride(), mat.col_stride());
        let place = Place::Matrix { from, i_stride, k_stride, life: PhantomData };
        Operand { kind: E::KIND, count: mat.rows(), k: mat.cols(), place }
    }

    /// The operand whose number (i, p) is at `from + i i_stride + p k_stride`, strides in numbers.
    ///
    /// # Safety
    /// For the lifetime `count` by `k` numbers of type `kind` must be readable there.
    pub unsafe fn from_raw(
        kind: Kind,
        from: *const u8,
        (count, k): (usize, usize),
        (i_stride, k_stride): (isize, isize),
    ) -> Self {
        Operand { kind, count, k, place: Place::Matrix { from, i_stride, k_stride, life: PhantomData } }
    }

    /// The side that it is packed for, if it is.
    pub fn role(&self) -> Option<Role> {
        match self.place {
            Place::Packed(role, _) => Some(role),
            Place::Matrix { .. } => None,
        }
    }

    /// The panels, if it is packed.
    pub(super) fn panels(&self) -> Option<&Panels<'a>> {
        match &self.place {
            Place::Packed(_, panels) => Some(panels),
            Place::Matrix { .. } => None,
        }
    }

    /// The matrix of numbers of type `E`, which its own are, if it is not packed.
    pub(super) fn matrix<E: Number>(&self) -> Option<MatRef<'a, E>> {
        debug_assert!(self.kind == E::KIND);
        match self.place {
            Place::Matrix { from, i_stride, k_stride, .. } => {
                // SAFETY: the matrix that `new` or `from_raw` was given.
                Some(unsafe { MatRef::new(from.cast(), self.count, self.k, i_stride, k_stride) })
            }
            Place::Packed(..) => None,
        }
    }
}

/// An operand whose numbers stand for `f32`.
pub(super) fn singles<'a>(operand: &Operand<'a>) -> Elements<'a, f32> {
    match operand.kind {
        Kind::F16 => elements::<f16, f32>(operand, 0.0),
        Kind::Bf16 => elements::<bf16, f32>(operand, 0.0),
        _ => dense_elements(operand),
    }
}

/// An operand whose numbers, `offset` added to each, stand for `f64`.
pub(super) fn doubles<'a>(operand: &Operand<'a>, offset: f64) -> Elements<'a, f64> {
    match operand.kind {
        Kind::S16 => elements::<i16, f64>(operand, offset),
        _ => dense_elements(operand),
    }
}

fn elements<'a, E: Number + Stored<T>, T: Scalar>(operand: &Operand<'a>, offset: T) -> Elements<'a, T> {
    let converted = |mat| Elements::Converted(Converted::new(mat, offset));
    operand.matrix::<E>().map_or_else(|| packed_elements(operand), converted)
}

pub(super) fn dense_elements<'a, T: Scalar + Number>(operand: &Operand<'a>) -> Elements<'a, T> {
    operand.matrix::<T>().map_or_else(|| packed_elements(operand), Elements::Dense)
}

fn packed_elements<'a, T>(operand: &Operand<'a>) -> Elements<'a, T> {
    Elements::Packed(*operand.panels().expect("an operand is a matrix or packed"))
}
