//! Every CPU: 4 lanes of plain code.

use super::super::portable::Lanes;
use super::{Dot, DotDispatch, DotLevel, Full, Ints, Portable};
use core::ops::{Add, BitAnd, BitOr, BitXor, Sub};

impl Dot for Portable {
    type Isa = Portable;
    type Ints = I32x4;
    type Factors = I32x4;
    type Narrow = Full;
    const LEVEL: DotLevel = DotLevel::Portable;

    #[inline(always)]
    unsafe fn assume() -> Portable {
        Portable
    }

    #[inline(always)]
    fn isa(self) -> Portable {
        self
    }

    #[inline(always)]
    fn enter<D: DotDispatch>(self, work: D) -> D::Output {
        work.run(self)
    }

    #[inline(always)]
    unsafe fn factors(self, block: *const u8, i: usize, _: usize) -> I32x4 {
        // SAFETY: the caller vouches for the block.
        I32x4([unsafe { block.cast::<i32>().add(i).read_unaligned() }; 4])
    }

    #[inline(always)]
    unsafe fn factors_of_lanes(self, from: *const u8, _: usize) -> I32x4 {
        // SAFETY: the caller vouches for the memory.
        unsafe { I32x4::load(self, from) }
    }

    #[inline(always)]
    fn add_products(self, sum: I32x4, bytes: I32x4, factors: I32x4) -> I32x4 {
        let mut sums = sum.0;
        for lane in 0..4 {
            let (bytes, factors) = (bytes.0[lane].to_le_bytes(), factors.0[lane].to_le_bytes());
            for i in 0..4 {
                let product = i32::from(bytes[i]) * i32::from(factors[i] as i8);
                sums[lane] = sums[lane].wrapping_add(product);
            }
        }
        I32x4(sums)
    }

    #[inline(always)]
    fn add_crossed(self, sum: I32x4, bytes: I32x4, factors: I32x4) -> I32x4 {
        self.add_products(sum, factors, bytes)
    }

    #[inline(always)]
    fn dot_words(self, sum: I32x4, lane: I32x4, words: I32x4) -> I32x4 {
        let low = |x: i32| i32::from(x as i16);
        I32x4(core::array::from_fn(|i| {
            let (a, b) = (lane.0[i], words.0[i]);
            let products = (low(a) * low(b)).wrapping_add((a >> 16) * (b >> 16));
            sum.0[i].wrapping_add(products)
        }))
    }
}

/// 4 integers.
#[derive(Clone, Copy, Debug)]
pub struct I32x4([i32; 4]);

