//! trmm on a diagonal block: tiles of B are written over lanes that were copied, T packed with zeros in its other
//! triangle.

use super::{Scratch, Task};
use crate::engine::operand::{Operand, Packer};
use crate::kernel::tile::Tile;
use crate::kernel::{KernelSet, even};
use crate::scalar::Scalar;
use crate::view::{Diag, MatMut, TriRef, Uplo};
use core::ops::Range;

impl<T: Scalar> Task<'_, T> {
    /// `B_p <- alpha B_p T_pp` for columns `here`.
    pub(super) fn multiply_block(&self, scratch: &Scratch<T>, here: Range<usize>, b: &mut MatMut<T>) {
        let KernelSet { mr, nr, vector, .. } = *self.kernels;
        let order = here.len();
        let t = TriRef { mat: self.t.mat.block(here.clone(), here.clone()), ..self.t };
        let lanes_adjacent = b.row_stride() == 1;
        let width = if lanes_adjacent { nr } else { even(order, mr, vector) };
        for col in (0..order).step_by(width) {
            let (cols, to) = (col..(col + width).min(order), scratch.diagonal_panel(col, order));
            // SAFETY: the diagonal block has room for `order` steps of each of its panels.
            unsafe {
                self.pack_columns(&t, cols.clone(), width, to);
                for (at, i) in cols.clone().enumerate() {
                    let row = to.add(i * width);
                    let outside = match t.uplo {
                        Uplo::Upper => 0..at,
                        Uplo::Lower => at + 1..cols.len(),
                    };
                    for other in outside {
                        *row.add(other) = T::ZERO;
                    }
                    if t.diag == Diag::Unit {
                        *row.add(at) = T::ONE;
                    }
                }
            }
        }
        let columns = b.block(0..b.rows(), here);
        let lanes = if lanes_adjacent { mr } else { even(columns.rows(), nr, 1) };
        for lane in (0..columns.rows()).step_by(lanes) {
            let lanes = lane..(lane + lanes).min(columns.rows());
            // SAFETY: there is room for the lanes; rows of B are this thread's own, and written after they were copied.
            unsafe {
                if lanes_adjacent {
                    self.rows_of_lanes(scratch, &columns, lanes);
                } else {
                    self.rows_of_columns(scratch, &columns, lanes, width);
                }
            }
        }
    }

    /// Lanes are adjacent: they are the rows of the tiles.
    ///
    /// # Safety
    /// The diagonal block is packed in `scratch`, in panels of NR columns; nobody else uses the lanes, at most MR.
    unsafe fn rows_of_lanes(&self, scratch: &Scratch<T>, columns: &MatMut<T>, lanes: Range<usize>) {
        let KernelSet { mr, nr, .. } = *self.kernels;
        let order = columns.cols();
        let packer = Packer { level: self.kernels.level, pack: self.kernels.pack, width: mr };
        // SAFETY: there is room for a panel of `order` columns.
        unsafe { Operand::Dense(columns.as_ref()).pack(packer, lanes.clone(), 0..order, scratch.lanes) };
        for col in (0..order).step_by(nr) {
            let cols = col..(col + nr).min(order);
            let depth = self.reach(&cols, order);
            // SAFETY: panels packed for these lanes and columns.
            unsafe {
                (self.kernels.tile)(&Tile {
                    k: depth.len(),
                    a: scratch.lanes.wrapping_add(depth.start * mr),
                    a_k: mr as isize,
                    b: scratch.diagonal_panel(col, order).wrapping_add(depth.start * nr),
                    b_k: nr as isize,
                    b_j: 1,
                    c: columns.at(lanes.start, col),
                    c_col: columns.col_stride(),
                    m: lanes.len(),
                    n: cols.len(),
                    alpha: self.alpha,
                    beta: T::ZERO,
                    conj_a: false,
                    conj_b: false,
                })
            }
        }
    }

    /// Columns are adjacent: they are the rows of the tiles.
    ///
    /// # Safety
    /// The diagonal block is packed in `scratch`, in panels of `width` columns; nobody else uses the lanes, at most NR.
    unsafe fn rows_of_columns(
        &self,
        scratch: &Scratch<T>,
        columns: &MatMut<T>,
        lanes: Range<usize>,
        width: usize,
    ) {
        let order = columns.cols();
        for (i, lane) in lanes.clone().enumerate() {
            // SAFETY: `order` adjacent elements, and room for as many of each lane.
            unsafe {
                let to = scratch.lanes.add(i * order);
                columns.at(lane, 0).cast_const().copy_to_nonoverlapping(to, order);
            }
        }
        for col in (0..order).step_by(width) {
            let cols = col..(col + width).min(order);
            let depth = self.reach(&cols, order);
            // SAFETY: a panel packed for these columns, and the copied lanes.
            unsafe {
                (self.kernels.direct(cols.len(), lanes.len()))(&Tile {
                    k: depth.len(),
                    a: scratch.diagonal_panel(col, order).wrapping_add(depth.start * width),
                    a_k: width as isize,
                    b: scratch.lanes.wrapping_add(depth.start),
                    b_k: 1,
                    b_j: order as isize,
                    c: columns.at(lanes.start, col),
                    c_col: columns.row_stride(),
                    m: cols.len(),
                    n: lanes.len(),
                    alpha: self.alpha,
                    beta: T::ZERO,
                    conj_a: false,
                    conj_b: false,
                })
            }
        }
    }
}
