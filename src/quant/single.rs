//! One token by rows of weights, straight from their blocks: no panel is worth its while, so what is unpacked becomes
//! products at once. The numbers are those of `tile.rs`, to the bit.

use super::activations::Token;
use super::format::{BlockFormat, Blocks, LARGEST_BYTES, Unpacked};
use super::tile::{plus_grouped, plus_plain, real, steps_at_once};
use super::weights::{MOST_LANES, copy_blocks};
use crate::platform::memory::LINE;
use crate::simd::dot::{Dot, DotDispatch, Ints, Reals, Sums};
use crate::simd::{Isa, Vector};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::Range;

/// Arguments of [`single`].
#[derive(Clone, Copy, Debug)]
pub struct Single {
    /// Panel of activations, one token wide.
    pub a: *const u8,
    /// The first row of weights.
    pub w: *const u8,
    /// Bytes from a row to the next.
    pub stride: usize,
    /// Rows.
    pub rows: usize,
    /// Blocks of each.
    pub blocks: usize,
    /// As many elements of C.
    pub c: *mut f32,
}

// SAFETY: A and W are only read; `part` gives those who share the work elements of C of their own.
unsafe impl Sync for Single {}

impl Single {
    /// The work of some rows.
    pub fn part(&self, rows: Range<usize>) -> Single {
        Single {
            w: self.w.wrapping_add(rows.start * self.stride),
            c: self.c.wrapping_add(rows.start),
            rows: rows.len(),
            ..*self
        }
    }
}

/// `c <- W a`.
///
/// # Safety
/// The CPU has ISA `S`; the panel is that of format `F` for it; rows are readable, C is writable.
pub unsafe fn single<S: Dot, F: BlockFormat>(work: &Single) {
    // SAFETY: the caller vouches for the ISA; `run` relies on the rest.
    unsafe { S::assume() }.enter(Work::<F>(*work, PhantomData));
}

struct Work<F>(Single, PhantomData<F>);

/// Bytes of a row that are fetched before they are needed.
const AHEAD: usize = 16 * LINE;

impl<F: BlockFormat> DotDispatch for Work<F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Dot>(self, isa: S) {
        let Single { w, stride, rows, c, .. } = self.0;
        let lanes = S::Ints::LANES;
        let mut copy = MaybeUninit::<[u8; MOST_LANES * LARGEST_BYTES]>::uninit();
        for row in (0..rows).step_by(lanes) {
            let here = (rows - row).min(lanes);
            let first = w.wrapping_add(row * stride);
            // SAFETY: rows, blocks and elements that exist, as the caller vouches.
            unsafe {
                if here == lanes {
                    self.vector(isa, first, None).store(c.wrapping_add(row));
                } else {
                    let copy = Some((here, copy.as_mut_ptr().cast()));
                    self.vector(isa, first, copy).store_first(isa.isa(), c.wrapping_add(row), here);
                }
            }
        }
    }
}

impl<F: BlockFormat> Work<F> {
    /// The products of a vector's rows, of which the first is given; if there are fewer, how many, and room for a copy of
    /// a block of each.
    ///
    /// # Safety
    /// Blocks and activations must be readable.
    #[inline(always)]
    unsafe fn vector<S: Dot>(
        &self,
        isa: S,
        first: *const u8,
        copy: Option<(usize, *mut u8)>,
    ) -> Reals<S::Ints> {
        let Single { a, stride, blocks, .. } = self.0;
        let (lanes, row_bytes) = (S::Ints::LANES, blocks * F::BYTES);
        let mut sum = Reals::<S::Ints>::zero(isa.isa());
        let mut scales = [const { MaybeUninit::uninit() }; 16];
        for block in 0..blocks {
            // Rows are too many streams for the CPU to foresee. With each block, one row's part of as many blocks as
            // there are rows; behind the last come the next rows.
            let row = block % lanes;
            let ahead = (block - row) * F::BYTES + AHEAD.max(lanes * F::BYTES);
            let (row, ahead) =
                if ahead < row_bytes { (row, ahead) } else { (row + lanes, ahead - row_bytes) };
            for line in 0..(lanes * F::BYTES).div_ceil(LINE) {
                isa.isa().prefetch(first.wrapping_add(row * stride + ahead + line * LINE));
            }
            let mut from = Blocks { isa, first: first.wrapping_add(block * F::BYTES), stride };
            let token = a.wrapping_add(block * Token::<S, F>::BYTES);
            // SAFETY: the caller's promise.
            unsafe {
                if let Some((rows, to)) = copy {
                    copy_blocks::<F>(from.first, stride, rows, lanes, to);
                    from = Blocks { isa, first: to, stride: F::BYTES };
                }
                let mut products = Products::<S, F>::new(isa, token, &mut scales);
                F::unpack(isa, from, &mut products);
                sum = products.added_to(sum);
            }
        }
        sum
    }
}

