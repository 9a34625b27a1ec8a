//! The product whose tiles are dot products of words: bytes, or bf16 where the ISA multiplies them.

use super::operand::{Kind, Operand, Place};
use super::packed::Role;
use super::sums::{Sum, Sums};
use crate::engine::gemm::rate;
use crate::engine::{Pair, Product, Ready, Shape, blocking, panels};
use crate::kernel::dot::round::{self, Lines, Rounder};
use crate::kernel::dot::streamed::Columns;
use crate::kernel::dot::{DotKernels, DotPanel, DotTile, MOST_ROWS};
use crate::platform::{cpu, topology};
use crate::simd::dot::terms::{BF16_OF_BLOCK, WORDS};
use core::mem::MaybeUninit;
use core::ops::Range;
use half::bf16;

/// One side of a product of dot products.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a> {
    pub(super) operand: Operand<'a>,
    /// What turns its bytes into those that the kernel wants.
    pub(super) flip: u32,
    /// What to add to a byte so turned.
    pub(super) zero: i32,
    /// Whether bytes of rows so turned are signed.
    signed: bool,
    /// Whether sums of bytes are made for nobody.
    unsummed: bool,
}

/// Bytes of a sum behind a panel.
const SUM: usize = size_of::<i32>();
/// The highest bit of each byte.
const HIGHEST_BITS: u32 = 0x8080_8080;

impl<'a> Side<'a> {
    /// Rows are unsigned bytes, columns signed ones.
    pub(super) fn new(operand: &Operand<'a>, role: Role) -> Self {
        let (flip, zero) = match (operand.kind, role) {
            (Kind::S8, Role::Rows) => (HIGHEST_BITS, -128),
            (Kind::U8, Role::Columns) => (HIGHEST_BITS, 128),
            _ => (0, 0),
        };
        Side { operand: *operand, flip, zero, signed: false, unsummed: false }
    }

    /// The side with `zero` added to each number.
    pub(super) fn plus(self, zero: i32) -> Self {
        Side { zero: self.zero.wrapping_add(zero), ..self }
    }

    /// Packs rows `rows`, blocks `k`, unless the operand is packed already.
    ///
    /// # Safety
    /// The kernels are of an ISA that the CPU has; `to` has room for the panels.
    pub(super) unsafe fn pack_rows<S>(
        &self,
        kernels: &DotKernels<S>,
        rows: Range<usize>,
        k: Range<usize>,
        to: *mut u8,
    ) {
        // SAFETY: the caller vouches for kernels and room.
        unsafe { self.pack(kernels, kernels.pack_a, (kernels.mr, kernels.a_bytes()), rows, k, to) }
    }

    /// Packs columns `cols`, blocks `k`, unless the operand is packed already.
    ///
    /// # Safety
    /// The kernels are of an ISA that the CPU has; `to` has room for the panels.
    pub(super) unsafe fn pack_cols<S>(
        &self,
        kernels: &DotKernels<S>,
        cols: Range<usize>,
        k: Range<usize>,
        to: *mut u8,
    ) {
        if let Some(rounder) = rounder(&self.operand, kernels)
            && Side::rounds_once(&self.operand, kernels)
        {
            // SAFETY: the caller vouches for kernels and room.
            return unsafe { self.round_cols(kernels, rounder, cols, k, to) };
        }
        // SAFETY: the caller vouches for kernels and room.
        unsafe { self.pack(kernels, kernels.pack_b, (kernels.nr, kernels.b_bytes()), cols, k, to) }
    }

    /// Whether kernels can read it where it lies: numbers are adjacent along k, and fill whole words.
    pub(super) fn lies<S>(operand: &Operand, kernels: &DotKernels<S>) -> bool {
        kernels.streamed.is_some()
            && operand.k.is_multiple_of(kernels.numbers)
            && rounder(operand, kernels).is_none()
            && matches!(operand.place, Place::Matrix { k_stride: 1, i_stride, .. } if i_stride > 0)
    }

    /// Whether its numbers are rounded for kernels, and adjacent along k.
    pub(super) fn rounds_once<S>(operand: &Operand, kernels: &DotKernels<S>) -> bool {
        rounder(operand, kernels).is_some() && matches!(operand.place, Place::Matrix { k_stride: 1, .. })
    }

    /// Whether sums stand behind its panels: those of bytes.
    fn has_sums(&self) -> bool {
        self.operand.kind.size() == 1
    }

