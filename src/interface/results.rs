//! What shims return, and what Fortran and C get of it. [`ret`] has one type for each kind of result; the
//! tables name them.

use super::args::{Bad, blasint};
use super::xerbla;
use crate::scalar::Scalar;

/// A kind of result.
pub trait Outcome {
    /// What the shim returns.
    type Shim;
    /// What the Fortran routine returns.
    type Fortran;
    /// What the C routine returns.
    type C;
    /// The result for Fortran; `symbol` is the routine's name.
    fn fortran(result: Self::Shim, symbol: &'static str) -> Self::Fortran;
    /// The result for C.
    fn c(result: Self::Shim, symbol: &'static str) -> Self::C;
}

/// The kinds of results. `T` is the element type of the routine.
pub mod ret {
    use core::marker::PhantomData;

    /// None.
    pub struct Nothing<T>(PhantomData<T>);
    /// None, but arguments may be refused. C's positions are those of Fortran.
    pub struct Checked<T>(PhantomData<T>);
    /// An element.
    pub struct Value<T>(PhantomData<T>);
    /// A number of the element's real type.
    pub struct RealValue<T>(PhantomData<T>);
    /// A double, whatever the element type.
    pub struct Double<T>(PhantomData<T>);
    /// A number in single precision, whatever the element type.
    pub struct Single<T>(PhantomData<T>);
    /// A number of bytes; 0 where arguments are refused.
    pub struct ByteCount<T>(PhantomData<T>);
    /// A place in a vector: Fortran counts from 1 and has 0 for none, C counts from 0.
    pub struct Index<T>(PhantomData<T>);
}

/// Results that both languages return as they are, of routines whose type is as bound.
macro_rules! unchanged {
    ($bound:ident; $($kind:ident: $result:ty),+) => {$(
        impl<T: $bound> Outcome for ret::$kind<T> {
            type Shim = $result;
            type Fortran = $result;
            type C = $result;
            #[inline(always)]
            fn fortran(result: $result, _symbol: &'static str) -> $result {
                result
            }
            #[inline(always)]
            fn c(result: $result, _symbol: &'static str) -> $result {
                result
            }
        }
    )+};
}

unchanged!(Scalar; Value: T, RealValue: T::Real, Double: f64);
unchanged!(Sized; Nothing: (), Single: f32);

impl<T> Outcome for ret::ByteCount<T> {
    type Shim = Result<usize, Bad>;
    type Fortran = usize;
    type C = usize;
    #[inline(always)]
    fn fortran(result: Self::Shim, symbol: &'static str) -> usize {
        result.unwrap_or_else(|bad| {
            xerbla::from_fortran(symbol, bad);
            0
        })
    }
    #[inline(always)]
    fn c(result: Self::Shim, symbol: &'static str) -> usize {
        result.unwrap_or_else(|bad| {
            xerbla::from_c(symbol, bad);
            0
        })
    }
}

impl<T> Outcome for ret::Checked<T> {
    type Shim = Result<(), Bad>;
    type Fortran = ();
    type C = ();
    #[inline(always)]
    fn fortran(result: Self::Shim, symbol: &'static str) {
        if let Err(bad) = result {
            xerbla::from_fortran(symbol, bad);
        }
    }
    #[inline(always)]
    fn c(result: Self::Shim, symbol: &'static str) {
        if let Err(bad) = result {
            xerbla::from_c(symbol, bad);
        }
    }
}

impl<T> Outcome for ret::Index<T> {
    type Shim = Option<usize>;
    type Fortran = blasint;
    type C = usize;
    #[inline(always)]
    fn fortran(result: Option<usize>, _symbol: &'static str) -> blasint {
        result.map_or(0, |i| i as blasint + 1)
    }
    #[inline(always)]
    fn c(result: Option<usize>, _symbol: &'static str) -> usize {
        result.unwrap_or(0)
    }
}
