//! The product whose tiles are dot products of words: bytes, or bf16 where the ISA multiplies them.

use super::operand::Place;
use super::side::{SUM, Side};
use super::sums::{Sum, Sums};
use crate::engine::gemm::rate;
use crate::engine::{Pair, Product, Ready, Shape, blocking, panels};
use crate::kernel::dot::streamed::Columns;
use crate::kernel::dot::{DotKernels, DotTile};
use crate::platform::{cpu, topology};
use crate::simd::dot::terms::WORDS;
use core::ops::Range;

/// A product of dot products: C = A B, A and B with what their sides say added to each number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dots<'a, S: 'static> {
    pub(super) kernels: &'static DotKernels<S>,
    pub(super) a: Side<'a>,
    pub(super) b: Side<'a>,
    /// Whether B, which [`Side::lies`], is multiplied where it lies, and then whether its bytes are unsigned, those of rows
    /// signed.
    streamed: Option<Crossed>,
    /// Whether panels of B are packed one at a time, A having been packed beforehand.
    near: bool,
}

/// Whether of bytes those of rows are the signed ones.
#[derive(Clone, Copy, Debug)]
struct Crossed(bool);

impl<'a, S> Dots<'a, S> {
    /// A product of packed panels.
    pub(super) fn new(kernels: &'static DotKernels<S>, mut a: Side<'a>, mut b: Side<'a>) -> Self {
        let unsummed = a.zero == 0 && b.zero == 0;
        (a.unsummed, b.unsummed) = (unsummed, unsummed);
        Dots { kernels, a, b, streamed: None, near: false }
    }

    /// The same product with B, which [`Side::lies`], multiplied where it lies: its bytes stay as they are, and those of
    /// rows become what they are not.
    pub(super) fn streamed(self) -> Self {
        let crossed = self.b.flip != 0;
        let (a, b) = if crossed { (self.a.crossed(), self.b.unturned()) } else { (self.a, self.b) };
        Dots { streamed: Some(Crossed(crossed)), ..Dots::new(self.kernels, a, b) }
    }

    /// The same product with each panel of B packed when it is multiplied; A is packed.
    pub(super) fn near(self) -> Self {
        debug_assert!(self.a.operand.role().is_some());
        Dots { near: true, ..self }
    }

    /// Depth of the blocks of a product of so many whose B is multiplied where it lies: as of others, so that bits are the
    /// same; but sums of bytes are exact, and blocks as deep as half of L2 has room for A go over C less often.
    fn streamed_depth(&self, blocks: usize) -> usize {
        let depth = blocking::depth(blocks, self.kernels.b_bytes());
        if !self.a.has_sums() {
            return depth;
        }
        let panels = self.a.operand.count.div_ceil(self.kernels.mr);
        let room = topology::get().caches.l2 / 2 / (panels * self.kernels.a_bytes());
        blocks.div_ceil(blocks.div_ceil(room.max(depth)))
    }

    /// Bytes from a column of B to the next, where it is multiplied where it lies.
    fn b_col(&self) -> usize {
        match self.b.operand.place {
            Place::Matrix { i_stride, .. } if self.streamed.is_some() => {
                i_stride as usize * self.b.operand.kind.size()
            }
            _ => 0,
        }
    }
}

/// What the corrections of a sum are made with.
pub(super) trait Corrected: Sum {
    /// From an integer; sums that are not integers have no corrections.
    fn of(x: i32) -> Self;
    /// The integer.
    fn int(self) -> i32;
}

impl Corrected for i32 {
    fn of(x: i32) -> i32 {
        x
    }
    fn int(self) -> i32 {
        self
    }
}

impl Corrected for f32 {
    fn of(_: i32) -> f32 {
        0.0
    }
    fn int(self) -> i32 {
        0
    }
}

