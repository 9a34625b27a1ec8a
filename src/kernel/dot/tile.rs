//! A tile in registers: the products of two panels.

use super::{DotTile, LARGEST_TILE, WORD};
use crate::platform::memory::LINE;
use crate::simd::Isa;
use crate::simd::dot::Dot;
use crate::simd::dot::terms::{Terms, TermsDispatch, WORDS};
use core::marker::PhantomData;
use core::mem::MaybeUninit;

/// # Safety
/// The CPU has ISA `P`; the panels have the words, sums and destination are as large as the fields say.
pub(super) unsafe fn tile<P: Terms, const DOWN: usize, const NR: usize, const V: usize, const N: usize>(
    tile: &DotTile<P::Sum>,
) {
    // SAFETY: the caller vouches for the ISA; `Product::run` relies on the rest.
    unsafe { P::assume() }.enter(Product::<P, DOWN, NR, V, N>(tile, PhantomData))
}

/// `V` vectors of rows of a panel of `DOWN` times `N` columns of one of `NR`.
struct Product<'a, P: Terms, const DOWN: usize, const NR: usize, const V: usize, const N: usize>(
    &'a DotTile<P::Sum>,
    PhantomData<P>,
);

impl<P: Terms, const DOWN: usize, const NR: usize, const V: usize, const N: usize> TermsDispatch<P>
    for Product<'_, P, DOWN, NR, V, N>
{
    #[inline(always)]
    fn run(self, isa: P) {
        let tile = self.0;
        let mut sums = [[isa.zero(); V]; N];
        let (mut a, mut b) = (tile.a, tile.b);
        for block in 0..tile.words / WORDS {
            self.fetch(isa, block);
            for word in 0..WORDS {
                // SAFETY: a whole block of both panels, which the caller vouches for.
                unsafe { accumulate::<P, V, N>(isa, &mut sums, a, b, word) };
                a = a.wrapping_add(DOWN * P::LANES * WORD);
            }
            b = b.wrapping_add(NR * P::BLOCK_BYTES);
        }
        for word in 0..tile.words % WORDS {
            // SAFETY: words of the last block.
            unsafe { accumulate::<P, V, N>(isa, &mut sums, a, b, word) };
            a = a.wrapping_add(DOWN * P::LANES * WORD);
        }
        // SAFETY: the caller vouches for sums and terms.
        unsafe { write::<P, V, N>(isa, tile, &sums, N) };
    }
}

/// Writes or adds the sums of `n` columns with what terms they get.
///
/// # Safety
/// Destination and terms must be as large as the tile says.
#[inline(always)]
pub(super) unsafe fn write<P: Terms, const V: usize, const N: usize>(
    isa: P,
    tile: &DotTile<P::Sum>,
    sums: &[[P::Sums; V]; N],
    n: usize,
) {
    // Through memory, where loops that are not unrolled can find them: what is left is short.
    let mut finished = MaybeUninit::<[P::Sum; LARGEST_TILE]>::uninit();
    let finished = finished.as_mut_ptr().cast::<P::Sum>();
    for (j, column) in sums.iter().enumerate() {
        for (i, &sum) in column.iter().enumerate() {
            // SAFETY: vector i of column j of a tile.
            unsafe { isa.store(sum, finished.add((j * V + i) * P::LANES)) };
        }
    }
    for j in 0..n {
        for i in 0..V {
            // SAFETY: vector i of column j of the tile just written, of the destination, of the rows' terms and
            // of the columns', which the caller vouches for.
            unsafe {
                let to = tile.to.add(j * tile.to_col + i * P::LANES);
                let mut sum = isa.load(finished.add((j * V + i) * P::LANES));
                if !tile.row_terms.is_null() {
                    let row = isa.load(tile.row_terms.add(i * P::LANES));
                    let row = isa.times(row, isa.splat(tile.row_factor));
                    sum = isa.add(isa.add(sum, row), isa.splat(*tile.col_terms.add(j)));
                }
                let here = tile.height - i * P::LANES;
                if here >= P::LANES {
                    if tile.add {
                        sum = isa.add(sum, isa.load(to));
                    }
                    isa.store(sum, to);
                } else {
                    if tile.add {
                        sum = isa.add(sum, isa.load_first(to, here));
                    }
                    isa.store_first(sum, to, here);
                }
            }
        }
    }
}

impl<P: Terms, const DOWN: usize, const NR: usize, const V: usize, const N: usize>
    Product<'_, P, DOWN, NR, V, N>
{
    /// Fetches what is wanted after block `block` of the panels: the block of the next panel of B, and in the first
    /// blocks a column of the sums each.
    #[inline(always)]
    fn fetch(&self, isa: P, block: usize) {
        let (tile, isa) = (self.0, isa.dot().isa());
        let bytes = NR * P::BLOCK_BYTES;
        if !tile.b_next.is_null() {
            for at in (0..bytes).step_by(LINE) {
                isa.prefetch(tile.b_next.wrapping_add(block * bytes + at));
            }
        }
        if block < N {
            let to = tile.to.wrapping_add(block * tile.to_col).cast::<u8>();
            for at in (0..V * P::LANES * WORD).step_by(LINE) {
                isa.prefetch(to.wrapping_add(at));
            }
        }
    }
}

/// Adds the products of one word of each row and column.
///
/// # Safety
/// `V` vectors of words at `a` and blocks of `N` columns at `b` must be readable.
#[inline(always)]
unsafe fn accumulate<P: Terms, const V: usize, const N: usize>(
    isa: P,
    sums: &mut [[P::Sums; V]; N],
    a: *const u8,
    b: *const u8,
    word: usize,
) {
    for part in 0..P::PARTS {
        // SAFETY: the caller vouches for words and blocks.
        unsafe {
            let mut rows = [isa.rows(a, part); V];
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
