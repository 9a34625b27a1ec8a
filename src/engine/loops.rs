//! The five loops around the tile kernel.
//!
//! ```text
//! for jc in columns of this group, by NC
//!   for pc in 0..k, by KC
//!     pack B[pc.., jc..]                        by panels, shared out among the members of the group
//!     for ic in 0..m, by MC                     blocks of rows, taken in turn by the members
//!       pack A[ic.., pc..]                      each member its own
//!       for jr in the B block, by NR            the B panel stays in L1
//!         for ir in the A block, by MR          the A panel comes from L2
//!           C[ic + ir.., jc + jr..] += A panel * B panel
//! ```
//!
//! Which member computes a tile never changes what is computed: sums run over k in the same order, in the
//! same blocks, whatever the number of threads.

use super::blocking::Blocks;
use super::plan::Plan;
use super::{Pair, Product, Source};
use crate::platform::barrier::Barrier;
use crate::platform::memory::{Buffer, LINE};
use crate::view::Uplo;
use core::sync::atomic::{AtomicUsize, Ordering};

/// What the members of a group share.
#[derive(Debug)]
pub struct Group {
    /// Blocks of rows that have been taken.
    taken: AtomicUsize,
    barrier: Barrier,
}

impl Group {
    /// A group of a plan.
    pub fn new(plan: &Plan) -> Group {
        Group { taken: AtomicUsize::new(0), barrier: Barrier::new(plan.grid.members) }
    }
}

/// Memory for the packed blocks of all threads.
#[derive(Debug)]
pub struct Workspace {
    base: *mut u8,
}

// SAFETY: members use disjoint parts, or the same one on either side of a barrier.
unsafe impl Sync for Workspace {}

impl Workspace {
    /// Lays a plan's blocks out in a buffer of `Plan::workspace_bytes`.
    pub fn new(buffer: &Buffer) -> Workspace {
        Workspace { base: buffer.as_mut_ptr() }
    }

    /// A group's block of B and a member's block of A.
    fn blocks(&self, plan: &Plan, group: usize, rank: usize) -> (*mut u8, *mut u8) {
        let group_bytes = plan.b_block_bytes + plan.grid.members * plan.a_block_bytes;
        let b = self.base.wrapping_add(group * group_bytes);
        (b.wrapping_add(plan.b_block_bytes + rank * plan.a_block_bytes), b)
    }
}

/// The part of thread `member`.
pub fn member<P: Product>(product: &P, plan: &Plan, groups: &[Group], workspace: &Workspace, member: usize) {
    let shape = product.shape();
    let Blocks { mc, kc, nc } = plan.blocks;
    let members = plan.grid.members;
    let (group_index, rank) = (member / members, member % members);
    let group = &groups[group_index];
    let (a_block, b_block) = workspace.blocks(plan, group_index, rank);
    let (rows_of_group, cols_of_group) = (plan.rows(group_index), plan.cols(group_index));
    let row_blocks = rows_of_group.len().div_ceil(mc);
    let block = |taken: usize| {
        // Of a triangle the blocks last that the diagonal crosses: small ones make the ends meet.
        let index = if shape.triangle == Some(Uplo::Lower) { row_blocks - 1 - taken } else { taken };
        let ic = rows_of_group.start + index * mc;
        ic..(ic + mc).min(rows_of_group.end)
    };

    for jc in cols_of_group.clone().step_by(nc) {
        let cols = jc..(jc + nc).min(cols_of_group.end);
        for pc in (0..shape.k).step_by(kc) {
            let depth = pc..(pc + kc).min(shape.k);
            let a_panel_bytes = shape.a_panel(depth.len());
            let b_panel_bytes = shape.b_panel(depth.len());

            let b_panels = product.ready_b(&cols, &depth).unwrap_or_else(|| {
                let panels = cols.len().div_ceil(shape.nr);
                let from = |member: usize| (panels * member / members) * shape.nr;
                let mine = cols.start + from(rank)..(cols.start + from(rank + 1)).min(cols.end);
                let to = b_block.wrapping_add(from(rank) / shape.nr * b_panel_bytes);
                // SAFETY: the block has room for NC / NR panels of depth KC; each panel has one packer,
                // and readers wait for the barrier.
                unsafe { product.pack_b_block(&shape, mine, depth.clone(), to) };
                b_block
            });
            group.barrier.wait();

            loop {
                let taken = group.taken.fetch_add(1, Ordering::Relaxed);
                if taken >= row_blocks {
                    break;
                }
                let rows = block(taken);
                if product.skips(rows.clone(), cols.clone()) {
                    continue;
                }
                let a_panels = product.ready_a(&rows, &depth).unwrap_or_else(|| {
                    // SAFETY: the block has room for MC / MR panels of depth KC and is this member's own.
                    unsafe { product.pack_a_block(&shape, rows.clone(), depth.clone(), a_block) };
                    a_block
                });
                // What this member packs next, if all take blocks in turn.
                let (next, k) = if taken + members < row_blocks {
                    (taken + members, depth.clone())
                } else {
                    (rank.min(row_blocks - 1), depth.end..(depth.end + kc).min(shape.k))
                };
                let source = if k.is_empty() { None } else { product.a_source(&block(next), &k) };
                let mut ahead = Ahead::new(source);
                // Tiles that do not fetch from B.
                let mut free = cols.len().div_ceil(shape.nr) * (rows.len().div_ceil(shape.mr) - 1);
                for (b_index, jr) in cols.clone().step_by(shape.nr).enumerate() {
                    let b = b_panels.wrapping_add(b_index * b_panel_bytes);
                    let tile_cols = jr..(jr + shape.nr).min(cols.end);
                    for (a_index, ir) in rows.clone().step_by(shape.mr).enumerate() {
                        let a = a_panels.wrapping_add(a_index * a_panel_bytes);
                        let tile_rows = ir..(ir + shape.mr).min(rows.end);
                        let mut pair = Pair { a, b, next: b, next_step: shape.b_bytes as isize };
                        // The first tile of a panel of B has the next one fetched; the last of the others, the next rows of A.
                        if a_index > 0 {
                            if free <= ahead.lines {
                                (pair.next, pair.next_step) = ahead.line();
                            }
                            free -= 1;
                        } else if tile_cols.end < cols.end {
                            pair.next = b.wrapping_add(b_panel_bytes);
                        }
                        // SAFETY: panels packed above from these ranges, or ready before; blocks of rows belong to one
                        // member, columns to one group.
                        unsafe { product.tile(tile_rows, tile_cols.clone(), depth.clone(), pair) };
                    }
                }
            }
            group.barrier.wait();
            if rank == 0 {
                // Ordered before the next use by the barrier after packing.
                group.taken.store(0, Ordering::Relaxed);
            }
        }
    }
}

/// Lines of A that are yet to be fetched.
struct Ahead {
    next: *const u8,
    step: isize,
    /// How many for each k.
    lines: usize,
}

impl Ahead {
    fn new(source: Option<Source>) -> Ahead {
        match source {
            // Rows that start inside a line end in one more.
            Some(Source { first, step, bytes }) => {
                Ahead { next: first, step, lines: bytes.div_ceil(LINE) + 1 }
            }
            None => Ahead { next: core::ptr::null(), step: 0, lines: 0 },
        }
    }

    /// The next one, for each k, and bytes from a k to the next.
    fn line(&mut self) -> (*const u8, isize) {
        let line = self.next;
        self.next = line.wrapping_add(LINE);
        self.lines -= 1;
        (line, self.step)
    }
}
