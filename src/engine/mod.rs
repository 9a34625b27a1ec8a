//! The engine: every level-3 operation is a [`Product`] that these loops multiply. `passes.rs` shares the
//! passes over memory of levels 1 and 2 among threads.
//!
//! ```text
//!   level3 -> tiny.rs                  some dozens of rows and columns: straight to the kernel
//!          -> small.rs                 operands near a core: tiles straight from memory
//!          -> skinny.rs, streamed.rs   few columns or rows: the large operand read once, where it lies
//!          -> multiply -> plan/        how many threads, which part of C is whose, as data
//!                      -> blocking.rs  MC, KC, NC from the caches of this machine
//!                      -> loops.rs     the five loops: start reading here
//!                           -> Product::pack_a, pack_b   (operand.rs: dense, symmetric, converted)
//!                              or panels that are there    (panels.rs: packed beforehand)
//!                           -> Product::tile             (gemm.rs: whole C or one triangle)
//! ```
//!
//! Small products of low precision take stack.rs instead of multiply: the same loops with panels on the stack.
//!
//! The loops know neither types nor BLAS: packed panels are bytes that the product's own packers write and
//! its own tile kernel reads. Calls `kernel` and `platform`.

pub mod blocking;
pub mod gemm;
pub mod loops;
pub mod operand;
pub mod panels;
pub mod passes;
pub mod plan;
pub mod skinny;
pub mod small;
pub mod stack;
pub mod streamed;
pub mod tiny;

use crate::platform::memory::Buffer;
use crate::platform::pool::{self, Team};
use crate::view::Uplo;
use core::ops::Range;
use loops::{Group, Workspace};
use plan::Plan;

/// What a product looks like to the loops.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Rows of C.
    pub m: usize,
    /// Columns of C.
    pub n: usize,
    /// Terms of each sum.
    pub k: usize,
    /// Rows of a tile.
    pub mr: usize,
    /// Columns of a tile.
    pub nr: usize,
    /// Bytes of one k in a panel of A.
    pub a_bytes: usize,
    /// Bytes of one k in a panel of B.
    pub b_bytes: usize,
    /// Bytes of a panel of A beside those of its k.
    pub a_tail: usize,
    /// Bytes of a panel of B beside those of its k.
    pub b_tail: usize,
    /// Operands that are packed already.
    pub ready: Ready,
    /// Whether blocks of B shall be single panels, multiplied while they are in L1: for a B that is larger when
    /// packed, or an A of few rows.
    pub b_near: bool,
    /// The triangle of C that is computed, if not all is.
    pub triangle: Option<Uplo>,
    /// Multiply-adds that one core does in a nanosecond on this product, roughly; those of a triangle count twice.
    pub rate: f64,
}

impl Shape {
    /// An `m` x `n` x `k` product of dense operands: `mr` rows of a tile with the bytes of one k in a panel of A,
    /// `nr` columns likewise with those of B.
    pub fn new(
        [m, n, k]: [usize; 3],
        (mr, a_bytes): (usize, usize),
        (nr, b_bytes): (usize, usize),
        rate: f64,
    ) -> Shape {
        let (ready, b_near, triangle) = (Ready::default(), false, None);
        Shape { m, n, k, mr, nr, a_bytes, b_bytes, a_tail: 0, b_tail: 0, ready, b_near, triangle, rate }
    }

    /// Bytes of a panel of A, `depth` deep.
    #[inline]
    pub fn a_panel(&self, depth: usize) -> usize {
        depth * self.a_bytes + self.a_tail
    }

    /// Bytes of a panel of B, `depth` deep.
    #[inline]
    pub fn b_panel(&self, depth: usize) -> usize {
        depth * self.b_bytes + self.b_tail
    }
}

/// Which operands are packed already, in blocks of depth KC: panel after panel of the first KC of k, then
/// those of the next. The default is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ready {
    /// Depth of the blocks; 0 where neither is packed.
    pub kc: usize,
    /// Whether A is.
    pub a: bool,
    /// Whether B is.
    pub b: bool,
}

/// The packed panels of a tile.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Of A.
    pub a: *const u8,
    /// Of B.
    pub b: *const u8,
    /// What to fetch meanwhile: the panel of B that the next tile reads, the same one or another, or a line for each k of
    /// what will be packed next.
    pub next: *const u8,
    /// Bytes from what to fetch for a k to what for the next.
    pub next_step: isize,
}

/// Where rows of A lie that will be packed, adjacent for each k.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The first of them.
    pub first: *const u8,
    /// Bytes from a k to the next.
    pub step: isize,
    /// Bytes of a k.
    pub bytes: usize,
}

/// One multiplication `C <- f(C, A B)`, cut into panels and tiles by the loops.
pub trait Product: Sync {
    /// Sizes.
    fn shape(&self) -> Shape;

    /// Packs rows `rows` (at most MR) of A at depths `k` into one panel.
    ///
    /// # Safety
    /// `to` has room for the panel, and nobody else uses it.
    unsafe fn pack_a(&self, rows: Range<usize>, k: Range<usize>, to: *mut u8);

