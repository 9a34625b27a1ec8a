//! What a tile of low precision is made of: a word of four bytes in each lane, times a word that all lanes
//! share, several products of small numbers added to each lane at once.
//!
//! | ISA | numbers in a word | sums | instruction |
//! |---|---|---|---|
//! | the [`Dot`] ISAs | 4 unsigned bytes times 4 signed | `i32`, modulo 2^32 | see there |
//! | avx512-bf16 | 2 bf16 times 2 bf16 | `f32` | `vdpbf16ps` |
//! | avx2, portable | 2 bf16 times 2 bf16 | `f32` | a shift or a mask makes an `f32`: `vfmadd231ps` |
//! | avx2, portable | 2 f16 times 2 f16 | `f32` | after conversion: `vfmadd231ps` |
//!
//! Words come in blocks of [`WORDS`]: 32 bytes of a column, which [`Terms::spread`] may change the form of.
//! An ISA that widens numbers takes a word in several parts.
//!
//! Called by `kernel::dot`.

use super::{Dot, Ints, Reals};
use crate::simd::Vector;
use half::bf16;

/// Words of a block.
pub const WORDS: usize = super::FACTORS / 4;

/// The nearest bf16, the even one of two as near.
#[inline(always)]
pub fn nearest(x: f32) -> bf16 {
    // NaN stays NaN: its highest fraction bit is set. Else the bits that go away round the rest.
    let bits = x.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    let quiet = bits >> 16 | 0x40;
    bf16::from_bits(if x.is_nan() { quiet } else { rounded } as u16)
}

/// bf16 of a block.
pub const BF16_OF_BLOCK: usize = 2 * WORDS;

/// An ISA that adds the products of words to lanes.
pub trait Terms: Copy + Send + Sync + 'static {
    /// The ISA whose integers pack the operands.
    type Dot: Dot;
    /// A sum.
    type Sum: Copy;
    /// A vector of sums.
    type Sums: Copy;
    /// A part of a word of each row.
    type Rows: Copy;
    /// A part of a word of a column, for all lanes.
    type Factors: Copy;
    /// Name.
    const NAME: &'static str;
    /// Lanes of a vector of sums.
    const LANES: usize;
    /// Numbers in a word.
    const NUMBERS: usize;
    /// Parts that a word is taken in.
    const PARTS: usize = 1;
    /// Whether factors become integers of 16 bits when spread, which have room for an offset.
    const WORD_FACTORS: bool = false;
    /// Bytes of a block of a column.
    const BLOCK_BYTES: usize = super::FACTORS;

    /// The token.
    ///
    /// # Safety
    /// CPU and system must support the ISA.
    unsafe fn assume() -> Self;
    /// The token of the ISA whose integers pack.
    fn dot(self) -> Self::Dot;
    /// Runs `work` compiled for this ISA.
    fn enter<W: TermsDispatch<Self>>(self, work: W);
    /// Sums of nothing.
    fn zero(self) -> Self::Sums;
    /// All lanes `x`.
    fn splat(self, x: Self::Sum) -> Self::Sums;
    /// Reads sums.
    ///
    /// # Safety
    /// `LANES` must be readable.
    unsafe fn load(self, from: *const Self::Sum) -> Self::Sums;
    /// Writes sums.
    ///
    /// # Safety
    /// `LANES` must be writable.
    unsafe fn store(self, sums: Self::Sums, to: *mut Self::Sum);
    /// Reads the first `n` sums, fewer than `LANES`.
    ///
    /// # Safety
    /// They must be readable.
    unsafe fn load_first(self, from: *const Self::Sum, n: usize) -> Self::Sums;
    /// Writes the first `n` sums, fewer than `LANES`.
    ///
    /// # Safety
    /// They must be writable.
    unsafe fn store_first(self, sums: Self::Sums, to: *mut Self::Sum, n: usize);
    /// `x + y`.
    fn add(self, x: Self::Sums, y: Self::Sums) -> Self::Sums;
    /// `x y`, lane by lane.
    fn times(self, x: Self::Sums, y: Self::Sums) -> Self::Sums;
    /// The sum of all lanes.
    fn total(self, sums: Self::Sums) -> Self::Sum;
    /// A part of the words of `LANES` rows.
    fn part(self, words: <Self::Dot as Dot>::Ints, part: usize) -> Self::Rows;
    /// A part of the words of `LANES` rows.
    ///
    /// # Safety
    /// `LANES` words must be readable.
    #[inline(always)]
    unsafe fn rows(self, from: *const u8, part: usize) -> Self::Rows {
        let dot = self.dot();
        // SAFETY: the caller's promise.
        self.part(unsafe { <Self::Dot as Dot>::Ints::load(dot.isa(), dot.again(from)) }, part)
    }
    /// A part of word `word` of a block.
    ///
    /// # Safety
    /// `block` must have been spread; `word < WORDS`.
    unsafe fn factors(self, block: *const u8, word: usize, part: usize) -> Self::Factors;
    /// A part of a word of a column for each lane: of those of blocks that lie at `from`, one after the other.
    ///
    /// # Safety
    /// There must be as many, and have been spread.
    unsafe fn factors_of_lanes(self, from: *const u8, part: usize) -> Self::Factors;
    /// Adds the products of a part.
    fn add_products(self, sums: Self::Sums, rows: Self::Rows, factors: Self::Factors) -> Self::Sums;
    /// [`Terms::add_products`], but of bytes the rows' are the signed ones ([`Dot::add_crossed`]).
    #[inline(always)]
    fn add_crossed(self, sums: Self::Sums, rows: Self::Rows, factors: Self::Factors) -> Self::Sums {
        self.add_products(sums, rows, factors)
    }
    /// Brings a block of a column into the form that [`Terms::factors`] reads, in place.
    ///
    /// # Safety
    /// `BLOCK_BYTES` must be writable, the first `4 WORDS` be set.
    unsafe fn spread(self, block: *mut u8);
    /// The nearest bf16, the even one of two as near.
    #[inline(always)]
    fn round(self, block: [f32; BF16_OF_BLOCK]) -> [bf16; BF16_OF_BLOCK] {
        block.map(nearest)
    }
}

