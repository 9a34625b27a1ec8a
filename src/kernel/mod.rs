//! The micro-kernels and THE table: which functions and tile sizes serve a type on an ISA.
//!
//! One kernel family carries every type. A tile of C is `MR` rows by `NR` columns; its product is formed by
//! [`tile`] from a panel of A (`MR` rows, k after k) and a panel of B (`NR` columns, k after k), which
//! [`panel`] packs, or from the caller's matrices as they are. A complex tile is a real tile of twice the
//! rows and twice the columns whose pairs of sums are combined at the end, so a panel of complex numbers is
//! simply their real and imaginary parts in memory order.
//!
//! | ISA | registers | accumulators | s | d | c | z |
//! |---|---|---|---|---|---|---|
//! | avx512 | 32 x 512 bit | 3 x 8 | 48x8 | 24x8 | 24x4 | 12x4 |
//! | avx2 | 16 x 256 bit | 2 x 6 | 16x6 | 8x6 | 8x3 | 4x3 |
//! | portable | 16 x 128 bit | 2 x 4 | 8x4 | 4x4 | 4x2 | 2x2 |
//!
//! (accumulators: vectors down x real columns across; tiles: elements.) Of the shapes that keep 24
//! accumulators alive, 3 x 8 needs the fewest loads for each multiply-add: 11 for 24. Streamed tiles, which read B where it
//! lies, come in the same shape, and wider where they have fewer vectors: 2 x 12 and 1 x 12 on avx512. Direct tiles of one
//! vector go up to twice the columns, 1 x 16.
//!
//! [`solve`] solves inside a panel with the sums of a tile still in registers, [`triangle`] adds the part of a tile on one
//! side of the diagonal. Beside the tile stand two kernels for products of few columns: [`inner`], where k is adjacent in A, with inner
//! products of 6 rows and 4 columns at a time (avx512; complex 3x4), 4x3 (avx2; 3x2), 4x2 (portable; 2x2); and
//! [`outer`], where rows are, with outer products of 4 columns of A at a time (complex 2) by all of B.
//!
//! Small numbers have a family of their own, [`dot`]: words of bytes or bf16, with a table there. bf16 on other ISAs,
//! half precision and 16-bit integers run on the tiles here, [`convert`]ed while they are packed.
//!
//! Called by `engine`, `level3` and `lowp`; calls `simd`. Nothing here knows blocking, threads or BLAS.

pub mod convert;
pub mod dot;
pub mod inner;
pub mod outer;
pub mod panel;
pub mod solve;
pub mod tile;
pub mod triangle;

use crate::platform::cpu;
use crate::scalar::Scalar;
use crate::simd::{Isa, Level, Portable, Vec, Vector};
use inner::Inner;
use outer::Outer;
use panel::{Panel, Unpanel};
use solve::Solve;
use tile::Tile;
use triangle::Part;

#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512};

/// A tile kernel.
pub type TileFn<T> = unsafe fn(&Tile<T>);

/// A kernel that solves inside a panel.
pub type SolveFn<T> = unsafe fn(&Solve<T>);

/// Vectors down and columns across of the direct tiles of any ISA.
const DIRECT_DOWN: usize = 3;
const DIRECT_ACROSS: usize = 16;

/// Rows and columns up to which a kernel set knows beforehand how to cut them into tiles: two of the largest tiles.
pub const CUT_UP_TO: usize = 96;

