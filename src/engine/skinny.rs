//! Products of which one side is short: `C <- alpha A B + beta C` where C has few columns (or few rows: the
//! transposed product) and A is too large to stay near.
//!
//! ```text
//!            k            n
//!      +-----------+    +--+        A is read once, and that is what the product costs; it is neither
//!    m |     A     | x k| B|        packed nor turned. Its rows are shared out among threads.
//!      +-----------+    +--+
//! ```
//!
//! Where k is what lies adjacent in A, inner products along it ([`crate::kernel::inner`]); where the rows
//! are, direct tiles ([`crate::kernel::tile`]) in blocks of k that leave a panel of B in L1. B, which
//! is small, is copied into the form that the kernel wants.

use super::gemm::{Gemm, Region, rate};
use super::operand::{Operand, Packer};
use super::{Ready, Shape, plan};
use crate::kernel::KernelSet;
use crate::kernel::inner::Inner;
use crate::kernel::tile::Tile;
use crate::platform::memory::Buffer;
use crate::platform::{pool, topology};
use crate::scalar::Scalar;
use crate::view::MatRef;
use core::mem::MaybeUninit;
use core::ops::Range;

/// Columns up to which a product is skinny. Measured on Zen 3, f32 and f64, A 4096 x 4096, against the packed
/// loops: inner products 1.2 to 2 times as fast up to 16 columns, 0.85 at 32; direct tiles 1.0 to 1.2 at 32.
const INNER_COLUMNS: usize = 16;
/// The same for direct tiles.
const TILE_COLUMNS: usize = 32;
/// Part of L2 from which A is large.
const A_SHARE: f64 = 0.25;
/// Depth of blocks in direct tiles: a column of A's lines, a cache line for each k, must leave L1 room.
const DEPTH: usize = 192;
/// Bytes of a row block of A along k that inner products go over once for each few columns.
const ROWS_BYTES: usize = 16 << 10;

/// Bytes of a cache line.
const LINE: usize = 64;
/// Pieces of rows for each thread, so that none waits long for another at the end.
const PIECES: usize = 4;

/// A product seen so that C is tall.
struct Skinny<'a, T: Scalar> {
    kernels: &'static KernelSet<T>,
    alpha: T,
    /// m x k, the large operand.
    a: MatRef<'a, T>,
    conj_a: bool,
    /// n x k, B transposed.
    b: MatRef<'a, T>,
    conj_b: bool,
    beta: T,
    c: *mut T,
    c_row: isize,
    c_col: isize,
}

// SAFETY: the pointer is C, of whose rows every thread has its own.
unsafe impl<T: Scalar> Sync for Skinny<'_, T> {}

/// Multiplies if the product is skinny, A large and adjacent either way, and memory for B to be had;
/// otherwise does nothing and says so.
pub fn multiply<T: Scalar>(gemm: &Gemm<T>) -> bool {
    let (Operand::Dense(a), Operand::Dense(b), Region::Full) = (&gemm.a, &gemm.b, gemm.region) else {
        return false;
    };
    if gemm.m.min(gemm.n) > TILE_COLUMNS {
        return false;
    }
    let Gemm { kernels, alpha, beta, c, .. } = *gemm;
    let skinny = if gemm.m >= gemm.n {
        let (conj_a, conj_b) = (gemm.conj_a, gemm.conj_b);
        Skinny { kernels, alpha, a: *a, conj_a, b: *b, conj_b, beta, c, c_row: 1, c_col: gemm.c_col }
    } else {
        let (conj_a, conj_b) = (gemm.conj_b, gemm.conj_a);
        Skinny { kernels, alpha, a: *b, conj_a, b: *a, conj_b, beta, c, c_row: gemm.c_col, c_col: 1 }
    };
    let large =
        (skinny.a.rows() * gemm.k * size_of::<T>()) as f64 > A_SHARE * topology::get().caches.l2 as f64;
    large && skinny.run()
}

