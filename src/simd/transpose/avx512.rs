//! With AVX-512: whole registers of rows, shuffled.

use super::Transposition;
use core::arch::x86_64::*;

/// `N` registers of `N` elements, transposed. A trait and not a function pointer, which would not be inlined.
pub(in crate::simd) trait Square<const N: usize> {
    fn transpose(lines: [__m512i; N]) -> [__m512i; N];

    /// Of the first `N / 2` lines only, for [`join`]: in quarter q of register c < N / 4 element `q N / 4 + c` of each of
    /// the first N / 4 lines, in register `N / 4 + c` those of the others.
    fn quarters(lines: [__m512i; N]) -> [__m512i; N];
}

/// Cuts a transposition into squares of `N` elements, a register a row; masks cover the edges.
///
/// # Safety
/// As for [`crate::simd::Isa::transpose`]; the CPU has AVX-512.
#[inline(always)]
pub(in crate::simd) unsafe fn blockwise<T: Copy, const N: usize, Q: Square<N>>(block: Transposition<T>) {
    let lane_words = size_of::<T>() / 4;
    // The first n elements of a register, as a mask of 32-bit words.
    let words = |n: usize| ((1u32 << (n * lane_words)) - 1) as __mmask16;
    for i in (0..block.width).step_by(N) {
        let rows = block.rows.saturating_sub(i).min(N);
        let wide = words((block.width - i).min(N));
        let mut j = 0;
        // Most squares are whole ones; none of these is asked what exists of it.
        if rows == N && block.width - i >= N {
            while j + N <= block.cols {
                // SAFETY: the token proves the instruction.
                let mut lines = [unsafe { _mm512_setzero_si512() }; N];
                for r in 0..N {
                    let from = block.from.wrapping_offset((i + r) as isize * block.from_stride + j as isize);
                    // SAFETY: N rows from i on and N elements of each exist.
                    unsafe {
                        lines[r] = _mm512_loadu_si512(from.cast());
                        let next = from.wrapping_offset(block.ahead as isize * block.from_stride);
                        _mm_prefetch::<_MM_HINT_T0>(next.cast());
                    }
                }
                let lines = Q::transpose(lines);
                for c in 0..N {
                    // SAFETY: a row of the destination, which has N elements from i on.
                    unsafe {
                        _mm512_storeu_si512(block.to.add((j + c) * block.to_stride + i).cast(), lines[c])
                    };
                }
                j += N;
            }
        }
        // Half of one, as panels of B are: half as many shuffles.
        if rows == N / 2 && block.width - i == N / 2 {
            while j + N <= block.cols {
                // SAFETY: N / 2 rows from i on and N elements of each exist; the destination has as much of N rows. The
                // token proves the instructions.
                unsafe {
                    let mut lines = [_mm512_setzero_si512(); N];
                    for r in 0..N / 2 {
                        let from =
                            block.from.wrapping_offset((i + r) as isize * block.from_stride + j as isize);
                        lines[r] = _mm512_loadu_si512(from.cast());
                        let next = from.wrapping_offset(block.ahead as isize * block.from_stride);
                        _mm_prefetch::<_MM_HINT_T0>(next.cast());
                    }
                    let lines = Q::quarters(lines);
                    let to = |row: usize| block.to.add((j + row) * block.to_stride + i);
                    for c in 0..N / 4 {
                        for (half, both) in join(lines[c], lines[N / 4 + c]).into_iter().enumerate() {
                            let row = half * (N / 2) + c;
                            _mm256_storeu_si256(to(row).cast(), _mm512_castsi512_si256(both));
                            let high = _mm512_extracti64x4_epi64::<1>(both);
                            _mm256_storeu_si256(to(row + N / 4).cast(), high);
                        }
                    }
                }
                j += N;
            }
        }
        // What is left, by masks.
        while j < block.cols {
            let cols = (block.cols - j).min(N);
            let read = words(cols);
            // SAFETY: rows i.. of the source within `rows`, elements j.. within `cols` by the mask; the
            // destination likewise. The token proves the instructions.
            unsafe {
                let mut lines = [_mm512_setzero_si512(); N];
                for (r, line) in lines.iter_mut().enumerate() {
                    if r < rows {
                        let from = block.from.offset((i + r) as isize * block.from_stride + j as isize);
                        *line = _mm512_maskz_loadu_epi32(read, from.cast());
                        let next = from.wrapping_offset(block.ahead as isize * block.from_stride);
                        _mm_prefetch::<_MM_HINT_T0>(next.cast());
                    }
                }
                let lines = Q::transpose(lines);
                for (c, line) in lines.into_iter().enumerate() {
                    if c < cols {
                        let to = block.to.add((j + c) * block.to_stride + i);
                        _mm512_mask_storeu_epi32(to.cast(), wide, line);
                    }
                }
            }
            j += N;
        }
    }
}

