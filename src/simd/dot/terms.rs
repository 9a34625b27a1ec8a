//! What a tile of low precision is made of: a word of four bytes in each lane, times a word that all lanes
//! share, several products of small numbers added to each lane at once.
//!
//! | ISA | numbers in a word | sums | instruction |
//! |---|---|---|---|
//! | the [`Dot`] ISAs | 4 unsigned bytes times 4 signed | `i32`, modulo 2^32 | see there |
//! | avx512-bf16 | 2 bf16 times 2 bf16 | `f32` | `vdpbf16ps` |
//!
//! Words come in blocks of [`WORDS`]: 32 bytes of a column, which [`Terms::spread`] may change the form of.
//! An ISA whose registers are few takes a word in several parts, so that a part of each row is all it holds.
//!
//! Called by `kernel::dot`.

use super::{Dot, Ints, Portable};

#[cfg(target_arch = "x86_64")]
use super::{Avx512Vnni, AvxVnni};
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::*;

/// Words of a block.
pub const WORDS: usize = super::FACTORS / 4;

/// An ISA that adds the products of words to lanes.
pub trait Terms: Copy + Send + Sync + 'static {
    /// The ISA whose integers pack the operands.
    type Dot: Dot;
    /// A sum.
    type Sum: Copy;
    /// A vector of sums.
    type Sums: Copy;
    /// A part of a word of each row.
    type Rows: Copy;
    /// A part of a word of a column, for all lanes.
    type Factors: Copy;
    /// Name.
    const NAME: &'static str;
    /// Lanes of a vector of sums.
    const LANES: usize;
    /// Numbers in a word.
    const NUMBERS: usize;
    /// Parts that a word is taken in.
    const PARTS: usize = 1;
    /// Bytes of a block of a column.
    const BLOCK_BYTES: usize = super::FACTORS;

    /// The token.
    ///
    /// # Safety
    /// CPU and system must support the ISA.
    unsafe fn assume() -> Self;
    /// The token of the ISA whose integers pack.
    fn dot(self) -> Self::Dot;
    /// Runs `work` compiled for this ISA.
    fn enter<W: TermsDispatch<Self>>(self, work: W);
    /// Sums of nothing.
    fn zero(self) -> Self::Sums;
    /// All lanes `x`.
    fn splat(self, x: Self::Sum) -> Self::Sums;
    /// Reads sums.
    ///
    /// # Safety
    /// `LANES` must be readable.
    unsafe fn load(self, from: *const Self::Sum) -> Self::Sums;
    /// Reads sums and multiplies them.
    ///
    /// # Safety
    /// `LANES` must be readable.
    unsafe fn load_scaled(self, from: *const Self::Sum, factor: Self::Sum) -> Self::Sums;
    /// Writes sums.
    ///
    /// # Safety
    /// `LANES` must be writable.
    unsafe fn store(self, sums: Self::Sums, to: *mut Self::Sum);
    /// `x + y`.
    fn add(self, x: Self::Sums, y: Self::Sums) -> Self::Sums;
    /// Brings words of `LANES` rows into the form that [`Terms::rows`] reads, in place.
    ///
    /// # Safety
    /// `LANES` words must be writable.
    #[inline(always)]
    unsafe fn arrange(self, _rows: *mut u8) {}
    /// A part of the words of `LANES` rows.
    ///
    /// # Safety
    /// `LANES` words must have been arranged.
    unsafe fn rows(self, from: *const u8, part: usize) -> Self::Rows;
    /// A part of word `word` of a block.
    ///
    /// # Safety
    /// `block` must have been spread; `word < WORDS`.
    unsafe fn factors(self, block: *const u8, word: usize, part: usize) -> Self::Factors;
    /// Adds the products of a part.
    fn add_products(self, sums: Self::Sums, rows: Self::Rows, factors: Self::Factors) -> Self::Sums;
    /// Brings a block of a column into the form that [`Terms::factors`] reads, in place.
    ///
    /// # Safety
    /// `BLOCK_BYTES` must be writable, the first `4 WORDS` be set.
    unsafe fn spread(self, block: *mut u8);
}

/// An algorithm that is compiled for an ISA.
pub trait TermsDispatch<P: Terms> {
    /// The algorithm; implement it `#[inline(always)]`.
    fn run(self, isa: P);
}

/// Lets work on [`Terms`] through the door of a [`Dot`] ISA.
pub(super) struct Through<P, W>(pub(super) P, pub(super) W);

impl<P: Terms, W: TermsDispatch<P>> super::DotDispatch for Through<P, W> {
    type Output = ();
    #[inline(always)]
    fn run<S: Dot>(self, _: S) {
        self.1.run(self.0);
    }
}

