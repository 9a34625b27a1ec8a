//! Products too small for packing to pay: tiles straight from the caller's matrices.
//!
//! The direct tile kernels want the rows of A adjacent; B may have any strides. An A with other strides is
//! packed first, whole, which still costs little next to the product; so is a symmetric one. Tiles are cut
//! evenly (66 rows are 33 + 33 and not 48 + 18), because a vector half empty costs as much as a full one and
//! sums that are too few leave the multipliers waiting.
//!
//! No allocation, no lock on one thread: what is packed fits on the stack or, up to the limit, in a kept buffer.

use super::gemm::{Gemm, Region};
use super::operand::{Operand, Packer};
use super::tiny;
use crate::kernel::tile::Tile;
use crate::kernel::{KernelSet, even};
use crate::platform::memory::{Buffer, LINE};
use crate::platform::{pool, topology};
use crate::scalar::Scalar;
use crate::view::{MatRef, Uplo};
use core::mem::MaybeUninit;
use core::ops::Range;

/// Part of L2 up to which an A straight from memory wins over a packed one, on one thread: it passes
/// through L2 once for each panel of B. Measured on Zen 3 (512 KiB of L2), nn: f32 95 % of the FMA peak at
/// 192 square, 75 % at 384 (A larger than L2), where packed loops reach 90 %.
const A_SHARE: f64 = 0.6;
/// Part of L1 that a panel of B may take, which every panel of A meets.
const B_SHARE: f64 = 0.75;
/// Bytes that fit everywhere.
const NEAR: usize = 8 << 10;
/// Pieces of columns for each thread, so that none waits long for another at the end.
const PIECES: usize = 4;
/// Bytes of A that are packed on the stack.
const ON_STACK: usize = 4096;
/// Tiles of rows from which copying a panel of B pays.
const TILES_PER_COPY: usize = 4;
/// Bytes of that copy, on the stack.
const COPY: usize = 16 << 10;

/// Whether a product is so small that more than one thread cannot pay.
#[inline]
pub fn is_tiny<T: Scalar>(gemm: &Gemm<T>) -> bool {
    (gemm.m * gemm.n).saturating_mul(gemm.k).saturating_mul(T::PARTS * T::PARTS) <= tiny::WORK
}

/// Multiplies on up to `threads` threads if the product is small and its operands are numbers of its type; otherwise
/// does nothing and says so.
#[inline]
pub fn multiply<T: Scalar>(gemm: &Gemm<T>, threads: usize) -> bool {
    let stored = |operand: &Operand<T>| {
        matches!(operand, Operand::Dense(_) | Operand::Symmetric(_) | Operand::Joined(_))
    };
    debug_assert!(!gemm.a.split_conj().1 && !gemm.b.split_conj().1, "conjugation stands beside the operands");
    if !stored(&gemm.a) || !stored(&gemm.b) {
        return false;
    }
    let bytes = |elements: usize| elements.saturating_mul(size_of::<T>());
    let (a, b_panel) = (bytes(gemm.m.saturating_mul(gemm.k)), bytes(widest(gemm).saturating_mul(gemm.k)));
    if !matches!(gemm.b, Operand::Dense(_)) && b_panel > COPY {
        return false;
    }
    // What any cache holds needs no look at this machine's.
    if a.max(b_panel) > NEAR {
        let caches = &topology::get().caches;
        if a as f64 > A_SHARE * caches.l2 as f64 || b_panel as f64 > B_SHARE * caches.l1d as f64 {
            return false;
        }
    }
    if let Operand::Dense(a) = &gemm.a
        && (a.row_stride() == 1 || gemm.m == 1)
        && !(gemm.n >= TILES_PER_COPY * gemm.kernels.nr && push_each_other_out(a))
    {
        let rows = Rows { start: a.as_ptr(), k_stride: Some(a.col_stride()) };
        tiles(gemm, threads, &rows);
        return true;
    }
    let bytes = gemm.m.next_multiple_of(gemm.kernels.vector) * gemm.k * size_of::<T>();
    if bytes <= ON_STACK {
        let mut packed = MaybeUninit::<[u128; ON_STACK / 16]>::uninit();
        packed_tiles(gemm, threads, packed.as_mut_ptr().cast());
        return true;
    }
    let Some(buffer) = Buffer::take(bytes) else { return false };
    packed_tiles(gemm, threads, buffer.as_mut_ptr().cast());
    true
}

/// Columns of the widest tiles. Those that the diagonal may cross go through a copy, which has room for `nr`.
#[inline(always)]
fn widest<T: Scalar>(gemm: &Gemm<T>) -> usize {
    if gemm.region == Region::Full { gemm.kernels.across(gemm.m) } else { gemm.kernels.nr }
}

/// Packs A in panels as high as the tiles to `to`, which has room for whole vectors of rows, and multiplies.
fn packed_tiles<T: Scalar>(gemm: &Gemm<T>, threads: usize, to: *mut T) {
    let KernelSet { level, pack, .. } = *gemm.kernels;
    let mut row = 0;
    while row < gemm.m {
        let width = gemm.kernels.height(gemm.m - row);
        let (packer, rows) = (Packer { level, pack, width }, row..(row + width).min(gemm.m));
        // SAFETY: the kernel set is one that the CPU has; rows of A, and the caller vouches for the room.
        unsafe { gemm.a.pack(packer, rows, 0..gemm.k, to.add(row * gemm.k)) }
        row += width;
    }
    tiles(gemm, threads, &Rows { start: to, k_stride: None });
}

