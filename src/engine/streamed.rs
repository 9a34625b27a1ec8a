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
//! In a tile, rows and columns of C change places: where columns are not adjacent in C, tiles are those of a copy that is
//! turned ([`crate::kernel::panel`] knows how) on its way from and to C.

use super::blocking::even_part;
use super::gemm::{Gemm, Region};
use super::operand::{Operand, Packer};
use super::skinny::{A_SHARE, Shares};
use crate::kernel::KernelSet;
use crate::kernel::panel::{Panel, Unpanel};
use crate::kernel::tile::Tile;
use crate::platform::memory::Buffer;
use crate::platform::topology;
use crate::scalar::Scalar;
use core::mem::MaybeUninit;
use core::ops::Range;

/// Columns up to which this wins. Measured on Zen 5, A 4096 x 4096, against the packed loops: f32 and f64 1.2 to 1.9 times
/// as fast up to 64 columns, 1.0 to 1.1 at 96; 1.05 (f32) and 0.9 to 0.95 (others) at 128.
const COLUMNS: usize = 96;
/// Depth from which it does, and for each column, in halves: turning C costs as much however deep the product is, and
/// packing A as much however many columns there are. Measured there: A 5000 rows, 0.6 to 0.9 times as fast at 16 x 32 to
/// 64 x 100 (k x n), 1.0 at 128 x 128, 1.05 at 200 x 96 and 300 x 60.
const DEPTH: usize = 128;
const HALF_DEPTHS: usize = 3;
/// Part of L2 that a block of B may take, which every tile meets.
const B_SHARE: f64 = 0.5;
/// Depths that blocks are multiples of: some cache lines of any type.
const DEPTHS: usize = 64;
/// Room for the columns of a tile's rows.
#[repr(align(64))]
struct Copy(#[expect(dead_code, reason = "only room")] [u8; 16 << 10]);

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

/// Whether a product of so many columns is deep enough.
fn is_deep(columns: usize, k: usize) -> bool {
    k >= DEPTH && 2 * k >= HALF_DEPTHS * columns
}

/// Multiplies if one side is short, the other operand large and adjacent along k, and memory to be had; otherwise does
/// nothing and says so.
pub fn multiply<T: Scalar>(gemm: &Gemm<T>) -> bool {
    let Gemm { kernels, k, alpha, beta, c, .. } = *gemm;
    let (m, n) = (gemm.m.max(gemm.n), gemm.m.min(gemm.n));
    if gemm.region != Region::Full || n > COLUMNS || !is_deep(n, k) {
        return false;
    }
    let (first, second) = ((&gemm.a, gemm.conj_a), (&gemm.b, gemm.conj_b));
    let ((a, conj_a), (b, conj_b), (c_row, c_col)) =
        if m == gemm.m { (first, second, (1, gemm.c_col)) } else { (second, first, (gemm.c_col, 1)) };
    let l2 = topology::get().caches.l2 as f64;
    let large = (m * k * size_of::<T>()) as f64 > A_SHARE * l2;
    let adjacent = match a {
        Operand::Dense(a) => a.col_stride() == 1,
        Operand::Converted(a) => a.is_adjacent_along_k(),
        _ => false,
    };
    if !large || !adjacent || b.panels().is_some() {
        return false;
    }
    let lanes = n.next_multiple_of(kernels.vector);
    let depth = even_part(k, (l2 * B_SHARE) as usize / (lanes * size_of::<T>()), DEPTHS);
    let across = kernels.streamed(kernels.height(n)).across;
    let product = Streamed {
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
    };
    product.run()
}

impl<T: Scalar> Streamed<'_, T> {
    fn run(&self) -> bool {
        let shares = Shares::new(self.kernels, [self.m, self.n, self.k]);
        // B, and room for converted rows of each share.
        let room = if matches!(self.a, Operand::Converted(_)) { self.across * self.depth } else { 0 };
        let b_elements = self.lanes * self.k;
        let Some(buffer) = Buffer::take((b_elements + shares.count() * room) * size_of::<T>()) else {
            return false;
        };
        let b = Panels { start: buffer.as_mut_ptr().cast::<T>(), lanes: self.lanes };
        shares.each(self.k.div_ceil(self.depth), |block| {
            // SAFETY: every block is packed once.
            unsafe { self.pack_b(block, &b) }
        });
        shares.run(|share, rows| {
            let room = b.start.wrapping_add(b_elements + share * room);
            // SAFETY: B is packed, the room this share's own; threads have rows of their own.
            unsafe { self.rows(rows, &b, room) }
        });
        true
    }

    /// The depths of a block.
    fn depths(&self, block: usize) -> Range<usize> {
        block * self.depth..((block + 1) * self.depth).min(self.k)
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
    /// Nobody else writes this block.
    unsafe fn pack_b(&self, block: usize, b: &Panels<T>) {
        let KernelSet { level, pack, .. } = *self.kernels;
        let k = self.depths(block);
        self.panels(|cols, width| {
            let to = b.at(cols.start, &k);
            // SAFETY: the panel has room for `width` columns, of which `cols` exist; the kernel set is one that the CPU
            // has.
            unsafe { self.b.pack(Packer { level, pack, width }, cols, k.clone(), to) }
        });
    }

    /// # Safety
    /// Nobody else uses these rows of C nor the room; `b` is packed.
    unsafe fn rows(&self, rows: Range<usize>, b: &Panels<T>, room: *mut T) {
        for k in (0..self.k.div_ceil(self.depth)).map(|block| self.depths(block)) {
            for i in rows.clone().step_by(self.across) {
                let here = i..(i + self.across).min(rows.end);
                let next = if here.end < rows.end { here.end } else { i };
                // SAFETY: as the caller vouches.
                unsafe { self.turned(&Step { here, next, k: k.clone(), b, room }) };
            }
        }
    }

    /// The tiles of a step, in a copy of this part of C unless its columns are adjacent.
    ///
    /// # Safety
    /// As for [`Streamed::rows`].
    unsafe fn turned(&self, step: &Step<T>) {
        let Step { here, k, .. } = step;
        let KernelSet { pack, unpack, .. } = *self.kernels;
        let c = self.c.wrapping_offset(here.start as isize * self.c_row);
        let beta = if k.start == 0 { self.beta } else { T::ONE };
        if self.c_col == 1 {
            // SAFETY: as the caller vouches.
            unsafe { self.tiles(step, beta, (c, self.c_row, self.n)) };
            return;
        }
        let mut copy = MaybeUninit::<Copy>::uninit();
        let to = copy.as_mut_ptr().cast::<T>();
        let (i_stride, k_stride, padded) = (self.c_col, self.c_row, self.lanes);
        let (width, rows) = (self.n, here.len());
        debug_assert!(rows * padded * size_of::<T>() <= size_of::<Copy>());
        // SAFETY: rows and columns of C that exist; the copy has room for them; the kernel set is one that the CPU has.
        unsafe {
            if beta != T::ZERO {
                pack(&Panel { from: c, i_stride, k_stride, width, k: rows, to, padded, conj: false });
            }
            self.tiles(step, beta, (to, padded as isize, padded));
            unpack(&Unpanel { from: to, padded, width, k: rows, to: c, i_stride, k_stride });
        }
    }

    /// The tiles of a step, added to `beta` times what is at `to`: the first element, elements from a row to the next, and
    /// how many of a row there are.
    ///
    /// # Safety
    /// As for [`Streamed::rows`]; nobody else uses what is at `to`.
    unsafe fn tiles(&self, step: &Step<T>, beta: T, (to, to_row, to_cols): (*mut T, isize, usize)) {
        let Step { here, k, b, .. } = step;
        let nr = self.kernels.nr;
        // SAFETY: rows that exist; the room is this thread's own.
        let Rows { a, a_row, next, next_row, parts } = unsafe { self.ready(step) };
        let part = k.len().div_ceil(parts);
        for pc in (0..k.len()).step_by(part) {
            let depth = part.min(k.len() - pc);
            self.panels(|cols, width| {
                let streamed = self.kernels.streamed(width);
                let a = a.wrapping_add(pc);
                // The tiles of the first panel have the next rows fetched.
                let fetches = pc == 0 && cols.start == 0;
                let tile = |row: usize, n: usize| Tile {
                    k: depth,
                    a: b.at(cols.start, k).wrapping_add(pc * width),
                    a_k: width as isize,
                    b: a.wrapping_offset(row as isize * a_row),
                    b_k: 1,
                    b_j: a_row,
                    next: if fetches { next } else { a },
                    next_step: if fetches { next_row } else { a_row },
                    c: to.wrapping_offset(row as isize * to_row + cols.start as isize),
                    c_col: to_row,
                    m: width.min(to_cols - cols.start),
                    n,
                    alpha: self.alpha,
                    beta: if pc == 0 { beta } else { T::ONE },
                    conj_a: self.conj_b,
                    conj_b: self.conj_a,
                };
                // SAFETY: A is readable at the rows, the panel `width` columns wide, and `to` writable; the kernel set is
                // one that the CPU has.
                unsafe {
                    if here.len() == streamed.across {
                        return (streamed.tile)(&tile(0, here.len()));
                    }
                    // Rows at the end, or a panel narrower than the first, whose own tiles would be wider.
                    for row in (0..here.len()).step_by(nr) {
                        let tile = tile(row, nr.min(here.len() - row));
                        (self.kernels.direct(tile.m, tile.n))(&tile);
                    }
                }
            });
        }
    }

    /// The rows of a step as tiles read them, where they lie or converted to the room.
    ///
    /// # Safety
    /// Nobody else uses the room.
    unsafe fn ready(&self, step: &Step<T>) -> Rows<T> {
        let Step { here, next, k, room, .. } = step;
        let (next, room) = (*next, *room);
        match self.a {
            Operand::Dense(mat) => {
                let (a, a_row, next) = (mat.at(here.start, k.start), mat.row_stride(), mat.at(next, k.start));
                Rows { a, a_row, next, next_row: a_row, parts: 1 }
            }
            Operand::Converted(mat) => {
                // SAFETY: rows and depths of A; the room has space for a tile's rows, a block deep.
                unsafe { mat.convert_rows(self.kernels.level, here, k, room) };
                let (next, next_row) = mat.place(next, k.start);
                Rows { a: room.cast_const(), a_row: k.len() as isize, next, next_row, parts: mat.ratio() }
            }
            _ => unreachable!("other operands are packed"),
        }
    }
}

/// Rows of A that are multiplied together.
struct Step<'a, T> {
    here: Range<usize>,
    /// The first row that is read next.
    next: usize,
    /// The depths of a block.
    k: Range<usize>,
    b: &'a Panels<T>,
    /// Where rows are converted to.
    room: *mut T,
}

/// Rows of A as tiles read them.
struct Rows<T> {
    /// The first element.
    a: *const T,
    /// Elements from a row to the next.
    a_row: isize,
    /// Rows that tiles shall fetch, and elements from one to the next.
    next: *const T,
    next_row: isize,
    /// In how many parts along k tiles are computed, of which the first fetches the rows: as much as it reads.
    parts: usize,
}

/// B packed: blocks of depth, and in them panel after panel.
struct Panels<T> {
    start: *mut T,
    /// Columns that the panels have room for.
    lanes: usize,
}

// SAFETY: every block of B is packed by one thread, and read when all are.
unsafe impl<T: Sync> Sync for Panels<T> {}

impl<T> Panels<T> {
    /// The panel that starts with column `j`, of the block of depths `k`.
    fn at(&self, j: usize, k: &Range<usize>) -> *mut T {
        self.start.wrapping_add(k.start * self.lanes + j * k.len())
    }
}
