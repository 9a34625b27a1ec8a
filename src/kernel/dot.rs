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
//! | avx-vnni, avx2 | 2 x 6 | 16x6 |
//! | portable | 2 x 4 | 8x4 |
//!
//! A tile computes all MR rows but only the columns that exist.
//!
//! Called by `lowp`; calls `simd::dot`.

use crate::simd::Portable;
use crate::simd::dot::terms::{Terms, TermsDispatch, WORDS};
use crate::simd::dot::{Dot, DotDispatch, DotLevel, Ints};
use core::marker::PhantomData;
use core::mem::MaybeUninit;

#[cfg(target_arch = "x86_64")]
use crate::platform::cpu;
#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;
#[cfg(target_arch = "x86_64")]
use crate::simd::dot::{Avx512Bf16, Avx512Vnni, AvxVnni};

/// Bytes of a word.
const WORD: usize = 4;
/// Columns of the widest tile.
const MOST_COLUMNS: usize = 8;
/// Sums of the largest tile.
pub const LARGEST_TILE: usize = 48 * 8;
/// Rows of the tallest tile.
pub const MOST_ROWS: usize = 48;

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
    /// Numbers in a word.
    pub numbers: usize,
    /// Bytes of a block of a column.
    pub block_bytes: usize,
    tiles: [unsafe fn(&DotTile<S>); MOST_COLUMNS],
    /// Packs a panel of A, or whole blocks of one.
    pub pack_a: unsafe fn(&DotPanel),
    /// The sums of the bytes of each row of a packed panel of A: `(panel, words, sums)`.
    pub sum_a: unsafe fn(*const u8, usize, *mut i32),
    /// Packs a panel of B.
    pub pack_b: unsafe fn(&DotPanel),
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
    /// Where the sums go: MR rows, adjacent, by as many columns as the kernel is for.
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
    /// Rows or columns that exist.
    pub width: usize,
    /// Numbers of each.
    pub k: usize,
    /// Where the panel begins.
    pub to: *mut u8,
    /// Exclusive-or of each word, which turns signed bytes into unsigned ones 128 larger and back.
    pub flip: u32,
    /// Where the sums of the packed bytes of each column go, of B only; null for none.
    pub sums: *mut i32,
}

