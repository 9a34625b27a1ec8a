//! Every kernel of the table, on every ISA under test, against plain loops.

use super::panel::Unpanel;
use super::*;
use crate::scalar::{Real, c32, c64};
use crate::testing::nan;
use crate::view::Uplo;

fn number<T: Scalar>(i: usize) -> T {
    let part = |i: usize| T::Real::from_f64(((i * 7919 + 13) % 64) as f64 / 8.0 - 4.0);
    T::from_parts(part(i), part(i + 31))
}

fn close<T: Scalar>(got: T, want: T, k: usize, what: core::fmt::Arguments) {
    let bound = T::Real::EPSILON * T::Real::from_f64(64.0 * (k + 1) as f64);
    assert!((got - want).abs1() <= bound, "{what}: {got:?} instead of {want:?}");
}

fn every_set<T: Scalar>(test: impl Fn(&KernelSet<T>)) {
    let sets: std::vec::Vec<_> = crate::testing::levels().filter_map(kernels_on::<T>).collect();
    assert!(!sets.is_empty());
    sets.into_iter().for_each(test);
}

/// Packed tiles, and direct tiles of the same panels seen as matrices with other strides.
fn tiles<T: Scalar>() {
    every_set::<T>(|set| {
        for k in [0, 1, 2, 5, 33] {
            for m in 1..=set.mr {
                for n in 1..=set.across(m) {
                    let (sparse, dense) = ((m + 3, k + 2, 1), (m, 1, n));
                    if n <= set.nr {
                        check_tile(set, k, m, n, (set.mr, set.nr, 1), set.tile);
                    }
                    check_tile(set, k, m, n, (sparse.0, 1, sparse.1), set.direct(m, n));
                    check_tile(set, k, m, n, (dense.0, dense.2, dense.1), set.direct(m, n));
                }
            }
        }
    });
}

/// Streamed tiles of every height, with columns apart.
fn streamed<T: Scalar>() {
    every_set::<T>(|set| {
        for k in [0, 1, 2, 5, 33, 70] {
            for m in 1..=set.mr {
                let height = m.next_multiple_of(set.vector);
                let Streamed { across, tile } = *set.streamed(height);
                check_tile(set, k, m, across, (height, 1, k + 2), tile);
            }
        }
    });
}

/// One tile with strides `(a_k, b_k, b_j)`, with every kind of factor and conjugation.
fn check_tile<T: Scalar>(
    set: &KernelSet<T>,
    k: usize,
    m: usize,
    n: usize,
    (a_k, b_k, b_j): (usize, usize, usize),
    kernel: TileFn<T>,
) {
    let (padded_a, padded_b) = (a_k.is_multiple_of(set.vector), (b_k, b_j) == (set.nr, 1));
    let a: std::vec::Vec<T> =
        (0..if padded_a { k * a_k } else { k.saturating_sub(1) * a_k + m }).map(number).collect();
    let b_len = if padded_b { k * b_k } else { k.saturating_sub(1) * b_k + (n - 1) * b_j + 1 };
    let b: std::vec::Vec<T> = (0..b_len).map(|i| number(i + 5)).collect();
    let cases = [
        (T::ONE, T::ZERO, false, false),
        (T::ONE, T::ONE, true, false),
        (number(3), number(4), false, true),
        (number(3), number(4), true, true),
    ];
    for (alpha, beta, conj_a, conj_b) in cases {
        let ld = m + 2;
        let old = |i: usize| if beta == T::ZERO { T::from_real(T::Real::NAN) } else { number(i) };
        let mut c: std::vec::Vec<T> = (0..ld * n).map(old).collect();
        let before = c.clone();
        // SAFETY: panels and C have the sizes that the arguments say.
        unsafe {
            kernel(&Tile {
                k,
                a: a.as_ptr(),
                a_k: a_k as isize,
                b: b.as_ptr(),
                b_k: b_k as isize,
                b_j: b_j as isize,
                next: b.as_ptr(),
                next_step: b_j as isize,
                c: c.as_mut_ptr(),
                c_col: ld as isize,
                m,
                n,
                alpha,
                beta,
                conj_a,
                conj_b,
            })
        };
        for (at, &got) in c.iter().enumerate() {
            let (i, j) = (at % ld, at / ld);
            if i >= m {
                let kept = got == before[at] || got.re().is_nan();
                assert!(kept, "{:?}: wrote outside the tile", set.level);
                continue;
            }
            let mut want = T::ZERO;
            for p in 0..k {
                want += a[p * a_k + i].conj_if(conj_a) * b[p * b_k + j * b_j].conj_if(conj_b);
            }
            want = alpha * want;
            if beta != T::ZERO {
                want += beta * before[at];
            }
            close(got, want, k * 64, format_args!("{:?} {m} x {n} x {k} ({i}, {j})", set.level));
        }
    }
}

