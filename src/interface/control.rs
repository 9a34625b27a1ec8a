//! Control calls: how many threads, what the library is. OpenBLAS's names, which programs and threadpoolctl look
//! for, and ours.
//!
//! Everything here only hands on to `platform::threads`, `platform::pool` and `platform::cpu`.

use crate::platform::pool::Lender;
use crate::platform::process::Once;
use crate::platform::{cpu, pool, threads};
use core::ffi::{c_char, c_int, c_void};
use std::ffi::CString;

/// The version of OpenBLAS whose calls these are.
const OPENBLAS: &str = "0.3.30";

/// Threads that a call from this thread may use now.
pub fn threads() -> c_int {
    int(threads::max())
}

/// Name of the instruction set whose kernels run.
pub fn isa() -> &'static str {
    cpu::level().name()
}

fn int(count: usize) -> c_int {
    count.try_into().unwrap_or(c_int::MAX)
}

/// The text in `once`, made when first asked for.
fn text(once: &'static Once<CString>, make: impl FnOnce() -> String) -> *const c_char {
    once.get(|| CString::new(make()).expect("no zero in it")).as_ptr()
}

/// Sets the number of threads for calls from any thread; below 1, the number that the process started with.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_set_num_threads64_"))]
pub extern "C" fn openblas_set_num_threads(n: c_int) {
    threads::set(n);
}

/// [`openblas_set_num_threads`].
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "goto_set_num_threads64_"))]
pub extern "C" fn goto_set_num_threads(n: c_int) {
    threads::set(n);
}

/// [`openblas_set_num_threads`] for Fortran.
///
/// # Safety
/// `n` must be readable.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_set_num_threads_64_"))]
pub unsafe extern "C" fn openblas_set_num_threads_(n: *const c_int) {
    // SAFETY: the caller's promise.
    threads::set(unsafe { *n });
}

/// [`openblas_set_num_threads`].
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_set_num_threads64_"))]
pub extern "C" fn zenblas_set_num_threads(n: c_int) {
    threads::set(n);
}

/// Sets the number of threads for calls from this thread, and returns the number before. Below 1, or with the
/// number of the process, the thread follows the process again.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_set_num_threads_local64_"))]
pub extern "C" fn openblas_set_num_threads_local(n: c_int) -> c_int {
    threads::set_local(n)
}

/// Threads that a call from this thread may use now.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_get_num_threads64_"))]
pub extern "C" fn openblas_get_num_threads() -> c_int {
    threads()
}

/// [`openblas_get_num_threads`] for Fortran.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_get_num_threads_64_"))]
pub extern "C" fn openblas_get_num_threads_() -> c_int {
    threads()
}

/// [`openblas_get_num_threads`].
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_get_num_threads64_"))]
pub extern "C" fn zenblas_get_num_threads() -> c_int {
    threads()
}

/// CPUs that this process may use.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_get_num_procs64_"))]
pub extern "C" fn openblas_get_num_procs() -> c_int {
    int(threads::procs())
}

/// [`openblas_get_num_procs`] for Fortran.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_get_num_procs_64_"))]
pub extern "C" fn openblas_get_num_procs_() -> c_int {
    int(threads::procs())
}

/// How the library runs in parallel: 1, on threads of its own.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_get_parallel64_"))]
pub extern "C" fn openblas_get_parallel() -> c_int {
    1
}

/// [`openblas_get_parallel`] for Fortran.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_get_parallel_64_"))]
pub extern "C" fn openblas_get_parallel_() -> c_int {
    1
}

/// The OpenBLAS whose calls these are, then what the library really is. Not to be written to.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_get_config64_"))]
pub extern "C" fn openblas_get_config() -> *const c_char {
    static CONFIG: Once<CString> = Once::new();
    text(&CONFIG, || {
        let width = if cfg!(feature = "ilp64") { " USE64BITINT" } else { "" };
        format!("OpenBLAS {OPENBLAS}{width} NO_LAPACK {} zenblas {}", isa(), env!("CARGO_PKG_VERSION"))
    })
}

/// [`zenblas_get_isa`].
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_get_corename64_"))]
pub extern "C" fn openblas_get_corename() -> *const c_char {
    zenblas_get_isa()
}

/// Instruction set of the kernels in use.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_get_isa64_"))]
pub extern "C" fn zenblas_get_isa() -> *const c_char {
    static ISA: Once<CString> = Once::new();
    text(&ISA, || isa().to_owned())
}

