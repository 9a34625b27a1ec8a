//! The table of a format's kernels: ISA to functions and panel sizes.
//!
//! A panel of weights has two vectors' lanes of rows. A tile is that by 1 to 6 tokens: the fewest padded tokens win,
//! among equals the larger tile, which loads weights more seldom.
//!
//! | ISA | registers | rows of a panel | tokens of a tile |
//! |---|---|---|---|
//! | avx512-vnni | 32 x 512 bit | 32 | 1, 4, 6 |
//! | avx-vnni | 16 x 256 bit | 16 | 1, 2, 4 |
//! | avx2, bytes | 16 x 256 bit | 16 | 1, 2, 4 |
//! | avx2, small weights | 16 x 256 bit | 16 | 1, 2, 3 |
//! | portable | 16 x 128 bit | 8 | 1, 2, 4 |
//!
//! Zen 3 does four sums or two products of integers in a cycle, but only 3.25 of both where they are mixed one to one.
//! Counted like that, Q8_0 could reach 1.30 times the multiply-adds of single precision and Q4_0 2.48 times; the tiles
//! measure 1.21 and 2.2. For small weights, three tokens are 8 % faster than four, whose reals leave the registers.

use super::activations::{self, Quantise, Token};
use super::format::{ACROSS, BlockFormat, Place};
use super::single::{self, Single};
use super::tile::{self, Tile};
use super::weights::{self, Unpack};
use crate::simd::Portable;
use crate::simd::dot::{Dot, DotLevel, Ints};

#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;
#[cfg(target_arch = "x86_64")]
use crate::simd::dot::{Avx512Vnni, AvxVnni};

/// A tile kernel, and how many tokens wide its tiles are.
#[derive(Clone, Copy, Debug)]
pub struct TileKernel {
    /// Tokens.
    pub tokens: usize,
    /// [`tile::tile`].
    pub run: unsafe fn(&Tile),
}

/// The kernels of a format on an ISA.
#[derive(Debug)]
pub struct Kernels {
    /// The ISA.
    pub level: DotLevel,
    /// Rows of a panel of weights.
    pub rows: usize,
    /// Bytes of a block of a panel of weights.
    pub weight_bytes: usize,
    /// Bytes of a block of one token in a panel of activations.
    pub token_bytes: usize,
    /// Multiply-adds that one core does in a nanosecond, roughly: for the choice of threads only.
    pub rate: f64,
    /// [`weights::unpack`].
    pub unpack: unsafe fn(&Unpack),
    /// [`activations::quantise`].
    pub quantise: unsafe fn(&Quantise),
    /// [`single::single`].
    pub single: unsafe fn(&Single),
    tiles: [TileKernel; 3],
}

impl Kernels {
    const fn new<S: Dot, F: BlockFormat>() -> Kernels {
        Kernels {
            level: S::LEVEL,
            rows: ACROSS * <S::Ints as Ints>::LANES,
            weight_bytes: Place::<S, F>::BYTES,
            token_bytes: Token::<S, F>::BYTES,
            rate: match S::LEVEL {
                DotLevel::Avx512Vnni => 400.0,
                DotLevel::AvxVnni => 200.0,
                DotLevel::Avx2 => 120.0,
                DotLevel::Portable => 4.0,
            },
            unpack: weights::unpack::<S, F>,
            quantise: activations::quantise::<S, F>,
            single: single::single::<S, F>,
            tiles: match S::LEVEL {
                DotLevel::Avx512Vnni => tiles::<S, F, 4, 6>(),
                // Sums in 16 bits: three tokens' stay in registers, with the reals that they are added to.
                DotLevel::Avx2 if F::LARGEST < 128 => tiles::<S, F, 2, 3>(),
                _ => tiles::<S, F, 2, 4>(),
            },
        }
    }

    /// The tile kernel for so many tokens.
    pub fn tile(&self, tokens: usize) -> TileKernel {
        // A tile costs about as much as its tokens and one more.
        let cost = |kernel: &TileKernel| tokens.div_ceil(kernel.tokens) * (kernel.tokens + 1);
        self.tiles.into_iter().rev().min_by_key(cost).unwrap_or(self.tiles[0])
    }

    /// Every tile kernel.
    pub fn tiles(&self) -> [TileKernel; 3] {
        self.tiles
    }
}

const fn tiles<S: Dot, F: BlockFormat, const SOME: usize, const MANY: usize>() -> [TileKernel; 3] {
    [
        TileKernel { tokens: 1, run: tile::tile::<S, F, 1> },
        TileKernel { tokens: SOME, run: tile::tile::<S, F, SOME> },
        TileKernel { tokens: MANY, run: tile::tile::<S, F, MANY> },
    ]
}

/// The kernels of format `F` on an ISA.
pub fn kernels<F: BlockFormat>(level: DotLevel) -> &'static Kernels {
    match level {
        #[cfg(target_arch = "x86_64")]
        DotLevel::Avx512Vnni => const { &Kernels::new::<Avx512Vnni, F>() },
        #[cfg(target_arch = "x86_64")]
        DotLevel::AvxVnni => const { &Kernels::new::<AvxVnni, F>() },
        #[cfg(target_arch = "x86_64")]
        DotLevel::Avx2 => const { &Kernels::new::<Avx2, F>() },
        _ => const { &Kernels::new::<Portable, F>() },
    }
}
