//! Vectors of 32-bit integers, and dot products of bytes: the ISAs as integer arithmetic sees them.
//!
//! The machine's dot product takes four unsigned bytes and four signed ones in each lane of 32 bits and adds
//! their products to the lane ([`Dot::add_products`]). In our use one row of a matrix lives in a lane, and the signed
//! bytes are the same in all lanes: four factors that were stored beside 28 others ([`Dot::spread`]) in the form that
//! the ISA likes best. An ISA that widens takes the four in two parts. Sums are exact modulo 2^32 on every ISA.
//!
//! | [`DotLevel`] | vector | instruction | four factors in memory |
//! |---|---|---|---|
//! | avx512-vnni | 16 lanes | `vpdpbusd` | 4 bytes |
//! | avx-vnni | 8 lanes | `vpdpbusd` (VEX) | 4 bytes |
//! | avx2 | 8 lanes | twice `vpmaddwd`: `vpmaddubsw` saturates | 4 words: first and third factor, second and fourth |
//! | portable | 4 lanes | plain code | 4 bytes |
//!
//! Two abstractions are built on this, for two questions:
//!
//! - [`terms::Terms`]: *of what numbers* are the products? Of bytes on every ISA here, of bf16 where the ISA has them. One
//!   tile of low precision (`kernel::dot`) serves both, whose sums stay in lanes to the end.
//! - [`Sums`]: *how far* does a sum of bytes go before it is widened to 32 bits? Tiles of `quant`, which end their sums
//!   after every group of weights, know how large those are, and AVX2 sums small ones in 16 bits.
//!
//! Called by `quant` and by the tiles of low precision; a sibling of the vectors of reals in the parent module,
//! whose ISAs it shares.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod halves;
mod portable;
mod sums;
pub mod terms;

use super::{Isa, Level, Portable};
use crate::platform::cpu;
use core::ops::{Add, BitAnd, BitOr, BitXor, Sub};

#[cfg(target_arch = "x86_64")]
use super::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx2::AvxVnni;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512Vnni;
#[cfg(target_arch = "x86_64")]
pub use halves::Avx512Bf16;
pub use halves::{Half, Widened};
pub use sums::{Full, Sums};

/// Factors that are stored together: a block of [`Dot::spread`].
pub const FACTORS: usize = 32;
/// Parts that any ISA multiplies four bytes in.
pub const MOST_PARTS: usize = 2;

/// An instruction set with dot products of bytes, as a token: a value proves that the CPU has it.
pub trait Dot: Copy + Send + Sync + 'static {
    /// The ISA of the vectors of reals.
    type Isa: Isa;
    /// Vector of `i32`, as many lanes as the vector of `f32`.
    type Ints: Ints<Isa = Self::Isa>;
    /// A part of four factors, for all lanes.
    type Factors: Copy;
    /// The fastest way to sum products of bytes of at most 127 with factors of at most 127 in magnitude.
    type Narrow: Sums<Self>;
    /// Which one this is.
    const LEVEL: DotLevel;
    /// Parts that four bytes are multiplied in, at most [`MOST_PARTS`].
    const PARTS: usize = 1;
    /// Whether factors become words of 16 bits when spread, which have room for an offset.
    const WORD_FACTORS: bool = false;
    /// Bytes that [`FACTORS`] factors take when spread.
    const SPREAD_BYTES: usize = FACTORS;

    /// The token.
    ///
    /// # Safety
    /// CPU and system must support the ISA.
    unsafe fn assume() -> Self;

    /// The ISA of the vectors.
    fn isa(self) -> Self::Isa;

    /// Runs `work` compiled for this ISA.
    fn enter<D: DotDispatch>(self, work: D) -> D::Output;

    /// Brings [`FACTORS`] signed bytes at `block` into the form that [`Dot::factors`] reads, in place.
    ///
    /// # Safety
    /// `SPREAD_BYTES` bytes at `block` must be writable, the first 32 be set.
    #[inline(always)]
    unsafe fn spread(self, _block: *mut u8) {}

    /// A part of factors `4 i .. 4 i + 4` of a spread block.
    ///
    /// # Safety
    /// `block` must have been spread; `i < 8`.
    unsafe fn factors(self, block: *const u8, i: usize, part: usize) -> Self::Factors;

    /// A part of four factors for each lane: of those of spread blocks that lie at `from`, one after the other.
    ///
    /// # Safety
    /// There must be as many.
    unsafe fn factors_of_lanes(self, from: *const u8, part: usize) -> Self::Factors;

    /// A part of the four bytes of each lane.
    #[inline(always)]
    fn part(self, bytes: Self::Ints, _part: usize) -> Self::Ints {
        bytes
    }

    /// The same address, where a tile must read a vector again for each part: else the compiler keeps it in a register
    /// that a sum needs.
    #[inline(always)]
    fn again(self, from: *const u8) -> *const u8 {
        from
    }

    /// Adds to each lane of `sum` the products of a part of the lane's unsigned bytes and that part of the factors.
    fn add_products(self, sum: Self::Ints, bytes: Self::Ints, factors: Self::Factors) -> Self::Ints;

    /// [`Dot::add_products`], but the lane's bytes are the signed ones. Only where factors stay as they are
    /// (`SPREAD_BYTES == FACTORS`): other forms are those of signed factors.
    fn add_crossed(self, sum: Self::Ints, bytes: Self::Ints, factors: Self::Factors) -> Self::Ints;

    /// Adds to each lane of `sum` the products of the lane's two signed 16-bit words and those of `words`.
    fn dot_words(self, sum: Self::Ints, lane: Self::Ints, words: Self::Ints) -> Self::Ints;
}

