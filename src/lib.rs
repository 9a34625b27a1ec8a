//! zenblas: a drop-in BLAS for AMD Zen 5.
