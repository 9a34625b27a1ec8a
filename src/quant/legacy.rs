//! Q4_0, Q4_1, Q5_0, Q5_1, Q8_0: 32 values, one factor in half precision, in the `_1` formats also an offset.
//!
//! | format | bytes | value |
//! |---|---|---|
//! | Q4_0 | d, 16 x two nibbles | `d (q - 8)` |
//! | Q4_1 | d, m, 16 x two nibbles | `d q + m` |
//! | Q5_0 | d, 32 high bits, 16 x two nibbles | `d (q - 16)` |
//! | Q5_1 | d, m, 32 high bits, 16 x two nibbles | `d q + m` |
//! | Q8_0 | d, 32 signed bytes | `d q` |
//!
//! The low nibble of byte j is value j, the high one value j + 16. Quantising follows ggml's reference.

use super::format::{
    BlockFormat, Blocks, Decoded, Unpacked, half, high_half, low_half, moved, nibbles_of_four, put_half,
};
use crate::simd::dot::{Dot, Full, Ints};

/// 4 bits, symmetric.
#[derive(Clone, Copy, Debug)]
pub struct Q4_0;
/// 4 bits with an offset.
#[derive(Clone, Copy, Debug)]
pub struct Q4_1;
/// 5 bits, symmetric.
#[derive(Clone, Copy, Debug)]
pub struct Q5_0;
/// 5 bits with an offset.
#[derive(Clone, Copy, Debug)]
pub struct Q5_1;
/// 8 bits.
#[derive(Clone, Copy, Debug)]
pub struct Q8_0;

/// Value `i`'s four bits.
pub fn nibble(bytes: &[u8], i: usize) -> i32 {
    i32::from(if i < 16 { bytes[i] & 15 } else { bytes[i - 16] >> 4 })
}

/// Puts four bits of each of 32 values into 16 bytes.
pub fn put_nibbles(bytes: &mut [u8], value: impl Fn(usize) -> u8) {
    for (j, byte) in bytes[..16].iter_mut().enumerate() {
        *byte = (value(j) & 15) | value(j + 16) << 4;
    }
}

/// The fifth bits, one value a bit.
fn high_bits(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The value that is largest in magnitude, the first of these.
pub fn extreme(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |most: f32, &x| if x.abs() > most.abs() { x } else { most })
}

/// `1 / x`, or 0 for 0.
pub fn inverse(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { 1.0 / x }
}

/// Factor and integers `0..2 half` such that the extreme value becomes `-half`.
fn symmetric(values: &[f32], half: u8) -> (f32, [u8; 32]) {
    let d = extreme(values) / -f32::from(half);
    let (inverse, zero) = (inverse(d), f32::from(half) + 0.5);
    // The cast cuts off, and takes what is not a number to 0.
    (d, core::array::from_fn(|i| ((values[i] * inverse + zero) as u8).min(2 * half - 1)))
}

/// Factor, offset and integers `0..=most` such that the smallest value becomes 0 and the largest `most`.
fn between(values: &[f32], most: u8) -> (f32, f32, [u8; 32]) {
    let least = values.iter().copied().fold(f32::MAX, f32::min);
    let largest = values.iter().copied().fold(-f32::MAX, f32::max);
    let d = (largest - least) / f32::from(most);
    let inverse = inverse(d);
    (d, least, core::array::from_fn(|i| (((values[i] - least) * inverse + 0.5) as u8).min(most)))
}

/// Nibbles of 16 bytes to weights.
///
/// # Safety
/// As for [`BlockFormat::unpack`]; the nibbles are at `offset`.
#[inline(always)]
unsafe fn unpack_nibbles<S: Dot>(isa: S, blocks: Blocks<S>, offset: usize, to: &mut impl Unpacked<S>) {
    // SAFETY: the caller's promise; steps 0..8.
    unsafe {
        let [low, high] = nibbles_of_four(isa, blocks.words(offset));
        to.weights(0, low);
        to.weights(4, high);
    }
}

/// Bits `from .. from + 4` of each lane to the fifth places of its four bytes.
#[inline(always)]
fn spread<S: Dot>(isa: S, bits: S::Ints, from: u32) -> S::Ints {
    // Copies 7 and 14 bits further up bring each bit to its byte.
    let x = moved(bits, from, 4) & S::Ints::splat(isa.isa(), 0xf0);
    let x = x | x.shl::<7>();
    (x | x.shl::<14>()) & S::Ints::splat(isa.isa(), 0x1010_1010)
}

/// Nibbles of 16 bytes and their fifth bits to weights.
///
/// # Safety
/// As for [`BlockFormat::unpack`]; the nibbles are at `offset`.
#[inline(always)]
unsafe fn unpack_five<S: Dot>(
    isa: S,
    blocks: Blocks<S>,
    bits: S::Ints,
    offset: usize,
    to: &mut impl Unpacked<S>,
) {
    // SAFETY: the caller's promise; steps 0..8.
    unsafe {
        let [mut low, mut high] = nibbles_of_four(isa, blocks.words(offset));
        for i in 0..4 {
            low[i] = low[i] | spread(isa, bits, 4 * i as u32);
            high[i] = high[i] | spread(isa, bits, 4 * i as u32 + 16);
        }
        to.weights(0, low);
        to.weights(4, high);
    }
}

