//! Products in low precision on one thread: bytes, bf16 and half precision, operands packed beforehand and not.
//!
//! `cargo bench --bench lowp`; throughput is in multiply-adds. The shapes: square, a short prompt and a token of a
//! language model (few rows; weights as the model has them, N x K by rows).

#![allow(missing_docs)] // what `criterion_group!` makes

use core::time::Duration;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use half::{bf16, f16};
use zenblas::lowp::{Integer, Number, Operand, Per, Role, bytes, halves, packed};
use zenblas::platform::threads;
use zenblas::view::{MatMut, MatRef};

const SHAPES: [(usize, usize, usize); 6] =
    [(64, 64, 64), (256, 256, 256), (512, 512, 512), (1024, 1024, 1024), (32, 4096, 4096), (1, 4096, 4096)];

/// A packed operand.
fn pack<'a>(operand: &Operand, buffer: &'a mut Vec<u64>) -> Operand<'a> {
    let size = packed::size(operand.kind, operand.count, operand.k).expect("it fits");
    buffer.resize(size.div_ceil(8), 0);
    // SAFETY: as large as it must be; row-major B is the engine's rows.
    unsafe {
        packed::pack(operand, Role::Rows, 1.0, buffer.as_mut_ptr().cast());
        packed::open(buffer.as_ptr().cast(), operand.kind, Role::Rows, operand.count, operand.k)
            .expect("just packed")
    }
}

/// Numbers that are all the same, so that the right result is known and looked at.
fn products<A: Number, B: Number, C: Copy + Default + PartialEq + core::fmt::Debug>(
    criterion: &mut Criterion,
    name: &str,
    (a_number, b_number): (A, B),
    expected: impl Fn(usize) -> C,
    multiply: impl Fn(&Operand, &Operand, MatMut<C>),
) {
    threads::set_local(1);
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500));
    for (m, n, k) in SHAPES {
        let (a, b, mut c) = (vec![a_number; m * k], vec![b_number; n * k], vec![C::default(); m * n]);
        // SAFETY: row-major, as many numbers as the matrices have; B is stored transposed.
        let (a, b) = unsafe {
            (MatRef::new(a.as_ptr(), m, k, k as isize, 1), MatRef::new(b.as_ptr(), n, k, k as isize, 1))
        };
        let (a, b, mut buffer) = (Operand::new(a), Operand::new(b), Vec::new());
        let ready = pack(&b, &mut buffer);
        group.throughput(Throughput::Elements((m * n * k) as u64));
        for (how, b) in [("packed", &ready), ("not packed", &b)] {
            group.bench_function(BenchmarkId::new(how, format!("{m}x{n}x{k}")), |bench| {
                bench.iter(|| {
                    // SAFETY: as above.
                    let view = unsafe { MatMut::new(c.as_mut_ptr(), m, n, n as isize, 1) };
                    multiply(&a, b, view);
                });
            });
            assert!(c.iter().all(|x| *x == expected(k)), "{name} {how} {m} {n} {k}");
        }
    }
    group.finish();
}

fn all(criterion: &mut Criterion) {
    let how = Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) };
    let bytes = |a: &Operand, b: &Operand, c: MatMut<i32>| bytes(a, 0, b, 0, &how, c).expect("memory");
    products(criterion, "u8 s8 s32", (200u8, -100i8), |k| -20_000 * k as i32, bytes);
    let halves = |a: &Operand, b: &Operand, c: MatMut<f32>| halves(1.0, a, b, 0.0, c).expect("memory");
    let number = bf16::from_f32(0.5);
    products(criterion, "bf16 bf16 f32", (number, number), |k| k as f32 / 4.0, halves);
    let number = f16::from_f32(0.5);
    products(criterion, "f16 f16 f32", (number, number), |k| k as f32 / 4.0, halves);
}

criterion_group!(benches, all);
criterion_main!(benches);
