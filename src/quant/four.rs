//! IQ4_NL, IQ4_XS, MXFP4: four bits that are an index into a table.
//!
//! | format | values | bytes | value |
//! |---|---|---|---|
//! | IQ4_NL | 32 | d, 16 x two nibbles | `d t[i]` |
//! | IQ4_XS | 256 | d, 8 x 2 high bits of scales, 8 x 4 low ones, 128 x two nibbles | `d (s - 32) t[i]` |
//! | MXFP4 | 32 | exponent e, 16 x two nibbles | `2^(e - 128) t[i]` |
//!
//! Nibbles lie as in `legacy.rs`, 16 bytes for each 32 values. MXFP4 is the OCP microscaling format: the table has
//! the doubled values of four-bit floating point.

use super::format::{
    BlockFormat, Blocks, Decoded, Unpacked, half, low_half, nibbles, nibbles_of_four, put_half,
};
use super::k_offset::bytes_of;
use super::legacy::{extreme, inverse, nibble, put_nibbles};
use crate::simd::dot::{Dot, Full, Ints};

/// 4 bits, unevenly spaced.
#[derive(Clone, Copy, Debug)]
pub struct Iq4Nl;
/// [`Iq4Nl`] in blocks of 256.
#[derive(Clone, Copy, Debug)]
pub struct Iq4Xs;
/// 4-bit floating point with a power of two as factor.
#[derive(Clone, Copy, Debug)]
pub struct Mxfp4;

/// ggml's values, chosen for weights that are distributed normally.
const UNEVEN: [i8; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
/// Twice the values of a sign, two bits of exponent and one of fraction.
const E2M1: [i8; 16] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/// The table as panels have it, with the bias.
const fn biased(table: [i8; 16], bias: i16) -> [u8; 16] {
    let mut out = [0; 16];
    let mut i = 0;
    while i < 16 {
        out[i] = (table[i] as i16 + bias) as u8;
        i += 1;
    }
    out
}

/// The index of the table's nearest value, the first of these.
fn nearest(table: &[i8; 16], x: f32) -> u8 {
    let error = |i: usize| (f32::from(table[i]) - x).abs();
    (1..16).fold(0, |best, i| if error(i) < error(best) { i } else { best }) as u8
}

/// The factor with which the table comes nearest to 32 values, by squares of errors weighted with squares of values:
/// the best of those that take the extreme value to the lower end of the table or near it.
fn best_factor(values: &[f32]) -> f32 {
    let extreme = extreme(values);
    if extreme.abs() < 1e-15 {
        return 0.0;
    }
    let mut best = (0.0, 0.0);
    for shift in -7i8..=7 {
        let inverse = (f32::from(UNEVEN[0]) + f32::from(shift)) / extreme;
        let (mut with_values, mut with_itself) = (0.0f32, 0.0f32);
        for &x in values {
            let t = f32::from(UNEVEN[usize::from(nearest(&UNEVEN, x * inverse))]);
            with_values += x * x * t * x;
            with_itself += x * x * t * t;
        }
        let gain = with_values * with_values / with_itself;
        if with_itself > 0.0 && gain > best.0 {
            best = (gain, with_values / with_itself);
        }
    }
    best.1
}

/// 32 entries of the table from the indices in 16 bytes.
///
/// # Safety
/// As for [`BlockFormat::unpack`]; the indices are at `offset`, their steps begin with `step`.
#[inline(always)]
unsafe fn unpack_indices<S: Dot>(
    isa: S,
    blocks: Blocks<S>,
    offset: usize,
    table: &[u8; 16],
    step: usize,
    to: &mut impl Unpacked<S>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let [mut low, mut high] = nibbles_of_four(isa, blocks.words(offset));
        for i in 0..4 {
            (low[i], high[i]) = (low[i].lookup(table), high[i].lookup(table));
        }
        to.weights(step, low);
        to.weights(step + 4, high);
    }
}

impl BlockFormat for Iq4Nl {
    const NAME: &'static str = "iq4_nl";
    const VALUES: usize = 32;
    const BYTES: usize = 18;
    const GROUP: usize = 32;
    const BIAS: u32 = 128;
    const LARGEST: u8 = 241;
    const OFFSETS: bool = false;
    type Sums<S: Dot> = Full;

    fn decode(block: &[u8]) -> Decoded {
        Decoded::plain(half(block, 0), 0.0, |i| UNEVEN[nibble(&block[2..], i) as usize].into())
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let inverse = inverse(put_half(block, 0, best_factor(values)));
        put_nibbles(&mut block[2..], |i| nearest(&UNEVEN, values[i] * inverse));
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        const TABLE: [u8; 16] = biased(UNEVEN, 128);
        // SAFETY: the caller's promise.
        unsafe {
            to.d(low_half(isa, blocks.words(0)[0]));
            unpack_indices(isa, blocks, 2, &TABLE, 0, to);
        }
    }
}

