//! Every operation, type and flag against plain loops, at sizes that straddle the tiles and blocks.

use super::*;
use crate::scalar::{Real, Scalar, c32, c64};
use crate::testing::{on_every_level, on_threads};
use crate::view::*;

/// A matrix in its own memory: column-major or row-major with a padded leading dimension. Padding is NaN.
#[derive(Clone)]
struct Matrix<T> {
    data: Vec<T>,
    rows: usize,
    cols: usize,
    row_major: bool,
}

impl<T: Scalar> Matrix<T> {
    fn new(rows: usize, cols: usize, row_major: bool, mut element: impl FnMut(usize, usize) -> T) -> Self {
        let (lines, length) = if row_major { (rows, cols) } else { (cols, rows) };
        let mut data = vec![nan(); lines * (length + 3)];
        for line in 0..lines {
            for at in 0..length {
                let (i, j) = if row_major { (line, at) } else { (at, line) };
                data[line * (length + 3) + at] = element(i, j);
            }
        }
        Matrix { data, rows, cols, row_major }
    }

    fn strides(&self) -> (isize, isize) {
        if self.row_major { (self.cols as isize + 3, 1) } else { (1, self.rows as isize + 3) }
    }

    fn view(&self) -> MatRef<'_, T> {
        let (row, col) = self.strides();
        // SAFETY: `new` made the memory to these strides.
        unsafe { MatRef::new(self.data.as_ptr(), self.rows, self.cols, row, col) }
    }

    fn view_mut(&mut self) -> MatMut<'_, T> {
        let (row, col) = self.strides();
        // SAFETY: `new` made the memory to these strides.
        unsafe { MatMut::new(self.data.as_mut_ptr(), self.rows, self.cols, row, col) }
    }
}

fn nan<T: Scalar>() -> T {
    T::from_parts(T::Real::NAN, T::Real::NAN)
}

/// Numbers of magnitude one, different at each place and call.
struct Numbers(u64);

impl Numbers {
    fn real<R: Real>(&mut self) -> R {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        R::from_f64((self.0 >> 40) as f64 / (1u64 << 23) as f64 - 1.0)
    }

    fn next<T: Scalar>(&mut self) -> T {
        let re = self.real();
        T::from_parts(re, self.real())
    }

    fn matrix<T: Scalar>(&mut self, rows: usize, cols: usize, row_major: bool) -> Matrix<T> {
        Matrix::new(rows, cols, row_major, |_, _| self.next())
    }

    /// A square matrix of which one triangle may be read; the rest is NaN.
    fn triangle<T: Scalar>(&mut self, n: usize, uplo: Uplo, row_major: bool) -> Matrix<T> {
        Matrix::new(n, n, row_major, |i, j| if in_triangle(uplo, i, j) { self.next() } else { nan() })
    }
}

fn in_triangle(uplo: Uplo, i: usize, j: usize) -> bool {
    match uplo {
        Uplo::Upper => i <= j,
        Uplo::Lower => i >= j,
    }
}

/// Compares `got` with `want(i, j)`, `None` for an element that must be what it was; padding stays NaN.
fn check<T: Scalar>(
    got: &Matrix<T>,
    before: &Matrix<T>,
    terms: usize,
    what: &str,
    want: impl Fn(usize, usize) -> Option<T>,
) {
    let bound = T::Real::EPSILON.to_f64() * 8.0 * (terms + 2) as f64;
    for i in 0..got.rows {
        for j in 0..got.cols {
            let (x, old) = (got.view().get(i, j), before.view().get(i, j));
            match want(i, j) {
                Some(y) => {
                    let error = (x - y).abs1().to_f64();
                    assert!(
                        error <= bound * (1.0 + y.abs1().to_f64()),
                        "{what} ({i}, {j}): {x:?}, not {y:?}"
                    );
                }
                None => {
                    assert!(x == old || (x.re().is_nan() && old.re().is_nan()), "{what} ({i}, {j}) written")
                }
            }
        }
    }
    let padding = |m: &Matrix<T>| m.data.iter().filter(|x| x.re().is_nan()).count();
    assert!(padding(got) <= padding(before), "{what}: NaN leaked");
}

fn product<T: Scalar>(a: MatRef<T>, b: MatRef<T>, i: usize, j: usize) -> T {
    (0..a.cols()).fold(T::ZERO, |sum, p| sum + a.get(i, p) * b.get(p, j))
}

