//! Products in low precision on every ISA, against plain loops: integers exactly, reals within the stated bound. Every
//! operand ends or begins at a page that must not be touched.

mod integers;
mod packed;
mod precision;
mod reals;
mod threads;

use super::*;
use crate::lowp::packed as packing;
use crate::testing::{Guarded, Random, Side};
use crate::view::{MatMut, MatRef};
use half::{bf16, f16};

/// A matrix between pages that must not be touched, stored by rows or by columns, with padding.
struct Matrix<E> {
    memory: Guarded<E>,
    rows: usize,
    cols: usize,
    strides: (isize, isize),
}

impl<E: Copy> Matrix<E> {
    fn new(
        rows: usize,
        cols: usize,
        by_rows: bool,
        pad: usize,
        side: Side,
        mut make: impl FnMut() -> E,
    ) -> Self {
        let (inner, outer) = if by_rows { (cols, rows) } else { (rows, cols) };
        let ld = inner + pad;
        let count = if outer == 0 { 0 } else { ld * (outer - 1) + inner };
        let values: Vec<E> = (0..count).map(|_| make()).collect();
        let strides = if by_rows { (ld as isize, 1) } else { (1, ld as isize) };
        Matrix { memory: Guarded::new(&values, side), rows, cols, strides }
    }

    fn get(&self, i: usize, j: usize) -> E {
        self.memory[i * self.strides.0 as usize + j * self.strides.1 as usize]
    }

    fn view(&self) -> MatRef<'_, E> {
        // SAFETY: the memory holds the matrix.
        unsafe { MatRef::new(self.memory.as_ptr(), self.rows, self.cols, self.strides.0, self.strides.1) }
    }

    fn view_mut(&mut self) -> MatMut<'_, E> {
        let (rows, cols, (row_stride, col_stride)) = (self.rows, self.cols, self.strides);
        // SAFETY: the memory holds the matrix.
        unsafe { MatMut::new(self.memory.as_mut_ptr(), rows, cols, row_stride, col_stride) }
    }
}

/// Integers that operands may have.
trait Whole: Number {
    fn any(random: &mut Random) -> Self;
    fn int(self) -> i32;
}

macro_rules! whole {
    ($($type:ident),+) => {$(
        impl Whole for $type {
            /// Any, extreme ones often.
            fn any(random: &mut Random) -> $type {
                match random.bits() % 4 {
                    0 => $type::MAX,
                    1 => $type::MIN,
                    _ => random.bits() as $type,
                }
            }
            fn int(self) -> i32 {
                self.into()
            }
        }
    )+};
}

whole!(i8, u8, i16);

/// Sizes that straddle tiles and blocks of numbers.
const SIZES: [(usize, usize, usize); 11] = [
    // The last tile is not quite whole on any ISA.
    (47, 13, 40),
    (1, 1, 1),
    (1, 17, 64),
    (17, 1, 31),
    (16, 6, 32),
    (49, 9, 33),
    (97, 25, 129),
    (3, 50, 7),
    (50, 3, 200),
    (8, 4, 3),
    (50, 49, 70),
];

fn exact_sum<A: Whole, B: Whole>(
    a: &Matrix<A>,
    b: &Matrix<B>,
    i: usize,
    j: usize,
    zero_a: i32,
    zero_b: i32,
) -> i32 {
    (0..a.cols).fold(0i32, |sum, p| {
        let (x, y) = (a.get(i, p).int() + zero_a, b.get(p, j).int() + zero_b);
        sum.wrapping_add(x.wrapping_mul(y))
    })
}

/// The same operand, packed.
fn repacked<'a>(operand: &Operand, role: Role, buffer: &'a mut Vec<u64>) -> Operand<'a> {
    let bytes = packing::size(operand.kind, operand.count, operand.k).unwrap();
    buffer.resize(bytes.div_ceil(8), !0);
    // SAFETY: as large as it must be.
    unsafe {
        packing::pack(operand, role, 1.0, buffer.as_mut_ptr().cast());
        packing::open(buffer.as_ptr().cast(), operand.kind, role, operand.count, operand.k).unwrap()
    }
}

/// Both operands, packed.
fn both_packed<'a>(
    plain: &[Operand; 2],
    roles: [Role; 2],
    buffers: &'a mut [Vec<u64>; 2],
) -> [Operand<'a>; 2] {
    let [first, second] = buffers;
    [repacked(&plain[0], roles[0], first), repacked(&plain[1], roles[1], second)]
}

/// Numbers of a smaller type than `f32`.
trait Small: Number {
    fn of(x: f32) -> Self;
    fn wide(self) -> f64;
}

impl Small for bf16 {
    fn of(x: f32) -> bf16 {
        bf16::from_f32(x)
    }
    fn wide(self) -> f64 {
        self.to_f64()
    }
}

impl Small for f16 {
    fn of(x: f32) -> f16 {
        f16::from_f32(x)
    }
    fn wide(self) -> f64 {
        self.to_f64()
    }
}

/// The exact product and the bound of its error: `(k + 2) 2^-23` times the sum of absolute values.
fn real_sum<E: Small>(a: &Matrix<E>, b: &Matrix<E>, i: usize, j: usize) -> (f64, f64) {
    let terms = || (0..a.cols).map(|p| a.get(i, p).wide() * b.get(p, j).wide());
    let bound = terms().map(f64::abs).sum::<f64>() * (a.cols as f64 + 2.0) / 8_388_608.0;
    (terms().sum(), bound)
}
