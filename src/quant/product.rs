//! `C <- A W^T` on the engine: A is m x k, quantised beforehand into panels; W is n rows of blocks, unpacked panel by
//! panel as the loops ask for it, or once for many products (`packed.rs`).
//!
//! To the engine, A has rows of tokens, B is W transposed, and k counts blocks. One token goes past it, straight to the
//! blocks (`single.rs`).

use super::Format;
use super::activations::Quantise;
use super::kernels::{Kernels, TileKernel};
use super::packed::{panel_offset, unpack_panel};
use super::single::Single;
use super::tile::Tile;
use crate::engine::{self, Pair, Product, Ready, Shape, plan};
use crate::level3::OutOfMemory;
use crate::platform::memory::Buffer;
use crate::platform::{pool, topology};
use crate::simd::dot::DotLevel;
use core::ops::Range;

/// A matrix of quantised weights, n x k.
#[derive(Clone, Copy, Debug)]
pub enum Weights {
    /// Rows of blocks in the caller's memory.
    Blocks {
        /// The first row.
        first: *const u8,
        /// Bytes from a row to the next.
        stride: usize,
    },
    /// The panels that [`packed`](super::packed) found.
    Packed(*const u8),
}

/// A product on an ISA.
#[derive(Clone, Copy, Debug)]
pub struct Problem {
    /// Block format of W.
    pub format: &'static Format,
    /// ISA, one that the CPU has.
    pub level: DotLevel,
    /// Rows of A and of C.
    pub m: usize,
    /// Rows of W, columns of C.
    pub n: usize,
    /// Columns of A and of W: a multiple of the block.
    pub k: usize,
    /// A.
    pub a: *const f32,
    /// Elements from a row of A to the next.
    pub lda: isize,
    /// W.
    pub w: Weights,
    /// C.
    pub c: *mut f32,
    /// Elements from a row of C to the next.
    pub ldc: isize,
}

/// Bytes of quantised activations at a time: more rows of A than these hold are multiplied in turn. (Few in tests, so
/// that they come to that.)
const ACTIVATIONS: usize = if cfg!(test) { 1 << 16 } else { 16 << 20 };

/// Bytes to write from which that is worth a team.
pub(super) const WORTH_A_TEAM: usize = 1 << 17;

/// Pieces that each thread takes of the rows of one token's product.
const PIECES: usize = 4;

/// The part of L1 for a panel of weights, the panel of activations that it is multiplied with and the next one.
const L1_SHARE: f64 = 0.75;

/// Blocks of weights that are multiplied at a time.
pub(super) fn depth(kernels: &Kernels, blocks: usize) -> usize {
    let tokens = kernels.tiles()[2].tokens;
    let bytes = kernels.weight_bytes + 2 * tokens * kernels.token_bytes;
    let most = (topology::get().caches.l1d as f64 * L1_SHARE) as usize / bytes;
    blocks.div_ceil(blocks.div_ceil(most.max(1)).max(1)).max(1)
}

impl Problem {
    /// `C <- A W^T` on as many threads as pay.
    ///
    /// # Safety
    /// The operands must be as large as the sizes say, and the CPU have the ISA.
    pub unsafe fn multiply(&self) -> Result<(), OutOfMemory> {
        // SAFETY: the caller's promise.
        unsafe { self.run(None) }
    }

    /// `C <- A W^T` on a number of threads.
    ///
    /// # Safety
    /// As for [`Problem::multiply`].
    #[cfg(test)]
    pub(super) unsafe fn multiply_on(&self, threads: usize) -> Result<(), OutOfMemory> {
        // SAFETY: the caller's promise.
        unsafe { self.run(Some(threads)) }
    }

