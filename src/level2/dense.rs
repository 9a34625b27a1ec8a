//! `y <- alpha A x + beta y`, A dense (gemv).
//!
//! Lines are columns: y is a sum of columns. A matrix that is near, or whose columns are short, is taken by
//! blocks of rows, whose part of y stays in registers while all columns pass; a larger one, which must come
//! in long streams to be fetched ahead, by groups of columns, with y in memory. Lines are rows: each
//! element of y is a dot product, made for groups of rows, so that x is read once for each.
//!
//! Threads take different elements of y, each of which is computed as if there were no others.

use super::kernels::{Combination, Group, Start, add_lines, dot_lines};
use super::shape::{Lines, Room, window_length, windows};
use crate::engine::passes;
use crate::level1::lanes::{Lanes, Part, Whole, each, first_lanes, lanes};
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Factor, Isa, Vector};
use crate::view::{VecMut, VecRef};
use core::ops::Range;

/// Bytes of a matrix that is worked on by blocks of rows: about an L1 cache; of complex numbers, of which each takes
/// two multiply-adds, half an L2 cache.
const fn small_columns<T: Scalar>() -> usize {
    if T::IS_COMPLEX { 256 * 1024 } else { 32 * 1024 }
}
/// Bytes of a matrix of which many rows are read at a time: about an L2 cache.
const SMALL_ROWS: usize = 512 * 1024;
/// Registers of rows in the largest block.
const ROW_BLOCK: usize = 8;
/// Elements of y by whose multiples threads share it.
const GRAIN: usize = 64;

/// `y <- alpha A x + beta y`.
pub struct DenseProduct<'a, T> {
    pub alpha: T,
    /// The matrix, conjugated if `conj`.
    pub a: Lines<*const T>,
    pub conj: bool,
    pub x: VecRef<'a, T>,
    pub beta: T,
    pub y: VecMut<'a, T>,
}

// SAFETY: the matrix is only read, x and y are views, of y threads take different elements.
unsafe impl<T: Sync> Sync for DenseProduct<'_, T> {}

/// By reference, as all operations of level 2, which are too large for registers: a copy would be read while it is
/// written.
impl<T: Scalar> Dispatch for &DenseProduct<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let short = self.a.columns && self.y.len() * T::PARTS <= ROW_BLOCK * lanes::<S, T>();
        let small = if self.a.columns { small_columns::<T>() } else { SMALL_ROWS };
        if self.a.step != 1 || self.bytes() > small && !short {
            return isa.enter_aside(Large(self));
        }
        if self.a.columns {
            self.by_row_blocks(isa)
        } else {
            self.by_rows::<S, SMALL_GROUP>(isa, 0..self.y.len())
        }
    }
}

/// A product that is streamed through: by few lines at a time, on several threads if it is very large.
struct Large<'a, T>(&'a DenseProduct<'a, T>);

impl<T: Scalar> Dispatch for Large<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let Large(product) = self;
        passes::split(product.bytes(), product.y.len(), GRAIN, |rows| isa.enter(Lot { of: product, rows }));
    }
}

/// A thread's rows of a large product.
struct Lot<'a, T> {
    of: &'a DenseProduct<'a, T>,
    rows: Range<usize>,
}

impl<T: Scalar> Dispatch for Lot<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        if self.of.a.columns {
            self.of.by_columns(isa, self.rows)
        } else {
            self.of.by_rows::<S, LARGE_GROUP>(isa, self.rows)
        }
    }
}

/// Rows that share each register of x in a small product: as many as there are sums in registers.
const SMALL_GROUP: usize = 8;
/// Lines of a large one that are read at a time. Eight were no faster anywhere from L2 to memory, and with complex
/// columns a quarter slower (measured on a Zen 3).
const LARGE_GROUP: usize = 4;

