//! bf16 and half precision: products, conversions, vectors, epilogues; `f32` and `f64` packed beforehand.

use super::*;
use crate::kernel::dot::{self, skinny::SkinnyKernels};
use crate::lowp::epilogue::Finishing;
use crate::lowp::side::Side as ProductSide;
use crate::lowp::skinny;
use crate::lowp::task::Output;
use crate::scalar::Scalar;
use crate::testing::{on_every_level, on_threads};
use crate::view::{VecMut, VecRef};

fn reals<E: Small>() {
    let mut random = Random::new(21);
    for (m, n, k) in
        SIZES.into_iter().chain([(4, 3, 0), (20, 10, 1500)]).chain([(12, 1100, 512), (1100, 12, 512)])
    {
        for by_rows in [false, true] {
            for (a_by_rows, b_by_rows) in [(false, false), (true, false), (false, true), (true, true)] {
                // Large ones only where depths are adjacent, and with one pair of factors: they take long.
                let large = m.max(n) > 1000;
                if large && (!a_by_rows || b_by_rows) {
                    continue;
                }
                let mut number = || E::of(random.real() as f32 * 3.0 + 0.01);
                let a = Matrix::new(m, k, a_by_rows, 1, Side::End, &mut number);
                let b = Matrix::new(k, n, b_by_rows, 0, Side::Start, &mut number);
                let roles = if by_rows { [Role::Columns, Role::Rows] } else { [Role::Rows, Role::Columns] };
                let plain = [Operand::new(a.view()), Operand::new(b.view().t())];
                let mut buffers = [Vec::new(), Vec::new()];
                // By this thread alone, which knows what ISA is forced.
                let packed = on_threads(1, || both_packed(&plain, roles, &mut buffers));
                let factors = [(1.0, 1.0), (1.0, 0.0), (-0.5, 2.0), (0.0, 3.0)];
                for (alpha, beta) in factors.into_iter().take(if large { 1 } else { 4 }) {
                    let old = if beta == 0.0 { f32::NAN } else { 1.25 };
                    let mut first: Option<Vec<u32>> = None;
                    for (a_operand, b_operand) in [
                        (packed[0], packed[1]),
                        (plain[0], plain[1]),
                        (packed[0], plain[1]),
                        (plain[0], packed[1]),
                    ] {
                        let mut c = Matrix::new(m, n, by_rows, 1, Side::End, || old);
                        halves(alpha, &a_operand, &b_operand, beta, c.view_mut()).unwrap();
                        for j in 0..n {
                            for i in 0..m {
                                let (sum, bound) = real_sum(&a, &b, i, j);
                                let kept = if beta == 0.0 { 0.0 } else { f64::from(beta) * 1.25 };
                                let want = f64::from(alpha) * sum + kept;
                                let bound = bound * f64::from(alpha.abs()) + (kept.abs() + 1e-30) * 3e-7;
                                let error = (f64::from(c.get(i, j)) - want).abs();
                                assert!(
                                    error <= bound,
                                    "{m} {n} {k} {i} {j} {alpha} {beta}: {error} {bound}"
                                );
                            }
                        }
                        // Packed or not, the same bits; the layout of the tiles may differ for few rows.
                        let bits: Vec<u32> = c.memory.iter().map(|x| x.to_bits()).collect();
                        let epilogue = Epilogue { scale: Per::All(alpha), beta, ..Epilogue::default() };
                        let mut c = Matrix::new(m, n, by_rows, 1, Side::End, || old);
                        halves_into(&a_operand, &b_operand, &epilogue, Out::F32(c.view_mut())).unwrap();
                        assert!(bits.iter().zip(&*c.memory).all(|(&x, y)| x == y.to_bits()), "{m} {n} {k}");
                        if m.min(n) > 24 || k == 0 {
                            assert_eq!(*first.get_or_insert_with(|| bits.clone()), bits, "{m} {n} {k}");
                        }
                    }
                }
            }
        }
    }
}

/// An operand that is large, and few columns or rows; the last, of several blocks of depth, in one layout only.
const STREAMED: [(usize, usize, usize); 3] = [(10, 301, 300), (430, 57, 160), (96, 104, 1500)];

