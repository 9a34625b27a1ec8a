//! Products of which one side is short and the other's depths are adjacent: `C <- alpha A B + beta C` where C has some
//! dozens of columns (or rows: the transposed product) and A is too large to stay near.
//!
//! ```text
//!   B: panels, columns in the lanes     A is read once, where it lies, row by row: a tile broadcasts the numbers of a few
//!      +--------+                       of its rows, and has the rows that come next fetched. Packing it would cost more
//!    k |        |  x  A transposed      than the product. Numbers of a smaller type are converted a few rows at a time.
//!      +--------+
//! ```
//!
//! In a tile, rows and columns of C change places: where columns are not adjacent in C, the tile is a copy that is turned
//! ([`crate::kernel::panel`] knows how) on its way from and to C.

use super::blocking::even_part;
use super::gemm::{Gemm, LARGEST_TILE, Region};
use super::operand::{Operand, Packer};
use super::skinny::Shares;
use crate::kernel::KernelSet;
use crate::kernel::panel::{Panel, Unpanel};
use crate::kernel::tile::Tile;
use crate::platform::memory::Buffer;
use crate::platform::topology;
use crate::scalar::Scalar;
use core::mem::MaybeUninit;
use core::ops::Range;

/// Columns up to which this wins. Measured on Zen 5, A 4096 x 4096, against the packed loops: f32 and f64 1.3 to 1.8 times
/// as fast up to 64 columns, 1.0 to 1.06 at 128.
const COLUMNS: usize = 128;
/// Part of L2 from which A is large.
const A_SHARE: f64 = 0.25;
/// Part of L2 that a block of B may take, which every tile meets.
const B_SHARE: f64 = 0.5;
/// Depths that blocks are multiples of: some cache lines of any type.
const DEPTHS: usize = 64;

/// A product seen so that C is tall.
struct Streamed<'a, T: Scalar> {
    kernels: &'static KernelSet<T>,
    alpha: T,
    /// m x k, the large operand.
    a: &'a Operand<'a, T>,
    conj_a: bool,
    /// n x k, B transposed.
    b: &'a Operand<'a, T>,
    conj_b: bool,
    beta: T,
    c: *mut T,
    c_row: isize,
    c_col: isize,
    m: usize,
    n: usize,
    k: usize,
    /// Depth of a block.
    depth: usize,
    /// Columns that the panels of B have room for.
    lanes: usize,
    /// Rows of a tile.
    across: usize,
}

// SAFETY: the pointer is C, of whose rows every thread has its own.
unsafe impl<T: Scalar> Sync for Streamed<'_, T> {}

/// Multiplies if one side is short, the other operand large and adjacent along k, and memory to be had; otherwise does
/// nothing and says so.
pub fn multiply<T: Scalar>(gemm: &Gemm<T>) -> bool {
    let Gemm { kernels, m, n, k, alpha, beta, c, ref region, .. } = *gemm;
    if *region != Region::Full || m.min(n) > COLUMNS {
        return false;
    }
    let (a, conj_a, b, conj_b) = (&gemm.a, gemm.conj_a, &gemm.b, gemm.conj_b);
    let (lanes, depth, across) = (0, 0, 0);
    let mut product = if m >= n {
        let (c_row, c_col) = (1, gemm.c_col);
        Streamed {
            kernels,
            alpha,
            a,
            conj_a,
            b,
            conj_b,
            beta,
            c,
            c_row,
            c_col,
            m,
            n,
            k,
            depth,
            lanes,
            across,
        }
    } else {
        let (a, conj_a, b, conj_b) = (b, conj_b, a, conj_a);
        let (c_row, c_col, m, n) = (gemm.c_col, 1, n, m);
        Streamed {
            kernels,
            alpha,
            a,
            conj_a,
            b,
            conj_b,
            beta,
            c,
            c_row,
            c_col,
            m,
            n,
            k,
            depth,
            lanes,
            across,
        }
    };
    let l2 = topology::get().caches.l2 as f64;
    let large = (product.m * k * size_of::<T>()) as f64 > A_SHARE * l2;
    let adjacent = match product.a {
        Operand::Dense(a) => a.col_stride() == 1,
        Operand::Converted(a) => a.is_adjacent_along_k(),
        _ => false,
    };
    if !large || !adjacent || product.b.panels().is_some() {
        return false;
    }
    product.lanes = product.n.next_multiple_of(kernels.vector);
    product.depth = even_part(k, (l2 * B_SHARE) as usize / (product.lanes * size_of::<T>()), DEPTHS);
    product.across = kernels.streamed(kernels.height(product.n)).across;
    product.run()
}

/// Rows of A that lie ready for tiles: their first element, and elements from one to the next.
type Rows<T> = (*const T, isize);

