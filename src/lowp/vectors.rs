//! Vectors of bf16: conversions, dot products, products with a matrix. Sums are formed in `f32`, several at a time,
//! so their error is at most `(n + 2) 2^-23` times the sum of the absolute values of the terms.

use super::epilogue::Element;
use crate::engine::passes;
use crate::kernel::convert::Stored;
use crate::simd::dot::terms::nearest;
use crate::simd::{Dispatch, Isa, dispatch};
use crate::view::{MatRef, VecMut, VecRef};
use half::bf16;

/// Numbers that are converted to another type, to the nearest, the even one of two as near.
pub trait ConvertTo<T>: Copy {
    /// The nearest number.
    fn convert(self) -> T;
}

impl ConvertTo<bf16> for f32 {
    #[inline(always)]
    fn convert(self) -> bf16 {
        nearest(self)
    }
}

impl ConvertTo<bf16> for f64 {
    /// Rounded once: a number between two `f32` goes to the one whose last bit is 1, so that what is not half way
    /// between two bf16 does not look as if it were.
    #[inline(always)]
    fn convert(self) -> bf16 {
        let near = self as f32;
        let back = f64::from(near);
        let bits = near.to_bits();
        let odd = if back == self || bits & 1 == 1 || near.is_nan() || near.is_infinite() {
            bits
        } else if back.abs() > self.abs() {
            bits - 1
        } else {
            bits + 1
        };
        f32::from_bits(odd).convert()
    }
}

impl ConvertTo<f32> for bf16 {
    #[inline(always)]
    fn convert(self) -> f32 {
        self.widen(0.0)
    }
}

impl ConvertTo<f64> for bf16 {
    #[inline(always)]
    fn convert(self) -> f64 {
        self.widen(0.0).into()
    }
}

/// `y <- x`, in the other's type.
pub fn convert<X: ConvertTo<Y>, Y: Copy>(x: VecRef<X>, y: VecMut<Y>) {
    struct Convert<'a, X, Y>(VecRef<'a, X>, VecMut<'a, Y>);
    impl<X: ConvertTo<Y>, Y: Copy> Dispatch for Convert<'_, X, Y> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, _: S) {
            let Convert(x, mut y) = self;
            if x.stride() == 1 && y.stride() == 1 {
                for i in 0..x.len() {
                    // SAFETY: element i of both, which have as many.
                    unsafe { *y.as_mut_ptr().add(i) = (*x.as_ptr().add(i)).convert() };
                }
            } else {
                for i in 0..x.len() {
                    y.set(i, x.get(i).convert());
                }
            }
        }
    }
    assert_eq!(x.len(), y.len());
    dispatch(Convert(x, y));
}

/// `x . y`.
pub fn dot(x: VecRef<bf16>, y: VecRef<bf16>) -> f32 {
    struct Dot<'a>(VecRef<'a, bf16>, VecRef<'a, bf16>);
    impl Dispatch for Dot<'_> {
        type Output = f32;
        #[inline(always)]
        fn run<S: Isa>(self, _: S) -> f32 {
            sum_of_products(&self.0, &self.1)
        }
    }
    assert_eq!(x.len(), y.len());
    dispatch(Dot(x, y))
}

/// Sums that are formed at a time.
const SUMS: usize = 64;

#[inline(always)]
fn sum_of_products(x: &VecRef<bf16>, y: &VecRef<bf16>) -> f32 {
    let n = x.len();
    let mut sums = [0f32; SUMS];
    let whole = if x.stride() == 1 && y.stride() == 1 { n - n % SUMS } else { 0 };
    for first in (0..whole).step_by(SUMS) {
        for (i, sum) in sums.iter_mut().enumerate() {
            // SAFETY: element `first + i` of both, which have as many.
            let (x, y) = unsafe { (*x.as_ptr().add(first + i), *y.as_ptr().add(first + i)) };
            *sum += x.widen(0.0) * y.widen(0.0);
        }
    }
    for i in whole..n {
        sums[i % SUMS] += x.get(i).widen(0.0) * y.get(i).widen(0.0);
    }
    let mut half = SUMS / 2;
    while half > 0 {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
        half /= 2;
    }
    sums[0]
}

/// `y <- alpha A x + beta y`, A m x n as the view says, y of `f32` or bf16, rounded at the end.
pub fn gemv<Y: Element>(alpha: f32, a: MatRef<bf16>, x: VecRef<bf16>, beta: f32, y: VecMut<Y>) {
    struct Gemv<'a, Y> {
        alpha: f32,
        a: MatRef<'a, bf16>,
        x: VecRef<'a, bf16>,
        beta: f32,
        y: VecMut<'a, Y>,
    }
    impl<Y: Element> Dispatch for Gemv<'_, Y> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, _: S) {
            let Gemv { alpha, a, x, beta, mut y } = self;
            let mut put = |i: usize, sum: f32| {
                let old = if beta == 0.0 { 0.0 } else { beta * y.get(i).to() };
                y.set(i, Y::of(if alpha == 0.0 { old } else { alpha * sum + old }));
            };
            if alpha == 0.0 || a.col_stride() == 1 && a.row_stride() != 1 {
                for i in 0..a.rows() {
                    put(i, if alpha == 0.0 { 0.0 } else { sum_of_products(&a.row(i), &x) });
                }
                return;
            }
            for first in (0..a.rows()).step_by(SUMS) {
                let rows = SUMS.min(a.rows() - first);
                let mut sums = [0f32; SUMS];
                for j in 0..a.cols() {
                    let factor = x.get(j).widen(0.0);
                    let column = a.at(first, j);
                    if rows == SUMS && a.row_stride() == 1 {
                        for (i, sum) in sums.iter_mut().enumerate() {
                            // SAFETY: element (first + i, j) of A.
                            *sum += unsafe { *column.add(i) }.widen(0.0) * factor;
                        }
                    } else {
                        for (i, sum) in sums.iter_mut().enumerate().take(rows) {
                            // SAFETY: as above.
                            let element = unsafe { *column.offset(i as isize * a.row_stride()) };
                            *sum += element.widen(0.0) * factor;
                        }
                    }
                }
                for (i, &sum) in sums.iter().enumerate().take(rows) {
                    put(first + i, sum);
                }
            }
        }
    }
    assert!(a.rows() == y.len() && a.cols() == x.len());
    passes::split(size_of::<bf16>() * a.rows() * a.cols(), a.rows(), SUMS, |rows| {
        let first = y.as_mut_ptr().wrapping_offset(rows.start as isize * y.stride());
        // SAFETY: elements of y, which are this thread's.
        let y = unsafe { VecMut::new(first, rows.len(), y.stride()) };
        dispatch(Gemv { alpha, a: a.block(rows, 0..a.cols()), x, beta, y });
    });
}
