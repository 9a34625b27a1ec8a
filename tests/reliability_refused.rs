//! Threads and memory that the system refuses: smaller teams, down to the caller alone, and no complaint.

mod common;

use common::{forked, product};
use core::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicIsize, Ordering::SeqCst};
use zenblas::lowp::{Integer, Operand, Per, bytes};
use zenblas::platform::memory::Buffer;
use zenblas::platform::{pool, threads};
use zenblas::view::{MatMut, MatRef};

/// Threads that may still be started.
static ALLOWED: AtomicIsize = AtomicIsize::new(isize::MAX);

type Create = unsafe extern "C" fn(
    *mut libc::pthread_t,
    *const libc::pthread_attr_t,
    extern "C" fn(*mut c_void) -> *mut c_void,
    *mut c_void,
) -> c_int;

/// Stands before the C library's: refuses threads beyond [`ALLOWED`].
///
/// # Safety
/// As for the C library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    start: extern "C" fn(*mut c_void) -> *mut c_void,
    argument: *mut c_void,
) -> c_int {
    if ALLOWED.fetch_sub(1, SeqCst) <= 0 {
        return libc::EAGAIN;
    }
    // SAFETY: the symbol is a function of this type; the arguments are the caller's.
    unsafe {
        let real = libc::dlsym(libc::RTLD_NEXT, c"pthread_create".as_ptr());
        core::mem::transmute::<*mut c_void, Create>(real)(thread, attributes, start, argument)
    }
}

#[test]
fn any_number_of_threads_is_enough() {
    for allowed in 0..=8 {
        forked(|| {
            threads::set(8);
            ALLOWED.store(allowed, SeqCst);
            let workers = pool::take(8).size() as isize - 1;
            // Some are left to the program where there are too few.
            let right = if allowed < 7 { 0..=allowed } else { 7..=7 };
            right.contains(&workers) && product(1)
        })
        .join();
    }
}

#[test]
fn the_system_is_asked_again_later() {
    forked(|| {
        threads::set(3);
        ALLOWED.store(0, SeqCst);
        let refused = pool::take(3).size();
        ALLOWED.store(100, SeqCst);
        let at_once = pool::take(3).size();
        std::thread::sleep(std::time::Duration::from_millis(10_050));
        (refused, at_once, pool::take(3).size()) == (1, 1, 3)
    })
    .join();
}

#[test]
fn a_limit_on_processes() {
    forked(|| {
        threads::set(4);
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: limits only this child. The limit does not bind root, who becomes nobody.
        unsafe {
            if libc::getuid() == 0 && libc::setuid(65534) != 0 {
                return true; // root of a container that has nobody else
            }
            libc::setrlimit(libc::RLIMIT_NPROC, &none);
        }
        pool::take(4).size() == 1 && product(1)
    })
    .join();
}

/// However little address space is left, calls end, with right results.
#[test]
fn a_limit_on_memory() {
    for left in [0, 16 << 10, 256 << 10, 1 << 20, 4 << 20, 64 << 20] {
        forked(|| {
            threads::set(4);
            let Some(used) = address_space() else { return true };
            let limit = libc::rlimit { rlim_cur: used + left, rlim_max: used + left };
            // SAFETY: limits only this child.
            unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) };
            let team = pool::take(4);
            team.run(|_| ());
            drop(team);
            let refused = Buffer::take(1 << 30).is_none();
            refused && Buffer::emergency().is_some() && (left < 64 << 20 || product(1))
        })
        .join();
    }
}

/// Sums that wait for later blocks of k need memory too; without any, C is made tile by tile.
#[test]
fn low_precision_without_memory() {
    let (m, n, k) = (100usize, 90usize, 5000usize);
    let (a, b) = (vec![3u8; m * k], vec![-2i8; n * k]);
    let mut c = vec![7i32; m * n];
    for left in [0, 64 << 10, 1 << 20, 64 << 20] {
        forked(|| {
            threads::set(1);
            let Some(used) = address_space() else { return true };
            let limit = libc::rlimit { rlim_cur: used + left, rlim_max: used + left };
            // SAFETY: limits only this child; row-major matrices of these sizes, B transposed.
            let done = unsafe {
                libc::setrlimit(libc::RLIMIT_AS, &limit);
                let a = Operand::new(MatRef::new(a.as_ptr(), m, k, k as isize, 1));
                let b = Operand::new(MatRef::new(b.as_ptr(), n, k, k as isize, 1));
                let how = Integer { alpha: 0.5, beta: 1.0, offset: Per::All(0) };
                bytes(&a, 1, &b, 0, &how, MatMut::new(c.as_mut_ptr(), m, n, n as isize, 1))
            };
            done.is_ok() && c.iter().all(|&x| x == 7 - 4 * k as i32)
        })
        .join();
    }
}

/// Bytes of address space of this process.
fn address_space() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').next()?.parse::<u64>().ok()? * 4096)
}
