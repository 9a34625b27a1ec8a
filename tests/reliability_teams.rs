//! Teams of threads: all members at once, shared between callers, never waited for.

use std::cell::Cell;
use std::collections::HashSet;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use zenblas::platform::barrier::Barrier;
use zenblas::platform::{pool, threads, topology};

/// The workers of the process, for one test at a time, and as many threads as the test wants.
struct Workers(#[allow(dead_code)] MutexGuard<'static, ()>);

impl Workers {
    fn of(threads: i32) -> Workers {
        static ONE: Mutex<()> = Mutex::new(());
        let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        threads::set(threads);
        Workers(guard)
    }
}

#[test]
fn all_members_run_at_the_same_time() {
    let _workers = Workers::of(5);
    for wanted in [1, 2, 3, 5, 9, 2, 5] {
        let team = pool::take(wanted);
        assert_eq!(team.size(), wanted.min(5));
        let barrier = Barrier::new(team.size());
        let seen = Mutex::new(HashSet::new());
        for _ in 0..100 {
            team.run(|member| {
                barrier.wait();
                seen.lock().unwrap().insert((member, std::thread::current().id()));
                barrier.wait();
            });
        }
        let seen = seen.into_inner().unwrap();
        let members: HashSet<usize> = seen.iter().map(|&(member, _)| member).collect();
        assert_eq!(members, (0..team.size()).collect());
        assert!(seen.contains(&(0, std::thread::current().id())), "the caller is member 0");
    }
}

#[test]
fn shared_pieces_are_done_once_each() {
    let _workers = Workers::of(5);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for round in 0..20_000 {
                    let team = pool::take(1 + round % 4);
                    let done: [AtomicUsize; 9] = Default::default();
                    let pieces = round % 10;
                    team.share(pieces, |piece| {
                        done[piece].fetch_add(1, Relaxed);
                    });
                    let done = done.map(AtomicUsize::into_inner);
                    assert!(done.iter().enumerate().all(|(i, &times)| times == usize::from(i < pieces)));
                }
            });
        }
    });
}

#[test]
fn members_of_a_ccd_have_consecutive_numbers() {
    let _workers = Workers::of(7);
    let team = pool::take(7);
    let ccds: Vec<usize> = (0..team.size()).map(|member| team.ccd_of(member)).collect();
    assert!(ccds.iter().all(|&ccd| ccd < topology::get().ccds.len()));
    let mut runs = ccds.clone();
    runs.dedup();
    assert_eq!(runs.len(), ccds.iter().collect::<HashSet<_>>().len());
}

#[test]
fn teams_share_the_workers() {
    let _workers = Workers::of(5);
    let (first, second, third) = (pool::take(3), pool::take(4), pool::take(2));
    assert_eq!([first.size(), second.size(), third.size()], [3, 3, 1]);
    drop(first);
    assert_eq!(pool::take(9).size(), 3);
    drop(second);
    assert_eq!(pool::take(9).size(), 5);
}

#[test]
fn a_limit_lowered_later_holds() {
    let _workers = Workers::of(5);
    assert_eq!(pool::take(9).size(), 5);
    threads::set(2);
    let first = pool::take(9);
    assert_eq!([first.size(), pool::take(9).size()], [2, 1]);
    drop(first);
    threads::set(6);
    assert_eq!(pool::take(9).size(), 6);
    threads::set_local(3);
    assert_eq!(pool::take(9).size(), 3);
    threads::set_local(0);
}

#[test]
fn a_member_leads_no_team() {
    let _workers = Workers::of(4);
    let inner = Mutex::new(Vec::new());
    let team = pool::take(3);
    for _ in 0..1000 {
        team.run(|_| inner.lock().unwrap().push(pool::take(2).size()));
    }
    assert!(inner.into_inner().unwrap().iter().all(|&size| size == 1));
    drop(team);
    assert_eq!(pool::take(4).size(), 4, "after its work a thread may lead again");
}

