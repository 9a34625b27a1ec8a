//! Kernels for products of few columns, by [`inner`] products where numbers of a row are adjacent, by [`outer`] ones
//! where those of a column of A are; and the form of the columns for both: factors in whole blocks, [`Terms::spread`].

use super::WORD;
use super::inner::{self, COLUMNS, Inner};
use super::outer::{self, Outer};
use crate::simd::dot::FACTORS;
use crate::simd::dot::terms::{Terms, TermsDispatch};

/// Bytes of the widest vector.
pub(super) const WIDEST: usize = 64;

/// A column to be prepared.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Number 0.
    pub from: *const u8,
    /// Bytes from one to the next.
    pub stride: isize,
    /// Bytes of all.
    pub bytes: usize,
    /// Exclusive-or of each byte.
    pub flip: u8,
    /// What to add to each byte after that: 0 unless [`SkinnyKernels::takes_offset`].
    pub offset: i16,
    /// Where it goes.
    pub to: *mut u8,
}

/// The kernels of one kind of numbers on an ISA.
#[derive(Debug)]
pub struct SkinnyKernels<S> {
    /// Bytes of a block of factors.
    block_bytes: usize,
    /// Whether factors have 16 bits.
    word_factors: bool,
    /// By the number of columns less one.
    inner: [unsafe fn(&Inner<S>); COLUMNS],
    /// Adds outer products.
    pub outer: unsafe fn(&Outer<S>),
    /// Prepares a column.
    pub prepare: unsafe fn(&Column),
}

impl<S> SkinnyKernels<S> {
    pub(super) const fn new<P: Terms<Sum = S>>() -> Self {
        SkinnyKernels {
            block_bytes: P::BLOCK_BYTES,
            word_factors: P::WORD_FACTORS,
            inner: [inner::products::<P, 1>, inner::products::<P, 2>],
            outer: outer::products::<P>,
            prepare: prepare::<P>,
        }
    }

    /// `offset`, if it can be added to the bytes of a column: where factors have 16 bits, in which a byte fits beside
    /// it.
    pub fn takes_offset(&self, offset: i32) -> Option<i16> {
        let room = self.word_factors && offset.unsigned_abs() <= i16::MAX as u32 - 128;
        room.then_some(offset as i16)
    }

    /// Bytes of a prepared column of so many bytes: whole vectors.
    pub fn column_bytes(&self, bytes: usize) -> usize {
        prepared_bytes(bytes, self.block_bytes)
    }

    /// The kernel of inner products of `n` columns, `1..=COLUMNS`, with up to [`inner::ROWS`] rows.
    pub fn inner(&self, n: usize) -> unsafe fn(&Inner<S>) {
        self.inner[n - 1]
    }
}

/// Bytes of a prepared column of so many bytes.
pub(super) fn prepared_bytes(bytes: usize, block_bytes: usize) -> usize {
    bytes.next_multiple_of(WIDEST) / FACTORS * block_bytes
}

/// # Safety
/// The CPU has ISA `P`; the column is readable, its place as large as [`SkinnyKernels::column_bytes`] says.
unsafe fn prepare<P: Terms>(column: &Column) {
    // SAFETY: the caller vouches for the ISA; `run` relies on the rest.
    unsafe { P::assume() }.enter(Prepare(column));
}

struct Prepare<'a>(&'a Column);

impl<P: Terms> TermsDispatch<P> for Prepare<'_> {
    #[inline(always)]
    fn run(self, isa: P) {
        let Column { from, stride, bytes, flip, offset, to } = *self.0;
        let size = WORD / P::NUMBERS;
        for (block, first) in (0..bytes.next_multiple_of(WIDEST)).step_by(FACTORS).enumerate() {
            let mut factors = [0u8; FACTORS];
            let count = bytes.saturating_sub(first).min(FACTORS);
            // SAFETY: numbers of the column; a block of its place.
            unsafe {
                if stride == size as isize {
                    from.wrapping_add(first).copy_to_nonoverlapping(factors.as_mut_ptr(), count);
                } else {
                    for i in (0..count).step_by(size) {
                        let from = from.offset(((first + i) / size) as isize * stride);
                        from.copy_to_nonoverlapping(factors.as_mut_ptr().add(i), size);
                    }
                }
                for factor in factors.iter_mut().take(count) {
                    *factor ^= flip;
                }
                let to = to.add(block * P::BLOCK_BYTES);
                to.copy_from_nonoverlapping(factors.as_ptr(), FACTORS);
                isa.spread(to);
                if P::WORD_FACTORS && offset != 0 {
                    // Those behind the last number meet bytes that are 0.
                    for word in core::slice::from_raw_parts_mut(to.cast::<i16>(), FACTORS) {
                        *word += offset;
                    }
                }
            }
        }
    }
}