impl<T: Scalar> Streamed<'_, T> {
    fn run(&self) -> bool {
        let KernelSet { level, pack, .. } = *self.kernels;
        let shares = Shares::new(self.kernels, [self.m, self.n, self.k]);
        // B, and room for converted rows of each share.
        let room = if matches!(self.a, Operand::Converted(_)) { self.across * self.depth } else { 0 };
        let b_elements = self.lanes * self.k;
        let Some(buffer) = Buffer::take((b_elements + shares.count() * room) * size_of::<T>()) else {
            return false;
        };
        let b = Panels { start: buffer.as_mut_ptr().cast::<T>(), lanes: self.lanes };
        for pc in (0..self.k).step_by(self.depth) {
            let k = pc..(pc + self.depth).min(self.k);
            self.panels(|cols, width| {
                let to = b.at(cols.start, &k);
                // SAFETY: the panel has room for `width` columns, of which `cols` exist; the kernel set is one that the CPU
                // has.
                unsafe { self.b.pack(Packer { level, pack, width }, cols, k.clone(), to) }
            });
        }
        shares.run(|share, rows| {
            let room = b.start.wrapping_add(b_elements + share * room);
            // SAFETY: B is packed, the room this share's own; threads have rows of their own.
            unsafe { self.rows(rows, &b, room) }
        });
        true
    }

    /// Calls `each` with the columns that panels of B have, and how many they have room for: whole vectors.
    fn panels(&self, mut each: impl FnMut(Range<usize>, usize)) {
        let mut j = 0;
        while j < self.n {
            let width = self.kernels.height(self.n - j);
            each(j..(j + width).min(self.n), width);
            j += width;
        }
    }

    /// # Safety
    /// Nobody else uses these rows of C nor the room; `b` is packed.
    unsafe fn rows(&self, rows: Range<usize>, b: &Panels<T>, room: *mut T) {
        for pc in (0..self.k).step_by(self.depth) {
            let k = pc..(pc + self.depth).min(self.k);
            for i in rows.clone().step_by(self.across) {
                let here = i..(i + self.across).min(rows.end);
                let next = here.end..(here.end + self.across).min(rows.end);
                // SAFETY: rows that exist; the room is this thread's own.
                let (a, a_next) = unsafe { self.ready(&here, &next, &k, room) };
                self.panels(|cols, width| {
                    // The tiles of the first panel have the next rows fetched.
                    let a_next = if cols.start == 0 { a_next } else { a.0 };
                    // SAFETY: as the caller vouches.
                    unsafe { self.tile(&here, cols.clone(), &k, a, a_next, (b.at(cols.start, &k), width)) }
                });
            }
        }
    }

    /// Rows `here` of A as the tiles read them, where they lie or converted to the room; and what tiles shall fetch.
    ///
    /// # Safety
    /// Nobody else uses the room.
    unsafe fn ready(
        &self,
        here: &Range<usize>,
        next: &Range<usize>,
        k: &Range<usize>,
        room: *mut T,
    ) -> (Rows<T>, *const T) {
        match self.a {
            Operand::Dense(a) => {
                let next = if next.is_empty() { here } else { next };
                ((a.at(here.start, k.start), a.row_stride()), a.at(next.start, k.start))
            }
            Operand::Converted(a) => {
                // SAFETY: rows and depths of A; the room has space for a tile's rows, a block deep.
                unsafe { a.convert_rows(self.kernels.level, here, next, k, room) };
                ((room.cast_const(), k.len() as isize), room.cast_const())
            }
            _ => unreachable!("other operands are packed"),
        }
    }

    /// The tile `rows` x `cols` at depths `k`, from these rows of A and a panel of B of some width.
    ///
    /// # Safety
    /// Nobody else uses this part of C.
    unsafe fn tile(
        &self,
        rows: &Range<usize>,
        cols: Range<usize>,
        k: &Range<usize>,
        (a, a_row): Rows<T>,
        a_next: *const T,
        (b, width): (*const T, usize),
    ) {
        let KernelSet { nr, pack, unpack, .. } = *self.kernels;
        let c = self.c.wrapping_offset(rows.start as isize * self.c_row + cols.start as isize * self.c_col);
        let beta = if k.start == 0 { self.beta } else { T::ONE };
        let mut copy = MaybeUninit::<[u128; LARGEST_TILE / 16]>::uninit();
        debug_assert!(width * rows.len() * size_of::<T>() <= LARGEST_TILE);
        let in_place = self.c_col == 1;
        let (to, to_row, m) = if in_place {
            (c, self.c_row, cols.len())
        } else {
            (copy.as_mut_ptr().cast(), width as isize, width)
        };
        let (i_stride, k_stride, padded) = (self.c_col, self.c_row, width);
        let tile = |row: usize, n: usize| Tile {
            k: k.len(),
            a: b,
            a_k: width as isize,
            b: a.wrapping_offset(row as isize * a_row),
            b_k: 1,
            b_j: a_row,
            b_next: a_next,
            c: to.wrapping_offset(row as isize * to_row),
            c_col: to_row,
            m,
            n,
            alpha: self.alpha,
            beta,
            conj_a: self.conj_b,
            conj_b: self.conj_a,
        };
        // SAFETY: rows and columns of C that exist; the copy has room for the tile; A is readable at the rows, and the
        // panel `width` columns wide; the kernel set is one that the CPU has.
        unsafe {
            if !in_place && beta != T::ZERO {
                let (width, k) = (cols.len(), rows.len());
                pack(&Panel { from: c, i_stride, k_stride, width, k, to, padded, conj: false });
            }
            let streamed = self.kernels.streamed(width);
            if rows.len() == streamed.across {
                (streamed.tile)(&tile(0, rows.len()));
            } else {
                // Rows at the end, or a panel narrower than the first, whose own tiles would be wider.
                for row in (0..rows.len()).step_by(nr) {
                    let n = nr.min(rows.len() - row);
                    (self.kernels.direct(m, n))(&tile(row, n));
                }
            }
            if !in_place {
                let (width, k) = (cols.len(), rows.len());
                unpack(&Unpanel { from: to, padded, width, k, to: c, i_stride, k_stride });
            }
        }
    }
}

/// B packed: blocks of depth, and in them panel after panel.
struct Panels<T> {
    start: *mut T,
    /// Columns that the panels have room for.
    lanes: usize,
}

// SAFETY: B is packed by one thread, then only read.
unsafe impl<T: Sync> Sync for Panels<T> {}

impl<T> Panels<T> {
    /// The panel that starts with column `j`, of the block of depths `k`.
    fn at(&self, j: usize, k: &Range<usize>) -> *mut T {
        self.start.wrapping_add(k.start * self.lanes + j * k.len())
    }
}
