//! With AVX2, on AVX-512 too where half a register is all that there is.

use super::Transposition;
use crate::simd::avx2::FIRST_LANES_32;
use core::arch::x86_64::*;

/// The transposition of a square of `N` elements, as wide as a register. A trait and not a function pointer, which
/// would not be inlined.
pub(in crate::simd) trait Square<const N: usize> {
    /// The columns, from `half(r, h)`, half h of row r. Loads bring halves into their place for nothing, where
    /// registers of whole rows would have to be shuffled.
    fn columns(half: impl Fn(usize, usize) -> __m128i) -> [__m256i; N];
}

/// Depth from which rows are so long that those of the next block are worth fetching ahead.
const FETCH_AHEAD: usize = 64;

/// Cuts a transposition into squares of `N` elements. Masks cover the edges that are read; masked stores cost these
/// CPUs tens of clocks, so that only edges nothing else covers are written by one.
///
/// # Safety
/// As for [`crate::simd::Isa::transpose`]; the CPU has AVX2.
#[inline(always)]
pub(in crate::simd) unsafe fn blockwise<T: Copy, const N: usize, Q: Square<N>>(block: Transposition<T>) {
    let words = size_of::<T>() / 4;
    let mut i = 0;
    while i < block.width {
        let rows = block.rows.saturating_sub(i).min(N);
        let width = (block.width - i).min(N);
        // Columns that may be written by whole registers: what those write behind a row is the start of the next
        // one, written after it.
        let free = if width == N {
            block.cols
        } else if width == block.to_stride {
            block.cols.saturating_sub((N - 1) / width)
        } else {
            0
        };
        let mut j = 0;
        // Most squares are whole ones, and small products have no time for questions about each. In place of rows that
        // do not exist, which nobody keeps, one that does.
        if rows == width {
            let mut from = block.from.wrapping_offset(i as isize * block.from_stride);
            let mut to = block.to.wrapping_add(i);
            let mut offsets = [0; N];
            for r in 0..N {
                offsets[r] = r.min(rows - 1) as isize * block.from_stride;
            }
            while j + N <= free {
                // SAFETY: these rows and N elements of each exist, and their columns may be written whole.
                unsafe {
                    if block.ahead > 0 && block.cols >= FETCH_AHEAD && j % (64 / size_of::<T>()) == 0 {
                        let next = from.wrapping_offset(block.ahead as isize * block.from_stride);
                        for r in 0..N {
                            _mm_prefetch::<_MM_HINT_T0>(next.wrapping_offset(offsets[r]).cast());
                        }
                    }
                    let columns = Q::columns(|r, h| {
                        _mm_loadu_si128(from.wrapping_offset(offsets[r]).cast::<__m128i>().wrapping_add(h))
                    });
                    for c in 0..N {
                        _mm256_storeu_si256(to.wrapping_add(c * block.to_stride).cast(), columns[c]);
                    }
                }
                (from, to) = (from.wrapping_add(N), to.wrapping_add(N * block.to_stride));
                j += N;
            }
        }
        while j < block.cols {
            let cols = (block.cols - j).min(N);
            // SAFETY: rows i.. of the source within `rows`, elements j.. within `cols` by the mask; the
            // destination likewise. The token proves the instructions; the windows of 4 and 8 words start at most
            // 8 words into the table.
            unsafe {
                let from = block.from.wrapping_offset(i as isize * block.from_stride + j as isize);
                // A row, or one of those ahead.
                let row = |r: usize| from.wrapping_offset(r as isize * block.from_stride).cast::<i32>();
                let half = |r: usize, h: usize| _mm_loadu_si128(row(r).wrapping_add(4 * h).cast());
                if block.ahead > 0 && block.cols >= FETCH_AHEAD && j % (64 / size_of::<T>()) == 0 {
                    for r in 0..N {
                        _mm_prefetch::<_MM_HINT_T0>(row(block.ahead + r).cast());
                    }
                }
                let columns = if cols == N && rows == width {
                    // In place of rows that do not exist, which nobody keeps, one that does.
                    Q::columns(|r, h| half(r.min(rows - 1), h))
                } else {
                    Q::columns(|r, h| {
                        let read = if r < rows { (cols * words).saturating_sub(4 * h).min(4) } else { 0 };
                        let mask = _mm_loadu_si128(FIRST_LANES_32.as_ptr().add(8 - read).cast());
                        _mm_maskload_epi32(row(r).wrapping_add(4 * h), mask)
                    })
                };
                let to = |c: usize| block.to.wrapping_add((j + c) * block.to_stride + i).cast::<__m256i>();
                for c in 0..cols {
                    if j + c < free {
                        _mm256_storeu_si256(to(c), columns[c]);
                    } else if width == N / 2 {
                        _mm_storeu_si128(to(c).cast(), _mm256_castsi256_si128(columns[c]));
                    } else {
                        let window = FIRST_LANES_32.as_ptr().add(8 - width * words);
                        _mm256_maskstore_epi32(to(c).cast(), _mm256_loadu_si256(window.cast()), columns[c]);
                    }
                }
            }
            j += N;
        }
        i += N;
    }
}

