//! A thread of a pool: how it is started and placed.
//!
//! By the system's own call rather than the standard library's, which ends the program where there is no
//! memory for what it adds to a thread. Called by `pool`; calls `affinity`, `topology`, `memory`, `knobs`.

use crate::knobs;
use crate::platform::affinity::Mask;
use crate::platform::preserve::SignalsBlocked;
use crate::platform::{memory, topology};
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr;
use rayon::ThreadBuilder;
use std::ffi::CString;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Kernels keep their tiles in registers and their panels in buffers, hence little stack; the C library
/// takes the program's thread-local variables out of it too.
const STACK: usize = 512 << 10;

/// What else a thread and its part of a pool need, by a generous guess.
const BESIDES: usize = 512 << 10;

/// Which thread it is.
#[derive(Clone, Copy, Debug)]
pub struct Thread {
    /// Where it works.
    pub ccd: usize,
    /// Number among the threads of the CCD.
    pub number: usize,
}

/// A thread that becomes the part of a pool that it is sent, or ends if it is sent none.
#[derive(Debug)]
pub struct Started {
    /// The system's name for it.
    pub id: libc::pthread_t,
    /// Where to send its part.
    pub part: SyncSender<ThreadBuilder>,
}

/// What a new thread is given.
struct Start {
    thread: Thread,
    part: Receiver<ThreadBuilder>,
}

impl Thread {
    /// Starts a thread. None if the system refuses.
    pub fn start(self) -> Option<Started> {
        // Without room for a thread there is none for the small things either, whose refusal would end
        // the program.
        if !memory::is_granted(STACK + BESIDES) {
            return None;
        }
        let (sender, part) = sync_channel(1);
        let start = Box::into_raw(Box::new(Start { thread: self, part }));
        // A program with many thread-local variables may need more stack than ours.
        // SAFETY: whoever runs `main` owns `start`.
        let id = unsafe { create(Some(STACK), start).or_else(|| create(None, start)) };
        if id.is_none() {
            // SAFETY: no thread has it.
            drop(unsafe { Box::from_raw(start) });
        }
        Some(Started { id: id?, part: sender })
    }

    /// Names the calling thread and chooses its CPUs.
    ///
    /// It inherits the mask of the thread that happened to need a pool, which may be bound to one CPU:
    /// ours may use all of the process's. They begin on their CCD and are then left to the system, which
    /// seldom moves them as long as there is room; with `ZENBLAS_AFFINITY=1` each stays on one CPU.
    fn settle(self) {
        let Thread { ccd, number } = self;
        if let Ok(name) = CString::new(format!("zenblas-{ccd}.{number}")) {
            // SAFETY: names this thread; too long a name is refused.
            unsafe { libc::pthread_setname_np(libc::pthread_self(), name.as_ptr()) };
        }
        let machine = topology::get();
        let cpus = &machine.ccds[ccd].cpus;
        if knobs::affinity() {
            return Mask::new(&[cpus[number % cpus.len()]]).apply();
        }
        if machine.ccds.len() > 1 {
            Mask::new(cpus).apply();
        }
        let all: Vec<usize> = machine.ccds.iter().flat_map(|ccd| &ccd.cpus).copied().collect();
        Mask::new(&all).apply();
    }
}

/// Starts a detached thread, with signals blocked. None if it is refused.
///
/// # Safety
/// `start` must come from a box, which belongs to the thread if there is one.
unsafe fn create(stack: Option<usize>, start: *mut Start) -> Option<libc::pthread_t> {
    let _signals = SignalsBlocked::now();
    let mut attributes = MaybeUninit::uninit();
    let mut id = MaybeUninit::uninit();
    // SAFETY: the attributes are initialised before use and destroyed after; the caller vouches for
    // `start`.
    unsafe {
        if libc::pthread_attr_init(attributes.as_mut_ptr()) != 0 {
            return None;
        }
        libc::pthread_attr_setdetachstate(attributes.as_mut_ptr(), libc::PTHREAD_CREATE_DETACHED);
        if let Some(bytes) = stack {
            libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), bytes);
        }
        let error = libc::pthread_create(id.as_mut_ptr(), attributes.as_ptr(), main, start.cast());
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (error == 0).then(|| id.assume_init())
    }
}

extern "C" fn main(start: *mut c_void) -> *mut c_void {
    // SAFETY: from `Thread::start`, which has given it away.
    let start = unsafe { Box::from_raw(start.cast::<Start>()) };
    if let Ok(part) = start.part.recv() {
        start.thread.settle();
        part.run();
    }
    ptr::null_mut()
}
