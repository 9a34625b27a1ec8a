//! Matrix-vector operations: quick returns, and the translation of each storage into lines.
//!
//! Called by the interface and by level 3; files: `dense.rs` (gemv), `product.rs` (symv, spmv), `update.rs` (ger, syr,
//! syr2), `triangular.rs` (trmv, trsv and packed forms), over `panel.rs` and `kernels.rs` (the loops) and `shape.rs`
//! (how storage looks to them). Bands: `band.rs` (gbmv, sbmv, tbmv), over `stairs.rs` (their loops); narrow ones
//! `diagonals.rs` (products) and `recurrence.rs` (tbsv).
//!
//! Products first scale y by beta (beta = 0 sets it to zero without reading it), then add; so alpha = 0
//! does not read A or x. Solutions divide by the diagonal and never test for singularity.

mod band;
mod dense;
mod diagonals;
mod kernels;
mod panel;
mod product;
mod recurrence;
mod shape;
mod stairs;
mod triangular;
mod update;

use crate::level1;
use crate::scalar::Scalar;
use crate::simd::dispatch;
use crate::view::*;
use band::{BandProduct, SymmetricBand};
use dense::DenseProduct;
use diagonals::{Diagonals, are_few};
use panel::Panel;
use product::SymmetricProduct;
use recurrence::Recurrence;
use shape::{Lines, Spans, WINDOW, is_after, with_scratch};
use triangular::Triangular;
use update::{RankUpdate, Region, Term};

/// `y <- alpha A x + beta y`, A m x n as the view says (transposed, conjugated).
#[inline(always)]
pub fn gemv<T: Scalar>(alpha: T, a: MatRef<T>, x: VecRef<T>, beta: T, y: VecMut<T>) {
    if a.rows() == 0 || a.cols() == 0 {
        return;
    }
    if alpha == T::ZERO {
        scale(beta, y);
    } else if a.rows() == 1 {
        let sum = if a.is_conj() { level1::dotc(a.row(0), x) } else { level1::dot(a.row(0), x) };
        let mut y = y;
        y.set(0, if beta == T::ZERO { alpha * sum } else { beta * y.get(0) + alpha * sum });
    } else {
        let product = DenseProduct { alpha, a: Lines::of(a), conj: a.is_conj(), x, beta, y };
        let along = if product.a.columns { product.y.as_ref() } else { x };
        if along.stride() == 1 || along.len() <= WINDOW { dispatch(&product) } else { gemv_strided(&product) }
    }
}

/// A product of which the vector that lines are as long as is strided, and longer than a window.
#[cold]
fn gemv_strided<T: Scalar>(product: &DenseProduct<T>) {
    // SAFETY: nobody else uses y meanwhile.
    let y = || unsafe { product.y.again() };
    let done = if product.a.columns {
        let n = product.y.len();
        with_scratch(n, |room: *mut T| {
            // SAFETY: room for n elements.
            let mut copy = unsafe { VecMut::new(room, n, 1) };
            if product.beta != T::ZERO {
                level1::copy(product.y.as_ref(), copy.reborrow());
            }
            dispatch(&DenseProduct { y: copy.reborrow(), ..*product });
            level1::copy(copy.as_ref(), y());
        })
    } else {
        with_copy(product.x, |x| dispatch(&DenseProduct { x, y: y(), ..*product }))
    };
    if !done {
        dispatch(product);
    }
}

/// `y <- beta y`, where beta = 0 means zero whatever y is.
#[inline(always)]
fn scale<T: Scalar>(beta: T, y: VecMut<T>) {
    if beta == T::ZERO {
        level1::fill(T::ZERO, y);
    } else {
        level1::scal(beta, y);
    }
}

