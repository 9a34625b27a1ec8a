//! Every operation, type, ISA, storage and stride against a dense oracle in double precision, with guard
//! pages behind and before the operands and NaN in all that must not be read.

use super::*;
use crate::scalar::{Real, c64};
use crate::testing::{
    Guarded, Random, Side, assert_close, bits, nan, on_every_level, on_threads, widen, without_scratch,
};
use core::marker::PhantomData;

/// A matrix in double precision.
#[derive(Clone)]
struct Full {
    rows: usize,
    cols: usize,
    elements: Vec<c64>,
}

impl Full {
    fn new(rows: usize, cols: usize, f: impl Fn(usize, usize) -> c64) -> Full {
        let elements = (0..cols).flat_map(|j| (0..rows).map(move |i| (i, j))).map(|(i, j)| f(i, j)).collect();
        Full { rows, cols, elements }
    }

    fn get(&self, i: usize, j: usize) -> c64 {
        self.elements[i + j * self.rows]
    }

    fn op(&self, trans: Trans) -> Full {
        let conj = |x: c64| if trans.conjugates() { x.conj() } else { x };
        if trans.transposes() {
            Full::new(self.cols, self.rows, |i, j| conj(self.get(j, i)))
        } else {
            Full::new(self.rows, self.cols, |i, j| conj(self.get(i, j)))
        }
    }

    fn times(&self, x: &[c64]) -> Vec<c64> {
        (0..self.rows).map(|i| (0..self.cols).map(|j| self.get(i, j) * x[j]).sum()).collect()
    }
}

/// Where a storage keeps element (i, j), if it does.
struct Storage {
    len: usize,
    place: Box<dyn Fn(usize, usize) -> Option<usize>>,
}

fn stored(uplo: Option<Uplo>, i: usize, j: usize) -> bool {
    match uplo {
        None => true,
        Some(Uplo::Upper) => i <= j,
        Some(Uplo::Lower) => i >= j,
    }
}

/// Rows or columns `pad` elements longer than needed.
fn dense(m: usize, n: usize, by_rows: bool, pad: usize, uplo: Option<Uplo>) -> (Storage, isize, isize) {
    let (rs, cs) = if by_rows { (n + pad, 1) } else { (1, m + pad) };
    let len = if m == 0 || n == 0 { 0 } else { (m - 1) * rs + (n - 1) * cs + 1 };
    let place = move |i, j| stored(uplo, i, j).then_some(i * rs + j * cs);
    (Storage { len, place: Box::new(place) }, rs as isize, cs as isize)
}

/// Band storage, with the offset of element (0, 0).
fn band(
    m: usize,
    n: usize,
    (lower, upper): (usize, usize),
    by_rows: bool,
    pad: usize,
) -> (Storage, isize, isize, usize) {
    let ld = lower + upper + 1 + pad;
    let lines = if by_rows { m } else { n };
    let first = if by_rows { lower } else { upper };
    let (rs, cs) = if by_rows { (ld - 1, 1) } else { (1, ld - 1) };
    let place = move |i: usize, j: usize| (i <= j + lower && j <= i + upper).then(|| first + i * rs + j * cs);
    (Storage { len: lines * ld, place: Box::new(place) }, rs as isize, cs as isize, first)
}

fn packed(n: usize, by_rows: bool, uplo: Uplo) -> Storage {
    let place = move |i: usize, j: usize| {
        stored(Some(uplo), i, j).then(|| {
            let (line, along) = if by_rows { (i, j) } else { (j, i) };
            let before: usize =
                (0..line).map(|l| if (uplo == Uplo::Upper) != by_rows { l + 1 } else { n - l }).sum();
            before + if (uplo == Uplo::Upper) != by_rows { along } else { along - line }
        })
    };
    Storage { len: n * (n + 1) / 2, place: Box::new(place) }
}

impl Storage {
    /// Memory that holds the matrix's elements; NaN where there is none.
    fn hold<T: Scalar>(&self, m: usize, n: usize, side: Side, random: &mut Random) -> Guarded<T> {
        let mut values = vec![nan::<T>(); self.len];
        for j in 0..n {
            for i in 0..m {
                if let Some(place) = (self.place)(i, j) {
                    values[place] = random.element();
                }
            }
        }
        Guarded::new(&values, side)
    }

