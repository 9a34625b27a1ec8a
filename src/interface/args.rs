//! Arguments as Fortran and C pass them, and what the shims get instead.
//!
//! Fortran passes the address of everything, flags as letters; C passes flags as enum values, integers and
//! real scalars by value, complex scalars by address. [`kind`] has one type for each kind of argument that
//! knows both ways and the value that comes out, so that a shim is written once for both. The tables
//! (`table.rs`) name these kinds; nothing else uses them.
//!
//! A wrong argument becomes a [`Bad`] with the parameter number of the Fortran routine, which `xerbla.rs`
//! reports.

use super::flags::{Flag, Layout, of_type};
use crate::scalar::{Scalar, c32, c64};
use crate::view::{Diag, Side, Trans, Uplo};
use core::ffi::c_int;

/// The integer of the interface: 32 bits, or 64 with the feature `ilp64`.
#[cfg(not(feature = "ilp64"))]
#[allow(non_camel_case_types)]
pub type blasint = i32;
/// The integer of the interface: 64 bits with the feature `ilp64`.
#[cfg(feature = "ilp64")]
#[allow(non_camel_case_types)]
pub type blasint = i64;

/// What is wrong with an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A size, increment or leading dimension out of range: found by the reference in its Fortran routine.
    Value,
    /// A flag that is none: the kind of flag and the value. CBLAS finds these before it calls Fortran.
    Flag(&'static str, c_int),
}

/// A wrong argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bad {
    /// The position of the argument in the Fortran routine that the reference calls, from 1; the layout,
    /// which Fortran doesn't have, is 0.
    pub number: u8,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Reports the first of `checks`, given as (is it wrong, parameter number), that is wrong.
///
/// All are computed before the one branch: they are a few comparisons, and almost never true.
#[inline(always)]
pub fn refuse<const N: usize>(checks: [(bool, u8); N]) -> Result<(), Bad> {
    const { assert!(N <= 16) };
    let (mut any, mut wrong, mut numbers) = (false, 0, 0);
    for (i, (is_wrong, number)) in checks.into_iter().enumerate() {
        any |= is_wrong;
        wrong |= u32::from(is_wrong) << i;
        numbers |= u128::from(number) << (8 * i);
    }
    if any { Err(first(wrong, numbers)) } else { Ok(()) }
}

/// The first check that is wrong, a bit for each. All is passed in registers: a list would be written to memory for
/// every call, however rarely it is read.
#[cold]
fn first(wrong: u32, numbers: u128) -> Bad {
    let number = (numbers >> (8 * wrong.trailing_zeros())) as u8;
    Bad { number, fault: Fault::Value }
}

/// What the trace shows of an argument.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    /// Nothing: pointers, scalars, strides.
    Nothing,
    /// A flag.
    Letter(char),
    /// A size.
    Number(isize),
}

/// A kind of argument. Values that are passed by value in C are handed to [`Argument::from_c`] by
/// reference, so that a scalar may become the address that the shims expect.
pub trait Argument {
    /// How Fortran passes it.
    type Fortran: Copy;
    /// How C passes it.
    type C: Copy;
    /// What the shims get.
    type Value: Copy;
    /// Reads what Fortran passed.
    ///
    /// # Safety
    /// A flag or size must be readable.
    unsafe fn from_fortran(passed: &Self::Fortran) -> Self::Value;
    /// Reads what C passed. A scalar's value is valid as long as `passed`.
    fn from_c(passed: &Self::C) -> Self::Value;
    /// What the trace shows.
    fn shown(_value: &Self::Value) -> Shown {
        Shown::Nothing
    }
    /// What the trace shows of what Fortran passed.
    ///
    /// # Safety
    /// As for [`Argument::from_fortran`].
    #[cold]
    unsafe fn fortran_shown(passed: &Self::Fortran) -> Shown {
        // SAFETY: the caller's promise.
        Self::shown(&unsafe { Self::from_fortran(passed) })
    }
    /// What the trace shows of what C passed.
    #[cold]
    fn c_shown(passed: &Self::C) -> Shown {
        Self::shown(&Self::from_c(passed))
    }
}

/// How C passes a scalar: a real one by value, a complex one by address.
pub trait CScalar: Scalar {
    /// The type in the C prototype.
    type Passed: Copy;
    /// Where the scalar is.
    fn address(passed: &Self::Passed) -> *const Self;
}

impl CScalar for f32 {
    type Passed = f32;
    #[inline(always)]
    fn address(passed: &f32) -> *const f32 {
        passed
    }
}

impl CScalar for f64 {
    type Passed = f64;
    #[inline(always)]
    fn address(passed: &f64) -> *const f64 {
        passed
    }
}

