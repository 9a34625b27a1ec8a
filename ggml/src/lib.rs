//! `libzenblas_ggml.so`: quantised products for an unmodified llama.cpp, by `LD_PRELOAD`.
//!
//! The backend `libggml-blas` of ggml multiplies by quantised weights in two steps: it converts all rows of
//! the weights to f32 with `ggml_get_type_traits(type)->to_float`, into a buffer of its own, and calls
//! `cblas_sgemm` with that buffer as B. Both names are looked up across a library boundary, so this library,
//! loaded first, defines them too:
//!
//! ```text
//!   libggml-blas                     this library                            who else
//!   ------------                     ------------                            --------
//!   ggml_get_type_traits(type) --->  traits   a copy of ggml's traits   <--- libggml-base has the original
//!                                             whose to_float records
//!   to_float(x, y, k), each row -->  record   writes into row y where
//!                                             its weights are: x
//!   cblas_sgemm(.., B, ..)     --->  product  finds the records behind  ---> zenblas_qgemm(.., x, ..), or
//!                                             B                              zenblas_gemm for 16-bit weights
//!                                             else, or in doubt, floats ---> cblas_sgemm
//! ```
//!
//! `symbols` has the names that are taken over, `caller` tells libggml-blas from all others, who get the
//! original of everything; `zenblas` finds the library that computes, `openmp` lends it ggml's threads,
//! `next` finds the originals; `settings` are the environment variables and `report` the line at exit.
//!
//! **In doubt the weights are converted and multiplied as floats**: an unknown version of ggml, a type whose
//! traits look otherwise than expected, no zenblas with quantised products, rows that don't belong together, a
//! product of another form than libggml-blas makes.

// Elsewhere nothing is taken over: the entries of `symbols` are made for this calling convention and loader.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

mod caller;
mod next;
mod openmp;
mod product;
mod record;
mod report;
mod settings;
mod symbols;
mod traits;
mod zenblas;
