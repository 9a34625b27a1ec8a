//! Which process this is, and values that each process makes for itself.
//!
//! After `fork` the child sees its parent's memory but none of its parent's threads. Whatever stands for
//! threads, or for a lock that another thread may have held, is therefore tagged with a [`generation`].
//! Nothing here waits for anything: a thread that was in the middle of making a value when another
//! thread forked leaves the child free to make it again.
//!
//! Called by the rest of `platform` and by `knobs`; calls nothing.

use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering::*};

/// What [`MARK`] holds where the system has no memory that a fork wipes.
const BY_PROCESS_ID: *mut AtomicU32 = ptr::without_provenance_mut(align_of::<AtomicU32>());

/// A page that reads as zero in a freshly forked child, whichever way it was forked.
static MARK: AtomicPtr<AtomicU32> = AtomicPtr::new(ptr::null_mut());

/// The last generation given out in this line of processes.
static LAST: AtomicU32 = AtomicU32::new(0);

/// A number, never 0, that differs from that of every process this one was forked from.
///
/// Process ids would not do: they are reused, and the first process of a nested namespace and its parent
/// can both be number 1.
pub fn generation() -> u32 {
    let mut mark = MARK.load(Acquire);
    if mark.is_null() {
        mark = make_mark();
    }
    if mark == BY_PROCESS_ID {
        return std::process::id();
    }
    // SAFETY: the page is mapped for ever and holds an atomic integer.
    let mark = unsafe { &*mark };
    match mark.load(Relaxed) {
        0 => {
            let new = LAST.fetch_add(1, Relaxed) + 1;
            mark.compare_exchange(0, new, Relaxed, Relaxed).map_or_else(|other| other, |_| new)
        }
        known => known,
    }
}

#[cold]
fn make_mark() -> *mut AtomicU32 {
    const PAGE: usize = 4096;
    // SAFETY: a new private mapping; it is given back below if it is of no use.
    let page = unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let page = libc::mmap(ptr::null_mut(), PAGE, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        if page == libc::MAP_FAILED {
            BY_PROCESS_ID
        } else if libc::madvise(page, PAGE, libc::MADV_WIPEONFORK) != 0 {
            libc::munmap(page, PAGE);
            BY_PROCESS_ID
        } else {
            page.cast()
        }
    };
    match MARK.compare_exchange(ptr::null_mut(), page, AcqRel, Acquire) {
        Ok(_) => page,
        Err(first) => {
            if page != BY_PROCESS_ID {
                // SAFETY: our own page, which nobody else has seen.
                unsafe { libc::munmap(page.cast(), PAGE) };
            }
            first
        }
    }
}

/// A value made by whoever needs it first. Threads that come at the same time all make it, and the first
/// to finish is kept, so that `make` must not act on anything outside.
#[derive(Debug)]
pub struct Once<T>(AtomicPtr<T>);

impl<T: Sync> Once<T> {
    /// No value yet.
    #[allow(clippy::new_without_default)] // only ever a static
    pub const fn new() -> Once<T> {
        Once(AtomicPtr::new(ptr::null_mut()))
    }

    /// The value, made now if need be.
    #[inline]
    pub fn get(&'static self, make: impl FnOnce() -> T) -> &'static T {
        let known = self.0.load(Acquire);
        if known.is_null() {
            return self.replace(known, make);
        }
        // SAFETY: a value once published is never freed.
        unsafe { &*known }
    }

    /// Publishes a new value in the place of `known`, or returns what another thread has published.
    #[cold]
    fn replace(&'static self, known: *mut T, make: impl FnOnce() -> T) -> &'static T {
        let new = Box::into_raw(Box::new(make()));
        let current = match self.0.compare_exchange(known, new, AcqRel, Acquire) {
            Ok(_) => new,
            Err(first) => {
                // SAFETY: from the box above, and nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
                first
            }
        };
        // SAFETY: a value once published is never freed.
        unsafe { &*current }
    }
}

/// A [`Once`] that each process of a family makes for itself; the value inherited from a parent stays
/// allocated but is not touched any more.
#[derive(Debug)]
pub struct PerProcess<T>(Once<Tagged<T>>);

#[derive(Debug)]
struct Tagged<T> {
    generation: u32,
    value: T,
}

impl<T: Sync> PerProcess<T> {
    /// No value yet.
    #[allow(clippy::new_without_default)] // only ever a static
    pub const fn new() -> PerProcess<T> {
        PerProcess(Once::new())
    }

    /// This process's value, made now if need be.
    #[inline]
    pub fn get(&'static self, make: impl FnOnce() -> T) -> &'static T {
        let generation = generation();
        let known = self.0.0.load(Acquire);
        // SAFETY: a value once published is never freed.
        match unsafe { known.as_ref() } {
            Some(tagged) if tagged.generation == generation => &tagged.value,
            // Only threads of this process compete, hence whoever wins has its generation.
            _ => &self.0.replace(known, || Tagged { generation, value: make() }).value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_has_a_generation_of_its_own() {
        static VALUE: PerProcess<u32> = PerProcess::new();
        let ours = generation();
        assert_ne!(ours, 0);
        assert_eq!(generation(), ours);
        assert_eq!(*VALUE.get(|| 1), 1);
        // SAFETY: the child only calls lock-free code and `_exit`.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let fine = generation() != ours && generation() == generation() && *VALUE.get(|| 2) == 2;
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(i32::from(!fine)) };
        }
        let mut status = -1;
        // SAFETY: `status` is writable.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0);
        assert_eq!(generation(), ours);
        assert_eq!(*VALUE.get(|| 3), 1);
    }

    #[test]
    fn threads_agree_on_the_first_value() {
        static VALUE: Once<usize> = Once::new();
        let values: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|i| scope.spawn(move || *VALUE.get(|| i))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(values.iter().all(|&value| value == values[0]));
    }
}
