//! Products in low precision on every ISA, against plain loops: integers exactly, reals within the stated bound.

use super::dots::{Dots, Side as ProductSide};
use super::finish;
use super::integer::Rounding;
use super::operand::Number;
use super::packed;
use super::task::Output;
use super::*;
use crate::kernel::dot;
use crate::scalar::Scalar;
use crate::simd::dot::DotLevel;
use crate::testing::{Guarded, Random, Side, on_every_level};
use crate::view::{MatMut, MatRef, VecMut, VecRef};
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
const SIZES: [(usize, usize, usize); 10] = [
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

/// Every kernel set of this machine, block edges in k, rows and columns, straight into C and through memory.
fn dots<A: Whole, B: Whole>() {
    let mut random = Random::new(5);
    for kernels in DotLevel::ALL.into_iter().filter_map(dot::bytes_on) {
        for (m, n, k) in SIZES {
            for (a_by_rows, b_by_rows) in [(false, false), (true, false), (false, true), (true, true)] {
                let side = if a_by_rows { Side::Start } else { Side::End };
                let a = Matrix::new(m, k, a_by_rows, n % 3, side, || A::any(&mut random));
                let b = Matrix::new(k, n, b_by_rows, m % 2, side, || B::any(&mut random));
                for (zero_a, zero_b) in [(0, 0), (-128, 5), (127, -128)] {
                    let product = Dots {
                        kernels,
                        a: ProductSide::new(&Operand::new(a.view()), Role::Rows).plus(zero_a),
                        b: ProductSide::new(&Operand::new(b.view().t()), Role::Columns).plus(zero_b),
                        rate: 100.0,
                    };
                    let how = Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) };
                    for kc in [None, Some(1), Some(2), Some(100)] {
                        let mut c = Matrix::new(m, n, false, 1, side, || 77);
                        let done = match kc {
                            // SAFETY: C has the product's shape, columns m + 1 apart.
                            None => unsafe {
                                finish::multiply_into(product, c.memory.as_mut_ptr(), m + 1, false)
                            },
                            Some(kc) => {
                                let out = Output::new(&c.view_mut());
                                finish::multiply(&product, kc, &Rounding::new(&how, out, false))
                            }
                        };
                        assert!(done);
                        for j in 0..n {
                            for i in 0..m {
                                let want = exact_sum(&a, &b, i, j, zero_a, zero_b);
                                let at = (kernels.name, m, n, k, i, j, kc, zero_a);
                                assert_eq!(c.get(i, j), want, "{at:?}");
                            }
                            if j + 1 < n {
                                assert_eq!(c.memory[m + j * (m + 1)], 77, "padding");
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn bytes_on_every_kernel() {
    dots::<i8, u8>();
    dots::<u8, i8>();
    dots::<i8, i8>();
    dots::<u8, u8>();
}

#[test]
fn every_depth() {
    let mut random = Random::new(3);
    for kernels in DotLevel::ALL.into_iter().filter_map(dot::bytes_on) {
        for k in 1..=130 {
            let a = Matrix::new(kernels.mr + 1, k, k % 2 == 0, 0, Side::End, || i8::any(&mut random));
            let b = Matrix::new(k, kernels.nr + 1, k % 3 == 0, 0, Side::End, || u8::any(&mut random));
            let product = Dots {
                kernels,
                a: ProductSide::new(&Operand::new(a.view()), Role::Rows),
                b: ProductSide::new(&Operand::new(b.view().t()), Role::Columns),
                rate: 100.0,
            };
            let mut c = Matrix::new(a.rows, b.cols, false, 0, Side::End, || 0);
            // SAFETY: C has the product's shape.
            assert!(unsafe { finish::multiply_into(product, c.memory.as_mut_ptr(), a.rows, false) });
            for j in 0..b.cols {
                for i in 0..a.rows {
                    assert_eq!(c.get(i, j), exact_sum(&a, &b, i, j, 0, 0), "{} {k} {i} {j}", kernels.name);
                }
            }
        }
    }
}

/// What `Integer` means, in the arithmetic that its text names.
fn rounded(how: &Integer, sum: i32, old: i32, i: usize, j: usize) -> i32 {
    if how.alpha == 1.0 && how.beta == 0.0 && matches!(how.offset, Per::All(0)) {
        return sum;
    }
    let offset = match how.offset {
        Per::All(x) => x,
        Per::Row(x) => x[i],
        Per::Column(x) => x[j],
    };
    let scaled = f64::from(how.alpha) * f64::from(sum);
    let old = if how.beta == 0.0 { 0.0 } else { f64::from(how.beta) * f64::from(old) };
    let x = scaled + old + f64::from(offset);
    x.round_ties_even().clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i32
}

/// `bytes` and `words` in every layout, packed and not.
fn integers<A: Whole, B: Whole>(
    multiply: impl Fn(&Operand, i8, &Operand, i8, &Integer, MatMut<i32>) -> Result<(), OutOfMemory>,
) {
    let mut random = Random::new(11);
    for (m, n, k) in SIZES.into_iter().chain([(5, 5, 0)]) {
        let offsets: Vec<i32> = (0..m.max(n)).map(|_| random.bits() as i32 / 1000).collect();
        for (case, by_rows) in [false, true, false, true].into_iter().enumerate() {
            let a = Matrix::new(m, k, case < 2, 1, Side::End, || A::any(&mut random));
            let b = Matrix::new(k, n, case % 2 == 0, 2, Side::Start, || B::any(&mut random));
            for how in [
                Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) },
                Integer { alpha: 1.0, beta: 1.0, offset: Per::Row(&offsets) },
                Integer { alpha: 0.5, beta: -1.5, offset: Per::Column(&offsets) },
                Integer { alpha: -1e6, beta: 0.0, offset: Per::All(i32::MAX) },
                Integer { alpha: 0.0, beta: 2.0, offset: Per::All(-3) },
            ] {
                for (zero_a, zero_b) in [(0, 0), (3, -7)] {
                    let roles =
                        if by_rows { [Role::Columns, Role::Rows] } else { [Role::Rows, Role::Columns] };
                    let plain = [Operand::new(a.view()), Operand::new(b.view().t())];
                    let mut buffers = [Vec::new(), Vec::new()];
                    let packed = both_packed(&plain, roles, &mut buffers);
                    for (a_operand, b_operand) in [
                        (plain[0], plain[1]),
                        (packed[0], plain[1]),
                        (plain[0], packed[1]),
                        (packed[0], packed[1]),
                    ] {
                        let mut c = Matrix::new(m, n, by_rows, 1, Side::End, || Random::new(9).bits() as i32);
                        let old = c.memory.to_vec();
                        multiply(&a_operand, zero_a, &b_operand, zero_b, &how, c.view_mut()).unwrap();
                        for j in 0..n {
                            for i in 0..m {
                                let sum = exact_sum(&a, &b, i, j, zero_a.into(), zero_b.into());
                                let sum = if how.alpha == 0.0 { 0 } else { sum };
                                let at = i * c.strides.0 as usize + j * c.strides.1 as usize;
                                let want = rounded(&how, sum, old[at], i, j);
                                assert_eq!(c.get(i, j), want, "{m} {n} {k} {i} {j} {how:?} {by_rows}");
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The same operand, packed.
fn repacked<'a>(operand: &Operand, role: Role, buffer: &'a mut Vec<u64>) -> Operand<'a> {
    let bytes = packed::size(operand.kind, operand.count, operand.k).unwrap();
    buffer.resize(bytes.div_ceil(8), !0);
    // SAFETY: as large as it must be.
    unsafe {
        packed::pack(operand, role, 1.0, buffer.as_mut_ptr().cast());
        packed::open(buffer.as_ptr().cast(), operand.kind, role, operand.count, operand.k).unwrap()
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

#[test]
fn integers_in_every_layout() {
    on_every_level(|_| {
        integers::<i8, u8>(|a, x, b, y, how, c| bytes(a, x.into(), b, y.into(), how, c));
        integers::<u8, i8>(|a, x, b, y, how, c| bytes(a, x.into(), b, y.into(), how, c));
        integers::<i16, i16>(|a, x, b, y, how, c| words(a, x.into(), b, y.into(), how, c));
    });
}

#[test]
fn extreme_sums_wrap() {
    on_every_level(|_| {
        // 140000 * 255 * -128 passes -2^32.
        let k = 140_000;
        let (a, b) = (vec![255u8; 3 * k], vec![-128i8; 2 * k]);
        // SAFETY: k contiguous numbers in each row and column.
        let (a, b) = unsafe {
            (MatRef::new(a.as_ptr(), 3, k, k as isize, 1), MatRef::new(b.as_ptr(), 2, k, k as isize, 1))
        };
        let how = Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) };
        let mut c = Matrix::new(3, 2, true, 0, Side::End, || 0);
        bytes(&Operand::new(a), 0, &Operand::new(b), 0, &how, c.view_mut()).unwrap();
        let want = (k as i64 * 255 * -128) as i32;
        assert!(c.memory.iter().all(|&x| x == want));
        // -32768 squared, twice, is 2^31.
        let (a, b) = (vec![i16::MIN; 2 * k], vec![i16::MIN; k]);
        // SAFETY: as above.
        let (a, b) = unsafe {
            (MatRef::new(a.as_ptr(), 2, k, k as isize, 1), MatRef::new(b.as_ptr(), 1, k, k as isize, 1))
        };
        let mut c = Matrix::new(2, 1, true, 0, Side::End, || 0);
        words(&Operand::new(a), -1, &Operand::new(b), 2, &how, c.view_mut()).unwrap();
        let want = (k as i128 * -32769 * -32766) as i32;
        assert!(c.memory.iter().all(|&x| x == want));
    });
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

fn reals<E: Small>() {
    let mut random = Random::new(21);
    for (m, n, k) in SIZES.into_iter().chain([(4, 3, 0), (20, 10, 1500)]) {
        for by_rows in [false, true] {
            for (a_by_rows, b_by_rows) in [(false, false), (true, false), (false, true), (true, true)] {
                let mut number = || E::of(random.real() as f32 * 3.0 + 0.01);
                let a = Matrix::new(m, k, a_by_rows, 1, Side::End, &mut number);
                let b = Matrix::new(k, n, b_by_rows, 0, Side::Start, &mut number);
                let roles = if by_rows { [Role::Columns, Role::Rows] } else { [Role::Rows, Role::Columns] };
                let plain = [Operand::new(a.view()), Operand::new(b.view().t())];
                let mut buffers = [Vec::new(), Vec::new()];
                let packed = both_packed(&plain, roles, &mut buffers);
                for (alpha, beta) in [(1.0, 0.0), (1.0, 1.0), (-0.5, 2.0), (0.0, 3.0)] {
                    let old = if beta == 0.0 { f32::NAN } else { 1.25 };
                    let mut first: Option<Vec<u32>> = None;
                    for (a_operand, b_operand) in [
                        (packed[0], packed[1]),
                        (plain[0], plain[1]),
                        (packed[0], plain[1]),
                        (plain[0], packed[1]),
                    ] {
                        let mut c = Matrix::new(m, n, by_rows, 1, Side::End, || old);
                        halves(alpha, &a_operand, &b_operand, beta, c.view_mut()).unwrap();
                        for j in 0..n {
                            for i in 0..m {
                                let (sum, bound) = real_sum(&a, &b, i, j);
                                let kept = if beta == 0.0 { 0.0 } else { f64::from(beta) * 1.25 };
                                let want = f64::from(alpha) * sum + kept;
                                let bound = bound * f64::from(alpha.abs()) + (kept.abs() + 1e-30) * 3e-7;
                                let error = (f64::from(c.get(i, j)) - want).abs();
                                assert!(
                                    error <= bound,
                                    "{m} {n} {k} {i} {j} {alpha} {beta}: {error} {bound}"
                                );
                            }
                        }
                        // Packed or not, the same bits; the layout of the tiles may differ for few rows.
                        let bits: Vec<u32> = c.memory.iter().map(|x| x.to_bits()).collect();
                        if m.min(n) > 24 || k == 0 {
                            assert_eq!(*first.get_or_insert_with(|| bits.clone()), bits, "{m} {n} {k}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn halves_in_every_layout() {
    on_every_level(|_| {
        reals::<bf16>();
        reals::<f16>();
    });
}

#[test]
fn every_half_is_converted() {
    on_every_level(|_| {
        let all: Vec<u16> = (0..=u16::MAX).collect();
        let halves: Vec<f16> = all.iter().map(|&bits| f16::from_bits(bits)).collect();
        let one = [f16::ONE];
        let mut out = vec![0f32; all.len()];
        // SAFETY: a row of all, a 1, a row of results.
        unsafe {
            let a = MatRef::new(halves.as_ptr(), all.len(), 1, 1, all.len() as isize);
            let b = MatRef::new(one.as_ptr(), 1, 1, 1, 1);
            let c = MatMut::new(out.as_mut_ptr(), all.len(), 1, 1, all.len() as isize);
            super::halves(1.0, &Operand::new(a), &Operand::new(b), 0.0, c).unwrap();
        }
        for (half, &got) in halves.iter().zip(&out) {
            let want = half.to_f32();
            assert!(got == want || got.is_nan() && want.is_nan(), "{half:?}: {got}");
        }
    });
}

fn packed_reals<T: Packable + Scalar>() {
    let mut random = Random::new(31);
    for (m, n, k) in SIZES.into_iter().chain([(60, 70, 1100)]) {
        for by_rows in [false, true] {
            let a = Matrix::new(m, k, by_rows, 1, Side::End, || random.element::<T>());
            let b = Matrix::new(k, n, false, 1, Side::End, || random.element::<T>());
            let roles = if by_rows { [Role::Columns, Role::Rows] } else { [Role::Rows, Role::Columns] };
            let plain = [Operand::new(a.view()), Operand::new(b.view().t())];
            let mut buffers = [Vec::new(), Vec::new()];
            let packed = both_packed(&plain, roles, &mut buffers);
            for (a_operand, b_operand) in
                [(packed[0], plain[1]), (plain[0], packed[1]), (packed[0], packed[1])]
            {
                let mut c = Matrix::new(m, n, by_rows, 2, Side::Start, || T::ONE);
                reals_packed(&a_operand, &b_operand, T::ONE, c.view_mut()).unwrap();
                for j in 0..n {
                    for i in 0..m {
                        let want = (0..k).fold(1.0, |sum, p| {
                            sum + crate::testing::widen(a.get(i, p)).re
                                * crate::testing::widen(b.get(p, j)).re
                        });
                        let want = crate::scalar::c64::new(want, 0.0);
                        crate::testing::assert_close(c.get(i, j), want, k, &(m, n, k, i, j, by_rows));
                    }
                }
            }
        }
    }
}

#[test]
fn reals_packed_beforehand() {
    on_every_level(|_| {
        packed_reals::<f32>();
        packed_reals::<f64>();
    });
}

#[test]
fn packed_operands_are_recognised() {
    let numbers = vec![1i8; 40 * 50];
    // SAFETY: 40 x 50, contiguous.
    let mat = unsafe { MatRef::new(numbers.as_ptr(), 40, 50, 50, 1) };
    let mut buffer = Vec::new();
    repacked(&Operand::new(mat), Role::Rows, &mut buffer);
    let open = |buffer: &[u64], kind, role, count, k| {
        // SAFETY: a packed operand, or no header.
        unsafe { packed::open(buffer.as_ptr().cast(), kind, role, count, k) }.map(|_| ())
    };
    assert_eq!(open(&buffer, Kind::S8, Role::Rows, 40, 50), Ok(()));
    let kind = Err(PackedError::Kind(Kind::S8));
    assert_eq!(open(&buffer, Kind::U8, Role::Rows, 40, 50), kind);
    assert_eq!(open(&buffer, Kind::Bf16, Role::Rows, 40, 50), kind);
    assert_eq!(open(&buffer, Kind::S8, Role::Columns, 40, 50), Err(PackedError::Side));
    let shape = Err(PackedError::Shape(40, 50));
    assert_eq!(open(&buffer, Kind::S8, Role::Rows, 50, 40), shape);
    assert_eq!(open(&buffer, Kind::S8, Role::Rows, 40, 51), shape);
    assert_eq!(open(&[0; 64], Kind::S8, Role::Rows, 40, 50), Err(PackedError::NotPacked));
    for word in 0..8 {
        let mut damaged = buffer.clone();
        damaged[word] ^= 1 << 40;
        assert_eq!(open(&damaged, Kind::S8, Role::Rows, 40, 50), Err(PackedError::NotPacked), "{word}");
    }
    // A copy at another address will do.
    let moved: Vec<u64> = [0].into_iter().chain(buffer).collect();
    assert_eq!(open(&moved[1..], Kind::S8, Role::Rows, 40, 50), Ok(()));
}

#[test]
fn epilogues_in_order() {
    on_every_level(|_| {
        let (m, n, k) = (51, 13, 70);
        let mut random = Random::new(41);
        let a = Matrix::new(m, k, true, 0, Side::End, || u8::any(&mut random));
        let b = Matrix::new(k, n, true, 0, Side::End, || i8::any(&mut random));
        let values = |count: usize| (0..count).map(|i| 1e-4 * (i % 7 + 1) as f32).collect::<Vec<f32>>();
        let (rows, cols) = (values(m), values(n));
        for by_rows in [false, true] {
            for (scale, bias, step) in [
                (Per::All(1e-3), Per::Column(&cols[..]), Per::Row(&rows[..])),
                (Per::Row(&rows[..]), Per::All(0.5), Per::Column(&cols[..])),
                (Per::Column(&cols[..]), Per::Row(&rows[..]), Per::All(0.25)),
            ] {
                for activation in [Activation::None, Activation::Relu, Activation::Silu] {
                    let epilogue = Epilogue {
                        scale,
                        beta: 0.0,
                        bias,
                        activation,
                        clamp: Some((-3.0, 20.0)),
                        requantise: Some(Requantise { step, zero: 3 }),
                    };
                    let value = |per: &Per<f32>, i: usize, j: usize| match per {
                        Per::All(x) => *x,
                        Per::Row(x) => x[i],
                        Per::Column(x) => x[j],
                    };
                    let (x, y) = (Operand::new(a.view()), Operand::new(b.view().t()));
                    let mut real = Matrix::new(m, n, by_rows, 1, Side::End, || 0f32);
                    let mut signed = Matrix::new(m, n, by_rows, 1, Side::End, || 0i8);
                    let mut unsigned = Matrix::new(m, n, by_rows, 0, Side::End, || 0u8);
                    let mut whole = Matrix::new(m, n, by_rows, 0, Side::End, || 0i32);
                    let mut short = Matrix::new(m, n, by_rows, 0, Side::End, || bf16::ZERO);
                    bytes_into(&x, -100, &y, 7, &epilogue, Out::F32(real.view_mut())).unwrap();
                    bytes_into(&x, -100, &y, 7, &epilogue, Out::S8(signed.view_mut())).unwrap();
                    bytes_into(&x, -100, &y, 7, &epilogue, Out::U8(unsigned.view_mut())).unwrap();
                    bytes_into(&x, -100, &y, 7, &epilogue, Out::S32(whole.view_mut())).unwrap();
                    bytes_into(&x, -100, &y, 7, &epilogue, Out::Bf16(short.view_mut())).unwrap();
                    for j in 0..n {
                        for i in 0..m {
                            let sum = exact_sum(&a, &b, i, j, -100, 7) as f32;
                            let x = f64::from(sum * value(&scale, i, j) + value(&bias, i, j));
                            let x = match activation {
                                Activation::Relu => x.max(0.0),
                                Activation::Silu => x / (1.0 + (-x).exp()),
                                _ => x,
                            };
                            let x = x.clamp(-3.0, 20.0);
                            let got = real.get(i, j);
                            assert!((f64::from(got) - x).abs() <= 1e-5 * x.abs().max(1.0), "{got} {x}");
                            // The rest follows from the real result exactly.
                            let quantised = (got / value(&step, i, j)).round_ties_even() + 3.0;
                            assert_eq!(signed.get(i, j), quantised as i8);
                            assert_eq!(unsigned.get(i, j), quantised as u8);
                            assert_eq!(whole.get(i, j), got.round_ties_even() as i32);
                            assert_eq!(short.get(i, j), bf16::from_f32(got));
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn conversions_round_to_even() {
    on_every_level(|_| {
        let mut random = Random::new(51);
        let singles: Vec<f32> = (0..1000)
            .map(|_| f32::from_bits(random.bits()))
            .chain([0.0, -0.0, f32::INFINITY, f32::NAN, f32::MAX, 257.0 / 256.0, 259.0 / 256.0])
            .collect();
        let mut short = vec![bf16::ZERO; singles.len()];
        convert(VecRef::from_slice(&singles), VecMut::from_slice(&mut short));
        for (&x, &got) in singles.iter().zip(&short) {
            let want = bf16::from_f32(x);
            assert!(
                got == want && got.to_bits() == want.to_bits() || got.is_nan() && x.is_nan(),
                "{x} {got}"
            );
        }
        // Just above half way between two bf16, by less than an f32 can tell.
        let above = 1.00390625 + 1e-12;
        for (x, want) in [(above, 1.0078125), (-above, -1.0078125), (1.00390625, 1.0), (1e300, f64::INFINITY)]
        {
            let mut one = [bf16::ZERO];
            convert(VecRef::from_slice(&[x]), VecMut::from_slice(&mut one));
            assert_eq!(one[0].to_f64(), want);
        }
        let mut back = vec![0f64; short.len()];
        convert(VecRef::from_slice(&short), VecMut::from_slice(&mut back));
        for (&x, &got) in short.iter().zip(&back) {
            assert!(got == x.to_f64() || got.is_nan() && x.is_nan());
        }
    });
}

#[test]
fn vectors_of_bf16() {
    on_every_level(|_| {
        let mut random = Random::new(61);
        for n in [0, 1, 63, 64, 65, 300] {
            let make = |random: &mut Random| -> Vec<bf16> {
                (0..2 * n).map(|_| bf16::from_f32(random.real() as f32)).collect()
            };
            let (x, y) = (make(&mut random), make(&mut random));
            for inc in [1, 2] {
                // SAFETY: n elements `inc` apart.
                let (x, y) = unsafe {
                    (VecRef::from_blas(n, x.as_ptr(), inc), VecRef::from_blas(n, y.as_ptr(), -inc))
                };
                let terms: Vec<f64> = (0..n).map(|i| x.get(i).to_f64() * y.get(i).to_f64()).collect();
                let (sum, size): (f64, f64) = (terms.iter().sum(), terms.iter().map(|x| x.abs()).sum());
                let error = (f64::from(dot(x, y)) - sum).abs();
                assert!(error <= size * (n as f64 + 2.0) / 8_388_608.0, "{n} {inc} {error}");
            }
        }
        for (m, n) in [(1, 1), (65, 30), (30, 65), (128, 3)] {
            for by_rows in [false, true] {
                let a = Matrix::new(m, n, by_rows, 1, Side::End, || bf16::from_f32(random.real() as f32));
                let x = Matrix::new(n, 1, false, 0, Side::End, || bf16::from_f32(random.real() as f32));
                for (alpha, beta) in [(1.0, 0.0), (0.5, -2.0), (0.0, 1.0)] {
                    let mut y = vec![if beta == 0.0 { f32::NAN } else { 0.75 }; m];
                    gemv(alpha, a.view(), x.view().col(0), beta, VecMut::from_slice(&mut y));
                    let mut z = vec![bf16::from_f32(0.75); m];
                    gemv(alpha, a.view(), x.view().col(0), beta, VecMut::from_slice(&mut z));
                    for i in 0..m {
                        let (sum, bound) = real_sum(&a, &x, i, 0);
                        let want = f64::from(alpha) * sum + f64::from(beta) * 0.75;
                        assert!((f64::from(y[i]) - want).abs() <= bound + 1e-6, "{m} {n} {i}");
                        assert!((z[i].to_f64() - want).abs() <= bound + want.abs() / 256.0 + 1e-6);
                    }
                }
            }
        }
    });
}

#[test]
fn threads_compute_the_same_bits() {
    use crate::platform::threads;
    let (m, n, k) = (230, 170, 2500);
    let mut random = Random::new(71);
    let a = Matrix::new(m, k, true, 3, Side::End, || u8::any(&mut random));
    let b = Matrix::new(k, n, false, 1, Side::End, || i8::any(&mut random));
    let x = Matrix::new(m, k, false, 0, Side::End, || bf16::from_f32(random.real() as f32));
    let y = Matrix::new(k, n, true, 0, Side::End, || bf16::from_f32(random.real() as f32));
    let rows: Vec<f32> = (0..m).map(|i| i as f32).collect();
    let results = |count: i32| {
        threads::set_local(count);
        let (a, b) = (Operand::new(a.view()), Operand::new(b.view().t()));
        let mut plain = Matrix::new(m, n, true, 0, Side::End, || 0i32);
        let how = Integer { alpha: 1.0, beta: 0.0, offset: Per::All(0) };
        bytes(&a, 1, &b, 2, &how, plain.view_mut()).unwrap();
        let mut scaled = Matrix::new(m, n, true, 0, Side::End, || 5i32);
        bytes(&a, 1, &b, 2, &Integer { alpha: 0.25, beta: 3.0, ..how }, scaled.view_mut()).unwrap();
        let mut short = Matrix::new(m, n, true, 0, Side::End, || bf16::ONE);
        let epilogue = Epilogue { bias: Per::Row(&rows), beta: 1.0, ..Epilogue::default() };
        let (x, y) = (Operand::new(x.view()), Operand::new(y.view().t()));
        halves_into(&x, &y, &epilogue, Out::Bf16(short.view_mut())).unwrap();
        let mut single = Matrix::new(m, n, false, 0, Side::End, || 1f32);
        halves(1.0, &x, &y, 1.0, single.view_mut()).unwrap();
        threads::set_local(0);
        (plain.memory.to_vec(), scaled.memory.to_vec(), short.memory.to_vec(), single.memory.to_vec())
    };
    let alone = results(1);
    for (i, j) in [(0, 0), (m - 1, n - 1), (17, 96)] {
        assert_eq!(alone.0[i * n + j], exact_sum(&a, &b, i, j, 1, 2));
    }
    for count in [2, 3] {
        assert!(results(count) == alone, "{count}");
    }
}

#[test]
fn one_column_on_threads() {
    use crate::platform::threads;
    let (m, k) = (1100, 1000);
    let mut random = Random::new(81);
    for by_rows in [false, true] {
        let a = Matrix::new(m, k, by_rows, 3, Side::End, || i8::any(&mut random));
        let x = Matrix::new(k, 1, false, 0, Side::End, || u8::any(&mut random));
        for count in [1, 3] {
            threads::set_local(count);
            let mut c = Matrix::new(m, 1, false, 0, Side::End, || 5i32);
            let how = Integer { alpha: 1.0, beta: 1.0, offset: Per::All(-2) };
            bytes(&Operand::new(a.view()), 9, &Operand::new(x.view().t()), -128, &how, c.view_mut()).unwrap();
            threads::set_local(0);
            for i in 0..m {
                assert_eq!(c.get(i, 0), exact_sum(&a, &x, i, 0, 9, -128) + 3, "{by_rows} {count} {i}");
            }
        }
    }
}
