//! Products of at most some dozens: what costs there is the way to the kernel, so this one is short.
//!
//! No thread, no lock, no memory but the stack, no description of the product in between, no division: how sizes
//! are cut into tiles stands in the kernel table. Everything that needs thought is left to `small`.

use super::small::share_of_l1;
use crate::kernel::panel::{Panel, Unpanel};
use crate::kernel::tile::Tile;
use crate::kernel::{CUT_UP_TO, KernelSet, kernels};
use crate::scalar::Scalar;
use crate::view::{MatMut, MatRef};
use core::mem::MaybeUninit;

/// Depth up to which a product is tiny.
const DEPTH: usize = 256;
/// Multiply-adds of reals up to which nobody needs to think about threads.
pub const WORK: usize = 48 * 48 * 48;
/// Bytes of A or of C that are packed on the stack.
const ROOM: usize = 16 << 10;
/// Bytes of any CPU's L1.
const NEAR: usize = 32 << 10;

/// Multiplies if the product is tiny, alpha is not 0 and C has adjacent rows or columns; otherwise does nothing
/// and says so.
#[inline(always)]
pub fn multiply<T: Scalar>(alpha: T, a: &MatRef<T>, b: &MatRef<T>, beta: T, c: &MatMut<T>) -> bool {
    // A C of adjacent columns is the transposed product.
    let (a, b, m, n, c_col) = if c.row_stride() == 1 {
        (*a, *b, c.rows(), c.cols(), c.col_stride())
    } else if c.col_stride() == 1 {
        (b.t(), a.t(), c.cols(), c.rows(), c.row_stride())
    } else {
        return false;
    };
    let k = a.cols();
    // Sizes of 0 are none of ours.
    let fits = |size: usize, limit: usize| size.wrapping_sub(1) < limit;
    if !fits(m, CUT_UP_TO) || !fits(n, CUT_UP_TO) || !fits(k, DEPTH) || alpha == T::ZERO {
        return false;
    }
    if m * n * k * (T::PARTS * T::PARTS) > WORK {
        return false;
    }
    let kernels = kernels::<T>();
    let mut tile = Tile {
        k,
        a: a.as_ptr(),
        a_k: a.col_stride(),
        b: b.as_ptr(),
        b_k: b.row_stride(),
        b_j: b.col_stride(),
        next: b.as_ptr(),
        next_step: 1,
        c: c.as_mut_ptr(),
        c_col,
        m,
        n,
        alpha,
        beta,
        conj_a: a.is_conj(),
        conj_b: b.is_conj(),
    };
    if a.row_stride() == 1 {
        if k > 1 && k * share_of_l1(&a) > NEAR {
            return false;
        }
        // SAFETY: the kernel set is one that the CPU has; the views vouch for A, B and C.
        unsafe { tiles::<T, false>(kernels, &mut tile) };
        return true;
    }
    // Turning C, twice if it is read too, costs what packing as much of A does.
    let passes = if beta == T::ZERO { 1 } else { 2 };
    if b.col_stride() == 1
        && n * passes <= k
        && (n + kernels.vector) * m * size_of::<T>() <= ROOM
        && k * share_of_l1(&b.t()) <= NEAR
    {
        // SAFETY: as above; there is room for C with its rows padded.
        unsafe { turned(kernels, &mut tile, a.row_stride()) };
        return true;
    }
    (m + kernels.mr) * k * size_of::<T>() <= ROOM && {
        // SAFETY: as above; there is room for A with its last panel padded.
        unsafe { packed(kernels, &mut tile, a.row_stride()) };
        true
    }
}

