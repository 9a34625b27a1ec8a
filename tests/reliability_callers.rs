//! What a call leaves alone in the thread that makes it, and callers of unusual kinds.

mod common;

use common::{forked, product};
use core::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use zenblas::platform::memory::Buffer;
use zenblas::platform::{pool, threads};

#[test]
fn errno_stays() {
    forked(|| {
        threads::set(3);
        // SAFETY: errno of this thread.
        let errno = unsafe { &mut *libc::__errno_location() };
        *errno = 77;
        // The first call starts threads, the second finds them asleep; memory is granted and refused.
        let fine = product(3) && {
            std::thread::sleep(std::time::Duration::from_millis(5));
            *errno = 77;
            product(3)
        };
        let memory = (Buffer::take(10 << 20).is_some(), Buffer::take(1 << 46).is_none());
        fine && memory == (true, true) && *errno == 77
    })
    .join();
}

#[test]
fn signals_go_to_the_programs_threads() {
    static HANDLED: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn handle(_: libc::c_int) {
        HANDLED.fetch_add(1, SeqCst);
    }
    forked(|| {
        threads::set(3);
        let mask = || {
            let mut mask = MaybeUninit::<libc::sigset_t>::uninit();
            // SAFETY: asks for the mask of this thread; signals have numbers below 65.
            unsafe {
                libc::pthread_sigmask(libc::SIG_BLOCK, core::ptr::null(), mask.as_mut_ptr());
                (1..65).map(|signal| libc::sigismember(mask.as_ptr(), signal)).collect::<Vec<_>>()
            }
        };
        let before = mask();
        let fine = product(3) && mask() == before;
        // SAFETY: signals of this child, whose only other threads are ours.
        unsafe {
            libc::signal(libc::SIGUSR1, handle as extern "C" fn(libc::c_int) as libc::sighandler_t);
            let mut usr1 = MaybeUninit::uninit();
            libc::sigemptyset(usr1.as_mut_ptr());
            libc::sigaddset(usr1.as_mut_ptr(), libc::SIGUSR1);
            libc::pthread_sigmask(libc::SIG_BLOCK, usr1.as_ptr(), core::ptr::null_mut());
            libc::kill(libc::getpid(), libc::SIGUSR1);
            let fine = fine && product(3) && HANDLED.load(SeqCst) == 0;
            libc::pthread_sigmask(libc::SIG_UNBLOCK, usr1.as_ptr(), core::ptr::null_mut());
            fine && HANDLED.load(SeqCst) == 1
        }
    })
    .join();
}

#[cfg(target_arch = "x86_64")]
#[test]
fn every_member_rounds_like_the_caller() {
    use core::arch::asm;
    fn mxcsr() -> u32 {
        let mut value = 0u32;
        // SAFETY: stores the register into `value`.
        unsafe { asm!("stmxcsr [{}]", in(reg) &mut value, options(nostack)) };
        value
    }
    fn set_mxcsr(value: u32) {
        // SAFETY: values have no reserved bits.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &value, options(nostack)) };
    }
    const MODE: u32 = 0xffc0; // all but the flags of what happened
    const DEFAULT: u32 = 0x1f80;
    forked(|| {
        threads::set(3);
        // Flush to zero, denormals are zero, round up.
        for mode in [DEFAULT, DEFAULT | 0x8040, DEFAULT | 0x4000, DEFAULT] {
            set_mxcsr(mode);
            let same = AtomicUsize::new(0);
            let team = pool::take(3);
            team.run(|_| {
                same.fetch_add(usize::from(mxcsr() & MODE == mode), SeqCst);
            });
            if same.into_inner() != 3 || mxcsr() & MODE != mode {
                return false;
            }
        }
        true
    })
    .join();
}

#[test]
fn a_callers_cpus_are_its_own_affair() {
    forked(|| {
        threads::set(3);
        let mask = || {
            let mut mask = [0u64; 128];
            // SAFETY: the system writes at most as many bytes as the mask has.
            unsafe { libc::sched_getaffinity(0, size_of_val(&mask), mask.as_mut_ptr().cast()) };
            mask
        };
        let before = mask();
        product(3) && mask() == before
    })
    .join();
}

#[test]
fn a_caller_with_little_stack() {
    forked(|| {
        threads::set(3);
        let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(|| product(3));
        thread.unwrap().join().unwrap()
    })
    .join();
}

/// A call from an exit handler, when the main function has returned; and workers are no reason not to end.
#[test]
fn a_call_after_main() {
    extern "C" fn last() {
        // SAFETY: ends the process at once.
        unsafe { libc::_exit(if product(3) { 0 } else { 1 }) };
    }
    forked(|| {
        threads::set(3);
        // SAFETY: exit handlers run in this thread.
        product(3)
            && unsafe {
                libc::atexit(last);
                libc::exit(2)
            }
    })
    .join();
}

/// Values of ended threads are destroyed after the thread's own code; a call from there works as any other.
#[test]
fn a_call_from_a_thread_that_ends() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            assert!(product(1));
        }
    }
    thread_local!(static LAST: Last = const { Last });
    forked(|| {
        threads::set(3);
        (0..100).all(|_| std::thread::spawn(|| LAST.with(|_| product(1))).join().unwrap())
    })
    .join();
}
