//! What becomes of the sums of a tile.
//!
//! Where C is made of the sums as they are, tiles go straight into C ([`Direct`]). Else a [`Finish`] makes C of
//! them ([`Finished`]): at once if a block is as deep as the product, on the stack; with several blocks of k the
//! sums of the blocks before wait in memory of their own. What the system refuses is tried again with a part of C,
//! and a single tile needs no memory.

use super::sums::{Sum, Sums};
use crate::engine::{self, Pair, Product, Shape, plan, stack};
use crate::kernel::dot::LARGEST_TILE;
use crate::kernel::panel::{Panel, Unpanel};
use crate::kernel::{KernelSet, kernels};
use crate::platform::memory::Buffer;
use core::mem::MaybeUninit;
use core::ops::Range;

/// Makes C of finished sums.
pub(super) trait Finish<S>: Sync {
    /// Makes the elements `rows` x `cols` of C of the sums, of which (i, j) is at `sums[i + j * col]`.
    ///
    /// # Safety
    /// The sums must be readable; nobody else uses these elements of C.
    unsafe fn finish(&self, rows: Range<usize>, cols: Range<usize>, sums: *const S, col: usize);
}

/// Multiplies, sums straight into C.
///
/// # Safety
/// C must be writable as far as the product's shape says, rows adjacent, columns `c_col` apart; `add` adds to it.
pub(super) unsafe fn multiply_into<P: Sums>(product: &P, c: *mut P::Sum, c_col: usize, add: bool) -> bool {
    let shape = product.shape();
    let target = Direct { c, c_col, add };
    run(&Part { product, shape, rows: 0..shape.m, cols: 0..shape.n, target })
}

/// [`multiply_into`], but columns of C are adjacent, rows `c_row` apart.
///
/// # Safety
/// As for [`multiply_into`]. Sums have 32 bits.
pub(super) unsafe fn multiply_into_turned<P: Sums>(
    product: &P,
    c: *mut P::Sum,
    c_row: usize,
    add: bool,
) -> bool {
    let shape = product.shape();
    let target = Turned { c, c_row, add };
    run(&Part { product, shape, rows: 0..shape.m, cols: 0..shape.n, target })
}

/// Multiplies and finishes. `false` if memory could not be had for even the smallest blocks.
pub(super) fn multiply<P: Sums, F: Finish<P::Sum>>(product: &P, kc: usize, finish: &F) -> bool {
    let shape = product.shape();
    region(product, kc, finish, 0..shape.m, 0..shape.n)
}

/// Multiplies the part `rows` x `cols` of C, which begins at a tile.
fn region<P: Sums, F: Finish<P::Sum>>(
    product: &P,
    kc: usize,
    finish: &F,
    rows: Range<usize>,
    cols: Range<usize>,
) -> bool {
    let shape = product.shape();
    let (down, across) = (rows.len().div_ceil(shape.mr), cols.len().div_ceil(shape.nr));
    let part = |sums: *mut P::Sum| {
        let mut shape = Shape { m: rows.len(), n: cols.len(), ..shape };
        // Whether one block suffices has been decided.
        shape.ready.kc = kc;
        let target = Finished { finish, down, sums };
        run(&Part { product, shape, rows: rows.clone(), cols: cols.clone(), target })
    };
    if shape.k <= kc {
        return part(core::ptr::null_mut());
    }
    if down * across == 1 {
        let mut tile = MaybeUninit::<[P::Sum; LARGEST_TILE]>::uninit();
        return part(tile.as_mut_ptr().cast());
    }
    if let Some(buffer) = Buffer::take(down * across * shape.mr * shape.nr * size_of::<P::Sum>()) {
        return part(buffer.as_mut_ptr().cast());
    }
    if down > across {
        let half = rows.start + down / 2 * shape.mr;
        region(product, kc, finish, rows.start..half, cols.clone())
            && region(product, kc, finish, half..rows.end, cols)
    } else {
        let half = cols.start + across / 2 * shape.nr;
        region(product, kc, finish, rows.clone(), cols.start..half)
            && region(product, kc, finish, rows, half..cols.end)
    }
}

