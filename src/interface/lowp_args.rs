//! The arguments that only routines in low precision have, and what the types in their names stand for.
//!
//! A routine's "type" in the tables of `lowp.rs` is a [`Family`]: which numbers A and B are of.

use super::args::{Argument, Shown, address, flag};
use super::flags::{Flag, Layout, Meaning};
use crate::lowp::{Kind, Role};
use core::ffi::{c_int, c_void};
use core::marker::PhantomData;
use half::{bf16, f16};

/// Which numbers the operands of a routine are of.
pub trait Family: 'static {
    /// The offset that is added to each number.
    type Zero: Copy + Into<i32>;
    /// The types of A and B.
    fn kinds(layout: Layout) -> [Kind; 2];
}

/// A of signed and B of unsigned bytes where storage is by columns. By rows A is unsigned and B signed, as in MKL:
/// the row-major call is the transposed product.
#[derive(Clone, Copy, Debug)]
pub enum S8U8 {}
/// Both of signed bytes.
#[derive(Clone, Copy, Debug)]
pub enum S8S8 {}

impl Family for S8U8 {
    type Zero = i8;
    fn kinds(layout: Layout) -> [Kind; 2] {
        if layout.by_rows() { [Kind::U8, Kind::S8] } else { [Kind::S8, Kind::U8] }
    }
}

/// Families whose operands are of one type.
macro_rules! family {
    ($($name:ty: $kind:ident, $zero:ty);+) => {$(
        impl Family for $name {
            type Zero = $zero;
            fn kinds(_: Layout) -> [Kind; 2] {
                [Kind::$kind; 2]
            }
        }
    )+};
}

family!(S8S8: S8, i8; i16: S16, i16; bf16: Bf16, i8; f16: F16, i8; f32: F32, i8; f64: F64, i8);

/// How an operand is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// As it is.
    Plain,
    /// Transposed.
    Transposed,
    /// Packed: only for routines that compute with packed operands.
    Packed,
}

impl Meaning for Storage {
    const NAME: &'static str = "Trans";
    fn from_letter(letter: u8) -> Option<Storage> {
        match letter {
            b'N' => Some(Storage::Plain),
            b'T' | b'C' => Some(Storage::Transposed),
            b'P' => Some(Storage::Packed),
            _ => None,
        }
    }
    fn from_c(value: c_int) -> Option<Storage> {
        match value {
            111 | 114 => Some(Storage::Plain),
            112 | 113 => Some(Storage::Transposed),
            151 => Some(Storage::Packed),
            _ => None,
        }
    }
    fn letter(self) -> char {
        match self {
            Storage::Plain => 'N',
            Storage::Transposed => 'T',
            Storage::Packed => 'P',
        }
    }
}

/// Which operand is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identifier {
    /// A.
    A,
    /// B.
    B,
}

impl Identifier {
    /// The side of the engine's product that the operand is on.
    pub fn role(self, layout: Layout) -> Role {
        if (self == Identifier::A) != layout.by_rows() { Role::Rows } else { Role::Columns }
    }
}

impl Meaning for Identifier {
    const NAME: &'static str = "identifier";
    fn from_letter(letter: u8) -> Option<Identifier> {
        match letter {
            b'A' => Some(Identifier::A),
            b'B' => Some(Identifier::B),
            _ => None,
        }
    }
    fn from_c(value: c_int) -> Option<Identifier> {
        match value {
            161 => Some(Identifier::A),
            162 => Some(Identifier::B),
            _ => None,
        }
    }
    fn letter(self) -> char {
        if self == Identifier::A { 'A' } else { 'B' }
    }
}

/// What the offset of C is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetShape {
    /// A row: each row of C gets it.
    Row,
    /// A column.
    Column,
    /// One number.
    Fixed,
}

impl Meaning for OffsetShape {
    const NAME: &'static str = "offsetc";
    fn from_letter(letter: u8) -> Option<OffsetShape> {
        match letter {
            b'R' => Some(OffsetShape::Row),
            b'C' => Some(OffsetShape::Column),
            b'F' => Some(OffsetShape::Fixed),
            _ => None,
        }
    }
    fn from_c(value: c_int) -> Option<OffsetShape> {
        match value {
            171 => Some(OffsetShape::Row),
            172 => Some(OffsetShape::Column),
            173 => Some(OffsetShape::Fixed),
            _ => None,
        }
    }
    fn letter(self) -> char {
        match self {
            OffsetShape::Row => 'R',
            OffsetShape::Column => 'C',
            OffsetShape::Fixed => 'F',
        }
    }
}