/// Packs A, rows `row_stride` apart, and multiplies.
///
/// # Safety
/// The CPU has the kernels; A, B and C are as `tile` says, which is all of C; A with `mr` more rows fits in [`ROOM`].
#[inline(never)]
unsafe fn packed<T: Scalar>(kernels: &KernelSet<T>, tile: &mut Tile<T>, row_stride: isize) {
    let mut room = MaybeUninit::<[u128; ROOM / 16]>::uninit();
    let to = room.as_mut_ptr().cast::<T>();
    let mut i = 0;
    while i < tile.m {
        let height = kernels.height(tile.m - i);
        let panel = Panel {
            from: tile.a.wrapping_offset(i as isize * row_stride),
            i_stride: row_stride,
            k_stride: tile.a_k,
            width: height.min(tile.m - i),
            k: tile.k,
            to: to.wrapping_add(i * tile.k),
            padded: height,
            conj: false,
        };
        // SAFETY: rows of A that exist; fewer than `mr` are added to them in all.
        unsafe { (kernels.pack)(&panel) };
        i += height;
    }
    tile.a = to;
    // SAFETY: the caller's promise.
    unsafe { tiles::<T, true>(kernels, tile) };
}

/// Multiplies a B of adjacent columns, which is A of the transposed product, by A, rows `row_stride` apart, to a copy of C
/// of adjacent columns.
///
/// # Safety
/// The CPU has the kernels; A, B and C are as `tile` says, which is all of C; C with rows of whole vectors fits in [`ROOM`].
#[inline(never)]
unsafe fn turned<T: Scalar>(kernels: &KernelSet<T>, tile: &mut Tile<T>, row_stride: isize) {
    let mut room = MaybeUninit::<[u128; ROOM / 16]>::uninit();
    let copy = room.as_mut_ptr().cast::<T>();
    let Tile { a, a_k, b, b_k, c, c_col, m, n, conj_a, conj_b, .. } = *tile;
    let padded = n.next_multiple_of(kernels.vector);
    if tile.beta != T::ZERO {
        let columns =
            Panel { from: c, i_stride: c_col, k_stride: 1, width: n, k: m, to: copy, padded, conj: false };
        // SAFETY: the elements of C, which exist; there is room for them.
        unsafe { (kernels.pack)(&columns) };
    }
    (tile.a, tile.a_k, tile.conj_a) = (b, b_k, conj_b);
    (tile.b, tile.b_k, tile.b_j, tile.conj_b) = (a, a_k, row_stride, conj_a);
    (tile.c, tile.c_col, tile.m, tile.n) = (copy, padded as isize, n, m);
    let columns = Unpanel { from: copy, padded, width: n, k: m, to: c, i_stride: c_col, k_stride: 1 };
    // SAFETY: the caller's promise; the copy holds all of C, and only what was written of it is copied back.
    unsafe {
        tiles::<T, false>(kernels, tile);
        (kernels.unpack)(&columns);
    }
}

/// Multiplies tile by tile, with A in panels as high as the tiles if it is `PACKED`.
///
/// # Safety
/// The CPU has the kernels; A, B and C are as `whole` says, which is all of C.
#[inline(always)]
unsafe fn tiles<T: Scalar, const PACKED: bool>(kernels: &KernelSet<T>, whole: &mut Tile<T>) {
    let (m, n, a, c, tile) = (whole.m, whole.n, whole.a, whole.c, whole);
    let apart = if PACKED { tile.k } else { 1 };
    let mut j = 0;
    while j < n {
        // Asked again for what is left: 16 in threes would end in one.
        tile.n = kernels.width(m, n - j);
        let column = c.wrapping_offset(j as isize * tile.c_col);
        let mut i = 0;
        while i < m {
            // As for columns.
            let height = kernels.height(m - i);
            if PACKED {
                tile.a_k = height as isize;
            }
            tile.m = height.min(m - i);
            tile.a = a.wrapping_add(i * apart);
            tile.c = column.wrapping_add(i);
            // SAFETY: a tile inside A, B and C.
            unsafe { (kernels.direct(tile.m, tile.n))(tile) };
            i += height;
        }
        tile.b = tile.b.wrapping_offset(tile.n as isize * tile.b_j);
        j += tile.n;
    }
}