    /// Numbers of a row in blocks `k`.
    fn numbers<S>(&self, kernels: &DotKernels<S>, k: &Range<usize>) -> usize {
        let per_block = kernels.numbers * WORDS;
        (k.end * per_block).min(self.operand.k) - k.start * per_block
    }

    /// [`Side::pack_cols`] for numbers that are rounded to bf16 and adjacent along k: straight into the panels.
    ///
    /// # Safety
    /// As for [`Side::pack_rows`].
    unsafe fn round_cols<S>(
        &self,
        kernels: &DotKernels<S>,
        rounder: Rounder,
        cols: Range<usize>,
        k: Range<usize>,
        to: *mut u8,
    ) {
        let Place::Matrix { from, i_stride, .. } = self.operand.place else { return };
        let (nr, block_bytes) = (kernels.nr, kernels.b_bytes());
        for (index, first) in cols.clone().step_by(nr).enumerate() {
            let to = to.wrapping_add(index * k.len() * block_bytes);
            let width = (cols.end - first).min(nr);
            // A few blocks of each column at a time, so that the panel is written in its order, by and large.
            for blocks in pieces(&k) {
                let skipped = blocks.start * WORDS * kernels.numbers;
                let start = first as isize * i_stride + skipped as isize;
                // What is read next, behind the end in the columns of the next panel.
                let next = skipped + FETCHED_AHEAD;
                let next_start = if next < self.operand.k {
                    start + FETCHED_AHEAD as isize
                } else {
                    (first + nr) as isize * i_stride + (next - self.operand.k) as isize
                };
                let to = to.wrapping_add((blocks.start - k.start) * block_bytes);
                // SAFETY: numbers of the operand; the caller vouches for kernels and the panel.
                unsafe {
                    if width < nr {
                        to.write_bytes(0, blocks.len() * block_bytes);
                    }
                    rounder(&Lines {
                        from: from.offset(start * self.operand.kind.size() as isize),
                        line: i_stride,
                        step: 1,
                        lines: width,
                        len: self.numbers(kernels, &blocks),
                        to,
                        to_line: kernels.block_bytes,
                        to_block: block_bytes,
                        spread: true,
                        ahead: (next_start - start) * self.operand.kind.size() as isize,
                    });
                }
            }
        }
    }

    /// [`Side::pack`] for numbers that are rounded to bf16, a few blocks of a panel at a time.
    ///
    /// # Safety
    /// As for [`Side::pack_rows`].
    unsafe fn pack_rounded<S>(
        &self,
        kernels: &DotKernels<S>,
        rounder: Rounder,
        pack: unsafe fn(&DotPanel),
        (panel, block_bytes): (usize, usize),
        rows: Range<usize>,
        k: Range<usize>,
        to: *mut u8,
    ) {
        let Place::Matrix { from, i_stride, k_stride, .. } = self.operand.place else { return };
        let mut piece = MaybeUninit::<Piece>::uninit();
        let piece = piece.as_mut_ptr().cast::<u8>();
        let size = size_of::<bf16>() as isize;
        for (index, first) in rows.clone().step_by(panel).enumerate() {
            let to = to.wrapping_add(index * k.len() * block_bytes);
            let width = (rows.end - first).min(panel);
            for blocks in pieces(&k) {
                let numbers = self.numbers(kernels, &blocks);
                let skipped = blocks.start * WORDS * kernels.numbers;
                let start = first as isize * i_stride + skipped as isize * k_stride;
                // Lines are rows, unless numbers side by side are adjacent.
                let across = i_stride == 1 && k_stride != 1;
                let ((line, step), (lines, len)) = if across {
                    ((k_stride, 1), (numbers, width))
                } else {
                    ((i_stride, k_stride), (width, numbers))
                };
                let line_bytes = len.div_ceil(BF16_OF_BLOCK) * round::BLOCK;
                let (to_i, to_k) =
                    if across { (size, line_bytes as isize) } else { (line_bytes as isize, size) };
                // SAFETY: numbers of the operand, for which the piece has room; the caller vouches for kernels and the panel.
                unsafe {
                    rounder(&Lines {
                        from: from.offset(start * self.operand.kind.size() as isize),
                        line,
                        step,
                        lines,
                        len,
                        to: piece,
                        to_line: line_bytes,
                        to_block: round::BLOCK,
                        spread: false,
                        ahead: (FETCHED_AHEAD * self.operand.kind.size()) as isize,
                    });
                    pack(&DotPanel {
                        from: piece,
                        i_stride: to_i,
                        k_stride: to_k,
                        width,
                        k: numbers,
                        to: to.wrapping_add((blocks.start - k.start) * block_bytes),
                        panel_bytes: 0,
                        flip: 0,
                        signed: false,
                        sums: core::ptr::null_mut(),
                    });
                }
            }
        }
    }