    /// Packs columns `cols` (at most NR) of B at depths `k` into one panel.
    ///
    /// # Safety
    /// `to` has room for the panel, and nobody else uses it.
    unsafe fn pack_b(&self, cols: Range<usize>, k: Range<usize>, to: *mut u8);

    /// Packs the panels of rows `rows` of A at depths `k`, one after the other.
    ///
    /// # Safety
    /// `to` has room for the panels, and nobody else uses it.
    unsafe fn pack_a_block(&self, shape: &Shape, rows: Range<usize>, k: Range<usize>, to: *mut u8) {
        for (panel, ir) in rows.clone().step_by(shape.mr).enumerate() {
            let to = to.wrapping_add(panel * shape.a_panel(k.len()));
            // SAFETY: the caller vouches for the panels.
            unsafe { self.pack_a(ir..(ir + shape.mr).min(rows.end), k.clone(), to) };
        }
    }

    /// Packs the panels of columns `cols` of B at depths `k`, one after the other.
    ///
    /// # Safety
    /// `to` has room for the panels, and nobody else uses it.
    unsafe fn pack_b_block(&self, shape: &Shape, cols: Range<usize>, k: Range<usize>, to: *mut u8) {
        for (panel, jr) in cols.clone().step_by(shape.nr).enumerate() {
            let to = to.wrapping_add(panel * shape.b_panel(k.len()));
            // SAFETY: the caller vouches for the panels.
            unsafe { self.pack_b(jr..(jr + shape.nr).min(cols.end), k.clone(), to) };
        }
    }

    /// Where rows `rows` of A lie at depths `k`, if they are adjacent there.
    fn a_source(&self, _rows: &Range<usize>, _k: &Range<usize>) -> Option<Source> {
        None
    }

    /// Where the panels of rows `rows` of A at depths `k` are, one after the other, if A is ready.
    fn ready_a(&self, _rows: &Range<usize>, _k: &Range<usize>) -> Option<*const u8> {
        None
    }

    /// Where the panels of columns `cols` of B at depths `k` are, one after the other, if B is ready.
    fn ready_b(&self, _cols: &Range<usize>, _k: &Range<usize>) -> Option<*const u8> {
        None
    }

    /// Adds the product of two panels into the tile `rows` x `cols` of C.
    ///
    /// # Safety
    /// The panels are what `pack_a` and `pack_b` made of the same ranges (or `ready_a`, `ready_b` say); nobody else uses the tile.
    unsafe fn tile(&self, rows: Range<usize>, cols: Range<usize>, k: Range<usize>, pair: Pair);

    /// Whether nothing of this block of C is wanted.
    fn skips(&self, _rows: Range<usize>, _cols: Range<usize>) -> bool {
        false
    }
}

/// Multiplies on the calling thread only. `false` as for [`multiply`].
#[must_use]
pub fn multiply_alone<P: Product>(product: &P) -> bool {
    with_plan(&Plan::new(&product.shape(), 1, 1), |plan, groups, workspace| {
        loops::member(product, plan, groups, workspace, 0);
    })
}

/// Multiplies on a team of up to `threads` threads. `false` if not even the smallest blocks could be had
/// from the system, and nothing was done.
#[must_use]
pub fn multiply<P: Product>(product: &P, threads: usize) -> bool {
    if threads == 1 {
        return multiply_alone(product);
    }
    let team = pool::take(threads);
    with_plan(&Plan::new(&product.shape(), team.size(), largest_group(&team)), |plan, groups, workspace| {
        let part = |member| loops::member(product, plan, groups, workspace, member);
        // Members of a group meet at barriers; groups of one have nobody to wait for.
        if plan.grid.members == 1 { team.share(plan.grid.groups(), part) } else { team.run(part) }
    })
}

/// The largest equal groups of adjacent members that share an L3.
fn largest_group(team: &Team) -> usize {
    let size = team.size();
    let together =
        |group: usize| (0..size).all(|member| team.ccd_of(member) == team.ccd_of(member / group * group));
    (1..=size).rev().find(|&group| size.is_multiple_of(group) && together(group)).unwrap_or(1)
}

/// Finds memory for a plan, with smaller blocks where the system refuses.
fn with_plan(plan: &Plan, run: impl FnOnce(&Plan, &[Group], &Workspace)) -> bool {
    let mut plan = *plan;
    let buffer = loop {
        if let Some(buffer) = Buffer::take(plan.workspace_bytes()) {
            break buffer;
        }
        if !plan.shrink() {
            match Buffer::emergency() {
                Some(buffer) if buffer.len() >= plan.workspace_bytes() => break buffer,
                _ => return false,
            }
        }
    };
    let workspace = Workspace::new(&buffer);
    if plan.grid.groups() == 1 {
        run(&plan, &[Group::new(&plan)], &workspace);
    } else {
        let groups: Vec<Group> = (0..plan.grid.groups()).map(|_| Group::new(&plan)).collect();
        run(&plan, &groups, &workspace);
    }
    true
}

#[cfg(test)]
mod tests;