/// One operand of `f32`, on either side, alone and with a bias.
fn beside_singles<E: Small>() {
    let mut random = Random::new(29);
    for (m, n, k) in SIZES.into_iter().chain([(4, 3, 0), (1, 9, 40), (20, 10, 1500)]).chain(STREAMED) {
        for (a_by_rows, b_by_rows) in [(true, false), (false, true), (true, true)] {
            let a = Matrix::new(m, k, a_by_rows, 1, Side::End, || E::of(random.real() as f32));
            let b = Matrix::new(k, n, b_by_rows, 0, Side::Start, || E::of(random.real() as f32));
            let wide = |from: &Matrix<E>| {
                let (rows, cols) = (from.rows, from.cols);
                let mut at = 0;
                // By columns.
                Matrix::new(rows, cols, false, 0, Side::End, || {
                    at += 1;
                    from.get((at - 1) % rows, (at - 1) / rows).wide() as f32
                })
            };
            let (a_wide, b_wide) = (wide(&a), wide(&b));
            let pairs = [
                (Operand::new(a_wide.view()), Operand::new(b.view().t())),
                (Operand::new(a.view()), Operand::new(b_wide.view().t())),
            ];
            for (a_operand, b_operand) in pairs {
                for bias in [0.0, 0.5] {
                    if k == STREAMED[2].2 && !(bias == 0.0 && a_by_rows && !b_by_rows) {
                        continue;
                    }
                    let mut c = Matrix::new(m, n, a_by_rows, 1, Side::End, || f32::NAN);
                    let epilogue =
                        Epilogue { scale: Per::All(2.0), bias: Per::All(bias), ..Epilogue::default() };
                    halves_into(&a_operand, &b_operand, &epilogue, Out::F32(c.view_mut())).unwrap();
                    for j in 0..n {
                        for i in 0..m {
                            let (sum, bound) = real_sum(&a, &b, i, j);
                            let error = (f64::from(c.get(i, j)) - 2.0 * sum - f64::from(bias)).abs();
                            assert!(error <= 2.0 * bound + 3e-7, "{m} {n} {k} {i} {j}: {error} > {bound}");
                        }
                    }
                }
            }
        }
    }
}

/// Few columns with adjacent rows and with adjacent columns, alone and on threads.
fn few_columns<E: Small>(kernels: impl Fn() -> &'static SkinnyKernels<f32>) {
    let epilogue = Epilogue::default();
    on_every_level(|level| {
        let mut random = Random::new(23);
        for (m, n, k) in (1..=70).map(|k| (1 + k % 41, 1 + k % 8, k)).chain([(1100, 7, 37)]) {
            for by_rows in [true, false] {
                let a = Matrix::new(m, k, by_rows, k % 2, Side::End, || E::of(random.real() as f32));
                let b = Matrix::new(k, n, k % 3 == 0, m % 2, Side::End, || E::of(random.real() as f32));
                let mut c = Matrix::new(m, n, k % 2 == 0, 1, Side::End, || f32::NAN);
                let (a_side, b_side) = (Operand::new(a.view()), Operand::new(b.view().t()));
                let (a_side, b_side) =
                    (ProductSide::new(&a_side, Role::Rows), ProductSide::new(&b_side, Role::Columns));
                let product = skinny::Product { kernels: kernels(), a: a_side, b: b_side };
                let finishing = Finishing::new(&epilogue, Output::new(&c.view_mut()), false);
                on_threads(1 + k as i32 % 3, || assert!(skinny::multiply_any(&product, &finishing)));
                for j in 0..n {
                    for i in 0..m {
                        let (want, bound) = real_sum(&a, &b, i, j);
                        let error = (f64::from(c.get(i, j)) - want).abs();
                        assert!(error <= bound, "{level:?} {m} {n} {k} {i} {j}: {error} > {bound}");
                    }
                }
            }
        }
    });
}

#[test]
fn few_columns_of_halves() {
    few_columns::<bf16>(dot::skinny_bf16);
    few_columns::<f16>(dot::skinny_f16);
}

#[test]
fn halves_in_every_layout() {
    on_every_level(|_| {
        reals::<bf16>();
        reals::<f16>();
        beside_singles::<bf16>();
        beside_singles::<f16>();
    });
}

#[test]
fn every_half_is_converted() {
    on_every_level(|_| {
        let all: Vec<u16> = (0..=u16::MAX).collect();
        let halves: Vec<f16> = all.iter().map(|&bits| f16::from_bits(bits)).collect();
        let (one, singles) = ([f16::ONE], [1f32; 2]);
        let mut out = vec![0f32; 3 * all.len()];
        // SAFETY: a row of all, a 1, a row of results; two of each.
        unsafe {
            let a = MatRef::new(halves.as_ptr(), all.len(), 1, 1, all.len() as isize);
            let b = MatRef::new(one.as_ptr(), 1, 1, 1, 1);
            let c = MatMut::new(out.as_mut_ptr(), all.len(), 1, 1, all.len() as isize);
            super::halves(1.0, &Operand::new(a), &Operand::new(b), 0.0, c).unwrap();
            // While they are packed.
            let b = MatRef::new(singles.as_ptr(), 2, 1, 1, 1);
            let c = MatMut::new(out.as_mut_ptr().add(all.len()), all.len(), 2, 1, all.len() as isize);
            super::halves(1.0, &Operand::new(a), &Operand::new(b), 0.0, c).unwrap();
        }
        for (half, &got) in halves.iter().cycle().zip(&out) {
            let want = half.to_f32();
            assert!(got == want || got.is_nan() && want.is_nan(), "{half:?}: {got}");
        }
    });
}

