//! zenblas: a drop-in BLAS for AMD Zen 5.

pub mod engine;
pub mod interface;
pub mod kernel;
pub mod knobs;
pub mod level1;
pub mod level2;
pub mod level3;
pub mod platform;
pub mod scalar;
pub mod simd;
#[cfg(test)]
mod testing;
pub mod view;