/// A vector of `i32`, whose lanes are also seen as four bytes.
pub trait Ints:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
{
    /// The ISA of the vector.
    type Isa: Isa;
    /// Lanes.
    const LANES: usize;

    /// All lanes `x`.
    fn splat(isa: Self::Isa, x: i32) -> Self;
    /// Reads a vector, any alignment.
    ///
    /// # Safety
    /// `4 LANES` bytes must be readable.
    unsafe fn load(isa: Self::Isa, from: *const u8) -> Self;
    /// Reads the first `2 LANES` bytes as unsigned 16-bit numbers.
    ///
    /// # Safety
    /// They must be readable.
    unsafe fn load_halves(isa: Self::Isa, from: *const u8) -> Self;
    /// Reads the first `LANES` bytes as unsigned numbers.
    ///
    /// # Safety
    /// They must be readable.
    unsafe fn load_bytes(isa: Self::Isa, from: *const u8) -> Self;
    /// Words of the bytes of four rows, `stride` bytes apart: lane i has byte i of each.
    ///
    /// # Safety
    /// `LANES` bytes of each must be readable.
    #[inline(always)]
    unsafe fn join_bytes(isa: Self::Isa, from: *const u8, stride: isize) -> Self {
        // SAFETY: the caller's promise.
        let byte = |i: isize| unsafe { Self::load_bytes(isa, from.offset(i * stride)) };
        byte(0) | byte(1).shl::<8>() | byte(2).shl::<16>() | byte(3).shl::<24>()
    }
    /// Words of the 16-bit numbers of two rows, `stride` bytes apart: lane i has number i of both.
    ///
    /// # Safety
    /// `2 LANES` bytes of each must be readable.
    #[inline(always)]
    unsafe fn join_halves(isa: Self::Isa, from: *const u8, stride: isize) -> Self {
        // SAFETY: the caller's promise.
        let half = |i: isize| unsafe { Self::load_halves(isa, from.offset(i * stride)) };
        half(0) | half(1).shl::<16>()
    }
    /// Reads a vector from blocks of 8 words, `stride` bytes apart: two blocks of 16 lanes, the block of 8, or the half
    /// at `from` of 4.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn load_blocks(isa: Self::Isa, from: *const u8, stride: isize) -> Self {
        const { assert!(Self::LANES <= 8) };
        let _ = stride;
        // SAFETY: the caller's promise.
        unsafe { Self::load(isa, from) }
    }
    /// 8 words of each of `LANES` columns, a word in each vector: as they follow each other in memory column after
    /// column.
    fn columns(words: [Self; 8]) -> [Self; 8];
    /// Reads 16 bytes from each of `LANES` rows, `stride` bytes apart, and returns the first four of each
    /// row, the second four, the third and the last.
    ///
    /// # Safety
    /// They must be readable.
    unsafe fn gather_words(isa: Self::Isa, from: *const u8, stride: usize) -> [Self; 4];
    /// Reads an unsigned 16-bit number from each of `LANES` rows, `stride` bytes apart.
    ///
    /// # Safety
    /// They must be readable.
    unsafe fn gather_halves(isa: Self::Isa, from: *const u8, stride: usize) -> Self;
    /// Writes a vector, any alignment.
    ///
    /// # Safety
    /// `4 LANES` bytes must be writable.
    unsafe fn store(self, to: *mut u8);
    /// Writes the lowest byte of each lane, one after the other.
    ///
    /// # Safety
    /// `LANES` bytes must be writable.
    unsafe fn store_low_bytes(self, to: *mut u8);

    /// Lanes shifted left by `N` bits.
    fn shl<const N: u32>(self) -> Self;
    /// Lanes shifted right by `N` bits, zeros coming in.
    fn shr<const N: u32>(self) -> Self;
    /// Lanes shifted right by `N` bits, copies of the sign coming in.
    fn sar<const N: u32>(self) -> Self;
    /// Lanes shifted left by `n < 32` bits, which the compiler should know.
    fn shl_by(self, n: u32) -> Self;
    /// Lanes shifted right by `n < 32` bits, which the compiler should know, zeros coming in.
    fn shr_by(self, n: u32) -> Self;
    /// Products of lanes, modulo 2^32.
    fn times(self, other: Self) -> Self;
    /// The smaller of each two lanes, with sign.
    fn min(self, other: Self) -> Self;
    /// The larger of each two lanes, with sign.
    fn max(self, other: Self) -> Self;
    /// For each byte, which must be less than 16, the entry of the table.
    fn lookup(self, table: &[u8; 16]) -> Self;
    /// The largest lane.
    fn largest(self) -> i32;
    /// The sum of all lanes, modulo 2^32.
    fn sum(self) -> i32;

    /// The bits of a vector of `f32`.
    fn of_bits(reals: Reals<Self>) -> Self;
    /// The vector of `f32` with these bits.
    fn bits(self) -> Reals<Self>;
    /// The nearest `f32` of each lane.
    fn to_reals(self) -> Reals<Self>;
    /// The lowest 16 bits of each lane as a number of half precision; the others must be zero.
    fn half_to_reals(self) -> Reals<Self>;
}

