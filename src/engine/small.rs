//! Products too small for packing to pay: tiles straight from the caller's matrices.
//!
//! The direct tile kernels want the rows of A adjacent; B may have any strides. An A with other strides is
//! packed first, whole, which still costs little next to the product. Tiles are cut evenly (66 rows are
//! 33 + 33 and not 48 + 18), because a vector half empty costs as much as a full one and sums that are too
//! few leave the multipliers waiting.
//!
//! No allocation, no lock on one thread: what is packed fits on the stack or, up to the limit, in a kept buffer.

use super::gemm::{Gemm, Region};
use super::operand::{Operand, Packer};
use crate::kernel::panel::Panel;
use crate::kernel::tile::Tile;
use crate::kernel::{KernelSet, kernels};
use crate::platform::memory::Buffer;
use crate::platform::{pool, topology};
use crate::scalar::Scalar;
use crate::view::{MatMut, MatRef};
use core::mem::MaybeUninit;
use core::ops::Range;

/// Multiply-adds of reals up to which nobody needs to think about threads.
const TINY: usize = 48 * 48 * 48;
/// Part of L2 up to which an A straight from memory wins over a packed one, on one thread: it passes
/// through L2 once for each panel of B. Measured on Zen 3 (512 KiB of L2), nn: f32 95 % of the FMA peak at
/// 192 square, 75 % at 384 (A larger than L2), where packed loops reach 90 %.
const A_SHARE: f64 = 0.6;
/// Part of L1 that a panel of B may take, which every panel of A meets.
const B_SHARE: f64 = 0.75;
/// Depth up to which a single tile is not worth another thought.
const ONE_TILE_DEPTH: usize = 256;
/// Pieces of columns for each thread, so that none waits long for another at the end.
const PIECES: usize = 4;
/// Bytes of A that are packed on the stack.
const ON_STACK: usize = 4096;
/// Tiles of rows from which copying a panel of B pays.
const TILES_PER_COPY: usize = 4;
/// Bytes of that copy, on the stack.
const COPY: usize = 16 << 10;

/// Multiplies if one tile is all of C, the rows of A and C are adjacent and the factors and sizes are not 0;
/// otherwise does nothing and says so. The shortest way in: a call of 4 x 4 x 4 is over in 20 ns.
#[inline]
pub fn one_tile<T: Scalar>(alpha: T, a: &MatRef<T>, b: &MatRef<T>, beta: T, c: &MatMut<T>) -> bool {
    let kernels = kernels::<T>();
    let (m, n, k) = (c.rows(), c.cols(), a.cols());
    let fits = m.wrapping_sub(1) < kernels.mr
        && n.wrapping_sub(1) < kernels.nr
        && k.wrapping_sub(1) < ONE_TILE_DEPTH;
    if !fits || a.row_stride() != 1 || c.row_stride() != 1 || alpha == T::ZERO {
        return false;
    }
    // SAFETY: the kernel set is one that the CPU has; A, B and C are one tile each, as the views say.
    unsafe {
        (kernels.direct(m, n))(&Tile {
            k,
            a: a.as_ptr(),
            a_k: a.col_stride(),
            b: b.as_ptr(),
            b_k: b.row_stride(),
            b_j: b.col_stride(),
            c: c.as_mut_ptr(),
            c_col: c.col_stride(),
            m,
            n,
            alpha,
            beta,
            conj_a: a.is_conj(),
            conj_b: b.is_conj(),
        })
    }
    true
}

/// Whether a product is so small that more than one thread cannot pay.
#[inline]
pub fn is_tiny<T: Scalar>(gemm: &Gemm<T>) -> bool {
    (gemm.m * gemm.n).saturating_mul(gemm.k).saturating_mul(T::PARTS * T::PARTS) <= TINY
}

/// Multiplies on up to `threads` threads if the product is small and dense; otherwise does nothing and says so.
#[inline]
pub fn multiply<T: Scalar>(gemm: &Gemm<T>, threads: usize) -> bool {
    let (Operand::Dense(a), Operand::Dense(b), Region::Full) = (&gemm.a, &gemm.b, gemm.region) else {
        return false;
    };
    let caches = &topology::get().caches;
    let fits = |elements: usize, share: f64, cache: usize| {
        (elements * size_of::<T>()) as f64 <= share * cache as f64
    };
    if !fits(gemm.m.saturating_mul(gemm.k), A_SHARE, caches.l2)
        || !fits(gemm.kernels.nr.saturating_mul(gemm.k), B_SHARE, caches.l1d)
    {
        return false;
    }
    if a.row_stride() == 1 || gemm.m == 1 {
        tiles(gemm, threads, a.as_ptr(), |_| (a.col_stride(), 1), b);
        return true;
    }
    let padded = even(gemm.m, gemm.kernels.mr, gemm.kernels.vector);
    let bytes = gemm.m.div_ceil(padded) * padded * gemm.k * size_of::<T>();
    if bytes <= ON_STACK {
        let mut packed = MaybeUninit::<[u128; ON_STACK / 16]>::uninit();
        packed_tiles(gemm, threads, a, b, padded, packed.as_mut_ptr().cast());
        return true;
    }
    let Some(buffer) = Buffer::take(bytes) else { return false };
    packed_tiles(gemm, threads, a, b, padded, buffer.as_mut_ptr().cast());
    true
}