/// ISAs whose dot product takes a word whole.
macro_rules! whole_words {
    ($isa:ty, $lanes:expr) => {
        impl Terms for $isa {
            type Dot = Self;
            type Sum = i32;
            type Sums = <Self as Dot>::Ints;
            type Rows = <Self as Dot>::Ints;
            type Factors = <Self as Dot>::Quad;
            const NAME: &'static str = <Self as Dot>::LEVEL.name();
            const LANES: usize = $lanes;
            const NUMBERS: usize = 4;

            #[inline(always)]
            unsafe fn assume() -> Self {
                // SAFETY: the caller vouches for the ISA.
                unsafe { <Self as Dot>::assume() }
            }
            #[inline(always)]
            fn dot(self) -> Self {
                self
            }
            #[inline(always)]
            fn enter<W: TermsDispatch<Self>>(self, work: W) {
                Dot::enter(self, Through(self, work));
            }
            #[inline(always)]
            fn zero(self) -> Self::Sums {
                <Self as Dot>::Ints::splat(self.isa(), 0)
            }
            #[inline(always)]
            fn splat(self, x: i32) -> Self::Sums {
                <Self as Dot>::Ints::splat(self.isa(), x)
            }
            #[inline(always)]
            unsafe fn load(self, from: *const i32) -> Self::Sums {
                // SAFETY: the caller vouches for the memory.
                unsafe { <Self as Dot>::Ints::load(self.isa(), from.cast()) }
            }
            #[inline(always)]
            unsafe fn load_scaled(self, from: *const i32, factor: i32) -> Self::Sums {
                // SAFETY: the caller vouches for the memory; the products are as many as there are lanes.
                unsafe {
                    let products: [i32; $lanes] =
                        core::array::from_fn(|lane| (*from.add(lane)).wrapping_mul(factor));
                    Terms::load(self, products.as_ptr())
                }
            }
            #[inline(always)]
            unsafe fn store(self, sums: Self::Sums, to: *mut i32) {
                // SAFETY: the caller vouches for the memory.
                unsafe { sums.store(to.cast()) }
            }
            #[inline(always)]
            fn add(self, x: Self::Sums, y: Self::Sums) -> Self::Sums {
                x + y
            }
            #[inline(always)]
            unsafe fn rows(self, from: *const u8, _: usize) -> Self::Rows {
                // SAFETY: the caller vouches for the memory.
                unsafe { <Self as Dot>::Ints::load(self.isa(), from) }
            }
            #[inline(always)]
            unsafe fn factors(self, block: *const u8, word: usize, _: usize) -> Self::Factors {
                // SAFETY: the caller vouches for the block.
                unsafe { self.quad(block, word) }
            }
            #[inline(always)]
            fn add_products(self, sums: Self::Sums, rows: Self::Rows, factors: Self::Factors) -> Self::Sums {
                Dot::dot(self, sums, rows, factors)
            }
            #[inline(always)]
            unsafe fn spread(self, block: *mut u8) {
                // SAFETY: the caller vouches for the block.
                unsafe { Dot::spread(self, block) }
            }
        }
    };
}

whole_words!(Portable, 4);
#[cfg(target_arch = "x86_64")]
whole_words!(AvxVnni, 8);
#[cfg(target_arch = "x86_64")]
whole_words!(Avx512Vnni, 16);

/// Proof that CPU and system support what [`Avx512Vnni`] stands for, and AVX-512 BF16.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub struct Avx512Bf16(Avx512Vnni);

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,avx2,fma,bmi1,bmi2")]
fn enter_bf16<W: TermsDispatch<Avx512Bf16>>(isa: Avx512Bf16, work: W) {
    work.run(isa);
}

/// `vdpbf16ps` rounds each of the two additions to nearest even and takes numbers below the normal range as 0.
#[cfg(target_arch = "x86_64")]
impl Terms for Avx512Bf16 {
    type Dot = Avx512Vnni;
    type Sum = f32;
    type Sums = __m512;
    type Rows = __m512i;
    type Factors = __m512i;
    const NAME: &'static str = "avx512-bf16";
    const LANES: usize = 16;
    const NUMBERS: usize = 2;

    #[inline(always)]
    unsafe fn assume() -> Self {
        // SAFETY: the caller vouches for the ISA.
        Avx512Bf16(unsafe { <Avx512Vnni as Dot>::assume() })
    }
    #[inline(always)]
    fn dot(self) -> Avx512Vnni {
        self.0
    }
    #[inline(always)]
    fn enter<W: TermsDispatch<Self>>(self, work: W) {
        // SAFETY: the token proves that the instructions are there.
        unsafe { enter_bf16(self, work) }
    }
    #[inline(always)]
    fn zero(self) -> __m512 {
        // SAFETY: the token proves the instructions.
        unsafe { _mm512_setzero_ps() }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        // SAFETY: the token proves the instructions.
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m512 {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn load_scaled(self, from: *const f32, factor: f32) -> __m512 {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_mul_ps(_mm512_loadu_ps(from), _mm512_set1_ps(factor)) }
    }
    #[inline(always)]
    unsafe fn store(self, sums: __m512, to: *mut f32) {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_storeu_ps(to, sums) }
    }
    #[inline(always)]
    fn add(self, x: __m512, y: __m512) -> __m512 {
        // SAFETY: the token proves the instructions.
        unsafe { _mm512_add_ps(x, y) }
    }
    #[inline(always)]
    unsafe fn rows(self, from: *const u8, _: usize) -> __m512i {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }
    #[inline(always)]
    unsafe fn factors(self, block: *const u8, word: usize, _: usize) -> __m512i {
        // SAFETY: the token proves the instructions, the caller vouches for the block.
        unsafe { _mm512_set1_epi32(block.cast::<i32>().add(word).read_unaligned()) }
    }
    #[inline(always)]
    fn add_products(self, sums: __m512, rows: __m512i, factors: __m512i) -> __m512 {
        // SAFETY: the token proves the instructions; the registers hold 32 numbers each.
        unsafe {
            let rows = core::mem::transmute::<__m512i, __m512bh>(rows);
            let factors = core::mem::transmute::<__m512i, __m512bh>(factors);
            _mm512_dpbf16_ps(sums, rows, factors)
        }
    }
    #[inline(always)]
    unsafe fn spread(self, _: *mut u8) {}
}