impl<T: Scalar> DenseProduct<'_, T> {
    /// Bytes of the matrix.
    #[inline(always)]
    fn bytes(&self) -> usize {
        self.x.len() * self.y.len() * size_of::<T>()
    }

    /// Row block after row block of a small matrix.
    #[inline(always)]
    fn by_row_blocks<S: Isa>(&self, isa: S) {
        // SAFETY: all rows are this thread's.
        let mut y_all = unsafe { self.y.again() };
        let m = y_all.len();
        let mut room = Room::new();
        for window in windows(0..m, window_length(y_all.stride(), m)) {
            let y = room.gather_mut(&y_all, &window);
            self.row_blocks(isa, y, &window);
            room.scatter(&mut y_all, &window);
        }
    }

    /// Elements `rows` of y, to which groups of columns are added.
    #[inline(always)]
    fn by_columns<S: Isa>(&self, isa: S, rows: Range<usize>) {
        // SAFETY: every thread has rows of its own.
        let mut y = unsafe { self.y.again() };
        let mut room = Room::new();
        for window in windows(rows, window_length(y.stride(), y.len())) {
            let part = room.gather_mut(&y, &window);
            self.column_groups(isa, part, &window);
            room.scatter(&mut y, &window);
        }
    }

    /// Groups of columns, one after the other, are added to rows `window` of y.
    #[inline(always)]
    fn column_groups<S: Isa>(&self, isa: S, y: *mut T, window: &Range<usize>) {
        let n = self.x.len();
        let mut beta = self.beta;
        let mut j = 0;
        while j < n {
            let left = n - j;
            j += if left >= LARGE_GROUP {
                self.columns::<S, LARGE_GROUP>(isa, j, beta, y, window)
            } else {
                self.columns::<S, 1>(isa, j, beta, y, window)
            };
            beta = T::ONE;
        }
    }

    #[inline(always)]
    fn columns<S: Isa, const G: usize>(
        &self,
        isa: S,
        j: usize,
        beta: T,
        y: *mut T,
        window: &Range<usize>,
    ) -> usize {
        let c: [T; G] = each(|g| self.alpha * self.x.get(j + g));
        let a = Group { at: self.a.group(j), step: self.a.step };
        // SAFETY: columns of the caller's matrix; rows that y has.
        unsafe { add_lines(isa, a, self.conj, c, beta, y, window.clone()) };
        G
    }

    /// Rows `window` of y, as many at a time as registers hold.
    #[inline(always)]
    fn row_blocks<S: Isa>(&self, isa: S, y: *mut T, window: &Range<usize>) {
        let mut i = window.start;
        let per_register = lanes::<S, T>() / T::PARTS;
        while i < window.end {
            let registers = (window.end - i) / per_register;
            // SAFETY: rows that the matrix and y have: whole registers of them, or a rest.
            unsafe {
                i += if const { !T::IS_COMPLEX } && registers >= ROW_BLOCK {
                    self.row_block::<S, _, ROW_BLOCK, 1>(isa, y, i, Whole(isa));
                    ROW_BLOCK * per_register
                } else if const { T::IS_COMPLEX } && registers >= 4 {
                    self.row_block::<S, _, 4, 1>(isa, y, i, Whole(isa));
                    4 * per_register
                } else if const { !T::IS_COMPLEX } && registers >= 4 {
                    self.row_block::<S, _, 4, 2>(isa, y, i, Whole(isa));
                    4 * per_register
                } else if registers >= 2 {
                    self.row_block::<S, _, 2, 2>(isa, y, i, Whole(isa));
                    2 * per_register
                } else {
                    let rest = (window.end - i).min(per_register);
                    self.row_block::<S, _, 1, 4>(isa, y, i, first_lanes::<S, T::Real>(isa, rest * T::PARTS));
                    rest
                };
            }
        }
    }

    /// `R` registers of rows from row `i` on, the last one as large as `last` says. `C` columns at a time
    /// have sums of their own, to hide the latency where `R` alone does not.
    ///
    /// # Safety
    /// The rows must be there.
    #[inline(always)]
    unsafe fn row_block<S: Isa, P: Part<S, T::Real>, const R: usize, const C: usize>(
        &self,
        isa: S,
        y: *mut T,
        i: usize,
        last: P,
    ) {
        let zero = Lanes::<S, T>::zero(isa);
        let mut by_re = [[zero; R]; C];
        let mut by_im = [[zero; R]; C];
        let n = self.x.len();
        let mut j = 0;
        while j < n {
            let columns = if n - j >= C { C } else { 1 };
            for c in 0..C {
                if c < columns {
                    let factor = self.x.get(j + c);
                    let re = Lanes::<S, T>::splat(isa, factor.re());
                    let im = Lanes::<S, T>::splat(isa, factor.im());
                    let column = self.a.line(j + c).wrapping_add(i).cast::<T::Real>();
                    for r in 0..R {
                        // SAFETY: row i + r registers of the column.
                        let a = unsafe { load::<S, T, P, R>(isa, column, r, last) };
                        by_re[c][r] = a.mul_add(re, by_re[c][r]);
                        if T::IS_COMPLEX {
                            by_im[c][r] = a.mul_add(im, by_im[c][r]);
                        }
                    }
                }
            }
            j += columns;
        }
        let start = Start::new(isa, self.beta);
        let signs = Combination::<S, T, 0>::new(isa, [], self.conj);
        let alpha = Factor::<S, T>::new(isa, self.alpha, false);
        let y = y.wrapping_add(i).cast::<T::Real>();
        for r in 0..R {
            for c in 1..C {
                by_re[0][r] = by_re[0][r] + by_re[c][r];
                by_im[0][r] = by_im[0][r] + by_im[c][r];
            }
            let at = y.wrapping_add(r * lanes::<S, T>());
            // SAFETY: row i + r registers of y.
            unsafe {
                let old = match start {
                    Start::Zero(zero) => zero,
                    _ => start.of(load::<S, T, P, R>(isa, y, r, last)),
                };
                let new = alpha.times_plus(signs.meet(by_re[0][r], by_im[0][r], zero), old);
                if r + 1 < R { new.store(at) } else { last.store(at, new) }
            }
        }
    }

    /// Elements `rows` of y, `GROUP` at a time (fewer complex ones): dot products.
    #[inline(always)]
    fn by_rows<S: Isa, const GROUP: usize>(&self, isa: S, rows: Range<usize>) {
        // SAFETY: every thread has rows of its own.
        let mut y = unsafe { self.y.again() };
        let n = self.x.len();
        let mut room = Room::new();
        let mut beta = self.beta;
        for window in windows(0..n, window_length(self.x.stride(), n)) {
            let x = room.gather(self.x, &window);
            let mut i = rows.start;
            while i < rows.end {
                let left = rows.end - i;
                i += if const { GROUP > 4 && !T::IS_COMPLEX } && left >= GROUP {
                    self.dot_rows::<S, GROUP>(isa, i, beta, x, &window, &mut y)
                } else if left >= 4 {
                    self.dot_rows::<S, 4>(isa, i, beta, x, &window, &mut y)
                } else {
                    self.dot_rows::<S, 1>(isa, i, beta, x, &window, &mut y)
                };
            }
            beta = T::ONE;
        }
    }

    #[inline(always)]
    fn dot_rows<S: Isa, const G: usize>(
        &self,
        isa: S,
        i: usize,
        beta: T,
        x: *const T,
        window: &Range<usize>,
        y: &mut VecMut<T>,
    ) -> usize {
        let a = Group { at: self.a.group(i), step: self.a.step };
        // SAFETY: rows of the caller's matrix; elements that x has.
        let sums: [T; G] = unsafe { dot_lines(isa, a, self.conj, x, window.clone()) };
        for (g, sum) in sums.into_iter().enumerate() {
            let product = self.alpha * sum;
            let new = if beta == T::ZERO { product } else { beta * y.get(i + g) + product };
            y.set(i + g, new);
        }
        G
    }
}

/// Register `r` of `R` from `from` on, the last one as large as `last` says.
///
/// # Safety
/// It must be readable.
#[inline(always)]
unsafe fn load<S: Isa, T: Scalar, P: Part<S, T::Real>, const R: usize>(
    isa: S,
    from: *const T::Real,
    r: usize,
    last: P,
) -> Lanes<S, T> {
    let from = from.wrapping_add(r * lanes::<S, T>());
    // SAFETY: the caller vouches for the memory.
    unsafe { if r + 1 < R { Whole(isa).load(from) } else { last.load(from) } }
}
