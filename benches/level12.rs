//! Levels 1 and 2, operation by operation, on one thread: small vectors show what a call costs, middle ones the
//! ports of the core, large ones its caches and memory.
//!
//! `cargo bench --bench level12`; throughput is in bytes of operands read and written. A name that contains
//! all that is wanted selects: `cargo bench --bench level12 -- 'gemv.*d/256'`.

#![allow(missing_docs)] // what `criterion_group!` makes

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use zenblas::level1::*;
use zenblas::level2::*;
use zenblas::platform::threads;
use zenblas::scalar::{Real, Scalar, c32, c64};
use zenblas::view::{Diag, MatMut, MatRef, SymRef, Symmetry, TriRef, Uplo, VecMut, VecRef};

/// The operands of all operations: two vectors and a matrix, of order n.
struct Operands<T> {
    n: usize,
    x: Vec<T>,
    y: Vec<T>,
    a: Vec<T>,
}

impl<T: Scalar> Operands<T> {
    /// Numbers that no operation brings to overflow or to nothing however often it is repeated: a matrix
    /// close to the identity.
    fn new(n: usize, order: usize) -> Self {
        let tiny = T::from_real(T::Real::from_f64(1e-6));
        let a = (0..order * order).map(|i| if i % (order + 1) == 0 { T::ONE } else { tiny * tiny }).collect();
        Operands { n, x: vec![T::ONE; n], y: vec![T::ONE; n], a }
    }

    fn x(&self) -> VecRef<'_, T> {
        VecRef::from_slice(&self.x)
    }

    fn y(&mut self) -> VecMut<'_, T> {
        VecMut::from_slice(&mut self.y)
    }

    fn a(&self) -> MatRef<'_, T> {
        // SAFETY: n x n elements.
        unsafe { MatRef::new(self.a.as_ptr(), self.n, self.n, 1, self.n as isize) }
    }

    fn triangle(&self) -> TriRef<'_, T> {
        TriRef { mat: self.a(), uplo: Uplo::Lower, diag: Diag::NonUnit }
    }
}

/// An operation: its name, the elements of operands that it reads and writes for each n (or n squared), and
/// itself.
type Row<T> = (&'static str, f64, fn(&mut Operands<T>));

fn tiny<T: Scalar>() -> T {
    T::from_real(T::Real::from_f64(1e-30))
}

fn level1_rows<T: Scalar>() -> Vec<Row<T>> {
    vec![
        ("dot", 2.0, |o| {
            black_box(dot(o.x(), VecRef::from_slice(&o.y)));
        }),
        ("asum", 1.0, |o| {
            black_box(asum(o.x()));
        }),
        ("nrm2", 1.0, |o| {
            black_box(nrm2(o.x()));
        }),
        ("iamax", 1.0, |o| {
            black_box(iamax(o.x()));
        }),
        ("axpy", 3.0, |o| axpy(tiny(), VecRef::from_slice(&o.x), VecMut::from_slice(&mut o.y))),
        ("scal", 2.0, |o| scal(-T::ONE, o.y())),
        ("copy", 2.0, |o| copy(VecRef::from_slice(&o.x), VecMut::from_slice(&mut o.y))),
        ("swap", 4.0, |o| swap(VecMut::from_slice(&mut o.x), VecMut::from_slice(&mut o.y))),
        ("rot", 4.0, |o| {
            let (x, y) = (VecMut::from_slice(&mut o.x), VecMut::from_slice(&mut o.y));
            rot(x, y, T::Real::from_f64(0.6), T::from_real(T::Real::from_f64(0.8)))
        }),
    ]
}

/// `y <- tiny A x + y`, A n x n as `view` says.
fn product<T: Scalar>(o: &mut Operands<T>, view: impl Fn(MatRef<T>) -> MatRef<T>) {
    // SAFETY: n x n elements.
    let a = unsafe { MatRef::new(o.a.as_ptr(), o.n, o.n, 1, o.n as isize) };
    gemv(tiny(), view(a), VecRef::from_slice(&o.x), T::ONE, VecMut::from_slice(&mut o.y));
}

/// Replaces y by what `operation` makes of it and a triangle.
fn with_triangle<T: Scalar>(o: &mut Operands<T>, operation: impl Fn(TriRef<T>, VecMut<T>)) {
    let mut y = std::mem::take(&mut o.y);
    operation(o.triangle(), VecMut::from_slice(&mut y));
    o.y = y;
}

fn level2_rows<T: Scalar>() -> Vec<Row<T>> {
    vec![
        ("gemv n", 1.0, |o| product(o, |a| a)),
        ("gemv t", 1.0, |o| product(o, |a| a.t())),
        ("ger", 2.0, |o| {
            // SAFETY: n x n elements.
            let a = unsafe { MatMut::new(o.a.as_mut_ptr(), o.n, o.n, 1, o.n as isize) };
            ger(tiny(), VecRef::from_slice(&o.x), VecRef::from_slice(&o.y), false, a)
        }),
        ("symv", 0.5, |o| {
            let mut y = std::mem::take(&mut o.y);
            let a = SymRef { mat: o.a(), uplo: Uplo::Lower, symmetry: Symmetry::Symmetric };
            symv(tiny(), a, o.x(), T::ONE, VecMut::from_slice(&mut y));
            o.y = y;
        }),
        ("syr", 1.0, |o| {
            // SAFETY: n x n elements.
            let a = unsafe { MatMut::new(o.a.as_mut_ptr(), o.n, o.n, 1, o.n as isize) };
            syr(Uplo::Lower, Symmetry::Symmetric, tiny(), VecRef::from_slice(&o.x), a)
        }),
        ("trmv", 0.5, |o| with_triangle(o, trmv)),
        ("trmv t", 0.5, |o| with_triangle(o, |a, x| trmv(a.t(), x))),
        ("trsv", 0.5, |o| with_triangle(o, trsv)),
        ("trsv t", 0.5, |o| with_triangle(o, |a, x| trsv(a.t(), x))),
    ]
}

fn all<T: Scalar>(c: &mut Criterion) {
    threads::set(1);
    let mut run = |(name, elements, operation): Row<T>, sizes: &[usize], is_matrix: bool| {
        let mut group = c.benchmark_group(name);
        for &n in sizes {
            let count = if is_matrix { n * n } else { n };
            let mut operands = Operands::<T>::new(n, if is_matrix { n } else { 0 });
            group.throughput(Throughput::Bytes((elements * (count * size_of::<T>()) as f64) as u64));
            group.bench_function(BenchmarkId::new(T::LETTER.to_string(), n), |bench| {
                bench.iter(|| operation(black_box(&mut operands)));
            });
        }
        group.finish();
    };
    for row in level1_rows() {
        run(row, &[4, 16, 64, 256, 4096, 65536, 1 << 20], false);
    }
    for row in level2_rows() {
        run(row, &[4, 16, 64, 256, 1024, 2048], true);
    }
}

criterion_group!(benches, all::<f32>, all::<f64>, all::<c32>, all::<c64>);
criterion_main!(benches);
