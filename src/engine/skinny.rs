//! Products of which one side is short: `C <- alpha A B + beta C` where C has few columns (or few rows: the
//! transposed product) and A is too large to stay near.
//!
//! ```text
//!            k            n
//!      +-----------+    +--+        A is read once, and that is what the product costs; it is neither
//!    m |     A     | x k| B|        packed nor turned. Its rows are shared out among threads.
//!      +-----------+    +--+
//! ```
//!
//! Where k is what lies adjacent in A, inner products along it ([`crate::kernel::inner`]), but of more than very few columns
//! [`super::streamed`] makes better use of the lanes; where the rows are, outer products of its columns
//! ([`crate::kernel::outer`]). B, which is small, is copied into the form that the kernel wants.

use super::gemm::{Gemm, Region, rate};
use super::operand::Operand;
use super::{Ready, Shape, plan};
use crate::kernel::KernelSet;
use crate::kernel::inner::Inner;
use crate::kernel::outer::{self, Outer};
use crate::platform::memory::Buffer;
use crate::platform::pool::{self, Team};
use crate::platform::topology;
use crate::scalar::Scalar;
use crate::view::MatRef;
use core::mem::MaybeUninit;
use core::ops::Range;

/// Inner products win where the columns fill no more than half a vector. Measured on Zen 5, f32, 8 columns, against streamed
/// tiles: 1.2 times as fast if A is in L3, 0.8 times if it is not.
const INNER_PART: usize = 2;
/// Bytes of a row from which they do: the lanes of each sum are added at the end. Measured there, 4 and 8 columns, k 64,
/// against the packed loops: f32 0.4 to 0.85 times as fast, f64 1.3 and 0.75 times; k 16 0.15 to 0.3 times.
const INNER_BYTES: usize = 512;
/// Columns up to which outer products win. Measured on Zen 3: 2 to 3 times as fast up to 16 columns, 1.3 to 1.5 at 24 and
/// 32 (complex 1.2), 1.0 to 1.15 at 48 and 64.
const OUTER_COLUMNS: usize = 32;
/// Part of L2 from which A is large.
pub(super) const A_SHARE: f64 = 0.25;
/// Bytes of sums that outer products keep in L1.
const SUMS_BYTES: usize = 16 << 10;
/// Room for them, of whole cache lines.
#[repr(align(64))]
struct SumsRoom(#[expect(dead_code, reason = "only room")] [u8; SUMS_BYTES]);
/// Bytes of a row block of A along k that inner products go over once for each few columns.
const ROWS_BYTES: usize = 16 << 10;
/// Pieces of rows for each thread, so that none waits long for another at the end.
const PIECES: usize = 4;

/// A product seen so that C is tall.
struct Skinny<'a, T: Scalar> {
    kernels: &'static KernelSet<T>,
    alpha: T,
    /// m x k, the large operand.
    a: MatRef<'a, T>,
    conj_a: bool,
    /// n x k, B transposed.
    b: MatRef<'a, T>,
    conj_b: bool,
    beta: T,
    c: *mut T,
    c_row: isize,
    c_col: isize,
}

// SAFETY: the pointer is C, of whose rows every thread has its own.
unsafe impl<T: Scalar> Sync for Skinny<'_, T> {}

/// Multiplies if the product is skinny, A large and adjacent either way, and memory for B to be had;
/// otherwise does nothing and says so.
pub fn multiply<T: Scalar>(gemm: &Gemm<T>) -> bool {
    let (Operand::Dense(a), Operand::Dense(b), Region::Full) = (&gemm.a, &gemm.b, gemm.region) else {
        return false;
    };
    if gemm.m.min(gemm.n) > OUTER_COLUMNS {
        return false;
    }
    let Gemm { kernels, alpha, beta, c, .. } = *gemm;
    let skinny = if gemm.m >= gemm.n {
        let (conj_a, conj_b) = (gemm.conj_a, gemm.conj_b);
        Skinny { kernels, alpha, a: *a, conj_a, b: *b, conj_b, beta, c, c_row: 1, c_col: gemm.c_col }
    } else {
        let (conj_a, conj_b) = (gemm.conj_b, gemm.conj_a);
        Skinny { kernels, alpha, a: *b, conj_a, b: *a, conj_b, beta, c, c_row: gemm.c_col, c_col: 1 }
    };
    let large =
        (skinny.a.rows() * gemm.k * size_of::<T>()) as f64 > A_SHARE * topology::get().caches.l2 as f64;
    large && skinny.run()
}

