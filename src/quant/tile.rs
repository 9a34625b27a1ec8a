//! A tile of C: T tokens by the rows of a panel of weights, all blocks of a depth.
//!
//! The sum of a block's products of integers is exact; then it becomes a real number, and blocks are added in order of
//! k, each operation rounded to single precision, none fused, on every ISA alike:
//!
//! ```text
//! blocks of 32:    c <- c + (d_w d_a) real(sum q_w q_a)
//!   with offsets:  c <- c + m_w (d_a real(sum q_a))                      after that
//! blocks of 256:   c <- c + (d_w d_a) real(sum over groups of s (sum q_w q_a))
//!   with offsets:  c <- c - (dmin_w d_a) real(sum over groups of o (sum q_a))
//! ```
//!
//! Panels have weights with a bias; `BIAS sum q_a`, multiplied with the scale, is taken off before the sum becomes real.

use super::activations::{MAGIC, Token};
use super::format::{ACROSS, BlockFormat, Place};
use crate::simd::dot::{Dot, DotDispatch, FACTORS, Ints, Reals, Sums};
use crate::simd::{Isa, Vector};
use core::marker::PhantomData;

/// Arguments of a tile kernel.
#[derive(Clone, Copy, Debug)]
pub struct Tile {
    /// Panel of activations, T wide.
    pub a: *const u8,
    /// Panel of weights.
    pub w: *const u8,
    /// Blocks of both.
    pub blocks: usize,
    /// Element (0, 0) of the tile.
    pub c: *mut f32,
    /// Elements from a token's row of C to the next.
    pub c_row: isize,
    /// Tokens that exist.
    pub tokens: usize,
    /// Rows of weights that exist: columns of the tile.
    pub cols: usize,
    /// Whether C counts as 0.
    pub first: bool,
}

/// `C <- C + A W^T`.
///
/// # Safety
/// The CPU has ISA `S`; panels are those of format `F` for it, `T` tokens wide; C is writable at `tokens <= T` rows and
/// `cols` columns.
pub unsafe fn tile<S: Dot, F: BlockFormat, const T: usize>(tile: &Tile) {
    // SAFETY: the caller vouches for the ISA; `run` relies on the rest.
    unsafe { S::assume() }.enter(Work::<F, T>(*tile, PhantomData));
}

struct Work<F, const T: usize>(Tile, PhantomData<F>);

type F32<S> = <<S as Dot>::Isa as Isa>::F32;
/// A number for each token and each vector of weight rows.
type Grid<V, const T: usize> = [[V; ACROSS]; T];

impl<F: BlockFormat, const T: usize> DotDispatch for Work<F, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Dot>(self, isa: S) {
        let tile = self.0;
        let lanes = S::Ints::LANES;
        let mut c = [[F32::<S>::zero(isa.isa()); ACROSS]; T];
        let here = |across: usize| tile.cols.saturating_sub(across * lanes).min(lanes);
        let at = |token: usize, across: usize| {
            tile.c.wrapping_offset(token as isize * tile.c_row).wrapping_add(across * lanes)
        };
        // The lines of C arrive while the product is formed.
        for token in 0..tile.tokens {
            isa.isa().prefetch(at(token, 0));
            isa.isa().prefetch(at(token, 0).wrapping_add(tile.cols - 1));
        }
        // Masked stores are slow on AVX2, so whole vectors do without.
        let whole = tile.cols == ACROSS * lanes;
        if !tile.first {
            for (token, row) in c.iter_mut().enumerate() {
                for (across, c) in row.iter_mut().enumerate() {
                    if token < tile.tokens {
                        // SAFETY: elements that exist, as the caller vouches.
                        *c = unsafe {
                            if whole {
                                F32::<S>::load(isa.isa(), at(token, across))
                            } else {
                                F32::<S>::load_first(isa.isa(), at(token, across), here(across))
                            }
                        };
                    }
                }
            }
        }
        for block in 0..tile.blocks {
            let a = tile.a.wrapping_add(block * T * Token::<S, F>::BYTES);
            let w = tile.w.wrapping_add(block * Place::<S, F>::BYTES);
            // SAFETY: a block of both panels.
            unsafe {
                if F::VALUES == 32 {
                    plain_block::<S, F, T>(isa, a, w, &mut c);
                } else {
                    grouped_block::<S, F, T>(isa, a, w, &mut c);
                }
            }
        }
        for (token, row) in c.into_iter().enumerate() {
            for (across, c) in row.into_iter().enumerate() {
                if token < tile.tokens {
                    // SAFETY: elements that exist, as the caller vouches.
                    unsafe {
                        if whole {
                            c.store(at(token, across));
                        } else {
                            c.store_first(isa.isa(), at(token, across), here(across));
                        }
                    }
                }
            }
        }
    }
}

