//! ggml's OpenMP team, lent to zenblas for a product.
//!
//! ggml's threads are an OpenMP team that waits for the next parallel region by spinning, for milliseconds:
//! threads of zenblas's own would have to share the CPUs with them. So where an OpenMP runtime is loaded, a
//! product is a parallel region of it, as large as those of ggml, with ggml's threads.
//!
//! Called by `product` and `symbols`; calls the OpenMP runtime and zenblas.

use crate::zenblas::{Lender, Zenblas};
use crate::{next, settings};
use core::cell::Cell;
use core::ffi::{CStr, c_int, c_uint, c_void};
use core::ops::Range;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};
use std::sync::OnceLock;

/// The threads of ggml's graphs; 0 as long as it hasn't said.
static THREADS: AtomicI32 = AtomicI32::new(0);

/// Remembers how many threads ggml works with.
pub fn set_threads(count: c_int) {
    THREADS.store(count.max(0), Relaxed);
}

/// What is called of the runtime: GCC's entry for parallel regions, which Clang's has too.
struct OpenMp {
    parallel: unsafe extern "C" fn(unsafe extern "C" fn(*mut c_void), *mut c_void, c_uint, c_uint),
    thread_num: unsafe extern "C" fn() -> c_int,
    num_threads: unsafe extern "C" fn() -> c_int,
    in_parallel: unsafe extern "C" fn() -> c_int,
}

impl OpenMp {
    fn get() -> Option<&'static OpenMp> {
        static OPENMP: OnceLock<Option<OpenMp>> = OnceLock::new();
        OPENMP.get_or_init(OpenMp::find).as_ref()
    }

    /// The runtime that is loaded.
    fn find() -> Option<OpenMp> {
        // SAFETY: texts; what is loaded is in use by others, so that its handle can be kept.
        let handles = [ptr::null_mut()].into_iter().chain(
            [c"libgomp.so.1", c"libomp.so.5", c"libomp.so", c"libiomp5.so"]
                .map(|name| unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD) })
                .into_iter()
                .filter(|handle| !handle.is_null()),
        );
        // SAFETY: RTLD_DEFAULT is the null handle; the types are those of OpenMP.
        handles.into_iter().find_map(|handle| unsafe {
            let find = |name: &CStr| {
                let found = libc::dlsym(handle, name.as_ptr()).cast_const();
                (!found.is_null()).then_some(found)
            };
            Some(OpenMp {
                parallel: next::function(find(c"GOMP_parallel")?),
                thread_num: next::function(find(c"omp_get_thread_num")?),
                num_threads: next::function(find(c"omp_get_num_threads")?),
                in_parallel: next::function(find(c"omp_in_parallel")?),
            })
        })
    }

    /// Calls `work` on as many threads as ggml has, or fewer if the runtime gives no more.
    fn region<F: Fn() + Sync>(&self, threads: c_int, work: F) {
        unsafe extern "C" fn call<F: Fn()>(work: *mut c_void) {
            // SAFETY: the pointer below.
            unsafe { (*work.cast::<F>())() }
        }
        // SAFETY: the region ends before `work` does.
        unsafe { (self.parallel)(call::<F>, (&raw const work).cast_mut().cast(), threads as c_uint, 0) };
    }

    /// Whether a parallel region of this thread has `count` threads. The runtime is asked by a trial; what it
    /// answers is kept for the next product, which is as a rule the same thread's with the same number.
    fn complete(&self, count: c_int) -> bool {
        thread_local!(static COMPLETE: Cell<(c_int, bool)> = const { Cell::new((0, false)) });
        // SAFETY: no arguments.
        if unsafe { (self.in_parallel)() } != 0 {
            return false;
        }
        if COMPLETE.get().0 != count {
            let seen = AtomicI32::new(0);
            // SAFETY: no arguments.
            self.region(count, || seen.store(unsafe { (self.num_threads)() }, Relaxed));
            COMPLETE.set((count, seen.into_inner() == count));
        }
        COMPLETE.get().1
    }
}

/// Whether there is an OpenMP runtime whose threads may be used.
pub fn lends() -> bool {
    settings::borrows_threads() && OpenMp::get().is_some()
}

/// ggml's team and its size, if a parallel region of the calling thread has it.
fn team() -> Option<(&'static OpenMp, c_int)> {
    let count = THREADS.load(Relaxed);
    let openmp = OpenMp::get().filter(|_| count > 1 && settings::borrows_threads())?;
    openmp.complete(count).then_some((openmp, count))
}

/// Calls `work` with ranges that make up `0..n`, on ggml's threads where that is possible.
pub fn share(n: usize, work: impl Fn(Range<usize>) + Sync) {
    let Some((openmp, count)) = team() else {
        return work(0..n);
    };
    openmp.region(count, || {
        // SAFETY: no arguments.
        let (number, count) = unsafe { ((openmp.thread_num)() as usize, (openmp.num_threads)() as usize) };
        work(n * number / count..n * (number + 1) / count);
    });
}

/// While it lives, zenblas's calls from this thread run on ggml's threads, or at least on as many; but on no more than
/// there are CPUs, since members of a product wait for each other.
pub struct Loan<'a> {
    zenblas: &'a Zenblas,
    threads: c_int,
    lender: Option<Lender>,
}

impl<'a> Loan<'a> {
    /// For the calling thread. Changes nothing as long as ggml hasn't said how many threads it has.
    pub fn begin(zenblas: &'a Zenblas) -> Option<Loan<'a>> {
        let count = THREADS.load(Relaxed);
        if count == 0 {
            return None;
        }
        // SAFETY: no arguments.
        let members = count.min(unsafe { (zenblas.get_num_procs)() });
        let lender = team().map(|_| lend as Lender);
        // SAFETY: `lend` does what a lender must.
        unsafe {
            let threads = (zenblas.set_num_threads_local)(members);
            let lender = (zenblas.set_lender_local)(lender);
            Some(Loan { zenblas, threads, lender })
        }
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        // SAFETY: what was set before.
        unsafe {
            (self.zenblas.set_lender_local)(self.lender);
            (self.zenblas.set_num_threads_local)(self.threads);
        }
    }
}

/// The lender: a parallel region.
unsafe extern "C" fn lend(
    members: c_int,
    member: unsafe extern "C" fn(c_int, *mut c_void),
    work: *mut c_void,
) {
    let openmp = OpenMp::get().expect("without it nobody lends");
    let work = work.expose_provenance();
    // SAFETY: as the team asks.
    let act = |number| unsafe { member(number, ptr::with_exposed_provenance_mut(work)) };
    let complete = AtomicBool::new(true);
    // Always all of ggml's threads, the last perhaps for nothing: a smaller region would end the others.
    openmp.region(THREADS.load(Relaxed).max(members), || {
        // SAFETY: no arguments.
        let (number, count) = unsafe { ((openmp.thread_num)(), (openmp.num_threads)()) };
        if count < members {
            complete.store(false, Relaxed);
        } else if number < members {
            act(number);
        }
    });
    if !complete.into_inner() {
        // Fewer than a moment ago, as with OMP_DYNAMIC on a machine that has become busy: nobody has begun.
        std::thread::scope(|scope| {
            for number in 1..members {
                scope.spawn(move || act(number));
            }
            act(0);
        });
    }
}