/// Finishes `m` x `n` elements of C that are sums of nothing.
pub(super) fn of_nothing<S: Sum>(m: usize, n: usize, finish: &impl Finish<S>, zero: S) {
    const ROWS: usize = 8;
    let sums = [zero; ROWS];
    for j in 0..n {
        for i in (0..m).step_by(ROWS) {
            // SAFETY: as many sums as rows; nobody else is there.
            unsafe { finish.finish(i..(i + ROWS).min(m), j..j + 1, sums.as_ptr(), ROWS) };
        }
    }
}

/// Multiplies on as many threads as pay. The emergency memory serves one caller at a time: others wait for it.
pub(super) fn run<P: Product>(product: &P) -> bool {
    const PATIENCE: usize = 1 << 16;
    if stack::multiply(product) {
        return true;
    }
    let threads = plan::threads(&product.shape());
    if engine::multiply(product, threads) {
        return true;
    }
    (0..PATIENCE).any(|_| {
        std::thread::yield_now();
        engine::multiply_alone(product)
    })
}

/// What becomes of the tiles of a product.
trait Target<P: Sums>: Sync {
    /// Multiplies two panels into the tile `rows` x `cols` of C, which is the one at `at` (down, across) of the
    /// part's.
    ///
    /// # Safety
    /// As for [`Product::tile`].
    unsafe fn tile(
        &self,
        product: &P,
        shape: &Shape,
        at: (usize, usize),
        rows: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        pair: Pair,
    );
}

/// The part `rows` x `cols` of a product, whose tiles have a target.
struct Part<'a, P, T> {
    product: &'a P,
    shape: Shape,
    rows: Range<usize>,
    cols: Range<usize>,
    target: T,
}

impl<P, T> Part<'_, P, T> {
    fn rows(&self, rows: &Range<usize>) -> Range<usize> {
        rows.start + self.rows.start..rows.end + self.rows.start
    }

    fn cols(&self, cols: &Range<usize>) -> Range<usize> {
        cols.start + self.cols.start..cols.end + self.cols.start
    }
}

impl<P: Sums, T: Target<P>> Product for Part<'_, P, T> {
    fn shape(&self) -> Shape {
        self.shape
    }

    unsafe fn pack_a(&self, rows: Range<usize>, k: Range<usize>, to: *mut u8) {
        // SAFETY: the caller vouches for `to`.
        unsafe { self.product.pack_a(self.rows(&rows), k, to) }
    }

    unsafe fn pack_a_block(&self, shape: &Shape, rows: Range<usize>, k: Range<usize>, to: *mut u8) {
        // SAFETY: the caller vouches for `to`.
        unsafe { self.product.pack_a_block(shape, self.rows(&rows), k, to) }
    }

    unsafe fn pack_b(&self, cols: Range<usize>, k: Range<usize>, to: *mut u8) {
        // SAFETY: the caller vouches for `to`.
        unsafe { self.product.pack_b(self.cols(&cols), k, to) }
    }

    unsafe fn pack_b_block(&self, shape: &Shape, cols: Range<usize>, k: Range<usize>, to: *mut u8) {
        // SAFETY: the caller vouches for `to`.
        unsafe { self.product.pack_b_block(shape, self.cols(&cols), k, to) }
    }

    fn ready_a(&self, rows: &Range<usize>, k: &Range<usize>) -> Option<*const u8> {
        self.product.ready_a(&self.rows(rows), k)
    }

    fn ready_b(&self, cols: &Range<usize>, k: &Range<usize>) -> Option<*const u8> {
        self.product.ready_b(&self.cols(cols), k)
    }

    #[inline]
    unsafe fn tile(&self, rows: Range<usize>, cols: Range<usize>, k: Range<usize>, pair: Pair) {
        let at = (rows.start / self.shape.mr, cols.start / self.shape.nr);
        let (rows, cols) = (self.rows(&rows), self.cols(&cols));
        // SAFETY: the caller vouches for the panels.
        unsafe { self.target.tile(self.product, &self.shape, at, rows, cols, k, pair) }
    }
}

