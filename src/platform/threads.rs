//! How many threads a call may use.
//!
//! From the strongest: the limit of the calling thread ([`set_local`]), the number that the program set
//! ([`set`]), the environment (`ZENBLAS_NUM_THREADS` and its kin, but never more than the CPUs and the
//! quota of this process, except with `ZENBLAS_THREAD_ALWAYS`), and what the machine has ([`default`]).
//!
//! Called by `pool`, the engine's cost model and `interface`; calls `topology`, `quota`, `knobs`.

use crate::knobs;
use crate::platform::process::PerProcess;
use crate::platform::{quota, topology};
use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::path::Path;

/// What [`set`] says; 0 if nothing.
static SET: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// What [`set_local`] says; 0 if nothing.
    static LOCAL: Cell<usize> = const { Cell::new(0) };
}

/// What this process has and starts from.
#[derive(Debug)]
struct Supply {
    procs: usize,
    default: usize,
    initial: usize,
}

fn supply() -> &'static Supply {
    static SUPPLY: PerProcess<Supply> = PerProcess::new();
    SUPPLY.get(|| {
        let machine = topology::get();
        let quota = quota::cpus(Path::new("/")).unwrap_or(usize::MAX);
        let procs = machine.cpus().min(quota);
        let default = machine.cores().min(quota);
        let initial = match knobs::num_threads() {
            Some(wanted) if knobs::thread_always() => clamp(wanted, procs),
            Some(wanted) => wanted.min(procs),
            None => default,
        };
        Supply { procs, default, initial }
    })
}

/// A number of threads that was typed in error must not exhaust the system.
fn clamp(wanted: usize, procs: usize) -> usize {
    wanted.min(256.max(8 * procs))
}

/// The most threads that a call from this thread may use now.
pub fn max() -> usize {
    match LOCAL.get() {
        0 => global(),
        local => local,
    }
}

fn global() -> usize {
    match SET.load(Relaxed) {
        0 => initial(),
        set => set,
    }
}

/// The number of threads that the process started with: the environment's or the default.
pub fn initial() -> usize {
    supply().initial
}

/// The threads that this machine is good for: one on each core (not on each SMT sibling) that the process
/// may use, as far as its quota of CPU time goes.
pub fn default() -> usize {
    supply().default
}

/// The CPUs that this process may use, SMT siblings included, as far as its quota of CPU time goes.
pub fn procs() -> usize {
    supply().procs
}

/// Sets the number of threads for the whole process; `n < 1` returns to the number it started with.
pub fn set(n: i32) {
    SET.store(count(n), Relaxed);
}

/// Sets the number of threads for calls from this thread and returns the number before. `n < 1`, or the
/// number of the whole process, makes the thread follow the process again.
pub fn set_local(n: i32) -> i32 {
    let before = max();
    let n = count(n);
    LOCAL.set(if n == global() { 0 } else { n });
    before.try_into().unwrap_or(i32::MAX)
}

/// A number from a caller; 0 for none.
fn count(n: i32) -> usize {
    usize::try_from(n).map_or(0, |n| clamp(n, procs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, since the settings are the process's.
    #[test]
    fn the_strongest_setting_wins() {
        let initial = max();
        assert!((1..=procs()).contains(&default()));
        set(3);
        assert_eq!(max(), 3);
        assert_eq!(set_local(1), 3);
        assert_eq!(max(), 1);
        assert_eq!(std::thread::spawn(max).join().unwrap(), 3);
        assert_eq!(set_local(3), 1);
        set(5);
        assert_eq!(max(), 5);
        set_local(2);
        assert_eq!(set_local(0), 2);
        assert_eq!(max(), 5);
        set(i32::MAX);
        assert!(max() < 1 << 20);
        set(-1);
        assert_eq!(max(), initial);
    }
}
