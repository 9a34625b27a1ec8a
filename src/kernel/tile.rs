//! The tile kernel: `C <- alpha A B + beta C` for one register tile.
//!
//! ```text
//!            B panel: k x N             real tile: DOWN vectors x N columns
//!            +--------+                 complex:   twice the registers; for column j one sum of
//!   A panel  |        | k               A * re b_j and one of A * im b_j, and
//!   MR x k   +--------+                 c_j = first + i second, which is one shuffle and one
//!  +------+  +--------+                 multiply-add with signs per vector, once per tile
//!  |      |  | C tile |
//!  +------+  +--------+
//! ```
//!
//! Each k: load `DOWN` vectors of A, broadcast the numbers of B, multiply and add each pair.
//!
//! The same code makes three kernels. *Packed*: both panels lie k after k without gaps, padded with zeros to
//! full width; the product covers the whole tile, and only the part `m x n` of C that exists is read and
//! written. *Direct*: the panels are where the caller's matrices are, rows of A adjacent, everything else
//! strided; tiles come in every size up to the packed one, and a mask keeps the last vector of A inside it.
//! *Streamed*: A is packed, B comes from far away and is read once, where it lies, each column adjacent along k.

use crate::platform::memory::LINE;
use crate::scalar::{Real, Scalar};
use crate::simd::{Dispatch, Factor, Isa, Vec, Vector};

/// Arguments of a tile kernel.
#[derive(Debug)]
pub struct Tile<T> {
    /// Depth of the panels.
    pub k: usize,
    /// Panel of A, rows adjacent.
    pub a: *const T,
    /// Elements from a k of A to the next; MR in a packed panel.
    pub a_k: isize,
    /// Panel of B.
    pub b: *const T,
    /// Elements from a k of B to the next; NR in a packed panel.
    pub b_k: isize,
    /// Elements from a column of B to the next; 1 in a packed panel.
    pub b_j: isize,
    /// What is read after this tile, and fetched meanwhile unless the tile is direct: by a packed one a line for each k,
    /// by a streamed one as much as it reads of B, column after column.
    pub next: *const T,
    /// Elements from what is fetched for a k to what is for the next; streamed, from a column to the next.
    pub next_step: isize,
    /// Element (0, 0) of the tile of C; rows are adjacent.
    pub c: *mut T,
    /// Elements from a column of C to the next.
    pub c_col: isize,
    /// Rows of C that exist: at least 1, at most MR.
    pub m: usize,
    /// Columns of C that exist: at least 1, at most NR.
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

/// The packed kernel.
///
/// # Safety
/// The CPU has ISA `S`; the panels have `k` times `MR` and `N` readable elements, and the `m x n` elements
/// of C are writable (readable too unless `beta` is 0).
pub(super) unsafe fn packed<S: Isa, T: Scalar, const DOWN: usize, const N: usize>(tile: &Tile<T>) {
    // SAFETY: the caller vouches for the ISA; `Product::run` relies on the rest.
    unsafe { S::assume() }.enter(Product::<T, DOWN, N, PACKED>(tile))
}

/// The direct kernel: for `n == N`, and `m` such that the last of `DOWN` vectors has rows.
///
/// # Safety
/// The CPU has ISA `S`; A is readable at `m` rows, B at `N` columns, `k` deep, and C as for [`packed`].
pub(super) unsafe fn direct<S: Isa, T: Scalar, const DOWN: usize, const N: usize>(tile: &Tile<T>) {
    // SAFETY: the caller vouches for the ISA; `Product::run` relies on the rest.
    unsafe { S::assume() }.enter(Product::<T, DOWN, N, DIRECT>(tile))
}

/// The streamed kernel: for `n == N`, and `b_k == 1`.
///
/// # Safety
/// The CPU has ISA `S`; the panel of A has `k` times `DOWN` vectors, B is readable at `N` columns, `k` deep, and C is as
/// for [`packed`].
pub(super) unsafe fn streamed<S: Isa, T: Scalar, const DOWN: usize, const N: usize>(tile: &Tile<T>) {
    debug_assert!(tile.n == N && tile.b_k == 1);
    // SAFETY: the caller vouches for the ISA; `Product::run` relies on the rest.
    unsafe { S::assume() }.enter(Product::<T, DOWN, N, STREAMED>(tile))
}

/// The kernels by how their panels lie.
pub(super) const PACKED: u8 = 0;
const DIRECT: u8 = 1;
const STREAMED: u8 = 2;

struct Product<'a, T, const DOWN: usize, const N: usize, const FORM: u8>(&'a Tile<T>);

