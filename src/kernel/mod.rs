//! The micro-kernels and THE table: which functions and tile sizes serve a type on an ISA.
//!
//! One kernel family carries every type. A tile of C is `MR` rows by `NR` columns; its product is formed by
//! [`tile`] from a panel of A (`MR` rows, k after k) and a panel of B (`NR` columns, k after k), which
//! [`panel`] packs. A complex tile is a real tile of twice the rows and twice the columns whose pairs of
//! accumulators are combined at the end, so a panel of complex numbers is simply their real and imaginary
//! parts in memory order.
//!
//! | ISA | registers | accumulators | s | d | c | z |
//! |---|---|---|---|---|---|---|
//! | avx512 | 32 x 512 bit | 3 x 8 | 48x8 | 24x8 | 24x4 | 12x4 |
//! | avx2 | 16 x 256 bit | 2 x 6 | 16x6 | 8x6 | 8x3 | 4x3 |
//! | portable | 16 x 128 bit | 2 x 4 | 8x4 | 4x4 | 4x2 | 2x2 |
//!
//! (accumulators: vectors down x real columns across; tiles: elements.) Of the shapes that keep 24
//! accumulators alive, 3 x 8 needs the fewest loads for each multiply-add: 11 for 24.
//!
//! Called by `engine` and `level3`; calls `simd`. Nothing here knows blocking, threads or BLAS.

pub mod panel;
pub mod solve;
pub mod tile;

use crate::platform::cpu;
use crate::scalar::Scalar;
use crate::simd::{Isa, Level, Portable, Vec, Vector};
use panel::{Panel, Unpanel};
use solve::Solve;
use tile::Tile;

#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512};

/// The kernels of a type on an ISA. Functions are only called where the CPU has the ISA: a set is handed
/// out by [`kernels`] and [`kernels_on`], which check.
#[derive(Debug)]
pub struct KernelSet<T: Scalar> {
    /// The ISA.
    pub level: Level,
    /// Rows of a tile.
    pub mr: usize,
    /// Columns of a tile.
    pub nr: usize,
    /// `C <- alpha A B + beta C` for one tile.
    pub tile: unsafe fn(&Tile<T>),
    /// Packs a panel `mr` wide.
    pub pack_a: unsafe fn(&Panel<T>),
    /// Packs a panel `nr` wide.
    pub pack_b: unsafe fn(&Panel<T>),
    /// Copies a panel `mr` wide back to where it came from.
    pub unpack_a: unsafe fn(&Unpanel<T>),
    /// Solves with a triangle of order up to `nr` inside a panel of A.
    pub solve: unsafe fn(&Solve<T>),
}

impl<T: Scalar> KernelSet<T> {
    /// A row of the table: `DOWN` vectors by `ACROSS` real columns on ISA `S`.
    const fn new<S: Isa, const DOWN: usize, const ACROSS: usize>() -> Self {
        KernelSet {
            level: S::LEVEL,
            mr: DOWN * <Vec<S, T::Real> as Vector<S>>::LANES / T::PARTS,
            nr: ACROSS / T::PARTS,
            tile: tile::entry::<S, T, DOWN, ACROSS>,
            pack_a: panel::entry_a::<S, T, DOWN>,
            pack_b: panel::entry_b::<S, T, ACROSS>,
            unpack_a: panel::entry_unpack::<S, T, DOWN>,
            solve: solve::entry::<S, T, DOWN>,
        }
    }
}

/// The kernels of this process.
#[inline]
pub fn kernels<T: Scalar>() -> &'static KernelSet<T> {
    table(cpu::level())
}

/// The kernels of an ISA; `None` if this CPU lacks it.
pub fn kernels_on<T: Scalar>(level: Level) -> Option<&'static KernelSet<T>> {
    cpu::supports(level).then(|| table(level))
}

#[inline]
fn table<T: Scalar>(level: Level) -> &'static KernelSet<T> {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => const { &KernelSet::new::<Avx512, 3, 8>() },
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => const { &KernelSet::new::<Avx2, 2, 6>() },
        _ => const { &KernelSet::new::<Portable, 2, 4>() },
    }
}

#[cfg(test)]
mod tests;
