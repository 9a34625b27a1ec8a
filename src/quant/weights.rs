//! Weights unpacked: blocks of as many rows as a panel has into bytes that the tile kernels multiply.

use super::format::{ACROSS, BlockFormat, Blocks, LARGEST_BYTES, Place};
use crate::simd::Isa;
use crate::simd::dot::{Dot, DotDispatch, Ints};
use core::marker::PhantomData;

/// Arguments of [`unpack`].
#[derive(Clone, Copy, Debug)]
pub struct Unpack {
    /// The first row, at the first block.
    pub from: *const u8,
    /// Bytes from a row to the next.
    pub stride: usize,
    /// Rows that there are; the others of the panel become 0.
    pub rows: usize,
    /// Blocks.
    pub blocks: usize,
    /// The panel.
    pub to: *mut u8,
}

/// Unpacks rows into a panel.
///
/// # Safety
/// The CPU has ISA `S`; the rows are readable, the panel is writable.
pub unsafe fn unpack<S: Dot, F: BlockFormat>(work: &Unpack) {
    // SAFETY: the caller vouches for the ISA; `run` relies on the rest.
    unsafe { S::assume() }.enter(Work::<F>(*work, PhantomData));
}

struct Work<F>(Unpack, PhantomData<F>);

/// Lanes of the widest vector.
const MOST_LANES: usize = 16;

/// How far ahead rows are fetched: several lines of each, for a panel's rows are too many streams for the CPU to
/// follow by itself.
const AHEAD: usize = 512;

impl<F: BlockFormat> DotDispatch for Work<F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Dot>(self, isa: S) {
        let Unpack { from, stride, rows, blocks, to } = self.0;
        let lanes = S::Ints::LANES;
        for block in 0..blocks {
            let to = to.wrapping_add(block * Place::<S, F>::BYTES);
            for across in 0..ACROSS {
                let place = Place::<S, F>::new(to, across);
                let first = from.wrapping_add(across * lanes * stride).wrapping_add(block * F::BYTES);
                let rows = rows.saturating_sub(across * lanes).min(lanes);
                if rows == lanes {
                    for row in 0..lanes {
                        isa.isa().prefetch(first.wrapping_add(row * stride + AHEAD));
                    }
                    // SAFETY: a block of each of `lanes` rows, as the caller vouches; inside the panel.
                    unsafe { F::unpack(isa, Blocks { isa, first, stride }, place) };
                } else {
                    // SAFETY: as above, for fewer rows.
                    unsafe { few_rows(isa, first, stride, rows, place) };
                }
            }
        }
    }
}

/// Fewer rows than a vector has lanes, through a copy with zeros behind.
///
/// # Safety
/// A block must be readable in each row, the place be writable.
#[inline(always)]
unsafe fn few_rows<S: Dot, F: BlockFormat>(
    isa: S,
    from: *const u8,
    stride: usize,
    rows: usize,
    place: Place<S, F>,
) {
    let mut copy = [0u8; MOST_LANES * LARGEST_BYTES];
    for row in 0..rows {
        // SAFETY: the caller's promise; a block of at most LARGEST_BYTES in each of at most MOST_LANES rows.
        unsafe {
            let to = copy.as_mut_ptr().add(row * F::BYTES);
            core::ptr::copy_nonoverlapping(from.wrapping_add(row * stride), to, F::BYTES);
        }
    }
    // SAFETY: the copy has a block for each lane.
    unsafe { F::unpack(isa, Blocks { isa, first: copy.as_ptr(), stride: F::BYTES }, place) }
}
