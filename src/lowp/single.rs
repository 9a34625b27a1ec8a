//! Products with one column: every number of A is used once, so packing it would cost more than the product. Rows
//! are multiplied where they are, at the speed of memory.
//!
//! `sums[i] <- sum_p (a[i, p] + zero_a) x[p]`: of integers modulo 2^32, x of 16 bits with its own offset added; of
//! reals in `f32`.

use super::finish::Finish;
use super::operand::{Kind, Operand};
use super::sums::Sum;
use crate::kernel::convert::Stored;
use crate::platform::memory::Buffer;
use crate::platform::{pool, threads};
use crate::simd::{Dispatch, Isa, dispatch};
use crate::view::MatRef;
use half::{bf16, f16};

/// Numbers of A from which on a product is worth more than one thread.
const SHARED: usize = 1 << 20;
/// Rows whose sums are finished at a time.
const ROWS: usize = 32;
/// Partial sums of a row of reals.
const PARTS: usize = 32;

/// A number of A, with a factor of type `X` and sums of type `S`.
trait Term<X, S>: Copy + Sync {
    /// The sum of the products of two rows of the same length.
    fn dot(row: &[Self], x: &[X]) -> S;
    /// `sum + self x`.
    fn add_product(self, x: X, sum: S) -> S;
}

macro_rules! whole_term {
    ($($type:ty),+) => {$(
        impl Term<i16, i32> for $type {
            #[inline(always)]
            fn dot(row: &[$type], x: &[i16]) -> i32 {
                let products = row.iter().zip(x).map(|(&a, &x)| i32::from(i16::from(a)) * i32::from(x));
                products.fold(0, i32::wrapping_add)
            }
            #[inline(always)]
            fn add_product(self, x: i16, sum: i32) -> i32 {
                sum.wrapping_add(i32::from(i16::from(self)) * i32::from(x))
            }
        }
    )+};
}

whole_term!(i8, u8);

macro_rules! real_term {
    ($($type:ty),+) => {$(
        impl Term<f32, f32> for $type {
            #[inline(always)]
            fn dot(row: &[$type], x: &[f32]) -> f32 {
                let mut sums = [0f32; PARTS];
                let whole = row.len() - row.len() % PARTS;
                for (row, x) in row.chunks_exact(PARTS).zip(x.chunks_exact(PARTS)) {
                    for (i, sum) in sums.iter_mut().enumerate() {
                        *sum += row[i].widen(0.0) * x[i];
                    }
                }
                let rest = row[whole..].iter().zip(&x[whole..]).map(|(&a, &x)| a.widen(0.0) * x);
                sums.iter().sum::<f32>() + rest.sum::<f32>()
            }
            #[inline(always)]
            fn add_product(self, x: f32, sum: f32) -> f32 {
                sum + self.widen(0.0) * x
            }
        }
    )+};
}

real_term!(bf16, f16);

/// Multiplies `a`, `zero_a` added to each number, by the only column of `b`, `zero_b` added, if both are of bytes and
/// not packed; otherwise does nothing and says so.
pub(super) fn bytes(a: &Operand, zero_a: i32, b: &Operand, zero_b: i32, finish: &impl Finish<i32>) -> bool {
    let Ok(zero) = i16::try_from(zero_b) else { return false };
    // Numbers of 9 bits more than fit.
    if zero.unsigned_abs() > i16::MAX as u16 - 255 {
        return false;
    }
    let Some(buffer) = column(b, |buffer| match b.kind {
        Kind::S8 => fill::<i8, i16>(b, buffer, |x| i16::from(x) + zero),
        _ => fill::<u8, i16>(b, buffer, |x| i16::from(x) + zero),
    }) else {
        return false;
    };
    // SAFETY: filled just now.
    let x = unsafe { core::slice::from_raw_parts(buffer.as_mut_ptr().cast::<i16>(), b.k) };
    // What the offset of A adds to each sum.
    let total = x.iter().fold(0i32, |sum, &x| sum.wrapping_add(x.into())).wrapping_mul(zero_a);
    match a.kind {
        Kind::S8 => a.matrix::<i8>().map(|a| multiply(a, x, total, finish)),
        _ => a.matrix::<u8>().map(|a| multiply(a, x, total, finish)),
    }
    .is_some()
}