impl I32x4 {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(i32, i32) -> i32) -> Self {
        I32x4(core::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl Ints for I32x4 {
    type Isa = Portable;
    const LANES: usize = 4;

    #[inline(always)]
    fn splat(_: Portable, x: i32) -> Self {
        I32x4([x; 4])
    }

    #[inline(always)]
    unsafe fn load(_: Portable, from: *const u8) -> Self {
        // SAFETY: the caller vouches for 16 bytes.
        I32x4(unsafe { from.cast::<[[u8; 4]; 4]>().read() }.map(i32::from_le_bytes))
    }

    #[inline(always)]
    unsafe fn load_halves(_: Portable, from: *const u8) -> Self {
        // SAFETY: the caller vouches for 8 bytes.
        I32x4(unsafe { from.cast::<[[u8; 2]; 4]>().read() }.map(|half| u16::from_le_bytes(half).into()))
    }

    #[inline(always)]
    unsafe fn load_bytes(_: Portable, from: *const u8) -> Self {
        // SAFETY: the caller vouches for 4 bytes.
        I32x4(unsafe { from.cast::<[u8; 4]>().read() }.map(i32::from))
    }

    #[inline(always)]
    fn columns(words: [Self; 8]) -> [Self; 8] {
        let mut columns = words;
        for (i, to) in columns.iter_mut().enumerate() {
            for (j, to) in to.0.iter_mut().enumerate() {
                *to = words[i % 2 * 4 + j].0[i / 2];
            }
        }
        columns
    }

    #[inline(always)]
    unsafe fn gather_words(_: Portable, from: *const u8, stride: usize) -> [Self; 4] {
        core::array::from_fn(|word| {
            I32x4(core::array::from_fn(|row| {
                // SAFETY: the caller vouches for 16 bytes of each of 4 rows.
                let bytes = unsafe { from.add(row * stride).cast::<[u8; 4]>().add(word).read() };
                i32::from_le_bytes(bytes)
            }))
        })
    }

    #[inline(always)]
    unsafe fn gather_halves(_: Portable, from: *const u8, stride: usize) -> Self {
        I32x4(core::array::from_fn(|row| {
            // SAFETY: the caller vouches for 2 bytes of each of 4 rows.
            let bytes = unsafe { from.add(row * stride).cast::<[u8; 2]>().read() };
            u16::from_le_bytes(bytes).into()
        }))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8) {
        // SAFETY: the caller vouches for 16 bytes.
        unsafe { to.cast::<[[u8; 4]; 4]>().write(self.0.map(i32::to_le_bytes)) }
    }

    #[inline(always)]
    unsafe fn store_low_bytes(self, to: *mut u8) {
        // SAFETY: the caller vouches for 4 bytes.
        unsafe { to.cast::<[u8; 4]>().write(self.0.map(|x| x as u8)) }
    }

    #[inline(always)]
    fn shl<const N: u32>(self) -> Self {
        I32x4(self.0.map(|x| x << N))
    }

    #[inline(always)]
    fn shr<const N: u32>(self) -> Self {
        I32x4(self.0.map(|x| (x as u32 >> N) as i32))
    }

    #[inline(always)]
    fn sar<const N: u32>(self) -> Self {
        I32x4(self.0.map(|x| x >> N))
    }

    #[inline(always)]
    fn shl_by(self, n: u32) -> Self {
        I32x4(self.0.map(|x| x << n))
    }

    #[inline(always)]
    fn shr_by(self, n: u32) -> Self {
        I32x4(self.0.map(|x| (x as u32 >> n) as i32))
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self.zip(other, i32::wrapping_mul)
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, Ord::min)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, Ord::max)
    }

    #[inline(always)]
    fn lookup(self, table: &[u8; 16]) -> Self {
        I32x4(self.0.map(|x| i32::from_le_bytes(x.to_le_bytes().map(|byte| table[usize::from(byte & 15)]))))
    }

    #[inline(always)]
    fn largest(self) -> i32 {
        self.0.into_iter().fold(i32::MIN, Ord::max)
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        self.0.into_iter().fold(0, i32::wrapping_add)
    }

    #[inline(always)]
    fn of_bits(reals: Lanes<f32, 4>) -> Self {
        I32x4(reals.0.map(|x| x.to_bits() as i32))
    }

    #[inline(always)]
    fn bits(self) -> Lanes<f32, 4> {
        Lanes(self.0.map(|x| f32::from_bits(x as u32)))
    }

    #[inline(always)]
    fn to_reals(self) -> Lanes<f32, 4> {
        Lanes(self.0.map(|x| x as f32))
    }

    #[inline(always)]
    fn half_to_reals(self) -> Lanes<f32, 4> {
        Lanes(self.0.map(|x| half::f16::from_bits(x as u16).to_f32()))
    }
}

macro_rules! operator {
    ($operator:ident, $function:ident, $lane:expr) => {
        impl $operator for I32x4 {
            type Output = Self;
            #[inline(always)]
            fn $function(self, other: Self) -> Self {
                self.zip(other, $lane)
            }
        }
    };
}
operator!(Add, add, i32::wrapping_add);
operator!(Sub, sub, i32::wrapping_sub);
operator!(BitAnd, bitand, |x, y| x & y);
operator!(BitOr, bitor, |x, y| x | y);
operator!(BitXor, bitxor, |x, y| x ^ y);