/// Half h of row r below that of row `r + BELOW`.
#[inline(always)]
fn two_halves<const BELOW: usize>(half: &impl Fn(usize, usize) -> __m128i, r: usize, h: usize) -> __m256i {
    // SAFETY: only called below an Avx2 token.
    unsafe { _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(half(r, h)), half(r + BELOW, h)) }
}

/// 2 x 2 elements of 128 bits.
pub(in crate::simd) struct Square2;

impl Square<2> for Square2 {
    #[inline(always)]
    fn columns(half: impl Fn(usize, usize) -> __m128i) -> [__m256i; 2] {
        [two_halves::<1>(&half, 0, 0), two_halves::<1>(&half, 0, 1)]
    }
}

/// 4 x 4 elements of 64 bits.
pub(in crate::simd) struct Square4;

impl Square<4> for Square4 {
    #[inline(always)]
    fn columns(half: impl Fn(usize, usize) -> __m128i) -> [__m256i; 4] {
        // SAFETY: only called below an Avx2 token.
        let mut columns = [unsafe { _mm256_setzero_si256() }; 4];
        for h in 0..2 {
            let (a, b) = (two_halves::<2>(&half, 0, h), two_halves::<2>(&half, 1, h));
            // SAFETY: as above.
            unsafe {
                columns[2 * h] = _mm256_unpacklo_epi64(a, b);
                columns[2 * h + 1] = _mm256_unpackhi_epi64(a, b);
            }
        }
        columns
    }
}

/// 8 x 8 elements of 32 bits.
pub(in crate::simd) struct Square8;

impl Square<8> for Square8 {
    #[inline(always)]
    fn columns(half: impl Fn(usize, usize) -> __m128i) -> [__m256i; 8] {
        // SAFETY: only called below an Avx2 token.
        let mut columns = [unsafe { _mm256_setzero_si256() }; 8];
        for h in 0..2 {
            let (a, b) = (two_halves::<4>(&half, 0, h), two_halves::<4>(&half, 1, h));
            let (c, d) = (two_halves::<4>(&half, 2, h), two_halves::<4>(&half, 3, h));
            // SAFETY: as above.
            unsafe {
                let ab_low = _mm256_unpacklo_epi32(a, b);
                let ab_high = _mm256_unpackhi_epi32(a, b);
                let cd_low = _mm256_unpacklo_epi32(c, d);
                let cd_high = _mm256_unpackhi_epi32(c, d);
                columns[4 * h] = _mm256_unpacklo_epi64(ab_low, cd_low);
                columns[4 * h + 1] = _mm256_unpackhi_epi64(ab_low, cd_low);
                columns[4 * h + 2] = _mm256_unpacklo_epi64(ab_high, cd_high);
                columns[4 * h + 3] = _mm256_unpackhi_epi64(ab_high, cd_high);
            }
        }
        columns
    }
}
