//! What inference does with the sums of a layer before it writes them: an optional last step of every product.
//!
//! ```text
//! x <- scale sum + beta C + bias        scale, bias: one, one for each row of C, or one for each column
//! x <- activation(x)                    none, ReLU, GELU, SiLU
//! x <- min(max(x, low), high)           if there is a clamp
//! C <- x                                f32; bf16: rounded to nearest even
//! C <- round(x)                         s32: half to even, then clamped to the type
//! C <- round(x / step) + zero           s8, u8: half to even, then clamped to the type
//! ```
//!
//! All in `f32`, in this order; the sums of bytes are rounded to `f32` first (they are exact below 2^24). NaN
//! becomes 0 in integers.

use super::finish::Finish;
use super::round::Round as _;
use super::sums::Sum;
use super::task::{OutOfMemory, Output};
use crate::kernel::dot::MOST_ROWS;
use crate::simd::{Dispatch, Isa, dispatch};
use crate::view::MatMut;
use core::ops::Range;
use half::bf16;

/// One value for all of C, or one for each row or column.
#[derive(Clone, Copy, Debug)]
pub enum Per<'a, T> {
    /// The same everywhere.
    All(T),
    /// One for each row of C.
    Row(&'a [T]),
    /// One for each column of C.
    Column(&'a [T]),
}

impl<T: Copy + Default> Per<'_, T> {
    /// The same for the transposed C.
    pub(super) fn t(self) -> Self {
        match self {
            Per::All(_) => self,
            Per::Row(values) => Per::Column(values),
            Per::Column(values) => Per::Row(values),
        }
    }

    /// The value of column `j`, or of all; the default where values are rows'.
    #[inline(always)]
    pub(super) fn of_column(&self, j: usize) -> T {
        match self {
            Per::All(value) => *value,
            Per::Column(values) => values[j],
            Per::Row(_) => T::default(),
        }
    }

    /// Changes the elements of column `j` from row `first` on, each with its value.
    #[inline(always)]
    fn apply(&self, first: usize, j: usize, column: &mut [T], change: impl Fn(&mut T, T)) {
        match self {
            Per::Row(values) => {
                column.iter_mut().zip(&values[first..]).for_each(|(x, &value)| change(x, value))
            }
            _ => {
                let value = self.of_column(j);
                column.iter_mut().for_each(|x| change(x, value));
            }
        }
    }

    /// Whether there are `rows` or `cols` values where there is one for each.
    pub fn fits(&self, rows: usize, cols: usize) -> bool {
        match self {
            Per::All(_) => true,
            Per::Row(values) => values.len() >= rows,
            Per::Column(values) => values.len() >= cols,
        }
    }
}

/// Functions of one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// `x`.
    #[default]
    None,
    /// `max(x, 0)`.
    Relu,
    /// `x (1 + erf(x / sqrt 2)) / 2`, within `2e-7 max(1, |x|)`.
    Gelu,
    /// `x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`, within `2e-6 max(1, |x|)`.
    GeluTanh,
    /// `x / (1 + exp(-x))`, within `1e-6 max(1, |x|)`.
    Silu,
}

/// How real numbers become bytes: `round(x / step) + zero`.
#[derive(Clone, Copy, Debug)]
pub struct Requantise<'a> {
    /// What 1 stands for.
    pub step: Per<'a, f32>,
    /// What stands for 0.
    pub zero: i32,
}

/// What products of reals are formed of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// The operands' own numbers, or `f32` where they are of different types.
    #[default]
    Strict,
    /// Numbers may be rounded to the nearest bf16 (the even one of two as near) first: they are where the CPU multiplies
    /// those faster, or an operand is of bf16 and packed.
    FastBf16,
}

/// The last step of a product, and how exact it shall be. The default does nothing.
#[derive(Clone, Copy, Debug)]
pub struct Epilogue<'a> {
    /// Factor of the sums.
    pub scale: Per<'a, f32>,
    /// Factor of C as it was; 0 means that it is not read.
    pub beta: f32,
    /// What is added.
    pub bias: Per<'a, f32>,
    /// What function is taken.
    pub activation: Activation,
    /// The smallest and the largest value.
    pub clamp: Option<(f32, f32)>,
    /// For C of bytes; without it the step is 1 and zero 0.
    pub requantise: Option<Requantise<'a>>,
    /// Of reals only.
    pub precision: Precision,
}

