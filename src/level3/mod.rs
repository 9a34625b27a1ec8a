//! Matrix-matrix operations, generic over the four types, on views.
//!
//! | file | operations |
//! |---|---|
//! | `products.rs` | gemm, gemmt, symm/hemm, syrk/herk, syr2k/her2k: one engine product each (two for the 2k) |
//! | `triangular/` | trmm, trsm: blocks inside packed panels, the rest engine products |
//! | `copy.rs` | omatcopy, imatcopy, geadd |
//! | `batch.rs` | many products in one call |
//!
//! Called by `interface`; calls `engine` and `kernel`, and `level2` where memory is refused. Sizes are the
//! views', already checked.

mod batch;
mod copy;
mod plain;
mod products;
mod triangular;

pub use batch::{Product, batch};
pub use copy::{OutOfMemory, geadd, imatcopy, omatcopy};
pub use products::{gemm, gemmt, symm, syr2k, syrk};
pub use triangular::{trmm, trsm};

#[cfg(test)]
mod tests;
