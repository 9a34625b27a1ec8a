//! Tiles whose columns are read where they lie, once: a large B whose numbers are adjacent along k.
//!
//! A block of a column is as it would be packed, for ISAs that leave factors as they are; only the columns lie apart, and
//! the sum of each is not behind them ([`Streamed::sums`]).

use super::tile::write;
use super::{DotTile, MOST_VECTORS, TileKernel, WORD};
use crate::platform::memory::LINE;
use crate::simd::Isa;
use crate::simd::dot::terms::{Terms, TermsDispatch, WORDS};
use crate::simd::dot::{Dot, Ints};
use core::marker::PhantomData;

/// The kernels that read columns where they lie.
#[derive(Debug)]
pub struct Streamed<S> {
    /// By the vectors of rows less one, then whether of bytes the rows' are the signed ones.
    tiles: [[TileKernel<S>; 2]; MOST_VECTORS],
    lanes: usize,
    /// Sums the numbers of columns of bytes.
    pub sums: unsafe fn(&Columns),
}

/// Columns whose numbers are summed.
#[derive(Debug)]
pub struct Columns {
    /// Number (0, 0).
    pub from: *const u8,
    /// Bytes from a column to the next.
    pub stride: usize,
    /// How many there are.
    pub count: usize,
    /// Words of each.
    pub words: usize,
    /// Whether their bytes are signed.
    pub signed: bool,
    /// Where the sums go.
    pub to: *mut i32,
}

impl<S> Streamed<S> {
    pub(super) const fn new<P: Terms<Sum = S>, const DOWN: usize, const NR: usize>() -> Self {
        Streamed {
            tiles: [
                [tile::<P, DOWN, 1, NR, false>, tile::<P, DOWN, 1, NR, true>],
                [tile::<P, DOWN, 2, NR, false>, tile::<P, DOWN, 2, NR, true>],
                if DOWN > 2 {
                    [tile::<P, DOWN, 3, NR, false>, tile::<P, DOWN, 3, NR, true>]
                } else {
                    [tile::<P, DOWN, 2, NR, false>, tile::<P, DOWN, 2, NR, true>]
                },
            ],
            lanes: P::LANES,
            sums: sums::<P>,
        }
    }

    /// The tile kernel for `height` rows, `1..=MR`, by up to NR columns. Of bytes those of columns are signed and those of
    /// rows are not; `crossed`, the other way round.
    #[inline]
    pub fn tile(&self, height: usize, crossed: bool) -> TileKernel<S> {
        self.tiles[(height - 1) / self.lanes][usize::from(crossed)]
    }
}

/// # Safety
/// The CPU has ISA `P`; the panel of A and the columns have the words, sums and destination are as large as the fields say.
unsafe fn tile<P: Terms, const DOWN: usize, const V: usize, const N: usize, const CROSSED: bool>(
    tile: &DotTile<P::Sum>,
) {
    // SAFETY: the caller vouches for the ISA; `Product::run` relies on the rest.
    unsafe { P::assume() }.enter(Product::<P, DOWN, V, N, CROSSED>(tile, PhantomData))
}

/// `V` vectors of rows of a panel of `DOWN`, times up to `N` columns.
struct Product<'a, P: Terms, const DOWN: usize, const V: usize, const N: usize, const CROSSED: bool>(
    &'a DotTile<P::Sum>,
    PhantomData<P>,
);

