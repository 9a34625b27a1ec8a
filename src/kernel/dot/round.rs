//! Rounds reals to bf16, a block at a time.

use super::WORD;
use crate::kernel::convert::Stored;
use crate::simd::Isa;
use crate::simd::dot::Dot;
use crate::simd::dot::terms::{BF16_OF_BLOCK, Terms, TermsDispatch};
use core::marker::PhantomData;
use half::{bf16, f16};

/// The kernels of an ISA that multiplies bf16.
#[derive(Debug)]
pub struct Rounders {
    /// From half precision.
    pub halves: Rounder,
    /// From single precision.
    pub singles: Rounder,
}

/// Rounds lines.
pub type Rounder = unsafe fn(&Lines);

/// Lines of numbers to be rounded.
#[derive(Debug)]
pub struct Lines {
    /// The first number.
    pub from: *const u8,
    /// Numbers from a line to the next.
    pub line: isize,
    /// Numbers from one of a line to the next.
    pub step: isize,
    /// How many lines there are.
    pub lines: usize,
    /// Numbers of a line.
    pub len: usize,
    /// Where the first block goes.
    pub to: *mut u8,
    /// Bytes from there to the first of the next line.
    pub to_line: usize,
    /// Bytes from a block to the next.
    pub to_block: usize,
    /// Whether blocks are those of columns, in the form that tiles read; else numbers one after the other.
    pub spread: bool,
    /// Bytes from what is rounded to what is fetched.
    pub ahead: isize,
}

impl Rounders {
    pub(super) const fn new<P: Terms>() -> Rounders {
        Rounders { halves: round::<P, f16>, singles: round::<P, f32> }
    }
}

/// # Safety
/// The CPU has ISA `P`; the lines are readable, and there is room for whole blocks.
unsafe fn round<P: Terms, E: Stored<f32>>(lines: &Lines) {
    struct Work<'a, P, E>(&'a Lines, PhantomData<(P, E)>);
    impl<P: Terms, E: Stored<f32>> TermsDispatch<P> for Work<'_, P, E> {
        #[inline(always)]
        fn run(self, isa: P) {
            let &Lines { from, line, step, lines, len, to, to_line, to_block, spread, ahead } = self.0;
            for i in 0..lines {
                let from = from.cast::<E>().wrapping_offset(i as isize * line);
                for (block, first) in (0..len).step_by(BF16_OF_BLOCK).enumerate() {
                    let from = from.wrapping_offset(first as isize * step);
                    let n = (len - first).min(BF16_OF_BLOCK);
                    let mut wide = [0f32; BF16_OF_BLOCK];
                    // SAFETY: numbers of line i and the place of their block, which the caller of `round` vouches for.
                    unsafe {
                        if step == 1 {
                            isa.dot().isa().prefetch(from.wrapping_byte_offset(ahead));
                            // Of a whole block the compiler knows the length.
                            let n = if n == BF16_OF_BLOCK { BF16_OF_BLOCK } else { n };
                            E::widen_all(isa.dot().isa(), from, wide.as_mut_ptr(), n, 0.0);
                        } else {
                            for (p, wide) in wide.iter_mut().enumerate().take(n) {
                                *wide = (*from.offset(p as isize * step)).widen(0.0);
                            }
                        }
                        let to = to.add(i * to_line + block * to_block);
                        to.cast::<[bf16; BF16_OF_BLOCK]>().write_unaligned(isa.round(wide));
                        if spread {
                            isa.spread(to);
                        }
                    }
                }
            }
        }
    }
    // SAFETY: the caller vouches for the ISA; `run` relies on the rest.
    unsafe { P::assume() }.enter(Work::<P, E>(lines, PhantomData));
}

/// Bytes of a block of numbers one after the other.
pub const BLOCK: usize = BF16_OF_BLOCK * size_of::<bf16>();
const _: () = assert!(BLOCK.is_multiple_of(WORD));