#[test]
fn sixty_four_callers_at_once() {
    let _workers = Workers::of(4);
    let parallel = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                for call in 0..2000 {
                    let team = pool::take(2 + call % 3);
                    let (barrier, done) = (Barrier::new(team.size()), AtomicUsize::new(0));
                    team.run(|member| {
                        barrier.wait();
                        done.fetch_add(member + 1, Relaxed);
                    });
                    let size = team.size();
                    assert_eq!(done.into_inner(), size * (size + 1) / 2);
                    parallel.fetch_add(usize::from(size > 1), Relaxed);
                }
            });
        }
    });
    assert!(parallel.into_inner() > 0);
    assert_eq!(pool::take(4).size(), 4, "all workers are free again");
}

/// A worker of another rayon pool that calls us must not run that pool's jobs while it waits.
#[test]
fn a_foreign_pools_jobs_are_left_alone() {
    thread_local!(static CALLING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });
    let _workers = Workers::of(3);
    let foreign = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let hijacked = AtomicUsize::new(0);
    foreign.scope(|scope| {
        for _ in 0..2000 {
            scope.spawn(|_| {
                hijacked.fetch_add(usize::from(CALLING.get()), Relaxed);
                CALLING.set(true);
                let team = pool::take(3);
                let barrier = Barrier::new(team.size());
                team.run(|_| barrier.wait());
                CALLING.set(false);
            });
        }
    });
    assert_eq!(hijacked.into_inner(), 0);
}

/// Threads of the program's own, all at the same time, the caller's being the first.
unsafe extern "C" fn lend(
    members: c_int,
    member: unsafe extern "C" fn(c_int, *mut c_void),
    work: *mut c_void,
) {
    LENT.fetch_add(1, Relaxed);
    let work = work as usize;
    std::thread::scope(|scope| {
        for number in 1..members {
            // SAFETY: as the team asks.
            scope.spawn(move || unsafe { member(number, work as *mut c_void) });
        }
        // SAFETY: as the team asks.
        unsafe { member(0, work as *mut c_void) };
    });
}

thread_local!(static AT_HOME: Cell<bool> = const { Cell::new(false) });
static LENT: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_program_lends_its_threads() {
    let _workers = Workers::of(4);
    // SAFETY: `lend` does what a lender must.
    let before = unsafe { pool::set_lender(Some(lend)) };
    assert!(before.is_none());
    AT_HOME.set(true);
    let team = pool::take(9);
    assert_eq!(team.size(), 4);
    let (barrier, seen) = (Barrier::new(team.size()), Mutex::new(HashSet::new()));
    for _ in 0..10 {
        team.run(|member| {
            barrier.wait();
            assert_eq!(pool::take(2).size(), 1, "a member leads no team");
            seen.lock().unwrap().insert((member, member == 0 && AT_HOME.get()));
            barrier.wait();
        });
    }
    assert_eq!(LENT.load(Relaxed), 10);
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen, (0..4).map(|member| (member, member == 0)).collect());
    pool::take(1).run(|member| assert_eq!(member, 0));
    // SAFETY: no lender.
    let before = unsafe { pool::set_lender(None) };
    assert!(before.is_some());
    assert_eq!(pool::take(9).size(), 4, "our own threads are all free");
    assert_eq!(LENT.load(Relaxed), 10);
}

#[test]
fn idle_workers_use_no_cpu() {
    let _workers = Workers::of(4);
    for _ in 0..100 {
        pool::take(4).run(|_| ());
    }
    std::thread::sleep(Duration::from_millis(20));
    let cpu_time = || {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is writable.
        unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let (before, start) = (cpu_time(), Instant::now());
    std::thread::sleep(Duration::from_secs(1));
    let used = cpu_time() - before;
    assert!(used < start.elapsed() / 500, "{used:?} used while idle");
}