    /// # Safety
    /// As for [`Problem::multiply`].
    unsafe fn run(&self, threads: Option<usize>) -> Result<(), OutOfMemory> {
        if self.m == 0 || self.n == 0 {
            return Ok(());
        }
        if self.k == 0 {
            for row in 0..self.m {
                // SAFETY: a row of C.
                unsafe { self.c.offset(row as isize * self.ldc).write_bytes(0, self.n) };
            }
            return Ok(());
        }
        let kernels = (self.format.kernels)(self.level);
        let blocks = self.k / self.format.values;
        if let (1, Weights::Blocks { first, stride }) = (self.m, self.w) {
            // SAFETY: the caller's promise.
            return unsafe { self.one_token(kernels, blocks, (first, stride), threads) };
        }
        let (most, buffer) = self.room(kernels, blocks * kernels.token_bytes)?;
        for first in (0..self.m).step_by(most) {
            let product = Rows {
                problem: self,
                kernels,
                tile: kernels.tile(most),
                blocks,
                depth: depth(kernels, blocks),
                rows: most.min(self.m - first),
                a: self.a.wrapping_offset(first as isize * self.lda),
                c: self.c.wrapping_offset(first as isize * self.ldc),
                activations: buffer.as_mut_ptr(),
            };
            let shape = product.shape();
            let threads = threads.unwrap_or_else(|| plan::threads(&shape));
            product.quantise(threads);
            if !engine::multiply(&product, threads) {
                return Err(OutOfMemory(shape.b_panel(product.depth)));
            }
        }
        Ok(())
    }

    /// The product of one row of A, with rows of W in the caller's memory.
    ///
    /// # Safety
    /// As for [`Problem::multiply`].
    unsafe fn one_token(
        &self,
        kernels: &Kernels,
        blocks: usize,
        (first, stride): (*const u8, usize),
        threads: Option<usize>,
    ) -> Result<(), OutOfMemory> {
        let (_, buffer) = self.room(kernels, blocks * kernels.token_bytes)?;
        let to = buffer.as_mut_ptr();
        let token = Quantise { from: self.a, stride: self.lda, tokens: 1, padded: 1, blocks, to };
        // SAFETY: the problem's ISA is the CPU's; a row of A; the buffer has room for a block of each of its blocks.
        unsafe { (kernels.quantise)(&token) };
        let whole = Single { a: to, w: first, stride, rows: self.n, blocks, c: self.c };
        let threads = threads.unwrap_or_else(|| plan::stream_threads(self.n * self.format.row_bytes(self.k)));
        let rows = whole.rows.div_ceil(threads * PIECES).next_multiple_of(kernels.rows);
        let single = kernels.single;
        pool::take(threads).share(whole.rows.div_ceil(rows), |piece| {
            let part = whole.part(piece * rows..((piece + 1) * rows).min(whole.rows));
            // SAFETY: the problem's ISA is the CPU's; rows of W, and elements of C that no other piece has.
            unsafe { single(&part) }
        });
        Ok(())
    }

    /// How many rows of A to multiply at a time, and memory for their activations: not all rows where there are very
    /// many or where the system has no memory for more.
    fn room(&self, kernels: &Kernels, row_bytes: usize) -> Result<(usize, Buffer), OutOfMemory> {
        let mut rows = self.m.min((ACTIVATIONS / row_bytes).max(1));
        loop {
            let bytes = rows.next_multiple_of(kernels.tile(rows).tokens) * row_bytes;
            let emergency = || (rows == 1).then(Buffer::emergency).flatten().filter(|b| b.len() >= bytes);
            match Buffer::take(bytes).or_else(emergency) {
                Some(buffer) => return Ok((rows, buffer)),
                None if rows == 1 => return Err(OutOfMemory(bytes)),
                None => rows /= 2,
            }
        }
    }
}

/// Some rows of a problem, for the engine.
struct Rows<'a> {
    problem: &'a Problem,
    kernels: &'static Kernels,
    tile: TileKernel,
    /// Blocks of a row.
    blocks: usize,
    /// Blocks at a time.
    depth: usize,
    rows: usize,
    /// The first row of A, and of C.
    a: *const f32,
    c: *mut f32,
    /// Room for all panels of activations.
    activations: *mut u8,
}

// SAFETY: A and W are only read; the engine gives every part of C to one thread, and so does `quantise` with panels.
unsafe impl Sync for Rows<'_> {}

