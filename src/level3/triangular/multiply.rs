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
        let few = even(columns.rows(), nr, 1);
        let mut lane = 0;
        while lane < columns.rows() {
            let left = columns.rows() - lane;
            let step = if lanes_adjacent { self.kernels.height(left) } else { few };
            let lanes = lane..lane + step.min(left);
            // SAFETY: there is room for the lanes; rows of B are this thread's own, and written after they were copied.
            unsafe {
                if lanes_adjacent {
                    self.rows_of_lanes(scratch, &columns, lanes, step);
                } else {
                    self.rows_of_columns(scratch, &columns, lanes, width);
                }
            }
            lane += step;
        }
    }

    /// Lanes are adjacent: they are the rows of the tiles, `height` with those that are missing.
    ///
    /// # Safety
    /// The diagonal block is packed in `scratch`, in panels of NR columns; nobody else uses the lanes.
    unsafe fn rows_of_lanes(
        &self,
        scratch: &Scratch<T>,
        columns: &MatMut<T>,
        lanes: Range<usize>,
        height: usize,
    ) {
        let KernelSet { level, pack, mr, nr, tile, .. } = *self.kernels;
        let order = columns.cols();
        let packer = Packer { level, pack, width: height };
        // SAFETY: there is room for a panel of `order` columns.
        unsafe { Operand::Dense(columns.as_ref()).pack(packer, lanes.clone(), 0..order, scratch.lanes) };
        for col in (0..order).step_by(nr) {
            let cols = col..(col + nr).min(order);
            let depth = self.reach(&cols, order);
            // SAFETY: panels packed for these lanes and columns.
            unsafe {
                let kernel = if height == mr { tile } else { self.kernels.direct(lanes.len(), cols.len()) };
                kernel(&Tile {
                    k: depth.len(),
                    a: scratch.lanes.wrapping_add(depth.start * height),
                    a_k: height as isize,
                    b: scratch.diagonal_panel(col, order).wrapping_add(depth.start * nr),
                    b_k: nr as isize,
                    b_j: 1,
                    next: scratch.diagonal_panel(col + nr, order).wrapping_add(depth.start * nr),
                    next_step: nr as isize,
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
                    next: scratch.lanes,
                    next_step: 1,
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