impl<T: Scalar, const DOWN: usize, const N: usize, const FORM: u8> Dispatch
    for Product<'_, T, DOWN, N, FORM>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let tile = self.0;
        let lanes = <Vec<S, T::Real>>::LANES;
        let reals = tile.m * T::PARTS;
        let c_step = tile.c_col * T::PARTS as isize;
        let c = tile.c.cast::<T::Real>();
        // The lines of C arrive while the product is formed.
        let fetch = |j: usize| {
            let column = c.wrapping_offset(j as isize * c_step);
            for i in 0..DOWN {
                isa.prefetch(column.wrapping_add(i * lanes));
            }
            isa.prefetch(column.wrapping_add(reals - 1));
        };
        // SAFETY: the caller of the kernel vouches for the panels.
        let sums = unsafe { sums::<S, T, DOWN, N, FORM>(isa, tile, fetch) };
        let signs = signs::<S, T>(isa, tile);
        // Loops and no `array::from_fn` here: its closures are not always inlined, and then spill. And short ones, each
        // with one thing to do: only those are unrolled, and what is not goes through memory.
        let mut columns = [[<Vec<S, T::Real>>::zero(isa); DOWN]; N];
        for j in 0..N {
            for i in 0..DOWN {
                let [first, second] = &sums[j];
                columns[j][i] = if T::IS_COMPLEX { joined(signs, first[i], second[i]) } else { first[i] };
            }
        }
        let output = Output {
            c,
            c_step,
            reals,
            n: if FORM == PACKED { tile.n } else { N },
            alpha: Factor::new(isa, tile.alpha, tile.conj_a),
            beta: Factor::new(isa, tile.beta, false),
        };
        // SAFETY: the part of C that exists is writable, and readable if beta is not 0.
        unsafe {
            if reals < DOWN * lanes {
                match tile.beta {
                    beta if beta == T::ZERO => output.write::<DOWN, N, FORM, false, UNREAD>(isa, columns),
                    beta if beta == T::ONE => output.write::<DOWN, N, FORM, false, KEPT>(isa, columns),
                    _ => output.write::<DOWN, N, FORM, false, SCALED>(isa, columns),
                }
            } else {
                match tile.beta {
                    beta if beta == T::ZERO => output.write::<DOWN, N, FORM, true, UNREAD>(isa, columns),
                    beta if beta == T::ONE => output.write::<DOWN, N, FORM, true, KEPT>(isa, columns),
                    _ => output.write::<DOWN, N, FORM, true, SCALED>(isa, columns),
                }
            }
        }
    }
}

/// Columns of B that a pointer serves where they are not packed, and pointers for the widest tile.
const GROUP: usize = 4;
const GROUPS: usize = 4;

/// The same pointer, as one of which the compiler knows nothing.
#[inline(always)]
#[allow(clippy::pointers_in_nomem_asm_block, reason = "nothing is read through it")]
fn unrelated<T>(pointer: *const T) -> *const T {
    #[cfg(target_arch = "x86_64")]
    {
        let same;
        // SAFETY: no instruction.
        unsafe {
            core::arch::asm!("/* {0} */", inout(reg) pointer => same, options(pure, nomem, nostack, preserves_flags))
        };
        same
    }
    #[cfg(not(target_arch = "x86_64"))]
    pointer
}

/// Depth from which the product takes as long as C needs to arrive.
const FETCHED_FROM: usize = 32;

