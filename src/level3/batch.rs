//! Many products in one call.

use super::gemm;
use crate::scalar::Scalar;
use crate::view::{MatMut, MatRef};

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
pub fn batch<'a, T: Scalar>(count: usize, product: impl Fn(usize) -> Product<'a, T> + Sync) {
    for i in 0..count {
        let Product { alpha, a, b, beta, c } = product(i);
        gemm(alpha, a, b, beta, c);
    }
}