/// The size of the equal parts, multiples of `unit` and at most `limit`, that `whole` is cut into.
#[inline(always)]
fn even(whole: usize, limit: usize, unit: usize) -> usize {
    whole.div_ceil(whole.div_ceil(limit)).next_multiple_of(unit)
}

/// Packs A in panels `padded` wide to `to`, which has room for them, and multiplies.
fn packed_tiles<T: Scalar>(
    gemm: &Gemm<T>,
    threads: usize,
    a: &MatRef<T>,
    b: &MatRef<T>,
    padded: usize,
    to: *mut T,
) {
    for row in (0..gemm.m).step_by(padded) {
        // SAFETY: the kernel set is one that the CPU has; rows of A, and the caller vouches for the room.
        unsafe {
            (gemm.kernels.pack)(&Panel {
                from: a.at(row, 0),
                i_stride: a.row_stride(),
                k_stride: a.col_stride(),
                width: padded.min(gemm.m - row),
                k: gemm.k,
                to: to.add(row * gemm.k),
                padded,
                conj: false,
            })
        }
    }
    tiles(gemm, threads, to, |row| (padded as isize, if row == 0 { 1 } else { gemm.k as isize }), b);
}

/// Multiplies tile by tile, threads taking a few columns in turn. Row `i` of A, a multiple of the tile height,
/// starts at `i * step` with `k_stride` between its elements, `(k_stride, step)` being `layout(i)`.
#[inline(always)]
fn tiles<T: Scalar>(
    gemm: &Gemm<T>,
    threads: usize,
    a: *const T,
    layout: impl Fn(usize) -> (isize, isize) + Sync,
    b: &MatRef<T>,
) {
    let part = Part { gemm, a, layout, b, cols: even(gemm.n, gemm.kernels.nr, 1) };
    if threads == 1 {
        return part.columns(0..gemm.n);
    }
    let team = pool::take(threads);
    let panels = gemm.n.div_ceil(part.cols);
    let pieces = (team.size() * PIECES).min(panels);
    let from = |piece: usize| (panels * piece / pieces * part.cols).min(gemm.n);
    team.share(pieces, |piece| part.columns(from(piece)..from(piece + 1)));
}

/// What the threads of a small product share.
struct Part<'a, T: Scalar, L> {
    gemm: &'a Gemm<'a, T>,
    a: *const T,
    layout: L,
    b: &'a MatRef<'a, T>,
    /// Columns of a tile.
    cols: usize,
}

// SAFETY: A is only read, and `Gemm` may be shared.
unsafe impl<T: Scalar, L: Sync> Sync for Part<'_, T, L> {}

impl<T: Scalar, L: Fn(usize) -> (isize, isize)> Part<'_, T, L> {
    /// Columns of C; `columns` starts at a multiple of the width of a tile.
    #[inline(always)]
    fn columns(&self, columns: Range<usize>) {
        let Part { gemm, a, layout, b, cols } = self;
        let (b, cols) = (*b, *cols);
        let KernelSet { mr, vector, .. } = *gemm.kernels;
        let rows = even(gemm.m, mr, vector);
        // A B whose depths lie apart takes a cache line for each, and lines a power of two apart push each other
        // out: where many tiles use a panel of it, a copy pays.
        let bytes = cols * gemm.k * size_of::<T>();
        let apart = b.col_stride() != 1 && gemm.m >= TILES_PER_COPY * mr && bytes <= COPY;
        let mut copy = MaybeUninit::<[u128; COPY / 16]>::uninit();
        for j in columns.clone().step_by(cols) {
            let n = cols.min(columns.end - j);
            let (b, b_k, b_j) = if apart {
                let to = copy.as_mut_ptr().cast();
                let packer = Packer { level: gemm.kernels.level, pack: gemm.kernels.pack, width: cols };
                // SAFETY: the kernel set is one that the CPU has; the copy has room for `cols` x k elements.
                unsafe { Operand::Dense(*b).pack(packer, j..j + n, 0..gemm.k, to) };
                (to.cast_const(), cols as isize, 1)
            } else {
                (b.at(j, 0), b.col_stride(), b.row_stride())
            };
            for i in (0..gemm.m).step_by(rows) {
                let m = rows.min(gemm.m - i);
                let (a_k, step) = layout(i);
                // SAFETY: the kernel set is one that the CPU has; the tile lies inside A, B and C.
                unsafe {
                    (gemm.kernels.direct(m, n))(&Tile {
                        k: gemm.k,
                        a: a.offset(i as isize * step),
                        a_k,
                        b,
                        b_k,
                        b_j,
                        c: gemm.c.offset(i as isize + j as isize * gemm.c_col),
                        c_col: gemm.c_col,
                        m,
                        n,
                        alpha: gemm.alpha,
                        beta: gemm.beta,
                        conj_a: gemm.conj_a,
                        conj_b: gemm.conj_b,
                    });
                }
            }
        }
    }
}
