//! Products of vectors with a fixed number.
//!
//! With a complex number c they are, for each pair of lanes (re, im),
//!
//! ```text
//! c x       = (re, im) * (c_re, c_re)  +  (im, re) * (-c_im, c_im)
//! c conj(x) = (re, im) * (c_re, -c_re) +  (im, re) * (c_im, c_im)
//! ```
//!
//! two multiplications and one exchange of neighbours. Real types use the first term alone.

use super::{Isa, Vec, Vector};
use crate::scalar::Scalar;

/// A fixed number c, ready to multiply vectors: `c x`, or `c conj(x)`.
pub struct Factor<S: Isa, T: Scalar> {
    straight: Vec<S, T::Real>,
    crossed: Vec<S, T::Real>,
}

impl<S: Isa, T: Scalar> Clone for Factor<S, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Isa, T: Scalar> Copy for Factor<S, T> {}

impl<S: Isa, T: Scalar> Factor<S, T> {
    /// Multiplies by `c`, conjugating the vectors first if `conj`.
    #[inline(always)]
    pub fn new(isa: S, c: T, conj: bool) -> Self {
        let (re, im) = (c.re(), c.im());
        if !T::IS_COMPLEX {
            let straight = <Vec<S, T::Real>>::splat(isa, re);
            Factor { straight, crossed: straight }
        } else if conj {
            Factor {
                straight: <Vec<S, T::Real>>::pairs(isa, re, -re),
                crossed: <Vec<S, T::Real>>::splat(isa, im),
            }
        } else {
            Factor {
                straight: <Vec<S, T::Real>>::splat(isa, re),
                crossed: <Vec<S, T::Real>>::pairs(isa, -im, im),
            }
        }
    }

    /// `c x`.
    #[inline(always)]
    pub fn times(self, x: Vec<S, T::Real>) -> Vec<S, T::Real> {
        if T::IS_COMPLEX {
            self.straight.mul_add(x, self.crossed * x.swap_pairs())
        } else {
            self.straight * x
        }
    }

    /// `c x + y`.
    #[inline(always)]
    pub fn times_plus(self, x: Vec<S, T::Real>, y: Vec<S, T::Real>) -> Vec<S, T::Real> {
        let sum = self.straight.mul_add(x, y);
        if T::IS_COMPLEX { self.crossed.mul_add(x.swap_pairs(), sum) } else { sum }
    }
}
