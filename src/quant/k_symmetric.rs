//! Q3_K, Q6_K: 256 values in 16 groups of 16 with a signed scale each, `d s q`.
//!
//! | format | bytes | value |
//! |---|---|---|
//! | Q3_K | 32 x eight third bits, 64 x four values, 12 bytes of 6-bit scales, d | `d (s - 32) (q - 4)` |
//! | Q6_K | 128 x two values, 64 x four pairs of high bits, 16 x signed scale, d | `d s (q - 32)` |

use super::format::{
    BlockFormat, Blocks, Decoded, Unpacked, half, high_half, moved, nibbles, nibbles_of_four, put_half,
};
use super::k_offset::{bytes_of, put_two_bits, two_bits};
use super::legacy::{extreme, inverse};
use super::search::{self, Line};
use crate::simd::dot::{Dot, Ints};

/// 3 bits.
#[derive(Clone, Copy, Debug)]
pub struct Q3K;
/// 6 bits.
#[derive(Clone, Copy, Debug)]
pub struct Q6K;

/// Writes four scales, and `2^SHIFT` times as much as offsets.
///
/// # Safety
/// As for [`Unpacked::scale`] and [`Unpacked::offsets`].
#[inline(always)]
unsafe fn put_scales<S: Dot, F: BlockFormat, const SHIFT: u32, const HIGH_SHIFT: u32>(
    to: &mut impl Unpacked<S>,
    four: usize,
    scales: [S::Ints; 4],
) {
    const { assert!(1 << SHIFT == F::BIAS && HIGH_SHIFT == SHIFT + 16) };
    // SAFETY: the caller's promise.
    unsafe {
        for (i, scale) in scales.into_iter().enumerate() {
            to.scale(4 * four + i, scale);
        }
        for (i, pair) in scales.chunks_exact(2).enumerate() {
            let (low, high) = (pair[0].shl::<HIGH_SHIFT>().shr::<16>(), pair[1].shl::<HIGH_SHIFT>());
            to.offsets(2 * four + i, low | high);
        }
    }
}

/// The scales of 16 groups as integers of a common factor.
struct Integers<'a> {
    values: &'a [f32],
    /// Weights are `-half..half`.
    half: f32,
    d: f32,
    scales: [i32; 16],
}

impl<'a> Integers<'a> {
    /// The extreme scale becomes `-most`. The factor is written to the two bytes `factor`.
    fn new(values: &'a [f32], half: f32, most: f32, factor: &mut [u8]) -> Self {
        let scales: [f32; 16] = core::array::from_fn(|g| search::symmetric(&values[16 * g..][..16], half));
        let real = extreme(&scales) / -most;
        let inverse = inverse(real);
        let integer = |scale: f32| (scale * inverse).round_ties_even().clamp(-most, most - 1.0) as i32;
        Integers { values, half, d: put_half(factor, 0, real), scales: scales.map(integer) }
    }

    /// The weight of value `i`, from 0 on.
    fn weight(&self, i: usize) -> u8 {
        let line = Line { scale: self.d * self.scales[i / 16] as f32, below: 0.0 };
        (search::integer(self.values[i], line, -self.half, self.half - 1.0) + self.half as i32) as u8
    }
}

impl BlockFormat for Q3K {
    const NAME: &'static str = "q3_K";
    const VALUES: usize = 256;
    const BYTES: usize = 110;
    const GROUP: usize = 16;
    const BIAS: u32 = 4;
    const LARGEST: u8 = 7;
    const OFFSETS: bool = false;
    type Sums<S: Dot> = S::Narrow;

    fn decode(block: &[u8]) -> Decoded {
        let scale = |group: usize| {
            let low = block[96 + group % 8] >> (group / 8 * 4) & 15;
            let high = block[104 + group % 4] >> (group / 4 * 2) & 3;
            i32::from(low | high << 4) - 32
        };
        let third = |i: usize| i32::from(block[i % 32] >> (i / 32) & 1) * 4;
        Decoded::grouped(half(block, 108), 0.0, scale, |_| 0, |i| two_bits(&block[32..], i) + third(i) - 4)
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let integers = Integers::new(values, 4.0, 32.0, &mut block[108..]);
        block[96..108].fill(0);
        for (group, scale) in integers.scales.into_iter().enumerate() {
            let stored = (scale + 32) as u8;
            block[96 + group % 8] |= (stored & 15) << (group / 8 * 4);
            block[104 + group % 4] |= (stored >> 4) << (group / 4 * 2);
        }
        put_two_bits(&mut block[32..], |i| integers.weight(i));
        for (j, byte) in block[..32].iter_mut().enumerate() {
            *byte = (0..8).fold(0, |bits, group| bits | integers.weight(32 * group + j) >> 2 << group);
        }
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        // SAFETY: the caller's promise; 16 groups.
        unsafe {
            // The last 16 bytes: two of other values, the scales and d.
            let [a, b, c, e] = blocks.words(94);
            to.d(high_half::<S>(e));
            let [first, third] = nibbles(isa, a.shr::<16>() | b.shl::<16>());
            let [second, fourth] = nibbles(isa, b.shr::<16>() | c.shl::<16>());
            let bits = c.shr::<16>() | e.shl::<16>();
            put_scales::<S, Self, 2, 18>(to, 0, six_bits(isa, first, bits.shl::<4>()));
            put_scales::<S, Self, 2, 18>(to, 1, six_bits(isa, second, bits.shl::<2>()));
            put_scales::<S, Self, 2, 18>(to, 2, six_bits(isa, third, bits));
            put_scales::<S, Self, 2, 18>(to, 3, six_bits(isa, fourth, bits.shr::<2>()));
            for half in 0..2 {
                let bits = blocks.words(16 * half);
                // Not a loop, so that the bits are where the compiler knows.
                unpack_three(isa, blocks, bits, half, 0, to);
                unpack_three(isa, blocks, bits, half, 1, to);
            }
        }
    }
}

