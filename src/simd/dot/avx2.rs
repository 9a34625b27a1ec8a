//! AVX2, with and without AVX-VNNI: 8 lanes.

use super::super::avx2::F32x8;
use super::{Avx2, Dot, DotDispatch, DotLevel, FACTORS, Full, Ints, Sums};
use crate::simd::Isa;
use core::arch::x86_64::*;
use core::ops::{Add, BitAnd, BitOr, BitXor, Sub};

/// Proof that CPU and system support what [`Avx2`] stands for, and AVX-VNNI.
#[derive(Clone, Copy, Debug)]
pub struct AvxVnni(Avx2);

#[inline]
#[target_feature(enable = "avxvnni,avx2,fma,bmi1,bmi2")]
fn enter_vnni<D: DotDispatch>(isa: AvxVnni, work: D) -> D::Output {
    work.run(isa)
}

impl Dot for AvxVnni {
    type Isa = Avx2;
    type Ints = I32x8;
    type Factors = I32x8;
    type Narrow = Full;
    const LEVEL: DotLevel = DotLevel::AvxVnni;

    #[inline(always)]
    unsafe fn assume() -> AvxVnni {
        // SAFETY: the caller vouches for the ISA.
        AvxVnni(unsafe { <Avx2 as Isa>::assume() })
    }

    #[inline(always)]
    fn isa(self) -> Avx2 {
        self.0
    }

    #[inline(always)]
    fn enter<D: DotDispatch>(self, work: D) -> D::Output {
        // SAFETY: the token proves that the instructions are there.
        unsafe { enter_vnni(self, work) }
    }

    #[inline(always)]
    unsafe fn factors(self, block: *const u8, i: usize, _: usize) -> I32x8 {
        // SAFETY: the caller vouches for the block; the token proves the instructions.
        unsafe { I32x8(_mm256_set1_epi32(block.add(4 * i).cast::<i32>().read_unaligned())) }
    }

    #[inline(always)]
    unsafe fn factors_of_lanes(self, from: *const u8, _: usize) -> I32x8 {
        // SAFETY: the caller vouches for the memory.
        unsafe { I32x8::load(self.0, from) }
    }

    #[inline(always)]
    fn add_products(self, sum: I32x8, bytes: I32x8, factors: I32x8) -> I32x8 {
        // SAFETY: the token proves the instructions.
        I32x8(unsafe { _mm256_dpbusd_avx_epi32(sum.0, bytes.0, factors.0) })
    }

    #[inline(always)]
    fn add_crossed(self, sum: I32x8, bytes: I32x8, factors: I32x8) -> I32x8 {
        self.add_products(sum, factors, bytes)
    }

    #[inline(always)]
    fn dot_words(self, sum: I32x8, lane: I32x8, words: I32x8) -> I32x8 {
        // SAFETY: the token proves the instructions.
        I32x8(unsafe { _mm256_dpwssd_avx_epi32(sum.0, lane.0, words.0) })
    }
}

/// The same sum, but out of the optimiser's sight: it turns chains of sums into trees, which need more registers than
/// there are in a tile. (On Zen 3, 3 to 5 % of a whole product.)
#[inline]
#[target_feature(enable = "avx2")]
fn kept_in_order(mut sum: __m256i) -> __m256i {
    // SAFETY: no instruction.
    unsafe {
        core::arch::asm!("/* {0} */", inout(ymm_reg) sum, options(pure, nomem, nostack, preserves_flags))
    };
    sum
}

#[inline]
#[target_feature(enable = "avx2,fma,bmi1,bmi2")]
fn enter<D: DotDispatch>(isa: Avx2, work: D) -> D::Output {
    work.run(isa)
}

impl Dot for Avx2 {
    type Isa = Avx2;
    type Ints = I32x8;
    type Factors = I32x8;
    type Narrow = Words;
    const LEVEL: DotLevel = DotLevel::Avx2;
    const PARTS: usize = 2;
    const WORD_FACTORS: bool = true;
    const SPREAD_BYTES: usize = 2 * FACTORS;

    #[inline(always)]
    unsafe fn assume() -> Avx2 {
        // SAFETY: the caller vouches for the ISA.
        unsafe { <Avx2 as Isa>::assume() }
    }

    #[inline(always)]
    fn isa(self) -> Avx2 {
        self
    }

