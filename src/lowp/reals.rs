//! Products of bf16 and half precision, with sums in `f32`; of `f32` and `f64` packed beforehand.

use super::dots::Dots;
use super::epilogue::{Element, Epilogue, Finishing, Into, Out, Per, Precision, into};
use super::finish::{self, Finish};
use super::operand::{Kind, Number, Operand, dense_elements, singles};
use super::packed::{self, Format, Role};
use super::side::Side;
use super::sums::Sum;
use super::task::{OutOfMemory, Output, Pass, Task, done};
use super::{single, skinny};
use crate::engine::gemm::{Gemm, Region};
use crate::engine::operand::Operand as Elements;
use crate::engine::streamed;
use crate::kernel::convert;
use crate::kernel::dot::skinny::SkinnyKernels;
use crate::kernel::dot::{self, DotKernels};
use crate::kernel::kernels;
use crate::level3;
use crate::platform::memory::Buffer;
use crate::scalar::Scalar;
use crate::view::{MatMut, MatRef};
use core::ops::Range;
use half::{bf16, f16};

/// `C <- alpha A B + beta C`, A m x k, `b` B transposed, n x k, each of bf16, half precision or `f32`. Numbers of different
/// types become `f32`.
pub fn halves(alpha: f32, a: &Operand, b: &Operand, beta: f32, c: MatMut<f32>) -> Result<(), OutOfMemory> {
    scaled(alpha, a, b, beta, c, Precision::Strict)
}

/// [`halves`] with a precision.
fn scaled(
    alpha: f32,
    a: &Operand,
    b: &Operand,
    beta: f32,
    c: MatMut<f32>,
    precision: Precision,
) -> Result<(), OutOfMemory> {
    if c.rows() == 0 || c.cols() == 0 {
        return Ok(());
    }
    let dots = dot_kernels(a, b, precision).is_some();
    if let (Kind::F32, Kind::F32, false) = (a.kind, b.kind, dots)
        && let Some((a, b)) = a.matrix::<f32>().zip(b.matrix::<f32>())
    {
        level3::gemm(alpha, a, b.t(), beta, c);
        return Ok(());
    }
    let epilogue = Epilogue { scale: Per::All(alpha), beta, precision, ..Epilogue::default() };
    let skinny = alike(a, b) && (skinny::serves(a, b) || skinny::serves(b, a));
    if a.k == 0 || alpha == 0.0 || c.rows() == 1 || c.cols() == 1 || skinny || dots {
        let plain = alpha == 1.0 && (beta == 0.0 || beta == 1.0) && a.k > 0;
        return halves_finished(a, b, &epilogue, c, plain);
    }
    if let Some(buffer) = converted_size(a, b).and_then(Buffer::take) {
        let to = buffer.as_mut_ptr().cast::<f32>();
        // SAFETY: the buffer has room for both.
        if let Some((a, b)) = unsafe { converted(a, b, to) } {
            level3::gemm(alpha, a, b.t(), beta, c);
            return Ok(());
        }
    }
    reals(alpha, a, b, beta, c, singles)
}

/// Numbers of an operand up to which it is converted whole, after which the product is one of `f32` like any other:
/// of small ones that takes half the time.
const SMALL: usize = 1 << 16;

/// Bytes of both operands as `f32`, if they are small. Deep ones are summed in blocks, as packed ones are.
fn converted_size(a: &Operand, b: &Operand) -> Option<usize> {
    let (first, second) = (a.count * a.k, b.count * b.k);
    let small = alike(a, b) && first.max(second) <= SMALL && a.k <= Format::new(a.kind).depth(a.k);
    small.then_some((first + second) * size_of::<f32>())
}