    fn get<T: Scalar>(&self, memory: &[T], i: usize, j: usize) -> Option<c64> {
        (self.place)(i, j).map(|place| widen(memory[place]))
    }

    /// Compares what is stored with `want`, and what is not with NaN.
    #[track_caller]
    fn check<T: Scalar>(&self, memory: &[T], want: &Full, terms: usize, what: &dyn core::fmt::Debug) {
        let mut outside = vec![true; memory.len()];
        for j in 0..want.cols {
            for i in 0..want.rows {
                if let Some(place) = (self.place)(i, j) {
                    outside[place] = false;
                    assert_close(memory[place], want.get(i, j), terms, &(what, i, j));
                }
            }
        }
        for (&x, _) in memory.iter().zip(outside).filter(|(_, outside)| *outside) {
            assert_eq!(bits(x), bits(nan::<T>()), "written outside: {what:?}");
        }
    }
}

/// A vector, NaN between its elements.
struct Operand<T> {
    memory: Guarded<T>,
    n: usize,
    inc: isize,
}

impl<T: Scalar> Operand<T> {
    fn random(n: usize, inc: isize, side: Side, random: &mut Random) -> Self {
        let step = inc.unsigned_abs();
        let mut values = vec![nan::<T>(); if n == 0 { 0 } else { 1 + (n - 1) * step }];
        values.iter_mut().step_by(step).for_each(|at| *at = random.element());
        Operand { memory: Guarded::new(&values, side), n, inc }
    }

    fn view(&self) -> VecRef<'_, T> {
        // SAFETY: n elements, inc apart.
        unsafe { VecRef::from_blas(self.n, self.memory.as_ptr(), self.inc) }
    }

    fn view_mut(&mut self) -> VecMut<'_, T> {
        // SAFETY: n elements, inc apart.
        unsafe { VecMut::from_blas(self.n, self.memory.as_mut_ptr(), self.inc) }
    }

    fn values(&self) -> Vec<c64> {
        (0..self.n).map(|i| widen(self.view().get(i))).collect()
    }

    fn fill(&mut self, value: T) {
        (0..self.n).for_each(|i| self.view_mut().set(i, value));
    }

    #[track_caller]
    fn check(&self, want: &[c64], terms: usize, what: &dyn core::fmt::Debug) {
        for (i, &want) in want.iter().enumerate() {
            assert_close(self.view().get(i), want, terms, &(what, i));
        }
        let step = self.inc.unsigned_abs();
        for (place, &x) in self.memory.iter().enumerate().filter(|(place, _)| place % step != 0) {
            assert_eq!(bits(x), bits(nan::<T>()), "written between elements, {place}: {what:?}");
        }
    }
}

const TRANS: [Trans; 4] = [Trans::No, Trans::Yes, Trans::Conj, Trans::ConjNo];
const UPLOS: [Uplo; 2] = [Uplo::Upper, Uplo::Lower];
const SYMMETRIES: [Symmetry; 2] = [Symmetry::Symmetric, Symmetry::Hermitian];
const DIAGS: [Diag; 2] = [Diag::NonUnit, Diag::Unit];
const INCREMENTS: [(isize, isize); 4] = [(1, 1), (2, -1), (-1, 3), (-3, -2)];

/// Stamps a test for each of the four types.
macro_rules! for_every_type {
    ($($name:ident => $check:ident;)*) => {$(
        mod $name {
            #[test]
            fn s() { super::$check::<f32>() }
            #[test]
            fn d() { super::$check::<f64>() }
            #[test]
            fn c() { super::$check::<crate::scalar::c32>() }
            #[test]
            fn z() { super::$check::<crate::scalar::c64>() }
        }
    )*};
}

mod bands;

for_every_type! {
    general_products => check_gemv;
    rank_one_updates => check_ger;
    symmetric_products => check_symmetric_products;
    symmetric_updates => check_symmetric_updates;
    triangles => check_triangles;
    threads_alike => check_threads_alike;
    any_strides => check_any_strides;
    quick_returns => check_quick_returns;
}