/// C is the sums.
struct Direct<S> {
    c: *mut S,
    c_col: usize,
    add: bool,
}

// SAFETY: the pointer is C, of which the loops give every element to one thread.
unsafe impl<S> Sync for Direct<S> {}

impl<P: Sums> Target<P> for Direct<P::Sum> {
    #[inline]
    unsafe fn tile(
        &self,
        product: &P,
        _: &Shape,
        _: (usize, usize),
        rows: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        pair: Pair,
    ) {
        let add = self.add || k.start > 0;
        let c = self.c.wrapping_add(rows.start + cols.start * self.c_col);
        // SAFETY: a tile of C; the caller vouches for the panels.
        unsafe { product.sums(rows, cols, k, pair, c, self.c_col, add) };
    }
}

/// C is the sums, columns adjacent: tiles are turned on their way.
struct Turned<S> {
    c: *mut S,
    c_row: usize,
    add: bool,
}

// SAFETY: the pointer is C, of which the loops give every element to one thread.
unsafe impl<S> Sync for Turned<S> {}

impl<P: Sums> Target<P> for Turned<P::Sum> {
    #[inline]
    unsafe fn tile(
        &self,
        product: &P,
        shape: &Shape,
        _: (usize, usize),
        rows: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        pair: Pair,
    ) {
        // Numbers of 32 bits are turned alike, whatever they are.
        const { assert!(size_of::<P::Sum>() == size_of::<f32>()) };
        let KernelSet { pack, unpack, .. } = *kernels::<f32>();
        let add = self.add || k.start > 0;
        let mut tile = MaybeUninit::<[f32; LARGEST_TILE]>::uninit();
        let sums = tile.as_mut_ptr().cast::<f32>();
        let c = self.c.wrapping_add(rows.start * self.c_row + cols.start).cast::<f32>();
        let (i_stride, k_stride, padded) = (self.c_row as isize, 1, shape.mr);
        let (width, depth) = (rows.len(), cols.len());
        // SAFETY: a tile of C, and room for it; the caller vouches for the panels.
        unsafe {
            if add {
                pack(&Panel { from: c, i_stride, k_stride, width, k: depth, to: sums, padded, conj: false });
            }
            product.sums(rows, cols, k, pair, sums.cast(), padded, add);
            unpack(&Unpanel { from: sums, padded, width, k: depth, to: c, i_stride, k_stride });
        }
    }
}

/// A finish makes C of the sums.
struct Finished<'a, S, F> {
    finish: &'a F,
    /// Tiles down.
    down: usize,
    /// The sums of all tiles so far; null if all blocks are as deep as the product.
    sums: *mut S,
}

// SAFETY: the pointer is to sums of which the loops give every tile to one thread.
unsafe impl<S, F: Sync> Sync for Finished<'_, S, F> {}

impl<P: Sums, F: Finish<P::Sum>> Target<P> for Finished<'_, P::Sum, F> {
    #[inline]
    unsafe fn tile(
        &self,
        product: &P,
        shape: &Shape,
        (down, across): (usize, usize),
        rows: Range<usize>,
        cols: Range<usize>,
        k: Range<usize>,
        pair: Pair,
    ) {
        let Shape { mr, nr, k: depth, .. } = *shape;
        let mut tile = MaybeUninit::<[P::Sum; LARGEST_TILE]>::uninit();
        let sums = if self.sums.is_null() {
            tile.as_mut_ptr().cast()
        } else {
            self.sums.wrapping_add((across * self.down + down) * mr * nr)
        };
        let (last, add) = (k.end == depth, k.start > 0);
        // SAFETY: the caller vouches for the panels; room for a tile, which is this thread's.
        unsafe {
            product.sums(rows.clone(), cols.clone(), k, pair, sums, mr, add);
            if last {
                self.finish.finish(rows, cols, sums, mr);
            }
        }
    }
}