    #[inline(always)]
    fn enter<D: DotDispatch>(self, work: D) -> D::Output {
        // SAFETY: the token proves that the instructions are there.
        unsafe { enter(self, work) }
    }

    #[inline(always)]
    unsafe fn spread(self, block: *mut u8) {
        // SAFETY: the caller vouches for 64 bytes; the token proves the instructions.
        unsafe {
            let bytes = _mm256_loadu_si256(block.cast());
            let even = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(bytes));
            let odd = _mm256_srai_epi16::<8>(bytes);
            _mm256_storeu_si256(block.cast(), even);
            _mm256_storeu_si256(block.add(FACTORS).cast(), odd);
        }
    }

    /// Factors 0 and 2 as words, then factors 1 and 3.
    #[inline(always)]
    unsafe fn factors(self, block: *const u8, i: usize, part: usize) -> I32x8 {
        // SAFETY: the caller vouches for the block; the token proves the instructions.
        unsafe {
            let from = block.add(FACTORS * part + 4 * i).cast::<i32>();
            I32x8(_mm256_set1_epi32(from.read_unaligned()))
        }
    }

    #[inline(always)]
    unsafe fn factors_of_lanes(self, from: *const u8, part: usize) -> I32x8 {
        // SAFETY: the caller vouches for the memory.
        unsafe { I32x8::load(self, from.add(FACTORS * part)) }
    }

    /// Bytes 0 and 2 as words, then bytes 1 and 3.
    #[inline(always)]
    fn part(self, bytes: I32x8, part: usize) -> I32x8 {
        // SAFETY: the token proves the instructions.
        I32x8(unsafe {
            if part == 0 {
                _mm256_and_si256(bytes.0, _mm256_set1_epi16(0xff))
            } else {
                _mm256_srli_epi16::<8>(bytes.0)
            }
        })
    }

    #[inline(always)]
    fn again(self, from: *const u8) -> *const u8 {
        let mut address = from.expose_provenance();
        // SAFETY: no instruction.
        unsafe {
            core::arch::asm!("/* {0} */", inout(reg) address, options(nomem, nostack, preserves_flags))
        };
        core::ptr::with_exposed_provenance(address)
    }

    /// A word is at most 255, a product at most 255 * 128, a sum of two fits 32 bits.
    #[inline(always)]
    fn add_products(self, sum: I32x8, bytes: I32x8, factors: I32x8) -> I32x8 {
        // SAFETY: the token proves the instructions.
        I32x8(unsafe { kept_in_order(_mm256_add_epi32(sum.0, _mm256_madd_epi16(bytes.0, factors.0))) })
    }

    /// Not for this ISA, whose factors are signed words.
    #[inline(always)]
    fn add_crossed(self, sum: I32x8, _: I32x8, _: I32x8) -> I32x8 {
        debug_assert!(false, "factors have a form of their own");
        sum
    }

    #[inline(always)]
    fn dot_words(self, sum: I32x8, lane: I32x8, words: I32x8) -> I32x8 {
        // SAFETY: the token proves the instructions.
        I32x8(unsafe { _mm256_add_epi32(sum.0, _mm256_madd_epi16(lane.0, words.0)) })
    }
}

/// Sums of small bytes in 16-bit words, two in a lane. `vpmaddubsw` adds two products of bytes up to 127 without
/// saturation; bytes that are smaller still leave room for several steps in a word. So a step takes a product and a
/// sum, and only the end of several steps the second product that widens to 32 bits, which a scale joins for nothing.
pub struct Words;

impl Sums<Avx2> for Words {
    type Sum = I32x8;
    type Quad = I32x8;
    const FACTOR_BYTES: usize = FACTORS;

    #[inline(always)]
    fn most_steps(largest: u8) -> usize {
        let each = 2 * 127 * usize::from(largest);
        (i16::MAX as usize / each).max(1)
    }

    #[inline(always)]
    unsafe fn prepare(_: Avx2, _: *mut u8) {}

    #[inline(always)]
    unsafe fn quad(_: Avx2, block: *const u8, i: usize) -> I32x8 {
        // SAFETY: the caller vouches for the block; the token proves the instructions.
        unsafe { I32x8(_mm256_set1_epi32(block.add(4 * i).cast::<i32>().read_unaligned())) }
    }

    #[inline(always)]
    fn begin(isa: Avx2, _: I32x8) -> I32x8 {
        I32x8::splat(isa, 0)
    }