/// The sums of the real tile: for each column its own and, if complex, that of the imaginary parts. Meanwhile every
/// column of C is fetched once, and what of B comes next.
///
/// # Safety
/// The panels are readable as the kernel of `FORM` says.
#[inline(always)]
#[expect(clippy::type_complexity, reason = "a register tile")]
pub(super) unsafe fn sums<S: Isa, T: Scalar, const DOWN: usize, const N: usize, const FORM: u8>(
    isa: S,
    tile: &Tile<T>,
    fetch: impl Fn(usize),
) -> [[[Vec<S, T::Real>; DOWN]; 2]; N] {
    let lanes = <Vec<S, T::Real>>::LANES;
    let reals = tile.m * T::PARTS;
    // Direct tiles may not read past the last row of A; packed panels are padded.
    let last_rows =
        <Vec<S, T::Real>>::mask(isa, if FORM == DIRECT { reals - (DOWN - 1) * lanes } else { lanes });
    let mut sums = [[[<Vec<S, T::Real>>::zero(isa); DOWN]; 2]; N];
    let mut a = tile.a.cast::<T::Real>();
    let parts = T::PARTS as isize;
    let a_step = if FORM == DIRECT { tile.a_k * parts } else { (DOWN * lanes) as isize };
    let (b_step, b_column) = match FORM {
        PACKED => (N as isize * parts, parts),
        DIRECT => (tile.b_k * parts, tile.b_j * parts),
        _ => (parts, tile.b_j * parts),
    };
    // The first column of each group of B's columns. Were they one pointer, the compiler would walk from column to column
    // by an addition each, and a step take as many clocks as there are columns.
    const { assert!(N <= GROUP * GROUPS) };
    let mut b = [tile.b.cast::<T::Real>(); GROUPS];
    if FORM != PACKED {
        for group in 1..N.div_ceil(GROUP) {
            b[group] = unrelated(b[0].wrapping_offset((group * GROUP) as isize * b_column));
        }
    }
    // A step of a streamed tile fetches as much of B as it reads, one row after the other, which is how memory likes to be
    // read.
    let mut ahead = tile.next.cast::<T::Real>();
    let ahead_step = if FORM == PACKED { tile.next_step * parts } else { N as isize * parts };
    // Columns of C one by one: each is a page of its own, and many at a time would hold the loads up.
    let columns = if FORM == PACKED { tile.n } else { N };
    let pace = if FORM == STREAMED { (tile.k / N).max(1) } else { (tile.k / (2 * N)).clamp(1, 16) };
    let (mut fetched, mut left) = (0, tile.k);
    while left > 0 {
        let steps = if FORM == DIRECT {
            if left >= FETCHED_FROM {
                (0..columns).for_each(&fetch);
            }
            left
        } else if fetched < columns {
            fetch(fetched);
            if FORM == STREAMED {
                let next = tile.next.wrapping_offset(fetched as isize * tile.next_step);
                ahead = next.cast();
            }
            fetched += 1;
            left.min(pace)
        } else {
            left
        };
        left -= steps;
        for _ in 0..steps {
            // SAFETY: step p < k of both panels, which the caller vouches for.
            unsafe {
                let mut rows = [<Vec<S, T::Real>>::zero(isa); DOWN];
                for (i, row) in rows.iter_mut().enumerate() {
                    *row = if FORM == DIRECT && i == DOWN - 1 {
                        <Vec<S, T::Real>>::load_masked(isa, a.add(i * lanes), last_rows)
                    } else {
                        <Vec<S, T::Real>>::load(isa, a.add(i * lanes))
                    };
                }
                for (j, [first, second]) in sums.iter_mut().enumerate() {
                    let (group, j) = if FORM == PACKED { (0, j) } else { (j / GROUP, j % GROUP) };
                    let element = b[group].offset(j as isize * b_column);
                    accumulate(isa, first, &rows, *element);
                    if T::IS_COMPLEX {
                        accumulate(isa, second, &rows, *element.add(1));
                    }
                }
            }
            if FORM != DIRECT {
                let bytes = if FORM == PACKED { LINE } else { N * size_of::<T>() };
                for line in (0..bytes).step_by(LINE) {
                    isa.prefetch(ahead.wrapping_byte_add(line));
                }
                ahead = ahead.wrapping_offset(ahead_step);
            }
            a = a.wrapping_offset(a_step);
            for group in 0..GROUPS {
                b[group] = b[group].wrapping_offset(b_step);
            }
        }
    }
    sums
}

