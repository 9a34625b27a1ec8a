//! trmm and trsm: `B <- alpha B T` and `B <- alpha B T^-1`, T triangular.
//!
//! The left side is the right side of the transposed problem, so T always stands right, order n, and the
//! rows of B (the *lanes*: right-hand sides of trsm) are independent: threads share them out and never
//! meet. T is cut into diagonal blocks, of which each is applied inside packed panels of lanes:
//!
//! ```text
//! trsm, T upper, forward:                       trmm, T upper, backward:
//!   for each block p, first to last               for each block p, last to first
//!     B_p    <- B_p T_pp^-1      (panels)           B_rest <- alpha B_p T_p,rest + B_rest  (engine)
//!     B_rest <- B_rest - B_p T_p,rest  (engine)     B_p    <- alpha B_p T_pp               (panels)
//! ```
//!
//! with "rest" the blocks behind p in T's row; a lower T runs the other way. In a panel of lanes, `NR` columns at
//! a time: one tile product with the columns beyond them, then a triangle of order `NR` (trsm: `kernel::solve`;
//! trmm: zeros packed beside the triangle make it part of the product). Where columns are what lies adjacent in
//! B, trmm has no need to turn it: there tiles are `MR` columns by `NR` lanes, with T packed as the left operand
//! and a copy of the lanes as they are.

mod multiply;
mod solve;

use crate::engine;
use crate::engine::gemm::{Gemm, Region};
use crate::engine::operand::{Operand, Packer};
use crate::engine::{small, tiny};
use crate::kernel::{KernelSet, kernels};
use crate::level2;
use crate::platform::memory::Buffer;
use crate::platform::pool;
use crate::scalar::Scalar;
use crate::view::{MatMut, MatRef, Side, TriRef, Uplo};
use core::mem::MaybeUninit;
use core::ops::Range;

/// What is done with T.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    /// Multiply by T.
    Multiply,
    /// Multiply by its inverse.
    Solve,
}

/// Bytes of a packed diagonal block, half of which are read for each panel of lanes: a share of L3. What lies beyond
/// costs packing once more.
const DIAGONAL_BYTES: usize = 2 << 20;

/// Lanes up to which a panel would be too empty to pay.
const FEW_LANES: usize = 2;

/// Bytes of packed blocks that fit on the stack.
const ON_STACK: usize = 16 << 10;

/// `B <- alpha A B` or `alpha B A`, A triangular as the view says.
pub fn trmm<T: Scalar>(side: Side, alpha: T, a: TriRef<T>, b: MatMut<T>) {
    apply(Operation::Multiply, side, alpha, a, b);
}

/// `B <- alpha A^-1 B` or `alpha B A^-1`, A triangular as the view says.
pub fn trsm<T: Scalar>(side: Side, alpha: T, a: TriRef<T>, b: MatMut<T>) {
    apply(Operation::Solve, side, alpha, a, b);
}

fn apply<T: Scalar>(operation: Operation, side: Side, alpha: T, t: TriRef<T>, b: MatMut<T>) {
    if b.rows() == 0 || b.cols() == 0 {
        return;
    }
    let (t, mut b) = match side {
        Side::Left => (t.t(), b.t()),
        Side::Right => (t, b),
    };
    if alpha == T::ZERO {
        return super::plain::scale(Region::Full, alpha, b);
    }
    let kernels = kernels::<T>();
    let task = Task { operation, kernels, alpha, t };
    // Not left to the threads: their shares must not change what is computed.
    if b.rows() <= FEW_LANES || (b.row_stride() != 1 && b.col_stride() != 1) {
        return task.run_lane_by_lane(b);
    }
    let work = b.rows().saturating_mul(b.cols()).saturating_mul(b.cols() * T::PARTS * T::PARTS) / 2;
    let threads =
        if work <= tiny::WORK { 1 } else { engine::plan::lane_threads(&shape(kernels, b.rows(), b.cols())) };
    if threads == 1 {
        return task.run(b);
    }
    let team = pool::take(threads);
    let (panels, members) = (b.rows().div_ceil(kernels.mr), team.size());
    let b = &b.reborrow();
    team.share(members, |piece| {
        let first = |piece: usize| (panels * piece / members * kernels.mr).min(b.rows());
        let lanes = first(piece)..first(piece + 1);
        if !lanes.is_empty() {
            // SAFETY: pieces are disjoint rows of a matrix that this call may write.
            task.run(unsafe {
                MatMut::new(b.at(lanes.start, 0), lanes.len(), b.cols(), b.row_stride(), b.col_stride())
            });
        }
    });
}

