//! The macro that turns table rows into exported functions.
//!
//! ```text
//! routines! {
//!     /// What it computes.
//!     shim(layout, n: Size, alpha: Scalar, x: In, incx: Stride) -> Checked {
//!         f32: sroutine_, cblas_sroutine;
//!         f64: droutine_, cblas_droutine;
//!     }
//! }
//! ```
//!
//! defines, for each row, the Fortran and the C function (`_` for none), whose parameters are of the kinds named
//! (`args.rs`) and the result of the kind named (`results.rs`). Both read their arguments, call
//! `shim(layout, n, alpha, x, incx)` and hand its errors to `xerbla.rs`. A routine whose list begins with
//! `layout` has the layout as a first parameter in C and is column-major in Fortran. What stands in brackets
//! behind the name of a shim, `shim[Symmetry::Hermitian](...)`, goes to the shim before all else: so one shim
//! does for routines that differ in a detail or in the operation they call.
//!
//! Each exported function asks whether calls are traced and does the work, inlined; the traced work is a function apart,
//! so that it takes nothing from the way in.
//!
//! With the feature `ilp64` the symbol of `sgemm_` is `sgemm_64_`, those of `cblas_sgemm` are `cblas_sgemm64_`
//! (OpenBLAS's) and `cblas_sgemm_64` (the reference's, MKL's).
//!
//! There is no logic here: what the functions do is in `Argument`, `Outcome` and the shims.

/// Defines exported functions from table rows; see the module's text.
macro_rules! routines {
    () => {};
    (
        #[doc = $doc:literal]
        $shim:ident ($($parameters:tt)*) $($rest:tt)*
    ) => {
        $crate::interface::table::routines! {
            #[doc = $doc]
            $shim[] ($($parameters)*) $($rest)*
        }
    };
    (
        #[doc = $doc:literal]
        $shim:ident $fixed:tt $parameters:tt -> $result:ident {
            $($type:ident: $fortran:tt, $c:tt;)+
        }
        $($rest:tt)*
    ) => {
        $(
            $crate::interface::table::fortran!(
                $fortran $doc $shim $fixed $type $parameters $result
            );
            $crate::interface::table::c!(
                $c $doc $shim $fixed $type $parameters $result
            );
        )+
        $crate::interface::table::routines! { $($rest)* }
    };
}

/// Defines one Fortran routine.
macro_rules! fortran {
    (_ $($row:tt)*) => {};

    ($name:ident $doc:literal $shim:ident [$($fixed:expr),*] $type:ident
     (layout, $($p:ident: $kind:ident),+) Checked) => {
        #[doc = $doc]
        ///
        /// # Safety
        /// The arguments must be those of the Fortran routine, and the arrays as large as it says.
        #[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
        #[cfg_attr(feature = "ilp64", unsafe(export_name = concat!(stringify!($name), "64_")))]
        pub unsafe extern "C" fn $name($($p: <kind::$kind<$type> as Argument>::Fortran),+) {
            #[inline(always)]
            unsafe extern "C" fn work($($p: <kind::$kind<$type> as Argument>::Fortran),+) {
                // SAFETY: the caller's promise.
                $(let $p = unsafe { <kind::$kind<$type> as Argument>::from_fortran(&$p) };)+
                // SAFETY: the caller's promise.
                if let Err(bad) = unsafe { $shim($($fixed,)* Layout::ByColumns, $($p),+) } {
                    xerbla::from_fortran(stringify!($name), bad);
                }
            }
            #[cold]
            #[inline(never)]
            unsafe extern "C" fn traced($($p: <kind::$kind<$type> as Argument>::Fortran),+) {
                let shown = move || {
                    let layout = Shown::Letter(Layout::ByColumns.letter());
                    // SAFETY: the caller's promise.
                    [layout, $(unsafe { <kind::$kind<$type> as Argument>::fortran_shown(&$p) }),+]
                };
                // SAFETY: the caller's promise.
                trace::call(stringify!($name), shown, move || unsafe { work($($p),+) })
            }
            // SAFETY: the caller's promise.
            unsafe { if trace::off() { work($($p),+) } else { traced($($p),+) } }
        }
    };

    ($name:ident $doc:literal $shim:ident [$($fixed:expr),*] $type:ident ($($p:ident: $kind:ident),+) $result:ident) => {
        #[doc = $doc]
        ///
        /// # Safety
        /// The arguments must be those of the Fortran routine, and the arrays as large as it says.
        #[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
        #[cfg_attr(feature = "ilp64", unsafe(export_name = concat!(stringify!($name), "64_")))]
        pub unsafe extern "C" fn $name(
            $($p: <kind::$kind<$type> as Argument>::Fortran),+
        ) -> <ret::$result<$type> as Outcome>::Fortran {
            #[inline(always)]
            unsafe extern "C" fn work(
                $($p: <kind::$kind<$type> as Argument>::Fortran),+
            ) -> <ret::$result<$type> as Outcome>::Fortran {
                // SAFETY: the caller's promise.
                $(let $p = unsafe { <kind::$kind<$type> as Argument>::from_fortran(&$p) };)+
                // SAFETY: the caller's promise.
                let result = unsafe { $shim($($fixed,)* $($p),+) };
                <ret::$result<$type> as Outcome>::fortran(result, stringify!($name))
            }
            #[cold]
            #[inline(never)]
            unsafe extern "C" fn traced(
                $($p: <kind::$kind<$type> as Argument>::Fortran),+
            ) -> <ret::$result<$type> as Outcome>::Fortran {
                // SAFETY: the caller's promise.
                let shown = move || [$(unsafe { <kind::$kind<$type> as Argument>::fortran_shown(&$p) }),+];
                // SAFETY: the caller's promise.
                trace::call(stringify!($name), shown, move || unsafe { work($($p),+) })
            }
            // SAFETY: the caller's promise.
            unsafe { if trace::off() { work($($p),+) } else { traced($($p),+) } }
        }
    };
}

