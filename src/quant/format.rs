//! What the engine of this directory wants to know of a block format.
//!
//! A block is 32 or 256 values of a row. Its weights are small integers `q`; groups of 16 or 32 of them share an
//! integer scale `s` and perhaps an integer offset `o`, and the block has one or two real factors:
//!
//! ```text
//! value = d s q          or          value = d s q + m o
//! ```
//!
//! In blocks of 32 values, `s` and `o` are 1. Each format tells this twice: in plain code for one block
//! ([`BlockFormat::decode`], the definition), and in vectors for as many rows as a vector has lanes
//! ([`BlockFormat::unpack`]), which writes what the tile kernels read. Tests hold one against the other.

use crate::simd::Vector;
use crate::simd::dot::{Dot, Ints, Reals, Sums};
use core::marker::PhantomData;

/// Values of the largest block.
pub const LARGEST_BLOCK: usize = 256;
/// Bytes of the largest block of any format.
pub const LARGEST_BYTES: usize = 210;
/// Vectors across a panel of weights: its rows are twice the lanes of a vector.
pub const ACROSS: usize = 2;

/// A block format.
pub trait BlockFormat: Copy + core::fmt::Debug + 'static {
    /// Name, as ggml writes it.
    const NAME: &'static str;
    /// Values of a block: 32 or 256.
    const VALUES: usize;
    /// Bytes of a block.
    const BYTES: usize;
    /// Values that share a scale: 32 in blocks of 32, else 16 or 32.
    const GROUP: usize;
    /// Panels hold `q + BIAS`, which is not negative.
    const BIAS: u32;
    /// The largest `q + BIAS`.
    const LARGEST: u8;
    /// Whether there are offsets.
    const OFFSETS: bool;
    /// How products are summed on ISA `S`: small weights have a faster way.
    type Sums<S: Dot>: Sums<S>;

    /// Reads a block of `BYTES`.
    fn decode(block: &[u8]) -> Decoded;

    /// Writes the block that is nearest to `VALUES` values, or near.
    fn encode(values: &[f32], block: &mut [u8]);

    /// Unpacks one block of each of as many rows as a vector has lanes.
    ///
    /// # Safety
    /// The blocks must be readable, and `to` take what a block of this format has.
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>);
}

/// What [`BlockFormat::unpack`] hands over, lane for row: to a panel of weights ([`Place`]) or straight to products
/// (`single.rs`). Scales and offsets come before the weights.
pub trait Unpacked<S: Dot> {
    /// The scale of a group, which fits 16 bits.
    ///
    /// # Safety
    /// The group must exist.
    unsafe fn scale(&mut self, group: usize, scale: S::Ints);

    /// The offsets of groups `2 pair` and `2 pair + 1` in the low and high half of each lane.
    ///
    /// # Safety
    /// The groups must exist.
    unsafe fn offsets(&mut self, pair: usize, offsets: S::Ints);

    /// The factor of the weights.
    ///
    /// # Safety
    /// There must be a block.
    unsafe fn d(&mut self, d: Reals<S::Ints>);

    /// The factor of the offsets.
    ///
    /// # Safety
    /// The format must have offsets.
    unsafe fn m(&mut self, m: Reals<S::Ints>);

    /// 16 weights of each row, with the bias: steps `step .. step + 4`, of which step `i` has weights `4 i .. 4 i + 4`
    /// of the block.
    ///
    /// # Safety
    /// `step` must be a multiple of 4, and less than a quarter of the values; the scale of its group must have come.
    unsafe fn weights(&mut self, step: usize, bytes: [S::Ints; 4]);
}

/// A block in numbers.
#[derive(Clone, Copy, Debug)]
pub struct Decoded {
    /// Factor of the weights.
    pub d: f32,
    /// Factor of the offsets.
    pub m: f32,
    /// Scale of each group.
    pub scales: [i32; 16],
    /// Offset of each group.
    pub offsets: [i32; 16],
    /// Weights.
    pub weights: [i32; LARGEST_BLOCK],
}

