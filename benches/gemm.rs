//! The layers of a product, one by one: a tile in L1, packing a panel, the whole routine on one thread.
//!
//! `cargo bench`; throughput is in multiply-adds (elements for packing). Each layer is an upper bound for
//! the next: what the routine loses against the tile is packing, cache misses and edges.

#![allow(missing_docs)] // what `criterion_group!` makes

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use zenblas::kernel::panel::Panel;
use zenblas::kernel::tile::Tile;
use zenblas::kernel::{KernelSet, kernels};
use zenblas::level3::gemm;
use zenblas::platform::threads;
use zenblas::scalar::{Scalar, c32, c64};
use zenblas::view::{MatMut, MatRef};

fn tile<T: Scalar>(c: &mut Criterion) {
    let KernelSet { mr, nr, level, .. } = *kernels::<T>();
    let k = 12 * 1024 / ((mr + nr) * size_of::<T>());
    let (a, b) = (vec![T::ONE; mr * k], vec![T::ONE; nr * k]);
    let mut out = vec![T::ZERO; mr * nr];
    let mut group = c.benchmark_group("tile in L1");
    group.throughput(Throughput::Elements((mr * nr * k) as u64));
    group.bench_function(format!("{}-{}-{mr}x{nr}", level.name(), T::LETTER), |bench| {
        bench.iter(|| {
            // SAFETY: panels and C have the sizes that the arguments say; the set is of this CPU.
            unsafe {
                (kernels::<T>().tile)(black_box(&Tile {
                    k,
                    a: a.as_ptr(),
                    a_k: mr as isize,
                    b: b.as_ptr(),
                    b_k: nr as isize,
                    b_j: 1,
                    next: b.as_ptr(),
                    next_step: nr as isize,
                    c: out.as_mut_ptr(),
                    c_col: mr as isize,
                    m: mr,
                    n: nr,
                    alpha: T::ONE,
                    beta: T::ONE,
                    conj_a: false,
                    conj_b: false,
                }))
            }
        });
    });
    group.finish();
}

fn packing<T: Scalar>(c: &mut Criterion) {
    let KernelSet { mr, nr, level, .. } = *kernels::<T>();
    let k = 256;
    let source = std::vec::Vec::from_iter(std::iter::repeat_n(T::ONE, 512 * 512));
    let mut to = vec![T::ZERO; mr * k];
    let mut group = c.benchmark_group("packing");
    let panels =
        [mr, nr].into_iter().flat_map(|width| [(width, "copy", 1, 512), (width, "transposition", 512, 1)]);
    for (width, name, i_stride, k_stride) in panels {
        group.throughput(Throughput::Elements((width * k) as u64));
        group.bench_function(format!("{}-{} {name} {width}", level.name(), T::LETTER), |bench| {
            bench.iter(|| {
                // SAFETY: source and destination have the sizes that the arguments say.
                unsafe {
                    (kernels::<T>().pack)(black_box(&Panel {
                        from: source.as_ptr(),
                        i_stride,
                        k_stride,
                        width,
                        k,
                        to: to.as_mut_ptr(),
                        padded: width,
                        conj: false,
                    }))
                }
            });
        });
    }
    group.finish();
}

fn routine<T: Scalar>(c: &mut Criterion) {
    threads::set(1);
    let mut group = c.benchmark_group("gemm, one thread");
    for n in [8, 32, 128, 512, 1024] {
        let (a, b) = (vec![T::ONE; n * n], vec![T::ONE; n * n]);
        let mut out = vec![T::ZERO; n * n];
        group.throughput(Throughput::Elements((n * n * n) as u64));
        group.bench_function(BenchmarkId::new(T::LETTER.to_string(), n), |bench| {
            bench.iter(|| {
                let ld = n as isize;
                // SAFETY: n x n elements in each.
                unsafe {
                    let (a, b) = (MatRef::new(a.as_ptr(), n, n, 1, ld), MatRef::new(b.as_ptr(), n, n, 1, ld));
                    gemm(T::ONE, black_box(a), b, T::ZERO, MatMut::new(out.as_mut_ptr(), n, n, 1, ld));
                }
            });
        });
    }
    group.finish();
}

fn all<T: Scalar>(c: &mut Criterion) {
    tile::<T>(c);
    packing::<T>(c);
    routine::<T>(c);
}

criterion_group!(benches, all::<f32>, all::<f64>, all::<c32>, all::<c64>);
criterion_main!(benches);