impl Default for Epilogue<'_> {
    fn default() -> Self {
        Epilogue {
            scale: Per::All(1.0),
            beta: 0.0,
            bias: Per::All(0.0),
            activation: Activation::None,
            clamp: None,
            requantise: None,
            precision: Precision::Strict,
        }
    }
}

impl<'a> Epilogue<'a> {
    /// Whether the sums don't matter.
    pub(super) fn ignores_sums(&self) -> bool {
        matches!(self.scale, Per::All(0.0))
    }

    /// The factors of sums and C, if nothing else happens to C of `f32`.
    pub(super) fn factors(&self) -> Option<(f32, f32)> {
        match *self {
            Epilogue {
                scale: Per::All(alpha),
                beta,
                bias: Per::All(0.0),
                activation: Activation::None,
                clamp: None,
                ..
            } => Some((alpha, beta)),
            _ => None,
        }
    }

    /// The same for the transposed C.
    fn t(&self) -> Epilogue<'a> {
        let step = |how: Requantise<'a>| Requantise { step: how.step.t(), ..how };
        Epilogue {
            scale: self.scale.t(),
            bias: self.bias.t(),
            requantise: self.requantise.map(step),
            ..*self
        }
    }
}

/// C of any type.
#[derive(Debug)]
pub enum Out<'a> {
    /// Of `f32`.
    F32(MatMut<'a, f32>),
    /// Of bf16.
    Bf16(MatMut<'a, bf16>),
    /// Of 32-bit integers.
    S32(MatMut<'a, i32>),
    /// Of signed bytes.
    S8(MatMut<'a, i8>),
    /// Of unsigned bytes.
    U8(MatMut<'a, u8>),
}

/// An element of C.
pub trait Element: Copy + Send + Sync + 'static {
    /// Whether `Requantise` applies.
    const IS_BYTE: bool;
    /// The element that a number becomes.
    fn of(x: f32) -> Self;
    /// The number that an element is.
    fn to(self) -> f32;
}

macro_rules! integer_element {
    ($($type:ty: $is_byte:expr),+) => {$(
        impl Element for $type {
            const IS_BYTE: bool = $is_byte;
            #[inline(always)]
            fn of(x: f32) -> Self {
                x.to_even() as $type
            }
            #[inline(always)]
            fn to(self) -> f32 {
                self as f32
            }
        }
    )+};
}

integer_element!(i8: true, u8: true, i32: false);

impl Element for f32 {
    const IS_BYTE: bool = false;
    #[inline(always)]
    fn of(x: f32) -> f32 {
        x
    }
    #[inline(always)]
    fn to(self) -> f32 {
        self
    }
}

impl Element for f64 {
    const IS_BYTE: bool = false;
    #[inline(always)]
    fn of(x: f32) -> f64 {
        x.into()
    }
    #[inline(always)]
    fn to(self) -> f32 {
        self as f32
    }
}

impl Element for bf16 {
    const IS_BYTE: bool = false;
    #[inline(always)]
    fn of(x: f32) -> bf16 {
        bf16::from_f32(x)
    }
    #[inline(always)]
    fn to(self) -> f32 {
        self.to_f32()
    }
}

/// A product that is multiplied into C of any type.
pub(super) trait Into {
    fn multiply<T: Element>(self, epilogue: &Epilogue, c: MatMut<T>) -> Result<(), OutOfMemory>;
}

/// Multiplies into a C that has elements.
pub(super) fn into(product: impl Into, epilogue: &Epilogue, c: Out) -> Result<(), OutOfMemory> {
    fn with<T: Element>(product: impl Into, epilogue: &Epilogue, c: MatMut<T>) -> Result<(), OutOfMemory> {
        let (rows, cols) = (c.rows(), c.cols());
        assert!(epilogue.scale.fits(rows, cols) && epilogue.bias.fits(rows, cols), "too few values");
        assert!(epilogue.requantise.is_none_or(|how| how.step.fits(rows, cols)), "too few steps");
        if rows == 0 || cols == 0 { Ok(()) } else { product.multiply(epilogue, c) }
    }
    match c {
        Out::F32(c) => with(product, epilogue, c),
        Out::Bf16(c) => with(product, epilogue, c),
        Out::S32(c) => with(product, epilogue, c),
        Out::S8(c) => with(product, epilogue, c),
        Out::U8(c) => with(product, epilogue, c),
    }
}

/// Sums as they become `f32`.
trait ToSingle: Sum {
    fn to_single(self) -> f32;
}

impl ToSingle for i32 {
    #[inline(always)]
    fn to_single(self) -> f32 {
        self as f32
    }
}

impl ToSingle for f32 {
    #[inline(always)]
    fn to_single(self) -> f32 {
        self
    }
}

/// Makes C of sums by an epilogue.
pub(super) struct Finishing<'a, T> {
    epilogue: Epilogue<'a>,
    out: Output<T>,
}

impl<'a, T: Element> Finishing<'a, T> {
    /// `out` is C as the engine sees it, transposed if `swapped`.
    pub(super) fn new(epilogue: &Epilogue<'a>, out: Output<T>, swapped: bool) -> Self {
        Finishing { epilogue: if swapped { epilogue.t() } else { *epilogue }, out }
    }
}

impl<S: ToSingle, T: Element> Finish<S> for Finishing<'_, T> {
    unsafe fn finish(&self, rows: Range<usize>, cols: Range<usize>, sums: *const S, col: usize) {
        dispatch(Tile { finishing: self, rows, cols, sums, col });
    }
}

struct Tile<'a, S, T> {
    finishing: &'a Finishing<'a, T>,
    rows: Range<usize>,
    cols: Range<usize>,
    sums: *const S,
    col: usize,
}

