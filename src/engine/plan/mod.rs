//! Who computes what: the partition of one product among threads, and its blocks.
//!
//! ```text
//!         0    1    2      <- across: ranges of columns of C         a cell is a group of threads on one L3: its
//!      +----+----+----+       (equal areas of a triangle)            members share packed blocks of B and take
//!    0 |    |    |    |                                              blocks of rows in turn
//!      +----+----+----+
//!    1 |    |    |    |
//!      +----+----+----+
//!      ^ down: ranges of rows
//! ```
//!
//! A plan is plain data: tests print it, and check it by simulation, for machines not at hand. What a partition
//! costs, and how many threads pay, is in [`cost`].

pub mod cost;

use super::Shape;
use super::blocking::Blocks;
use crate::platform::topology::{self, Caches};
use crate::view::Uplo;
use core::ops::Range;
pub use cost::{is_near, is_short, lane_threads, share_threads, stream_threads, threads};

/// How threads are arranged: groups down and across C, and the members of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Ranges of rows.
    pub down: usize,
    /// Ranges of columns.
    pub across: usize,
    /// Threads of a group.
    pub members: usize,
}

impl Grid {
    /// One thread.
    pub const ALONE: Grid = Grid { down: 1, across: 1, members: 1 };

    /// Groups.
    pub fn groups(&self) -> usize {
        self.down * self.across
    }
}

/// A partition of one product, and the blocks of its parts.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How the threads are arranged.
    pub grid: Grid,
    /// Cache blocks.
    pub blocks: Blocks,
    /// Bytes of a member's block of A.
    pub a_block_bytes: usize,
    /// Bytes of a group's block of B.
    pub b_block_bytes: usize,
    shape: Shape,
}

impl Plan {
    /// The best partition among `threads` threads of which `ccd_size` share an L3, on this machine.
    pub fn new(shape: &Shape, threads: usize, ccd_size: usize) -> Plan {
        Plan::for_caches(&topology::get().caches, shape, threads, ccd_size)
    }

    /// [`Plan::new`] on a machine with such caches.
    pub fn for_caches(caches: &Caches, shape: &Shape, threads: usize, ccd_size: usize) -> Plan {
        let (grid, _) = cost::best_grid(shape, caches, threads, ccd_size);
        let mut plan = Plan {
            grid,
            blocks: Blocks { mc: 0, kc: 0, nc: 0 },
            a_block_bytes: 0,
            b_block_bytes: 0,
            shape: *shape,
        };
        // Blocks of a triangle's rows count unequally: with few of them some members would wait for others.
        let blocks_each = if shape.triangle.is_some() && grid.members > 1 { 8 } else { 1 };
        let rows = plan.rows(0).len().div_ceil(blocks_each);
        // Its ranges of columns are widest at one end.
        let cols = plan.cols(0).len().max(plan.cols(grid.across - 1).len());
        let sharers = (ccd_size / grid.members).clamp(1, grid.groups());
        plan.blocks = Blocks::new(shape, caches, [rows, cols], grid.members, sharers);
        plan.count_bytes();
        plan
    }

    /// Rows of C that a group computes. Groups beside each other have the same ones.
    pub fn rows(&self, group: usize) -> Range<usize> {
        let Shape { m, mr, .. } = self.shape;
        let panels = m.div_ceil(mr);
        let from = |part: usize| (panels * part / self.grid.down * mr).min(m);
        let part = group / self.grid.across;
        from(part)..from(part + 1)
    }

    /// Columns of C that a group computes.
    pub fn cols(&self, group: usize) -> Range<usize> {
        let Shape { n, nr, .. } = self.shape;
        let panels = n.div_ceil(nr);
        let part = |part: usize| part as f64 / self.grid.across as f64;
        let from = |index: usize| {
            let panel = match self.shape.triangle {
                None => panels * index / self.grid.across,
                Some(Uplo::Upper) => (panels as f64 * part(index).sqrt()).round() as usize,
                Some(Uplo::Lower) => (panels as f64 * (1.0 - (1.0 - part(index)).sqrt())).round() as usize,
            };
            (panel * nr).min(n)
        };
        let index = group % self.grid.across;
        from(index)..from(index + 1)
    }

    /// Bytes of all blocks of all threads.
    pub fn workspace_bytes(&self) -> usize {
        self.grid.groups() * (self.b_block_bytes + self.grid.members * self.a_block_bytes)
    }

    /// Halves the largest block; `false` if all are as small as a tile is.
    pub fn shrink(&mut self) -> bool {
        let Shape { mr, nr, ready, .. } = self.shape;
        let half = |size: usize, unit: usize| (size / 2).next_multiple_of(unit);
        if self.blocks.nc > nr && self.b_block_bytes >= self.grid.members * self.a_block_bytes {
            self.blocks.nc = half(self.blocks.nc, nr).min(self.blocks.nc - nr);
        } else if self.blocks.mc > mr {
            self.blocks.mc = half(self.blocks.mc, mr).min(self.blocks.mc - mr);
        } else if self.blocks.kc > 16 && ready.kc == 0 {
            self.blocks.kc /= 2;
        } else {
            return false;
        }
        self.count_bytes();
        true
    }

    /// Blocks other than those that the caches suggest.
    #[cfg(test)]
    pub(super) fn set_blocks(&mut self, blocks: Blocks) {
        self.blocks = blocks;
        self.count_bytes();
    }

    /// An arrangement other than the best; blocks stay as they are.
    #[cfg(test)]
    pub(super) fn set_grid(&mut self, grid: Grid) {
        self.grid = grid;
        self.count_bytes();
    }

    fn count_bytes(&mut self) {
        let Shape { mr, nr, ready, .. } = self.shape;
        let Blocks { mc, kc, nc } = self.blocks;
        // Whole cache lines, and a line more than a power of two would be.
        let block = |panels: usize, panel: usize, ready: bool| {
            if ready { 0 } else { (panels * panel).next_multiple_of(64) + 64 }
        };
        self.a_block_bytes = block(mc / mr, self.shape.a_panel(kc), ready.a);
        self.b_block_bytes = block(nc / nr, self.shape.b_panel(kc), ready.b);
    }
}

#[cfg(test)]
mod tests;
