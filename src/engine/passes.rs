//! Work that passes over memory once: cut into ranges, each for one thread.
//!
//! Called by levels 1 and 2, whose operations do little with each element; calls `plan` for the number of
//! threads.

use super::plan;
use crate::platform::pool;
use core::ops::Range;

/// Does `work` for ranges that together are `0..items`, on as many threads as pay for a pass over `bytes` of
/// memory. Ranges begin at multiples of `grain` items.
#[inline]
pub fn split(bytes: usize, items: usize, grain: usize, work: impl Fn(Range<usize>) + Sync) {
    split_among(threads(bytes, items.div_ceil(grain)), items, grain, |_, range| work(range));
}

/// Whether a pass over so many bytes is one thread's whatever the machine.
#[inline]
pub fn is_short(bytes: usize) -> bool {
    plan::is_short(bytes)
}

/// Whether so many bytes are at home in the last caches.
#[inline]
pub fn is_near(bytes: usize) -> bool {
    plan::is_near(bytes)
}

/// Threads that pay for a pass over `bytes` of memory which comes in so many parts.
#[inline]
pub fn threads(bytes: usize, parts: usize) -> usize {
    if is_short(bytes) { 1 } else { plan::stream_threads(bytes).min(parts) }
}

/// [`split`] among at most `threads` threads, each range with its number. Says how many they were.
#[inline]
pub fn split_among(
    threads: usize,
    items: usize,
    grain: usize,
    work: impl Fn(usize, Range<usize>) + Sync,
) -> usize {
    if threads <= 1 {
        work(0, 0..items);
        return 1;
    }
    let team = pool::take(threads);
    let (size, grains) = (team.size(), items.div_ceil(grain));
    let from = |part: usize| (grains * part / size * grain).min(items);
    team.share(size, |part| work(part, from(part)..from(part + 1)));
    size
}

/// The lines of a triangle of order `n` of which someone has lines `half` out of `0..n.div_ceil(2)`: those and
/// the same number from the other end, so that everyone has long and short ones.
#[inline]
pub fn both_ends(n: usize, half: Range<usize>) -> [Range<usize>; 2] {
    let end = half.end.min(n / 2);
    [half.clone(), n - end..n - half.start.min(end)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[test]
    fn both_ends_cover_all_lines_once() {
        for n in 0..20usize {
            for cut in 0..=n.div_ceil(2) {
                let mut times = vec![0; n];
                for half in [0..cut, cut..n.div_ceil(2)] {
                    both_ends(n, half).into_iter().flatten().for_each(|l| times[l] += 1);
                }
                assert!(times.iter().all(|&times| times == 1), "{n} {cut}");
            }
        }
    }

    #[test]
    fn ranges_cover_all_items_once() {
        for threads in [1, 2, 3, 5] {
            for (items, grain) in [(0, 1), (1, 8), (7, 2), (100, 8), (1000, 64)] {
                let done: Vec<_> = (0..items).map(|_| AtomicUsize::new(0)).collect();
                crate::testing::on_threads(threads, || {
                    split(1 << 20, items, grain, |range| {
                        assert!(range.is_empty() || range.start.is_multiple_of(grain));
                        for i in range {
                            done[i].fetch_add(1, Relaxed);
                        }
                    });
                });
                assert!(done.into_iter().all(|times| times.into_inner() == 1), "{threads} {items} {grain}");
            }
        }
    }
}