/// Both operands as `f32`, unless they are packed.
///
/// # Safety
/// `to` must have room for both, for the lifetime.
unsafe fn converted<'a>(
    a: &Operand,
    b: &Operand,
    to: *mut f32,
) -> Option<(MatRef<'a, f32>, MatRef<'a, f32>)> {
    let next = to.wrapping_add(a.count * a.k);
    // SAFETY: the caller's promise.
    unsafe {
        Some(match a.kind {
            Kind::Bf16 => {
                let (a, b) = (a.matrix::<bf16>()?, b.matrix::<bf16>()?);
                (convert::whole(a, to), convert::whole(b, next))
            }
            _ => {
                let (a, b) = (a.matrix::<f16>()?, b.matrix::<f16>()?);
                (convert::whole(a, to), convert::whole(b, next))
            }
        })
    }
}

/// Whether both operands have numbers of the same kind of 16 bits.
fn alike(a: &Operand, b: &Operand) -> bool {
    a.kind == b.kind && a.kind != Kind::F32
}

/// Multiply-adds of bf16 next to those of `f32` from which it pays to round to them.
const FASTER: f64 = 1.5;

/// The kernels that multiply bf16, if the operands' numbers are, or shall be rounded to them.
pub(super) fn dot_kernels(
    a: &Operand,
    b: &Operand,
    precision: Precision,
) -> Option<&'static DotKernels<f32>> {
    let kernels = dot::bf16()?;
    let is_bf16 = |operand: &Operand| operand.kind == Kind::Bf16;
    let packed = |operand: &Operand| operand.role().is_some();
    let rounded = if packed(a) || packed(b) {
        // Panels are of bf16 or of `f32`.
        [a, b].into_iter().filter(|operand| packed(operand)).all(is_bf16)
    } else {
        // Products of few columns wait for memory.
        kernels.speed >= FASTER && a.count.min(b.count) > skinny::MOST_COLUMNS
    };
    let serves = is_bf16(a) && is_bf16(b) || precision == Precision::FastBf16 && rounded;
    serves.then_some(kernels)
}

/// The kernels that multiply an operand's numbers by few columns.
fn skinny_kernels(operand: &Operand) -> &'static SkinnyKernels<f32> {
    if operand.kind == Kind::Bf16 { dot::skinny_bf16() } else { dot::skinny_f16() }
}

/// [`halves`], `C <- epilogue(A B)`.
pub fn halves_into(a: &Operand, b: &Operand, epilogue: &Epilogue, c: Out) -> Result<(), OutOfMemory> {
    struct Halves<'a>(&'a Operand<'a>, &'a Operand<'a>);
    impl Into for Halves<'_> {
        fn multiply<T: Element>(self, epilogue: &Epilogue, c: MatMut<T>) -> Result<(), OutOfMemory> {
            halves_finished(self.0, self.1, epilogue, c, false)
        }
    }
    match (epilogue.factors(), c) {
        (Some((alpha, beta)), Out::F32(c)) => scaled(alpha, a, b, beta, c, epilogue.precision),
        (_, c) => into(Halves(a, b), epilogue, c),
    }
}

/// `plain` if C is the sums, or if `epilogue.beta` is 1 the sums more, of type `f32`.
fn halves_finished<T: Element>(
    a: &Operand,
    b: &Operand,
    epilogue: &Epilogue,
    c: MatMut<T>,
    plain: bool,
) -> Result<(), OutOfMemory> {
    let kernels = dot_kernels(a, b, epilogue.precision);
    let task = match kernels {
        Some(kernels) => Task::of_dots(a, b, &c, kernels),
        None => Task::new(a, b, &c, self::kernels::<f32>().mr),
    };
    let finish = Finishing::new(epilogue, task.out, task.swapped);
    if task.a.k == 0 || epilogue.ignores_sums() {
        task.without_terms(&finish, 0f32);
        return Ok(());
    }
    let (a, b) = (Side::new(&task.a, Role::Rows), Side::new(&task.b, Role::Columns));
    if alike(&task.a, &task.b)
        && (skinny::multiply(&skinny::Product { kernels: skinny_kernels(&task.a), a, b }, &finish)
            || task.b.count == 1 && single::halves(&task.a, &task.b, &finish))
    {
        return Ok(());
    }
    if let Some(kernels) = kernels {
        let (mut product, mut memory) = (Dots::new(kernels, a, b), None);
        if task.pass == Pass::Streamed {
            product = product.streamed();
        } else if task.pass == Pass::Near
            && let Some(rows) = packed::rows_of_bf16(kernels, &task.a, &mut memory)
        {
            product = Dots::new(kernels, Side::new(&rows, Role::Rows), b).near();
        }
        let add = epilogue.beta == 1.0;
        return done(match (task.adjacent(), task.turned()) {
            // SAFETY: C is of `f32`, as large as the operands, rows adjacent.
            (Some((c, c_col)), _) if plain => unsafe {
                finish::multiply_into(&product, c.cast(), c_col, add)
            },
            // SAFETY: C is of `f32`, as large as the operands, columns adjacent.
            (_, Some((c, c_row))) if plain => unsafe {
                finish::multiply_into_turned(&product, c.cast(), c_row, add)
            },
            _ => finish::multiply(&product, task.depth(Kind::Bf16), &finish),
        });
    }
    let product = gemm(1.0, singles(&task.a), singles(&task.b), task.a.count, task.b.count, task.a.k);
    done(finish::multiply(&product, task.depth(Kind::F32), &finish))
}

