//! Products that may be rounded to bf16, and operands of different types.

use super::*;
use crate::kernel::dot;
use crate::lowp::reals::dot_kernels;
use crate::platform::threads;
use crate::testing::{on_every_level, on_threads};

impl Small for f32 {
    fn of(x: f32) -> f32 {
        x
    }
    fn wide(self) -> f64 {
        self.into()
    }
}

fn rounded(x: f64) -> f64 {
    bf16::from_f32(x as f32).to_f64()
}

/// Large operands of which few rows or columns are multiplied, and one of several blocks of depth.
const LARGE: [(usize, usize, usize); 3] = [(12, 1100, 512), (1100, 12, 513), (20, 10, 2500)];

/// Every layout of a product of these types, strict and fast.
fn products<A: Small, B: Small>() {
    let mut random = Random::new(91);
    for (m, n, k) in SIZES.into_iter().chain(LARGE) {
        let large = m * n * k > 100_000;
        for layout in 0..8 {
            let [by_rows, a_by_rows, b_by_rows] = [1, 2, 4].map(|bit| layout & bit != 0);
            // Large ones only where depths are adjacent: they take long.
            if large && (!a_by_rows || b_by_rows) {
                continue;
            }
            let a = Matrix::new(m, k, a_by_rows, 1, Side::End, || A::of(random.real() as f32));
            let b = Matrix::new(k, n, b_by_rows, 0, Side::Start, || B::of(random.real() as f32));
            let operands = [Operand::new(a.view()), Operand::new(b.view().t())];
            for (precision, bias) in
                [(Precision::Strict, 0.0), (Precision::FastBf16, 0.0), (Precision::FastBf16, 0.5)]
            {
                let [first, second] = &operands;
                let rounds = dot_kernels(first, second, precision).is_some();
                assert!(!rounds || precision == Precision::FastBf16 || A::KIND == B::KIND);
                let of = |x: f64| if rounds { rounded(x) } else { x };
                let mut c = Matrix::new(m, n, by_rows, 1, Side::End, || f32::NAN);
                let epilogue = Epilogue { bias: Per::All(bias), precision, ..Epilogue::default() };
                halves_into(first, second, &epilogue, Out::F32(c.view_mut())).unwrap();
                // Of large ones every seventh, which is at every place of some tile.
                for at in (0..m * n).step_by(if large { 7 } else { 1 }) {
                    let (i, j) = (at % m, at / m);
                    let terms = || (0..k).map(|p| of(a.get(i, p).wide()) * of(b.get(p, j).wide()));
                    let (sum, size) = (terms().sum::<f64>(), terms().map(f64::abs).sum::<f64>());
                    let error = (f64::from(c.get(i, j)) - sum - f64::from(bias)).abs();
                    let bound = size * (k as f64 + 2.0) / 8_388_608.0 + 1e-7;
                    assert!(error <= bound, "{m} {n} {k} {layout} {i} {j}: {error} > {bound}");
                }
            }
        }
    }
}

#[test]
fn rounded_where_allowed() {
    on_every_level(|_| {
        // By this thread alone, which knows what ISA is forced.
        on_threads(1, || {
            products::<f32, f16>();
            products::<f16, f32>();
            products::<f32, bf16>();
            products::<f16, f16>();
            products::<bf16, f16>();
            products::<f32, f32>();
        });
    });
}

#[test]
fn fast_where_it_is_faster() {
    on_every_level(|_| {
        let fast = dot::bf16().is_some_and(|kernels| kernels.name == "avx512-bf16");
        let (x, y) = (vec![0f32; 600], vec![f16::ZERO; 600]);
        let rounds = |m: usize, n: usize, precision| {
            // SAFETY: as many numbers.
            let (a, b) =
                unsafe { (MatRef::new(x.as_ptr(), m, 20, 20, 1), MatRef::new(y.as_ptr(), n, 20, 20, 1)) };
            dot_kernels(&Operand::new(a), &Operand::new(b), precision).is_some()
        };
        assert_eq!(rounds(30, 30, Precision::FastBf16), fast);
        assert!(!rounds(30, 8, Precision::FastBf16) && !rounds(30, 30, Precision::Strict));
    });
}

/// Numbers packed beforehand with those of `f32`, on every ISA.
fn packed_with_singles<B: Small>(precision: Precision) {
    let mut random = Random::new(93);
    for (m, n, k) in [(5, 70, 33), (50, 40, 300), (20, 10, 2500)] {
        for by_rows in [false, true] {
            let a = Matrix::new(m, k, true, 1, Side::End, || random.real() as f32);
            let b = Matrix::new(k, n, by_rows, 2, Side::End, || B::of(random.real() as f32));
            let role = if by_rows { Role::Rows } else { Role::Columns };
            let (mut buffer, a_operand) = (Vec::new(), Operand::new(a.view()));
            let mut c = Matrix::new(m, n, by_rows, 0, Side::End, || f32::NAN);
            let epilogue = Epilogue { precision, ..Epilogue::default() };
            // By this thread alone, which knows what ISA is forced.
            let rounds = on_threads(1, || {
                let packed = repacked(&Operand::new(b.view().t()), role, &mut buffer);
                halves_into(&a_operand, &packed, &epilogue, Out::F32(c.view_mut())).unwrap();
                dot_kernels(&a_operand, &packed, precision).is_some()
            });
            // Panels of bf16 are of `f32` on a CPU without dot products of them.
            assert_eq!(rounds, B::KIND == Kind::Bf16 && dot::bf16().is_some());
            for j in 0..n {
                for i in 0..m {
                    let of = |x: f32| if rounds { rounded(x.into()) } else { x.into() };
                    let terms = || (0..k).map(|p| of(a.get(i, p)) * b.get(p, j).wide());
                    let (sum, size) = (terms().sum::<f64>(), terms().map(f64::abs).sum::<f64>());
                    let error = (f64::from(c.get(i, j)) - sum).abs();
                    assert!(error <= size * (k as f64 + 2.0) / 8_388_608.0, "{m} {n} {k} {i} {j} {error}");
                }
            }
        }
    }
}

#[test]
fn packed_numbers_with_others() {
    on_every_level(|_| {
        packed_with_singles::<bf16>(Precision::FastBf16);
        packed_with_singles::<f16>(Precision::FastBf16);
        packed_with_singles::<f16>(Precision::Strict);
        packed_with_singles::<f32>(Precision::Strict);
    });
}

#[test]
fn the_same_bits_on_threads() {
    let mut random = Random::new(95);
    for (m, n, k) in [(20, 2100, 512), (230, 170, 2500)] {
        let a = Matrix::new(m, k, true, 3, Side::End, || random.real() as f32);
        let b = Matrix::new(k, n, false, 1, Side::End, || f16::from_f32(random.real() as f32));
        let results = |count: i32| {
            threads::set_local(count);
            let mut c = Matrix::new(m, n, true, 0, Side::End, || 0f32);
            let epilogue = Epilogue { precision: Precision::FastBf16, ..Epilogue::default() };
            let (a, b) = (Operand::new(a.view()), Operand::new(b.view().t()));
            halves_into(&a, &b, &epilogue, Out::F32(c.view_mut())).unwrap();
            threads::set_local(0);
            c.memory.to_vec()
        };
        let alone = results(1);
        for count in [2, 3] {
            assert!(results(count) == alone, "{m} {count}");
        }
    }
}
