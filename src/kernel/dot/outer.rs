//! Outer products: `sums <- sums + A B` of small numbers where those of a column of A are adjacent and B has few
//! columns, prepared for them ([`super::skinny`]).
//!
//! Lanes are rows of A, and a word of them is made of as many columns of A as it has numbers. A is read once, some
//! columns at a time and in runs as long as the block of sums is high; the sums stay in L1.

use super::WORD;
use super::pack::{Numbers, adjacent, gather};
use super::skinny::prepared_bytes;
use crate::simd::dot::terms::{Terms, TermsDispatch, WORDS};
use crate::simd::dot::{Dot, Ints};

/// Words that are multiplied before sums go back to memory; their numbers are as many streams.
const AT_ONCE: usize = 2;
const _: () = assert!(WORDS.is_multiple_of(AT_ONCE));
/// Vectors of rows that meet a factor while it is in a register.
const DOWN: usize = 2;
/// Parts that any ISA takes a word in.
const MOST_PARTS: usize = 2;

/// Rows, columns and their sums.
#[derive(Debug)]
pub struct Outer<S> {
    /// Number (0, 0) of A; numbers of a column are adjacent.
    pub from: *const u8,
    /// Bytes from a column of A to the next.
    pub k_stride: isize,
    /// Rows of A.
    pub rows: usize,
    /// Columns of A.
    pub k: usize,
    /// Exclusive-or of each word of A, the same in all its bytes.
    pub flip: u32,
    /// The first column of B, as [`SkinnyKernels::prepare`](super::skinny::SkinnyKernels::prepare) leaves it.
    pub columns: *const u8,
    /// Columns of B.
    pub n: usize,
    /// Sums to which products are added, column after column, each with room for a multiple of [`ROWS`].
    pub sums: *mut S,
    /// Sums from a column to the next.
    pub sums_col: usize,
}

/// # Safety
/// The CPU has ISA `P`; A, columns and sums are as large as the fields say.
pub(super) unsafe fn products<P: Terms>(outer: &Outer<P::Sum>) {
    // SAFETY: the caller vouches for the ISA; `run` relies on the rest.
    unsafe { P::assume() }.enter(Products::<P>(outer));
}

struct Products<'a, P: Terms>(&'a Outer<P::Sum>);

impl<P: Terms> TermsDispatch<P> for Products<'_, P> {
    #[inline(always)]
    fn run(self, isa: P) {
        const { assert!(P::PARTS <= MOST_PARTS) };
        let outer = self.0;
        let words = outer.k.div_ceil(P::NUMBERS);
        let column_bytes = prepared_bytes(outer.k * WORD / P::NUMBERS, P::BLOCK_BYTES);
        for word in (0..words).step_by(AT_ONCE) {
            let block = outer.columns.wrapping_add(word / WORDS * P::BLOCK_BYTES);
            for first in (0..outer.rows).step_by(DOWN * P::LANES) {
                // SAFETY: rows and words that exist, of columns that go on to a whole block with zeros; their sums.
                unsafe {
                    let mut rows = [self.rows(isa, first, word); DOWN];
                    for v in 1..DOWN {
                        rows[v] = self.rows(isa, first + v * P::LANES, word);
                    }
                    for j in 0..outer.n {
                        let block = block.wrapping_add(j * column_bytes);
                        let to = outer.sums.add(j * outer.sums_col + first);
                        let mut sums = [isa.load(to); DOWN];
                        for v in 1..DOWN {
                            sums[v] = isa.load(to.add(v * P::LANES));
                        }
                        for i in 0..AT_ONCE {
                            for part in 0..P::PARTS {
                                let factors = isa.factors(block, word % WORDS + i, part);
                                for v in 0..DOWN {
                                    sums[v] = isa.add_products(sums[v], rows[v][i][part], factors);
                                }
                            }
                        }
                        for v in 0..DOWN {
                            isa.store(sums[v], to.add(v * P::LANES));
                        }
                    }
                }
            }
        }
    }
}

impl<P: Terms> Products<'_, P> {
    /// The parts of words `word..` of rows `first..`, as many as there are lanes; those that do not exist are 0.
    ///
    /// # Safety
    /// A must be readable.
    #[inline(always)]
    unsafe fn rows(&self, isa: P, first: usize, word: usize) -> [[P::Rows; MOST_PARTS]; AT_ONCE] {
        let Outer { from, k_stride, rows, k, flip, .. } = *self.0;
        let dot = isa.dot();
        let flips = <P::Dot as Dot>::Ints::splat(dot.isa(), flip as i32);
        let here = rows.saturating_sub(first).min(P::LANES);
        let size = WORD / P::NUMBERS;
        let from = from.wrapping_add(first * size);
        let mut parts = [[isa.part(flips, 0); MOST_PARTS]; AT_ONCE];
        for (i, parts) in parts.iter_mut().enumerate() {
            let word = word + i;
            // SAFETY: numbers that exist.
            let words = unsafe {
                if here == P::LANES && (word + 1) * P::NUMBERS <= k {
                    let from = from.wrapping_offset((word * P::NUMBERS) as isize * k_stride);
                    adjacent::<P::Dot, P>(dot, from, k_stride) ^ flips
                } else {
                    let numbers = Numbers { k_stride, k, flip };
                    let mut words = [0u32; MOST_LANES];
                    for (row, to) in words.iter_mut().enumerate().take(here) {
                        *to = gather(numbers, P::NUMBERS, from.wrapping_add(row * size), word);
                    }
                    <P::Dot as Dot>::Ints::load(dot.isa(), words.as_ptr().cast())
                }
            };
            for (part, to) in parts.iter_mut().enumerate().take(P::PARTS) {
                *to = isa.part(words, part);
            }
        }
        parts
    }
}

/// Lanes of the widest vector.
const MOST_LANES: usize = 16;
/// Rows that are multiplied at a time, at most.
pub const ROWS: usize = DOWN * MOST_LANES;