impl<S> DotKernels<S> {
    /// The tile kernel for `n` columns, `1..=NR`.
    #[inline]
    pub fn tile(&self, n: usize) -> unsafe fn(&DotTile<S>) {
        debug_assert!(n <= self.nr);
        self.tiles[n - 1]
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

    /// A row of the table: `DOWN` vectors by `N` columns.
    const fn new<P: Terms<Sum = S>, const DOWN: usize, const N: usize>() -> Self {
        DotKernels {
            name: P::NAME,
            mr: DOWN * P::LANES,
            nr: N,
            numbers: P::NUMBERS,
            block_bytes: P::BLOCK_BYTES,
            tiles: [
                tile::<P, DOWN, N, 1>,
                tile::<P, DOWN, N, 2>,
                tile::<P, DOWN, N, 3>,
                tile::<P, DOWN, N, 4>,
                if N > 4 { tile::<P, DOWN, N, 5> } else { tile::<P, DOWN, N, 4> },
                if N > 5 { tile::<P, DOWN, N, 6> } else { tile::<P, DOWN, N, 4> },
                if N > 6 { tile::<P, DOWN, N, 7> } else { tile::<P, DOWN, N, 4> },
                if N > 7 { tile::<P, DOWN, N, 8> } else { tile::<P, DOWN, N, 4> },
            ],
            pack_a: pack_a::<P, DOWN>,
            sum_a: sum_a::<P, DOWN>,
            pack_b: pack_b::<P, N>,
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

/// The kernels for bf16 in this process, if its ISA multiplies them.
#[inline]
pub fn bf16() -> Option<&'static DotKernels<f32>> {
    #[cfg(target_arch = "x86_64")]
    if cpu::avx512_bf16() && cpu::avx512_vnni() {
        return Some(const { &DotKernels::new::<Avx512Bf16, 3, 8>() });
    }
    None
}

fn bytes_table(level: DotLevel) -> &'static DotKernels<i32> {
    match level {
        #[cfg(target_arch = "x86_64")]
        DotLevel::Avx512Vnni => const { &DotKernels::new::<Avx512Vnni, 3, 8>() },
        #[cfg(target_arch = "x86_64")]
        DotLevel::AvxVnni => const { &DotKernels::new::<AvxVnni, 2, 6>() },
        #[cfg(target_arch = "x86_64")]
        DotLevel::Avx2 => const { &DotKernels::new::<Avx2, 2, 6>() },
        _ => const { &DotKernels::new::<Portable, 2, 4>() },
    }
}

/// # Safety
/// The CPU has ISA `P`; the panels have the words, sums and destination are as large as the fields say.
unsafe fn tile<P: Terms, const DOWN: usize, const NR: usize, const N: usize>(tile: &DotTile<P::Sum>) {
    // SAFETY: the caller vouches for the ISA; `Product::run` relies on the rest.
    unsafe { P::assume() }.enter(Product::<P, DOWN, NR, N>(tile, PhantomData))
}

struct Product<'a, P: Terms, const DOWN: usize, const NR: usize, const N: usize>(
    &'a DotTile<P::Sum>,
    PhantomData<P>,
);

impl<P: Terms, const DOWN: usize, const NR: usize, const N: usize> TermsDispatch<P>
    for Product<'_, P, DOWN, NR, N>
{
    #[inline(always)]
    fn run(self, isa: P) {
        let tile = self.0;
        let mut sums = [[isa.zero(); DOWN]; N];
        let (mut a, mut b) = (tile.a, tile.b);
        for _ in 0..tile.words / WORDS {
            for word in 0..WORDS {
                // SAFETY: a whole block of both panels, which the caller vouches for.
                unsafe { accumulate::<P, DOWN, N>(isa, &mut sums, a, b, word) };
                a = a.wrapping_add(DOWN * P::LANES * WORD);
            }
            b = b.wrapping_add(NR * P::BLOCK_BYTES);
        }
        for word in 0..tile.words % WORDS {
            // SAFETY: words of the last block.
            unsafe { accumulate::<P, DOWN, N>(isa, &mut sums, a, b, word) };
            a = a.wrapping_add(DOWN * P::LANES * WORD);
        }
        // Through memory, where loops that are not unrolled can find them: what is left is short.
        let mut finished = MaybeUninit::<[P::Sum; LARGEST_TILE]>::uninit();
        let finished = finished.as_mut_ptr().cast::<P::Sum>();
        for (j, column) in sums.iter().enumerate() {
            for (i, &sum) in column.iter().enumerate() {
                // SAFETY: vector i of column j of a tile.
                unsafe { isa.store(sum, finished.add((j * DOWN + i) * P::LANES)) };
            }
        }
        for j in 0..N {
            for i in 0..DOWN {
                // SAFETY: vector i of column j of the tile just written, of the destination, of the rows' terms and
                // of the columns', which the caller vouches for.
                unsafe {
                    let to = tile.to.add(j * tile.to_col + i * P::LANES);
                    let mut sum = isa.load(finished.add((j * DOWN + i) * P::LANES));
                    if !tile.row_terms.is_null() {
                        let row = isa.load(tile.row_terms.add(i * P::LANES));
                        let row = isa.times(row, isa.splat(tile.row_factor));
                        sum = isa.add(isa.add(sum, row), isa.splat(*tile.col_terms.add(j)));
                    }
                    if tile.add {
                        sum = isa.add(sum, isa.load(to));
                    }
                    isa.store(sum, to);
                }
            }
        }
    }
}

/// Adds the products of one word of each row and column.
///
/// # Safety
/// `DOWN` vectors of words at `a` and blocks of `N` columns at `b` must be readable.
#[inline(always)]
unsafe fn accumulate<P: Terms, const DOWN: usize, const N: usize>(
    isa: P,
    sums: &mut [[P::Sums; DOWN]; N],
    a: *const u8,
    b: *const u8,
    word: usize,
) {
    for part in 0..P::PARTS {
        // SAFETY: the caller vouches for words and blocks.
        unsafe {
            let mut rows = [isa.rows(a, part); DOWN];
            for (i, row) in rows.iter_mut().enumerate().skip(1) {
                *row = isa.rows(a.add(i * P::LANES * WORD), part);
            }
            for (j, column) in sums.iter_mut().enumerate() {
                let factors = isa.factors(b.add(j * P::BLOCK_BYTES), word, part);
                for (sum, &row) in column.iter_mut().zip(&rows) {
                    *sum = isa.add_products(*sum, row, factors);
                }
            }
        }
    }
}

/// # Safety
/// The CPU has ISA `P`; source and destination are as large as the fields say.
unsafe fn pack_a<P: Terms, const DOWN: usize>(panel: &DotPanel) {
    // SAFETY: the caller vouches for the ISA; `PackA::run` relies on the rest.
    let isa = unsafe { P::assume() };
    Dot::enter(isa.dot(), PackA::<P, DOWN>(panel, PhantomData));
}

struct PackA<'a, P, const DOWN: usize>(&'a DotPanel, PhantomData<P>);

