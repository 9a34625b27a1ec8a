//! AVX-512 with VNNI: 16 lanes, one instruction for a dot product.

use super::super::avx512::{Avx512, F32x16};
use super::{Dot, DotDispatch, DotLevel, Full, Ints};
use crate::simd::Isa;
use core::arch::x86_64::*;
use core::ops::{Add, BitAnd, BitOr, BitXor, Sub};

/// Proof that CPU and system support what [`Avx512`] stands for, and VNNI.
#[derive(Clone, Copy, Debug)]
pub struct Avx512Vnni(Avx512);

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,bmi1,bmi2")]
fn enter<D: DotDispatch>(isa: Avx512Vnni, work: D) -> D::Output {
    work.run(isa)
}

impl Dot for Avx512Vnni {
    type Isa = Avx512;
    type Ints = I32x16;
    type Factors = I32x16;
    type Narrow = Full;
    const LEVEL: DotLevel = DotLevel::Avx512Vnni;

    #[inline(always)]
    unsafe fn assume() -> Avx512Vnni {
        // SAFETY: the caller vouches for the ISA.
        Avx512Vnni(unsafe { Avx512::assume() })
    }

    #[inline(always)]
    fn isa(self) -> Avx512 {
        self.0
    }

    #[inline(always)]
    fn enter<D: DotDispatch>(self, work: D) -> D::Output {
        // SAFETY: the token proves that the instructions are there.
        unsafe { enter(self, work) }
    }

    #[inline(always)]
    unsafe fn factors(self, block: *const u8, i: usize, _: usize) -> I32x16 {
        // SAFETY: the caller vouches for the block; the token proves the instructions.
        unsafe { I32x16(_mm512_set1_epi32(block.add(4 * i).cast::<i32>().read_unaligned())) }
    }

    #[inline(always)]
    unsafe fn factors_of_lanes(self, from: *const u8, _: usize) -> I32x16 {
        // SAFETY: the caller vouches for the memory.
        unsafe { I32x16::load(self.0, from) }
    }

    #[inline(always)]
    fn add_products(self, sum: I32x16, bytes: I32x16, factors: I32x16) -> I32x16 {
        // SAFETY: the token proves the instructions.
        I32x16(unsafe { _mm512_dpbusd_epi32(sum.0, bytes.0, factors.0) })
    }

    #[inline(always)]
    fn add_crossed(self, sum: I32x16, bytes: I32x16, factors: I32x16) -> I32x16 {
        self.add_products(sum, factors, bytes)
    }

    #[inline(always)]
    fn dot_words(self, sum: I32x16, lane: I32x16, words: I32x16) -> I32x16 {
        // SAFETY: the token proves the instructions.
        I32x16(unsafe { _mm512_dpwssd_epi32(sum.0, lane.0, words.0) })
    }
}

/// Transposes four words by four within each quarter of 128 bits.
///
/// # Safety
/// The CPU must have the instructions.
#[inline(always)]
unsafe fn transpose_words([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let (low01, high01) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let (low23, high23) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        [
            _mm512_unpacklo_epi64(low01, low23),
            _mm512_unpackhi_epi64(low01, low23),
            _mm512_unpacklo_epi64(high01, high23),
            _mm512_unpackhi_epi64(high01, high23),
        ]
    }
}

/// 16 integers.
#[derive(Clone, Copy, Debug)]
pub struct I32x16(pub(super) __m512i);

impl Ints for I32x16 {
    type Isa = Avx512;
    const LANES: usize = 16;

    #[inline(always)]
    fn splat(_: Avx512, x: i32) -> Self {
        // SAFETY: the token proves the instructions.
        I32x16(unsafe { _mm512_set1_epi32(x) })
    }