impl BlockFormat for Q4_0 {
    const NAME: &'static str = "q4_0";
    const VALUES: usize = 32;
    const BYTES: usize = 18;
    const GROUP: usize = 32;
    const BIAS: u32 = 8;
    const LARGEST: u8 = 15;
    const OFFSETS: bool = false;
    type Sums<S: Dot> = S::Narrow;

    fn decode(block: &[u8]) -> Decoded {
        Decoded::plain(half(block, 0), 0.0, |i| nibble(&block[2..], i) - 8)
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let (d, q) = symmetric(values, 8);
        put_half(block, 0, d);
        put_nibbles(&mut block[2..], |i| q[i]);
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        // SAFETY: the caller's promise.
        unsafe {
            to.d(low_half(isa, blocks.words(0)[0]));
            unpack_nibbles(isa, blocks, 2, to);
        }
    }
}

impl BlockFormat for Q4_1 {
    const NAME: &'static str = "q4_1";
    const VALUES: usize = 32;
    const BYTES: usize = 20;
    const GROUP: usize = 32;
    const BIAS: u32 = 0;
    const LARGEST: u8 = 15;
    const OFFSETS: bool = true;
    type Sums<S: Dot> = S::Narrow;

    fn decode(block: &[u8]) -> Decoded {
        Decoded::plain(half(block, 0), half(block, 2), |i| nibble(&block[4..], i))
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let (d, m, q) = between(values, 15);
        put_half(block, 0, d);
        put_half(block, 2, m);
        put_nibbles(&mut block[4..], |i| q[i]);
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        // SAFETY: the caller's promise.
        unsafe {
            let factors = blocks.words(0)[0];
            to.d(low_half(isa, factors));
            to.m(high_half::<S>(factors));
            unpack_nibbles(isa, blocks, 4, to);
        }
    }
}

impl BlockFormat for Q5_0 {
    const NAME: &'static str = "q5_0";
    const VALUES: usize = 32;
    const BYTES: usize = 22;
    const GROUP: usize = 32;
    const BIAS: u32 = 16;
    const LARGEST: u8 = 31;
    const OFFSETS: bool = false;
    type Sums<S: Dot> = S::Narrow;

    fn decode(block: &[u8]) -> Decoded {
        let bits = high_bits(&block[2..]);
        let fifth = |i| (bits >> i & 1) as i32 * 16;
        Decoded::plain(half(block, 0), 0.0, |i| nibble(&block[6..], i) + fifth(i) - 16)
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let (d, q) = symmetric(values, 16);
        put_half(block, 0, d);
        put_five(&mut block[2..], q);
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        // SAFETY: the caller's promise.
        unsafe {
            let [first, second, ..] = blocks.words(0);
            to.d(low_half(isa, first));
            unpack_five(isa, blocks, first.shr::<16>() | second.shl::<16>(), 6, to);
        }
    }
}

/// Fifth bits, then nibbles.
fn put_five(bytes: &mut [u8], q: [u8; 32]) {
    let bits = (0..32).fold(0, |bits, i| bits | u32::from(q[i] >> 4) << i);
    bytes[..4].copy_from_slice(&bits.to_le_bytes());
    put_nibbles(&mut bytes[4..], |i| q[i]);
}

impl BlockFormat for Q5_1 {
    const NAME: &'static str = "q5_1";
    const VALUES: usize = 32;
    const BYTES: usize = 24;
    const GROUP: usize = 32;
    const BIAS: u32 = 0;
    const LARGEST: u8 = 31;
    const OFFSETS: bool = true;
    type Sums<S: Dot> = S::Narrow;

    fn decode(block: &[u8]) -> Decoded {
        let bits = high_bits(&block[4..]);
        let fifth = |i| (bits >> i & 1) as i32 * 16;
        Decoded::plain(half(block, 0), half(block, 2), |i| nibble(&block[8..], i) + fifth(i))
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let (d, m, q) = between(values, 31);
        put_half(block, 0, d);
        put_half(block, 2, m);
        put_five(&mut block[4..], q);
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        // SAFETY: the caller's promise.
        unsafe {
            let [factors, bits, ..] = blocks.words(0);
            to.d(low_half(isa, factors));
            to.m(high_half::<S>(factors));
            unpack_five(isa, blocks, bits, 8, to);
        }
    }
}

impl BlockFormat for Q8_0 {
    const NAME: &'static str = "q8_0";
    const VALUES: usize = 32;
    const BYTES: usize = 34;
    const GROUP: usize = 32;
    const BIAS: u32 = 128;
    const LARGEST: u8 = 255;
    const OFFSETS: bool = false;
    type Sums<S: Dot> = Full;

    fn decode(block: &[u8]) -> Decoded {
        Decoded::plain(half(block, 0), 0.0, |i| i32::from(block[2 + i] as i8))
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let d = extreme(values).abs() / 127.0;
        let inverse = inverse(d);
        put_half(block, 0, d);
        for (q, x) in block[2..].iter_mut().zip(values) {
            *q = (x * inverse).round() as i8 as u8;
        }
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        // SAFETY: the caller's promise.
        unsafe {
            to.d(low_half(isa, blocks.words(0)[0]));
            let bias = S::Ints::splat(isa.isa(), 0x8080_8080_u32.cast_signed());
            for half in 0..2 {
                let mut words = blocks.words(2 + 16 * half);
                for word in &mut words {
                    *word = *word ^ bias;
                }
                to.weights(4 * half, words);
            }
        }
    }
}
