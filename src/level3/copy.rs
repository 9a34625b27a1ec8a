//! Copies and sums of matrices: omatcopy, imatcopy, geadd.
//!
//! Memory sets the pace. So lines that are adjacent in both matrices are walked as they lie; a transposition goes
//! by blocks that stay in the first-level cache, each transposed in registers.

use crate::platform::memory::Buffer;
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa, Transposition, dispatch};
use crate::view::{MatMut, MatRef};

/// Rows and columns of a block of a transposition: 64 x 64 of the widest type are 64 KiB, read once and written
/// once, of the narrowest 16 KiB.
const BLOCK: usize = 64;

/// `B <- alpha A`, A as the view says (transposed, conjugated); A and B do not overlap. A is not read if alpha is
/// zero.
pub fn omatcopy<T: Scalar>(alpha: T, a: MatRef<T>, b: MatMut<T>) {
    debug_assert!(a.rows() == b.rows() && a.cols() == b.cols());
    if alpha == T::ZERO {
        return fill_zero(b);
    }
    // The inner loop, over rows, runs along B.
    let (a, b) = if b.row_stride() == 1 { (a, b) } else { (a.t(), b.t()) };
    dispatch(Copy { alpha, a, b });
}

/// `C <- alpha A + beta C`; a matrix whose factor is zero is not read.
pub fn geadd<T: Scalar>(alpha: T, a: MatRef<T>, beta: T, c: MatMut<T>) {
    debug_assert!(a.rows() == c.rows() && a.cols() == c.cols());
    let (a, mut c) = if c.row_stride() == 1 { (a, c) } else { (a.t(), c.t()) };
    if beta == T::ZERO {
        omatcopy(alpha, a, c);
    } else if alpha != T::ZERO {
        dispatch(Add { alpha, a, beta, c });
    } else if beta != T::ONE {
        dispatch(Rescale { alpha: beta, conj: false, b: c.reborrow() });
    }
}

/// The system had no memory for a matrix of this many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory(pub usize);

/// `B <- alpha A` where B takes the place of A: both begin at the same address, and each has adjacent rows or
/// adjacent columns. Elements of A's place that are not B's keep no particular value, except that what neither view
/// covers is not written.
///
/// Needs memory only for a transposition that is not square or changes the distance of the lines; if there is none,
/// nothing is changed.
pub fn imatcopy<T: Scalar>(alpha: T, a: MatRef<T>, b: MatMut<T>) -> Result<(), OutOfMemory> {
    debug_assert!(a.as_ptr() == b.as_mut_ptr().cast_const() && a.rows() == b.rows() && a.cols() == b.cols());
    if alpha == T::ZERO {
        fill_zero(b);
        return Ok(());
    }
    let (a, mut b) = if b.row_stride() == 1 { (a, b) } else { (a.t(), b.t()) };
    let (m, n) = (b.rows(), b.cols());
    if a.row_stride() == b.row_stride() {
        shift_columns(a, b.reborrow());
    } else if m == n && a.row_stride() == b.col_stride() && a.col_stride() == b.row_stride() {
        transpose_square(b.reborrow());
    } else {
        let bytes = m * n * size_of::<T>();
        let buffer = Buffer::take(bytes).ok_or(OutOfMemory(bytes))?;
        // SAFETY: the buffer holds m n elements, aligned to a page.
        let mut copy = unsafe { MatMut::new(buffer.as_mut_ptr().cast::<T>(), m, n, 1, m as isize) };
        omatcopy(alpha, a, copy.reborrow());
        omatcopy(T::ONE, copy.as_ref(), b);
        return Ok(());
    }
    if alpha != T::ONE || a.is_conj() {
        dispatch(Rescale { alpha, conj: a.is_conj(), b });
    }
    Ok(())
}

fn fill_zero<T: Scalar>(b: MatMut<T>) {
    let mut b = if b.row_stride() == 1 { b } else { b.t() };
    for j in 0..b.cols() {
        for i in 0..b.rows() {
            b.set(i, j, T::ZERO);
        }
    }
}

