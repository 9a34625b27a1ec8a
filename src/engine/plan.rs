//! Who computes what: the number of threads, their groups, and the blocks, from one cost model.
//!
//! C is cut by columns into groups of threads; a group shares packed blocks of B (one L3), and its members
//! take blocks of rows in turn. A plan is plain data: tests print and check it for machines not at hand.

use super::Shape;
use super::blocking::Blocks;
use crate::knobs;
use crate::platform::{threads, topology};

/// What it costs to start and finish a team, in nanoseconds, beyond the work itself (measured: an empty
/// team run on 2 cores of a Zen 4 virtual machine).
const TEAM_COST: f64 = 6_000.0;
/// What each further member adds.
const MEMBER_COST: f64 = 500.0;
/// Elements packed in a nanosecond, roughly, next to `Shape::rate` multiply-adds.
const PACK_RATE: f64 = 2.0;
/// What sharing blocks of B costs a group of several threads, as a part of the work. Measured on two cores
/// of a Zen 4 virtual machine: dgemm of 2048 square ran at 72 % of the peak as one group of two, sgemm and
/// zgemm at 93 % as two groups of one.
const SHARING: f64 = 0.15;
/// Bytes that a core reads and writes in a nanosecond, out of L3 (measured on a Zen 3: 75 to 130).
const STREAM_RATE: f64 = 75.0;
/// Bytes that a core gets from memory in a nanosecond (measured on a Zen 3: 20 to 40).
const CORE_MEMORY_RATE: f64 = 30.0;
/// Bytes that the cores of a CCD together get from memory in a nanosecond (Zen 5: the link to the IO die).
const MEMORY_RATE: f64 = 60.0;
/// A plan with more threads must be this much better: two threads that win 2 % are a waste of one.
const GAIN: f64 = 0.85;

/// A partition of one product, and the blocks of its parts.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Sizes of C.
    pub m: usize,
    /// Columns of C.
    pub n: usize,
    /// Groups of threads; each takes a range of columns of C.
    pub groups: usize,
    /// Threads of each group; they share packed B and take blocks of rows in turn.
    pub members: usize,
    /// Cache blocks.
    pub blocks: Blocks,
    /// Bytes of a member's block of A.
    pub a_block_bytes: usize,
    /// Bytes of a group's block of B.
    pub b_block_bytes: usize,
    shape: Shape,
}

/// Threads for a product.
pub fn threads(shape: &Shape) -> usize {
    best_count(cost(shape, 1, 1), |count, max| best_groups(shape, count, max).1)
}

/// Threads for work whose rows are independent and that each thread does alone on its own.
pub fn lane_threads(shape: &Shape) -> usize {
    let lanes = Shape { m: shape.n, n: shape.m, mr: shape.nr, nr: shape.mr, ..*shape };
    best_count(cost(&lanes, 1, 1), |count, _| cost(&lanes, count, 1))
}

/// Threads for `count` calculations that have nothing to do with each other, of which number i takes one thread
/// `cost(i)` nanoseconds. One where they are few and large, so that each can use all threads itself.
pub fn share_threads(count: usize, cost: impl Fn(usize) -> f64) -> usize {
    let max = threads::max();
    if max == 1 || count <= 1 {
        return 1;
    }
    let (serial, largest) =
        (0..count).map(cost).fold((0.0, 0.0), |(sum, largest), x| (sum + x, f64::max(largest, x)));
    if serial < largest * (2 * max) as f64 {
        return 1;
    }
    best_count(serial, |threads, _| serial / threads as f64 + start(threads))
}

/// Whether the last caches of all CCDs hold so many bytes. No, where tests want all that large operands take.
pub fn is_near(bytes: usize) -> bool {
    let machine = topology::get();
    bytes <= machine.caches.l3 * machine.ccds.len() && !knobs::thread_always()
}

/// Threads for one pass over `bytes` of memory.
pub fn stream_threads(bytes: usize) -> usize {
    let (core, all) = if is_near(bytes) {
        (STREAM_RATE, f64::INFINITY)
    } else {
        (CORE_MEMORY_RATE, MEMORY_RATE * topology::get().ccds.len() as f64)
    };
    let cost = |count: usize| bytes as f64 / (core * count as f64).min(all);
    best_count(cost(1), |count, _| cost(count) + start(count))
}

/// The number of threads that costs least; one, unless more are clearly better.
fn best_count(serial: f64, cost: impl Fn(usize, usize) -> f64) -> usize {
    let max = threads::max();
    if max == 1 {
        return 1;
    }
    if knobs::thread_always() {
        return max;
    }
    if serial < 2.0 * TEAM_COST {
        return 1;
    }
    let mut best = (1, serial * GAIN);
    let mut count = 2;
    while count <= max {
        let cost = cost(count, max);
        if cost < best.1 {
            best = (count, cost);
        }
        // Past a few, in steps of an eighth: the plan is made on every call.
        count = if count == max { max + 1 } else { (count + (count / 8).max(1)).min(max) };
    }
    best.0
}