impl<S: ToSingle, T: Element> Dispatch for Tile<'_, S, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _: I) {
        let Tile { finishing: Finishing { epilogue, out }, rows, cols, sums, col } = self;
        let mut column = [0f32; MOST_ROWS];
        let column = &mut column[..rows.len()];
        for (j, to_j) in cols.enumerate() {
            let c = out.at(rows.start, to_j);
            for (i, x) in column.iter_mut().enumerate() {
                // SAFETY: the sum of element (i, j), which the caller of `finish` vouches for.
                *x = unsafe { *sums.add(i + j * col) }.to_single();
            }
            epilogue.scale.apply(rows.start, to_j, column, |x, scale| *x *= scale);
            if epilogue.beta != 0.0 {
                for (i, x) in column.iter_mut().enumerate() {
                    // SAFETY: element (i, j) of C.
                    *x += epilogue.beta * unsafe { *c.offset(i as isize * out.row_stride) }.to();
                }
            }
            epilogue.bias.apply(rows.start, to_j, column, |x, bias| *x += bias);
            activate(epilogue.activation, column);
            if let Some((low, high)) = epilogue.clamp {
                for x in column.iter_mut() {
                    *x = if *x < low { low } else { *x };
                    *x = if *x > high { high } else { *x };
                }
            }
            if let (Some(how), true) = (epilogue.requantise, T::IS_BYTE) {
                // Rounded here, so that `zero`, which is whole, doesn't change which number is even.
                let quantise = |x: &mut f32, step: f32| *x = (*x / step).to_even() + how.zero as f32;
                how.step.apply(rows.start, to_j, column, quantise);
            }
            let store = |stride: isize| {
                for (i, &x) in column.iter().enumerate() {
                    // SAFETY: element (i, j) of C, which is this thread's.
                    unsafe { *c.offset(i as isize * stride) = T::of(x) };
                }
            };
            if out.row_stride == 1 { store(1) } else { store(out.row_stride) }
        }
    }
}

