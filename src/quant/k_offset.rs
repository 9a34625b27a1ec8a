//! Q2_K, Q4_K, Q5_K: 256 values in groups with a scale and an offset each, `d s q - dmin o`.
//!
//! | format | groups | bytes |
//! |---|---|---|
//! | Q2_K | 16 x 16 | 16 x (scale, offset of 4 bits), 64 x four values, d, dmin |
//! | Q4_K | 8 x 32 | d, dmin, 12 bytes of 6-bit scales and offsets, 128 x two values |
//! | Q5_K | 8 x 32 | d, dmin, the same 12 bytes, 32 x eight fifth bits, 128 x two values |
//!
//! Byte j of 32 holds values j, j + 32, ... of the 128 (Q2_K) or 64 values (others) that the 32 bytes stand for.

use super::format::{
    BlockFormat, Blocks, Decoded, Unpacked, half, high_half, low_half, moved, nibbles, nibbles_of_four,
    put_half,
};
use super::legacy::inverse;
use super::search::{self, Line};
use crate::simd::dot::{Dot, Ints};

/// 2 bits.
#[derive(Clone, Copy, Debug)]
pub struct Q2K;
/// 4 bits.
#[derive(Clone, Copy, Debug)]
pub struct Q4K;
/// 5 bits.
#[derive(Clone, Copy, Debug)]
pub struct Q5K;

/// Two of Q2_K's bits for value `i`.
pub fn two_bits(bytes: &[u8], i: usize) -> i32 {
    i32::from(bytes[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3)
}

/// Puts the lowest two bits of 256 integers into 64 bytes.
pub fn put_two_bits(bytes: &mut [u8], q: impl Fn(usize) -> u8) {
    for (j, byte) in bytes[..64].iter_mut().enumerate() {
        let first = j / 32 * 128 + j % 32;
        *byte = (0..4).fold(0, |byte, part| byte | (q(first + 32 * part) & 3) << (2 * part));
    }
}

/// The four bytes of each lane as numbers.
#[inline(always)]
pub fn bytes_of<S: Dot>(isa: S, x: S::Ints) -> [S::Ints; 4] {
    let mask = S::Ints::splat(isa.isa(), 255);
    [x & mask, x.shr::<8>() & mask, x.shr::<16>() & mask, x.shr::<24>()]
}

/// Writes four scales.
///
/// # Safety
/// As for [`Unpacked::scale`].
#[inline(always)]
unsafe fn put_scales<S: Dot>(isa: S, to: &mut impl Unpacked<S>, four: usize, scales: S::Ints) {
    for (i, scale) in bytes_of(isa, scales).into_iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe { to.scale(4 * four + i, scale) }
    }
}

/// Writes four offsets.
///
/// # Safety
/// As for [`Unpacked::offsets`].
#[inline(always)]
unsafe fn put_offsets<S: Dot>(isa: S, to: &mut impl Unpacked<S>, four: usize, offsets: S::Ints) {
    let [a, b, c, d] = bytes_of(isa, offsets);
    // SAFETY: the caller's promise.
    unsafe {
        to.offsets(2 * four, a | b.shl::<16>());
        to.offsets(2 * four + 1, c | d.shl::<16>());
    }
}

/// Integers for the scales and offsets of a block, at most `most`, and their factors in half precision.
struct Integers {
    d: f32,
    m: f32,
    scales: [u8; 16],
    offsets: [u8; 16],
}

impl Integers {
    /// Lines become integers; `put` writes the two factors and returns what they have become.
    fn new(lines: &[Line], most: f32, mut put: impl FnMut(f32, f32) -> [f32; 2]) -> Integers {
        let largest = |of: fn(&Line) -> f32| lines.iter().map(of).fold(0.0, f32::max) / most;
        let (scale, below) = (largest(|line| line.scale), largest(|line| line.below));
        let part = |x: f32, of: f32| (x * inverse(of)).round_ties_even().clamp(0.0, most) as u8;
        let [d, m] = put(scale, below);
        let at = |i: usize| lines.get(i).copied().unwrap_or_default();
        Integers {
            d,
            m,
            scales: core::array::from_fn(|i| part(at(i).scale, scale)),
            offsets: core::array::from_fn(|i| part(at(i).below, below)),
        }
    }

    /// The line that a group has really got.
    fn line(&self, group: usize) -> Line {
        Line { scale: self.d * f32::from(self.scales[group]), below: self.m * f32::from(self.offsets[group]) }
    }
}