impl Decoded {
    /// A block of 32 values.
    pub fn plain(d: f32, m: f32, weight: impl Fn(usize) -> i32) -> Decoded {
        let mut weights = [0; LARGEST_BLOCK];
        weights[..32].iter_mut().enumerate().for_each(|(i, w)| *w = weight(i));
        Decoded { d, m, scales: [1; 16], offsets: [1; 16], weights }
    }

    /// A block of 256 values.
    pub fn grouped(
        d: f32,
        m: f32,
        scale: impl Fn(usize) -> i32,
        offset: impl Fn(usize) -> i32,
        weight: impl Fn(usize) -> i32,
    ) -> Decoded {
        use core::array::from_fn;
        Decoded { d, m, scales: from_fn(scale), offsets: from_fn(offset), weights: from_fn(weight) }
    }
}

/// Values of a row of blocks.
pub fn dequantize<F: BlockFormat>(blocks: &[u8], values: &mut [f32]) {
    for (block, values) in blocks.chunks_exact(F::BYTES).zip(values.chunks_exact_mut(F::VALUES)) {
        let Decoded { d, m, scales, offsets, weights } = F::decode(block);
        for (i, value) in values.iter_mut().enumerate() {
            let group = i / F::GROUP;
            *value = d * scales[group] as f32 * weights[i] as f32;
            if F::OFFSETS {
                *value += m * offsets[group] as f32;
            }
        }
    }
}

/// Blocks of a row of values.
pub fn quantize<F: BlockFormat>(values: &[f32], blocks: &mut [u8]) {
    for (block, values) in blocks.chunks_exact_mut(F::BYTES).zip(values.chunks_exact(F::VALUES)) {
        F::encode(values, block);
    }
}

/// A block of each of as many rows as a vector has lanes.
#[derive(Clone, Copy, Debug)]
pub struct Blocks<S> {
    /// ISA.
    pub isa: S,
    /// The block of the first row.
    pub first: *const u8,
    /// Bytes from a row to the next.
    pub stride: usize,
}

impl<S: Dot> Blocks<S> {
    /// The 16 bytes at `offset` of each block, as four words.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    pub unsafe fn words(self, offset: usize) -> [S::Ints; 4] {
        // SAFETY: the caller's promise.
        unsafe { S::Ints::gather_words(self.isa.isa(), self.first.add(offset), self.stride) }
    }
}

/// Where the lanes of one vector go in a panel of weights. A panel is, for one block after the other,
///
/// ```text
/// VALUES / 4      x ACROSS vectors of bytes: four weights of each row
/// VALUES / GROUP  x ACROSS vectors of scales, and            only in blocks of 256
/// VALUES / GROUP / 2  x ACROSS vectors of pairs of offsets   only in blocks of 256
///                   ACROSS vectors of the factor d
///                   ACROSS vectors of the factor m           only with offsets
/// ```
///
/// A format without offsets has the products of BIAS and scales in their place, which belong to the factor d.
#[derive(Clone, Copy, Debug)]
pub struct Place<S, F> {
    to: *mut u8,
    format: PhantomData<(S, F)>,
}

impl<S: Dot, F: BlockFormat> Place<S, F> {
    /// Bytes of a vector.
    pub const VECTOR: usize = 4 * <S::Ints as Ints>::LANES;
    const LINE: usize = ACROSS * Self::VECTOR;
    const GROUPS: usize = if F::VALUES == 32 { 0 } else { F::VALUES / F::GROUP };
    /// Where the scales begin.
    pub const SCALES_AT: usize = F::VALUES / 4 * Self::LINE;
    /// Where the offsets begin.
    pub const OFFSETS_AT: usize = Self::SCALES_AT + Self::GROUPS * Self::LINE;
    /// Where the factor d is.
    pub const D_AT: usize = Self::OFFSETS_AT + Self::GROUPS / 2 * Self::LINE;
    /// Where the factor m is.
    pub const M_AT: usize = Self::D_AT + Self::LINE;
    /// Bytes of a block of a panel.
    pub const BYTES: usize = Self::M_AT + if F::OFFSETS { Self::LINE } else { 0 };