/// `A <- alpha x y^T + A`, or `y^H` if `conj_y`.
#[inline(always)]
pub fn ger<T: Scalar>(alpha: T, x: VecRef<T>, y: VecRef<T>, conj_y: bool, a: MatMut<T>) {
    if alpha == T::ZERO {
        return;
    }
    let lines = Lines::dense(a.as_mut_ptr(), a.row_stride(), a.col_stride());
    let (along, across) = if lines.columns { (x, y) } else { (y, x) };
    let (conj_along, conj_across) = (conj_y && !lines.columns, conj_y && lines.columns);
    let term = Term { factor: alpha, across, conj_across, along, conj_along };
    let update = RankUpdate { a: lines, region: Region::Full, terms: [term] };
    if along.stride() == 1 || along.len() <= WINDOW { dispatch(&update) } else { ger_strided(&update) }
}

/// An update whose lines are longer than a window, by a strided vector.
#[cold]
fn ger_strided<T: Scalar>(update: &RankUpdate<T, 1>) {
    let [term] = update.terms;
    let done = with_copy(term.along, |along| {
        dispatch(&RankUpdate { terms: [Term { along, ..term }], ..*update });
    });
    if !done {
        dispatch(update);
    }
}

/// `y <- alpha A x + beta y`, A symmetric or Hermitian.
#[inline(always)]
pub fn symv<T: Scalar>(alpha: T, a: SymRef<T>, x: VecRef<T>, beta: T, y: VecMut<T>) {
    sbmv(alpha, a, x.len(), x, beta, y);
}

/// `A <- alpha x x^T + A`, or `x^H` (alpha real then) on one triangle.
#[inline(always)]
pub fn syr<T: Scalar>(uplo: Uplo, symmetry: Symmetry, alpha: T, x: VecRef<T>, a: MatMut<T>) {
    let lines = Lines::dense(a.as_mut_ptr(), a.row_stride(), a.col_stride());
    update_triangle(uplo, symmetry, alpha, x, lines);
}

fn update_triangle<T: Scalar>(uplo: Uplo, symmetry: Symmetry, alpha: T, x: VecRef<T>, lines: Lines<*mut T>) {
    if alpha == T::ZERO {
        return;
    }
    let hermitian = symmetry == Symmetry::Hermitian;
    let region = Region::Triangle { after: is_after(lines.columns, uplo), hermitian };
    let term = Term {
        factor: alpha,
        across: x,
        conj_across: hermitian && lines.columns,
        along: x,
        conj_along: hermitian && !lines.columns,
    };
    dispatch(&RankUpdate { a: lines, region, terms: [term] });
}

/// `A <- alpha x y^T + alpha y x^T + A`, or `alpha x y^H + conj(alpha) y x^H + A`, on one triangle.
#[inline(always)]
pub fn syr2<T: Scalar>(uplo: Uplo, symmetry: Symmetry, alpha: T, x: VecRef<T>, y: VecRef<T>, a: MatMut<T>) {
    let lines = Lines::dense(a.as_mut_ptr(), a.row_stride(), a.col_stride());
    update_triangle_twice(uplo, symmetry, alpha, [x, y], lines);
}

fn update_triangle_twice<T: Scalar>(
    uplo: Uplo,
    symmetry: Symmetry,
    alpha: T,
    [x, y]: [VecRef<T>; 2],
    lines: Lines<*mut T>,
) {
    if alpha == T::ZERO {
        return;
    }
    let hermitian = symmetry == Symmetry::Hermitian;
    let region = Region::Triangle { after: is_after(lines.columns, uplo), hermitian };
    let (conj_across, conj_along) = (hermitian && lines.columns, hermitian && !lines.columns);
    // alpha belongs to x y^H, its conjugate to y x^H, whichever of the two vectors runs along lines.
    let (with_x, with_y) =
        if lines.columns { (alpha, alpha.conj_if(hermitian)) } else { (alpha.conj_if(hermitian), alpha) };
    let terms = [
        Term { factor: with_x, across: y, conj_across, along: x, conj_along },
        Term { factor: with_y, across: x, conj_across, along: y, conj_along },
    ];
    dispatch(&RankUpdate { a: lines, region, terms });
}

/// `x <- A x`, A triangular as the view says.
#[inline(always)]
pub fn trmv<T: Scalar>(a: TriRef<T>, x: VecMut<T>) {
    let n = x.len();
    tbmv(a, n, x);
}