impl BlockFormat for Q2K {
    const NAME: &'static str = "q2_K";
    const VALUES: usize = 256;
    const BYTES: usize = 84;
    const GROUP: usize = 16;
    const BIAS: u32 = 0;
    const LARGEST: u8 = 3;
    const OFFSETS: bool = true;
    type Sums<S: Dot> = S::Narrow;

    fn decode(block: &[u8]) -> Decoded {
        Decoded::grouped(
            half(block, 80),
            -half(block, 82),
            |group| (block[group] & 15).into(),
            |group| (block[group] >> 4).into(),
            |i| two_bits(&block[16..], i),
        )
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let lines: [Line; 16] = core::array::from_fn(|g| search::with_offset(&values[16 * g..][..16], 3.0));
        let integers = Integers::new(&lines, 15.0, |d, m| [put_half(block, 80, d), put_half(block, 82, m)]);
        for group in 0..16 {
            block[group] = integers.scales[group] | integers.offsets[group] << 4;
        }
        put_two_bits(&mut block[16..], |i| search::integer(values[i], integers.line(i / 16), 0.0, 3.0) as u8);
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        let mask = S::Ints::splat(isa.isa(), 0x0303_0303);
        // SAFETY: the caller's promise; 64 steps, 16 groups.
        unsafe {
            let factors = blocks.words(68)[3];
            to.d(low_half(isa, factors));
            to.m(high_half::<S>(factors));
            for (four, word) in blocks.words(0).into_iter().enumerate() {
                let [scales, offsets] = nibbles(isa, word);
                put_scales(isa, to, four, scales);
                put_offsets(isa, to, four, offsets);
            }
            for chunk in 0..4 {
                let words = blocks.words(16 + 16 * chunk);
                let step = chunk / 2 * 32 + chunk % 2 * 4;
                let mut parts = [words; 4];
                for i in 0..4 {
                    parts[0][i] = words[i] & mask;
                    parts[1][i] = words[i].shr::<2>() & mask;
                    parts[2][i] = words[i].shr::<4>() & mask;
                    parts[3][i] = words[i].shr::<6>() & mask;
                }
                to.weights(step, parts[0]);
                to.weights(step + 8, parts[1]);
                to.weights(step + 16, parts[2]);
                to.weights(step + 24, parts[3]);
            }
        }
    }
}

/// The 6-bit scale and offset of a group in the 12 bytes of Q4_K and Q5_K.
fn scale_and_offset(bytes: &[u8], group: usize) -> [i32; 2] {
    let [scale, offset] = match group % 8 {
        g @ 0..4 => [bytes[g] & 63, bytes[g + 4] & 63],
        g => [bytes[g + 4] & 15 | bytes[g - 4] >> 6 << 4, bytes[g + 4] >> 4 | bytes[g] >> 6 << 4],
    };
    [scale.into(), offset.into()]
}

/// Writes factors, scales and offsets, the 16 bytes that Q4_K and Q5_K begin with.
fn encode_groups(values: &[f32], most: f32, block: &mut [u8]) -> Integers {
    let lines: [Line; 8] = core::array::from_fn(|g| search::with_offset(&values[32 * g..][..32], most));
    let integers = Integers::new(&lines, 63.0, |d, m| [put_half(block, 0, d), put_half(block, 2, m)]);
    let bytes = &mut block[4..16];
    for g in 0..4 {
        let (scales, offsets) = (&integers.scales, &integers.offsets);
        bytes[g] = scales[g] | scales[g + 4] >> 4 << 6;
        bytes[g + 4] = offsets[g] | offsets[g + 4] >> 4 << 6;
        bytes[g + 8] = scales[g + 4] & 15 | offsets[g + 4] << 4;
    }
    integers
}

/// What [`encode_groups`] wrote.
///
/// # Safety
/// As for [`BlockFormat::unpack`].
#[inline(always)]
unsafe fn unpack_groups<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
    let [six, high] = [0x3f3f_3f3f, 0x3030_3030].map(|mask| S::Ints::splat(isa.isa(), mask));
    // SAFETY: the caller's promise; 8 groups.
    unsafe {
        let [factors, first, second, third] = blocks.words(0);
        to.d(low_half(isa, factors));
        to.m(high_half::<S>(factors));
        let [low_scales, low_offsets] = nibbles(isa, third);
        put_scales(isa, to, 0, first & six);
        put_scales(isa, to, 1, low_scales | first.shr::<2>() & high);
        put_offsets(isa, to, 0, second & six);
        put_offsets(isa, to, 1, low_offsets | second.shr::<2>() & high);
    }
}