impl<T: Scalar> Skinny<'_, T> {
    fn run(&self) -> bool {
        let inner = self.a.col_stride() == 1;
        let (n, k) = (self.b.rows(), self.b.cols());
        if inner && n > INNER_COLUMNS || !inner && self.a.row_stride() != 1 {
            return false;
        }
        let (buffer, b);
        if inner && self.b.col_stride() == 1 {
            b = self.b;
        } else {
            let Some(taken) = Buffer::take(n * k * size_of::<T>()) else { return false };
            buffer = taken;
            let to: *mut T = buffer.as_mut_ptr().cast();
            if inner {
                self.gather_columns(to)
            } else {
                self.pack_panels(to)
            }
            // SAFETY: just written; direct tiles read it panel by panel.
            b = unsafe { MatRef::new(to, n, k, k as isize, 1) };
        }
        self.share_rows(|rows| {
            // SAFETY: threads have rows of their own; `b` is B as each way wants it.
            unsafe { if inner { self.inner_products(rows, b) } else { self.tiles(rows, b.as_ptr()) } }
        });
        true
    }

    /// Columns of a panel of B in direct tiles.
    fn panel(&self) -> usize {
        self.b.rows().div_ceil(self.b.rows().div_ceil(self.kernels.nr))
    }

    /// B column after column, each adjacent along k.
    fn gather_columns(&self, to: *mut T) {
        let (n, k) = (self.b.rows(), self.b.cols());
        for j in 0..n {
            for p in 0..k {
                // SAFETY: the buffer has n x k elements, and so has B.
                unsafe { *to.add(j * k + p) = *self.b.at(j, p) }
            }
        }
    }

    /// B in blocks of DEPTH, each panel after panel.
    fn pack_panels(&self, to: *mut T) {
        let (n, k) = (self.b.rows(), self.b.cols());
        for pc in (0..k).step_by(DEPTH) {
            let depth = pc..(pc + DEPTH).min(k);
            for j in (0..n).step_by(self.panel()) {
                let cols = j..(j + self.panel()).min(n);
                let packer = Packer { level: self.kernels.level, pack: self.kernels.pack, width: cols.len() };
                // SAFETY: the kernel set is one that the CPU has; blocks and panels fill the buffer of
                // n x k elements one after the other.
                unsafe {
                    let to = to.add(pc * n + j * depth.len());
                    Operand::Dense(self.b).pack(packer, cols, depth.clone(), to);
                }
            }
        }
    }

    /// Calls `part` with ranges of rows, on as many threads as pay.
    fn share_rows(&self, part: impl Fn(Range<usize>) + Sync) {
        let (m, n, k) = (self.a.rows(), self.b.rows(), self.a.cols());
        let KernelSet { mr, nr, level, .. } = *self.kernels;
        let (a, b) = ((mr, mr * size_of::<T>()), (nr, nr * size_of::<T>()));
        // With few columns the multipliers wait for A.
        let rate = rate::<T>(level) * (n as f64 / 16.0).min(0.9);
        let shape = Shape { ready: Ready { kc: k, a: true, b: true }, ..Shape::new([m, n, k], a, b, rate) };
        let threads = plan::lane_threads(&shape);
        if threads == 1 {
            return part(0..m);
        }
        let team = pool::take(threads);
        let panels = m.div_ceil(mr);
        let pieces = (team.size() * PIECES).min(panels);
        let first = |piece: usize| (panels * piece / pieces * mr).min(m);
        team.share(pieces, |piece| part(first(piece)..first(piece + 1)));
    }

    /// # Safety
    /// Nobody else uses the rows of C; `b` is B transposed, adjacent along k.
    unsafe fn inner_products(&self, rows: Range<usize>, b: MatRef<T>) {
        let (n, k) = (self.b.rows(), self.a.cols());
        let KernelSet { inner_rows, inner_cols, inner, .. } = *self.kernels;
        // One group of columns needs no second look at A.
        let depth = if n <= inner_cols { k } else { ROWS_BYTES / inner_rows / size_of::<T>() / 64 * 64 };
        for i in rows.clone().step_by(inner_rows) {
            for pc in (0..k).step_by(depth) {
                for j in (0..n).step_by(inner_cols) {
                    // SAFETY: the tile lies inside A, B and C; the kernel set is one that the CPU has.
                    unsafe {
                        inner(&Inner {
                            k: depth.min(k - pc),
                            a: self.a.at(i, pc),
                            a_row: self.a.row_stride(),
                            b: b.at(j, pc),
                            b_col: b.row_stride(),
                            c: self.c.offset(i as isize * self.c_row + j as isize * self.c_col),
                            c_row: self.c_row,
                            c_col: self.c_col,
                            m: inner_rows.min(rows.end - i),
                            n: inner_cols.min(n - j),
                            alpha: self.alpha,
                            beta: if pc == 0 { self.beta } else { T::ONE },
                            conj_a: self.conj_a,
                            conj_b: self.conj_b,
                        });
                    }
                }
            }
        }
    }

    /// # Safety
    /// Nobody else uses the rows of C; `b` is what `pack_panels` made.
    unsafe fn tiles(&self, rows: Range<usize>, b: *const T) {
        let (n, k, mr) = (self.b.rows(), self.a.cols(), self.kernels.mr);
        let mut turned = MaybeUninit::<[u128; super::gemm::LARGEST_TILE / 16]>::uninit();
        for pc in (0..k).step_by(DEPTH) {
            let depth = DEPTH.min(k - pc);
            let beta = if pc == 0 { self.beta } else { T::ONE };
            for i in rows.clone().step_by(mr) {
                let m = mr.min(rows.end - i);
                if i + mr < rows.end {
                    fetch_ahead(self.a.at(i + mr, pc), mr, self.a.col_stride(), depth);
                }
                for j in (0..n).step_by(self.panel()) {
                    let width = self.panel().min(n - j);
                    // SAFETY: as the caller vouches; tiles lie inside A, B and C.
                    unsafe {
                        let c = self.c.offset(i as isize * self.c_row + j as isize * self.c_col);
                        let direct = |c: *mut T, c_col: isize, beta: T| {
                            (self.kernels.direct(m, width))(&Tile {
                                k: depth,
                                a: self.a.at(i, pc),
                                a_k: self.a.col_stride(),
                                b: b.add(pc * n + j * depth),
                                b_k: width as isize,
                                b_j: 1,
                                c,
                                c_col,
                                m,
                                n: width,
                                alpha: self.alpha,
                                beta,
                                conj_a: self.conj_a,
                                conj_b: self.conj_b,
                            });
                        };
                        if self.c_row == 1 {
                            direct(c, self.c_col, beta);
                        } else {
                            let tile: *mut T = turned.as_mut_ptr().cast();
                            direct(tile, mr as isize, T::ZERO);
                            for row in 0..m {
                                for col in 0..width {
                                    let sum = *tile.add(col * mr + row);
                                    let to = c.offset(row as isize * self.c_row + col as isize * self.c_col);
                                    *to = if beta == T::ZERO { sum } else { sum + beta * *to };
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Fetches the next tile's rows of A, `rows` adjacent ones at `depth` places `stride` apart: a column from each other,
/// no hardware prefetcher sees them coming.
#[inline(always)]
fn fetch_ahead<T>(from: *const T, rows: usize, stride: isize, depth: usize) {
    for p in 0..depth {
        let column = from.wrapping_offset(p as isize * stride);
        for byte in (0..rows * size_of::<T>()).step_by(LINE) {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a prefetch never faults.
            unsafe {
                use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
                _mm_prefetch::<_MM_HINT_T0>(column.wrapping_byte_add(byte).cast());
            }
            #[cfg(not(target_arch = "x86_64"))]
            let _ = column.wrapping_byte_add(byte);
        }
    }
}