    /// The place of vector `across` of the block of a panel at `block`.
    pub fn new(block: *mut u8, across: usize) -> Self {
        Place { to: block.wrapping_add(across * Self::VECTOR), format: PhantomData }
    }

    #[inline(always)]
    unsafe fn put(self, offset: usize, x: S::Ints) {
        // SAFETY: the caller's promise.
        unsafe { x.store(self.to.add(offset)) }
    }
}

/// The place must be writable.
impl<S: Dot, F: BlockFormat> Unpacked<S> for Place<S, F> {
    #[inline(always)]
    unsafe fn scale(&mut self, group: usize, scale: S::Ints) {
        // SAFETY: the caller's promise.
        unsafe { self.put(Self::SCALES_AT + group * Self::LINE, F::Sums::<S>::scale(scale)) }
    }

    #[inline(always)]
    unsafe fn offsets(&mut self, pair: usize, offsets: S::Ints) {
        // SAFETY: the caller's promise.
        unsafe { self.put(Self::OFFSETS_AT + pair * Self::LINE, offsets) }
    }

    #[inline(always)]
    unsafe fn d(&mut self, d: Reals<S::Ints>) {
        // SAFETY: the caller's promise.
        unsafe { d.store(self.to.add(Self::D_AT).cast()) }
    }

    #[inline(always)]
    unsafe fn m(&mut self, m: Reals<S::Ints>) {
        // SAFETY: the caller's promise.
        unsafe { m.store(self.to.add(Self::M_AT).cast()) }
    }

    #[inline(always)]
    unsafe fn weights(&mut self, step: usize, bytes: [S::Ints; 4]) {
        for i in 0..4 {
            // SAFETY: the caller's promise.
            unsafe { self.put((step + i) * Self::LINE, bytes[i]) }
        }
    }
}

/// The number of half precision in bytes `at` and `at + 1`.
pub fn half(block: &[u8], at: usize) -> f32 {
    half::f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}

/// Writes a number of half precision to bytes `at` and `at + 1`, and returns what it became.
pub fn put_half(block: &mut [u8], at: usize, x: f32) -> f32 {
    let x = half::f16::from_f32(x);
    block[at..at + 2].copy_from_slice(&x.to_le_bytes());
    x.to_f32()
}

/// The lower and the upper half of each byte.
#[inline(always)]
pub fn nibbles<S: Dot>(isa: S, x: S::Ints) -> [S::Ints; 2] {
    let mask = S::Ints::splat(isa.isa(), 0x0f0f_0f0f);
    [x & mask, x.shr::<4>() & mask]
}

/// The lower and the upper halves of the bytes of four words.
#[inline(always)]
pub fn nibbles_of_four<S: Dot>(isa: S, words: [S::Ints; 4]) -> [[S::Ints; 4]; 2] {
    let [mut low, mut high] = [words; 2];
    for i in 0..4 {
        [low[i], high[i]] = nibbles(isa, words[i]);
    }
    [low, high]
}

/// Each bit moved from place `from` to place `to`, which the compiler should know.
#[inline(always)]
pub fn moved<I: Ints>(x: I, from: u32, to: u32) -> I {
    if from < to { x.shl_by(to - from) } else { x.shr_by(from - to) }
}

/// The lowest 16 bits of each lane, as a number of half precision.
#[inline(always)]
pub fn low_half<S: Dot>(isa: S, x: S::Ints) -> Reals<S::Ints> {
    (x & S::Ints::splat(isa.isa(), 0xffff)).half_to_reals()
}

/// The highest 16 bits of each lane, as a number of half precision.
#[inline(always)]
pub fn high_half<S: Dot>(x: S::Ints) -> Reals<S::Ints> {
    x.shr::<16>().half_to_reals()
}
