//! What a partition costs, and how many threads pay: one model, for products and for passes over memory.

use super::Grid;
use crate::engine::Shape;
use crate::knobs;
use crate::platform::threads;
use crate::platform::topology::{self, Caches};

/// What it costs to start and finish a team, in nanoseconds, beyond the work itself (measured: an empty
/// team run on 2 cores of a Zen 4 virtual machine).
const TEAM_COST: f64 = 6_000.0;
/// What each further member adds.
const MEMBER_COST: f64 = 500.0;
/// Elements packed in a nanosecond, roughly, next to `Shape::rate` multiply-adds.
pub(super) const PACK_RATE: f64 = 2.0;
/// What sharing blocks of B costs a group of several threads, as a part of the work. Measured on two cores
/// of a Zen 4 virtual machine: dgemm of 2048 square ran at 72 % of the peak as one group of two, sgemm and
/// zgemm at 93 % as two groups of one.
const SHARING: f64 = 0.15;
/// The most threads of a group: more cores than these share no L3 (Zen 5c).
const MOST_MEMBERS: usize = 16;
/// Bytes that a core reads and writes in a nanosecond, out of L3 (measured on a Zen 3: 75 to 130).
const STREAM_RATE: f64 = 75.0;
/// Bytes that a core gets from memory in a nanosecond (measured on a Zen 3: 20 to 40).
const CORE_MEMORY_RATE: f64 = 30.0;
/// Bytes that the cores of a CCD together get from memory in a nanosecond (Zen 5: the link to the IO die).
pub(super) const MEMORY_RATE: f64 = 60.0;
/// A plan with more threads must be this much better: two threads that win 2 % are a waste of one.
const GAIN: f64 = 0.85;

/// Threads for a product.
pub fn threads(shape: &Shape) -> usize {
    let caches = &topology::get().caches;
    let serial = cost(shape, caches, Grid::ALONE, 1);
    best_count(serial, |count, _| best_grid(shape, caches, count, cores_together()).1)
}

/// Threads for work whose rows are independent and that each thread does alone on its own.
pub fn lane_threads(shape: &Shape) -> usize {
    let caches = &topology::get().caches;
    let lanes = |down: usize| cost(shape, caches, Grid { down, ..Grid::ALONE }, cores_together());
    best_count(lanes(1), |count, _| lanes(count))
}

/// Cores that share an L3.
fn cores_together() -> usize {
    topology::get().ccds.iter().map(|ccd| ccd.cores).max().unwrap_or(1)
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

/// Whether one thread passes over so many bytes before a team would begin: asked first, because it is known at once.
#[inline]
pub fn is_short(bytes: usize) -> bool {
    bytes < const { (2.0 * TEAM_COST * STREAM_RATE) as usize } && !knobs::thread_always()
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

/// Nanoseconds that a product takes on a grid of which `ccd_size` threads share an L3.
pub(super) fn cost(shape: &Shape, caches: &Caches, grid: Grid, ccd_size: usize) -> f64 {
    // The largest part; the last tile of a product computes the vectors that it has.
    let part =
        |size: usize, unit: usize, parts: usize| (size.div_ceil(unit).div_ceil(parts) * unit).min(size);
    let (group_rows, cols) = (part(shape.m, shape.mr, grid.down), part(shape.n, shape.nr, grid.across));
    let rows = part(group_rows, shape.mr, grid.members);
    let (group_rows, rows, cols, depth) = (group_rows as f64, rows as f64, cols as f64, shape.k as f64);
    let sharing = if grid.members > 1 { 1.0 + SHARING } else { 1.0 };
    let multiply = rows * cols * depth / shape.rate * sharing;
    let rows_to_pack = if shape.ready.a { 0.0 } else { rows };
    let cols_to_pack = if shape.ready.b { 0.0 } else { cols };
    let pack = (rows_to_pack + cols_to_pack / grid.members as f64) * depth / PACK_RATE;
    // What the groups of a CCD read, those beside each other the same rows of A.
    let together = (ccd_size / grid.members).clamp(1, grid.groups());
    let across = together.min(grid.across) as f64;
    let down = together.div_ceil(grid.across) as f64;
    let (a, b) = ((shape.a_bytes / shape.mr) as f64, (shape.b_bytes / shape.nr) as f64);
    let bytes = (down * group_rows * a + across * cols * b) * depth;
    let memory = if bytes <= caches.l3 as f64 { 0.0 } else { bytes / MEMORY_RATE };
    (multiply + pack).max(memory) + start(grid.groups() * grid.members)
}

/// Nanoseconds that a team of `count` threads takes to start and finish.
fn start(count: usize) -> f64 {
    if count > 1 { TEAM_COST + MEMBER_COST * count as f64 } else { 0.0 }
}

/// The best grid for `count` threads of which `ccd_size` share an L3, and what it costs. A group is alone or as
/// large as divides a CCD; triangles are not cut into rows, of which they have unequal ones.
pub(super) fn best_grid(shape: &Shape, caches: &Caches, count: usize, ccd_size: usize) -> (Grid, f64) {
    let mut best = (Grid { across: count, ..Grid::ALONE }, f64::INFINITY);
    for members in 1..=count.min(ccd_size).min(MOST_MEMBERS) {
        if !count.is_multiple_of(members) || !ccd_size.is_multiple_of(members) {
            continue;
        }
        let groups = count / members;
        let mut consider = |down: usize| {
            let grid = Grid { down, across: groups / down, members };
            let cost = cost(shape, caches, grid, ccd_size);
            if cost < best.1 {
                best = (grid, cost);
            }
        };
        if shape.triangle.is_some() {
            consider(1);
            continue;
        }
        let mut divisor = 1;
        while divisor * divisor <= groups {
            if groups.is_multiple_of(divisor) {
                consider(divisor);
                consider(groups / divisor);
            }
            divisor += 1;
        }
    }
    best
}