/// Runs a test for all ISAs, increments, layouts and guards; what ends at a guard page on several threads, and
/// the last increments also without scratch memory.
fn for_all_layouts(seed: u64, test: impl Fn((isize, isize), bool, Side, &mut Random)) {
    on_every_level(|_| {
        let mut random = Random::new(seed);
        for increments in INCREMENTS {
            for by_rows in [false, true] {
                for (side, threads) in Side::ALL.into_iter().zip([1, 3]) {
                    on_threads(threads, || test(increments, by_rows, side, &mut random));
                }
                if increments == INCREMENTS[3] {
                    without_scratch(|| test(increments, by_rows, Side::Start, &mut random));
                }
            }
        }
    });
}

/// alpha and beta: any, and those with a meaning of their own.
fn factors<T: Scalar>(random: &mut Random) -> [(T, T); 4] {
    let (a, b) = (random.element(), random.element());
    [(a, b), (T::ONE, T::ZERO), (T::ZERO, b), (a, T::ONE)]
}

/// `alpha A x + beta y`, as far as read.
fn combine<T: Scalar>(alpha: T, product: &[c64], beta: T, y: &[c64]) -> Vec<c64> {
    let part = |factor: T, x: c64| if factor == T::ZERO { c64::ZERO } else { widen(factor) * x };
    product.iter().zip(y).map(|(&p, &y)| part(alpha, p) + part(beta, y)).collect()
}

fn check_gemv<T: Scalar>() {
    let sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 130];
    for_all_layouts(11, |(incx, incy), by_rows, side, random| {
        let few = [1, 3, 4, 5, 130];
        for (m, n) in
            sizes.iter().flat_map(|&m| few.map(|n| (m, n))).chain(few.map(|m| (m, 300))).chain([(300, 9)])
        {
            let trans = TRANS[random.bits() as usize % 4];
            let (storage, rs, cs) = dense(m, n, by_rows, random.bits() as usize % 3, None);
            let a = storage.hold::<T>(m, n, side, random);
            let full = Full::new(m, n, |i, j| storage.get(&a, i, j).unwrap()).op(trans);
            // SAFETY: m x n elements.
            let view = unsafe { MatRef::new(a.as_ptr(), m, n, rs, cs) }.op(trans);
            let x = Operand::<T>::random(full.cols, incx, side, random);
            for (alpha, beta) in factors::<T>(random) {
                let mut y = Operand::<T>::random(full.rows, incy, side, random);
                let want = combine(alpha, &full.times(&x.values()), beta, &y.values());
                if beta == T::ZERO {
                    y.fill(nan());
                }
                gemv(alpha, view, x.view(), beta, y.view_mut());
                y.check(&want, 4 * full.cols, &(m, n, trans, incx, incy, by_rows, side, alpha, beta));
            }
        }
    });
}

fn check_ger<T: Scalar>() {
    let sizes = [1, 2, 3, 4, 5, 8, 9, 16, 17, 33, 65, 130, 300];
    for_all_layouts(12, |(incx, incy), by_rows, side, random| {
        for (m, n) in sizes.iter().flat_map(|&m| [1, 3, 4, 6, 131].map(|n| (m, n))) {
            let conj_y = random.bits() % 2 == 1;
            let (storage, rs, cs) = dense(m, n, by_rows, random.bits() as usize % 3, None);
            let mut a = storage.hold::<T>(m, n, side, random);
            let x = Operand::<T>::random(m, incx, side, random);
            let y = Operand::<T>::random(n, incy, side, random);
            let alpha: T = random.element();
            let (xs, ys) = (x.values(), y.values());
            let want = Full::new(m, n, |i, j| {
                let y = if conj_y { ys[j].conj() } else { ys[j] };
                storage.get(&a, i, j).unwrap() + widen(alpha) * xs[i] * y
            });
            // SAFETY: m x n elements.
            let view = unsafe { MatMut::new(a.as_mut_ptr(), m, n, rs, cs) };
            ger(alpha, x.view(), y.view(), conj_y, view);
            storage.check(&a, &want, 8, &(m, n, conj_y, incx, incy, by_rows, side));
        }
    });
}

const ORDERS: [usize; 10] = [1, 2, 3, 5, 8, 9, 18, 33, 130, 260];