    #[inline(always)]
    unsafe fn load(_: Avx512, from: *const u8) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        I32x16(unsafe { _mm512_loadu_si512(from.cast()) })
    }

    #[inline(always)]
    unsafe fn load_halves(_: Avx512, from: *const u8) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        I32x16(unsafe { _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.cast())) })
    }

    #[inline(always)]
    unsafe fn load_bytes(_: Avx512, from: *const u8) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for the memory.
        I32x16(unsafe { _mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast())) })
    }

    #[inline(always)]
    unsafe fn join_bytes(_: Avx512, from: *const u8, stride: isize) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for 16 bytes of each of 4 rows.
        unsafe {
            let row = |i: isize| _mm_loadu_si128(from.offset(i * stride).cast());
            let low = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(row(0)), row(1));
            let high = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(row(2)), row(3));
            let rows = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high);
            // A quarter gets four bytes of each row, which are interleaved there.
            let quarters = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
            let bytes = _mm_set_epi8(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
            let rows = _mm512_permutexvar_epi32(quarters, rows);
            I32x16(_mm512_shuffle_epi8(rows, _mm512_broadcast_i32x4(bytes)))
        }
    }

    #[inline(always)]
    unsafe fn join_halves(_: Avx512, from: *const u8, stride: isize) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for 32 bytes of each of 2 rows.
        unsafe {
            let row = |i: isize| _mm256_loadu_si256(from.offset(i * stride).cast());
            let rows = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(row(0)), row(1));
            let order = [
                0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
                13, 29, 14, 30, 15, 31i16,
            ];
            I32x16(_mm512_permutexvar_epi16(_mm512_loadu_si512(order.as_ptr().cast()), rows))
        }
    }

    #[inline(always)]
    unsafe fn load_blocks(_: Avx512, from: *const u8, stride: isize) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for 32 bytes of both.
        unsafe {
            let block = |i: isize| _mm256_loadu_si256(from.offset(i * stride).cast());
            I32x16(_mm512_inserti64x4::<1>(_mm512_castsi256_si512(block(0)), block(1)))
        }
    }

    #[inline(always)]
    fn columns(words: [Self; 8]) -> [Self; 8] {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe {
            // Four words of columns that are 4 apart, a quarter each; first words, then last ones.
            let quads =
                |i: usize| transpose_words([words[i].0, words[i + 1].0, words[i + 2].0, words[i + 3].0]);
            let (first, last) = (quads(0), quads(4));
            let mut columns = words;
            for pair in 0..2 {
                let [a, b] = [first[2 * pair], last[2 * pair]];
                let [c, d] = [first[2 * pair + 1], last[2 * pair + 1]];
                let (low_ab, high_ab) =
                    (_mm512_shuffle_i32x4::<0x44>(a, b), _mm512_shuffle_i32x4::<0xee>(a, b));
                let (low_cd, high_cd) =
                    (_mm512_shuffle_i32x4::<0x44>(c, d), _mm512_shuffle_i32x4::<0xee>(c, d));
                columns[pair] = I32x16(_mm512_shuffle_i32x4::<0x88>(low_ab, low_cd));
                columns[2 + pair] = I32x16(_mm512_shuffle_i32x4::<0xdd>(low_ab, low_cd));
                columns[4 + pair] = I32x16(_mm512_shuffle_i32x4::<0x88>(high_ab, high_cd));
                columns[6 + pair] = I32x16(_mm512_shuffle_i32x4::<0xdd>(high_ab, high_cd));
            }
            columns
        }
    }

    #[inline(always)]
    unsafe fn gather_words(_: Avx512, from: *const u8, stride: usize) -> [Self; 4] {
        // SAFETY: the token proves the instructions, the caller vouches for 16 bytes of each of 16 rows.
        unsafe {
            // A quarter of a register holds a row; rows 4 apart share a register, so that the transposition
            // stays within quarters and ends with the rows in order.
            let quarter = |i: usize| {
                let row = |r: usize| _mm_loadu_si128(from.add((i + r) * stride).cast());
                let low = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(row(0)), row(4));
                let high = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(row(8)), row(12));
                _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
            };
            transpose_words([quarter(0), quarter(1), quarter(2), quarter(3)]).map(I32x16)
        }
    }

    #[inline(always)]
    unsafe fn gather_halves(_: Avx512, from: *const u8, stride: usize) -> Self {
        // SAFETY: the token proves the instructions, the caller vouches for 2 bytes of each of 16 rows.
        unsafe {
            // Joined by the integer units, which have nothing else to do.
            let four = |r: usize| {
                let half = |r: usize| u64::from(from.add(r * stride).cast::<u16>().read_unaligned());
                (half(r) | half(r + 1) << 16 | half(r + 2) << 32 | half(r + 3) << 48) as i64
            };
            I32x16(_mm512_cvtepu16_epi32(_mm256_set_epi64x(four(12), four(8), four(4), four(0))))
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm512_storeu_si512(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn store_low_bytes(self, to: *mut u8) {
        // SAFETY: a vector proves the instructions, the caller vouches for the memory.
        unsafe { _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(self.0)) }
    }

    #[inline(always)]
    fn shl<const N: u32>(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x16(unsafe { _mm512_slli_epi32::<N>(self.0) })
    }

    #[inline(always)]
    fn shr<const N: u32>(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x16(unsafe { _mm512_srli_epi32::<N>(self.0) })
    }

    #[inline(always)]
    fn sar<const N: u32>(self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x16(unsafe { _mm512_srai_epi32::<N>(self.0) })
    }

    #[inline(always)]
    fn shl_by(self, n: u32) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x16(unsafe { _mm512_sll_epi32(self.0, _mm_cvtsi32_si128(n as i32)) })
    }

    #[inline(always)]
    fn shr_by(self, n: u32) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x16(unsafe { _mm512_srl_epi32(self.0, _mm_cvtsi32_si128(n as i32)) })
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x16(unsafe { _mm512_mullo_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x16(unsafe { _mm512_min_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x16(unsafe { _mm512_max_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn lookup(self, table: &[u8; 16]) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions; the table has the 16 bytes read.
        unsafe {
            let table = _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast()));
            I32x16(_mm512_shuffle_epi8(table, self.0))
        }
    }

    #[inline(always)]
    fn largest(self) -> i32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm512_reduce_max_epi32(self.0) }
    }

    #[inline(always)]
    fn sum(self) -> i32 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        unsafe { _mm512_reduce_add_epi32(self.0) }
    }

    #[inline(always)]
    fn of_bits(reals: F32x16) -> Self {
        // SAFETY: a vector exists, so the CPU has the instructions.
        I32x16(unsafe { _mm512_castps_si512(reals.0) })
    }

    #[inline(always)]
    fn bits(self) -> F32x16 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        F32x16(unsafe { _mm512_castsi512_ps(self.0) })
    }

    #[inline(always)]
    fn to_reals(self) -> F32x16 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        F32x16(unsafe { _mm512_cvtepi32_ps(self.0) })
    }

    #[inline(always)]
    fn half_to_reals(self) -> F32x16 {
        // SAFETY: a vector exists, so the CPU has the instructions.
        F32x16(unsafe { _mm512_cvtph_ps(_mm512_cvtepi32_epi16(self.0)) })
    }
}

macro_rules! operator {
    ($operator:ident, $function:ident, $instruction:ident) => {
        impl $operator for I32x16 {
            type Output = Self;
            #[inline(always)]
            fn $function(self, other: Self) -> Self {
                // SAFETY: a vector exists, so the CPU has the instructions.
                I32x16(unsafe { $instruction(self.0, other.0) })
            }
        }
    };
}
operator!(Add, add, _mm512_add_epi32);
operator!(Sub, sub, _mm512_sub_epi32);
operator!(BitAnd, bitand, _mm512_and_si512);
operator!(BitOr, bitor, _mm512_or_si512);
operator!(BitXor, bitxor, _mm512_xor_si512);