impl<P: Terms, const DOWN: usize> DotDispatch for PackA<'_, P, DOWN> {
    type Output = ();

    #[inline(always)]
    fn run<D: Dot>(self, isa: D) {
        let panel = self.0;
        let mr = DOWN * P::LANES;
        let words = panel.k.div_ceil(P::NUMBERS);
        for first in (0..mr).step_by(D::Ints::LANES) {
            let rows = panel.width.saturating_sub(first).min(D::Ints::LANES);
            let from = panel.from.wrapping_offset(first as isize * panel.i_stride);
            let to = panel.to.wrapping_add(first * WORD);
            // SAFETY: rows `first..` of source and panel, which the caller of `pack_a` vouches for.
            unsafe {
                let done = if rows == D::Ints::LANES {
                    whole_words::<D>(isa, panel, P::NUMBERS, from, to, mr)
                } else {
                    0
                };
                for word in done..words {
                    for i in 0..D::Ints::LANES {
                        let at = to.add((word * mr + i) * WORD).cast::<u32>();
                        let row = from.wrapping_offset(i as isize * panel.i_stride);
                        at.write_unaligned(if i < rows { gather(panel, P::NUMBERS, row, word) } else { 0 });
                    }
                }
            }
        }
    }
}

/// Packs words of as many rows as there are lanes, as far as whole vectors go; returns how many.
///
/// # Safety
/// The rows must be readable, the words writable.
#[inline(always)]
unsafe fn whole_words<D: Dot>(
    isa: D,
    panel: &DotPanel,
    numbers: usize,
    from: *const u8,
    to: *mut u8,
    mr: usize,
) -> usize {
    let flip = D::Ints::splat(isa.isa(), panel.flip as i32);
    let size = (WORD / numbers) as isize;
    let whole = panel.k / numbers;
    if panel.k_stride == size && panel.i_stride > 0 {
        let whole = whole - whole % 4;
        for word in (0..whole).step_by(4) {
            // SAFETY: 16 bytes of each row, of which there are LANES; four words of each.
            unsafe {
                let rows = D::Ints::gather_words(isa.isa(), from.add(word * WORD), panel.i_stride as usize);
                for (i, row) in rows.into_iter().enumerate() {
                    (row ^ flip).store(to.add((word + i) * mr * WORD));
                }
            }
        }
        whole
    } else if panel.i_stride == size {
        for word in 0..whole {
            // SAFETY: the numbers of one word of LANES rows.
            unsafe {
                let at = |i: usize| from.offset((word * numbers + i) as isize * panel.k_stride);
                let row = if numbers == 4 {
                    let byte = |i: usize| D::Ints::load_bytes(isa.isa(), at(i));
                    byte(0) | byte(1).shl::<8>() | byte(2).shl::<16>() | byte(3).shl::<24>()
                } else {
                    let half = |i: usize| D::Ints::load_halves(isa.isa(), at(i));
                    half(0) | half(1).shl::<16>()
                };
                (row ^ flip).store(to.add(word * mr * WORD));
            }
        }
        whole
    } else {
        0
    }
}

/// Word `word` of one row or column, filled up with zeros behind the last number.
///
/// # Safety
/// The row must be readable.
#[inline(always)]
unsafe fn gather(panel: &DotPanel, numbers: usize, row: *const u8, word: usize) -> u32 {
    let size = WORD / numbers;
    let mut bytes = [0; WORD];
    for i in 0..numbers {
        let k = word * numbers + i;
        if k < panel.k {
            // SAFETY: number k of the row.
            unsafe {
                let from = row.offset(k as isize * panel.k_stride);
                for byte in 0..size {
                    bytes[i * size + byte] = *from.add(byte) ^ panel.flip.to_le_bytes()[i * size + byte];
                }
            }
        }
    }
    u32::from_le_bytes(bytes)
}