fn add<T: Scalar>(alpha: T, product: T, beta: T, old: T) -> T {
    if beta == T::ZERO { alpha * product } else { alpha * product + beta * old }
}

const FACTORS: [(f64, f64); 3] = [(1.0, 0.0), (-0.5, 1.0), (0.75, -2.0)];
const TRANS: [Trans; 4] = [Trans::No, Trans::Yes, Trans::Conj, Trans::ConjNo];
const UPLO: [Uplo; 2] = [Uplo::Upper, Uplo::Lower];
const SYMMETRY: [Symmetry; 2] = [Symmetry::Symmetric, Symmetry::Hermitian];

fn factor<T: Scalar>(x: f64) -> T {
    T::from_parts(T::Real::from_f64(x), T::Real::from_f64(if x == 0.0 || x == 1.0 { 0.0 } else { 0.25 }))
}

/// `op`'s argument, whose `op` is rows x cols.
fn before_op<T: Scalar>(
    numbers: &mut Numbers,
    trans: Trans,
    rows: usize,
    cols: usize,
    row_major: bool,
) -> Matrix<T> {
    if trans.transposes() {
        numbers.matrix(cols, rows, row_major)
    } else {
        numbers.matrix(rows, cols, row_major)
    }
}

/// Sizes of general products: fractions of tiles, whole ones and more, with packing and without.
const SIZES: [(usize, usize, usize); 15] = [
    (1, 1, 1),
    (2, 3, 4),
    (5, 1, 7),
    (1, 6, 3),
    // One tile twice as wide as others; two transposed operands turn C, whatever beta is.
    (9, 13, 31),
    (16, 16, 16),
    (24, 8, 5),
    (47, 9, 20),
    (49, 7, 33),
    (96, 17, 3),
    (13, 50, 64),
    (100, 65, 401),
    (64, 64, 64),
    (3, 200, 40),
    (200, 3, 40),
];
/// Products with a short side whose other operand is larger than a quarter of L2.
const SKINNY: [(usize, usize, usize); 10] = [
    (401, 1, 213),
    (1, 401, 213),
    (401, 2, 213),
    (401, 5, 213),
    (401, 19, 213),
    (401, 32, 213),
    (7, 401, 213),
    (17, 401, 213),
    // Panels of two heights; several blocks of depth of the larger types.
    (70, 401, 213),
    (90, 120, 600),
];