/// The whole of a symmetric or Hermitian matrix of which `storage` keeps a triangle.
fn mirrored<T: Scalar>(storage: &Storage, a: &[T], n: usize, uplo: Uplo, symmetry: Symmetry) -> Full {
    let hermitian = symmetry == Symmetry::Hermitian;
    Full::new(n, n, |i, j| {
        if i == j {
            let a = storage.get(a, i, i).unwrap();
            return if hermitian { a.re.into() } else { a };
        }
        let here = stored(Some(uplo), i, j);
        let a = if here { storage.get(a, i, j) } else { storage.get(a, j, i) }.unwrap_or(c64::ZERO);
        if hermitian && !here { a.conj() } else { a }
    })
}

/// Puts NaN where a Hermitian diagonal's imaginary parts are.
fn spoil_diagonal<T: Scalar>(storage: &Storage, a: &mut [T], n: usize, symmetry: Symmetry) {
    if symmetry == Symmetry::Hermitian {
        for place in (0..n).filter_map(|i| (storage.place)(i, i)) {
            a[place] = T::from_parts(a[place].re(), T::Real::NAN);
        }
    }
}

fn check_symmetric_products<T: Scalar>() {
    for_all_layouts(14, |(incx, incy), by_rows, side, random| {
        for (n, uplo, symmetry) in ORDERS
            .iter()
            .flat_map(|&n| UPLOS.map(|u| (n, u)))
            .flat_map(|(n, u)| SYMMETRIES.map(|s| (n, u, s)))
        {
            let conj = random.bits() % 4 == 0;
            for form in 0..3 {
                if n > 100 && random.bits() % 2 != 0 {
                    continue;
                }
                let k = [n, 0, 1, 3, 40][random.bits() as usize % 5].min(n);
                let (storage, rs, cs, first) = match form {
                    0 => {
                        let (storage, rs, cs) = dense(n, n, by_rows, random.bits() as usize % 3, Some(uplo));
                        (storage, rs, cs, 0)
                    }
                    1 => {
                        let reach = if uplo == Uplo::Upper { (0, k) } else { (k, 0) };
                        band(n, n, reach, by_rows, random.bits() as usize % 2)
                    }
                    _ => (packed(n, by_rows, uplo), 0, 0, 0),
                };
                let mut a = storage.hold::<T>(n, n, side, random);
                let op = if conj { Trans::ConjNo } else { Trans::No };
                let full = mirrored(&storage, &a, n, uplo, symmetry).op(op);
                spoil_diagonal(&storage, &mut a, n, symmetry);
                let x = Operand::<T>::random(n, incx, side, random);
                let (alpha, beta) = factors::<T>(random)[random.bits() as usize % 4];
                let mut y = Operand::<T>::random(n, incy, side, random);
                let want = combine(alpha, &full.times(&x.values()), beta, &y.values());
                if beta == T::ZERO {
                    y.fill(nan());
                }
                // SAFETY: the stored elements.
                let mat = unsafe { MatRef::new(a.as_ptr().add(first), n, n, rs, cs) }.op(op);
                let view = SymRef { mat, uplo, symmetry };
                match form {
                    0 => symv(alpha, view, x.view(), beta, y.view_mut()),
                    1 => sbmv(alpha, view, k, x.view(), beta, y.view_mut()),
                    _ => {
                        let a = PackedRef { ptr: a.as_ptr(), n, uplo, by_rows, conj, life: PhantomData };
                        spmv(alpha, a, symmetry, x.view(), beta, y.view_mut())
                    }
                }
                y.check(&want, 4 * n, &(form, n, uplo, symmetry, k, incx, incy, by_rows, side));
            }
        }
    });
}