/// Quarter after quarter, one of `upper` before one of `lower`.
#[inline(always)]
fn join(upper: __m512i, lower: __m512i) -> [__m512i; 2] {
    // SAFETY: only called below an Avx512 token.
    unsafe {
        [
            _mm512_permutex2var_epi64(upper, _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), lower),
            _mm512_permutex2var_epi64(upper, _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15), lower),
        ]
    }
}

/// Two lines interleaved by 64 bits in each quarter: their even elements, their odd ones.
#[inline(always)]
fn interleaved([a, b]: [__m512i; 2]) -> [__m512i; 2] {
    // SAFETY: only called below an Avx512 token.
    unsafe { [_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b)] }
}

/// 4 x 4 elements of 32 bits in each quarter, transposed.
#[inline(always)]
fn transposed_quarters([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // SAFETY: only called below an Avx512 token.
    unsafe {
        let [low, high] = [_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b)];
        let [low_of_cd, high_of_cd] = [_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d)];
        let ([p, q], [r, s]) = (interleaved([low, low_of_cd]), interleaved([high, high_of_cd]));
        [p, q, r, s]
    }
}

/// 4 x 4 blocks of 128 bits within each group of four registers of `lines`, `STEP` apart.
#[inline(always)]
fn transpose_quarters<const N: usize, const STEP: usize>(lines: [__m512i; N]) -> [__m512i; N] {
    let mut out = lines;
    for g in 0..STEP {
        let [a, b, c, d] = core::array::from_fn(|i| lines[g + i * STEP]);
        // SAFETY: only called below an Avx512 token.
        unsafe {
            let ab_low = _mm512_shuffle_i64x2::<0b01_00_01_00>(a, b);
            let ab_high = _mm512_shuffle_i64x2::<0b11_10_11_10>(a, b);
            let cd_low = _mm512_shuffle_i64x2::<0b01_00_01_00>(c, d);
            let cd_high = _mm512_shuffle_i64x2::<0b11_10_11_10>(c, d);
            out[g] = _mm512_shuffle_i64x2::<0b10_00_10_00>(ab_low, cd_low);
            out[g + STEP] = _mm512_shuffle_i64x2::<0b11_01_11_01>(ab_low, cd_low);
            out[g + 2 * STEP] = _mm512_shuffle_i64x2::<0b10_00_10_00>(ab_high, cd_high);
            out[g + 3 * STEP] = _mm512_shuffle_i64x2::<0b11_01_11_01>(ab_high, cd_high);
        }
    }
    out
}

pub(in crate::simd) struct Square4;

impl Square<4> for Square4 {
    #[inline(always)]
    fn transpose(lines: [__m512i; 4]) -> [__m512i; 4] {
        transpose_quarters::<4, 1>(lines)
    }

    #[inline(always)]
    fn quarters(lines: [__m512i; 4]) -> [__m512i; 4] {
        lines
    }
}

/// Pairs of rows interleaved by 64 bits give 2 x 2 blocks inside each quarter; then quarters change places.
pub(in crate::simd) struct Square8;

impl Square<8> for Square8 {
    #[inline(always)]
    fn transpose(lines: [__m512i; 8]) -> [__m512i; 8] {
        let mut pairs = lines;
        for i in (0..8).step_by(2) {
            [pairs[i], pairs[i + 1]] = interleaved([lines[i], lines[i + 1]]);
        }
        transpose_quarters::<8, 2>(pairs)
    }

    #[inline(always)]
    fn quarters(lines: [__m512i; 8]) -> [__m512i; 8] {
        let mut pairs = lines;
        for i in [0, 2] {
            [pairs[i], pairs[i + 1]] = interleaved([lines[i], lines[i + 1]]);
        }
        pairs
    }
}

pub(in crate::simd) struct Square16;

impl Square<16> for Square16 {
    #[inline(always)]
    fn transpose(lines: [__m512i; 16]) -> [__m512i; 16] {
        let mut fours = lines;
        for i in (0..16).step_by(4) {
            [fours[i], fours[i + 1], fours[i + 2], fours[i + 3]] =
                transposed_quarters([lines[i], lines[i + 1], lines[i + 2], lines[i + 3]]);
        }
        transpose_quarters::<16, 4>(fours)
    }

    #[inline(always)]
    fn quarters(lines: [__m512i; 16]) -> [__m512i; 16] {
        let mut fours = lines;
        for i in [0, 4] {
            [fours[i], fours[i + 1], fours[i + 2], fours[i + 3]] =
                transposed_quarters([lines[i], lines[i + 1], lines[i + 2], lines[i + 3]]);
        }
        fours
    }
}
