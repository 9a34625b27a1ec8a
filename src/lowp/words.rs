//! Products of 16-bit integers: as `f64`, in which their sums are exact.

use super::finish::{self, Finish};
use super::integer::{Integer, Rounding, Wrapped};
use super::operand::{Kind, Operand, doubles};
use super::reals::gemm;
use super::task::{OutOfMemory, Task, done};
use crate::engine::operand::Operand as Elements;
use crate::kernel::kernels;
use crate::view::MatMut;

/// Terms up to which sums of products of 17-bit numbers are exact in an `f64`.
const EXACT_TERMS: usize = 1 << 20;

/// `C <- alpha (A + zero_a) (B + zero_b) + beta C + offset` as [`super::bytes()`], for 16-bit integers.
pub fn words(
    a: &Operand,
    zero_a: i16,
    b: &Operand,
    zero_b: i16,
    how: &Integer,
    c: MatMut<i32>,
) -> Result<(), OutOfMemory> {
    if c.rows() == 0 || c.cols() == 0 {
        return Ok(());
    }
    let task = Task::new(a, b, &c, kernels::<f64>().mr);
    let rounding = Rounding::new(how, task.out, task.swapped);
    if task.a.k == 0 || how.alpha == 0.0 {
        task.without_terms(&rounding, 0);
        return Ok(());
    }
    let (x, y) = if task.swapped { (zero_b, zero_a) } else { (zero_a, zero_b) };
    // What is packed can't be packed anew with an offset: the sums of the other operand make up for it.
    let in_place = |operand: &Operand, zero: i16| if operand.role().is_some() { 0 } else { zero };
    let (x_done, y_done) = (in_place(&task.a, x), in_place(&task.b, y));
    let (rows, cols) = (doubles(&task.a, x_done.into()), doubles(&task.b, y_done.into()));
    let (m, n, k) = (task.a.count, task.b.count, task.a.k);
    let (x, y) = (i64::from(x - x_done), i64::from(y - y_done));
    let total =
        |side: &Elements<f64>, i: usize| (0..k).map(|p| side.get(i, p) as i64).fold(0, i64::wrapping_add);
    let terms = |side: &Elements<f64>, count: usize, factor: i64, constant: i64| -> Vec<i64> {
        if factor == 0 {
            return Vec::new();
        }
        (0..count).map(|i| total(side, i).wrapping_mul(factor).wrapping_add(constant)).collect()
    };
    let row_terms = terms(&rows, m, y, 0);
    let col_terms = terms(&cols, n, x, (k as i64).wrapping_mul(x).wrapping_mul(y));
    let finish = Wrapped { rounding, row_terms, col_terms };
    if k > EXACT_TERMS {
        long_words(&rows, &cols, m, n, k, &finish);
        return Ok(());
    }
    done(finish::multiply(&gemm(1.0, rows, cols, m, n, k), task.depth(Kind::S16), &finish))
}

/// Sums too long for [`EXACT_TERMS`], one by one.
fn long_words(rows: &Elements<f64>, cols: &Elements<f64>, m: usize, n: usize, k: usize, finish: &Wrapped) {
    for j in 0..n {
        for i in 0..m {
            let term = |p: usize| rows.get(i, p) as i64 * cols.get(j, p) as i64;
            let sum = (0..k).map(term).fold(0, i64::wrapping_add);
            // An `f64` has room for what counts of it.
            let sum = f64::from(sum as i32);
            // SAFETY: one sum, one element of C.
            unsafe { finish.finish(i..i + 1, j..j + 1, &sum, 1) };
        }
    }
}