/// The work as the thread planner sees it: half of a product of the lanes with a square matrix.
fn shape<T: Scalar>(kernels: &'static KernelSet<T>, lanes: usize, order: usize) -> engine::Shape {
    let KernelSet { mr, nr, level, .. } = *kernels;
    let (a, b) = ((mr, mr * size_of::<T>()), (nr, nr * size_of::<T>()));
    engine::Shape::new([lanes, order, order.div_ceil(2)], a, b, engine::gemm::rate::<T>(level))
}

/// One thread's lanes.
struct Task<'a, T: Scalar> {
    operation: Operation,
    kernels: &'static KernelSet<T>,
    alpha: T,
    t: TriRef<'a, T>,
}

impl<T: Scalar> Task<'_, T> {
    fn run(&self, b: MatMut<T>) {
        let block = self.block_size(b.cols());
        // Panels of T times the depth of the block, and panels of lanes.
        let (width, lanes) = self.panels(&b);
        let padded = block.next_multiple_of(width);
        let (diagonal, lanes) = (padded * block, lanes * padded);
        // The solver reads up to NR elements before and behind its triangle.
        let bytes = (self.kernels.nr + diagonal + lanes) * size_of::<T>();
        let run_in = |room: *mut u8, b| {
            let room = room.cast::<T>().wrapping_add(self.kernels.nr);
            self.run_blocks(&Scratch { diagonal: room, lanes: room.wrapping_add(diagonal) }, block, b);
        };
        if bytes <= ON_STACK {
            let mut room = MaybeUninit::<[u128; ON_STACK / 16]>::uninit();
            run_in(room.as_mut_ptr().cast(), b);
        } else if let Some(buffer) = Buffer::take(bytes) {
            run_in(buffer.as_mut_ptr(), b);
        } else {
            self.run_lane_by_lane(b);
        }
    }

    /// Columns of a panel of T, and lanes of a panel.
    fn panels(&self, b: &MatMut<T>) -> (usize, usize) {
        let KernelSet { mr, nr, .. } = *self.kernels;
        if self.operation == Operation::Multiply && b.row_stride() != 1 { (mr, nr) } else { (nr, mr) }
    }

    /// Block by block of T, of `block` columns.
    fn run_blocks(&self, scratch: &Scratch<T>, block: usize, mut b: MatMut<T>) {
        let order = b.cols();
        // trsm meets each block before those that depend on it, trmm after those that still need it.
        let forward = (self.t.uplo == Uplo::Upper) == (self.operation == Operation::Solve);
        let blocks = order.div_ceil(block);
        for step in 0..blocks {
            let index = if forward { step } else { blocks - 1 - step };
            let here = index * block..((index + 1) * block).min(order);
            let rest = match self.t.uplo {
                Uplo::Upper => here.end..order,
                Uplo::Lower => 0..here.start,
            };
            match self.operation {
                Operation::Solve => {
                    // alpha reaches every column once: the first block when packed, the rest when updated.
                    let scale = if step == 0 { self.alpha } else { T::ONE };
                    self.solve_block(scratch, here.clone(), scale, &mut b);
                    self.update(here, rest, -T::ONE, scale, &mut b);
                }
                Operation::Multiply => {
                    self.update(here.clone(), rest, self.alpha, T::ONE, &mut b);
                    self.multiply_block(scratch, here, &mut b);
                }
            }
        }
    }

    fn block_size(&self, order: usize) -> usize {
        let limit = (DIAGONAL_BYTES / size_of::<T>()).isqrt() / self.kernels.nr * self.kernels.nr;
        let parts = order.div_ceil(limit);
        order.div_ceil(parts).next_multiple_of(self.kernels.nr)
    }

    /// `B_rest <- alpha B_here T_here,rest + beta B_rest`.
    fn update(&self, here: Range<usize>, rest: Range<usize>, alpha: T, beta: T, b: &mut MatMut<T>) {
        if rest.is_empty() {
            return;
        }
        // SAFETY: columns of B that this thread owns and, `here` and `rest` being disjoint, does not write.
        let x = Operand::Dense(unsafe {
            MatRef::new(b.at(0, here.start), b.rows(), here.len(), b.row_stride(), b.col_stride())
        });
        let t = Operand::Dense(self.t.mat.block(here.clone(), rest.clone()).t());
        let c = b.block(0..b.rows(), rest);
        let ((left, conj_left), (right, conj_right)) = (x.split_conj(), t.split_conj());
        let mut product = Gemm {
            kernels: self.kernels,
            m: c.rows(),
            n: c.cols(),
            k: here.len(),
            alpha,
            a: left,
            conj_a: conj_left,
            b: right,
            conj_b: conj_right,
            beta,
            c: c.as_mut_ptr(),
            c_col: c.col_stride(),
            region: Region::Full,
        };
        if c.row_stride() != 1 && c.rows() != 1 {
            (product.m, product.n) = (product.n, product.m);
            (product.a, product.b) = (product.b, product.a);
            (product.conj_a, product.conj_b) = (product.conj_b, product.conj_a);
            product.c_col = c.row_stride();
        }
        let adjacent = c.row_stride() == 1 || c.col_stride() == 1 || c.rows() == 1 || c.cols() == 1;
        if !(adjacent && (small::multiply(&product, 1) || engine::multiply_alone(&product))) {
            super::plain::product(Region::Full, alpha, &x, &t, here.len(), beta, c);
        }
    }

    /// Depths of T that columns `cols` of a diagonal block reach.
    fn reach(&self, cols: &Range<usize>, order: usize) -> Range<usize> {
        match self.t.uplo {
            Uplo::Upper => 0..cols.end,
            Uplo::Lower => cols.start..order,
        }
    }

    /// Packs columns `cols` of `t`, at the depths that they reach, into a panel `width` wide. The other triangle of
    /// the square on the diagonal comes along, since it is memory of the matrix, and does not count.
    ///
    /// # Safety
    /// `to` has room for a panel as deep as `t`.
    unsafe fn pack_columns(&self, t: &TriRef<T>, cols: Range<usize>, width: usize, to: *mut T) {
        let packer = Packer { level: self.kernels.level, pack: self.kernels.pack, width };
        let depth = self.reach(&cols, t.mat.rows());
        // SAFETY: the caller vouches for the room.
        unsafe { Operand::Dense(t.mat.t()).pack(packer, cols, depth.clone(), to.add(depth.start * width)) }
    }

    /// Lane by lane, for few or where the system refuses memory: `x T = b` is `T^T x^T = b^T`.
    fn run_lane_by_lane(&self, mut b: MatMut<T>) {
        if self.alpha != T::ONE {
            super::plain::scale(Region::Full, self.alpha, b.reborrow());
        }
        for lane in 0..b.rows() {
            match self.operation {
                Operation::Solve => level2::trsv(self.t.t(), b.row(lane)),
                Operation::Multiply => level2::trmv(self.t.t(), b.row(lane)),
            }
        }
    }
}

/// Packed blocks of one thread.
struct Scratch<T> {
    /// The diagonal block, panel after panel of columns.
    diagonal: *mut T,
    /// A panel of lanes.
    lanes: *mut T,
}

impl<T> Scratch<T> {
    /// The panel that starts with column `col` of a diagonal block of this order.
    fn diagonal_panel(&self, col: usize, order: usize) -> *mut T {
        self.diagonal.wrapping_add(col * order)
    }
}