/// Defines one C routine.
macro_rules! c {
    (_ $($row:tt)*) => {};

    ($name:ident $doc:literal $shim:ident [$($fixed:expr),*] $type:ident
     (layout, $($p:ident: $kind:ident),+) Checked) => {
        #[doc = $doc]
        ///
        /// # Safety
        /// The arguments must be those of the C routine, and the arrays as large as it says.
        #[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
        #[cfg_attr(feature = "ilp64", unsafe(export_name = concat!(stringify!($name), "_64")))]
        pub unsafe extern "C" fn $name(layout: c_int, $($p: <kind::$kind<$type> as Argument>::C),+) {
            #[inline(always)]
            unsafe extern "C" fn work(layout: c_int, $($p: <kind::$kind<$type> as Argument>::C),+) {
                let flag = Flag::<Layout>::from_c(layout);
                $(let $p = <kind::$kind<$type> as Argument>::from_c(&$p);)+
                // SAFETY: the caller's promise.
                let run = |layout| unsafe { $shim($($fixed,)* layout, $($p),+) };
                if let Err(bad) = flag.get(0).and_then(run) {
                    xerbla::from_c_with_layout(stringify!($name), flag, bad);
                }
            }
            #[cold]
            #[inline(never)]
            unsafe extern "C" fn traced(layout: c_int, $($p: <kind::$kind<$type> as Argument>::C),+) {
                let shown = move || {
                    let layout = Flag::<Layout>::from_c(layout).shown();
                    [layout, $(<kind::$kind<$type> as Argument>::c_shown(&$p)),+]
                };
                // SAFETY: the caller's promise.
                trace::call(stringify!($name), shown, move || unsafe { work(layout, $($p),+) })
            }
            // SAFETY: the caller's promise.
            unsafe { if trace::off() { work(layout, $($p),+) } else { traced(layout, $($p),+) } }
        }

        #[cfg(feature = "ilp64")]
        const _: () = {
            #[unsafe(export_name = concat!(stringify!($name), "64_"))]
            unsafe extern "C" fn alias(layout: c_int, $($p: <kind::$kind<$type> as Argument>::C),+) {
                // SAFETY: the caller's promise.
                unsafe { $name(layout, $($p),+) }
            }
        };
    };

    ($name:ident $doc:literal $shim:ident [$($fixed:expr),*] $type:ident ($($p:ident: $kind:ident),+) $result:ident) => {
        #[doc = $doc]
        ///
        /// # Safety
        /// The arguments must be those of the C routine, and the arrays as large as it says.
        #[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
        #[cfg_attr(feature = "ilp64", unsafe(export_name = concat!(stringify!($name), "_64")))]
        pub unsafe extern "C" fn $name(
            $($p: <kind::$kind<$type> as Argument>::C),+
        ) -> <ret::$result<$type> as Outcome>::C {
            #[inline(always)]
            unsafe extern "C" fn work(
                $($p: <kind::$kind<$type> as Argument>::C),+
            ) -> <ret::$result<$type> as Outcome>::C {
                $(let $p = <kind::$kind<$type> as Argument>::from_c(&$p);)+
                // SAFETY: the caller's promise.
                let result = unsafe { $shim($($fixed,)* $($p),+) };
                <ret::$result<$type> as Outcome>::c(result, stringify!($name))
            }
            #[cold]
            #[inline(never)]
            unsafe extern "C" fn traced(
                $($p: <kind::$kind<$type> as Argument>::C),+
            ) -> <ret::$result<$type> as Outcome>::C {
                let shown = move || [$(<kind::$kind<$type> as Argument>::c_shown(&$p)),+];
                // SAFETY: the caller's promise.
                trace::call(stringify!($name), shown, move || unsafe { work($($p),+) })
            }
            // SAFETY: the caller's promise.
            unsafe { if trace::off() { work($($p),+) } else { traced($($p),+) } }
        }

        #[cfg(feature = "ilp64")]
        const _: () = {
            #[unsafe(export_name = concat!(stringify!($name), "64_"))]
            unsafe extern "C" fn alias(
                $($p: <kind::$kind<$type> as Argument>::C),+
            ) -> <ret::$result<$type> as Outcome>::C {
                // SAFETY: the caller's promise.
                unsafe { $name($($p),+) }
            }
        };
    };
}

pub(crate) use {c, fortran, routines};

/// What tables and shims use.
pub(super) mod prelude {
    pub(crate) use super::routines;
    pub use crate::interface::args::{Argument, Bad, Factor, RealScalar, Shown, kind, refuse};
    pub use crate::interface::flags::{Flag, Layout, Meaning};
    pub use crate::interface::results::{Outcome, ret};
    pub(crate) use crate::interface::{trace, xerbla};
    pub use crate::scalar::{Scalar, c32, c64};
    pub use core::ffi::c_int;
}