/// `sums <- sums + rows factor`.
#[inline(always)]
fn accumulate<S: Isa, R: Real, const DOWN: usize>(
    isa: S,
    sums: &mut [Vec<S, R>; DOWN],
    rows: &[Vec<S, R>; DOWN],
    factor: R,
) {
    let factor = <Vec<S, R>>::splat(isa, factor);
    for (sum, &row) in sums.iter_mut().zip(rows) {
        *sum = row.mul_add(factor, *sum);
    }
}

/// What [`joined`] multiplies the exchanged second sums by.
#[inline(always)]
pub(super) fn signs<S: Isa, T: Scalar>(isa: S, tile: &Tile<T>) -> Vec<S, T::Real> {
    let minus = -T::Real::ONE;
    if tile.conj_a == tile.conj_b {
        <Vec<S, T::Real>>::pairs(isa, minus, T::Real::ONE)
    } else {
        <Vec<S, T::Real>>::pairs(isa, T::Real::ONE, minus)
    }
}

/// `A b` from `first = A re b` and `second = A im b`; or `A conj(b)`, if one of the two is conjugated. Where A is, the
/// result is still to be conjugated: `conj(a) b = conj(a conj(b))`.
#[inline(always)]
pub(super) fn joined<S: Isa, V: Vector<S>>(signs: V, first: V, second: V) -> V {
    second.swap_pairs().mul_add(signs, first)
}

/// Where the finished columns of a tile go.
struct Output<S: Isa, T: Scalar> {
    c: *mut T::Real,
    c_step: isize,
    /// Rows that exist, counted in reals.
    reals: usize,
    /// Columns that exist.
    n: usize,
    /// Conjugates too, where A is conjugated.
    alpha: Factor<S, T>,
    beta: Factor<S, T>,
}

/// What becomes of C as it was: nothing, a term, or a term times beta.
const UNREAD: u8 = 0;
const KEPT: u8 = 1;
const SCALED: u8 = 2;

impl<S: Isa, T: Scalar> Output<S, T> {
    /// C <- alpha columns + beta C, where all vectors are `WHOLE` or the last ones may not be.
    ///
    /// # Safety
    /// The part of C that exists is writable, and readable unless `UNREAD`.
    #[inline(always)]
    unsafe fn write<const DOWN: usize, const N: usize, const FORM: u8, const WHOLE: bool, const BETA: u8>(
        &self,
        isa: S,
        columns: [[Vec<S, T::Real>; DOWN]; N],
    ) {
        let lanes = <Vec<S, T::Real>>::LANES;
        for j in 0..N {
            if j >= self.n {
                break;
            }
            let column = self.c.wrapping_offset(j as isize * self.c_step);
            for i in 0..DOWN {
                let to = column.wrapping_add(i * lanes);
                let sum = columns[j][i];
                let new = |old| match BETA {
                    UNREAD => self.alpha.times(sum),
                    KEPT => self.alpha.times_plus(sum, old),
                    _ => self.alpha.times_plus(sum, self.beta.times(old)),
                };
                let zero = <Vec<S, T::Real>>::zero(isa);
                // SAFETY: in a direct tile every vector but the last is whole; a mask names rows that exist.
                unsafe {
                    if WHOLE || (FORM == DIRECT && i < DOWN - 1) {
                        new(if BETA == UNREAD { zero } else { <Vec<S, T::Real>>::load(isa, to) }).store(to);
                    } else {
                        let rows = self.reals.saturating_sub(i * lanes).min(lanes);
                        let mask = <Vec<S, T::Real>>::mask(isa, rows);
                        let old =
                            if BETA == UNREAD { zero } else { <Vec<S, T::Real>>::load_masked(isa, to, mask) };
                        new(old).store_masked(to, mask);
                    }
                }
            }
        }
    }
}