/// `x <- A^-1 x`, A triangular as the view says.
#[inline(always)]
pub fn trsv<T: Scalar>(a: TriRef<T>, x: VecMut<T>) {
    let n = x.len();
    tbsv(a, n, x);
}

/// Runs `work` with a copy of `x` whose elements are adjacent. False if the system has no memory for it.
#[cold]
fn with_copy<T: Scalar>(x: VecRef<T>, work: impl FnOnce(VecRef<T>)) -> bool {
    with_scratch(x.len(), |room: *mut T| {
        // SAFETY: room for so many elements.
        let mut copy = unsafe { VecMut::new(room, x.len(), 1) };
        level1::copy(x, copy.reborrow());
        work(copy.as_ref());
    })
}

/// `y <- alpha A x + beta y`, A banded.
#[inline(always)]
pub fn gbmv<T: Scalar>(alpha: T, a: BandRef<T>, x: VecRef<T>, beta: T, mut y: VecMut<T>) {
    let (m, n) = (a.mat.rows(), a.mat.cols());
    if m == 0 || n == 0 {
        return;
    }
    if alpha != T::ZERO && are_few::<T>(a.lower.saturating_add(a.upper).saturating_add(1), m.min(n)) {
        let all = Diagonals::of(a.mat, -(a.lower as isize), a.upper as isize + 1);
        if x.stride() == 1 {
            return diagonals::product(alpha, [all], false, x, beta, y);
        }
        if with_copy(x, |x| diagonals::product(alpha, [all], false, x, beta, y.reborrow())) {
            return;
        }
    }
    scale(beta, y.reborrow());
    if alpha != T::ZERO {
        let lines = Lines::of(a.mat);
        let (count, spans) = if lines.columns {
            (n, Spans::band(m, a.upper, a.lower))
        } else {
            (m, Spans::band(n, a.lower, a.upper))
        };
        banded(&BandProduct { alpha, a: Panel { lines, spans, conj: a.mat.is_conj() }, count, x, y });
    }
}

/// A product with a band on vectors of any stride.
#[inline(always)]
fn banded<T: Scalar>(product: &BandProduct<T>) {
    let along = if product.a.lines.columns { product.y.stride() } else { product.x.stride() };
    if along == 1 && product.a.lines.step == 1 { dispatch(product) } else { banded_strided(product) }
}

#[cold]
fn banded_strided<T: Scalar>(product: &BandProduct<T>) {
    // SAFETY: nobody else uses y meanwhile.
    let y = || unsafe { product.y.again() };
    let done = if product.a.lines.step != 1 {
        false
    } else if product.a.lines.columns {
        let n = product.y.len();
        with_scratch(n, |room: *mut T| {
            // SAFETY: room for n elements.
            let mut copy = unsafe { VecMut::new(room, n, 1) };
            level1::copy(product.y.as_ref(), copy.reborrow());
            dispatch(&BandProduct { y: copy.reborrow(), ..*product });
            level1::copy(copy.as_ref(), y());
        })
    } else {
        with_copy(product.x, |x| dispatch(&BandProduct { x, y: y(), ..*product }))
    };
    if !done {
        product.line_by_line();
    }
}

