//! Many products in one call.

use super::gemm;
use crate::engine::gemm::rate;
use crate::engine::plan;
use crate::kernel::kernels;
use crate::platform::pool;
use crate::scalar::Scalar;
use crate::view::{MatMut, MatRef};

/// Nanoseconds that a product takes beside its multiply-adds.
const CALL: f64 = 20.0;
/// Pieces for each thread, so that none waits long for another at the end.
const PIECES: usize = 8;

/// `C <- alpha A B + beta C`, one of a batch.
#[derive(Debug)]
pub struct Product<'a, T> {
    /// Factor of the product.
    pub alpha: T,
    /// m x k.
    pub a: MatRef<'a, T>,
    /// k x n.
    pub b: MatRef<'a, T>,
    /// Factor of C.
    pub beta: T,
    /// m x n.
    pub c: MatMut<'a, T>,
}

/// Computes products 0 to `count - 1`, which `product` describes. No C may overlap an operand of another product:
/// their order is not promised.
///
/// Threads take products in turn, unless each is large enough for all of them.
pub fn batch<'a, T: Scalar>(count: usize, product: impl Fn(usize) -> Product<'a, T> + Sync) {
    let one = |i: usize| {
        let Product { alpha, a, b, beta, c } = product(i);
        gemm(alpha, a, b, beta, c);
    };
    let rate = rate::<T>(kernels::<T>().level);
    let cost = |i: usize| {
        let Product { a, c, .. } = product(i);
        c.rows() as f64 * c.cols() as f64 * a.cols() as f64 / rate + CALL
    };
    let threads = plan::share_threads(count, cost);
    if threads == 1 {
        return (0..count).for_each(one);
    }
    let team = pool::take(threads);
    // Several pieces for each thread, of adjacent products, which share cache lines.
    let pieces = (team.size() * PIECES).min(count);
    team.share(pieces, |piece| (count * piece / pieces..count * (piece + 1) / pieces).for_each(one));
}
