//! The kernel of inner products: `C <- alpha A B + beta C` where k is what lies adjacent in memory.
//!
//! ```text
//!   A: R rows, each adjacent along k      R x C sums, each a vector along k whose lanes are added at the end
//!   B: C columns, likewise                complex: twice the sums, of A b and of A (b's parts exchanged)
//! ```
//!
//! Neither operand is packed or turned: for products with few columns, where a large A is read once and
//! anything done to it would cost more than the product. Reads past k are masked.

use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa, Vec, Vector};

/// Arguments of a kernel of inner products.
#[derive(Debug)]
pub struct Inner<T> {
    /// Length of the dot products.
    pub k: usize,
    /// Element (0, 0) of A; each row is adjacent.
    pub a: *const T,
    /// Elements from a row of A to the next.
    pub a_row: isize,
    /// What of A is read after this, laid out as A is: fetched meanwhile.
    pub a_next: *const T,
    /// Element (0, 0) of B; each column is adjacent.
    pub b: *const T,
    /// Elements from a column of B to the next.
    pub b_col: isize,
    /// Element (0, 0) of C.
    pub c: *mut T,
    /// Elements from a row of C to the next.
    pub c_row: isize,
    /// Elements from a column of C to the next.
    pub c_col: isize,
    /// Rows that exist: at least 1, at most R.
    pub m: usize,
    /// Columns that exist: at least 1, at most C.
    pub n: usize,
    /// Factor of the product.
    pub alpha: T,
    /// Factor of C; 0 means that C is not read.
    pub beta: T,
    /// Whether A is conjugated.
    pub conj_a: bool,
    /// Whether B is conjugated.
    pub conj_b: bool,
}

/// # Safety
/// The CPU has ISA `S`; A is readable at `m` rows and B at `n` columns, `k` deep; the `m x n` elements of C
/// are writable (readable too unless `beta` is 0).
pub(super) unsafe fn entry<S: Isa, T: Scalar, const R: usize, const C: usize>(inner: &Inner<T>) {
    // SAFETY: the caller vouches for the ISA; `Sums::run` relies on the rest.
    unsafe { S::assume() }.enter(Sums::<T, R, C>(inner))
}

struct Sums<'a, T, const R: usize, const C: usize>(&'a Inner<T>);

impl<T: Scalar, const R: usize, const C: usize> Dispatch for Sums<'_, T, R, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let inner = self.0;
        let lanes = <Vec<S, T::Real>>::LANES;
        let reals = inner.k * T::PARTS;
        // A row or column that does not exist is the last one once more, whose sums go nowhere.
        let mut a = [inner.a.cast::<T::Real>(); R];
        for r in 0..R {
            a[r] = inner.a.wrapping_offset(r.min(inner.m - 1) as isize * inner.a_row).cast();
        }
        let mut b = [inner.b.cast::<T::Real>(); C];
        for c in 0..C {
            b[c] = inner.b.wrapping_offset(c.min(inner.n - 1) as isize * inner.b_col).cast();
        }
        let mut sums = [[[<Vec<S, T::Real>>::zero(isa); R]; 2]; C];
        let mut p = 0;
        while p + lanes <= reals {
            for r in 0..R {
                let next = inner.a_next.wrapping_offset(r as isize * inner.a_row).cast::<T::Real>();
                isa.prefetch(next.wrapping_add(p));
            }
            // SAFETY: `lanes` reals from p < reals of rows and columns that exist.
            step(
                isa,
                &mut sums,
                |r| unsafe { <Vec<S, T::Real>>::load(isa, a[r].add(p)) },
                |c| unsafe { <Vec<S, T::Real>>::load(isa, b[c].add(p)) },
                T::IS_COMPLEX,
            );
            p += lanes;
        }
        if p < reals {
            let mask = <Vec<S, T::Real>>::mask(isa, reals - p);
            // SAFETY: the mask names the reals from p on that exist.
            step(
                isa,
                &mut sums,
                |r| unsafe { <Vec<S, T::Real>>::load_masked(isa, a[r].add(p), mask) },
                |c| unsafe { <Vec<S, T::Real>>::load_masked(isa, b[c].add(p), mask) },
                T::IS_COMPLEX,
            );
        }
        for c in 0..C {
            for r in 0..R {
                if c < inner.n && r < inner.m {
                    let sum = total(isa, sums[c][0][r], sums[c][1][r], inner);
                    let at = inner.c.wrapping_offset(r as isize * inner.c_row + c as isize * inner.c_col);
                    // SAFETY: row r and column c exist, as the caller vouches.
                    unsafe {
                        let new = inner.alpha * sum;
                        *at = if inner.beta == T::ZERO { new } else { new + inner.beta * *at };
                    }
                }
            }
        }
    }
}

/// One vector along k of all rows and columns.
#[inline(always)]
fn step<S: Isa, V: Vector<S>, const R: usize, const C: usize>(
    _: S,
    sums: &mut [[[V; R]; 2]; C],
    a: impl Fn(usize) -> V,
    b: impl Fn(usize) -> V,
    complex: bool,
) {
    // Columns are held and rows pass by: the other way round takes a register more.
    let mut columns = [b(0); C];
    for c in 1..C {
        columns[c] = b(c);
    }
    for r in 0..R {
        let row = a(r);
        for c in 0..C {
            sums[c][0][r] = row.mul_add(columns[c], sums[c][0][r]);
        }
        if complex {
            let turned = row.swap_pairs();
            for c in 0..C {
                sums[c][1][r] = turned.mul_add(columns[c], sums[c][1][r]);
            }
        }
    }
}

/// The dot product from its vectors of sums: complex, `straight` has `re re` in even and `im im` in odd
/// lanes, `crossed` has `im(a) re(b)` and `re(a) im(b)`.
#[inline(always)]
fn total<S: Isa, T: Scalar>(
    isa: S,
    straight: Vec<S, T::Real>,
    crossed: Vec<S, T::Real>,
    inner: &Inner<T>,
) -> T {
    if !T::IS_COMPLEX {
        return T::from_real(straight.sum());
    }
    let minus = -T::Real::ONE;
    let sign = |negative: bool| if negative { minus } else { T::Real::ONE };
    let (conj_a, conj_b) = (inner.conj_a, inner.conj_b);
    let re = straight * <Vec<S, T::Real>>::pairs(isa, T::Real::ONE, sign(conj_a == conj_b));
    let im = crossed * <Vec<S, T::Real>>::pairs(isa, sign(conj_a), sign(conj_b));
    T::from_parts(re.sum(), im.sum())
}