fn panels<T: Scalar>() {
    every_set::<T>(|set| {
        for width in [set.mr, set.nr, set.vector] {
            for k in [0, 1, 3, 16, 21] {
                for valid in 0..=width {
                    for (i_stride, k_stride) in [(1, width + 1), (k + 2, 1), (2, 2 * width + 1)] {
                        for conj in [false, true] {
                            let from: std::vec::Vec<T> =
                                (0..width * i_stride + k * k_stride + 1).map(number).collect();
                            let mut to = vec![T::from_real(T::Real::NAN); k * width];
                            // SAFETY: source and destination have the sizes that the arguments say.
                            unsafe {
                                (set.pack)(&Panel {
                                    from: from.as_ptr(),
                                    i_stride: i_stride as isize,
                                    k_stride: k_stride as isize,
                                    width: valid,
                                    k,
                                    to: to.as_mut_ptr(),
                                    padded: width,
                                    conj,
                                })
                            };
                            for (at, &got) in to.iter().enumerate() {
                                let (i, p) = (at % width, at / width);
                                let want = if i < valid {
                                    from[i * i_stride + p * k_stride].conj_if(conj)
                                } else {
                                    T::ZERO
                                };
                                assert_eq!(got, want, "{:?} width {valid} k {k} ({i}, {p})", set.level);
                            }
                        }
                    }
                }
            }
        }
    });
}

fn solves<T: Scalar>() {
    every_set::<T>(|set| {
        let cases = [Uplo::Upper, Uplo::Lower].map(|uplo| [(uplo, false), (uplo, true)]);
        for (uplo, inverted) in cases.into_iter().flatten() {
            for (n, k) in (1..=set.nr).flat_map(|n| [(n, 0), (n, 3)]) {
                let element = |i: usize, j: usize| {
                    let x = number::<T>(i * 5 + j);
                    if i == j {
                        x + T::from_real(T::Real::from_f64(9.0))
                    } else {
                        x.scale(T::Real::from_f64(0.0625))
                    }
                };
                // What does not count, before and behind T and in its other triangle, is NaN.
                let mut t = vec![nan::<T>(); (n + 2) * set.nr];
                for j in 0..n {
                    for i in if uplo == Uplo::Upper { j..n } else { 0..j + 1 } {
                        t[(1 + j) * set.nr + i] = element(j, i);
                    }
                    if inverted {
                        t[(1 + j) * set.nr + j] = T::ONE.divide(element(j, j));
                    }
                }
                for height in (set.vector..=set.mr).step_by(set.vector) {
                    let left: std::vec::Vec<T> = (0..k * height).map(|at| number(at + 1)).collect();
                    let right: std::vec::Vec<T> = (0..k * set.nr).map(|at| number(at + 2)).collect();
                    let b: std::vec::Vec<T> = (0..n * height).map(number).collect();
                    let mut x = b.clone();
                    let beta = if k == 0 { T::ONE } else { number(4) };
                    let tile = Tile {
                        k,
                        a: left.as_ptr(),
                        a_k: height as isize,
                        b: right.as_ptr(),
                        b_k: set.nr as isize,
                        b_j: 1,
                        next: right.as_ptr(),
                        next_step: 1,
                        c: x.as_mut_ptr(),
                        c_col: height as isize,
                        m: height,
                        n,
                        alpha: -T::ONE,
                        beta,
                        conj_a: false,
                        conj_b: false,
                    };
                    // SAFETY: x and the panels have the sizes that the arguments say.
                    unsafe {
                        (set.solve(height))(&Solve { tile, t: t.as_ptr().add(set.nr), uplo, inverted })
                    };
                    for j in 0..n {
                        for r in 0..height {
                            let mut sum = x[j * height + r] * element(j, j);
                            for i in if uplo == Uplo::Upper { 0..j } else { j + 1..n } {
                                sum += x[i * height + r] * element(i, j);
                            }
                            for p in 0..k {
                                sum += left[p * height + r] * right[p * set.nr + j];
                            }
                            close(
                                sum,
                                beta * b[j * height + r],
                                64,
                                format_args!("{:?} order {n} depth {k} ({r}, {j})", set.level),
                            );
                        }
                    }
                }
            }
        }
    });
}

fn unpackings<T: Scalar>() {
    every_set::<T>(|set| {
        for (k, padded) in [0, 1, 3, 16, 21].into_iter().flat_map(|k| [(k, set.mr), (k, set.vector)]) {
            for width in 0..=padded {
                for (i_stride, k_stride) in [(1, width + 1), (k + 2, 1), (2, 2 * width + 1)] {
                    let from: std::vec::Vec<T> = (0..k * padded).map(number).collect();
                    let untouched = number::<T>(3) + T::from_real(T::Real::from_f64(100.0));
                    let mut to = vec![untouched; width * i_stride + k * k_stride + 1];
                    // SAFETY: source and destination have the sizes that the arguments say.
                    unsafe {
                        (set.unpack)(&Unpanel {
                            from: from.as_ptr(),
                            padded,
                            width,
                            k,
                            to: to.as_mut_ptr(),
                            i_stride: i_stride as isize,
                            k_stride: k_stride as isize,
                        })
                    };
                    let mut written = 0;
                    for i in 0..width {
                        for p in 0..k {
                            assert_eq!(to[i * i_stride + p * k_stride], from[p * padded + i]);
                            written += 1;
                        }
                    }
                    assert_eq!(to.iter().filter(|&&x| x != untouched).count(), written, "wrote beside");
                }
            }
        }
    });
}

