//! Products whose packed operands fit on the stack: the loops without a plan, memory or other threads, all of which would take
//! longer than such a product.
//!
//! Called by `lowp`; products of reals have `tiny` and `small`.

use super::{Pair, Product, Shape, blocking};
use crate::knobs;
use core::mem::MaybeUninit;

/// Bytes of each packed operand up to which this is for. (Few in tests, so that their sizes straddle them.)
const ROOM: usize = if cfg!(test) { 4 << 10 } else { 16 << 10 };
/// Nanoseconds up to which, roughly: a product that takes longer may be one for threads.
const SHORT: f64 = 4000.0;

/// Room for an operand.
#[repr(align(64))]
struct Room(#[expect(dead_code, reason = "only room")] [u8; ROOM]);

/// Multiplies if the product is small enough; otherwise does nothing and says so.
pub fn multiply<P: Product>(product: &P) -> bool {
    let shape = product.shape();
    let Shape { m, n, k, mr, nr, ready, .. } = shape;
    let (a_panel, b_panel) = (shape.a_panel(k), shape.b_panel(k));
    let fits = |ready: bool, panels: usize, panel: usize| ready || panels * panel <= ROOM;
    let small = fits(ready.a, m.div_ceil(mr), a_panel)
        && fits(ready.b, n.div_ceil(nr), b_panel)
        && (m * n * k) as f64 <= SHORT * shape.rate;
    // Blocks are as deep as those of the loops, so that sums are the same.
    let depth = || if ready.kc > 0 { ready.kc } else { blocking::depth(k, shape.b_bytes) };
    if !small
        || shape.triangle.is_some()
        || k > depth()
        || knobs::blocks().is_some()
        || knobs::thread_always()
    {
        return false;
    }
    let (mut a_room, mut b_room) = (MaybeUninit::<Room>::uninit(), MaybeUninit::<Room>::uninit());
    // SAFETY: the rooms are large enough, the panels packed before tiles read them, all by this thread.
    unsafe {
        let a = product.ready_a(&(0..m), &(0..k)).unwrap_or_else(|| {
            product.pack_a_block(&shape, 0..m, 0..k, a_room.as_mut_ptr().cast());
            a_room.as_ptr().cast()
        });
        let b = product.ready_b(&(0..n), &(0..k)).unwrap_or_else(|| {
            product.pack_b_block(&shape, 0..n, 0..k, b_room.as_mut_ptr().cast());
            b_room.as_ptr().cast()
        });
        for (b_index, j) in (0..n).step_by(nr).enumerate() {
            let b = b.wrapping_add(b_index * b_panel);
            for (a_index, i) in (0..m).step_by(mr).enumerate() {
                let a = a.wrapping_add(a_index * a_panel);
                let pair = Pair { a, b, next: b, next_step: shape.b_bytes as isize };
                product.tile(i..(i + mr).min(m), j..(j + nr).min(n), 0..k, pair);
            }
        }
    }
    true
}