impl CScalar for c32 {
    type Passed = *const c32;
    #[inline(always)]
    fn address(passed: &*const c32) -> *const c32 {
        *passed
    }
}

impl CScalar for c64 {
    type Passed = *const c64;
    #[inline(always)]
    fn address(passed: &*const c64) -> *const c64 {
        *passed
    }
}

/// A scalar that a shim has not read yet: the reference reads none before it knows that the call does something.
pub trait Factor<T>: Copy {
    /// The scalar.
    ///
    /// # Safety
    /// It must be readable.
    unsafe fn get(self) -> T;
}

impl<T: Scalar> Factor<T> for *const T {
    #[inline(always)]
    unsafe fn get(self) -> T {
        // SAFETY: the caller's promise.
        unsafe { *self }
    }
}

/// A real scalar where the operation takes one of type `T`.
#[derive(Clone, Copy, Debug)]
pub struct RealScalar<T: Scalar>(*const T::Real);

impl<T: Scalar> RealScalar<T> {
    /// The real number itself.
    ///
    /// # Safety
    /// It must be readable.
    #[inline(always)]
    pub unsafe fn real(self) -> T::Real {
        // SAFETY: the caller's promise.
        unsafe { *self.0 }
    }
}

impl<T: Scalar> Factor<T> for RealScalar<T> {
    #[inline(always)]
    unsafe fn get(self) -> T {
        // SAFETY: the caller's promise.
        T::from_real(unsafe { *self.0 })
    }
}

/// The flags of `?gemm_batch`, one for each group.
#[derive(Clone, Copy, Debug)]
pub enum TransList {
    /// Letters.
    Fortran(*const u8),
    /// Enum values.
    C(*const c_int),
}

impl TransList {
    /// Flag `i`.
    ///
    /// # Safety
    /// The list must have more than `i` elements.
    #[inline]
    pub unsafe fn get<T: Scalar>(self, i: usize) -> Flag<Trans> {
        match self {
            // SAFETY: the caller's promise.
            TransList::Fortran(list) => unsafe { kind::Trans::<T>::from_fortran(&list.add(i)) },
            // SAFETY: the caller's promise.
            TransList::C(list) => kind::Trans::<T>::from_c(unsafe { &*list.add(i) }),
        }
    }
}

/// The kinds of arguments. `T` is the element type of the routine.
pub mod kind {
    use core::marker::PhantomData;

    /// `N`, `T`, `C`; in C also `CblasConjNoTrans`, as OpenBLAS.
    pub struct Trans<T>(PhantomData<T>);
    /// `N`, `T`, `C`, and `R` for conjugated but not transposed: the copying routines.
    pub struct CopyTrans<T>(PhantomData<T>);
    /// `U`, `L`.
    pub struct Uplo<T>(PhantomData<T>);
    /// `L`, `R`.
    pub struct Side<T>(PhantomData<T>);
    /// `N`, `U`.
    pub struct Diag<T>(PhantomData<T>);
    /// The layout where Fortran has one too.
    pub struct Order<T>(PhantomData<T>);
    /// An integer that shapes the call.
    pub struct Size<T>(PhantomData<T>);
    /// An increment or a leading dimension.
    pub struct Stride<T>(PhantomData<T>);
    /// A scalar of the routine's type; the value is its address.
    pub struct Scalar<T>(PhantomData<T>);
    /// A scalar of the real type where the operation takes one of the routine's type.
    pub struct RealScalar<T>(PhantomData<T>);
    /// An array to read.
    pub struct In<T>(PhantomData<T>);
    /// An array to write.
    pub struct Out<T>(PhantomData<T>);
    /// A real number to write.
    pub struct RealOut<T>(PhantomData<T>);
    /// An array of arrays to read.
    pub struct InList<T>(PhantomData<T>);
    /// An array of arrays to write.
    pub struct OutList<T>(PhantomData<T>);
    /// An array of integers.
    pub struct SizeList<T>(PhantomData<T>);
    /// An array of `Trans`.
    pub struct TransList<T>(PhantomData<T>);
}

impl<T: Scalar> Argument for kind::Trans<T> {
    type Fortran = *const u8;
    type C = c_int;
    type Value = Flag<Trans>;
    #[inline(always)]
    unsafe fn from_fortran(passed: &*const u8) -> Flag<Trans> {
        // SAFETY: the caller's promise.
        Flag::from_letter(unsafe { **passed }).map(of_type::<T>)
    }
    #[inline(always)]
    fn from_c(passed: &c_int) -> Flag<Trans> {
        Flag::from_c(*passed).map(of_type::<T>)
    }
    fn shown(value: &Flag<Trans>) -> Shown {
        value.shown()
    }
}