/// Four bits for value `i` in the 128 bytes of Q4_K and Q5_K.
fn four_bits(bytes: &[u8], i: usize) -> i32 {
    i32::from(bytes[i / 64 * 32 + i % 32] >> (i % 64 / 32 * 4) & 15)
}

/// Puts the lowest four bits of 256 integers into 128 bytes.
fn put_four_bits(bytes: &mut [u8], q: impl Fn(usize) -> u8) {
    for (j, byte) in bytes[..128].iter_mut().enumerate() {
        let first = j / 32 * 64 + j % 32;
        *byte = q(first) & 15 | q(first + 32) << 4;
    }
}

impl BlockFormat for Q4K {
    const NAME: &'static str = "q4_K";
    const VALUES: usize = 256;
    const BYTES: usize = 144;
    const GROUP: usize = 32;
    const BIAS: u32 = 0;
    const LARGEST: u8 = 15;
    const OFFSETS: bool = true;
    type Sums<S: Dot> = S::Narrow;

    fn decode(block: &[u8]) -> Decoded {
        Decoded::grouped(
            half(block, 0),
            -half(block, 2),
            |group| scale_and_offset(&block[4..], group)[0],
            |group| scale_and_offset(&block[4..], group)[1],
            |i| four_bits(&block[16..], i),
        )
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let integers = encode_groups(values, 15.0, block);
        put_four_bits(&mut block[16..], |i| {
            search::integer(values[i], integers.line(i / 32), 0.0, 15.0) as u8
        });
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        // SAFETY: the caller's promise; 64 steps.
        unsafe {
            unpack_groups(isa, blocks, to);
            for chunk in 0..8 {
                let [low, high] = nibbles_of_four(isa, blocks.words(16 + 16 * chunk));
                let step = chunk / 2 * 16 + chunk % 2 * 4;
                to.weights(step, low);
                to.weights(step + 8, high);
            }
        }
    }
}

impl BlockFormat for Q5K {
    const NAME: &'static str = "q5_K";
    const VALUES: usize = 256;
    const BYTES: usize = 176;
    const GROUP: usize = 32;
    const BIAS: u32 = 0;
    const LARGEST: u8 = 31;
    const OFFSETS: bool = true;
    type Sums<S: Dot> = S::Narrow;

    fn decode(block: &[u8]) -> Decoded {
        let fifth = |i: usize| i32::from(block[16 + i % 32] >> (i / 32) & 1) * 16;
        Decoded::grouped(
            half(block, 0),
            -half(block, 2),
            |group| scale_and_offset(&block[4..], group)[0],
            |group| scale_and_offset(&block[4..], group)[1],
            |i| four_bits(&block[48..], i) + fifth(i),
        )
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let integers = encode_groups(values, 31.0, block);
        let q = |i: usize| search::integer(values[i], integers.line(i / 32), 0.0, 31.0) as u8;
        put_four_bits(&mut block[48..], q);
        for (j, byte) in block[16..48].iter_mut().enumerate() {
            *byte = (0..8).fold(0, |bits, group| bits | q(32 * group + j) >> 4 << group);
        }
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        // SAFETY: the caller's promise.
        unsafe {
            unpack_groups(isa, blocks, to);
            for half in 0..2 {
                let bits = blocks.words(16 + 16 * half);
                // Not a loop, so that the bits are where the compiler knows.
                unpack_five(isa, blocks, bits, half, 0, to);
                unpack_five(isa, blocks, bits, half, 1, to);
                unpack_five(isa, blocks, bits, half, 2, to);
                unpack_five(isa, blocks, bits, half, 3, to);
            }
        }
    }
}

/// Half of Q5_K's 64 values of a part, given the words with the fifth bits of that half.
///
/// # Safety
/// As for [`BlockFormat::unpack`]; `half < 2`, `part < 4`.
#[inline(always)]
unsafe fn unpack_five<S: Dot>(
    isa: S,
    blocks: Blocks<S>,
    bits: [S::Ints; 4],
    half: usize,
    part: usize,
    to: &mut impl Unpacked<S>,
) {
    let fifth = S::Ints::splat(isa.isa(), 0x1010_1010);
    // SAFETY: the caller's promise.
    unsafe {
        let [mut low, mut high] = nibbles_of_four(isa, blocks.words(48 + 32 * part + 16 * half));
        let (step, bit) = (16 * part + 4 * half, 2 * part as u32);
        for i in 0..4 {
            low[i] = low[i] | moved(bits[i], bit, 4) & fifth;
            high[i] = high[i] | moved(bits[i], bit + 1, 4) & fifth;
        }
        to.weights(step, low);
        to.weights(step + 8, high);
    }
}