impl Rows<'_> {
    /// Where the activations of a panel that begins with row `row` are, at blocks `k`.
    fn panel(&self, row: usize, k: &Range<usize>) -> *mut u8 {
        let width = self.tile.tokens * self.kernels.token_bytes;
        let panels = self.rows.div_ceil(self.tile.tokens);
        let offset = k.start * width * panels + row / self.tile.tokens * width * k.len();
        self.activations.wrapping_add(offset)
    }

    /// Quantises all panels of activations.
    fn quantise(&self, threads: usize) {
        let panels = self.rows.div_ceil(self.tile.tokens);
        let worth_it = panels > 1 && self.rows * self.blocks * self.kernels.token_bytes >= WORTH_A_TEAM;
        let team = pool::take(if worth_it { threads } else { 1 });
        team.share(panels, |panel| {
            let first = panel * self.tile.tokens;
            let rows = first..(first + self.tile.tokens).min(self.rows);
            for start in (0..self.blocks).step_by(self.depth) {
                let k = start..(start + self.depth).min(self.blocks);
                // SAFETY: a panel's place, which one member writes.
                unsafe { self.pack_a(rows.clone(), k.clone(), self.panel(first, &k)) };
            }
        });
    }
}

impl Product for Rows<'_> {
    fn shape(&self) -> Shape {
        let Rows { kernels, tile, problem, .. } = *self;
        let packed = matches!(problem.w, Weights::Packed(_));
        Shape {
            m: self.rows,
            n: problem.n,
            k: self.blocks,
            mr: tile.tokens,
            nr: kernels.rows,
            a_bytes: tile.tokens * kernels.token_bytes,
            b_bytes: kernels.weight_bytes,
            a_tail: 0,
            b_tail: 0,
            ready: Ready { kc: self.depth, a: true, b: packed },
            b_near: true,
            triangle: None,
            rate: kernels.rate / problem.format.values as f64,
        }
    }

    unsafe fn pack_a(&self, rows: Range<usize>, k: Range<usize>, to: *mut u8) {
        let Problem { format, lda, .. } = *self.problem;
        let from = self.a.wrapping_offset(rows.start as isize * lda).wrapping_add(k.start * format.values);
        let work =
            Quantise { from, stride: lda, tokens: rows.len(), padded: self.tile.tokens, blocks: k.len(), to };
        // SAFETY: the problem's ISA is the CPU's; rows and columns of A; the caller vouches for `to`.
        unsafe { (self.kernels.quantise)(&work) }
    }

    unsafe fn pack_b(&self, cols: Range<usize>, k: Range<usize>, to: *mut u8) {
        let Weights::Blocks { first, stride } = self.problem.w else {
            unreachable!("packed weights are ready");
        };
        // SAFETY: the problem's ISA is the CPU's; rows and blocks of W; the caller vouches for `to`.
        unsafe { unpack_panel(self.problem.format, self.kernels, (first, stride), self.blocks, cols, k, to) }
    }

    fn ready_a(&self, rows: &Range<usize>, k: &Range<usize>) -> Option<*const u8> {
        Some(self.panel(rows.start, k))
    }

    fn ready_b(&self, cols: &Range<usize>, k: &Range<usize>) -> Option<*const u8> {
        match self.problem.w {
            Weights::Blocks { .. } => None,
            Weights::Packed(panels) => {
                Some(panels.wrapping_add(panel_offset(self.kernels, self.problem.n, cols.start, k)))
            }
        }
    }

    #[inline]
    unsafe fn tile(&self, rows: Range<usize>, cols: Range<usize>, k: Range<usize>, pair: Pair) {
        let Problem { ldc, .. } = *self.problem;
        let tile = Tile {
            a: pair.a,
            w: pair.b,
            blocks: k.len(),
            c: self.c.wrapping_offset(rows.start as isize * ldc).wrapping_add(cols.start),
            c_row: ldc,
            tokens: rows.len(),
            cols: cols.len(),
            first: k.start == 0,
        };
        // SAFETY: the problem's ISA is the CPU's; the caller vouches for the panels; a tile of C.
        unsafe { (self.tile.run)(&tile) }
    }
}