impl<T: Scalar> Argument for kind::CopyTrans<T> {
    type Fortran = *const u8;
    type C = c_int;
    type Value = Flag<Trans>;
    #[inline(always)]
    unsafe fn from_fortran(passed: &*const u8) -> Flag<Trans> {
        // SAFETY: the caller's promise.
        let letter = unsafe { **passed };
        let flag = if letter.eq_ignore_ascii_case(&b'R') {
            Flag::new(Trans::ConjNo, letter.into())
        } else {
            Flag::from_letter(letter)
        };
        flag.map(of_type::<T>)
    }
    #[inline(always)]
    fn from_c(passed: &c_int) -> Flag<Trans> {
        Flag::from_c(*passed).map(of_type::<T>)
    }
    fn shown(value: &Flag<Trans>) -> Shown {
        value.shown()
    }
}

/// Flags that mean the same for every element type.
macro_rules! flag {
    ($($kind:ident: $meaning:ty),+) => {$(
        impl<T> Argument for kind::$kind<T> {
            type Fortran = *const u8;
            type C = c_int;
            type Value = Flag<$meaning>;
            #[inline(always)]
            unsafe fn from_fortran(passed: &*const u8) -> Self::Value {
                // SAFETY: the caller's promise.
                Flag::from_letter(unsafe { **passed })
            }
            #[inline(always)]
            fn from_c(passed: &c_int) -> Self::Value {
                Flag::from_c(*passed)
            }
            fn shown(value: &Self::Value) -> Shown {
                value.shown()
            }
        }
    )+};
}

pub(super) use flag;

flag!(Uplo: Uplo, Side: Side, Diag: Diag, Order: Layout);

impl<T> Argument for kind::Size<T> {
    type Fortran = *const blasint;
    type C = blasint;
    type Value = isize;
    #[inline(always)]
    unsafe fn from_fortran(passed: &*const blasint) -> isize {
        // SAFETY: the caller's promise.
        unsafe { **passed as isize }
    }
    #[inline(always)]
    fn from_c(passed: &blasint) -> isize {
        *passed as isize
    }
    fn shown(value: &isize) -> Shown {
        Shown::Number(*value)
    }
}

impl<T> Argument for kind::Stride<T> {
    type Fortran = *const blasint;
    type C = blasint;
    type Value = isize;
    #[inline(always)]
    unsafe fn from_fortran(passed: &*const blasint) -> isize {
        // SAFETY: the caller's promise.
        unsafe { **passed as isize }
    }
    #[inline(always)]
    fn from_c(passed: &blasint) -> isize {
        *passed as isize
    }
}

impl<T: CScalar> Argument for kind::Scalar<T> {
    type Fortran = *const T;
    type C = T::Passed;
    type Value = *const T;
    #[inline(always)]
    unsafe fn from_fortran(passed: &*const T) -> *const T {
        *passed
    }
    #[inline(always)]
    fn from_c(passed: &T::Passed) -> *const T {
        T::address(passed)
    }
}

impl<T: Scalar> Argument for kind::RealScalar<T> {
    type Fortran = *const T::Real;
    type C = T::Real;
    type Value = RealScalar<T>;
    #[inline(always)]
    unsafe fn from_fortran(passed: &*const T::Real) -> RealScalar<T> {
        RealScalar(*passed)
    }
    #[inline(always)]
    fn from_c(passed: &T::Real) -> RealScalar<T> {
        RealScalar(passed)
    }
}

/// Addresses, which both languages pass alike, of routines whose type is as bound.
macro_rules! address {
    ($bound:ident; $($kind:ident: $address:ty),+) => {$(
        impl<T: $bound> Argument for kind::$kind<T> {
            type Fortran = $address;
            type C = $address;
            type Value = $address;
            #[inline(always)]
            unsafe fn from_fortran(passed: &$address) -> $address {
                *passed
            }
            #[inline(always)]
            fn from_c(passed: &$address) -> $address {
                *passed
            }
        }
    )+};
}

pub(super) use address;

address! {
    Scalar;
    In: *const T,
    Out: *mut T,
    RealOut: *mut T::Real,
    InList: *const *const T,
    OutList: *const *mut T,
    SizeList: *const blasint
}

impl<T> Argument for kind::TransList<T> {
    type Fortran = *const u8;
    type C = *const c_int;
    type Value = TransList;
    #[inline(always)]
    unsafe fn from_fortran(passed: &*const u8) -> TransList {
        TransList::Fortran(*passed)
    }
    #[inline(always)]
    fn from_c(passed: &*const c_int) -> TransList {
        TransList::C(*passed)
    }
}