    /// Packs panels of so many rows and so many bytes of a block.
    ///
    /// # Safety
    /// As for [`Side::pack_rows`].
    unsafe fn pack<S>(
        &self,
        kernels: &DotKernels<S>,
        pack: unsafe fn(&DotPanel),
        (panel, block_bytes): (usize, usize),
        rows: Range<usize>,
        k: Range<usize>,
        to: *mut u8,
    ) {
        let Place::Matrix { from, i_stride, k_stride, .. } = self.operand.place else { return };
        if let Some(rounder) = rounder(&self.operand, kernels) {
            // SAFETY: as the caller vouches.
            return unsafe { self.pack_rounded(kernels, rounder, pack, (panel, block_bytes), rows, k, to) };
        }
        let bytes = |stride: isize| stride * self.operand.kind.size() as isize;
        let first = k.start * kernels.numbers * WORDS;
        let start = bytes(rows.start as isize * i_stride + first as isize * k_stride);
        let sums_at = k.len() * block_bytes;
        let panel_bytes = sums_at + if self.has_sums() { panel * SUM } else { 0 };
        let mut sums = core::ptr::null_mut();
        // SAFETY: numbers of the operand; the caller vouches for kernels and room.
        unsafe {
            if self.has_sums() && !self.unsummed {
                sums = to.add(sums_at).cast::<i32>();
                for panel_at in (0..rows.len().div_ceil(panel)).map(|index| index * panel_bytes) {
                    sums.byte_add(panel_at).cast::<u8>().write_bytes(0, panel * SUM);
                }
            }
            pack(&DotPanel {
                from: from.offset(start),
                i_stride: bytes(i_stride),
                k_stride: bytes(k_stride),
                width: rows.len(),
                k: self.numbers(kernels, &k),
                to,
                panel_bytes,
                flip: self.flip,
                signed: self.signed,
                sums,
            });
        }
    }
}

/// What rounds an operand's numbers to those of the kernels, if they are others.
pub(super) fn rounder<S>(operand: &Operand, kernels: &DotKernels<S>) -> Option<Rounder> {
    let rounders = kernels.rounders.as_ref()?;
    match operand.kind {
        Kind::F16 => Some(rounders.halves),
        Kind::F32 => Some(rounders.singles),
        _ => None,
    }
}

/// Blocks whose numbers are rounded at a time.
const ROUNDED_BLOCKS: usize = 8;
/// Numbers from those that are rounded to those that are fetched.
const FETCHED_AHEAD: usize = 512;
/// Room for those of a panel, either way round.
type Piece = [bf16; MOST_ROWS * ROUNDED_BLOCKS * BF16_OF_BLOCK];

/// Blocks `k`, as many at a time as are rounded.
fn pieces(k: &Range<usize>) -> impl Iterator<Item = Range<usize>> + use<> {
    let end = k.end;
    k.clone().step_by(ROUNDED_BLOCKS).map(move |start| start..(start + ROUNDED_BLOCKS).min(end))
}

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
    pub(super) fn new(kernels: &'static DotKernels<S>, a: Side<'a>, b: Side<'a>) -> Self {
        let unsummed = a.zero == 0 && b.zero == 0;
        let (a, b) = (Side { unsummed, ..a }, Side { unsummed, ..b });
        Dots { kernels, a, b, streamed: None, near: false }
    }

    /// The same product with B, which [`Side::lies`], multiplied where it lies: its bytes stay as they are, and those of
    /// rows become what they are not.
    pub(super) fn streamed(self) -> Self {
        let crossed = self.b.flip != 0;
        let (mut a, mut b) = (self.a, self.b);
        if crossed {
            (a.flip, a.signed, b.flip) = (a.flip ^ HIGHEST_BITS, true, 0);
            (a, b) = (a.plus(128), b.plus(-128));
        }
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
