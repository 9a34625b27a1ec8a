//! Products in low precision, on the engine that multiplies everything else: bytes exactly, bf16 and half precision
//! with sums in `f32`, 16-bit integers exactly.
//!
//! ```text
//!   C, Fortran: interface/lowp.rs            Rust: bytes, words, halves
//!        |                                      |
//!   operand.rs   a matrix of small numbers, or one packed beforehand ([`packed`])
//!   task.rs      which of the two is A for the engine, and whether B is multiplied where it lies
//!   side.rs      how the numbers of one side become panels of dot products
//!   bytes.rs     bytes -> dots.rs: kernel::dot
//!   reals.rs     bf16, and what may be rounded to it -> dots.rs; others, and bf16 on AVX-512 without instructions for
//!                it -> f32 tiles
//!   words.rs     16-bit integers -> f64 tiles: exact
//!   skinny.rs    ... or, for few rows or columns of C and a large operand, straight from memory: kernel::dot::skinny
//!   single.rs    ... or, for one, where that does not serve: a small operand, or one without adjacent numbers
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
//! | bf16 | `f32` | no: by `vdpbf16ps` (which takes numbers below 2^-126 as 0), or widened, which is exact |
//! | f16, `f32`, different ones of these | `f32` | no: after conversion to `f32`, which is exact |
//! | the same with [`Precision::FastBf16`] | `f32` | no: rounded to bf16 first, where that is faster |
//!
//! The error of a real sum is at most `(k + 2) 2^-23` times the sum of the absolute values of its terms.
//!
//! Bytes are multiplied as unsigned times signed ones. Whichever way an operand is stored, its bytes have their
//! highest bit turned while they are packed if they are not as needed, and a row's or column's sum of bytes makes
//! up for that, as for the offsets: `sum (a + x)(b + y) = sum a b + y sum a + x sum b + k x y`. A large B that is
//! multiplied where it lies stays as it is, and A becomes what B is not.
//!
//! Called by `interface`; calls `engine` and `kernel`.

mod bytes;
mod dots;
mod epilogue;
mod finish;
mod integer;
mod operand;
pub mod packed;
mod reals;
mod round;
mod side;
mod single;
mod skinny;
mod sums;
mod task;
mod vectors;
mod words;

pub use bytes::{bytes, bytes_into};
pub use epilogue::{Activation, Element, Epilogue, Out, Per, Precision, Requantise};
pub use integer::Integer;
pub use operand::{Kind, Number, Operand};
pub use packed::{PackedError, Role};
pub use reals::{Packable, halves, halves_into, reals_packed};
pub use task::OutOfMemory;
pub use vectors::{ConvertTo, convert, dot, gemv};
pub use words::words;

#[cfg(test)]
mod tests;