fn gemms<T: Scalar>(sizes: &[(usize, usize, usize)]) {
    let mut numbers = Numbers(1);
    for &(m, n, k) in sizes {
        for (at, (alpha, beta)) in FACTORS.into_iter().enumerate() {
            for ta in TRANS {
                for tb in TRANS {
                    let (alpha, beta) = (factor::<T>(alpha), factor::<T>(beta));
                    for row_major in [false, true] {
                        if m * n * k > 100_000 && (at != 2 || row_major != ta.transposes()) {
                            continue;
                        }
                        let a = before_op::<T>(&mut numbers, ta, m, k, row_major);
                        let b = before_op::<T>(&mut numbers, tb, k, n, row_major);
                        let before = if beta == T::ZERO {
                            Matrix::new(m, n, row_major, |_, _| nan())
                        } else {
                            numbers.matrix(m, n, row_major)
                        };
                        let mut c = before.clone();
                        let (a, b) = (a.view().op(ta), b.view().op(tb));
                        gemm(alpha, a, b, beta, c.view_mut());
                        let what = format!("{}gemm {ta:?} {tb:?} {m} {n} {k}", T::LETTER);
                        check(&c, &before, k, &what, |i, j| {
                            Some(add(alpha, product(a, b, i, j), beta, before.view().get(i, j)))
                        });
                        if m == n {
                            for uplo in UPLO {
                                let mut c = before.clone();
                                gemmt(uplo, alpha, a, b, beta, c.view_mut());
                                check(&c, &before, k, &format!("{what} {uplo:?}"), |i, j| {
                                    let new = add(alpha, product(a, b, i, j), beta, before.view().get(i, j));
                                    in_triangle(uplo, i, j).then_some(new)
                                });
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The whole of a symmetric or Hermitian matrix of which a triangle is stored.
fn mirrored<T: Scalar>(a: &Matrix<T>, uplo: Uplo, symmetry: Symmetry) -> Matrix<T> {
    Matrix::new(a.rows, a.rows, false, |i, j| {
        let hermitian = symmetry == Symmetry::Hermitian;
        let x =
            if in_triangle(uplo, i, j) { a.view().get(i, j) } else { a.view().get(j, i).conj_if(hermitian) };
        if i == j && hermitian { T::from_real(x.re()) } else { x }
    })
}

fn symms<T: Scalar>() {
    let mut numbers = Numbers(2);
    for (m, n) in [(1, 1), (3, 5), (16, 16), (50, 20), (20, 50), (97, 66), (130, 7), (401, 5), (5, 401)] {
        for (uplo, symmetry) in UPLO.into_iter().flat_map(|u| SYMMETRY.map(|s| (u, s))) {
            for side in [Side::Left, Side::Right] {
                for (alpha, beta) in FACTORS {
                    for row_major in [false, true] {
                        let (alpha, beta) = (factor::<T>(alpha), factor::<T>(beta));
                        let order = if side == Side::Left { m } else { n };
                        let a = numbers.triangle::<T>(order, uplo, row_major);
                        let b = numbers.matrix::<T>(m, n, row_major);
                        let before = numbers.matrix::<T>(m, n, row_major);
                        let mut c = before.clone();
                        symm(
                            side,
                            alpha,
                            SymRef { mat: a.view(), uplo, symmetry },
                            b.view(),
                            beta,
                            c.view_mut(),
                        );
                        let whole = mirrored(&a, uplo, symmetry);
                        let (x, y) = match side {
                            Side::Left => (whole.view(), b.view()),
                            Side::Right => (b.view(), whole.view()),
                        };
                        let what = format!("{}symm {side:?} {uplo:?} {symmetry:?} {m} {n}", T::LETTER);
                        check(&c, &before, order, &what, |i, j| {
                            Some(add(alpha, product(x, y, i, j), beta, before.view().get(i, j)))
                        });
                    }
                }
            }
        }
    }
}

fn rank_updates<T: Scalar>() {
    let mut numbers = Numbers(3);
    for (n, k) in [(1, 1), (3, 5), (16, 16), (50, 20), (49, 50), (97, 66), (130, 7)] {
        for (uplo, symmetry) in UPLO.into_iter().flat_map(|u| SYMMETRY.map(|s| (u, s))) {
            for trans in TRANS {
                for (alpha, beta) in FACTORS {
                    for row_major in [false, true] {
                        let hermitian = symmetry == Symmetry::Hermitian;
                        let real = |x: T| if hermitian { T::from_real(x.re()) } else { x };
                        let (full_alpha, beta) = (factor::<T>(alpha), real(factor::<T>(beta)));
                        let alpha = real(full_alpha);
                        let a = before_op::<T>(&mut numbers, trans, n, k, row_major);
                        let b = before_op::<T>(&mut numbers, trans, n, k, row_major);
                        let (a, b) = (a.view().op(trans), b.view().op(trans));
                        let other = |x: MatRef<'_, T>| {
                            let t = x.t();
                            // SAFETY: the same memory as `x`.
                            let t = unsafe {
                                MatRef::new(t.as_ptr(), t.rows(), t.cols(), t.row_stride(), t.col_stride())
                            };
                            if x.is_conj() != hermitian { t.conj() } else { t }
                        };
                        let mut before = numbers.triangle::<T>(n, uplo, row_major);
                        if hermitian {
                            // The imaginary parts of the diagonal count as zero.
                            for i in 0..n {
                                let re = before.view().get(i, i).re();
                                before.view_mut().set(i, i, T::from_parts(re, nan::<T>().re()));
                            }
                        }
                        let old = |i: usize, j: usize| {
                            let x = before.view().get(i, j);
                            if i == j { real(x) } else { x }
                        };
                        let what = format!("{}syrk {uplo:?} {symmetry:?} {trans:?} {n} {k}", T::LETTER);
                        let mut c = before.clone();
                        syrk(uplo, symmetry, alpha, a, beta, c.view_mut());
                        check(&c, &before, k, &what, |i, j| {
                            let new = add(alpha, product(a, other(a), i, j), beta, old(i, j));
                            in_triangle(uplo, i, j).then_some(new)
                        });
                        let mut c = before.clone();
                        syr2k(uplo, symmetry, full_alpha, a, b, beta, c.view_mut());
                        check(&c, &before, 2 * k, &format!("2k {what}"), |i, j| {
                            let second = full_alpha.conj_if(hermitian) * product(b, other(a), i, j);
                            let new = add(full_alpha, product(a, other(b), i, j), beta, old(i, j)) + second;
                            in_triangle(uplo, i, j).then_some(new)
                        });
                    }
                }
            }
        }
    }
}

const TRIANGLES: [(usize, usize); 8] =
    [(1, 1), (3, 5), (8, 16), (50, 20), (20, 50), (97, 66), (9, 300), (300, 9)];

fn triangulars<T: Scalar>(sizes: &[(usize, usize)]) {
    let mut numbers = Numbers(4);
    for &(m, n) in sizes {
        for uplo in UPLO {
            for (side, diag) in
                [Side::Left, Side::Right].into_iter().flat_map(|s| [(s, Diag::Unit), (s, Diag::NonUnit)])
            {
                for trans in TRANS {
                    for row_major in [false, true] {
                        let alpha = factor::<T>(0.75);
                        let order = if side == Side::Left { m } else { n };
                        let small = T::Real::from_f64(1.0 / order as f64);
                        let a = Matrix::<T>::new(order, order, row_major, |i, j| {
                            if i == j && diag == Diag::NonUnit {
                                T::from_real(T::Real::from_f64(1.5)) + numbers.next::<T>().scale(small)
                            } else if i != j && in_triangle(uplo, i, j) {
                                numbers.next::<T>().scale(small)
                            } else {
                                nan()
                            }
                        });
                        let whole = Matrix::<T>::new(order, order, false, |i, j| {
                            if i == j && diag == Diag::Unit {
                                T::ONE
                            } else if in_triangle(uplo, i, j) {
                                a.view().get(i, j)
                            } else {
                                T::ZERO
                            }
                        });
                        let tri = TriRef { mat: a.view(), uplo, diag }.op(trans);
                        let whole = whole.view().op(trans);
                        let before = numbers.matrix::<T>(m, n, row_major);
                        let what =
                            format!("{} {side:?} {uplo:?} {trans:?} {diag:?} {m} {n} {row_major}", T::LETTER);
                        let times = |x: MatRef<'_, T>, i: usize, j: usize| match side {
                            Side::Left => (0..order).fold(T::ZERO, |s, p| s + whole.get(i, p) * x.get(p, j)),
                            Side::Right => (0..order).fold(T::ZERO, |s, p| s + x.get(i, p) * whole.get(p, j)),
                        };
                        let mut b = before.clone();
                        trmm(side, alpha, tri, b.view_mut());
                        check(&b, &before, order, &format!("trmm {what}"), |i, j| {
                            Some(alpha * times(before.view(), i, j))
                        });
                        let mut x = before.clone();
                        trsm(side, alpha, tri, x.view_mut());
                        // A X = alpha B: multiplied back.
                        let back = Matrix::new(m, n, row_major, |i, j| times(x.view(), i, j));
                        check(&back, &before, order, &format!("trsm {what}"), |i, j| {
                            Some(alpha * before.view().get(i, j))
                        });
                    }
                }
            }
        }
    }
}

#[test]
fn general_products() {
    gemms::<f32>(&SIZES);
    gemms::<f64>(&SIZES);
    gemms::<c32>(&SIZES);
    gemms::<c64>(&SIZES);
}

#[test]
fn skinny_products_on_every_isa() {
    on_every_level(|_| {
        gemms::<f32>(&SKINNY);
        gemms::<f64>(&SKINNY);
        gemms::<c32>(&SKINNY);
        gemms::<c64>(&SKINNY);
    });
}

/// Diagonals whose inverses are zero, infinite or inexact are divided by.
#[test]
fn solves_with_extreme_diagonals() {
    fn extremes<T: Scalar>() {
        let least = T::Real::MIN_POSITIVE;
        let order = 9;
        for size in [least.scale(T::Real::from_f64(0.125)), least, T::Real::MAX] {
            let a = Matrix::<T>::new(order, order, false, |i, j| {
                if i == j { T::from_parts(size, T::Real::ZERO) } else { T::ZERO }
            });
            for uplo in UPLO {
                let before = Matrix::<T>::new(order, 50, false, |i, j| {
                    T::from_real(size).scale(T::Real::from_f64(0.5 / (1 + i + j) as f64))
                });
                let mut x = before.clone();
                let tri = TriRef { mat: a.view(), uplo, diag: Diag::NonUnit };
                trsm(Side::Left, T::ONE, tri, x.view_mut());
                let what = format!("{} diagonal {size:?}", T::LETTER);
                check(&x, &before, 1, &what, |i, j| Some(before.view().get(i, j).divide(T::from_real(size))));
            }
        }
    }
    on_every_level(|_| {
        extremes::<f32>();
        extremes::<f64>();
        extremes::<c32>();
        extremes::<c64>();
    });
}

#[test]
fn symmetric_products() {
    on_every_level(|_| {
        symms::<f32>();
        symms::<f64>();
        symms::<c32>();
        symms::<c64>();
    });
}

#[test]
fn symmetric_updates() {
    on_every_level(|_| {
        rank_updates::<f32>();
        rank_updates::<f64>();
        rank_updates::<c32>();
        rank_updates::<c64>();
    });
}

/// Orders of more than one diagonal block, the rests of T beside them so large that they are packed.
#[test]
fn large_triangles() {
    on_every_level(|_| {
        triangulars::<f32>(&[(740, 3), (3, 740)]);
        triangulars::<f64>(&[(530, 3), (3, 530)]);
        triangulars::<c32>(&[(530, 3), (3, 530)]);
        triangulars::<c64>(&[(500, 3), (3, 500)]);
    });
}

#[test]
fn triangular_products_and_solves() {
    on_every_level(|_| {
        triangulars::<f32>(&TRIANGLES);
        triangulars::<f64>(&TRIANGLES);
        triangulars::<c32>(&TRIANGLES);
        triangulars::<c64>(&TRIANGLES);
    });
}

/// A batch gives the bits that its products give one by one, on every number of threads.
fn batches<T: Scalar>() {
    let mut numbers = Numbers(9);
    let sizes = |i: usize| (1 + i % 17, 1 + 5 * i % 13, 1 + 3 * i % 19);
    let count = 300;
    let operands: Vec<_> = (0..count)
        .map(|i| {
            let (m, n, k) = sizes(i);
            (
                numbers.matrix::<T>(m, k, i % 2 == 0),
                numbers.matrix::<T>(k, n, i % 3 == 0),
                numbers.matrix::<T>(m, n, i % 5 == 0),
            )
        })
        .collect();
    let (alpha, beta) = (factor::<T>(0.75), factor::<T>(-2.0));
    let mut want: Vec<_> = operands.iter().map(|(_, _, c)| c.clone()).collect();
    for ((a, b, _), c) in operands.iter().zip(&mut want) {
        gemm(alpha, a.view(), b.view(), beta, c.view_mut());
    }
    for threads in [1, 2, 3] {
        let mut results: Vec<_> = operands.iter().map(|(_, _, c)| c.clone()).collect();
        let places: Vec<_> =
            results.iter_mut().map(|c| (c.data.as_mut_ptr() as usize, c.strides())).collect();
        on_threads(threads, || {
            batch(count, |i| {
                let ((m, n, _), (place, (row, col))) = (sizes(i), places[i]);
                let (a, b) = (operands[i].0.view(), operands[i].1.view());
                // SAFETY: the memory of result i, which lives and which nobody else uses.
                let c = unsafe { MatMut::new(place as *mut T, m, n, row, col) };
                Product { alpha, a, b, beta, c }
            });
        });
        for (i, (got, want)) in results.iter().zip(&want).enumerate() {
            for row in 0..got.rows {
                for col in 0..got.cols {
                    assert!(
                        got.view().get(row, col) == want.view().get(row, col),
                        "{threads} threads, product {i}"
                    );
                }
            }
        }
    }
}

#[test]
fn skinny_products_on_threads() {
    on_threads(3, || {
        gemms::<f32>(&SKINNY);
        gemms::<c64>(&SKINNY);
    });
}

#[test]
fn batches_on_threads() {
    batches::<f32>();
    batches::<f64>();
    batches::<c32>();
    batches::<c64>();
}