/// Multiplies `a` by the only column of `b` if both are of bf16 or half precision and not packed; otherwise does
/// nothing and says so.
pub(super) fn halves(a: &Operand, b: &Operand, finish: &impl Finish<f32>) -> bool {
    let Some(buffer) = column(b, |buffer| match b.kind {
        Kind::Bf16 => fill::<bf16, f32>(b, buffer, |x| x.widen(0.0)),
        _ => fill::<f16, f32>(b, buffer, |x| x.widen(0.0)),
    }) else {
        return false;
    };
    // SAFETY: filled just now.
    let x = unsafe { core::slice::from_raw_parts(buffer.as_mut_ptr().cast::<f32>(), b.k) };
    match a.kind {
        Kind::Bf16 => a.matrix::<bf16>().map(|a| multiply(a, x, 0.0, finish)),
        _ => a.matrix::<f16>().map(|a| multiply(a, x, 0.0, finish)),
    }
    .is_some()
}

/// Memory for the factors of a column, filled, if there is any.
fn column(b: &Operand, fill: impl FnOnce(&Buffer) -> Option<()>) -> Option<Buffer> {
    let buffer = Buffer::take(b.k * size_of::<f32>())?;
    fill(&buffer)?;
    Some(buffer)
}

/// Writes the factors of a column, unless it is packed.
fn fill<E: super::Number, X>(b: &Operand, buffer: &Buffer, of: impl Fn(E) -> X) -> Option<()> {
    let b = b.matrix::<E>()?;
    for p in 0..b.cols() {
        // SAFETY: number p of the column; the buffer has room for as many.
        unsafe { buffer.as_mut_ptr().cast::<X>().add(p).write(of(*b.at(0, p))) };
    }
    Some(())
}

fn multiply<E: Term<X, S>, X: Copy + Sync, S: Sum + Default>(
    a: MatRef<E>,
    x: &[X],
    begin: S,
    finish: &impl Finish<S>,
) {
    let chunks = a.rows().div_ceil(ROWS);
    let wanted = if a.rows() * a.cols() < SHARED { 1 } else { threads::max().min(chunks) };
    let part = |member: usize, members: usize| {
        dispatch(Rows {
            a,
            x,
            begin,
            finish,
            from: chunks * member / members * ROWS,
            to: (chunks * (member + 1) / members * ROWS).min(a.rows()),
        });
    };
    if wanted == 1 {
        part(0, 1);
    } else {
        let team = pool::take(wanted);
        let members = team.size();
        team.share(members, |piece| part(piece, members));
    }
}

/// Rows `from..to`.
struct Rows<'a, E, X, S, F> {
    a: MatRef<'a, E>,
    x: &'a [X],
    begin: S,
    finish: &'a F,
    from: usize,
    to: usize,
}

impl<E: Term<X, S>, X: Copy, S: Sum + Default, F: Finish<S>> Dispatch for Rows<'_, E, X, S, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _: I) {
        let Rows { a, x, begin, finish, from, to } = self;
        for first in (from..to).step_by(ROWS) {
            let rows = first..(first + ROWS).min(to);
            let mut sums = [S::default(); ROWS];
            if a.col_stride() == 1 {
                for (i, sum) in rows.clone().zip(&mut sums) {
                    // SAFETY: row i of A, whose numbers are adjacent.
                    *sum = E::dot(unsafe { core::slice::from_raw_parts(a.at(i, 0), x.len()) }, x);
                }
            } else {
                for (p, &x) in x.iter().enumerate() {
                    let column = a.at(first, p);
                    if rows.len() == ROWS && a.row_stride() == 1 {
                        for (i, sum) in sums.iter_mut().enumerate() {
                            // SAFETY: number (first + i, p) of A.
                            *sum = unsafe { *column.add(i) }.add_product(x, *sum);
                        }
                    } else {
                        for (i, sum) in sums.iter_mut().enumerate().take(rows.len()) {
                            // SAFETY: as above.
                            *sum =
                                unsafe { *column.offset(i as isize * a.row_stride()) }.add_product(x, *sum);
                        }
                    }
                }
            }
            for sum in &mut sums {
                *sum = sum.plus(begin);
            }
            // SAFETY: the sums of these rows, which are this thread's.
            unsafe { finish.finish(rows, 0..1, sums.as_ptr(), ROWS) };
        }
    }
}