fn check_symmetric_updates<T: Scalar>() {
    for_all_layouts(15, |(incx, incy), by_rows, side, random| {
        for (n, uplo, symmetry) in ORDERS
            .iter()
            .flat_map(|&n| UPLOS.map(|u| (n, u)))
            .flat_map(|(n, u)| SYMMETRIES.map(|s| (n, u, s)))
        {
            let hermitian = symmetry == Symmetry::Hermitian;
            let conj = |x: c64| if hermitian { x.conj() } else { x };
            for form in 0..4 {
                let (is_packed, two) = (form % 2 == 1, form / 2 == 1);
                let (storage, rs, cs) = if is_packed {
                    (packed(n, by_rows, uplo), 0, 0)
                } else {
                    dense(n, n, by_rows, random.bits() as usize % 3, Some(uplo))
                };
                let mut a = storage.hold::<T>(n, n, side, random);
                let x = Operand::<T>::random(n, incx, side, random);
                let y = Operand::<T>::random(n, incy, side, random);
                let alpha: T = T::ONE + T::ONE + random.element();
                let alpha = if hermitian && !two { T::from_real(alpha.re()) } else { alpha };
                let (factor, xs, ys) = (widen(alpha), x.values(), y.values());
                let want = Full::new(n, n, |i, j| {
                    let old = storage.get(&a, i, j).unwrap_or(c64::ZERO);
                    let old = if hermitian && i == j { old.re.into() } else { old };
                    if two {
                        old + factor * xs[i] * conj(ys[j]) + conj(factor) * ys[i] * conj(xs[j])
                    } else {
                        old + factor * xs[i] * conj(xs[j])
                    }
                });
                spoil_diagonal(&storage, &mut a, n, symmetry);
                let memory = a.as_mut_ptr();
                let place = PackedMut { ptr: memory, n, uplo, by_rows, life: PhantomData };
                // SAFETY: the stored elements.
                let mat = unsafe { MatMut::new(memory, n, n, rs, cs) };
                match (two, is_packed) {
                    (false, false) => syr(uplo, symmetry, alpha, x.view(), mat),
                    (false, true) => spr(symmetry, alpha, x.view(), place),
                    (true, false) => syr2(uplo, symmetry, alpha, x.view(), y.view(), mat),
                    (true, true) => spr2(symmetry, alpha, x.view(), y.view(), place),
                }
                let what = (form, n, uplo, symmetry, incx, incy, by_rows, side);
                storage.check(&a, &want, 16, &what);
                if hermitian {
                    let mut diagonal = (0..n).map(|i| storage.get(&a, i, i).unwrap());
                    assert!(diagonal.all(|a| a.im == 0.0), "{what:?}");
                }
            }
        }
    });
}

fn check_triangles<T: Scalar>() {
    for_all_layouts(16, |(inc, _), by_rows, side, random| {
        for (n, uplo, diag) in
            ORDERS.iter().flat_map(|&n| UPLOS.map(|u| (n, u))).flat_map(|(n, u)| DIAGS.map(|d| (n, u, d)))
        {
            for (form, trans) in (0..3).flat_map(|form| TRANS.map(|trans| (form, trans))) {
                if n > 100 && random.bits() % 4 != 0 {
                    continue;
                }
                let k = [n, 0, 1, 3, 40][random.bits() as usize % 5].min(n);
                let (storage, rs, cs, first) = match form {
                    0 => {
                        let (storage, rs, cs) = dense(n, n, by_rows, random.bits() as usize % 3, Some(uplo));
                        (storage, rs, cs, 0)
                    }
                    1 => {
                        let reach = if uplo == Uplo::Upper { (0, k) } else { (k, 0) };
                        band(n, n, reach, by_rows, random.bits() as usize % 2)
                    }
                    _ => (packed(n, by_rows, uplo), 0, 0, 0),
                };
                let mut a = storage.hold::<T>(n, n, side, random);
                // A small rest beside a diagonal of about 2 keeps the solution from growing.
                let shrink = T::Real::from_f64(1.0 / n as f64);
                for (i, j) in (0..n).flat_map(|j| (0..n).map(move |i| (i, j))) {
                    if let Some(place) = (storage.place)(i, j) {
                        a[place] = a[place].scale(shrink);
                        if i == j && diag == Diag::Unit {
                            a[place] = nan();
                        } else if i == j {
                            a[place] += T::from_parts(T::ONE.re() + T::ONE.re(), T::ONE.re());
                        }
                    }
                }
                let full = Full::new(n, n, |i, j| match storage.get(&a, i, j) {
                    _ if i == j && diag == Diag::Unit => c64::ONE,
                    a => a.unwrap_or(c64::ZERO),
                })
                .op(trans);
                // SAFETY: the stored elements.
                let mat = unsafe { MatRef::new(a.as_ptr().add(first), n, n, rs, cs) };
                let view = TriRef { mat, uplo, diag }.op(trans);
                let place = PackedRef { ptr: a.as_ptr(), n, uplo, by_rows, conj: false, life: PhantomData };
                let place = place.op(trans);
                let mut x = Operand::<T>::random(n, inc, side, random);
                let start = x.values();
                let what = (form, n, uplo, diag, trans, k, inc, by_rows, side);
                match form {
                    0 => trmv(view, x.view_mut()),
                    1 => tbmv(view, k, x.view_mut()),
                    _ => tpmv(place, diag, x.view_mut()),
                }
                x.check(&full.times(&start), 16, &("product", what));
                match form {
                    0 => trsv(view, x.view_mut()),
                    1 => tbsv(view, k, x.view_mut()),
                    _ => tpsv(place, diag, x.view_mut()),
                }
                x.check(&start, 64, &("solution", what));
            }
        }
    });
}