/// Moves column j from where A has it to where B has it, unit row strides. Columns that move down are taken from
/// the first on, those that move up from the last on: none is overwritten before it has moved.
fn shift_columns<T: Scalar>(a: MatRef<T>, b: MatMut<T>) {
    let shift = |j| {
        // SAFETY: column j of two valid views, `rows` adjacent elements; they may overlap.
        unsafe { core::ptr::copy(a.at(0, j), b.at(0, j), b.rows()) }
    };
    if b.col_stride() < a.col_stride() {
        (0..b.cols()).for_each(shift);
    } else if b.col_stride() > a.col_stride() {
        (0..b.cols()).rev().for_each(shift);
    }
}

/// Transposes a square matrix in its place: blocks below the diagonal change places with those above it.
fn transpose_square<T: Scalar>(mut b: MatMut<T>) {
    let n = b.cols();
    for j0 in (0..n).step_by(BLOCK) {
        for i0 in (j0..n).step_by(BLOCK) {
            for j in j0..(j0 + BLOCK).min(n) {
                for i in i0.max(j + 1)..(i0 + BLOCK).min(n) {
                    let (below, above) = (b.get(i, j), b.get(j, i));
                    b.set(i, j, above);
                    b.set(j, i, below);
                }
            }
        }
    }
}

/// `B <- alpha A`, the inner loop over rows.
struct Copy<'a, T> {
    alpha: T,
    a: MatRef<'a, T>,
    b: MatMut<'a, T>,
}

impl<T: Scalar> Dispatch for Copy<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let Copy { alpha, a, mut b } = self;
        let plain = alpha == T::ONE && !a.is_conj();
        let across = a.row_stride() != 1 && a.col_stride() == 1 && b.row_stride() == 1 && b.col_stride() > 0;
        if !across {
            for j in 0..b.cols() {
                if plain && a.row_stride() == 1 && b.row_stride() == 1 {
                    // SAFETY: column j of two valid views that do not overlap, `rows` adjacent elements.
                    unsafe { core::ptr::copy_nonoverlapping(a.at(0, j), b.at(0, j), b.rows()) };
                    continue;
                }
                for i in 0..b.rows() {
                    b.set(i, j, alpha * a.get(i, j));
                }
            }
            return;
        }
        let (m, n) = (b.rows(), b.cols());
        for j in (0..n).step_by(BLOCK) {
            for i in (0..m).step_by(BLOCK) {
                let (i_end, j_end) = ((i + BLOCK).min(m), (j + BLOCK).min(n));
                // SAFETY: the block i..i_end x j..j_end of both views; A's rows and B's columns are adjacent.
                unsafe {
                    isa.transpose(Transposition {
                        from: a.at(i, j),
                        from_stride: a.row_stride(),
                        rows: i_end - i,
                        cols: j_end - j,
                        to: b.at(i, j),
                        to_stride: b.col_stride() as usize,
                        width: i_end - i,
                        ahead: i_end - i,
                    });
                }
                if !plain {
                    rescale(alpha, a.is_conj(), b.block(i..i_end, j..j_end));
                }
            }
        }
    }
}

/// `B <- alpha B`, or `alpha conj(B)`.
struct Rescale<'a, T> {
    alpha: T,
    conj: bool,
    b: MatMut<'a, T>,
}

impl<T: Scalar> Dispatch for Rescale<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, _isa: S) {
        rescale(self.alpha, self.conj, self.b);
    }
}

#[inline(always)]
fn rescale<T: Scalar>(alpha: T, conj: bool, mut b: MatMut<T>) {
    for j in 0..b.cols() {
        for i in 0..b.rows() {
            let x = b.get(i, j).conj_if(conj);
            b.set(i, j, alpha * x);
        }
    }
}

/// `C <- alpha A + beta C`, the inner loop over rows.
struct Add<'a, T> {
    alpha: T,
    a: MatRef<'a, T>,
    beta: T,
    c: MatMut<'a, T>,
}