/// `y <- alpha A x + beta y`, A symmetric or Hermitian with k diagonals beside the main one (band storage as in [`BandRef`]).
#[inline(always)]
pub fn sbmv<T: Scalar>(alpha: T, a: SymRef<T>, k: usize, x: VecRef<T>, beta: T, mut y: VecMut<T>) {
    if alpha != T::ZERO && k.saturating_add(1) < x.len() && are_few::<T>(2 * k + 1, x.len()) {
        let (k, hermitian) = (k as isize, a.symmetry == Symmetry::Hermitian);
        // Each stored element is used from both sides of the diagonal.
        let sides = if a.uplo == Uplo::Upper {
            [Diagonals::of(a.mat, 1, k + 1), Diagonals::mirrored(a.mat, -k, 0, hermitian)]
        } else {
            [Diagonals::mirrored(a.mat, 1, k + 1, hermitian), Diagonals::of(a.mat, -k, 0)]
        };
        let main = if hermitian { Diagonals::real(a.mat) } else { Diagonals::of(a.mat, 0, 1) };
        let all = [sides[0], sides[1], main];
        if x.stride() == 1 {
            return diagonals::product(alpha, all, false, x, beta, y);
        }
        if with_copy(x, |x| diagonals::product(alpha, all, false, x, beta, y.reborrow())) {
            return;
        }
    }
    scale(beta, y.reborrow());
    if alpha != T::ZERO {
        let lines = Lines::of(a.mat);
        let after = is_after(lines.columns, a.uplo);
        let hermitian = a.symmetry == Symmetry::Hermitian;
        let conj = a.mat.is_conj() != (hermitian && !lines.columns);
        let a = Panel { lines, spans: Spans::beside(x.len(), after, k), conj };
        symmetric(&SymmetricProduct { alpha, a, after, hermitian, x, y });
    }
}

/// A product on vectors of any stride.
#[inline(always)]
fn symmetric<T: Scalar>(product: &SymmetricProduct<T>) {
    if product.x.stride() == 1 && product.y.stride() == 1 {
        symmetric_adjacent(product)
    } else {
        symmetric_strided(product)
    }
}

/// A product on vectors whose elements are adjacent.
#[inline(always)]
fn symmetric_adjacent<T: Scalar>(product: &SymmetricProduct<T>) {
    if product.a.spans.are_full() {
        dispatch(product);
    } else if product.a.lines.step == 1 {
        let SymmetricProduct { alpha, a, hermitian, x, .. } = *product;
        // SAFETY: nobody else uses y meanwhile.
        dispatch(&SymmetricBand { alpha, a, hermitian, x, y: unsafe { product.y.again() } });
    } else {
        product.line_by_line();
    }
}

#[cold]
fn symmetric_strided<T: Scalar>(product: &SymmetricProduct<T>) {
    let n = product.x.len();
    let done = with_scratch(2 * n, |room: *mut T| {
        // SAFETY: room for n elements each; nobody else uses y meanwhile.
        let (mut x, mut y, home) =
            unsafe { (VecMut::new(room, n, 1), VecMut::new(room.add(n), n, 1), product.y.again()) };
        level1::copy(product.x, x.reborrow());
        level1::copy(product.y.as_ref(), y.reborrow());
        symmetric_adjacent(&SymmetricProduct { x: x.as_ref(), y: y.reborrow(), ..*product });
        level1::copy(y.as_ref(), home);
    });
    if !done {
        product.line_by_line();
    }
}

/// `x <- A x`, A triangular with k diagonals beside the main one.
#[inline(always)]
pub fn tbmv<T: Scalar>(a: TriRef<T>, k: usize, x: VecMut<T>) {
    if k.saturating_add(1) >= x.len() || !multiplied_by_band(a, k, &x) {
        triangular(Lines::of(a.mat), a.mat.is_conj(), (a.uplo, a.diag), k, false, x);
    }
}

/// [`tbmv`] from a copy of x. False, and nothing done, without memory for it.
#[inline(always)]
fn multiplied_by_band<T: Scalar>(a: TriRef<T>, k: usize, x: &VecMut<T>) -> bool {
    let (n, unit, lines) = (x.len(), a.diag == Diag::Unit, Lines::of(a.mat));
    let spans = Spans::triangle(n, is_after(lines.columns, a.uplo), k, unit);
    let panel = Panel { lines, spans, conj: a.mat.is_conj() };
    with_copy(x.as_ref(), |copy| {
        // SAFETY: nobody else uses x meanwhile.
        let y = || unsafe { x.again() };
        if are_few::<T>(k + 1, n) {
            let (k, main) = (k as isize, isize::from(unit));
            let (from, to) = if a.uplo == Uplo::Upper { (main, k + 1) } else { (-k, 1 - main) };
            let stored = Diagonals::of(a.mat, from, to);
            return diagonals::product(T::ONE, [stored], unit, copy, T::ZERO, y());
        }
        if !unit {
            level1::fill(T::ZERO, y());
        }
        banded(&BandProduct { alpha: T::ONE, a: panel, count: n, x: copy, y: y() });
    })
}

