//! The kernels of low precision: tiles whose sums are dot products of small numbers, and their panels.
//!
//! Rows of A live in lanes, a word of four bytes each, 4 unsigned bytes or 2 bf16; a word of a column of B is the
//! same for all lanes ([`crate::simd::dot`]).
//!
//! ```text
//! panel of A: word after word, MR rows adjacent; then for bytes the sum of each row
//! panel of B: block after block of 8 words; in a block column after column; then the sum of each column
//! ```
//!
//! Both are filled up with zeros: rows and columns to MR and NR, numbers to whole blocks.
//!
//! | ISA | accumulators | tile |
//! |---|---|---|
//! | avx512-vnni, avx512-bf16 | 3 x 8 | 48x8 |
//! | avx-vnni, avx2, bf16 on avx2 | 2 x 6 | 16x6 |
//! | portable, bf16 there | 2 x 4 | 8x4 |
//!
//! A tile computes the vectors of rows and the columns that exist, and writes the rows that exist. Beside it stand
//! [`streamed`] tiles, which read a large B where it lies, and [`skinny`], for products of few columns; [`round`] makes bf16
//! of other reals.
//!
//! Called by `lowp`; calls `simd::dot`.

pub mod inner;
pub mod outer;
mod pack;
pub mod round;
pub mod skinny;
pub mod streamed;
mod tile;

use crate::platform::cpu;
use crate::simd::dot::terms::{Terms, WORDS};
use crate::simd::dot::{DotLevel, Half, Widened};
use crate::simd::{Level, Portable};
use pack::Numbers;
use round::Rounders;
use skinny::SkinnyKernels;
use streamed::Streamed;
use tile::tile;

#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;
#[cfg(target_arch = "x86_64")]
use crate::simd::dot::{Avx512Bf16, Avx512Vnni, AvxVnni};

/// Bytes of a word.
const WORD: usize = 4;
/// Columns of the widest tile.
const MOST_COLUMNS: usize = 8;
/// Vectors of rows of the tallest tile.
const MOST_VECTORS: usize = 3;
/// Sums of the largest tile.
pub const LARGEST_TILE: usize = 48 * 8;
/// Rows of the tallest tile.
pub const MOST_ROWS: usize = 48;

/// Multiplies two panels.
type TileKernel<S> = unsafe fn(&DotTile<S>);
/// Tiles as high, by their columns less one.
type Across<S> = [TileKernel<S>; MOST_COLUMNS];

/// The kernels for one kind of numbers on an ISA. Functions are only called where the CPU has the ISA: a set is
/// handed out by [`bytes`], [`bytes_on`] and [`bf16`], which check.
#[derive(Debug)]
pub struct DotKernels<S> {
    /// Name of the ISA.
    pub name: &'static str,
    /// Rows of a tile.
    pub mr: usize,
    /// Columns of a tile.
    pub nr: usize,
    /// Rows of a vector.
    lanes: usize,
    /// Numbers in a word.
    pub numbers: usize,
    /// Bytes of a block of a column.
    pub block_bytes: usize,
    /// By their vectors of rows less one.
    tiles: [Across<S>; MOST_VECTORS],
    /// Multiply-adds next to those of `f32`, roughly: for the choice of threads only.
    pub speed: f64,
    /// Kernels for few columns.
    pub skinny: SkinnyKernels<S>,
    /// Kernels that read B where it lies; none where factors have a form of their own.
    pub streamed: Option<Streamed<S>>,
    /// Packs panels of A.
    pub pack_a: unsafe fn(&DotPanel),
    /// Packs panels of B.
    pub pack_b: unsafe fn(&DotPanel),
    /// What rounds other reals to numbers of these kernels, if those are bf16.
    pub rounders: Option<Rounders>,
}

