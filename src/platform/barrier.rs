//! Waiting for threads that run at the same time: a short spin, then giving the CPU away.
//!
//! Called by `pool` and by whoever works in a team; calls `topology` for the number of CPUs.

use crate::platform::threads;
use core::sync::atomic::{AtomicUsize, Ordering::*};

/// Spins before a waiting thread yields: about 10 microseconds, as long as a thread takes to arrive that
/// is running; one that is not (virtual CPUs are preempted, teams can be larger than the machine) needs
/// ours.
const SPINS: u32 = 500;

/// One thread's wait for something that another thread will do.
#[derive(Debug)]
pub struct Wait {
    spins: u32,
}

impl Wait {
    /// For one of `members` threads that work at the same time.
    pub fn among(members: usize) -> Wait {
        Wait { spins: if members <= threads::procs() { SPINS } else { 0 } }
    }

    /// To be called between two looks at what is waited for.
    #[inline]
    pub fn pause(&mut self) {
        if self.spins > 0 {
            self.spins -= 1;
            core::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}

/// Lets no member pass before all have come; can be used again at once.
///
/// Central and counted in phases: for the threads of one CCD. Where a team spans several CCDs, use one
/// for each CCD and one for their first members.
#[derive(Debug)]
pub struct Barrier {
    members: usize,
    arrived: Padded<AtomicUsize>,
    phase: Padded<AtomicUsize>,
}

/// A value that shares its pair of cache lines (they are prefetched in pairs) with nothing.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Padded<T>(pub T);

impl Barrier {
    /// For `members` threads.
    pub const fn new(members: usize) -> Barrier {
        Barrier { members, arrived: Padded(AtomicUsize::new(0)), phase: Padded(AtomicUsize::new(0)) }
    }

    /// Waits for the other members. What each wrote before is visible to all after.
    #[inline]
    pub fn wait(&self) {
        if self.members <= 1 {
            return;
        }
        let phase = self.phase.0.load(Relaxed);
        if self.arrived.0.fetch_add(1, AcqRel) + 1 == self.members {
            self.arrived.0.store(0, Relaxed);
            self.phase.0.store(phase.wrapping_add(1), Release);
            return;
        }
        let mut wait = Wait::among(self.members);
        while self.phase.0.load(Acquire) == phase {
            wait.pause();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_passes_early() {
        for members in [1, 2, 3, 7] {
            let barrier = Barrier::new(members);
            let counts: Vec<AtomicUsize> = (0..members).map(|_| AtomicUsize::new(0)).collect();
            std::thread::scope(|scope| {
                for member in 0..members {
                    let (barrier, counts) = (&barrier, &counts);
                    scope.spawn(move || {
                        for round in 1..=1000 {
                            counts[member].store(round, Relaxed);
                            barrier.wait();
                            assert!(counts.iter().all(|count| count.load(Relaxed) == round));
                            barrier.wait();
                        }
                    });
                }
            });
        }
    }
}