/// # Safety
/// The CPU has ISA `P`; the panel has the words, which are of bytes; there is room for a sum of each row.
unsafe fn sum_a<P: Terms, const DOWN: usize>(panel: *const u8, words: usize, sums: *mut i32) {
    // SAFETY: the caller vouches for the ISA; `SumA::run` relies on the rest.
    unsafe { P::assume() }.enter(SumA::<DOWN> { panel, words, sums });
}

struct SumA<const DOWN: usize> {
    panel: *const u8,
    words: usize,
    sums: *mut i32,
}

impl<P: Terms, const DOWN: usize> TermsDispatch<P> for SumA<DOWN> {
    #[inline(always)]
    fn run(self, isa: P) {
        let mut ones = [1u8; 2 * crate::simd::dot::FACTORS];
        // SAFETY: a block of factors with room to spread it; the words of the panel, the sums of its rows, which are
        // of bytes, and so integers.
        unsafe {
            isa.spread(ones.as_mut_ptr());
            for i in 0..DOWN {
                let mut sum = isa.zero();
                for word in 0..self.words {
                    let words = self.panel.add((word * DOWN + i) * P::LANES * WORD);
                    for part in 0..P::PARTS {
                        let factors = isa.factors(ones.as_ptr(), 0, part);
                        sum = isa.add_products(sum, isa.rows(words, part), factors);
                    }
                }
                isa.store(sum, self.sums.add(i * P::LANES).cast());
            }
        }
    }
}

/// # Safety
/// The CPU has ISA `P`; source and destination are as large as the fields say.
unsafe fn pack_b<P: Terms, const NR: usize>(panel: &DotPanel) {
    // SAFETY: the caller vouches for the ISA; `PackB::run` relies on the rest.
    unsafe { P::assume() }.enter(PackB::<P, NR>(panel, PhantomData))
}

struct PackB<'a, P, const NR: usize>(&'a DotPanel, PhantomData<P>);

impl<P: Terms, const NR: usize> TermsDispatch<P> for PackB<'_, P, NR> {
    #[inline(always)]
    fn run(self, isa: P) {
        let panel = self.0;
        let size = WORD / P::NUMBERS;
        let flip = panel.flip.to_le_bytes();
        let per_block = P::NUMBERS * WORDS;
        let mut sums = [0i32; NR];
        for block in 0..panel.k.div_ceil(per_block) {
            let first = block * per_block;
            let numbers = per_block.min(panel.k - first);
            let mut bytes = [[0u8; WORD * WORDS]; NR];
            // SAFETY: `numbers` numbers of each column of the source; a block of each column of the panel.
            unsafe {
                let from = panel.from.offset(first as isize * panel.k_stride);
                if panel.k_stride == size as isize {
                    for (j, column) in bytes.iter_mut().enumerate().take(panel.width) {
                        let from = from.offset(j as isize * panel.i_stride);
                        if numbers == per_block {
                            from.copy_to_nonoverlapping(column.as_mut_ptr(), WORD * WORDS);
                        } else {
                            from.copy_to_nonoverlapping(column.as_mut_ptr(), numbers * size);
                        }
                    }
                } else {
                    for number in 0..numbers {
                        let from = from.offset(number as isize * panel.k_stride);
                        for (j, column) in bytes.iter_mut().enumerate().take(panel.width) {
                            let from = from.offset(j as isize * panel.i_stride);
                            for byte in 0..size {
                                column[number * size + byte] = *from.add(byte);
                            }
                        }
                    }
                }
                for (j, column) in bytes.iter_mut().enumerate() {
                    if panel.flip != 0 && j < panel.width {
                        for (i, byte) in column.iter_mut().enumerate().take(numbers * size) {
                            *byte ^= flip[i % WORD];
                        }
                    }
                    if !panel.sums.is_null() {
                        let sum: i32 = column.iter().map(|&byte| i32::from(byte as i8)).sum();
                        sums[j] = sums[j].wrapping_add(sum);
                    }
                    let to = panel.to.add((block * NR + j) * P::BLOCK_BYTES);
                    column.as_ptr().copy_to_nonoverlapping(to, WORD * WORDS);
                    isa.spread(to);
                }
            }
        }
        if !panel.sums.is_null() {
            // SAFETY: a sum for each column.
            unsafe { sums.as_ptr().copy_to_nonoverlapping(panel.sums, NR) };
        }
    }
}
