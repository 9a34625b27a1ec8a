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
//! with "rest" the blocks behind p in T's row; a lower T runs the other way. In a panel, `NR` columns at a
//! time: one tile product with the columns beyond them, then a triangle of order `NR` (trsm: `kernel::solve`;
//! trmm: zeros packed beside the triangle make it part of the product).

use crate::engine;
use crate::engine::gemm::{Gemm, Region};
use crate::engine::operand::{Operand, Packer};
use crate::kernel::panel::Unpanel;
use crate::kernel::solve::{Solve, inverts};
use crate::kernel::tile::Tile;
use crate::kernel::{KernelSet, kernels};
use crate::level2;
use crate::platform::memory::Buffer;
use crate::platform::pool;
use crate::scalar::Scalar;
use crate::view::{Diag, MatMut, MatRef, Side, TriRef, Uplo};
use core::ops::Range;

/// What is done with T.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    /// Multiply by T.
    Multiply,
    /// Multiply by its inverse.
    Solve,
}

/// Bytes of a packed diagonal block: a share of L2 that leaves room for the lanes.
const DIAGONAL_BYTES: usize = 256 * 1024;

/// Lanes up to which a panel would be too empty to pay.
const FEW_LANES: usize = 2;

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
    if b.rows() <= FEW_LANES {
        return task.run_lane_by_lane(b);
    }
    let threads = engine::plan::lane_threads(&shape(kernels, b.rows(), b.cols()));
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
    engine::Shape {
        m: lanes,
        n: order,
        k: order.div_ceil(2),
        mr: kernels.mr,
        nr: kernels.nr,
        a_bytes: kernels.mr * size_of::<T>(),
        b_bytes: kernels.nr * size_of::<T>(),
        a_tail: 0,
        b_tail: 0,
        ready: engine::Ready::default(),
        b_near: false,
        rate: engine::gemm::rate::<T>(kernels.level),
    }
}

/// One thread's lanes.
struct Task<'a, T: Scalar> {
    operation: Operation,
    kernels: &'static KernelSet<T>,
    alpha: T,
    t: TriRef<'a, T>,
}