impl<S: Corrected> Product for Dots<'_, S> {
    fn shape(&self) -> Shape {
        let kernels = self.kernels;
        let tail = |width: usize| if self.a.has_sums() { width * SUM } else { 0 };
        let numbers = (kernels.numbers * WORDS) as f64;
        let blocks = kernels.blocks(self.a.operand.k);
        // A panel of a B that is multiplied where it lies starts NR columns behind the one before, however deep.
        let (b_bytes, b_tail, ready) = if self.streamed.is_some() {
            let kc = self.streamed_depth(blocks);
            (0, kernels.nr * self.b_col(), Ready { kc, a: false, b: true })
        } else {
            let ready = panels::ready(self.a.operand.panels(), self.b.operand.panels());
            (kernels.b_bytes(), tail(kernels.nr), ready)
        };
        Shape {
            m: self.a.operand.count,
            n: self.b.operand.count,
            k: blocks,
            mr: kernels.mr,
            nr: kernels.nr,
            a_bytes: kernels.a_bytes(),
            b_bytes,
            a_tail: tail(kernels.mr),
            b_tail,
            ready,
            b_near: self.near,
            triangle: None,
            rate: kernels.speed * rate::<f32>(cpu::level()) / numbers,
        }
    }

    unsafe fn pack_a(&self, rows: Range<usize>, k: Range<usize>, to: *mut u8) {
        // SAFETY: the kernels are of an ISA that the CPU has; the caller vouches for `to`.
        unsafe { self.a.pack_rows(self.kernels, rows, k, to) }
    }

    unsafe fn pack_a_block(&self, _: &Shape, rows: Range<usize>, k: Range<usize>, to: *mut u8) {
        // SAFETY: as above.
        unsafe { self.a.pack_rows(self.kernels, rows, k, to) }
    }

    unsafe fn pack_b(&self, cols: Range<usize>, k: Range<usize>, to: *mut u8) {
        // SAFETY: as above.
        unsafe { self.b.pack_cols(self.kernels, cols, k, to) }
    }

    unsafe fn pack_b_block(&self, _: &Shape, cols: Range<usize>, k: Range<usize>, to: *mut u8) {
        // SAFETY: as above.
        unsafe { self.b.pack_cols(self.kernels, cols, k, to) }
    }

    fn ready_a(&self, rows: &Range<usize>, k: &Range<usize>) -> Option<*const u8> {
        self.a.operand.panels().map(|panels| panels.at(rows.start, k))
    }

    fn ready_b(&self, cols: &Range<usize>, k: &Range<usize>) -> Option<*const u8> {
        match self.b.operand.place {
            Place::Matrix { from, .. } if self.streamed.is_some() => {
                let first = k.start * self.kernels.numbers * WORDS * self.b.operand.kind.size();
                Some(from.wrapping_add(cols.start * self.b_col() + first))
            }
            _ => self.b.operand.panels().map(|panels| panels.at(cols.start, k)),
        }
    }

    /// Nowhere: [`finish`] wraps the product in one that knows where.
    unsafe fn tile(&self, _: Range<usize>, _: Range<usize>, _: Range<usize>, _: Pair) {}
}

impl<S: Corrected> Sums for Dots<'_, S> {
    type Sum = S;

    #[inline]
    unsafe fn sums(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        pair: Pair,
        to: *mut S,
        to_col: usize,
        add: bool,
    ) {
        let kernels = self.kernels;
        let numbers = self.a.numbers(kernels, &k);
        let mut tile = DotTile {
            words: numbers.div_ceil(kernels.numbers),
            a: pair.a,
            b: pair.b,
            b_col: self.b_col(),
            b_next: pair.next,
            n: cols.len(),
            height: rows.len(),
            to,
            to_col,
            add,
            row_terms: core::ptr::null(),
            row_factor: S::of(self.b.zero),
            col_terms: core::ptr::null(),
        };
        let streamed = kernels.streamed.as_ref().zip(self.streamed);
        let mut col_terms = [S::of(0); 8];
        if self.a.zero != 0 || self.b.zero != 0 {
            // sum (a + x)(b + y) = sum a b + y sum a + x (sum b + k y)
            let (x, y) = (self.a.zero, self.b.zero);
            let mut sums = pair.b.wrapping_add(k.len() * kernels.b_bytes()).cast::<i32>();
            let mut summed = [0; 8];
            if let Some((streamed, Crossed(crossed))) = streamed {
                let DotTile { b: from, b_col: stride, n: count, words, .. } = tile;
                if x != 0 {
                    let (signed, to) = (!crossed, summed.as_mut_ptr());
                    // SAFETY: the caller vouches for the columns; the kernels are of an ISA that the CPU has.
                    unsafe { (streamed.sums)(&Columns { from, stride, count, words, signed, to }) };
                }
                sums = summed.as_ptr();
            }
            for (j, term) in col_terms.iter_mut().enumerate().take(cols.len()) {
                // SAFETY: the sums behind the panel of B, of which there are NR, or those just made.
                let sum = unsafe { sums.add(j).read_unaligned() };
                *term = S::of(sum.wrapping_add((numbers as i32).wrapping_mul(y)).wrapping_mul(x));
            }
            tile.row_terms = pair.a.wrapping_add(k.len() * kernels.a_bytes()).cast();
            tile.col_terms = col_terms.as_ptr();
        }
        // SAFETY: the caller vouches for the panels and the sums; the kernels are of an ISA that the CPU has.
        unsafe {
            match streamed {
                Some((streamed, Crossed(crossed))) => (streamed.tile(rows.len(), crossed))(&tile),
                None => (kernels.tile(rows.len(), cols.len()))(&tile),
            }
        }
    }
}