impl<P: Terms, const DOWN: usize, const V: usize, const N: usize, const CROSSED: bool> TermsDispatch<P>
    for Product<'_, P, DOWN, V, N, CROSSED>
{
    #[inline(always)]
    fn run(self, isa: P) {
        let tile = self.0;
        // A column that does not exist is the last one once more, whose sums go nowhere.
        let mut columns = [tile.b; N];
        for (j, column) in columns.iter_mut().enumerate() {
            *column = tile.b.wrapping_add(j.min(tile.n - 1) * tile.b_col);
        }
        let mut sums = [[isa.zero(); V]; N];
        let mut a = tile.a;
        // Columns one after the other are fetched, as many bytes in a block as it reads.
        let bytes = tile.words * WORD;
        let (mut next, mut fetched) = (tile.b_next, 0);
        for word in (0..tile.words).step_by(WORDS) {
            if !next.is_null() {
                for _ in 0..(N * P::BLOCK_BYTES).div_ceil(LINE) {
                    isa.dot().isa().prefetch(next.wrapping_add(fetched));
                    fetched += LINE;
                    if fetched >= bytes {
                        (next, fetched) = (next.wrapping_add(tile.b_col), 0);
                    }
                }
            }
            let here = WORDS.min(tile.words - word);
            // SAFETY: words of the panel and of the columns, which the caller vouches for.
            unsafe {
                if here == WORDS {
                    for word in 0..WORDS {
                        accumulate::<P, V, N, CROSSED>(isa, &mut sums, a, &columns, word);
                        a = a.wrapping_add(DOWN * P::LANES * WORD);
                    }
                } else {
                    for word in 0..here {
                        accumulate::<P, V, N, CROSSED>(isa, &mut sums, a, &columns, word);
                        a = a.wrapping_add(DOWN * P::LANES * WORD);
                    }
                }
            }
            for column in &mut columns {
                *column = column.wrapping_add(P::BLOCK_BYTES);
            }
        }
        // SAFETY: the caller vouches for sums and terms.
        unsafe { write::<P, V, N>(isa, tile, &sums, tile.n) };
    }
}

/// Adds the products of one word of each row and column.
///
/// # Safety
/// `V` vectors of words at `a` and the word of each column must be readable.
#[inline(always)]
unsafe fn accumulate<P: Terms, const V: usize, const N: usize, const CROSSED: bool>(
    isa: P,
    sums: &mut [[P::Sums; V]; N],
    a: *const u8,
    columns: &[*const u8; N],
    word: usize,
) {
    for part in 0..P::PARTS {
        // SAFETY: the caller vouches for words and columns.
        unsafe {
            let mut rows = [isa.rows(a, part); V];
            for (i, row) in rows.iter_mut().enumerate().skip(1) {
                *row = isa.rows(a.add(i * P::LANES * WORD), part);
            }
            for j in 0..N {
                let factors = isa.factors(columns[j], word, part);
                for i in 0..V {
                    sums[j][i] = if CROSSED {
                        isa.add_crossed(sums[j][i], rows[i], factors)
                    } else {
                        isa.add_products(sums[j][i], rows[i], factors)
                    };
                }
            }
        }
    }
}

/// A block of ones.
const ONES: [u8; WORDS * WORD] = [1; WORDS * WORD];

/// # Safety
/// The CPU has ISA `P`, whose numbers are bytes; the columns are as large as the fields say, the sums writable.
unsafe fn sums<P: Terms>(columns: &Columns) {
    struct Work<'a, P>(&'a Columns, PhantomData<P>);
    impl<P: Terms> TermsDispatch<P> for Work<'_, P> {
        #[inline(always)]
        fn run(self, isa: P) {
            let &Columns { from, stride, count, words, signed, to } = self.0;
            let (dot, vector) = (isa.dot(), <P::Dot as Dot>::Ints::LANES);
            // Signed bytes as unsigned ones, 128 larger.
            let (highest, excess) = if signed { (0x80, 128) } else { (0, 0) };
            let flips = <P::Dot as Dot>::Ints::splat(dot.isa(), i32::from_ne_bytes([highest; WORD]));
            for j in 0..count {
                // SAFETY: the words of column j, which the caller vouches for.
                unsafe {
                    let ones = Dot::factors(dot, ONES.as_ptr(), 0, 0);
                    let column = from.add(j * stride);
                    let mut sum = <P::Dot as Dot>::Ints::splat(dot.isa(), 0);
                    let whole = words / vector * vector;
                    for word in (0..whole).step_by(vector) {
                        let bytes = <P::Dot as Dot>::Ints::load(dot.isa(), column.add(word * WORD));
                        sum = Dot::add_products(dot, sum, bytes ^ flips, ones);
                    }
                    let mut sum = sum.sum().wrapping_sub(excess * (whole * WORD) as i32);
                    for at in whole * WORD..words * WORD {
                        sum = sum.wrapping_add(i32::from(*column.add(at) ^ highest) - excess);
                    }
                    to.add(j).write(sum);
                }
            }
        }
    }
    // SAFETY: the caller vouches for the ISA; `run` relies on the rest.
    unsafe { P::assume() }.enter(Work::<P>(columns, PhantomData));
}
