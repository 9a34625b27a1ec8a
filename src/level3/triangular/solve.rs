//! trsm on a diagonal block: panels of lanes are packed, solved where they are, and written back.

use super::{Scratch, Task};
use crate::engine::operand::{Operand, Packer};
use crate::kernel::KernelSet;
use crate::kernel::panel::Unpanel;
use crate::kernel::solve::{Solve, inverts};
use crate::kernel::tile::Tile;
use crate::scalar::Scalar;
use crate::view::{Diag, MatMut, TriRef, Uplo};
use core::ops::Range;

impl<T: Scalar> Task<'_, T> {
    /// `B_p <- scale B_p T_pp^-1` for columns `here`.
    pub(super) fn solve_block(&self, scratch: &Scratch<T>, here: Range<usize>, scale: T, b: &mut MatMut<T>) {
        let (nr, order) = (self.kernels.nr, here.len());
        let t = TriRef { mat: self.t.mat.block(here.clone(), here.clone()), ..self.t };
        let inverted = t.diag == Diag::Unit || (0..order).all(|i| inverts(t.mat.get(i, i)));
        for col in (0..order).step_by(nr) {
            let (cols, to) = (col..(col + nr).min(order), scratch.diagonal_panel(col, order));
            // SAFETY: the diagonal block has room for `order` steps of each of its panels.
            unsafe {
                self.pack_columns(&t, cols.clone(), nr, to);
                for (at, i) in cols.enumerate() {
                    let diagonal = to.add(i * nr + at);
                    if t.diag == Diag::Unit {
                        *diagonal = T::ONE;
                    } else if inverted {
                        *diagonal = T::ONE.divide(*diagonal);
                    }
                }
            }
        }
        let columns = b.block(0..b.rows(), here);
        let KernelSet { level, pack, unpack, .. } = *self.kernels;
        let mut lane = 0;
        while lane < columns.rows() {
            let height = self.kernels.height(columns.rows() - lane);
            let (packer, lanes) =
                (Packer { level, pack, width: height }, lane..(lane + height).min(columns.rows()));
            // SAFETY: the lanes have room for `order` columns; kernels are of an ISA that the CPU has; rows of B are
            // this thread's own.
            unsafe {
                Operand::Dense(columns.as_ref()).pack(packer, lanes.clone(), 0..order, scratch.lanes);
                self.solve_panel(height, order, scratch, scale, inverted);
                unpack(&Unpanel {
                    from: scratch.lanes,
                    padded: height,
                    width: lanes.len(),
                    k: order,
                    to: columns.at(lane, 0),
                    i_stride: columns.row_stride(),
                    k_stride: columns.col_stride(),
                });
            }
            lane += height;
        }
    }

    /// Solves with the packed diagonal block of this order inside a packed panel of lanes, `height` wide.
    ///
    /// # Safety
    /// The panel and the diagonal block are packed in `scratch`.
    unsafe fn solve_panel(
        &self,
        height: usize,
        order: usize,
        scratch: &Scratch<T>,
        scale: T,
        inverted: bool,
    ) {
        let nr = self.kernels.nr;
        let parts = order.div_ceil(nr);
        for step in 0..parts {
            let part = if self.t.uplo == Uplo::Upper { step } else { parts - 1 - step };
            let cols = part * nr..((part + 1) * nr).min(order);
            // Depths beside the triangle.
            let beside = match self.t.uplo {
                Uplo::Upper => 0..cols.start,
                Uplo::Lower => cols.end..order,
            };
            let t = scratch.diagonal_panel(cols.start, order);
            // Where the panel of T begins that is read next; behind the last one nothing is.
            let next = match self.t.uplo {
                Uplo::Upper => t.wrapping_add(nr * order),
                Uplo::Lower => t.wrapping_sub(nr * order).wrapping_add(cols.start * nr),
            };
            let solve = Solve {
                // x <- scale x - X_beside T_beside.
                tile: Tile {
                    k: beside.len(),
                    a: scratch.lanes.wrapping_add(beside.start * height),
                    a_k: height as isize,
                    b: t.wrapping_add(beside.start * nr),
                    b_k: nr as isize,
                    b_j: 1,
                    next,
                    next_step: nr as isize,
                    c: scratch.lanes.wrapping_add(cols.start * height),
                    c_col: height as isize,
                    m: height,
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
            unsafe { (self.kernels.solve(height))(&solve) }
        }
    }
}