/// Four scales from lower halves of bytes and the two bits above, with the offset of 32 taken off.
#[inline(always)]
fn six_bits<S: Dot>(isa: S, low: S::Ints, high: S::Ints) -> [S::Ints; 4] {
    let zero = S::Ints::splat(isa.isa(), 32);
    let [a, b, c, d] = bytes_of(isa, low | high & S::Ints::splat(isa.isa(), 0x3030_3030));
    [a - zero, b - zero, c - zero, d - zero]
}

/// Half of Q3_K's 128 values of a part, given the words with the third bits of that half.
///
/// # Safety
/// As for [`BlockFormat::unpack`]; `half < 2`, `part < 2`.
#[inline(always)]
unsafe fn unpack_three<S: Dot>(
    isa: S,
    blocks: Blocks<S>,
    bits: [S::Ints; 4],
    half: usize,
    part: usize,
    to: &mut impl Unpacked<S>,
) {
    let (two, third) = (S::Ints::splat(isa.isa(), 0x0303_0303), S::Ints::splat(isa.isa(), 0x0404_0404));
    // SAFETY: the caller's promise.
    unsafe {
        let words = blocks.words(32 + 32 * part + 16 * half);
        let (step, bit) = (32 * part + 4 * half, 4 * part as u32);
        let mut parts = [words; 4];
        for i in 0..4 {
            parts[0][i] = words[i] & two | moved(bits[i], bit, 2) & third;
            parts[1][i] = words[i].shr::<2>() & two | moved(bits[i], bit + 1, 2) & third;
            parts[2][i] = words[i].shr::<4>() & two | moved(bits[i], bit + 2, 2) & third;
            parts[3][i] = words[i].shr::<6>() & two | moved(bits[i], bit + 3, 2) & third;
        }
        to.weights(step, parts[0]);
        to.weights(step + 8, parts[1]);
        to.weights(step + 16, parts[2]);
        to.weights(step + 24, parts[3]);
    }
}

impl BlockFormat for Q6K {
    const NAME: &'static str = "q6_K";
    const VALUES: usize = 256;
    const BYTES: usize = 210;
    const GROUP: usize = 16;
    const BIAS: u32 = 32;
    const LARGEST: u8 = 63;
    const OFFSETS: bool = false;
    type Sums<S: Dot> = S::Narrow;

    /// Of 128 values, 64 bytes have the lower halves: value j in byte j % 64, the second 64 in the upper nibbles.
    fn decode(block: &[u8]) -> Decoded {
        let low = |i: usize| block[i / 128 * 64 + i % 64] >> (i % 128 / 64 * 4) & 15;
        let high = |i: usize| two_bits(&block[128..], i);
        Decoded::grouped(
            half(block, 208),
            0.0,
            |group| i32::from(block[192 + group] as i8),
            |_| 0,
            |i| i32::from(low(i)) + high(i) * 16 - 32,
        )
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let integers = Integers::new(values, 32.0, 128.0, &mut block[208..]);
        for (group, scale) in integers.scales.into_iter().enumerate() {
            block[192 + group] = scale as u8;
        }
        for (j, byte) in block[..128].iter_mut().enumerate() {
            let first = j / 64 * 128 + j % 64;
            *byte = integers.weight(first) & 15 | integers.weight(first + 64) << 4;
        }
        put_two_bits(&mut block[128..], |i| integers.weight(i) >> 4);
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        let high = S::Ints::splat(isa.isa(), 0x3030_3030);
        // SAFETY: the caller's promise; 64 steps, 16 groups.
        unsafe {
            to.d(high_half::<S>(blocks.words(194)[3]));
            for (four, word) in blocks.words(192).into_iter().enumerate() {
                let (a, b) = (word.shl::<24>().sar::<24>(), word.shl::<16>().sar::<24>());
                let (c, d) = (word.shl::<8>().sar::<24>(), word.sar::<24>());
                put_scales::<S, Self, 5, 21>(to, four, [a, b, c, d]);
            }
            for chunk in 0..4 {
                let (part, half) = (chunk / 2, chunk % 2);
                let [mut a, mut c] = nibbles_of_four(isa, blocks.words(64 * part + 16 * half));
                let [mut b, mut d] = nibbles_of_four(isa, blocks.words(64 * part + 32 + 16 * half));
                let bits = blocks.words(128 + 16 * chunk);
                let step = 32 * part + 4 * half;
                for i in 0..4 {
                    a[i] = a[i] | bits[i].shl::<4>() & high;
                    b[i] = b[i] | bits[i].shl::<2>() & high;
                    c[i] = c[i] | bits[i] & high;
                    d[i] = d[i] | bits[i].shr::<2>() & high;
                }
                to.weights(step, a);
                to.weights(step + 8, b);
                to.weights(step + 16, c);
                to.weights(step + 24, d);
            }
        }
    }
}