impl<T: Scalar> Skinny<'_, T> {
    fn run(&self) -> bool {
        let (n, k) = (self.b.rows(), self.b.cols());
        if self.a.col_stride() == 1 {
            if n > (self.kernels.vector / INNER_PART).max(1) || k * size_of::<T>() < INNER_BYTES {
                return false;
            }
            if self.b.col_stride() == 1 {
                self.share_rows(|rows| {
                    // SAFETY: threads have rows of their own.
                    unsafe { self.inner_products(rows, self.b) }
                });
                return true;
            }
            let Some(buffer) = Buffer::take(n * k * size_of::<T>()) else { return false };
            let to: *mut T = buffer.as_mut_ptr().cast();
            self.gather_columns(to);
            self.share_rows(|rows| {
                // SAFETY: `gather_columns` has written n x k elements; threads have rows of their own.
                unsafe {
                    self.inner_products(rows, MatRef::new(buffer.as_mut_ptr().cast(), n, k, k as isize, 1))
                }
            });
        } else if self.a.row_stride() == 1 {
            let Some(buffer) = Buffer::take(n * k * outer::factors::<T>() * size_of::<T::Real>()) else {
                return false;
            };
            let element = |j, p| self.b.get(j, p).conj_if(self.conj_b);
            // SAFETY: there is room for the factors of n x k elements; threads have rows of their own.
            unsafe {
                outer::pack_factors(n, k, self.conj_a, element, buffer.as_mut_ptr().cast());
                self.share_rows(|rows| self.outer_products(rows, buffer.as_mut_ptr().cast()));
            }
        } else {
            return false;
        }
        true
    }

    /// B column after column, each adjacent along k.
    fn gather_columns(&self, to: *mut T) {
        let (n, k) = (self.b.rows(), self.b.cols());
        for j in 0..n {
            for p in 0..k {
                // SAFETY: the buffer has n x k elements, and so has B.
                unsafe { *to.add(j * k + p) = *self.b.at(j, p) }
            }
        }
    }

    /// Calls `part` with ranges of rows, on as many threads as pay.
    fn share_rows(&self, part: impl Fn(Range<usize>) + Sync) {
        Shares::new(self.kernels, [self.a.rows(), self.b.rows(), self.a.cols()]).run(|_, rows| part(rows));
    }

    /// # Safety
    /// Nobody else uses the rows of C; `b` is B transposed, adjacent along k.
    unsafe fn inner_products(&self, rows: Range<usize>, b: MatRef<T>) {
        let (n, k) = (self.b.rows(), self.a.cols());
        let KernelSet { inner_rows, inner_cols, inner, .. } = *self.kernels;
        // One group of columns needs no second look at A.
        let depth = if n <= inner_cols { k } else { ROWS_BYTES / inner_rows / size_of::<T>() / 64 * 64 };
        for i in rows.clone().step_by(inner_rows) {
            for pc in (0..k).step_by(depth) {
                let next =
                    if pc + depth < k { self.a.at(i, pc + depth) } else { self.a.at(i + inner_rows, 0) };
                for j in (0..n).step_by(inner_cols) {
                    // SAFETY: the tile lies inside A, B and C; the kernel set is one that the CPU has.
                    unsafe {
                        inner(&Inner {
                            k: depth.min(k - pc),
                            a: self.a.at(i, pc),
                            a_row: self.a.row_stride(),
                            a_next: next,
                            b: b.at(j, pc),
                            b_col: b.row_stride(),
                            c: self.c.offset(i as isize * self.c_row + j as isize * self.c_col),
                            c_row: self.c_row,
                            c_col: self.c_col,
                            m: inner_rows.min(rows.end - i),
                            n: inner_cols.min(n - j),
                            alpha: self.alpha,
                            beta: if pc == 0 { self.beta } else { T::ONE },
                            conj_a: self.conj_a,
                            conj_b: self.conj_b,
                        });
                    }
                }
            }
        }
    }

    /// # Safety
    /// Nobody else uses the rows of C; `b` are the factors of B.
    unsafe fn outer_products(&self, rows: Range<usize>, b: *const T::Real) {
        let (n, k, mr) = (self.b.rows(), self.a.cols(), self.kernels.mr);
        // Whole tiles are whole vectors; and one less than fit, so that columns are no power of two apart.
        let height = (SUMS_BYTES / size_of::<T>() / n).saturating_sub(mr) / mr * mr;
        let height = height.clamp(mr, rows.len().next_multiple_of(mr));
        let mut room = MaybeUninit::<SumsRoom>::uninit();
        let sums = room.as_mut_ptr().cast::<T>();
        debug_assert!(n * height * size_of::<T>() <= SUMS_BYTES);
        for i in rows.clone().step_by(height) {
            let m = height.min(rows.end - i);
            // SAFETY: as the caller vouches; there is room for n columns of sums, and all bits zero are the number 0.
            unsafe {
                sums.write_bytes(0, n * height);
                (self.kernels.outer)(&Outer {
                    rows: m,
                    n,
                    k,
                    a: self.a.at(i, 0),
                    a_k: self.a.col_stride(),
                    b,
                    sums,
                    sums_col: height,
                });
                for j in 0..n {
                    for r in 0..m {
                        let to = self.c.offset((i + r) as isize * self.c_row + j as isize * self.c_col);
                        let sum = self.alpha * *sums.add(j * height + r);
                        *to = if self.beta == T::ZERO { sum } else { sum + self.beta * *to };
                    }
                }
            }
        }
    }
}

