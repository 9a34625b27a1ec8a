//! Activations in 8 bits: a row of A cut into blocks as long as those of the weights, each with a factor of its own.
//!
//! ```text
//! largest = max |a|,   d = largest / 127,   q = a (127 / largest) to the nearest integer, half to even
//! ```
//!
//! in single precision, each operation rounded. A block whose values are all below [`NEGLIGIBLE`] is zero. In a block
//! with a NaN or an infinity d is NaN and all q are 0, so that whatever is multiplied with it is NaN.
//!
//! A panel of T tokens (rows of A) is, for one block after the other, for one token after the other:
//!
//! ```text
//! VALUES factors as `Sums::prepare` leaves them
//! blocks of 32:   MAGIC - BIAS * (sum of q) as an integer, d, and with offsets d * (sum of q)
//! blocks of 256:  sums of q of each group, two to a word, and d
//! ```

use super::format::BlockFormat;
use crate::simd::dot::{Dot, DotDispatch, FACTORS, Ints, Sums};
use crate::simd::{Isa, Vector};
use core::marker::PhantomData;

/// Magnitudes below this, 2^-120, have no reciprocal that is worth anything.
pub const NEGLIGIBLE: f32 = f32::from_bits(7 << 23);

/// The bits of 1.5 * 2^23: a number of this size has no room for fractions, so adding it rounds to an integer, which
/// then stands in the lowest bits. The other way round, an integer added to these bits is a real number.
pub const MAGIC: i32 = 0x4b40_0000;

/// Where things are in a token's block.
#[derive(Debug)]
pub struct Token<S, F>(PhantomData<(S, F)>);

impl<S: Dot, F: BlockFormat> Token<S, F> {
    const FACTOR_BYTES: usize = <F::Sums<S> as Sums<S>>::FACTOR_BYTES;
    /// Words of group sums.
    pub const PAIRS: usize = if F::VALUES == 32 { 1 } else { F::VALUES / F::GROUP / 2 };
    /// Where the sums begin.
    pub const SUMS_AT: usize = F::VALUES / FACTORS * Self::FACTOR_BYTES;
    /// Where d is.
    pub const D_AT: usize = Self::SUMS_AT + 4 * Self::PAIRS;
    /// Where d times the sum is, in blocks of 32 with offsets.
    pub const SCALED_SUM_AT: usize = Self::D_AT + 4;
    /// Bytes of a block.
    pub const BYTES: usize = Self::D_AT + if F::VALUES == 32 && F::OFFSETS { 8 } else { 4 };

    /// Where 32 factors are.
    pub const fn factors(i: usize) -> usize {
        i * Self::FACTOR_BYTES
    }
}

/// Arguments of [`quantise`].
#[derive(Clone, Copy, Debug)]
pub struct Quantise {
    /// The first token, at the first block.
    pub from: *const f32,
    /// Elements from a token to the next.
    pub stride: isize,
    /// Tokens that there are.
    pub tokens: usize,
    /// Tokens of the panel; those that there are not become 0.
    pub padded: usize,
    /// Blocks.
    pub blocks: usize,
    /// The panel.
    pub to: *mut u8,
}

/// Quantises tokens into a panel.
///
/// # Safety
/// The CPU has ISA `S`; the tokens are readable, the panel is writable.
pub unsafe fn quantise<S: Dot, F: BlockFormat>(work: &Quantise) {
    // SAFETY: the caller vouches for the ISA; `run` relies on the rest.
    unsafe { S::assume() }.enter(Work::<F>(*work, PhantomData));
}

struct Work<F>(Quantise, PhantomData<F>);

impl<F: BlockFormat> DotDispatch for Work<F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Dot>(self, isa: S) {
        let Quantise { from, stride, tokens, padded, blocks, to } = self.0;
        for block in 0..blocks {
            for token in 0..padded {
                let to = to.wrapping_add((block * padded + token) * Token::<S, F>::BYTES);
                let from = from.wrapping_offset(token as isize * stride).wrapping_add(block * F::VALUES);
                // SAFETY: inside the panel, and inside the tokens where there is one, as the caller vouches.
                unsafe {
                    if token < tokens {
                        one_block::<S, F>(isa, from, to);
                    } else {
                        to.write_bytes(0, Token::<S, F>::BYTES);
                    }
                }
            }
        }
    }
}

/// # Safety
/// `F::VALUES` numbers at `from`, and room for a token's block at `to`.
#[inline(always)]
unsafe fn one_block<S: Dot, F: BlockFormat>(isa: S, from: *const f32, to: *mut u8) {
    let lanes = S::Ints::LANES;
    // SAFETY: i + lanes <= VALUES, which is a multiple of the lanes.
    let vector = |i: usize| unsafe { <S::Isa as Isa>::F32::load(isa.isa(), from.add(i)) };
    let splat = |x: i32| S::Ints::splat(isa.isa(), x);

    // As integers, magnitudes compare like the numbers, and NaN is above all.
    let mut largest = splat(0);
    for i in (0..F::VALUES).step_by(lanes) {
        largest = largest.max(S::Ints::of_bits(vector(i)) & splat(i32::MAX));
    }
    let largest = f32::from_bits(largest.largest().cast_unsigned());
    let (d, inverse) = if !largest.is_finite() {
        (f32::NAN, 0.0)
    } else if largest < NEGLIGIBLE {
        (0.0, 0.0)
    } else {
        (largest / 127.0, 127.0 / largest)
    };
    let inverse = <S::Isa as Isa>::F32::splat(isa.isa(), inverse);
    let finite = !d.is_nan();

    let mut sums = [0; 16];
    for (group, sum) in sums.iter_mut().enumerate().take(F::VALUES / F::GROUP) {
        let mut total = splat(0);
        for i in (group * F::GROUP..(group + 1) * F::GROUP).step_by(lanes) {
            let rounded = S::Ints::of_bits(vector(i) * inverse + splat(MAGIC).bits());
            let q = if finite { rounded - splat(MAGIC) } else { splat(0) };
            total = total + q;
            let place = Token::<S, F>::factors(i / FACTORS) + i % FACTORS;
            // SAFETY: the factors' place.
            unsafe { q.store_low_bytes(to.add(place)) };
        }
        *sum = total.sum();
    }
    // SAFETY: the factors are written; the sums' place.
    unsafe {
        for i in 0..F::VALUES / FACTORS {
            <F::Sums<S>>::prepare(isa, to.add(Token::<S, F>::factors(i)));
        }
        let words = to.add(Token::<S, F>::SUMS_AT).cast::<i32>();
        if F::VALUES == 32 {
            words.write_unaligned(MAGIC - F::BIAS as i32 * sums[0]);
        } else {
            for (i, pair) in sums.chunks_exact(2).enumerate().take(Token::<S, F>::PAIRS) {
                words.add(i).write_unaligned(pair[0] & 0xffff | pair[1] << 16);
            }
        }
        to.add(Token::<S, F>::D_AT).cast::<f32>().write_unaligned(d);
        if F::VALUES == 32 && F::OFFSETS {
            to.add(Token::<S, F>::SCALED_SUM_AT).cast::<f32>().write_unaligned(d * sums[0] as f32);
        }
    }
}
