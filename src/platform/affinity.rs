//! The CPUs that a thread may run on.
//!
//! Only threads of the pool are ever given a mask: callers keep theirs. Called by `topology` and `pool`;
//! calls only the system.

/// CPUs that a mask has room for.
pub const MOST_CPUS: usize = 8192;

const WORD: usize = u64::BITS as usize;

/// A set of CPUs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mask([u64; MOST_CPUS / WORD]);

/// The CPUs of this process: those of the calling thread and of the first one, which takes its mask from
/// whoever started the program. A thread that was bound to one CPU does not speak for the rest.
pub fn of_process() -> Mask {
    let mut mask = Mask::of_thread(0);
    let first = Mask::of_thread(std::process::id() as libc::pid_t);
    for (word, other) in mask.0.iter_mut().zip(first.0) {
        *word |= other;
    }
    mask
}

/// The CPU that the calling thread runs on just now.
pub fn current_cpu() -> Option<usize> {
    // SAFETY: no arguments.
    usize::try_from(unsafe { libc::sched_getcpu() }).ok()
}

impl Mask {
    /// Of CPUs below [`MOST_CPUS`].
    pub fn new(cpus: &[usize]) -> Mask {
        let mut mask = Mask([0; MOST_CPUS / WORD]);
        for &cpu in cpus {
            mask.0[cpu / WORD] |= 1 << (cpu % WORD);
        }
        mask
    }

    /// The mask of a thread, 0 for the calling one; empty if the system won't say.
    fn of_thread(thread: libc::pid_t) -> Mask {
        let mut mask = Mask::new(&[]);
        // SAFETY: the system writes at most as many bytes as the mask has.
        unsafe { libc::sched_getaffinity(thread, size_of_val(&mask.0), mask.0.as_mut_ptr().cast()) };
        mask
    }

    /// The CPUs, ascending.
    pub fn cpus(&self) -> Vec<usize> {
        (0..MOST_CPUS).filter(|cpu| self.0[cpu / WORD] >> (cpu % WORD) & 1 == 1).collect()
    }

    /// Lets the calling thread run on these CPUs only; one that can't be is left where it is.
    pub fn apply(&self) {
        // SAFETY: the system reads as many bytes as the mask has.
        unsafe { libc::sched_setaffinity(0, size_of_val(&self.0), self.0.as_ptr().cast()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_a_set() {
        let cpus = [0, 1, 63, 64, 200, MOST_CPUS - 1];
        assert_eq!(Mask::new(&cpus).cpus(), cpus);
    }

    #[test]
    fn a_thread_can_be_moved() {
        std::thread::spawn(|| {
            let all = of_process().cpus();
            let last = *all.last().unwrap();
            Mask::new(&[last]).apply();
            assert_eq!(current_cpu(), Some(last));
            // The process still has all.
            assert_eq!(of_process().cpus(), all);
        })
        .join()
        .unwrap();
    }
}