/// The vectors at `offset` of a block of weights.
#[inline(always)]
unsafe fn integers<S: Dot, F: BlockFormat>(isa: S, w: *const u8, offset: usize) -> [S::Ints; ACROSS] {
    let mut out = [S::Ints::splat(isa.isa(), 0); ACROSS];
    for (across, out) in out.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        *out = unsafe { S::Ints::load(isa.isa(), w.add(offset + across * Place::<S, F>::VECTOR)) };
    }
    out
}

/// Adds steps `first .. first + count` of a sum; `count` is a power of two above 1.
///
/// # Safety
/// Both blocks must have the steps.
#[inline(always)]
unsafe fn steps<S: Dot, F: BlockFormat, const T: usize>(
    isa: S,
    a: *const u8,
    w: *const u8,
    first: usize,
    count: usize,
    sums: &mut Grid<<F::Sums<S> as Sums<S>>::Sum, T>,
) {
    // Unrolled by hand: the compiler does not where sums are kept in order.
    // SAFETY: the caller's promise.
    unsafe {
        if count < 4 {
            step::<S, F, T>(isa, a, w, first, sums);
            step::<S, F, T>(isa, a, w, first + 1, sums);
            return;
        }
        for i in (first..first + count).step_by(4) {
            step::<S, F, T>(isa, a, w, i, sums);
            step::<S, F, T>(isa, a, w, i + 1, sums);
            step::<S, F, T>(isa, a, w, i + 2, sums);
            step::<S, F, T>(isa, a, w, i + 3, sums);
        }
    }
}

/// Adds a step: four products in each lane, of weights `4 step ..` with those of each token.
///
/// # Safety
/// Both blocks must have the step.
#[inline(always)]
unsafe fn step<S: Dot, F: BlockFormat, const T: usize>(
    isa: S,
    a: *const u8,
    w: *const u8,
    step: usize,
    sums: &mut Grid<<F::Sums<S> as Sums<S>>::Sum, T>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let weights = integers::<S, F>(isa, w, step * ACROSS * Place::<S, F>::VECTOR);
        let block = a.add(Token::<S, F>::factors(step / (FACTORS / 4)));
        for (token, sums) in sums.iter_mut().enumerate() {
            let quad = F::Sums::<S>::quad(isa, block.add(token * Token::<S, F>::BYTES), step % (FACTORS / 4));
            for (sum, &weights) in sums.iter_mut().zip(&weights) {
                *sum = F::Sums::<S>::add(isa, *sum, weights, quad);
            }
        }
    }
}

/// Steps of a group that are summed before the sum ends: a power of two.
#[inline(always)]
pub(super) fn steps_at_once<S: Dot, F: BlockFormat>() -> usize {
    let most = F::Sums::<S>::most_steps(F::LARGEST).min(F::GROUP / 4);
    1 << most.ilog2()
}

/// # Safety
/// A block of each panel.
#[inline(always)]
unsafe fn plain_block<S: Dot, F: BlockFormat, const T: usize>(
    isa: S,
    a: *const u8,
    w: *const u8,
    c: &mut Grid<Reals<S::Ints>, T>,
) {
    let at_once = steps_at_once::<S, F>();
    // SAFETY: the caller's promise; everything lies in the block.
    unsafe {
        let token = |t: usize, offset: usize| a.add(t * Token::<S, F>::BYTES + offset);
        let start = |t: usize| {
            let word = token(t, Token::<S, F>::SUMS_AT).cast::<i32>().read_unaligned();
            S::Ints::splat(isa.isa(), word)
        };
        let mut totals = [[S::Ints::splat(isa.isa(), 0); ACROSS]; T];
        for (t, totals) in totals.iter_mut().enumerate() {
            *totals = [start(t); ACROSS];
        }
        for first in (0..FACTORS / 4).step_by(at_once) {
            let mut sums = [[F::Sums::<S>::begin(isa, totals[0][0]); ACROSS]; T];
            for (sums, totals) in sums.iter_mut().zip(&totals) {
                for (sum, &total) in sums.iter_mut().zip(totals) {
                    *sum = F::Sums::<S>::begin(isa, total);
                }
            }
            steps::<S, F, T>(isa, a, w, first, at_once, &mut sums);
            for (totals, sums) in totals.iter_mut().zip(&sums) {
                for (total, &sum) in totals.iter_mut().zip(sums) {
                    *total = F::Sums::<S>::end(isa, *total, sum);
                }
            }
        }
        let d = integers::<S, F>(isa, w, Place::<S, F>::D_AT);
        for (t, (c, totals)) in c.iter_mut().zip(&totals).enumerate() {
            let d_a = real::<S>(isa, token(t, Token::<S, F>::D_AT));
            for across in 0..ACROSS {
                c[across] = plus_plain(isa, c[across], d[across].bits(), d_a, totals[across]);
            }
        }
        if F::OFFSETS {
            let m = integers::<S, F>(isa, w, Place::<S, F>::M_AT);
            for (t, c) in c.iter_mut().enumerate() {
                let sum = real::<S>(isa, token(t, Token::<S, F>::SCALED_SUM_AT));
                for across in 0..ACROSS {
                    c[across] = c[across] + m[across].bits() * sum;
                }
            }
        }
    }
}

