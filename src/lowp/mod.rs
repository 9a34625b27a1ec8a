//! Products in low precision, on the engine that multiplies everything else: bytes exactly, bf16 and half precision
//! with sums in `f32`, 16-bit integers exactly.
//!
//! ```text
//!   C, Fortran: interface/lowp.rs            Rust: bytes, words, halves
//!        |                                      |
//!   operand.rs   a matrix of small numbers, or one packed beforehand ([`packed`])
//!   product.rs   which arithmetic:   bytes -> kernel::dot      bf16 -> kernel::dot, where the ISA has it
//!                                    bf16, f16 -> f32 tiles    16-bit integers -> f64 tiles: exact
//!   single.rs    ... or, for one row or column of C, straight from memory
//!   finish.rs    what becomes of the sums of a tile: straight into C, or through memory of their own
//!   integer.rs   ... C <- alpha sums + beta C + offset, rounded
//!   epilogue.rs  ... scales, bias, activation, clamp, requantisation
//! ```
//!
//! # Numbers and sums
//!
//! | operands | sums | exact? |
//! |---|---|---|
//! | signed or unsigned bytes, each with an offset | `i32`, modulo 2^32 | yes, on every ISA |
//! | 16-bit integers, with offsets | `i32`, modulo 2^32 | yes |
//! | bf16 | `f32` | no: by `vdpbf16ps` (which takes numbers below 2^-126 as 0), or after conversion |
//! | f16 | `f32` | no: after conversion, which is exact |
//!
//! The error of a real sum is at most `(k + 2) 2^-23` times the sum of the absolute values of its terms.
//!
//! Bytes are multiplied as unsigned times signed ones. Whichever way an operand is stored, its bytes have their
//! highest bit turned while they are packed if they are not as needed, and a row's or column's sum of bytes makes
//! up for that, as for the offsets: `sum (a + x)(b + y) = sum a b + y sum a + x sum b + k x y`.
//!
//! Called by `interface`; calls `engine` and `kernel`.

mod epilogue;
mod finish;
mod integer;
mod operand;
pub mod packed;
mod product;
mod round;
mod single;
mod vectors;

pub use epilogue::{Activation, Element, Epilogue, Out, Per, Requantise};
pub use integer::Integer;
pub use operand::{Kind, Number, Operand};
pub use packed::{PackedError, Role};
pub use product::{OutOfMemory, Packable, bytes, bytes_into, halves, halves_into, reals_packed, words};
pub use vectors::{ConvertTo, convert, dot, gemv};

#[cfg(test)]
mod tests;