    #[inline(always)]
    fn add(_: Avx2, sum: I32x8, bytes: I32x8, quad: I32x8) -> I32x8 {
        // SAFETY: the token proves the instructions.
        I32x8(unsafe { kept_in_order(_mm256_add_epi16(sum.0, _mm256_maddubs_epi16(bytes.0, quad.0))) })
    }

    #[inline(always)]
    fn end(isa: Avx2, total: I32x8, sum: I32x8) -> I32x8 {
        isa.dot_words(total, sum, I32x8::splat(isa, 0x0001_0001))
    }

    #[inline(always)]
    fn scale(factor: I32x8) -> I32x8 {
        factor.shl::<16>() | factor.shl::<16>().shr::<16>()
    }

    #[inline(always)]
    fn end_scaled(isa: Avx2, total: I32x8, sum: I32x8, scale: I32x8) -> I32x8 {
        isa.dot_words(total, sum, scale)
    }
}

/// Transposes four words by four within each half of 128 bits.
///
/// # Safety
/// The CPU must have the instructions.
#[inline(always)]
unsafe fn transpose_words([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let (low01, high01) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (low23, high23) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        [
            _mm256_unpacklo_epi64(low01, low23),
            _mm256_unpackhi_epi64(low01, low23),
            _mm256_unpacklo_epi64(high01, high23),
            _mm256_unpackhi_epi64(high01, high23),
        ]
    }
}

/// 8 integers.
#[derive(Clone, Copy, Debug)]
pub struct I32x8(__m256i);

impl Ints for I32x8 {
    type Isa = Avx2;
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(_: Avx2, x: i32) -> Self {
        // SAFETY: the token proves the instructions.
        I32x8(unsafe { _mm256_set1_epi32(x) })
    }