/// An algorithm that is compiled for an ISA.
pub trait TermsDispatch<P: Terms> {
    /// The algorithm; implement it `#[inline(always)]`.
    fn run(self, isa: P);
}

/// Lets work on [`Terms`] through the door of a [`Dot`] ISA.
pub(super) struct Through<P, W>(pub(super) P, pub(super) W);

impl<P: Terms, W: TermsDispatch<P>> super::DotDispatch for Through<P, W> {
    type Output = ();
    #[inline(always)]
    fn run<S: Dot>(self, _: S) {
        self.1.run(self.0);
    }
}

/// Bytes, on every ISA that multiplies them.
impl<S: Dot> Terms for S {
    type Dot = S;
    type Sum = i32;
    type Sums = S::Ints;
    type Rows = S::Ints;
    type Factors = S::Factors;
    const NAME: &'static str = S::LEVEL.name();
    const LANES: usize = S::Ints::LANES;
    const NUMBERS: usize = 4;
    const PARTS: usize = S::PARTS;
    const WORD_FACTORS: bool = S::WORD_FACTORS;
    const BLOCK_BYTES: usize = S::SPREAD_BYTES;

    #[inline(always)]
    unsafe fn assume() -> Self {
        // SAFETY: the caller vouches for the ISA.
        unsafe { <S as Dot>::assume() }
    }
    #[inline(always)]
    fn dot(self) -> S {
        self
    }
    #[inline(always)]
    fn enter<W: TermsDispatch<S>>(self, work: W) {
        Dot::enter(self, Through(self, work));
    }
    #[inline(always)]
    fn zero(self) -> S::Ints {
        S::Ints::splat(self.isa(), 0)
    }
    #[inline(always)]
    fn splat(self, x: i32) -> S::Ints {
        S::Ints::splat(self.isa(), x)
    }
    #[inline(always)]
    unsafe fn load(self, from: *const i32) -> S::Ints {
        // SAFETY: the caller vouches for the memory.
        unsafe { S::Ints::load(self.isa(), from.cast()) }
    }
    #[inline(always)]
    unsafe fn store(self, sums: S::Ints, to: *mut i32) {
        // SAFETY: the caller vouches for the memory.
        unsafe { sums.store(to.cast()) }
    }
    #[inline(always)]
    unsafe fn load_first(self, from: *const i32, n: usize) -> S::Ints {
        // SAFETY: the caller vouches for the memory, whose bits are moved as they are.
        S::Ints::of_bits(unsafe { Reals::<S::Ints>::load_first(self.isa(), from.cast(), n) })
    }
    #[inline(always)]
    unsafe fn store_first(self, sums: S::Ints, to: *mut i32, n: usize) {
        // SAFETY: as above.
        unsafe { sums.bits().store_first(self.isa(), to.cast(), n) }
    }
    #[inline(always)]
    fn add(self, x: S::Ints, y: S::Ints) -> S::Ints {
        x + y
    }
    #[inline(always)]
    fn times(self, x: S::Ints, y: S::Ints) -> S::Ints {
        x.times(y)
    }
    #[inline(always)]
    fn total(self, sums: S::Ints) -> i32 {
        sums.sum()
    }
    #[inline(always)]
    fn part(self, words: S::Ints, part: usize) -> S::Ints {
        Dot::part(self, words, part)
    }
    #[inline(always)]
    unsafe fn factors(self, block: *const u8, word: usize, part: usize) -> S::Factors {
        // SAFETY: the caller vouches for the block.
        unsafe { Dot::factors(self, block, word, part) }
    }
    #[inline(always)]
    unsafe fn factors_of_lanes(self, from: *const u8, part: usize) -> S::Factors {
        // SAFETY: the caller vouches for the blocks.
        unsafe { Dot::factors_of_lanes(self, from, part) }
    }
    #[inline(always)]
    fn add_products(self, sums: S::Ints, rows: S::Ints, factors: S::Factors) -> S::Ints {
        Dot::add_products(self, sums, rows, factors)
    }
    #[inline(always)]
    fn add_crossed(self, sums: S::Ints, rows: S::Ints, factors: S::Factors) -> S::Ints {
        Dot::add_crossed(self, sums, rows, factors)
    }
    #[inline(always)]
    unsafe fn spread(self, block: *mut u8) {
        // SAFETY: the caller vouches for the block.
        unsafe { Dot::spread(self, block) }
    }
}