fn packed_reals<T: Packable + Scalar>() {
    let mut random = Random::new(31);
    for (m, n, k) in SIZES.into_iter().chain([(60, 70, 1100)]) {
        for by_rows in [false, true] {
            let a = Matrix::new(m, k, by_rows, 1, Side::End, || random.element::<T>());
            let b = Matrix::new(k, n, false, 1, Side::End, || random.element::<T>());
            let roles = if by_rows { [Role::Columns, Role::Rows] } else { [Role::Rows, Role::Columns] };
            let plain = [Operand::new(a.view()), Operand::new(b.view().t())];
            let mut buffers = [Vec::new(), Vec::new()];
            let packed = both_packed(&plain, roles, &mut buffers);
            for (a_operand, b_operand) in
                [(packed[0], plain[1]), (plain[0], packed[1]), (packed[0], packed[1])]
            {
                let mut c = Matrix::new(m, n, by_rows, 2, Side::Start, || T::ONE);
                reals_packed(&a_operand, &b_operand, T::ONE, c.view_mut()).unwrap();
                for j in 0..n {
                    for i in 0..m {
                        let want = (0..k).fold(1.0, |sum, p| {
                            sum + crate::testing::widen(a.get(i, p)).re
                                * crate::testing::widen(b.get(p, j)).re
                        });
                        let want = crate::scalar::c64::new(want, 0.0);
                        crate::testing::assert_close(c.get(i, j), want, k, &(m, n, k, i, j, by_rows));
                    }
                }
            }
        }
    }
}

#[test]
fn reals_packed_beforehand() {
    on_every_level(|_| {
        packed_reals::<f32>();
        packed_reals::<f64>();
    });
}