/// Numbers of a family, to read.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<F> {
    /// Where they are.
    pub first: *const u8,
    of: PhantomData<F>,
}

/// A choice between the operands of a family's routine.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<F> {
    /// Which.
    pub identifier: Flag<Identifier>,
    of: PhantomData<F>,
}

/// The kinds of arguments, those of `args.rs` too. `T` is the family.
pub mod kind {
    pub use crate::interface::args::kind::{In, Out, Scalar, Size, Stride};
    use core::marker::PhantomData;

    /// [`super::Storage`].
    pub struct Store<T>(PhantomData<T>);
    /// [`super::Identifier`].
    pub struct Which<T>(PhantomData<T>);
    /// [`super::OffsetShape`].
    pub struct Offset<T>(PhantomData<T>);
    /// Numbers of the family.
    pub struct Numbers<T>(PhantomData<T>);
    /// An offset of the family's numbers.
    pub struct Zero<T>(PhantomData<T>);
    /// A single-precision number by value.
    pub struct Float<T>(PhantomData<T>);
    /// A bf16 by value.
    pub struct Short<T>(PhantomData<T>);
    /// Memory for a packed operand.
    pub struct Memory<T>(PhantomData<T>);
    /// Integers to read.
    pub struct IntsIn<T>(PhantomData<T>);
    /// Integers to write.
    pub struct Ints<T>(PhantomData<T>);
    /// Single-precision numbers to read.
    pub struct SinglesIn<T>(PhantomData<T>);
    /// Single-precision numbers to write.
    pub struct Singles<T>(PhantomData<T>);
    /// Double-precision numbers to read.
    pub struct DoublesIn<T>(PhantomData<T>);
    /// Double-precision numbers to write.
    pub struct Doubles<T>(PhantomData<T>);
    /// bf16 to read.
    pub struct ShortsIn<T>(PhantomData<T>);
    /// bf16 to write.
    pub struct Shorts<T>(PhantomData<T>);
}

flag!(Store: Storage, Offset: OffsetShape);

impl<F: Copy> Argument for kind::Which<F> {
    type Fortran = *const u8;
    type C = c_int;
    type Value = Chosen<F>;
    #[inline(always)]
    unsafe fn from_fortran(passed: &*const u8) -> Chosen<F> {
        // SAFETY: the caller's promise.
        Chosen { identifier: Flag::from_letter(unsafe { **passed }), of: PhantomData }
    }
    #[inline(always)]
    fn from_c(passed: &c_int) -> Chosen<F> {
        Chosen { identifier: Flag::from_c(*passed), of: PhantomData }
    }
    fn shown(value: &Chosen<F>) -> Shown {
        value.identifier.shown()
    }
}

impl<F: Copy> Argument for kind::Numbers<F> {
    type Fortran = *const c_void;
    type C = *const c_void;
    type Value = Numbers<F>;
    #[inline(always)]
    unsafe fn from_fortran(passed: &*const c_void) -> Numbers<F> {
        Numbers { first: passed.cast(), of: PhantomData }
    }
    #[inline(always)]
    fn from_c(passed: &*const c_void) -> Numbers<F> {
        Numbers { first: passed.cast(), of: PhantomData }
    }
}

impl<F: Family> Argument for kind::Zero<F> {
    type Fortran = *const F::Zero;
    type C = F::Zero;
    type Value = i32;
    #[inline(always)]
    unsafe fn from_fortran(passed: &*const F::Zero) -> i32 {
        // SAFETY: the caller's promise.
        unsafe { **passed }.into()
    }
    #[inline(always)]
    fn from_c(passed: &F::Zero) -> i32 {
        (*passed).into()
    }
}

/// Numbers that C passes by value.
macro_rules! value {
    ($($kind:ident: $type:ty),+) => {$(
        impl<T> Argument for kind::$kind<T> {
            type Fortran = *const $type;
            type C = $type;
            type Value = $type;
            #[inline(always)]
            unsafe fn from_fortran(passed: &*const $type) -> $type {
                // SAFETY: the caller's promise.
                unsafe { **passed }
            }
            #[inline(always)]
            fn from_c(passed: &$type) -> $type {
                *passed
            }
        }
    )+};
}

value!(Float: f32, Short: bf16);

address! {
    Sized;
    Memory: *mut c_void,
    IntsIn: *const i32,
    Ints: *mut i32,
    SinglesIn: *const f32,
    Singles: *mut f32,
    DoublesIn: *const f64,
    Doubles: *mut f64,
    ShortsIn: *const bf16,
    Shorts: *mut bf16
}