/// One line: version, integer width, instruction set, threads that the process started with.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_get_config64_"))]
pub extern "C" fn zenblas_get_config() -> *const c_char {
    static CONFIG: Once<CString> = Once::new();
    text(&CONFIG, || {
        let width = if cfg!(feature = "ilp64") { "ILP64" } else { "LP64" };
        format!("zenblas {} {width} {} {} threads", env!("CARGO_PKG_VERSION"), isa(), threads::initial())
    })
}

/// Version of the library.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_version64_"))]
pub extern "C" fn zenblas_version() -> *const c_char {
    static VERSION: Once<CString> = Once::new();
    text(&VERSION, || env!("CARGO_PKG_VERSION").to_owned())
}

/// Lets calls from this thread run on threads that the program lends, NULL on the library's own again; returns
/// the lender before.
///
/// # Safety
/// `lender` must do what [`Lender`] says.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "zenblas_set_lender_local64_"))]
pub unsafe extern "C" fn zenblas_set_lender_local(lender: Option<Lender>) -> Option<Lender> {
    // SAFETY: the caller's promise.
    unsafe { pool::set_lender(lender) }
}

/// `sync, dojob, numjobs, jobdata_elsize, jobdata, dojob_data`.
pub type ThreadsCallback = unsafe extern "C" fn(
    c_int,
    unsafe extern "C" fn(c_int, *mut c_void, c_int),
    c_int,
    usize,
    *mut c_void,
    c_int,
);

/// Accepted and not used: members of a team meet at barriers, which needs threads that are sure to run at the
/// same time, as OpenBLAS doesn't ask of its callback. [`zenblas_set_lender_local`] does.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_set_threads_callback_function64_"))]
pub extern "C" fn openblas_set_threads_callback_function(_callback: Option<ThreadsCallback>) {}

/// Numbers the threads as OpenBLAS does: its own, then the caller.
fn with_thread(thread: c_int, act: impl FnOnce(libc::pthread_t) -> c_int) -> c_int {
    let mut threads = pool::threads();
    // SAFETY: no arguments.
    threads.push(unsafe { libc::pthread_self() });
    match usize::try_from(thread).ok().and_then(|thread| threads.get(thread)) {
        Some(&id) => act(id),
        None => {
            // SAFETY: errno of this thread.
            unsafe { *libc::__errno_location() = libc::EINVAL };
            -1
        }
    }
}

/// Binds a thread of ours, or the calling one if `thread` is the last, to CPUs. 0, or an error number (-1 with
/// errno for a thread that there is not).
///
/// # Safety
/// `cpus` must point to a `cpu_set_t` of `bytes`.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_setaffinity64_"))]
pub unsafe extern "C" fn openblas_setaffinity(thread: c_int, bytes: usize, cpus: *mut c_void) -> c_int {
    // SAFETY: the caller's promise; threads of ours never end.
    with_thread(thread, |id| unsafe { libc::pthread_setaffinity_np(id, bytes, cpus.cast()) })
}

/// The CPUs that a thread is bound to; as [`openblas_setaffinity`].
///
/// # Safety
/// `cpus` must point to a `cpu_set_t` of `bytes`.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "openblas_getaffinity64_"))]
pub unsafe extern "C" fn openblas_getaffinity(thread: c_int, bytes: usize, cpus: *mut c_void) -> c_int {
    // SAFETY: the caller's promise; threads of ours never end.
    with_thread(thread, |id| unsafe { libc::pthread_getaffinity_np(id, bytes, cpus.cast()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ffi::CStr;

    #[test]
    fn threadpoolctl_reads_the_version() {
        // SAFETY: a text.
        let config = unsafe { CStr::from_ptr(openblas_get_config()) }.to_str().unwrap();
        let words: Vec<&str> = config.split(' ').collect();
        assert_eq!(words[..2], ["OpenBLAS", OPENBLAS]);
        assert!(config.ends_with(concat!("zenblas ", env!("CARGO_PKG_VERSION"))));
    }

    #[test]
    fn affinity_of_each_thread() {
        let mut cpus = [0u8; 1024];
        let mut get = |thread| {
            cpus.fill(0);
            // SAFETY: as long as it says.
            let result = unsafe { openblas_getaffinity(thread, cpus.len(), cpus.as_mut_ptr().cast()) };
            (result, cpus.iter().any(|&bits| bits != 0))
        };
        let before = openblas_set_num_threads_local(3);
        // Only one thread at a time starts workers, and it may be another test's.
        let started = || crate::platform::pool::threads().len() >= 2;
        assert!((0..1000).any(|_| started() || {
            std::thread::yield_now();
            false
        }));
        assert_eq!([get(0), get(1), get(2)], [(0, true); 3]);
        assert_eq!([get(3), get(-1)], [(-1, false); 2]);
        openblas_set_num_threads_local(before);
    }
}