/// Arguments of a tile kernel.
#[derive(Debug)]
pub struct DotTile<S> {
    /// Words of each row and column.
    pub words: usize,
    /// Panel of A.
    pub a: *const u8,
    /// Panel of B.
    pub b: *const u8,
    /// Bytes from a column of B to the next, for kernels that read B where it lies.
    pub b_col: usize,
    /// What is fetched meanwhile, because it will be B next; null for nothing.
    pub b_next: *const u8,
    /// Columns that exist, likewise.
    pub n: usize,
    /// Rows that exist, which choose the kernel.
    pub height: usize,
    /// Where their sums go, rows adjacent, by as many columns as the kernel is for.
    pub to: *mut S,
    /// Sums from a column to the next.
    pub to_col: usize,
    /// Whether to add to the sums that are there.
    pub add: bool,
    /// Further terms of each sum: (i, j) gets `row_terms[i] * row_factor + col_terms[j]`. Null for none.
    pub row_terms: *const S,
    /// See `row_terms`.
    pub row_factor: S,
    /// See `row_terms`.
    pub col_terms: *const S,
}

/// Arguments of a packing kernel.
#[derive(Debug)]
pub struct DotPanel {
    /// Number (0, 0) of the source.
    pub from: *const u8,
    /// Bytes from a row (or column) to the next.
    pub i_stride: isize,
    /// Bytes from a k to the next.
    pub k_stride: isize,
    /// Rows or columns that exist, of as many panels as they fill.
    pub width: usize,
    /// Numbers of each.
    pub k: usize,
    /// Where the first panel begins.
    pub to: *mut u8,
    /// Bytes from a panel to the next.
    pub panel_bytes: usize,
    /// Exclusive-or of each word, which turns signed bytes into unsigned ones 128 larger and back.
    pub flip: u32,
    /// Whether packed bytes of rows count as signed ones in their sums; those of columns always do.
    pub signed: bool,
    /// Where the sums of the packed bytes of each row or column of the first panel are added, `panel_bytes` further on
    /// those of the next; null for none.
    pub sums: *mut i32,
}

impl DotPanel {
    /// Whether numbers, of `size` bytes, of rows or columns side by side are adjacent.
    fn is_adjacent(&self, size: usize) -> bool {
        self.i_stride == size as isize && self.k_stride != size as isize
    }

    /// What its rows or columns are made of.
    fn numbers(&self) -> Numbers {
        Numbers { k_stride: self.k_stride, k: self.k, flip: self.flip }
    }

    /// Where panel `index` begins, and where its sums are.
    fn place(&self, index: usize) -> (*mut u8, *mut i32) {
        let bytes = index * self.panel_bytes;
        let sums = if self.sums.is_null() { self.sums } else { self.sums.wrapping_byte_add(bytes) };
        (self.to.wrapping_add(bytes), sums)
    }
}

impl<S> DotKernels<S> {
    /// The tile kernel for `height` rows, `1..=MR`, by `n` columns, `1..=NR`.
    #[inline]
    pub fn tile(&self, height: usize, n: usize) -> TileKernel<S> {
        debug_assert!(height <= self.mr && n <= self.nr);
        self.tiles[(height - 1) / self.lanes][n - 1]
    }

    /// Rows that the vectors for `count` have room for.
    #[inline]
    pub fn padded(&self, count: usize) -> usize {
        count.next_multiple_of(self.lanes)
    }

    /// Blocks that `k` numbers take.
    #[inline]
    pub fn blocks(&self, k: usize) -> usize {
        k.div_ceil(self.numbers * WORDS)
    }

    /// Bytes of a block of a panel of A.
    #[inline]
    pub fn a_bytes(&self) -> usize {
        self.mr * WORD * WORDS
    }

    /// Bytes of a block of a panel of B.
    #[inline]
    pub fn b_bytes(&self) -> usize {
        self.nr * self.block_bytes
    }

    /// The tiles of `V` vectors of rows, by the columns less one.
    const fn across<P: Terms<Sum = S>, const DOWN: usize, const N: usize, const V: usize>() -> Across<S> {
        [
            tile::<P, DOWN, N, V, 1>,
            tile::<P, DOWN, N, V, 2>,
            tile::<P, DOWN, N, V, 3>,
            tile::<P, DOWN, N, V, 4>,
            if N > 4 { tile::<P, DOWN, N, V, 5> } else { tile::<P, DOWN, N, V, 4> },
            if N > 5 { tile::<P, DOWN, N, V, 6> } else { tile::<P, DOWN, N, V, 4> },
            if N > 6 { tile::<P, DOWN, N, V, 7> } else { tile::<P, DOWN, N, V, 4> },
            if N > 7 { tile::<P, DOWN, N, V, 8> } else { tile::<P, DOWN, N, V, 4> },
        ]
    }