/// `c` with a block of 32, whose total began from [`MAGIC`].
#[inline(always)]
pub(super) fn plus_plain<S: Dot>(isa: S, c: F32<S>, d: F32<S>, d_a: F32<S>, total: S::Ints) -> F32<S> {
    let magic = S::Ints::splat(isa.isa(), MAGIC).bits();
    c + d * d_a * (total.bits() - magic)
}

/// `c` with a block of 256: factors d and m, sums of weights and of offsets.
#[inline(always)]
pub(super) fn plus_grouped<S: Dot, F: BlockFormat>(
    c: F32<S>,
    [d, m]: [S::Ints; 2],
    d_a: F32<S>,
    [total, corrections]: [S::Ints; 2],
) -> F32<S> {
    let d = d.bits() * d_a;
    if F::OFFSETS {
        c + d * total.to_reals() - m.bits() * d_a * corrections.to_reals()
    } else {
        c + d * (total - corrections).to_reals()
    }
}

/// The number at `from`, in all lanes.
///
/// # Safety
/// It must be readable.
#[inline(always)]
pub(super) unsafe fn real<S: Dot>(isa: S, from: *const u8) -> F32<S> {
    // SAFETY: the caller's promise.
    F32::<S>::splat(isa.isa(), unsafe { from.cast::<f32>().read_unaligned() })
}

/// # Safety
/// A block of each panel.
#[inline(always)]
unsafe fn grouped_block<S: Dot, F: BlockFormat, const T: usize>(
    isa: S,
    a: *const u8,
    w: *const u8,
    c: &mut Grid<Reals<S::Ints>, T>,
) {
    let at_once = steps_at_once::<S, F>();
    let line = ACROSS * Place::<S, F>::VECTOR;
    let zero = S::Ints::splat(isa.isa(), 0);
    // SAFETY: the caller's promise; everything lies in the block.
    unsafe {
        let token = |t: usize, offset: usize| a.add(t * Token::<S, F>::BYTES + offset);
        let mut totals = [[zero; ACROSS]; T];
        for group in 0..F::VALUES / F::GROUP {
            let scales = integers::<S, F>(isa, w, Place::<S, F>::SCALES_AT + group * line);
            for part in (0..F::GROUP / 4).step_by(at_once) {
                let mut sums = [[F::Sums::<S>::begin(isa, zero); ACROSS]; T];
                steps::<S, F, T>(isa, a, w, group * (F::GROUP / 4) + part, at_once, &mut sums);
                for (totals, sums) in totals.iter_mut().zip(&sums) {
                    for across in 0..ACROSS {
                        totals[across] =
                            F::Sums::<S>::end_scaled(isa, totals[across], sums[across], scales[across]);
                    }
                }
            }
        }
        let mut corrections = [[zero; ACROSS]; T];
        for pair in 0..Token::<S, F>::PAIRS {
            let offsets = integers::<S, F>(isa, w, Place::<S, F>::OFFSETS_AT + pair * line);
            for (t, corrections) in corrections.iter_mut().enumerate() {
                let sums = token(t, Token::<S, F>::SUMS_AT + 4 * pair).cast::<i32>().read_unaligned();
                let sums = S::Ints::splat(isa.isa(), sums);
                for across in 0..ACROSS {
                    corrections[across] = isa.dot_words(corrections[across], offsets[across], sums);
                }
            }
        }
        let d = integers::<S, F>(isa, w, Place::<S, F>::D_AT);
        for t in 0..T {
            let d_a = real::<S>(isa, token(t, Token::<S, F>::D_AT));
            for across in 0..ACROSS {
                let factors = if F::OFFSETS {
                    let m = w.add(Place::<S, F>::M_AT + across * Place::<S, F>::VECTOR);
                    [d[across], S::Ints::load(isa.isa(), m)]
                } else {
                    [d[across]; 2]
                };
                let sums = [totals[t][across], corrections[t][across]];
                c[t][across] = plus_grouped::<S, F>(c[t][across], factors, d_a, sums);
            }
        }
    }
}