/// `x <- A^-1 x`, A triangular with k diagonals beside the main one.
#[inline(always)]
pub fn tbsv<T: Scalar>(a: TriRef<T>, k: usize, x: VecMut<T>) {
    if recurrence::are_few::<T>(k) && !x.is_empty() {
        return dispatch(&Recurrence { a, k, x });
    }
    triangular(Lines::of(a.mat), a.mat.is_conj(), (a.uplo, a.diag), k, true, x);
}

#[inline(always)]
fn triangular<T: Scalar>(
    lines: Lines<*const T>,
    conj: bool,
    (uplo, diag): (Uplo, Diag),
    reach: usize,
    solve: bool,
    x: VecMut<T>,
) {
    let after = is_after(lines.columns, uplo);
    let (n, unit) = (x.len(), diag == Diag::Unit);
    let a = Panel { lines, spans: Spans::beside(n, after, reach), conj };
    let operation = Triangular { a, after, reach, unit, solve, x };
    if a.spans.are_full() || (solve && a.lines.step == 1) {
        if operation.x.stride() == 1 { dispatch(&operation) } else { triangular_strided(&operation) }
    } else {
        operation.line_by_line();
    }
}

#[cold]
fn triangular_strided<T: Scalar>(operation: &Triangular<T>) {
    let n = operation.x.len();
    let done = with_scratch(n, |room: *mut T| {
        // SAFETY: room for n elements; nobody else uses x meanwhile.
        let (mut x, home) = unsafe { (VecMut::new(room, n, 1), operation.x.again()) };
        level1::copy(operation.x.as_ref(), x.reborrow());
        dispatch(&Triangular { x: x.reborrow(), ..*operation });
        level1::copy(x.as_ref(), home);
    });
    if !done {
        operation.line_by_line();
    }
}

/// `y <- alpha A x + beta y`, A packed.
#[inline(always)]
pub fn spmv<T: Scalar>(
    alpha: T,
    a: PackedRef<T>,
    symmetry: Symmetry,
    x: VecRef<T>,
    beta: T,
    mut y: VecMut<T>,
) {
    scale(beta, y.reborrow());
    if alpha != T::ZERO {
        let lines = Lines::of_packed(a);
        let after = is_after(lines.columns, a.uplo);
        let hermitian = symmetry == Symmetry::Hermitian;
        let conj = a.conj != (hermitian && !lines.columns);
        let a = Panel { lines, spans: Spans::full(a.n), conj };
        symmetric(&SymmetricProduct { alpha, a, after, hermitian, x, y });
    }
}

/// [`syr`] on packed storage.
#[inline(always)]
pub fn spr<T: Scalar>(symmetry: Symmetry, alpha: T, x: VecRef<T>, a: PackedMut<T>) {
    update_triangle(a.uplo, symmetry, alpha, x, Lines::packed(a.ptr, a.n, a.uplo, a.by_rows));
}

/// [`syr2`] on packed storage.
#[inline(always)]
pub fn spr2<T: Scalar>(symmetry: Symmetry, alpha: T, x: VecRef<T>, y: VecRef<T>, a: PackedMut<T>) {
    update_triangle_twice(a.uplo, symmetry, alpha, [x, y], Lines::packed(a.ptr, a.n, a.uplo, a.by_rows));
}

/// [`trmv`] on packed storage.
#[inline(always)]
pub fn tpmv<T: Scalar>(a: PackedRef<T>, diag: Diag, x: VecMut<T>) {
    triangular(Lines::of_packed(a), a.conj, (a.uplo, diag), a.n, false, x);
}

/// [`trsv`] on packed storage.
#[inline(always)]
pub fn tpsv<T: Scalar>(a: PackedRef<T>, diag: Diag, x: VecMut<T>) {
    triangular(Lines::of_packed(a), a.conj, (a.uplo, diag), a.n, true, x);
}

#[cfg(test)]
mod tests;
