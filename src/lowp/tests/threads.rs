//! The same bits for every number of threads.

use super::*;
use crate::platform::threads;
use crate::testing::on_threads;

#[test]
fn threads_compute_the_same_bits() {
    let (m, n, k) = (230, 170, 2500);
    let mut random = Random::new(71);
    let a = Matrix::new(m, k, true, 3, Side::End, || u8::any(&mut random));
    let b = Matrix::new(k, n, false, 1, Side::End, || i8::any(&mut random));
    let x = Matrix::new(m, k, false, 0, Side::End, || bf16::from_f32(random.real() as f32));
    let y = Matrix::new(k, n, true, 0, Side::End, || bf16::from_f32(random.real() as f32));
    let rows: Vec<f32> = (0..m).map(|i| i as f32).collect();
    let results = |count: i32| {
        threads::set_local(count);
        let (a, b) = (Operand::new(a.view()), Operand::new(b.view().t()));
        let mut plain = Matrix::new(m, n, true, 0, Side::End, || 0i32);
        let how = Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) };
        bytes(&a, 1, &b, 2, &how, plain.view_mut()).unwrap();
        let mut scaled = Matrix::new(m, n, true, 0, Side::End, || 5i32);
        bytes(&a, 1, &b, 2, &Integer { alpha: 0.25, beta: 3.0, ..how }, scaled.view_mut()).unwrap();
        let mut short = Matrix::new(m, n, true, 0, Side::End, || bf16::ONE);
        let epilogue = Epilogue { bias: Per::Row(&rows), beta: 1.0, ..Epilogue::default() };
        let (x, y) = (Operand::new(x.view()), Operand::new(y.view().t()));
        halves_into(&x, &y, &epilogue, Out::Bf16(short.view_mut())).unwrap();
        let mut single = Matrix::new(m, n, false, 0, Side::End, || 1f32);
        halves(1.0, &x, &y, 1.0, single.view_mut()).unwrap();
        threads::set_local(0);
        (plain.memory.to_vec(), scaled.memory.to_vec(), short.memory.to_vec(), single.memory.to_vec())
    };
    let alone = results(1);
    for (i, j) in [(0, 0), (m - 1, n - 1), (17, 96)] {
        assert_eq!(alone.0[i * n + j], exact_sum(&a, &b, i, j, 1, 2));
    }
    for count in [2, 3] {
        assert!(results(count) == alone, "{count}");
    }
}

/// A large B that is multiplied where it lies, and one that is converted a few rows at a time.
#[test]
fn streamed_on_threads() {
    let mut random = Random::new(72);
    let (m, n, k) = (20, 2100, 512);
    let a = Matrix::new(m, k, true, 3, Side::End, || i8::any(&mut random));
    let b = Matrix::new(k, n, false, 4, Side::End, || u8::any(&mut random));
    let x = Matrix::new(m, k, true, 0, Side::End, || random.real() as f32);
    let y = Matrix::new(k, n, false, 2, Side::End, || f16::from_f32(random.real() as f32));
    let results = |count: i32, by_rows: bool| {
        on_threads(count, || {
            let mut c = Matrix::new(m, n, by_rows, 1, Side::End, || 0i32);
            let how = Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) };
            bytes(&Operand::new(a.view()), 1, &Operand::new(b.view().t()), 2, &how, c.view_mut()).unwrap();
            let mut z = Matrix::new(m, n, by_rows, 1, Side::End, || 1f32);
            halves(1.0, &Operand::new(x.view()), &Operand::new(y.view().t()), 1.0, z.view_mut()).unwrap();
            (c, z)
        })
    };
    for by_rows in [true, false] {
        let (c, z) = results(1, by_rows);
        for (i, j) in [(0, 0), (m - 1, n - 1), (17, 1096)] {
            assert_eq!(c.get(i, j), exact_sum(&a, &b, i, j, 1, 2));
        }
        for count in [2, 3] {
            let (c_shared, z_shared) = results(count, by_rows);
            assert!(c_shared.memory[..] == c.memory[..] && z_shared.memory[..] == z.memory[..], "{count}");
        }
    }
}

#[test]
fn gemv_on_threads() {
    let mut random = Random::new(94);
    for by_rows in [false, true] {
        let a = Matrix::new(333, 77, by_rows, 1, Side::End, || bf16::from_f32(random.real() as f32));
        let x = Matrix::new(77, 1, false, 0, Side::End, || bf16::from_f32(random.real() as f32));
        let product = |threads: i32| {
            let mut y = Matrix::new(333, 1, false, 0, Side::End, || 0.5f32);
            on_threads(threads, || {
                gemv(2.0, a.view(), x.view().col(0), -1.0, y.view_mut().col(0));
            });
            y.memory.to_vec()
        };
        assert!(product(1) == product(3));
    }
}

#[test]
fn one_column_on_threads() {
    let (m, k) = (1100, 1000);
    let mut random = Random::new(81);
    for by_rows in [false, true] {
        let a = Matrix::new(m, k, by_rows, 3, Side::End, || i8::any(&mut random));
        let x = Matrix::new(k, 1, false, 0, Side::End, || u8::any(&mut random));
        for count in [1, 3] {
            threads::set_local(count);
            let mut c = Matrix::new(m, 1, false, 0, Side::End, || 5i32);
            let how = Integer { alpha: 1.0, beta: 1.0, offset: Per::All(-2) };
            bytes(&Operand::new(a.view()), 9, &Operand::new(x.view().t()), -128, &how, c.view_mut()).unwrap();
            threads::set_local(0);
            for i in 0..m {
                assert_eq!(c.get(i, 0), exact_sum(&a, &x, i, 0, 9, -128) + 3, "{by_rows} {count} {i}");
            }
        }
    }
}
