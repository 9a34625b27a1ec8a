//! zenblas: a drop-in BLAS for AMD Zen 5, for any other x86-64 with AVX-512 or AVX2, and for every CPU.
//!
//! This page is the map. A call comes in at the top and goes down, never up:
//!
//! ```text
//!   C, Fortran                                  Rust
//!       |                                         |
//!   interface   names, argument checks, views     |      the only place that knows C types
//!       |                                         |
//!   level1   level2   level3   lowp   quant   <---+      the operations, generic over the four types; lowp:
//!       |       |        |      |      |                 int8, bf16, f16; quant: ggml's block formats
//!       |       |        engine---------                 packing, cache blocks, threads: five loops
//!       |       |          |
//!       |       |        kernel                          micro-kernels, and the table ISA x type
//!       |       |        |
//!     simd  (vectors of an ISA)    platform  (CPU, topology, thread teams, memory)
//!       |                             |
//!     scalar, view  (f32 f64 c32 c64; pointer + strides)     knobs  (environment variables)
//! ```
//!
//! Take `cblas_dgemm`. [`interface`] checks the arguments as the reference does and makes views of the
//! memory: row-major, transposed and conjugated operands are strides and a flag from here on.
//! [`level3::gemm`] returns early where there is nothing to do, hands what is tiny to the kernel at once
//! ([`engine::tiny`]) and a matrix and a vector to level 2, goes straight from memory where the operands are near ([`engine::small`]) or C is a few
//! columns or rows, up to some dozens ([`engine::skinny`], [`engine::streamed`]), and else packs and blocks
//! ([`engine::loops`]: start reading there) on as many threads as pay ([`engine::plan`]). The innermost step is one tile of C in registers ([`kernel::tile`]), written once
//! over type and ISA.
//!
//! | question | file |
//! |---|---|
//! | where is symbol `dtrsm_`? | `interface/blas3.rs` (grep finds every name spelled in full) |
//! | what does an argument error do? | `interface/args.rs`, `interface/xerbla.rs` |
//! | how is an operation computed? | `level1/`, `level2/`, `level3/`: the maths stands first in each file |
//! | int8, bf16, f16, operands packed beforehand? | [`lowp`], `interface/lowp.rs`, `interface/layer.rs` |
//! | which tile sizes, which kernels? | [`kernel`], one table |
//! | what is in a Q4_K block, how is it multiplied? | [`quant`] |
//! | which cache blocks? | [`engine::blocking`] |
//! | how many threads, who does what? | [`engine::plan`], [`engine::plan::cost`], [`engine::passes`] (levels 1 and 2), [`platform::threads`], [`platform::pool`] |
//! | which ISA runs? | [`platform::cpu`], [`simd`] |
//! | which environment variables? | [`knobs`] |
//! | how does llama.cpp get at quantised products? | the crate in `ggml/`, a library of its own |
//!
//! A new ISA is a file in `simd/` and rows in the kernel table; a new routine is the operation, a shim and a
//! table row in `interface/`, a line in a header and one in `tests/symbols/`.
//!
//! # From Rust
//!
//! ```
//! use zenblas::level3::gemm;
//! use zenblas::view::{MatMut, MatRef};
//!
//! let (a, b, mut c) = ([1.0f64, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [0.0; 4]);
//! // SAFETY: 2 x 2 row-major matrices, each in an array of its own.
//! unsafe {
//!     let row_major = |x: &[f64; 4]| MatRef::new(x.as_ptr(), 2, 2, 2, 1);
//!     gemm(1.0, row_major(&a), row_major(&b), 0.0, MatMut::new(c.as_mut_ptr(), 2, 2, 2, 1));
//! }
//! assert_eq!(c, [19.0, 22.0, 43.0, 50.0]);
//! ```

pub mod engine;
pub mod interface;
pub mod kernel;
pub mod knobs;
pub mod level1;
pub mod level2;
pub mod level3;
pub mod lowp;
pub mod platform;
pub mod quant;
pub mod scalar;
pub mod simd;
pub mod view;

#[cfg(test)]
mod testing;