impl BlockFormat for Iq4Xs {
    const NAME: &'static str = "iq4_xs";
    const VALUES: usize = 256;
    const BYTES: usize = 136;
    const GROUP: usize = 32;
    const BIAS: u32 = 128;
    const LARGEST: u8 = 241;
    const OFFSETS: bool = false;
    type Sums<S: Dot> = Full;

    fn decode(block: &[u8]) -> Decoded {
        let high = u16::from_le_bytes([block[2], block[3]]);
        let scale = |group: usize| {
            let low = block[4 + group % 8 / 2] >> (group % 2 * 4) & 15;
            i32::from(low) + i32::from(high >> (group % 8 * 2) & 3) * 16 - 32
        };
        let weight = |i: usize| UNEVEN[nibble(&block[8 + i / 32 * 16..], i % 32) as usize].into();
        Decoded::grouped(half(block, 0), 0.0, scale, |_| 0, weight)
    }

    fn encode(values: &[f32], block: &mut [u8]) {
        let factors: [f32; 8] = core::array::from_fn(|group| best_factor(&values[group * 32..][..32]));
        let d = put_half(block, 0, extreme(&factors) / -32.0);
        block[2..8].fill(0);
        for (group, factor) in factors.into_iter().enumerate() {
            let scale = (factor * inverse(d)).round_ties_even().clamp(-32.0, 31.0);
            let stored = (scale as i32 + 32) as u8;
            block[4 + group / 2] |= (stored & 15) << (group % 2 * 4);
            block[2 + group / 4] |= (stored >> 4) << (group % 4 * 2);
            let inverse = inverse(d * scale);
            put_nibbles(&mut block[8 + group * 16..], |i| nearest(&UNEVEN, values[group * 32 + i] * inverse));
        }
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        const TABLE: [u8; 16] = biased(UNEVEN, 128);
        let splat = |x| S::Ints::splat(isa.isa(), x);
        // SAFETY: the caller's promise; 8 groups of 8 steps.
        unsafe {
            let [first, low_bits, ..] = blocks.words(0);
            to.d(low_half(isa, first));
            // Four bits of each of eight scales; two high bits of each, brought to the same places.
            let [low_even, low_odd] = nibbles(isa, low_bits);
            let high = first.shr::<16>();
            let high = (high | high.shl::<8>()) & splat(0x00ff_00ff);
            let high = (high | high.shl::<4>()) & splat(0x0f0f_0f0f);
            let two = splat(0x3030_3030);
            let even = bytes_of(isa, low_even | high.shl::<4>() & two);
            let odd = bytes_of(isa, low_odd | high.shl::<2>() & two);
            for pair in 0..4 {
                let (first, second) = (even[pair] - splat(32), odd[pair] - splat(32));
                to.scale(2 * pair, first);
                to.scale(2 * pair + 1, second);
                to.offsets(pair, second.shl::<23>() | first.shl::<23>().shr::<16>());
            }
            for group in 0..8 {
                unpack_indices(isa, blocks, 8 + 16 * group, &TABLE, 8 * group, to);
            }
        }
    }
}

/// `2^(e - 128)`, half of what the exponent says since the table is doubled. Exponents 0 and 1 give subnormal numbers.
fn half_power(e: u8) -> f32 {
    f32::from_bits(if e < 2 { 0x20_0000 << e } else { u32::from(e - 1) << 23 })
}

impl BlockFormat for Mxfp4 {
    const NAME: &'static str = "mxfp4";
    const VALUES: usize = 32;
    const BYTES: usize = 17;
    const GROUP: usize = 32;
    const BIAS: u32 = 12;
    const LARGEST: u8 = 24;
    const OFFSETS: bool = false;
    type Sums<S: Dot> = S::Narrow;

    fn decode(block: &[u8]) -> Decoded {
        Decoded::plain(half_power(block[0]), 0.0, |i| E2M1[nibble(&block[1..], i) as usize].into())
    }

    /// The power takes the extreme value to the table's last octave.
    fn encode(values: &[f32], block: &mut [u8]) {
        let extreme = extreme(values).abs();
        let octave = |x: f32| (x.to_bits() >> 23) as i32;
        block[0] = if extreme > 0.0 { (octave(extreme) - 2).clamp(0, 255) as u8 } else { 0 };
        let inverse = 1.0 / f64::from(half_power(block[0]));
        put_nibbles(&mut block[1..], |i| nearest(&E2M1, (f64::from(values[i]) * inverse) as f32));
    }

    #[inline(always)]
    unsafe fn unpack<S: Dot>(isa: S, blocks: Blocks<S>, to: &mut impl Unpacked<S>) {
        const TABLE: [u8; 16] = biased(E2M1, 12);
        let splat = |x| S::Ints::splat(isa.isa(), x);
        // SAFETY: the caller's promise.
        unsafe {
            let e = blocks.words(0)[0] & splat(255);
            let normal = (e - splat(1)).shl::<23>();
            let subnormal = (e.min(splat(1)) + splat(1)).shl::<21>();
            to.d(normal.max(subnormal).bits());
            unpack_indices(isa, blocks, 1, &TABLE, 0, to);
        }
    }
}