#[test]
fn epilogues_in_order() {
    on_every_level(|_| {
        let (m, n, k) = (51, 13, 70);
        let mut random = Random::new(41);
        let a = Matrix::new(m, k, true, 0, Side::End, || u8::any(&mut random));
        let b = Matrix::new(k, n, true, 0, Side::End, || i8::any(&mut random));
        let values = |count: usize| (0..count).map(|i| 1e-4 * (i % 7 + 1) as f32).collect::<Vec<f32>>();
        let (rows, cols) = (values(m), values(n));
        for by_rows in [false, true] {
            for (scale, bias, step) in [
                (Per::All(1e-3), Per::Column(&cols[..]), Per::Row(&rows[..])),
                (Per::Row(&rows[..]), Per::All(0.5), Per::Column(&cols[..])),
                (Per::Column(&cols[..]), Per::Row(&rows[..]), Per::All(0.25)),
            ] {
                for activation in [Activation::None, Activation::Relu, Activation::Silu] {
                    let epilogue = Epilogue {
                        scale,
                        beta: 0.0,
                        bias,
                        activation,
                        clamp: Some((-3.0, 20.0)),
                        requantise: Some(Requantise { step, zero: 3 }),
                        ..Epilogue::default()
                    };
                    let value = |per: &Per<f32>, i: usize, j: usize| match per {
                        Per::All(x) => *x,
                        Per::Row(x) => x[i],
                        Per::Column(x) => x[j],
                    };
                    let (x, y) = (Operand::new(a.view()), Operand::new(b.view().t()));
                    let mut real = Matrix::new(m, n, by_rows, 1, Side::End, || 0f32);
                    let mut signed = Matrix::new(m, n, by_rows, 1, Side::End, || 0i8);
                    let mut unsigned = Matrix::new(m, n, by_rows, 0, Side::End, || 0u8);
                    let mut whole = Matrix::new(m, n, by_rows, 0, Side::End, || 0i32);
                    let mut short = Matrix::new(m, n, by_rows, 0, Side::End, || bf16::ZERO);
                    bytes_into(&x, -100, &y, 7, &epilogue, Out::F32(real.view_mut())).unwrap();
                    bytes_into(&x, -100, &y, 7, &epilogue, Out::S8(signed.view_mut())).unwrap();
                    bytes_into(&x, -100, &y, 7, &epilogue, Out::U8(unsigned.view_mut())).unwrap();
                    bytes_into(&x, -100, &y, 7, &epilogue, Out::S32(whole.view_mut())).unwrap();
                    bytes_into(&x, -100, &y, 7, &epilogue, Out::Bf16(short.view_mut())).unwrap();
                    for j in 0..n {
                        for i in 0..m {
                            let sum = exact_sum(&a, &b, i, j, -100, 7) as f32;
                            let x = f64::from(sum * value(&scale, i, j) + value(&bias, i, j));
                            let x = match activation {
                                Activation::Relu => x.max(0.0),
                                Activation::Silu => x / (1.0 + (-x).exp()),
                                _ => x,
                            };
                            let x = x.clamp(-3.0, 20.0);
                            let got = real.get(i, j);
                            assert!((f64::from(got) - x).abs() <= 1e-5 * x.abs().max(1.0), "{got} {x}");
                            // The rest follows from the real result exactly.
                            let quantised = (got / value(&step, i, j)).round_ties_even() + 3.0;
                            assert_eq!(signed.get(i, j), quantised as i8);
                            assert_eq!(unsigned.get(i, j), quantised as u8);
                            assert_eq!(whole.get(i, j), got.round_ties_even() as i32);
                            assert_eq!(short.get(i, j), bf16::from_f32(got));
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn conversions_round_to_even() {
    on_every_level(|_| {
        let mut random = Random::new(51);
        let singles: Vec<f32> = (0..1000)
            .map(|_| f32::from_bits(random.bits()))
            .chain([0.0, -0.0, f32::INFINITY, f32::NAN, f32::MAX, 257.0 / 256.0, 259.0 / 256.0])
            .collect();
        let mut short = vec![bf16::ZERO; singles.len()];
        convert(VecRef::from_slice(&singles), VecMut::from_slice(&mut short));
        for (&x, &got) in singles.iter().zip(&short) {
            let want = bf16::from_f32(x);
            assert!(
                got == want && got.to_bits() == want.to_bits() || got.is_nan() && x.is_nan(),
                "{x} {got}"
            );
        }
        // Just above half way between two bf16, by less than an f32 can tell.
        let above = 1.00390625 + 1e-12;
        for (x, want) in [(above, 1.0078125), (-above, -1.0078125), (1.00390625, 1.0), (1e300, f64::INFINITY)]
        {
            let mut one = [bf16::ZERO];
            convert(VecRef::from_slice(&[x]), VecMut::from_slice(&mut one));
            assert_eq!(one[0].to_f64(), want);
        }
        let mut back = vec![0f64; short.len()];
        convert(VecRef::from_slice(&short), VecMut::from_slice(&mut back));
        for (&x, &got) in short.iter().zip(&back) {
            assert!(got == x.to_f64() || got.is_nan() && x.is_nan());
        }
    });
}

#[test]
fn vectors_of_bf16() {
    on_every_level(|_| {
        let mut random = Random::new(61);
        for n in [0, 1, 63, 64, 65, 300] {
            let make = |random: &mut Random| -> Vec<bf16> {
                (0..2 * n).map(|_| bf16::from_f32(random.real() as f32)).collect()
            };
            let (x, y) = (make(&mut random), make(&mut random));
            for inc in [1, 2] {
                // SAFETY: n elements `inc` apart.
                let (x, y) = unsafe {
                    (VecRef::from_blas(n, x.as_ptr(), inc), VecRef::from_blas(n, y.as_ptr(), -inc))
                };
                let terms: Vec<f64> = (0..n).map(|i| x.get(i).to_f64() * y.get(i).to_f64()).collect();
                let (sum, size): (f64, f64) = (terms.iter().sum(), terms.iter().map(|x| x.abs()).sum());
                let error = (f64::from(dot(x, y)) - sum).abs();
                assert!(error <= size * (n as f64 + 2.0) / 8_388_608.0, "{n} {inc} {error}");
            }
        }
        for (m, n) in [(1, 1), (65, 30), (30, 65), (128, 3)] {
            for by_rows in [false, true] {
                let a = Matrix::new(m, n, by_rows, 1, Side::End, || bf16::from_f32(random.real() as f32));
                let x = Matrix::new(n, 1, false, 0, Side::End, || bf16::from_f32(random.real() as f32));
                for (alpha, beta) in [(1.0, 0.0), (0.5, -2.0), (0.0, 1.0)] {
                    let mut y = vec![if beta == 0.0 { f32::NAN } else { 0.75 }; m];
                    gemv(alpha, a.view(), x.view().col(0), beta, VecMut::from_slice(&mut y));
                    let mut z = vec![bf16::from_f32(0.75); m];
                    gemv(alpha, a.view(), x.view().col(0), beta, VecMut::from_slice(&mut z));
                    for i in 0..m {
                        let (sum, bound) = real_sum(&a, &x, i, 0);
                        let want = f64::from(alpha) * sum + f64::from(beta) * 0.75;
                        assert!((f64::from(y[i]) - want).abs() <= bound + 1e-6, "{m} {n} {i}");
                        assert!((z[i].to_f64() - want).abs() <= bound + want.abs() / 256.0 + 1e-6);
                    }
                }
            }
        }
    });
}