/// One thread and several make the same bits of x.
#[track_caller]
fn assert_threads_alike<T: Scalar>(x: &[T], what: &dyn core::fmt::Debug, operation: &dyn Fn(&mut [T])) {
    let results = [1, 2, 3, 5].map(|threads| {
        let mut x = x.to_vec();
        on_threads(threads, || operation(&mut x));
        x.into_iter().map(bits).collect::<Vec<_>>()
    });
    assert!(results.iter().all(|some| *some == results[0]), "{what:?}");
}

/// Threads change no bit of what triangles give, at sizes that straddle the blocks that they share.
fn check_threads_alike<T: Scalar>() {
    on_every_level(|_| {
        let mut random = Random::new(19);
        for n in [130, 390, 601] {
            let shrink = T::Real::from_f64(1.0 / n as f64);
            let mut a: Vec<T> = (0..n * n).map(|_| random.element::<T>().scale(shrink)).collect();
            (0..n).for_each(|i| a[i * (n + 1)] += T::ONE);
            let x: Vec<T> = (0..n).map(|_| random.element()).collect();
            let alike = |what: &dyn core::fmt::Debug, operation: &dyn Fn(&mut [T])| {
                assert_threads_alike(&x, &(n, what), operation);
            };
            for (uplo, trans) in UPLOS.into_iter().flat_map(|uplo| TRANS.map(|trans| (uplo, trans))) {
                for by_rows in [false, true] {
                    let (rs, cs) = if by_rows { (n as isize, 1) } else { (1, n as isize) };
                    // SAFETY: n x n elements.
                    let mat = unsafe { MatRef::new(a.as_ptr(), n, n, rs, cs) };
                    let triangle = TriRef { mat, uplo, diag: Diag::NonUnit }.op(trans);
                    let packed =
                        PackedRef { ptr: a.as_ptr(), n, uplo, by_rows, conj: false, life: PhantomData };
                    let packed = packed.op(trans);
                    let what = (uplo, trans, by_rows);
                    alike(&("trmv", what), &|x| trmv(triangle, VecMut::from_slice(x)));
                    alike(&("trsv", what), &|x| trsv(triangle, VecMut::from_slice(x)));
                    alike(&("tpmv", what), &|x| tpmv(packed, Diag::Unit, VecMut::from_slice(x)));
                    alike(&("tpsv", what), &|x| tpsv(packed, Diag::Unit, VecMut::from_slice(x)));
                }
            }
        }
    });
}

