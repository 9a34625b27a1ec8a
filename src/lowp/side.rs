//! One side of a product of dot products: how its numbers become panels, bytes with the signs that the kernels want, other
//! reals rounded to bf16.

use super::operand::{Kind, Operand, Place};
use super::packed::Role;
use crate::kernel::dot::round::{self, Lines, Rounder};
use crate::kernel::dot::{DotKernels, DotPanel, MOST_ROWS};
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
    pub(super) unsummed: bool,
}

/// Bytes of a sum behind a panel.
pub(super) const SUM: usize = size_of::<i32>();
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

    /// Rows as signed bytes, for columns of unsigned ones.
    pub(super) fn crossed(self) -> Self {
        Side { flip: self.flip ^ HIGHEST_BITS, signed: true, ..self.plus(128) }
    }

    /// Unsigned bytes of columns as they are.
    pub(super) fn unturned(self) -> Self {
        Side { flip: 0, ..self.plus(-128) }
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
        if let (Some(rounder), Place::Matrix { k_stride: 1, .. }) =
            (rounder(&self.operand, kernels), self.operand.place)
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
    pub(super) fn has_sums(&self) -> bool {
        self.operand.kind.size() == 1
    }

    /// Numbers of a row in blocks `k`.
    pub(super) fn numbers<S>(&self, kernels: &DotKernels<S>, k: &Range<usize>) -> usize {
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
fn rounder<S>(operand: &Operand, kernels: &DotKernels<S>) -> Option<Rounder> {
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