impl<T: Scalar> Task<'_, T> {
    fn run(&self, mut b: MatMut<T>) {
        let order = b.cols();
        let block = self.block_size(order);
        let panels = block.div_ceil(self.kernels.nr);
        let diagonal_len = panels * self.kernels.nr * block;
        let lanes_len = self.kernels.mr * block.next_multiple_of(self.kernels.nr);
        let Some(buffer) = Buffer::take((diagonal_len + 2 * lanes_len) * size_of::<T>()) else {
            return self.run_lane_by_lane(b);
        };
        let diagonal = buffer.as_mut_ptr().cast::<T>();
        let scratch = Scratch {
            diagonal,
            lanes: diagonal.wrapping_add(diagonal_len),
            product: diagonal.wrapping_add(diagonal_len + lanes_len),
        };

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
                    self.diagonal_block(&scratch, here.clone(), scale, &mut b);
                    self.update(here, rest, -T::ONE, scale, &mut b);
                }
                Operation::Multiply => {
                    self.update(here.clone(), rest, self.alpha, T::ONE, &mut b);
                    self.diagonal_block(&scratch, here, self.alpha, &mut b);
                }
            }
        }
    }

    fn block_size(&self, order: usize) -> usize {
        let limit = (DIAGONAL_BYTES / size_of::<T>()).isqrt() / self.kernels.nr * self.kernels.nr;
        let parts = order.div_ceil(limit);
        order.div_ceil(parts)
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
        let mut product = Gemm {
            kernels: self.kernels,
            m: c.rows(),
            n: c.cols(),
            k: here.len(),
            alpha,
            a: x,
            conj_a: false,
            b: t,
            conj_b: false,
            beta,
            c: c.as_mut_ptr(),
            c_col: c.col_stride(),
            region: Region::Full,
        };
        if c.row_stride() != 1 && c.rows() != 1 {
            (product.m, product.n) = (product.n, product.m);
            (product.a, product.b) = (product.b, product.a);
            product.c_col = c.row_stride();
        }
        let adjacent = c.row_stride() == 1 || c.col_stride() == 1 || c.rows() == 1 || c.cols() == 1;
        if !(adjacent && engine::multiply_alone(&product)) {
            super::plain::product(Region::Full, alpha, &x, &t, here.len(), beta, c);
        }
    }

    /// `B_p <- scale B_p T_pp` or `scale B_p T_pp^-1`, panel by panel of lanes.
    fn diagonal_block(&self, scratch: &Scratch<T>, here: Range<usize>, scale: T, b: &mut MatMut<T>) {
        let (mr, nr, order) = (self.kernels.mr, self.kernels.nr, here.len());
        let t = TriRef { mat: self.t.mat.block(here.clone(), here.clone()), ..self.t };
        let inverted = self.operation == Operation::Solve
            && (t.diag == Diag::Unit || (0..order).all(|i| inverts(t.mat.get(i, i))));
        for col in (0..order).step_by(nr) {
            let (cols, to) = (col..(col + nr).min(order), scratch.diagonal_panel(col, order));
            // SAFETY: the diagonal block has room for `order` steps of each of its panels.
            unsafe { self.pack_triangle(&t, cols, inverted, to) };
        }
        let columns = b.block(0..b.rows(), here);
        for lane in (0..columns.rows()).step_by(mr) {
            let width = mr.min(columns.rows() - lane);
            let packer = Packer { level: self.kernels.level, pack: self.kernels.pack, width: mr };
            let panel = Panel { columns: &columns, lane, width, order };
            // SAFETY: the lanes have room for `order` columns; kernels are of an ISA that the CPU has; panels
            // and rows of B are this thread's own.
            unsafe {
                Operand::Dense(columns.as_ref()).pack(packer, lane..lane + width, 0..order, scratch.lanes);
                match self.operation {
                    Operation::Solve => self.solve_panel(&panel, scratch, scale, inverted),
                    Operation::Multiply => self.multiply_panel(&panel, scratch, scale),
                }
            }
        }
    }

    /// Depths of T that columns `cols` of a diagonal block reach beside their own triangle.
    fn beside(&self, cols: &Range<usize>, order: usize) -> Range<usize> {
        match self.t.uplo {
            Uplo::Upper => 0..cols.start,
            Uplo::Lower => cols.end..order,
        }
    }

    /// Packs columns `cols` of the triangle `t`: dense beside the diagonal, then the square that the diagonal
    /// crosses, with zeros in the other triangle and ones, or the inverses of its elements, on the diagonal.
    /// To solve, the rows of the square are as [`Solve`] wants them.
    ///
    /// # Safety
    /// `to` has room for a panel as deep as `t`.
    unsafe fn pack_triangle(&self, t: &TriRef<T>, cols: Range<usize>, inverted: bool, to: *mut T) {
        let nr = self.kernels.nr;
        let packer = Packer { level: self.kernels.level, pack: self.kernels.pack, width: nr };
        let beside = self.beside(&cols, t.mat.rows());
        let place = |depth: usize| to.wrapping_add(depth * nr);
        // SAFETY: the caller vouches for the room.
        unsafe {
            Operand::Dense(t.mat.t()).pack(packer, cols.clone(), beside.clone(), place(beside.start));
            // All bits zero are the number zero.
            place(cols.start).write_bytes(0, cols.len() * nr);
            for (at, i) in cols.clone().enumerate() {
                // From the diagonal away, to where the triangle goes on.
                let (stored, away) = match t.uplo {
                    Uplo::Upper => (cols.end - 1 - i, 1),
                    Uplo::Lower => (at, -1),
                };
                let (to, to_step) = match self.operation {
                    Operation::Multiply => (place(i).add(at), away),
                    Operation::Solve => (place(i), 1),
                };
                let (from, from_step) = (t.mat.at(i, i), away * t.mat.col_stride());
                for step in 1..=stored as isize {
                    *to.offset(step * to_step) = (*from.offset(step * from_step)).conj_if(t.mat.is_conj());
                }
                *to = match t.diag {
                    Diag::Unit => T::ONE,
                    Diag::NonUnit if inverted => T::ONE.divide(t.mat.get(i, i)),
                    Diag::NonUnit => t.mat.get(i, i),
                };
            }
        }
    }

    /// Solves with the packed diagonal block inside a packed panel of lanes, and writes the panel back.
    ///
    /// # Safety
    /// The panel and the diagonal block are packed in `scratch`.
    unsafe fn solve_panel(&self, panel: &Panel<T>, scratch: &Scratch<T>, scale: T, inverted: bool) {
        let KernelSet { mr, nr, .. } = *self.kernels;
        let parts = panel.order.div_ceil(nr);
        for step in 0..parts {
            let part = if self.t.uplo == Uplo::Upper { step } else { parts - 1 - step };
            let cols = part * nr..((part + 1) * nr).min(panel.order);
            let beside = self.beside(&cols, panel.order);
            let t = scratch.diagonal_panel(cols.start, panel.order);
            let solve = Solve {
                // x <- scale x - X_beside T_beside.
                tile: Tile {
                    k: beside.len(),
                    a: scratch.lanes.wrapping_add(beside.start * mr),
                    a_k: mr as isize,
                    b: t.wrapping_add(beside.start * nr),
                    b_k: nr as isize,
                    b_j: 1,
                    c: scratch.lanes.wrapping_add(cols.start * mr),
                    c_col: mr as isize,
                    m: mr,
                    n: cols.len(),
                    alpha: -T::ONE,
                    beta: scale,
                    conj_a: false,
                    conj_b: false,
                },
                t: t.wrapping_add(cols.start * nr),
                uplo: self.t.uplo,
                inverted,
            };
            // SAFETY: the caller vouches for the panels; columns `beside` and `cols` are disjoint.
            unsafe { (self.kernels.solve)(&solve) }
        }
        // SAFETY: the panel holds `order` columns.
        unsafe { self.write_back(scratch.lanes, panel, 0..panel.order) }
    }

    /// Multiplies a packed panel of lanes by the packed diagonal block, into B.
    ///
    /// # Safety
    /// The panel and the diagonal block are packed in `scratch`.
    unsafe fn multiply_panel(&self, panel: &Panel<T>, scratch: &Scratch<T>, scale: T) {
        let KernelSet { mr, nr, .. } = *self.kernels;
        let columns = panel.columns;
        let adjacent = columns.row_stride() == 1;
        for col in (0..panel.order).step_by(nr) {
            let cols = col..(col + nr).min(panel.order);
            let depth = match self.t.uplo {
                Uplo::Upper => 0..cols.end,
                Uplo::Lower => cols.start..panel.order,
            };
            let (c, c_col, m) = if adjacent {
                (columns.at(panel.lane, cols.start), columns.col_stride(), panel.width)
            } else {
                (scratch.product.wrapping_add(cols.start * mr), mr as isize, mr)
            };
            // SAFETY: the caller vouches for the panels; B is written only after its lanes were packed.
            unsafe {
                (self.kernels.tile)(&Tile {
                    k: depth.len(),
                    a: scratch.lanes.wrapping_add(depth.start * mr),
                    a_k: mr as isize,
                    b: scratch.diagonal_panel(cols.start, panel.order).wrapping_add(depth.start * nr),
                    b_k: nr as isize,
                    b_j: 1,
                    c,
                    c_col,
                    m,
                    n: cols.len(),
                    alpha: scale,
                    beta: T::ZERO,
                    conj_a: false,
                    conj_b: false,
                });
            }
        }
        if !adjacent {
            // SAFETY: the loop has written all columns of the panel of products.
            unsafe { self.write_back(scratch.product, panel, 0..panel.order) }
        }
    }

    /// # Safety
    /// `from` is a panel that holds columns `cols`.
    unsafe fn write_back(&self, from: *const T, panel: &Panel<T>, cols: Range<usize>) {
        let columns = panel.columns;
        // SAFETY: the caller vouches for the panel; the lanes of B are this thread's own.
        unsafe {
            (self.kernels.unpack_a)(&Unpanel {
                from: from.wrapping_add(cols.start * self.kernels.mr),
                width: panel.width,
                k: cols.len(),
                to: columns.at(panel.lane, cols.start),
                i_stride: columns.row_stride(),
                k_stride: columns.col_stride(),
            })
        }
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
    /// The diagonal block, panel after panel of NR columns.
    diagonal: *mut T,
    /// A panel of lanes.
    lanes: *mut T,
    /// A panel of products, where B's lanes are not adjacent.
    product: *mut T,
}

impl<T> Scratch<T> {
    /// The panel that starts with column `col` of a diagonal block.
    fn diagonal_panel(&self, col: usize, order: usize) -> *mut T {
        self.diagonal.wrapping_add(col * order)
    }
}

/// Where a panel of lanes belongs.
struct Panel<'a, T> {
    columns: &'a MatMut<'a, T>,
    lane: usize,
    width: usize,
    order: usize,
}