#[inline(always)]
fn activate(activation: Activation, column: &mut [f32]) {
    match activation {
        Activation::None => {}
        Activation::Relu => column.iter_mut().for_each(|x| *x = if *x < 0.0 { 0.0 } else { *x }),
        Activation::Gelu => column.iter_mut().for_each(|x| *x = gelu(*x)),
        Activation::GeluTanh => column.iter_mut().for_each(|x| {
            // (1 + tanh(y)) / 2 = 1 / (1 + exp(-2 y))
            let y = 1.595_769_2 * (*x + 0.044_715 * *x * *x * *x);
            *x = gate(*x, y);
        }),
        Activation::Silu => column.iter_mut().for_each(|x| *x = gate(*x, *x)),
    }
}

/// `x / (1 + exp(-y))`.
#[inline(always)]
fn gate(x: f32, y: f32) -> f32 {
    x / (1.0 + exp(-y))
}

/// `exp(x)`, within 2 units in the last place where that is a normal number, else 0 or the largest power of two;
/// without branches, so that loops over it become vector code.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // exp(x) = 2^n exp(r), r = x - n ln 2 within half of ln 2.
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let n = (x * core::f32::consts::LOG2_E).to_even();
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    // The Taylor series; the term left out is below 2^-27.
    let mut sum = 1.0 / 5040.0;
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * r + term;
    }
    let power = f32::from_bits(((n as i32 + 127) as u32) << 23);
    if x.is_nan() { x } else { sum * power }
}

/// By Abramowitz and Stegun 7.1.26: erf within 1.5e-7.
#[inline(always)]
fn gelu(x: f32) -> f32 {
    let z = x.abs() * core::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let mut sum = 1.061_405_4;
    for term in [-1.453_152, 1.421_413_8, -0.284_496_72, 0.254_829_6] {
        sum = sum * t + term;
    }
    // 1 - erf(z); half of it is the distance of x's factor from 0 or 1.
    let beyond = 0.5 * sum * t * exp(-z * z);
    x * if x < 0.0 { beyond } else { 1.0 - beyond }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_are_near() {
        let mut worst = [0f64; 3];
        for i in -4000..=4000 {
            let x = i as f32 / 200.0;
            let (wide, scale) = (f64::from(x), f64::from(x.abs().max(1.0)));
            let of = |activation| {
                let mut column = [x];
                activate(activation, &mut column);
                f64::from(column[0])
            };
            let wants = [
                (Activation::Silu, wide / (1.0 + (-wide).exp())),
                (Activation::GeluTanh, {
                    let y = (2.0 / core::f64::consts::PI).sqrt() * (wide + 0.044715 * wide.powi(3));
                    wide * (1.0 + y.tanh()) / 2.0
                }),
                (Activation::Gelu, wide * gauss(wide)),
            ];
            for (worst, (activation, want)) in worst.iter_mut().zip(wants) {
                *worst = worst.max((of(activation) - want).abs() / scale);
            }
            assert_eq!(of(Activation::Relu), wide.max(0.0));
        }
        assert!(worst[0] < 1e-6 && worst[1] < 2e-6 && worst[2] < 2e-7, "{worst:?}");
        for activation in [Activation::Gelu, Activation::GeluTanh, Activation::Silu, Activation::Relu] {
            let mut column = [f32::INFINITY, f32::NAN, 100.0, -100.0];
            activate(activation, &mut column);
            assert!(column[0] == f32::INFINITY && column[1].is_nan(), "{activation:?} {column:?}");
            assert!(column[2] == 100.0 && column[3].abs() < 1e-30, "{activation:?} {column:?}");
        }
    }

    /// The distribution function of the normal distribution, by its power series.
    fn gauss(x: f64) -> f64 {
        if x.abs() > 7.0 {
            return if x > 0.0 { 1.0 } else { 0.0 };
        }
        let (mut term, mut sum, mut n) = (x, x, 1.0);
        while term.abs() > 1e-18 {
            term *= -x * x / 2.0 / n * (2.0 * n - 1.0) / (2.0 * n + 1.0);
            sum += term;
            n += 1.0;
        }
        0.5 + sum / (2.0 * core::f64::consts::PI).sqrt()
    }
}