/// The vector of `f32` that belongs to a vector of integers.
pub type Reals<I> = <<I as Ints>::Isa as Isa>::F32;

/// An algorithm that is compiled once for each ISA.
pub trait DotDispatch {
    /// What it returns.
    type Output;
    /// The algorithm; implement it `#[inline(always)]`.
    fn run<S: Dot>(self, isa: S) -> Self::Output;
}

/// The ISAs with dot products of bytes, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DotLevel {
    /// Plain code for the build's target.
    Portable,
    /// AVX2.
    Avx2,
    /// AVX2 with AVX-VNNI.
    AvxVnni,
    /// AVX-512 with VNNI.
    Avx512Vnni,
}

impl DotLevel {
    /// Every ISA, best first.
    pub const ALL: [DotLevel; 4] =
        [DotLevel::Avx512Vnni, DotLevel::AvxVnni, DotLevel::Avx2, DotLevel::Portable];

    /// The ISA of this process: the best of those that the level which `ZENBLAS_ISA` may force allows.
    #[inline]
    pub fn of_process() -> DotLevel {
        if cpu::avx512_vnni() {
            DotLevel::Avx512Vnni
        } else if cpu::avx_vnni() {
            DotLevel::AvxVnni
        } else if cpu::level() >= Level::Avx2 {
            DotLevel::Avx2
        } else {
            DotLevel::Portable
        }
    }

    /// Whether CPU and system support it, whatever the environment says.
    pub fn supported(self) -> bool {
        match self {
            DotLevel::Portable => true,
            #[cfg(target_arch = "x86_64")]
            DotLevel::Avx2 => cpu::supports(Level::Avx2),
            #[cfg(target_arch = "x86_64")]
            DotLevel::AvxVnni => cpu::supports(Level::Avx2) && is_x86_feature_detected!("avxvnni"),
            #[cfg(target_arch = "x86_64")]
            DotLevel::Avx512Vnni => cpu::supports(Level::Avx512) && is_x86_feature_detected!("avx512vnni"),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// Name.
    pub const fn name(self) -> &'static str {
        match self {
            DotLevel::Portable => "portable",
            DotLevel::Avx2 => "avx2",
            DotLevel::AvxVnni => "avx-vnni",
            DotLevel::Avx512Vnni => "avx512-vnni",
        }
    }
}

/// Runs `work` on an ISA; `None` if this CPU lacks it.
pub fn dispatch_on<D: DotDispatch>(level: DotLevel, work: D) -> Option<D::Output> {
    if !level.supported() {
        return None;
    }
    // SAFETY: the CPU and the system support the level.
    Some(unsafe {
        match level {
            #[cfg(target_arch = "x86_64")]
            DotLevel::Avx512Vnni => Avx512Vnni::assume().enter(work),
            #[cfg(target_arch = "x86_64")]
            DotLevel::AvxVnni => AvxVnni::assume().enter(work),
            #[cfg(target_arch = "x86_64")]
            DotLevel::Avx2 => Dot::enter(<Avx2 as Dot>::assume(), work),
            _ => Dot::enter(<Portable as Dot>::assume(), work),
        }
    })
}

#[cfg(test)]
mod tests;