impl<T: Scalar> Dispatch for Add<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, _isa: S) {
        let Add { alpha, a, beta, mut c } = self;
        for j in 0..c.cols() {
            for i in 0..c.rows() {
                let sum = alpha * a.get(i, j) + beta * c.get(i, j);
                c.set(i, j, sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::{c32, c64};
    use crate::view::Trans;

    const SIZES: [(usize, usize); 7] = [(1, 1), (3, 5), (17, 16), (64, 65), (130, 7), (66, 66), (0, 4)];

    fn numbers<T: Scalar>(n: usize) -> Vec<T> {
        let real = |x: usize| T::Real::from_f64((x % 251) as f64);
        (0..n).map(|i| T::from_parts(real(i), real(3 * i + 1))).collect()
    }

    use crate::scalar::Real;

    /// Every op, sizes at block edges, padded lines, both storage orders of the result.
    fn copies<T: Scalar>() {
        let alphas = [T::ONE, T::from_parts(T::Real::from_f64(2.0), T::Real::from_f64(-1.0)), T::ZERO];
        for ((rows, cols), pad, alpha) in
            SIZES.into_iter().flat_map(|s| [0, 3].into_iter().flat_map(move |p| alphas.map(|a| (s, p, a))))
        {
            for trans in [Trans::No, Trans::Yes, Trans::Conj, Trans::ConjNo] {
                let lda = rows + pad;
                let from = numbers::<T>(lda * cols);
                // SAFETY: lda cols elements.
                let a = unsafe { MatRef::new(from.as_ptr(), rows, cols, 1, lda as isize) }.op(trans);
                let (m, n) = (a.rows(), a.cols());
                for by_rows in [false, true] {
                    let line = if by_rows { n } else { m } + 2 * pad;
                    let lines = if by_rows { m } else { n };
                    let at = |i, j| if by_rows { i * line + j } else { i + j * line };
                    let strides = if by_rows { (line as isize, 1) } else { (1, line as isize) };
                    let mark = T::from_real(T::Real::from_f64(-7.0));
                    let mut to = vec![mark; line * lines];
                    // SAFETY: line lines elements.
                    omatcopy(alpha, a, unsafe { MatMut::new(to.as_mut_ptr(), m, n, strides.0, strides.1) });
                    for i in 0..m {
                        for j in 0..n {
                            assert_eq!(to[at(i, j)], alpha * a.get(i, j), "{rows} {cols} {trans:?} {i} {j}");
                        }
                    }
                    assert_eq!(to.iter().filter(|&&x| x == mark).count(), to.len() - m * n);

                    // In place: the same result where A was.
                    let mut place = vec![mark; from.len().max(line * lines)];
                    place[..from.len()].copy_from_slice(&from);
                    // SAFETY: both views fit.
                    unsafe {
                        let a = MatRef::new(place.as_ptr(), rows, cols, 1, lda as isize).op(trans);
                        let b = MatMut::new(place.as_mut_ptr(), m, n, strides.0, strides.1);
                        imatcopy(alpha, a, b).unwrap();
                    }
                    for i in 0..m {
                        for j in 0..n {
                            assert_eq!(place[at(i, j)], to[at(i, j)], "{rows} {cols} {trans:?} {by_rows}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn copies_are_exact() {
        copies::<f32>();
        copies::<f64>();
        copies::<c32>();
        copies::<c64>();
    }

    #[test]
    fn sums_skip_what_has_factor_zero() {
        let nan = [f64::NAN; 6];
        let (a, c) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        let sum = |alpha, a: &[f64; 6], beta, mut c: [f64; 6]| {
            // SAFETY: six elements.
            unsafe {
                let a = MatRef::new(a.as_ptr(), 2, 3, 1, 2);
                geadd(alpha, a, beta, MatMut::new(c.as_mut_ptr(), 2, 3, 1, 2));
            }
            c
        };
        assert_eq!(sum(2.0, &a, 3.0, c), [32.0, 64.0, 96.0, 128.0, 160.0, 192.0]);
        assert_eq!(sum(2.0, &a, 0.0, nan), [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
        assert_eq!(sum(0.0, &nan, 0.5, c), [5.0, 10.0, 15.0, 20.0, 25.0, 30.0]);
        assert_eq!(sum(0.0, &nan, 0.0, nan), [0.0; 6]);
        assert_eq!(sum(0.0, &nan, 1.0, c), c);
    }
}
