//! Forked processes: a child has none of its parent's threads, yet every call works, in every pattern.

mod common;

use common::{forked, product};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zenblas::platform::{memory::Buffer, pool, threads};

const ROUNDS: usize = 1000;

/// One test at a time, with three threads to each call.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    threads::set(3);
    guard
}

#[test]
fn the_child_calls() {
    let _alone = alone();
    assert!(product(3));
    for _ in 0..ROUNDS {
        forked(|| product(3) && product(3)).join();
    }
}

#[test]
fn the_parent_calls_after() {
    let _alone = alone();
    for _ in 0..ROUNDS {
        assert!(product(3));
        let child = forked(|| product(3));
        assert!(product(3));
        child.join();
        assert!(product(3));
    }
}

#[test]
fn the_grandchild_calls() {
    let _alone = alone();
    assert!(product(3));
    for _ in 0..ROUNDS / 2 {
        forked(|| {
            forked(|| product(3)).join();
            product(3) && {
                forked(|| product(3)).join();
                product(3)
            }
        })
        .join();
    }
}

#[test]
fn two_threads_fork_while_others_call() {
    let _alone = alone();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    assert!(product(1));
                }
            });
        }
        let forkers = [(); 2].map(|()| {
            scope.spawn(|| {
                for _ in 0..ROUNDS / 2 {
                    forked(|| product(1)).join();
                }
            })
        });
        let results = forkers.map(|forker| forker.join());
        stop.store(true, Relaxed);
        assert!(results.iter().all(Result::is_ok));
    });
}

#[test]
fn two_threads_of_the_child_call() {
    let _alone = alone();
    assert!(product(3));
    for _ in 0..ROUNDS {
        forked(|| {
            let largest = AtomicUsize::new(0);
            let fine = std::thread::scope(|scope| {
                let callers = [(); 2].map(|()| {
                    scope.spawn(|| {
                        largest.fetch_max(pool::take(3).size(), Relaxed);
                        product(1)
                    })
                });
                callers.into_iter().all(|caller| caller.join().unwrap_or(false))
            });
            fine && largest.into_inner() > 1 && product(3)
        })
        .join();
    }
}

/// A fork in the middle of a call leaves the child with workers, buffers and blocks that look taken.
#[test]
fn what_the_parent_holds_is_free_in_the_child() {
    let _alone = alone();
    let _team = pool::take(3);
    let _block = Buffer::emergency().unwrap();
    forked(|| product(3) && Buffer::emergency().is_some()).join();
}

/// A child that has been given fewer CPUs starts from those.
#[test]
fn the_child_counts_its_own_cpus() {
    let _alone = alone();
    threads::set(0);
    forked(|| {
        // SAFETY: the set lives on the stack; CPU numbers are those that the system gave out.
        unsafe {
            let mut one: libc::cpu_set_t = core::mem::zeroed();
            libc::CPU_SET(libc::sched_getcpu() as usize, &mut one);
            libc::sched_setaffinity(0, size_of_val(&one), &one);
        }
        threads::procs() == 1 && threads::default() == 1
    })
    .join();
}