/// A tile kernel that reads B once, where it lies.
#[derive(Debug)]
pub struct Streamed<T> {
    /// The columns of its tiles.
    pub across: usize,
    /// The kernel.
    pub tile: TileFn<T>,
}

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
    /// Rows of a vector.
    pub vector: usize,
    /// `C <- alpha A B + beta C` for one tile of packed panels.
    pub tile: TileFn<T>,
    direct: [[TileFn<T>; DIRECT_ACROSS]; DIRECT_DOWN],
    streamed: [Streamed<T>; DIRECT_DOWN],
    heights: [u8; CUT_UP_TO + 1],
    /// Of tiles of one vector, and of more.
    widths: [[u8; CUT_UP_TO + 1]; 2],
    /// Inner products of up to `inner_rows` x `inner_cols` of C.
    pub inner: unsafe fn(&Inner<T>),
    /// Rows of a tile of inner products.
    pub inner_rows: usize,
    /// Columns of a tile of inner products.
    pub inner_cols: usize,
    /// Outer products of any rows and columns.
    pub outer: unsafe fn(&Outer<T>),
    /// Packs a panel, of A or of B.
    pub pack: unsafe fn(&Panel<T>),
    /// Copies a panel back to where it came from.
    pub unpack: unsafe fn(&Unpanel<T>),
    solve: [SolveFn<T>; DIRECT_DOWN],
    /// Adds the part of a tile in a triangle.
    pub add_part: unsafe fn(&Part<T>),
}

impl<T: Scalar> KernelSet<T> {
    /// A row of the table: tiles of `DOWN` vectors by `N` columns, streamed ones of fewer vectors by `WIDE`, and of
    /// `R` x `C` dot products, on ISA `S`.
    const fn new<
        S: Isa,
        const DOWN: usize,
        const N: usize,
        const WIDE: usize,
        const R: usize,
        const C: usize,
    >() -> Self {
        let vector = <Vec<S, T::Real> as Vector<S>>::LANES / T::PARTS;
        KernelSet {
            level: S::LEVEL,
            mr: DOWN * vector,
            nr: N,
            vector,
            tile: tile::packed::<S, T, DOWN, N>,
            direct: [
                direct_across::<S, T, 1>(2 * N),
                direct_across::<S, T, 2>(N),
                if DOWN >= 3 { direct_across::<S, T, 3>(N) } else { direct_across::<S, T, 2>(N) },
            ],
            streamed: [
                Streamed { across: WIDE, tile: tile::streamed::<S, T, 1, WIDE> },
                if DOWN > 2 {
                    Streamed { across: WIDE, tile: tile::streamed::<S, T, 2, WIDE> }
                } else {
                    Streamed { across: N, tile: tile::streamed::<S, T, 2, N> }
                },
                Streamed { across: N, tile: tile::streamed::<S, T, DOWN, N> },
            ],
            heights: cuts(DOWN * vector, vector),
            widths: [cuts(2 * N, 1), cuts(N, 1)],
            inner: inner::entry::<S, T, R, C>,
            inner_rows: R,
            inner_cols: C,
            outer: outer::entry::<S, T, DOWN>,
            pack: panel::pack::<S, T>,
            unpack: panel::unpack::<S, T>,
            add_part: triangle::add::<S, T>,
            solve: [
                solve::entry::<S, T, 1, N>,
                solve::entry::<S, T, 2, N>,
                if DOWN >= 3 { solve::entry::<S, T, 3, N> } else { solve::entry::<S, T, 2, N> },
            ],
        }
    }

    /// Columns of the widest direct tile of `m` rows: sums of a single vector leave registers for twice as many, and
    /// fewer than `nr` of them leave the multipliers waiting.
    #[inline(always)]
    pub fn across(&self, m: usize) -> usize {
        if m <= self.vector { 2 * self.nr } else { self.nr }
    }

    /// The direct kernel for tiles of `m <= mr` rows and `n <= across(m)` columns, neither 0.
    #[inline(always)]
    pub fn direct(&self, m: usize, n: usize) -> TileFn<T> {
        debug_assert!(m >= 1 && m <= self.mr && n >= 1 && n <= self.across(m));
        // A vector has a power of two of rows; a division would take as long as the kernel's first steps.
        let down = (m - 1) >> self.vector.trailing_zeros();
        self.direct[down.min(DIRECT_DOWN - 1)][(n - 1).min(DIRECT_ACROSS - 1)]
    }