    /// A row of the table: `DOWN` vectors by `N` columns.
    const fn new<P: Terms<Sum = S>, const DOWN: usize, const N: usize>(speed: f64) -> Self {
        DotKernels {
            name: P::NAME,
            mr: DOWN * P::LANES,
            nr: N,
            lanes: P::LANES,
            numbers: P::NUMBERS,
            block_bytes: P::BLOCK_BYTES,
            tiles: [
                Self::across::<P, DOWN, N, 1>(),
                Self::across::<P, DOWN, N, 2>(),
                if DOWN > 2 { Self::across::<P, DOWN, N, 3>() } else { Self::across::<P, DOWN, N, 2>() },
            ],
            speed,
            skinny: SkinnyKernels::new::<P>(),
            streamed: if P::BLOCK_BYTES == WORDS * WORD { Some(Streamed::new::<P, DOWN, N>()) } else { None },
            pack_a: pack::rows::<P, DOWN>,
            pack_b: pack::columns::<P, N>,
            rounders: if P::NUMBERS == 2 { Some(Rounders::new::<P>()) } else { None },
        }
    }
}

/// The kernels for bytes in this process.
#[inline]
pub fn bytes() -> &'static DotKernels<i32> {
    bytes_table(DotLevel::of_process())
}

/// The kernels for bytes on an ISA; `None` if this CPU lacks it.
pub fn bytes_on(level: DotLevel) -> Option<&'static DotKernels<i32>> {
    level.supported().then(|| bytes_table(level))
}

/// The kernels for bf16 in this process; none on AVX-512 without BF16, whose tiles of `f32` are twice as wide.
#[inline]
pub fn bf16() -> Option<&'static DotKernels<f32>> {
    match cpu::level() {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 if cpu::avx512_bf16() && cpu::avx512_vnni() => {
            Some(const { &DotKernels::new::<Avx512Bf16, 3, 8>(2.0) })
        }
        Level::Avx512 => None,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => Some(const { &DotKernels::new::<Widened<Avx2, half::bf16>, 2, 6>(1.0) }),
        _ => Some(const { &DotKernels::new::<Widened<Portable, half::bf16>, 2, 4>(1.0) }),
    }
}

/// The kernels for few columns of bf16 in this process, if they are not among those of [`bf16`].
pub fn skinny_bf16() -> &'static SkinnyKernels<f32> {
    bf16().map_or_else(widened::<half::bf16>, |kernels| &kernels.skinny)
}

/// The kernels for few columns of half precision in this process.
pub fn skinny_f16() -> &'static SkinnyKernels<f32> {
    widened::<half::f16>()
}

/// Kernels for few columns that widen: such products wait for memory, not for vectors that AVX-512 has twice as wide.
fn widened<N: Half>() -> &'static SkinnyKernels<f32> {
    match cpu::level() {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 | Level::Avx2 => const { &SkinnyKernels::new::<Widened<Avx2, N>>() },
        _ => const { &SkinnyKernels::new::<Widened<Portable, N>>() },
    }
}

fn bytes_table(level: DotLevel) -> &'static DotKernels<i32> {
    match level {
        #[cfg(target_arch = "x86_64")]
        DotLevel::Avx512Vnni => const { &DotKernels::new::<Avx512Vnni, 3, 8>(4.0) },
        #[cfg(target_arch = "x86_64")]
        DotLevel::AvxVnni => const { &DotKernels::new::<AvxVnni, 2, 6>(4.0) },
        #[cfg(target_arch = "x86_64")]
        DotLevel::Avx2 => const { &DotKernels::new::<Avx2, 2, 6>(1.5) },
        _ => const { &DotKernels::new::<Portable, 2, 4>(1.0) },
    }
}
