//! Products with quantised weights, every format: many tokens, few, and one, on one thread; and the same in single
//! precision, to compare.
//!
//! `cargo bench --bench quant`; throughput is in multiply-adds, for one token in bytes of weights.

#![allow(missing_docs)] // what `criterion_group!` makes

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use zenblas::level3::gemm;
use zenblas::platform::threads;
use zenblas::quant::product::{Problem, Weights};
use zenblas::quant::{FORMATS, Format, packed};
use zenblas::simd::dot::DotLevel;
use zenblas::view::{MatMut, MatRef};

const N: usize = 1024;
const K: usize = 4096;

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + 13) % 2001) as f32 / 1000.0 - 1.0).collect()
}

fn multiply(format: &'static Format, m: usize, a: &[f32], w: Weights, c: &mut [f32]) {
    let (level, a, c) = (DotLevel::of_process(), a.as_ptr(), c.as_mut_ptr());
    let problem = Problem { format, level, m, n: N, k: K, a, lda: K as isize, w, c, ldc: N as isize };
    // SAFETY: A is m x K, W N x K, C m x N.
    unsafe { problem.multiply() }.expect("memory");
}

fn tokens(criterion: &mut Criterion, m: usize) {
    threads::set(1);
    let (a, weights) = (numbers(m * K), numbers(N * K));
    let mut c = vec![0.0; m * N];
    let mut group = criterion.benchmark_group(format!("{m} x {N} x {K}"));
    group.throughput(Throughput::Elements((m * N * K) as u64));
    group.bench_function("f32", |bench| {
        bench.iter(|| {
            let row = K as isize;
            // SAFETY: A is m x K, W N x K, C m x N, by rows.
            unsafe {
                let a = MatRef::new(a.as_ptr(), m, K, row, 1);
                let w = MatRef::new(weights.as_ptr(), K, N, 1, row);
                gemm(1.0, a, w, 0.0, MatMut::new(c.as_mut_ptr(), m, N, N as isize, 1));
            }
        });
    });
    for format in &FORMATS {
        let mut blocks = vec![0; format.row_bytes(N * K)];
        (format.quantize)(&weights, &mut blocks);
        let rows = (blocks.as_ptr(), format.row_bytes(K));
        if m == 1 {
            group.throughput(Throughput::Bytes(blocks.len() as u64));
        }
        group.bench_function(format.name, |bench| {
            bench.iter(|| {
                multiply(format, m, &a, Weights::Blocks { first: rows.0, stride: rows.1 }, &mut c);
            });
        });
        if m > 1 {
            let level = DotLevel::of_process();
            let mut panels = vec![0; packed::bytes(format, level, N, K).expect("not too large")];
            // SAFETY: rows and room as the sizes say; the ISA is this process's.
            let w = unsafe {
                packed::pack(format, level, N, K, rows, panels.as_mut_ptr());
                Weights::Packed(packed::panels(format, level, N, K, panels.as_ptr()).expect("just packed"))
            };
            group.bench_function(format!("{} packed", format.name), |bench| {
                bench.iter(|| multiply(format, m, &a, w, &mut c));
            });
        }
    }
    group.finish();
}

fn all(criterion: &mut Criterion) {
    for m in [512, 32, 1] {
        tokens(criterion, m);
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