    #[inline(always)]
    unsafe fn load(_: Avx2, from: *const u8) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        I32x8(unsafe { _mm256_loadu_si256(from.cast()) })
    }

    #[inline(always)]
    unsafe fn load_halves(_: Avx2, from: *const u8) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        I32x8(unsafe { _mm256_cvtepu16_epi32(_mm_loadu_si128(from.cast())) })
    }

    #[inline(always)]
    unsafe fn load_bytes(_: Avx2, from: *const u8) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        I32x8(unsafe { _mm256_cvtepu8_epi32(_mm_loadl_epi64(from.cast())) })
    }

    #[inline(always)]
    fn columns(words: [Self; 8]) -> [Self; 8] {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            // Four words of columns that are 4 apart, a half each; first words, then last ones.
            let quads =
                |i: usize| transpose_words([words[i].0, words[i + 1].0, words[i + 2].0, words[i + 3].0]);
            let (first, last) = (quads(0), quads(4));
            let mut columns = words;
            for i in 0..4 {
                columns[i] = I32x8(_mm256_permute2x128_si256::<0x20>(first[i], last[i]));
                columns[4 + i] = I32x8(_mm256_permute2x128_si256::<0x31>(first[i], last[i]));
            }
            columns
        }
    }

    #[inline(always)]
    unsafe fn gather_words(_: Avx2, from: *const u8, stride: usize) -> [Self; 4] {
        // SAFETY: the token proves the instructions, the caller vouches for 16 bytes of each of 8 rows.
        unsafe {
            // Rows 4 apart share a register: the transposition stays within halves and ends in order.
            let half = |i: usize| {
                let row = |r: usize| _mm_loadu_si128(from.add((i + r) * stride).cast());
                _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(row(0)), row(4))
            };
            transpose_words([half(0), half(1), half(2), half(3)]).map(I32x8)
        }
    }

    #[inline(always)]
    unsafe fn gather_halves(_: Avx2, from: *const u8, stride: usize) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for 2 bytes of each of 8 rows.
        unsafe {
            let four = |r: usize| {
                let half = |r: usize| u64::from(from.add(r * stride).cast::<u16>().read_unaligned());
                (half(r) | half(r + 1) << 16 | half(r + 2) << 32 | half(r + 3) << 48) as i64
            };
            I32x8(_mm256_cvtepu16_epi32(_mm_set_epi64x(four(4), four(0))))
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm256_storeu_si256(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn store_low_bytes(self, to: *mut u8) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe {
            let bytes = _mm256_and_si256(self.0, _mm256_set1_epi32(0xff));
            let (low, high) = (_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
            let words = _mm_packus_epi32(low, high);
            _mm_storel_epi64(to.cast(), _mm_packus_epi16(words, words));
        }
    }

    #[inline(always)]
    fn shl<const N: u32>(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x8(unsafe { _mm256_sll_epi32(self.0, _mm_cvtsi32_si128(N as i32)) })
    }

    #[inline(always)]
    fn shr<const N: u32>(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x8(unsafe { _mm256_srl_epi32(self.0, _mm_cvtsi32_si128(N as i32)) })
    }

    #[inline(always)]
    fn sar<const N: u32>(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x8(unsafe { _mm256_sra_epi32(self.0, _mm_cvtsi32_si128(N as i32)) })
    }

    #[inline(always)]
    fn shl_by(self, n: u32) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x8(unsafe { _mm256_sll_epi32(self.0, _mm_cvtsi32_si128(n as i32)) })
    }

    #[inline(always)]
    fn shr_by(self, n: u32) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x8(unsafe { _mm256_srl_epi32(self.0, _mm_cvtsi32_si128(n as i32)) })
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x8(unsafe { _mm256_mullo_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x8(unsafe { _mm256_min_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x8(unsafe { _mm256_max_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn lookup(self, table: &[u8; 16]) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions; the table has the 16 bytes read.
        unsafe {
            let table = _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast()));
            I32x8(_mm256_shuffle_epi8(table, self.0))
        }
    }

    #[inline(always)]
    fn largest(self) -> i32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            let x = _mm_max_epi32(_mm256_castsi256_si128(self.0), _mm256_extracti128_si256::<1>(self.0));
            let x = _mm_max_epi32(x, _mm_shuffle_epi32::<0b01_00_11_10>(x));
            _mm_cvtsi128_si32(_mm_max_epi32(x, _mm_shuffle_epi32::<0b10_11_00_01>(x)))
        }
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            let x = _mm_add_epi32(_mm256_castsi256_si128(self.0), _mm256_extracti128_si256::<1>(self.0));
            let x = _mm_add_epi32(x, _mm_shuffle_epi32::<0b01_00_11_10>(x));
            _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32::<0b10_11_00_01>(x)))
        }
    }

    #[inline(always)]
    fn of_bits(reals: F32x8) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x8(unsafe { _mm256_castps_si256(reals.0) })
    }

    #[inline(always)]
    fn bits(self) -> F32x8 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        F32x8(unsafe { _mm256_castsi256_ps(self.0) })
    }

    #[inline(always)]
    fn to_reals(self) -> F32x8 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        F32x8(unsafe { _mm256_cvtepi32_ps(self.0) })
    }

    /// By plain arithmetic: AVX2 does not imply the conversion instruction. Exponent and fraction move to
    /// their places, a product with 2^112 corrects the exponent and normalises small numbers, and what had
    /// the largest exponent gets the largest exponent.
    #[inline(always)]
    fn half_to_reals(self) -> F32x8 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            let magnitude = _mm256_and_si256(self.0, _mm256_set1_epi32(0x7fff));
            let sign = _mm256_slli_epi32::<16>(_mm256_xor_si256(self.0, magnitude));
            let placed = _mm256_castsi256_ps(_mm256_slli_epi32::<13>(magnitude));
            let scaled = _mm256_mul_ps(placed, _mm256_set1_ps(f32::from_bits(0x7780_0000)));
            let special = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7bff));
            let special = _mm256_and_si256(special, _mm256_set1_epi32(0x7f80_0000));
            let bits = _mm256_or_si256(_mm256_castps_si256(scaled), _mm256_or_si256(sign, special));
            F32x8(_mm256_castsi256_ps(bits))
        }
    }
}

macro_rules! operator {
    ($operator:ident, $function:ident, $instruction:ident) => {
        impl $operator for I32x8 {
            type Output = Self;
            #[inline(always)]
            fn $function(self, other: Self) -> Self {
                // SAFETY: a vector exists, so the CPU has the instructions.
                I32x8(unsafe { $instruction(self.0, other.0) })
            }
        }
    };
}
operator!(Add, add, _mm256_add_epi32);
operator!(Sub, sub, _mm256_sub_epi32);
operator!(BitAnd, bitand, _mm256_and_si256);
operator!(BitOr, bitor, _mm256_or_si256);
operator!(BitXor, bitxor, _mm256_xor_si256);
