//! The C and Fortran interface: every exported symbol, and the only place that knows C types.
//!
//! A call comes in at a function that a table row made (`blas1.rs`, `blas2.rs`, `blas3.rs`, `extra.rs`; the
//! macro is in `table.rs`). The function reads its arguments (`args.rs`, `flags.rs`) and calls a shim, one
//! generic function for all element types and both languages. The shim checks exactly what the reference checks,
//! in the same order, builds views (row-major storage is column-major storage with the strides swapped) and
//! calls the operation in `level1`, `level2` or `level3`. What it refuses goes to `xerbla.rs`.
//!
//! Adding a routine is a shim and a table row. Nothing below may call anything here.
//!
//! Rust programs can call the functions too, but have the views of [`crate::level3`] and its siblings.

pub mod args;
pub mod blas1;
pub mod blas2;
pub mod blas3;
pub mod control;
pub mod extra;
pub mod flags;
pub mod helpers;
mod line;
pub mod quant;
pub mod results;
mod table;
pub(crate) mod trace;
pub mod xerbla;