/// The scales of a block's groups.
type Scales<S> = [MaybeUninit<<S as Dot>::Ints>; 16];

/// A block of a vector's rows on its way to products with the token's.
struct Products<'a, S: Dot, F: BlockFormat> {
    isa: S,
    /// The token's block.
    token: *const u8,
    total: S::Ints,
    /// As [`Sums::scale`] leaves them; each is set before the first weights of its group. Not in here, since they are
    /// looked up, and what is looked up keeps a whole structure from registers.
    scales: &'a mut Scales<S>,
    corrections: S::Ints,
    /// Factors d and m.
    factors: [S::Ints; 2],
    format: PhantomData<F>,
}

impl<'a, S: Dot, F: BlockFormat> Products<'a, S, F> {
    /// # Safety
    /// The token's block must be readable.
    #[inline(always)]
    unsafe fn new(isa: S, token: *const u8, scales: &'a mut Scales<S>) -> Self {
        let zero = S::Ints::splat(isa.isa(), 0);
        let (factors, format) = ([zero; 2], PhantomData);
        let mut products = Products { isa, token, total: zero, scales, corrections: zero, factors, format };
        if F::VALUES == 32 {
            // SAFETY: the caller's promise.
            products.total = unsafe { products.sums(0) };
        }
        products
    }

    /// A word of the token's sums, in all lanes.
    ///
    /// # Safety
    /// There must be such a word.
    #[inline(always)]
    unsafe fn sums(&self, word: usize) -> S::Ints {
        // SAFETY: the caller's promise.
        let sums =
            unsafe { self.token.add(Token::<S, F>::SUMS_AT + 4 * word).cast::<i32>().read_unaligned() };
        S::Ints::splat(self.isa.isa(), sums)
    }

    /// The products in real numbers, added to `c`.
    ///
    /// # Safety
    /// The token's block must be readable.
    #[inline(always)]
    unsafe fn added_to(self, c: Reals<S::Ints>) -> Reals<S::Ints> {
        let Products { isa, token, total, corrections, factors, .. } = self;
        // SAFETY: the caller's promise.
        unsafe {
            let d_a = real(isa, token.add(Token::<S, F>::D_AT));
            if F::VALUES > 32 {
                return plus_grouped::<S, F>(c, factors, d_a, [total, corrections]);
            }
            let c = plus_plain(isa, c, factors[0].bits(), d_a, total);
            if F::OFFSETS {
                c + factors[1].bits() * real(isa, token.add(Token::<S, F>::SCALED_SUM_AT))
            } else {
                c
            }
        }
    }
}

impl<S: Dot, F: BlockFormat> Unpacked<S> for Products<'_, S, F> {
    #[inline(always)]
    unsafe fn scale(&mut self, group: usize, scale: S::Ints) {
        self.scales[group].write(F::Sums::<S>::scale(scale));
    }

    #[inline(always)]
    unsafe fn offsets(&mut self, pair: usize, offsets: S::Ints) {
        // SAFETY: the token's block has a word for each pair of groups.
        let sums = unsafe { self.sums(pair) };
        self.corrections = self.isa.dot_words(self.corrections, offsets, sums);
    }

    #[inline(always)]
    unsafe fn d(&mut self, d: Reals<S::Ints>) {
        self.factors[0] = S::Ints::of_bits(d);
    }

    #[inline(always)]
    unsafe fn m(&mut self, m: Reals<S::Ints>) {
        self.factors[1] = S::Ints::of_bits(m);
    }

    #[inline(always)]
    unsafe fn weights(&mut self, step: usize, bytes: [S::Ints; 4]) {
        let (isa, token) = (self.isa, self.token);
        let at_once = steps_at_once::<S, F>().min(4);
        for first in (0..4).step_by(at_once) {
            // SAFETY: factors of the token's block; the scale of the group has been set.
            unsafe {
                let factors = token.add(Token::<S, F>::factors(step / 8));
                let begin = if F::VALUES == 32 { self.total } else { S::Ints::splat(isa.isa(), 0) };
                let mut sum = F::Sums::<S>::begin(isa, begin);
                for i in first..first + at_once {
                    let quad = F::Sums::<S>::quad(isa, factors, step % 8 + i);
                    sum = F::Sums::<S>::add(isa, sum, bytes[i], quad);
                }
                self.total = if F::VALUES == 32 {
                    F::Sums::<S>::end(isa, self.total, sum)
                } else {
                    let scale = self.scales[4 * step / F::GROUP].assume_init();
                    F::Sums::<S>::end_scaled(isa, self.total, sum, scale)
                };
            }
        }
    }
}