    /// The streamed kernel for panels of `height` rows, whole vectors and at most `mr`.
    #[inline(always)]
    pub fn streamed(&self, height: usize) -> &Streamed<T> {
        debug_assert!(height >= 1 && height <= self.mr && height.is_multiple_of(self.vector));
        &self.streamed[((height - 1) >> self.vector.trailing_zeros()).min(DIRECT_DOWN - 1)]
    }

    /// Solves with a triangle of order up to `nr` inside a panel of `height` rows, whole vectors and at most `mr`.
    #[inline(always)]
    pub fn solve(&self, height: usize) -> SolveFn<T> {
        debug_assert!(height >= 1 && height <= self.mr && height.is_multiple_of(self.vector));
        self.solve[((height - 1) >> self.vector.trailing_zeros()).min(DIRECT_DOWN - 1)]
    }

    /// Rows of the first of the tiles, as equal as vectors can be shared out, that `m` rows are cut into.
    #[inline(always)]
    pub fn height(&self, m: usize) -> usize {
        if m > CUT_UP_TO { self.mr } else { self.heights[m].into() }
    }

    /// Columns of the first of the tiles of `m` rows, as equal as they can be, that `n <= CUT_UP_TO` columns are cut
    /// into.
    #[inline(always)]
    pub fn width(&self, m: usize, n: usize) -> usize {
        self.widths[usize::from(m > self.vector)][n].into()
    }
}

/// The size of the equal parts, multiples of `unit` and at most `limit`, that `whole > 0` is cut into.
#[inline(always)]
pub const fn even(whole: usize, limit: usize, unit: usize) -> usize {
    whole.div_ceil(whole.div_ceil(limit)).next_multiple_of(unit)
}

/// [`even`] for every `whole` up to the limit.
const fn cuts(limit: usize, unit: usize) -> [u8; CUT_UP_TO + 1] {
    let mut cuts = [0; CUT_UP_TO + 1];
    let mut whole = 1;
    while whole <= CUT_UP_TO {
        cuts[whole] = even(whole, limit, unit) as u8;
        whole += 1;
    }
    cuts
}

/// The direct kernels of one height, 1 to `limit` columns across (the entries behind repeat the last).
const fn direct_across<S: Isa, T: Scalar, const DOWN: usize>(limit: usize) -> [TileFn<T>; DIRECT_ACROSS] {
    assert!(limit <= DIRECT_ACROSS);
    let mut across: [TileFn<T>; DIRECT_ACROSS] = [tile::direct::<S, T, DOWN, 1>; DIRECT_ACROSS];
    macro_rules! each {
        ($($n:literal)+) => { $(
            let mut i = $n - 1;
            while $n <= limit && i < DIRECT_ACROSS {
                across[i] = tile::direct::<S, T, DOWN, $n>;
                i += 1;
            }
        )+ };
    }
    each!(2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
    across
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

#[inline(always)]
fn table<T: Scalar>(level: Level) -> &'static KernelSet<T> {
    // Complex sums take two registers each, so their tiles have half the columns.
    match (level, T::IS_COMPLEX) {
        #[cfg(target_arch = "x86_64")]
        (Level::Avx512, false) => const { &KernelSet::new::<Avx512, 3, 8, 12, 6, 4>() },
        #[cfg(target_arch = "x86_64")]
        (Level::Avx512, true) => const { &KernelSet::new::<Avx512, 3, 4, 6, 3, 4>() },
        #[cfg(target_arch = "x86_64")]
        (Level::Avx2, false) => const { &KernelSet::new::<Avx2, 2, 6, 10, 4, 3>() },
        #[cfg(target_arch = "x86_64")]
        (Level::Avx2, true) => const { &KernelSet::new::<Avx2, 2, 3, 5, 3, 2>() },
        (_, false) => const { &KernelSet::new::<Portable, 2, 4, 8, 4, 2>() },
        (_, true) => const { &KernelSet::new::<Portable, 2, 2, 4, 2, 2>() },
    }
}

#[cfg(test)]
mod tests;