/// How the rows of a large A are shared out among as many threads as pay.
pub(super) struct Shares {
    team: Option<Team>,
    count: usize,
    rows: usize,
    mr: usize,
}

impl Shares {
    /// For a product of these sizes.
    pub fn new<T: Scalar>(kernels: &KernelSet<T>, [m, n, k]: [usize; 3]) -> Shares {
        let KernelSet { mr, nr, level, .. } = *kernels;
        let (a, b) = ((mr, mr * size_of::<T>()), (nr, nr * size_of::<T>()));
        // With few columns the multipliers wait for A.
        let rate = rate::<T>(level) * (n as f64 / 16.0).min(0.9);
        let shape = Shape { ready: Ready { kc: k, a: true, b: true }, ..Shape::new([m, n, k], a, b, rate) };
        let threads = plan::lane_threads(&shape);
        let team = (threads > 1).then(|| pool::take(threads));
        let count = team.as_ref().map_or(1, |team| (team.size() * PIECES).min(m.div_ceil(mr)));
        Shares { team, count, rows: m, mr }
    }

    /// How many shares there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Calls `work` with every number below `count`.
    pub fn each(&self, count: usize, work: impl Fn(usize) + Sync) {
        match &self.team {
            Some(team) if count > 1 => team.share(count, work),
            _ => (0..count).for_each(work),
        }
    }

    /// Calls `part` with every share and its rows.
    pub fn run(&self, part: impl Fn(usize, Range<usize>) + Sync) {
        let Shares { ref team, count, rows, mr } = *self;
        let panels = rows.div_ceil(mr);
        let first = |share: usize| (panels * share / count * mr).min(rows);
        match team {
            Some(team) => team.share(count, |share| part(share, first(share)..first(share + 1))),
            None => part(0, 0..rows),
        }
    }
}