/// Where the rows of A are, adjacent.
struct Rows<T> {
    start: *const T,
    /// Elements from a k to the next; none where A is packed, in panels as high as the tiles.
    k_stride: Option<isize>,
}

// SAFETY: A is only read.
unsafe impl<T: Sync> Sync for Rows<T> {}

impl<T> Rows<T> {
    /// Row `i`, of a packed A one that starts a panel.
    #[inline(always)]
    fn at(&self, i: usize, k: usize) -> *const T {
        self.start.wrapping_add(if self.k_stride.is_none() { i * k } else { i })
    }
}

/// The rows of C that columns `cols` have in its region.
#[inline(always)]
fn rows_of<T: Scalar>(gemm: &Gemm<T>, cols: &Range<usize>) -> Range<usize> {
    match gemm.region {
        Region::Full => 0..gemm.m,
        Region::Triangle(Uplo::Upper, _) => 0..cols.end.min(gemm.m),
        Region::Triangle(Uplo::Lower, _) => cols.start.min(gemm.m)..gemm.m,
    }
}

/// Bytes of L1 that each depth of an operand takes where depths lie apart: each has a cache line to
/// itself, and lines a multiple of a power of two apart share as much less of L1.
#[inline(always)]
pub fn share_of_l1<T: Scalar>(operand: &MatRef<T>) -> usize {
    let apart = operand.col_stride().unsigned_abs() * size_of::<T>();
    (1 << apart.trailing_zeros().min(12)).max(2 * LINE)
}

/// Whether a few columns of `b`, B transposed, are too much for L1 where they are, though they would fit if
/// copied. Measured on Zen 3, nt: in place 1.1 to 1.2 times as fast where they
/// fit, 0.7 times where they do not.
fn push_each_other_out<T: Scalar>(b: &MatRef<T>) -> bool {
    b.col_stride() != 1 && b.cols() > topology::get().caches.l1d / share_of_l1(b)
}

/// Multiplies tile by tile, threads taking a few columns in turn.
#[inline(always)]
fn tiles<T: Scalar>(gemm: &Gemm<T>, threads: usize, a: &Rows<T>) {
    let width = even(gemm.n, widest(gemm), 1);
    if threads == 1 {
        return columns(gemm, a, width, 0..gemm.n);
    }
    let team = pool::take(threads);
    let panels = gemm.n.div_ceil(width);
    let pieces = (team.size() * PIECES).min(panels);
    let from = |piece: usize| (panels * piece / pieces * width).min(gemm.n);
    team.share(pieces, |piece| columns(gemm, a, width, from(piece)..from(piece + 1)));
}

/// Columns `columns` of C, in tiles of `width`.
#[inline(always)]
fn columns<T: Scalar>(gemm: &Gemm<T>, a: &Rows<T>, width: usize, columns: Range<usize>) {
    let KernelSet { mr, .. } = *gemm.kernels;
    let in_place = match &gemm.b {
        Operand::Dense(b) => {
            let pays = gemm.m >= TILES_PER_COPY * mr && width * gemm.k * size_of::<T>() <= COPY;
            (!(pays && push_each_other_out::<T>(b))).then_some(b)
        }
        _ => None,
    };
    let mut copy = MaybeUninit::<[u128; COPY / 16]>::uninit();
    for j in columns.clone().step_by(width) {
        let cols = j..(j + width).min(columns.end);
        let (b, b_k, b_j) = if let Some(b) = in_place {
            (b.at(j, 0), b.col_stride(), b.row_stride())
        } else {
            let to = copy.as_mut_ptr().cast();
            let packer = Packer { level: gemm.kernels.level, pack: gemm.kernels.pack, width };
            // SAFETY: the kernel set is one that the CPU has; the copy has room for `width` x k elements.
            unsafe { gemm.b.pack(packer, cols.clone(), 0..gemm.k, to) };
            (to.cast_const(), width as isize, 1)
        };
        let rows = rows_of(gemm, &cols);
        // Tiles of a packed A start where its panels do, of which the region may skip the first.
        let mut next = if a.k_stride.is_none() { 0 } else { rows.start };
        while next < rows.end {
            let end = if a.k_stride.is_none() { gemm.m } else { rows.end };
            let (i, height) = (next, gemm.kernels.height(end - next));
            next += height;
            if next <= rows.start {
                continue;
            }
            let tile = Tile {
                k: gemm.k,
                a: a.at(i, gemm.k),
                a_k: a.k_stride.unwrap_or(height as isize),
                b,
                b_k,
                b_j,
                next: b,
                next_step: 1,
                c: gemm.c.wrapping_offset(i as isize + j as isize * gemm.c_col),
                c_col: gemm.c_col,
                m: height.min(rows.end - i),
                n: cols.len(),
                alpha: gemm.alpha,
                beta: gemm.beta,
                conj_a: gemm.conj_a,
                conj_b: gemm.conj_b,
            };
            // SAFETY: the kernel set is one that the CPU has; the tile lies inside A, B and C.
            unsafe { gemm.run_tile(gemm.kernels.direct(tile.m, tile.n), &tile, i, j) }
        }
    }
}
