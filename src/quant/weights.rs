//! Weights unpacked: blocks of as many rows as a panel has into bytes that the tile kernels multiply.

use super::format::{ACROSS, BlockFormat, Blocks, LARGEST_BYTES, Place};
use crate::platform::memory::LINE;
use crate::simd::Isa;
use crate::simd::dot::{Dot, DotDispatch, Ints};
use core::marker::PhantomData;
use core::mem::MaybeUninit;

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
    /// What will probably be unpacked next, to be fetched meanwhile: a panel's rows are too many streams for the CPU
    /// to foresee. Any address is allowed.
    pub next: *const u8,
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
pub(super) const MOST_LANES: usize = 16;

impl<F: BlockFormat> DotDispatch for Work<F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Dot>(self, isa: S) {
        let Unpack { from, stride, rows, blocks, next, to } = self.0;
        let lanes = S::Ints::LANES;
        let mut copy = MaybeUninit::<[u8; MOST_LANES * LARGEST_BYTES]>::uninit();
        for block in 0..blocks {
            let offset = block * F::BYTES;
            for across in 0..ACROSS {
                let row = across * lanes;
                let here = rows.saturating_sub(row).min(lanes);
                let mut blocks = Blocks { isa, first: from.wrapping_add(row * stride + offset), stride };
                if here < lanes {
                    let to = copy.as_mut_ptr().cast::<u8>();
                    // SAFETY: a block of each of `here` rows, as the caller vouches; room for one of each lane.
                    unsafe { copy_blocks::<F>(blocks.first, stride, here, lanes, to) };
                    blocks = Blocks { isa, first: to, stride: F::BYTES };
                }
                for line in (offset.next_multiple_of(LINE)..offset + F::BYTES).step_by(LINE) {
                    for i in 0..lanes {
                        isa.isa().prefetch(next.wrapping_add((row + i) * stride + line));
                    }
                }
                let mut place = Place::<S, F>::new(to.wrapping_add(block * Place::<S, F>::BYTES), across);
                // SAFETY: a block of each of `lanes` rows, or of the copy; inside the panel.
                unsafe { F::unpack(isa, blocks, &mut place) };
            }
        }
    }
}

/// Copies a block of each of fewer rows than a vector has lanes, one behind the other, and zeros behind them.
///
/// # Safety
/// They must be readable, and `lanes` blocks writable.
#[cold]
pub(super) unsafe fn copy_blocks<F: BlockFormat>(
    from: *const u8,
    stride: usize,
    rows: usize,
    lanes: usize,
    to: *mut u8,
) {
    // SAFETY: the caller's promise; rows < lanes.
    unsafe {
        for row in 0..rows {
            let from = from.wrapping_add(row * stride);
            core::ptr::copy_nonoverlapping(from, to.add(row * F::BYTES), F::BYTES);
        }
        to.add(rows * F::BYTES).write_bytes(0, (lanes - rows) * F::BYTES);
    }
}