/// Nanoseconds that a partition into `groups` x `members` threads takes.
fn cost(shape: &Shape, groups: usize, members: usize) -> f64 {
    let cols = shape.n.div_ceil(shape.nr).div_ceil(groups) * shape.nr;
    let rows = shape.m.div_ceil(shape.mr).div_ceil(members) * shape.mr;
    let depth = shape.k as f64;
    let sharing = if members > 1 { 1.0 + SHARING } else { 1.0 };
    let multiply = rows as f64 * cols as f64 * depth / shape.rate * sharing;
    let rows_to_pack = if shape.ready.a { 0.0 } else { rows as f64 };
    let cols_to_pack = if shape.ready.b { 0.0 } else { cols as f64 };
    let pack = (rows_to_pack + cols_to_pack / members as f64) * depth / PACK_RATE;
    multiply + pack + start(groups * members)
}

/// Nanoseconds that a team of `count` threads takes to start and finish.
fn start(count: usize) -> f64 {
    if count > 1 { TEAM_COST + MEMBER_COST * count as f64 } else { 0.0 }
}

/// The best number of groups for `count` threads, at least enough that no group is larger than `ccd_size`.
fn best_groups(shape: &Shape, count: usize, ccd_size: usize) -> (usize, f64) {
    let mut best = (count, f64::INFINITY);
    for groups in 1..=count {
        if !count.is_multiple_of(groups) || count / groups > ccd_size.max(1) {
            continue;
        }
        let cost = cost(shape, groups, count / groups);
        if cost < best.1 {
            best = (groups, cost);
        }
    }
    best
}

impl Plan {
    /// The best partition among `threads` threads of which `ccd_size` share an L3.
    pub fn new(shape: &Shape, threads: usize, ccd_size: usize) -> Plan {
        let (groups, _) = best_groups(shape, threads, ccd_size);
        let members = threads / groups;
        let cols = shape.n.div_ceil(shape.nr).div_ceil(groups) * shape.nr;
        let mut plan = Plan {
            m: shape.m,
            n: shape.n,
            groups,
            members,
            blocks: Blocks::new(shape, shape.m, cols.min(shape.n), members),
            a_block_bytes: 0,
            b_block_bytes: 0,
            shape: *shape,
        };
        plan.count_bytes();
        plan
    }

    /// Columns of C that a group computes.
    pub fn cols(&self, group: usize) -> core::ops::Range<usize> {
        let nr = self.shape.nr;
        let panels = self.n.div_ceil(nr);
        let from = |group: usize| (panels * group / self.groups * nr).min(self.n);
        from(group)..from(group + 1)
    }

    /// Bytes of all blocks of all threads.
    pub fn workspace_bytes(&self) -> usize {
        self.groups * (self.b_block_bytes + self.members * self.a_block_bytes)
    }

    /// Halves the largest block; `false` if all are as small as a tile is.
    pub fn shrink(&mut self) -> bool {
        let Shape { mr, nr, ready, .. } = self.shape;
        let half = |size: usize, unit: usize| (size / 2).next_multiple_of(unit);
        if self.blocks.nc > nr && self.b_block_bytes >= self.members * self.a_block_bytes {
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
mod tests {
    use super::*;

    fn shape(m: usize, n: usize, k: usize) -> Shape {
        let (mr, nr, a_bytes, b_bytes) = (48, 8, 192, 32);
        let ready = Default::default();
        let (a_tail, b_tail, b_near, rate) = (0, 0, false, 60.0);
        Shape { m, n, k, mr, nr, a_bytes, b_bytes, a_tail, b_tail, ready, b_near, rate }
    }

    #[test]
    fn groups_cover_all_columns_once() {
        for (m, n) in [(1000, 1000), (7, 5000), (5000, 7), (48, 8), (1, 1)] {
            for threads in [1, 2, 6, 8, 16, 64, 128, 192] {
                let plan = Plan::new(&shape(m, n, 300), threads, 8);
                assert_eq!(plan.groups * plan.members, threads);
                assert!(plan.members <= 8, "a group shares one L3");
                let mut next = 0;
                for group in 0..plan.groups {
                    assert_eq!(plan.cols(group).start, next);
                    next = plan.cols(group).end;
                }
                assert_eq!(next, n);
            }
        }
    }

    #[test]
    fn blocks_shrink_to_a_tile_and_stop() {
        let mut plan = Plan::new(&shape(5000, 5000, 5000), 4, 8);
        let mut last = plan.workspace_bytes();
        while plan.shrink() {
            assert!(plan.workspace_bytes() < last);
            last = plan.workspace_bytes();
        }
        assert!(last < 64 * 1024, "{last}");
    }
}