/// A product of elements whose C is yet to be said.
pub(super) fn gemm<'a, T: Scalar>(
    alpha: T,
    a: Elements<'a, T>,
    b: Elements<'a, T>,
    m: usize,
    n: usize,
    k: usize,
) -> Gemm<'a, T> {
    let (conj_a, conj_b, c) = (false, false, core::ptr::null_mut());
    let (beta, region) = (T::ZERO, Region::Full);
    Gemm { kernels: kernels::<T>(), m, n, k, alpha, a, conj_a, b, conj_b, beta, c, c_col: 0, region }
}

/// `C <- alpha A B + beta C` in elements that the operands' numbers stand for.
fn reals<T: Packable>(
    alpha: T,
    a: &Operand,
    b: &Operand,
    beta: T,
    c: MatMut<T>,
    elements: impl for<'a> Fn(&Operand<'a>) -> Elements<'a, T>,
) -> Result<(), OutOfMemory> {
    let task = Task::new(a, b, &c, kernels::<T>().mr);
    let (m, n, k) = (task.a.count, task.b.count, task.a.k);
    let mut product = gemm(alpha, elements(&task.a), elements(&task.b), m, n, k);
    if let Some((c, c_col)) = task.adjacent() {
        (product.c, product.c_col, product.beta) = (c, c_col as isize, beta);
        return done(streamed::multiply(&product) || finish::run(&product));
    }
    done(finish::multiply(&product, task.depth(T::KIND), &Strided { out: task.out, beta }))
}

/// `C <- A B + beta C` for operands of `f32` or `f64`, packed or not; A is m x k, `b` B transposed, n x k.
pub fn reals_packed<T: Packable>(a: &Operand, b: &Operand, beta: T, c: MatMut<T>) -> Result<(), OutOfMemory> {
    if c.rows() == 0 || c.cols() == 0 {
        return Ok(());
    }
    if a.k == 0 {
        let task = Task::new(a, b, &c, kernels::<T>().mr);
        task.without_terms(&Strided { out: task.out, beta }, T::ZERO);
        return Ok(());
    }
    reals(T::ONE, a, b, beta, c, dense_elements)
}

/// `f32` and `f64`.
pub trait Packable: Element + Scalar + Sum + Number {}
impl Packable for f32 {}
impl Packable for f64 {}

/// C whose rows are not adjacent: `C <- sums + beta C`.
struct Strided<T> {
    out: Output<T>,
    beta: T,
}

impl<T: Scalar> Finish<T> for Strided<T> {
    unsafe fn finish(&self, rows: Range<usize>, cols: Range<usize>, sums: *const T, col: usize) {
        for (j, to_j) in cols.enumerate() {
            for (i, to_i) in rows.clone().enumerate() {
                // SAFETY: an element of C and its sum, which the caller vouches for.
                unsafe {
                    let (sum, to) = (*sums.add(i + j * col), self.out.at(to_i, to_j));
                    *to = if self.beta == T::ZERO { sum } else { sum + self.beta * *to };
                }
            }
        }
    }
}