/// Matrices whose rows and columns both have gaps, which Rust callers may have.
fn check_any_strides<T: Scalar>() {
    let mut random = Random::new(17);
    let (m, n) = (9, 7);
    let storage = Storage { len: 3 * m * n, place: Box::new(move |i, j| Some(3 * (i + j * m))) };
    let triangle = |uplo| Storage {
        len: 3 * m * m,
        place: Box::new(move |i, j| stored(Some(uplo), i, j).then_some(3 * (i + j * m))),
    };
    let x = Operand::<T>::random(n, 1, Side::End, &mut random);
    let mut y = Operand::<T>::random(m, 2, Side::End, &mut random);
    let mut a = storage.hold::<T>(m, n, Side::End, &mut random);
    let full = Full::new(m, n, |i, j| storage.get(&a, i, j).unwrap());
    // SAFETY: m x n elements.
    let view = unsafe { MatRef::new(a.as_ptr(), m, n, 3, 3 * m as isize) };
    let want = combine(T::ONE, &full.times(&x.values()), T::ONE, &y.values());
    gemv(T::ONE, view, x.view(), T::ONE, y.view_mut());
    y.check(&want, 64, &"gemv");
    let (xs, ys) = (x.values(), y.values());
    let want = Full::new(m, n, |i, j| full.get(i, j) + ys[i] * xs[j].conj());
    // SAFETY: m x n elements.
    let view = unsafe { MatMut::new(a.as_mut_ptr(), m, n, 3, 3 * m as isize) };
    ger(T::ONE, y.view(), x.view(), true, view);
    storage.check(&a, &want, 64, &"ger");
    for uplo in UPLOS {
        let storage = triangle(uplo);
        let mut a = storage.hold::<T>(m, m, Side::Start, &mut random);
        let mut x = Operand::<T>::random(m, 1, Side::End, &mut random);
        let xs = x.values();
        // SAFETY: a triangle of m x m elements.
        let mat = unsafe { MatRef::new(a.as_ptr(), m, m, 3, 3 * m as isize) };
        let mut y = Operand::<T>::random(m, 1, Side::End, &mut random);
        let want = mirrored(&storage, &a, m, uplo, Symmetry::Hermitian).times(&xs);
        symv(T::ONE, SymRef { mat, uplo, symmetry: Symmetry::Hermitian }, x.view(), T::ZERO, y.view_mut());
        y.check(&want, 64, &("hemv", uplo));
        let full = Full::new(m, m, |i, j| storage.get(&a, i, j).unwrap_or(c64::ZERO));
        trmv(TriRef { mat, uplo, diag: Diag::NonUnit }, x.view_mut());
        x.check(&full.times(&xs), 64, &("trmv", uplo));
        let old = x.values();
        let want = Full::new(m, m, |i, j| full.get(i, j) + old[i] * want[j] + want[i] * old[j]);
        // SAFETY: a triangle of m x m elements.
        let mat = unsafe { MatMut::new(a.as_mut_ptr(), m, m, 3, 3 * m as isize) };
        syr2(uplo, Symmetry::Symmetric, T::ONE, x.view(), y.view(), mat);
        storage.check(&a, &want, 2000, &("syr2", uplo));
    }
}

/// What an operand of size zero or a factor of zero leaves alone.
fn check_quick_returns<T: Scalar>() {
    let nothing = core::ptr::null::<T>();
    let mut y = [T::ONE; 3];
    // SAFETY: no elements are claimed, or none may be touched for a factor of zero.
    unsafe {
        // As in the reference, y is not scaled if A has no columns.
        gemv(
            T::ONE,
            MatRef::new(nothing, 3, 0, 1, 3),
            VecRef::new(nothing, 0, 1),
            T::ZERO,
            VecMut::from_slice(&mut y),
        );
        assert_eq!(y, [T::ONE; 3]);
        let wild = MatRef::new(nothing, 3, 3, 1, 3);
        gemv(T::ZERO, wild, VecRef::new(nothing, 3, 1), T::ONE, VecMut::from_slice(&mut y));
        assert_eq!(y, [T::ONE; 3]);
        let symmetric = SymRef { mat: wild, uplo: Uplo::Upper, symmetry: Symmetry::Hermitian };
        symv(T::ZERO, symmetric, VecRef::new(nothing, 3, 1), T::ZERO, VecMut::from_slice(&mut y));
        assert_eq!(y, [T::ZERO; 3]);
        let wild = || MatMut::new(nothing.cast_mut(), 3, 3, 1, 3);
        let x = VecRef::from_slice(&y);
        ger(T::ZERO, x, x, false, wild());
        syr(Uplo::Upper, Symmetry::Hermitian, T::ZERO, x, wild());
        syr2(Uplo::Lower, Symmetry::Hermitian, T::ZERO, x, x, wild());
        let none = TriRef { mat: MatRef::new(nothing, 0, 0, 1, 1), uplo: Uplo::Upper, diag: Diag::NonUnit };
        trsv(none, VecMut::new(nothing.cast_mut(), 0, 1));
        trmv(none, VecMut::new(nothing.cast_mut(), 0, -1));
    }
}