fn outers<T: Scalar>() {
    every_set::<T>(|set| {
        for (n, k) in (0..10).map(|k| (k % 4 + 1, k)).chain([(16, 5)]) {
            for rows in 1..=2 * set.mr + 1 {
                for conj_a in [false, T::IS_COMPLEX] {
                    let (a_k, height) = (rows + 2, rows.next_multiple_of(set.vector));
                    let a: std::vec::Vec<T> = (0..(k * a_k + rows).saturating_sub(a_k)).map(number).collect();
                    let b = |j: usize, p: usize| number::<T>(j * 3 + p + 1);
                    let mut factors = vec![T::Real::ZERO; n * k * outer::factors::<T>()];
                    let mut sums: std::vec::Vec<T> = (0..n * height).map(|i| number(i + 9)).collect();
                    let before = sums.clone();
                    // SAFETY: A, the factors and the sums have the sizes that the arguments say.
                    unsafe {
                        outer::pack_factors(n, k, conj_a, b, factors.as_mut_ptr());
                        (set.outer)(&Outer {
                            rows,
                            n,
                            k,
                            a: a.as_ptr(),
                            a_k: a_k as isize,
                            b: factors.as_ptr(),
                            sums: sums.as_mut_ptr(),
                            sums_col: height,
                        });
                    }
                    for (j, i) in (0..n).flat_map(|j| (0..rows).map(move |i| (j, i))) {
                        let mut want = before[j * height + i];
                        for p in 0..k {
                            want += a[p * a_k + i].conj_if(conj_a) * b(j, p);
                        }
                        let what = format_args!("{:?} {rows} x {n} x {k} ({i}, {j})", set.level);
                        close(sums[j * height + i], want, 16 * k, what);
                    }
                }
            }
        }
    });
}

#[test]
fn outer_kernels() {
    outers::<f32>();
    outers::<f64>();
    outers::<c32>();
    outers::<c64>();
}

#[test]
fn unpacking_kernels() {
    unpackings::<f32>();
    unpackings::<f64>();
    unpackings::<c32>();
    unpackings::<c64>();
}

#[test]
fn tile_kernels() {
    tiles::<f32>();
    tiles::<f64>();
    tiles::<c32>();
    tiles::<c64>();
    streamed::<f32>();
    streamed::<f64>();
    streamed::<c32>();
    streamed::<c64>();
}

#[test]
fn packing_kernels() {
    panels::<f32>();
    panels::<f64>();
    panels::<c32>();
    panels::<c64>();
}

#[test]
fn triangular_kernels() {
    solves::<f32>();
    solves::<f64>();
    solves::<c32>();
    solves::<c64>();
}

/// Inner products of every size up to the tile, lengths around the vector, with every conjugation.
fn inner_products<T: Scalar>() {
    every_set::<T>(|set| {
        for k in [1, 2, 3, 5, 16, 17, 33] {
            for m in 1..=set.inner_rows {
                for n in 1..=set.inner_cols {
                    let (a_row, b_col) = (k + 1, k + 2);
                    let a: std::vec::Vec<T> = (0..(m - 1) * a_row + k).map(number).collect();
                    let b: std::vec::Vec<T> = (0..(n - 1) * b_col + k).map(|i| number(i + 5)).collect();
                    for (conj_a, conj_b) in [(false, false), (true, false), (false, true), (true, true)] {
                        let before: std::vec::Vec<T> = (0..m * (n + 1)).map(|i| number(i + 9)).collect();
                        let (alpha, beta) = (number(3), if conj_a { T::ZERO } else { number(4) });
                        let mut c = before.clone();
                        // SAFETY: the vectors have the sizes that the arguments say; the set is of this CPU.
                        unsafe {
                            (set.inner)(&inner::Inner {
                                k,
                                a: a.as_ptr(),
                                a_row: a_row as isize,
                                a_next: a.as_ptr(),
                                b: b.as_ptr(),
                                b_col: b_col as isize,
                                c: c.as_mut_ptr(),
                                c_row: (n + 1) as isize,
                                c_col: 1,
                                m,
                                n,
                                alpha,
                                beta,
                                conj_a,
                                conj_b,
                            });
                        }
                        for i in 0..m {
                            for j in 0..n {
                                let sum = (0..k).fold(T::ZERO, |sum, p| {
                                    sum + a[i * a_row + p].conj_if(conj_a) * b[j * b_col + p].conj_if(conj_b)
                                });
                                let old = before[i * (n + 1) + j];
                                let what = format_args!("{:?} {m} {n} {k}", set.level);
                                close(c[i * (n + 1) + j], alpha * sum + beta * old, 64 * k, what);
                            }
                            assert!(
                                c[i * (n + 1) + n] == before[i * (n + 1) + n],
                                "written past the columns"
                            );
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn inner_products_on_every_isa() {
    inner_products::<f32>();
    inner_products::<f64>();
    inner_products::<c32>();
    inner_products::<c64>();
}
