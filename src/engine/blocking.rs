//! Cache blocks: MC rows of A in L2, NR columns of B in L1, NC columns of B in L3, all KC deep.
//!
//! | block | lives in | why |
//! |---|---|---|
//! | B panel, KC x NR | L1 | read once for each tile of the A block |
//! | A block, MC x KC | L2 | read once for each B panel |
//! | B block, KC x NC | L3, shared by the threads of a group | read once for each A block |

use super::Shape;
use crate::knobs;
use crate::platform::topology::{self, Caches};

/// Sizes of the cache blocks: MC a multiple of MR, NC of NR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Rows of the block of A.
    pub mc: usize,
    /// Depth of both blocks.
    pub kc: usize,
    /// Columns of the block of B.
    pub nc: usize,
}

/// Shares of the caches that the blocks take. On Zen 5 (48 KiB, 1 MiB, 32 MiB) they give KC 768, MC 144 for f32 and
/// KC 384, MC 168 for f64. Measured there at 1000 and 2048 square, KC 256 to 1024 and MC 72 to 480 of that size differ
/// by 1 to 3 %, now that panels of B are fetched ahead; deep blocks read and write C less often.
const L1_SHARE: f64 = 0.5;
const L2_SHARE: f64 = 0.5;
const L3_SHARE: f64 = 0.25;

impl Blocks {
    /// The blocks for a product in such caches, of which a group of threads computes `rows` x `cols` of C with
    /// `members` threads, one of `sharers` groups on an L3.
    pub fn new(
        shape: &Shape,
        caches: &Caches,
        [rows, cols]: [usize; 2],
        members: usize,
        sharers: usize,
    ) -> Blocks {
        let [mc, kc, nc] = knobs::blocks().unwrap_or_else(|| {
            let kc = if shape.ready.kc > 0 { shape.ready.kc } else { default_depth(caches, shape.b_bytes) };
            let mc = share(caches.l2, L2_SHARE, kc * shape.a_bytes) * shape.mr;
            let nc = if shape.b_near { 1 } else { share(caches.l3 / sharers, L3_SHARE, kc * shape.b_bytes) }
                * shape.nr;
            [mc, kc, nc]
        });
        let kc = if shape.ready.kc > 0 { shape.ready.kc } else { even_part(shape.k, kc, 4) };
        // Every member gets blocks of rows, a few if there are enough, so that no one waits long at the end.
        let share_of_rows = rows.div_ceil(members);
        Blocks { mc: even_part(share_of_rows, mc, shape.mr), kc, nc: even_part(cols, nc, shape.nr) }
    }
}

/// The depth of blocks for a product of depth `k` whose panels of B take `b_bytes` for each k: what operands
/// are packed in that products will find ready.
pub fn depth(k: usize, b_bytes: usize) -> usize {
    even_part(
        k,
        knobs::blocks().map_or_else(|| default_depth(&topology::get().caches, b_bytes), |[_, kc, _]| kc),
        4,
    )
}

fn default_depth(caches: &Caches, b_bytes: usize) -> usize {
    share(caches.l1d, L1_SHARE, b_bytes).max(32)
}

/// How many units of `unit` bytes fit into a share of a cache.
fn share(bytes: usize, share: f64, unit: usize) -> usize {
    (bytes as f64 * share) as usize / unit.max(1)
}

/// Cuts `whole` into equal parts of at most `limit`, rounded up to a multiple of `unit`.
pub(super) fn even_part(whole: usize, limit: usize, unit: usize) -> usize {
    let limit = (limit / unit).max(1) * unit;
    let parts = whole.div_ceil(limit).max(1);
    whole.div_ceil(parts).next_multiple_of(unit).clamp(unit, limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_even_and_cover_the_whole() {
        for whole in [0, 1, 47, 48, 49, 1000, 4096] {
            for (limit, unit) in [(336, 48), (48, 48), (20, 48), (384, 4)] {
                let part = even_part(whole, limit, unit);
                let limit = (limit / unit).max(1) * unit;
                assert!(part >= unit && part <= limit && part.is_multiple_of(unit));
                assert_eq!(whole.div_ceil(part), whole.div_ceil(limit), "{whole} in parts of {part}");
            }
        }
    }
}
