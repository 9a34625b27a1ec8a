//! Bytes and 16-bit integers: exact on every kernel, in every layout, at every depth.

use super::*;
use crate::kernel::dot;
use crate::lowp::dots::Dots;
use crate::lowp::finish;
use crate::lowp::integer::Rounding;
use crate::lowp::side::Side as ProductSide;
use crate::lowp::skinny;
use crate::lowp::task::Output;
use crate::simd::dot::DotLevel;
use crate::testing::{on_every_level, on_threads};

/// Every kernel set of this machine, block edges in k, rows and columns, straight into C and through memory.
fn dots<A: Whole, B: Whole>() {
    let mut random = Random::new(5);
    for kernels in DotLevel::ALL.into_iter().filter_map(dot::bytes_on) {
        for (m, n, k) in SIZES {
            for (a_by_rows, b_by_rows) in [(false, false), (true, false), (false, true), (true, true)] {
                let side = if a_by_rows { Side::Start } else { Side::End };
                let a = Matrix::new(m, k, a_by_rows, n % 3, side, || A::any(&mut random));
                let b = Matrix::new(k, n, b_by_rows, m % 2, side, || B::any(&mut random));
                let zeros = [(0, 0), (-128, 5), (127, -128)];
                let lies = ProductSide::lies(&Operand::new(b.view().t()), kernels);
                let ways =
                    zeros.map(|zeros| (zeros, false)).into_iter().chain(zeros.map(|zeros| (zeros, true)));
                for ((zero_a, zero_b), streamed) in ways.filter(|&(_, streamed)| lies || !streamed) {
                    let product = Dots::new(
                        kernels,
                        ProductSide::new(&Operand::new(a.view()), Role::Rows).plus(zero_a),
                        ProductSide::new(&Operand::new(b.view().t()), Role::Columns).plus(zero_b),
                    );
                    let product = if streamed { product.streamed() } else { product };
                    let how = Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) };
                    for kc in [None, Some(1), Some(2), Some(100)] {
                        let mut c = Matrix::new(m, n, false, 1, side, || 77);
                        let done = match kc {
                            // SAFETY: C has the product's shape, columns m + 1 apart.
                            None => unsafe {
                                finish::multiply_into(&product, c.memory.as_mut_ptr(), m + 1, false)
                            },
                            Some(kc) => {
                                let out = Output::new(&c.view_mut());
                                finish::multiply(&product, kc, &Rounding::new(&how, out, false))
                            }
                        };
                        assert!(done);
                        for j in 0..n {
                            for i in 0..m {
                                let want = exact_sum(&a, &b, i, j, zero_a, zero_b);
                                let at = (kernels.name, streamed, m, n, k, i, j, kc, zero_a);
                                assert_eq!(c.get(i, j), want, "{at:?}");
                            }
                            if j + 1 < n {
                                assert_eq!(c.memory[m + j * (m + 1)], 77, "padding");
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn bytes_on_every_kernel() {
    dots::<i8, u8>();
    dots::<u8, i8>();
    dots::<i8, i8>();
    dots::<u8, u8>();
}

/// Adjacent rows and columns are packed some at a time, as many as their strides let stay in L1: panels of both
/// sides, more than are transposed at a time.
#[test]
fn adjacent_rows_and_columns() {
    let mut random = Random::new(12);
    let how = Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) };
    for kernels in DotLevel::ALL.into_iter().filter_map(dot::bytes_on) {
        for (m, n, k, stride) in [
            (70, 200, 70, 200),
            (9, 385, 33, 512),
            (100, 191, 40, 1024),
            (192, 5, 37, 2048),
            (50, 192, 65, 4096),
        ] {
            let a = Matrix::new(m, k, false, stride - m, Side::End, || u8::any(&mut random));
            let b = Matrix::new(k, n, true, stride - n, Side::Start, || u8::any(&mut random));
            let product = Dots::new(
                kernels,
                ProductSide::new(&Operand::new(a.view()), Role::Rows).plus(3),
                ProductSide::new(&Operand::new(b.view().t()), Role::Columns).plus(-9),
            );
            let mut c = Matrix::new(m, n, false, 0, Side::End, || 0);
            let out = Output::new(&c.view_mut());
            assert!(finish::multiply(&product, 100, &Rounding::new(&how, out, false)));
            for j in 0..n {
                for i in 0..m {
                    let at = (kernels.name, m, n, k, i, j);
                    assert_eq!(c.get(i, j), exact_sum(&a, &b, i, j, 3, -9), "{at:?}");
                }
            }
        }
    }
}

#[test]
fn every_depth() {
    let mut random = Random::new(3);
    for kernels in DotLevel::ALL.into_iter().filter_map(dot::bytes_on) {
        for k in 1..=130 {
            let a = Matrix::new(kernels.mr + 1, k, k % 2 == 0, 0, Side::End, || i8::any(&mut random));
            let b = Matrix::new(k, kernels.nr + 1, k % 3 == 0, 0, Side::End, || u8::any(&mut random));
            let (a_operand, b_operand) = (Operand::new(a.view()), Operand::new(b.view().t()));
            for streamed in [false, true] {
                if streamed && !ProductSide::lies(&b_operand, kernels) {
                    continue;
                }
                let product = Dots::new(
                    kernels,
                    ProductSide::new(&a_operand, Role::Rows),
                    ProductSide::new(&b_operand, Role::Columns),
                );
                let product = if streamed { product.streamed() } else { product };
                let mut c = Matrix::new(a.rows, b.cols, false, 0, Side::End, || 0);
                // SAFETY: C has the product's shape.
                assert!(unsafe { finish::multiply_into(&product, c.memory.as_mut_ptr(), a.rows, false) });
                for j in 0..b.cols {
                    for i in 0..a.rows {
                        let want = exact_sum(&a, &b, i, j, 0, 0);
                        assert_eq!(c.get(i, j), want, "{} {streamed} {k} {i} {j}", kernels.name);
                    }
                }
            }
        }
    }
}

/// Rows or columns of bytes where they lie, on every kernel set, with few columns, at every depth modulo a vector,
/// alone and on threads; more rows than outer products keep sums of.
fn few_columns<A: Whole, B: Whole>(threads: i32, a_by_rows: bool) {
    let mut random = Random::new(4);
    let how = Integer { alpha: 1.0, beta: 1.0, offset: Per::All(-2) };
    for kernels in DotLevel::ALL.into_iter().filter_map(dot::bytes_on) {
        for (m, n, k) in (1..=130).map(|k| (70 - k % 67, 1 + k % 8, k)).chain([(99, 8, 200), (1100, 8, 37)]) {
            let (by_rows, side) = (k % 3 > 0, if k % 7 == 0 { Side::Start } else { Side::End });
            let a = Matrix::new(m, k, a_by_rows, k % 2, side, || A::any(&mut random));
            let b = Matrix::new(k, n, by_rows, m % 2, side, || B::any(&mut random));
            for (zero_a, zero_b) in [(0, 0), (-128, 128), (7, -5), (1, 40_000)] {
                let product = Dots::new(
                    kernels,
                    ProductSide::new(&Operand::new(a.view()), Role::Rows).plus(zero_a),
                    ProductSide::new(&Operand::new(b.view().t()), Role::Columns).plus(zero_b),
                );
                let mut c = Matrix::new(m, n, k % 2 == 0, n % 2, side, || 11);
                let out = Output::new(&c.view_mut());
                on_threads(threads, || {
                    assert!(skinny::multiply_any(&(&product).into(), &Rounding::new(&how, out, false)));
                });
                for j in 0..n {
                    for i in 0..m {
                        let sum = exact_sum(&a, &b, i, j, zero_a, zero_b);
                        let at = (kernels.name, m, n, k, i, j, zero_a, zero_b, threads);
                        assert_eq!(c.get(i, j), rounded(&how, sum, 11, i, j), "{at:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn few_columns_on_every_kernel() {
    for threads in [1, 3] {
        for by_rows in [true, false] {
            few_columns::<i8, u8>(threads, by_rows);
            few_columns::<u8, i8>(threads, by_rows);
        }
    }
    few_columns::<i8, i8>(1, true);
    few_columns::<u8, u8>(3, false);
}

/// What `Integer` means, in the arithmetic that its text names.
fn rounded(how: &Integer, sum: i32, old: i32, i: usize, j: usize) -> i32 {
    if how.alpha == 1.0 && how.beta == 0.0 && matches!(how.offset, Per::All(0)) {
        return sum;
    }
    let offset = match how.offset {
        Per::All(x) => x,
        Per::Row(x) => x[i],
        Per::Column(x) => x[j],
    };
    let scaled = f64::from(how.alpha) * f64::from(sum);
    let old = if how.beta == 0.0 { 0.0 } else { f64::from(how.beta) * f64::from(old) };
    let x = scaled + old + f64::from(offset);
    x.round_ties_even().clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i32
}

/// `bytes` and `words` in every layout, packed and not.
fn integers<A: Whole, B: Whole>(
    multiply: impl Fn(&Operand, i8, &Operand, i8, &Integer, MatMut<i32>) -> Result<(), OutOfMemory>,
) {
    let mut random = Random::new(11);
    for (m, n, k) in SIZES.into_iter().chain([(5, 5, 0), (12, 2100, 512), (2100, 12, 512)]) {
        let offsets: Vec<i32> = (0..m.max(n)).map(|_| random.bits() as i32 / 1000).collect();
        for (case, by_rows) in [false, true, false, true].into_iter().enumerate() {
            let a = Matrix::new(m, k, case < 2, 1, Side::End, || A::any(&mut random));
            let b = Matrix::new(k, n, case % 2 == 0, 2, Side::Start, || B::any(&mut random));
            for how in [
                Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) },
                Integer { alpha: 1.0, beta: 1.0, offset: Per::Row(&offsets) },
                Integer { alpha: 0.5, beta: -1.5, offset: Per::Column(&offsets) },
                Integer { alpha: -1e6, beta: 0.0, offset: Per::All(i32::MAX) },
                Integer { alpha: 0.0, beta: 2.0, offset: Per::All(-3) },
            ] {
                for (zero_a, zero_b) in [(0, 0), (3, -7)] {
                    let roles =
                        if by_rows { [Role::Columns, Role::Rows] } else { [Role::Rows, Role::Columns] };
                    let plain = [Operand::new(a.view()), Operand::new(b.view().t())];
                    let mut buffers = [Vec::new(), Vec::new()];
                    // By this thread alone, which knows what ISA is forced.
                    let packed = on_threads(1, || both_packed(&plain, roles, &mut buffers));
                    for (a_operand, b_operand) in [
                        (plain[0], plain[1]),
                        (packed[0], plain[1]),
                        (plain[0], packed[1]),
                        (packed[0], packed[1]),
                    ] {
                        // Large ones only as they are, some with neither offset: they take long.
                        let packed = a_operand.role().or(b_operand.role()).is_some();
                        if m.max(n) > 1000
                            && (packed || (how.alpha == 1.0) != (zero_a == 0) || how.alpha == -1e6)
                        {
                            continue;
                        }
                        let mut c = Matrix::new(m, n, by_rows, 1, Side::End, || Random::new(9).bits() as i32);
                        let old = c.memory.to_vec();
                        multiply(&a_operand, zero_a, &b_operand, zero_b, &how, c.view_mut()).unwrap();
                        for j in 0..n {
                            for i in 0..m {
                                let sum = exact_sum(&a, &b, i, j, zero_a.into(), zero_b.into());
                                let sum = if how.alpha == 0.0 { 0 } else { sum };
                                let at = i * c.strides.0 as usize + j * c.strides.1 as usize;
                                let want = rounded(&how, sum, old[at], i, j);
                                assert_eq!(c.get(i, j), want, "{m} {n} {k} {i} {j} {how:?} {by_rows}");
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn integers_in_every_layout() {
    on_every_level(|_| {
        integers::<i8, u8>(|a, x, b, y, how, c| bytes(a, x.into(), b, y.into(), how, c));
        integers::<u8, i8>(|a, x, b, y, how, c| bytes(a, x.into(), b, y.into(), how, c));
        integers::<i16, i16>(|a, x, b, y, how, c| words(a, x.into(), b, y.into(), how, c));
    });
}

#[test]
fn extreme_sums_wrap() {
    on_every_level(|_| {
        // 140000 * 255 * -128 passes -2^32.
        let k = 140_000;
        let (a, b) = (vec![255u8; 3 * k], vec![-128i8; 2 * k]);
        // SAFETY: k contiguous numbers in each row and column.
        let (a, b) = unsafe {
            (MatRef::new(a.as_ptr(), 3, k, k as isize, 1), MatRef::new(b.as_ptr(), 2, k, k as isize, 1))
        };
        let how = Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) };
        let mut c = Matrix::new(3, 2, true, 0, Side::End, || 0);
        bytes(&Operand::new(a), 0, &Operand::new(b), 0, &how, c.view_mut()).unwrap();
        let want = (k as i64 * 255 * -128) as i32;
        assert!(c.memory.iter().all(|&x| x == want));
        // -32768 squared, twice, is 2^31.
        let (a, b) = (vec![i16::MIN; 2 * k], vec![i16::MIN; k]);
        // SAFETY: as above.
        let (a, b) = unsafe {
            (MatRef::new(a.as_ptr(), 2, k, k as isize, 1), MatRef::new(b.as_ptr(), 1, k, k as isize, 1))
        };
        let mut c = Matrix::new(2, 1, true, 0, Side::End, || 0);
        words(&Operand::new(a), -1, &Operand::new(b), 2, &how, c.view_mut()).unwrap();
        let want = (k as i128 * -32769 * -32766) as i32;
        assert!(c.memory.iter().all(|&x| x == want));
    });
}
