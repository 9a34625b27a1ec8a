//! Copies and sums of matrices.

use crate::scalar::Scalar;
use crate::view::{MatMut, MatRef};

/// `B <- alpha A`, A as the view says (transposed, conjugated); A and B do not overlap.
pub fn omatcopy<T: Scalar>(_alpha: T, _a: MatRef<T>, _b: MatMut<T>) {
    unimplemented!()
}

/// `C <- alpha A + beta C`.
pub fn geadd<T: Scalar>(_alpha: T, _a: MatRef<T>, _beta: T, _c: MatMut<T>) {
    unimplemented!()
}
