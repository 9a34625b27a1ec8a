//! Scratch memory: page-aligned, taken per call and kept for the next one.
//!
//! Buffers come from the system and go, when dropped, into a cache of the process, so that the next call
//! finds pages that are mapped already. The cache is a table of atomic words, without locks: a thread
//! looks first where it left its last buffers. There is no limit on buffers in use; what the cache has no
//! room for goes back to the system. When the system refuses, callers ask for less, and in the end for
//! the [`Buffer::emergency`] block. Contents are arbitrary.
//!
//! Called by the engine and by the operations; calls `process`, `threads` and the system.

use crate::platform::preserve::Errno;
use crate::platform::process::{self, Once};
use crate::platform::threads;
use core::cell::{Cell, UnsafeCell};
use core::ptr;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering::*};

/// Bytes of a cache line.
pub const LINE: usize = 64;

/// What `mmap` aligns to; every buffer is aligned to this.
pub const PAGE: usize = 4096;

/// Buffers from this size on are aligned to it, and the system is asked to back them with pages of it.
pub const HUGE_PAGE: usize = 2 << 20;

/// Scratch memory, given back when dropped.
#[derive(Debug)]
pub struct Buffer {
    memory: *mut u8,
    class: Option<Class>, // None for the emergency block
}

// SAFETY: a buffer is memory that belongs to its owner, whichever thread that is on.
unsafe impl Send for Buffer {}
// SAFETY: sharing a buffer shares no more than a raw pointer.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// At least `bytes`, aligned to a page (from 2 MiB on to 2 MiB). None if the system refuses.
    pub fn take(bytes: usize) -> Option<Buffer> {
        let class = Class::holding(bytes)?;
        let memory = cache().take(class).or_else(|| {
            let memory = map(class.bytes())?;
            Some((memory, class))
        });
        let (memory, class) = memory?;
        let buffer = Buffer { memory, class: Some(class) };
        buffer.spoil(bytes);
        Some(buffer)
    }

    /// A small static block for the one caller at a time that could get nothing else. None if another
    /// thread has it.
    pub fn emergency() -> Option<Buffer> {
        let us = process::generation();
        let holder = EMERGENCY.holder.load(Relaxed);
        // Held by a thread of a process that this one was forked from is not held.
        if holder == us || EMERGENCY.holder.compare_exchange(holder, us, Acquire, Relaxed).is_err() {
            return None;
        }
        Some(Buffer { memory: EMERGENCY.block.get().cast(), class: None })
    }

    /// The first byte. The contents are arbitrary.
    #[inline]
    pub fn as_mut_ptr(&self) -> *mut u8 {
        self.memory
    }

    /// Bytes.
    #[inline]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.class.map_or(EMERGENCY_BYTES, Class::bytes)
    }

    /// In debug builds fills the start with NaNs, so that reading what was never written shows.
    fn spoil(&self, bytes: usize) {
        if cfg!(debug_assertions) {
            // SAFETY: within the buffer.
            unsafe { self.memory.write_bytes(0xff, bytes.min(HUGE_PAGE)) };
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        match self.class {
            Some(class) => cache().give(self.memory, class),
            None => EMERGENCY.holder.store(0, Release),
        }
    }
}

/// Bytes of the emergency block.
const EMERGENCY_BYTES: usize = 512 << 10;

#[repr(align(4096))]
struct Emergency {
    block: UnsafeCell<[u8; EMERGENCY_BYTES]>,
    /// Generation of the process that has it, 0 for nobody.
    holder: AtomicU32,
}

// SAFETY: the block is only used by whoever has set `holder`.
unsafe impl Sync for Emergency {}

static EMERGENCY: Emergency =
    Emergency { block: UnsafeCell::new([0; EMERGENCY_BYTES]), holder: AtomicU32::new(0) };

/// The sizes that buffers have: four steps to each power of two, from four pages on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Class(usize);

impl Class {
    /// The last one is an eighth of the address space.
    const LAST: Class = Class(4 * 42);

    /// The smallest class of at least `bytes`.
    fn holding(bytes: usize) -> Option<Class> {
        let pages = bytes.div_ceil(PAGE).max(4);
        // 4 << octave < pages <= 8 << octave, and pages <= (4 + step) << octave.
        let octave = ((pages - 1).ilog2() as usize).saturating_sub(2);
        let step = pages.div_ceil(1 << octave) - 4;
        let class = Class(4 * octave + step);
        (class <= Class::LAST).then_some(class)
    }

    /// Bytes: whole pages, from 2 MiB on whole pages of that size.
    fn bytes(self) -> usize {
        let bytes = (PAGE * (4 + self.0 % 4)) << (self.0 / 4);
        if bytes < HUGE_PAGE { bytes } else { bytes.next_multiple_of(HUGE_PAGE) }
    }
}

// An address has room for a class.
const _: () = assert!(Class::LAST.0 < PAGE);

/// Whether the system would grant this much memory now.
pub fn is_granted(bytes: usize) -> bool {
    let _errno = Errno::keep();
    // SAFETY: just mapped, and nobody knows of it.
    map_anywhere(bytes).map(|memory| unsafe { unmap(memory, bytes) }).is_some()
}

/// New memory from the system.
fn map(bytes: usize) -> Option<*mut u8> {
    let _errno = Errno::keep();
    if bytes < HUGE_PAGE {
        return map_anywhere(bytes);
    }
    // Ask for more, keep the part that is aligned.
    let Some(start) = map_anywhere(bytes + HUGE_PAGE) else { return map_anywhere(bytes) };
    let before = start.align_offset(HUGE_PAGE);
    // SAFETY: `before` <= HUGE_PAGE, all three parts lie in the new mapping.
    unsafe {
        let memory = start.add(before);
        unmap(start, before);
        unmap(memory.add(bytes), HUGE_PAGE - before);
        libc::madvise(memory.cast(), bytes, libc::MADV_HUGEPAGE);
        Some(memory)
    }
}

fn map_anywhere(bytes: usize) -> Option<*mut u8> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new private mapping.
    let memory =
        unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    (memory != libc::MAP_FAILED).then_some(memory.cast())
}

/// # Safety
/// The pages must be ours and no longer in use.
unsafe fn unmap(memory: *mut u8, bytes: usize) {
    if bytes > 0 {
        // SAFETY: the caller vouches for the pages.
        unsafe { libc::munmap(memory.cast(), bytes) };
    }
}

/// Buffers that nobody uses just now.
#[derive(Debug)]
struct Cache {
    /// Address + class (addresses are multiples of a page, so both fit), 0 for none.
    slots: Box<[AtomicUsize]>,
    /// Bytes in all slots.
    bytes: AtomicUsize,
    /// Bytes that may be kept.
    most: usize,
}

/// Slots that a thread looks at first: a cache line.
const HOME: usize = 8;

thread_local! {
    /// Where this thread's slots begin; `usize::MAX` until it first needs them.
    static HOME_START: Cell<usize> = const { Cell::new(usize::MAX) };
}

fn cache() -> &'static Cache {
    static CACHE: Once<Cache> = Once::new();
    CACHE.get(|| {
        let threads = threads::procs().next_power_of_two().max(16);
        Cache::new(threads * HOME, (64 << 20) + threads * (8 << 20))
    })
}

impl Cache {
    /// `slots` must be a multiple of `HOME`.
    fn new(slots: usize, most: usize) -> Cache {
        Cache { slots: (0..slots).map(|_| AtomicUsize::new(0)).collect(), bytes: AtomicUsize::new(0), most }
    }

    /// The slots, this thread's first.
    fn slots(&self) -> impl Iterator<Item = &AtomicUsize> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let mut start = HOME_START.get();
        if start == usize::MAX {
            start = NEXT.fetch_add(HOME, Relaxed);
            HOME_START.set(start);
        }
        let (before, home) = self.slots.split_at(start % self.slots.len());
        home.iter().chain(before)
    }

    /// A buffer of the class, or of one at most twice as large.
    fn take(&self, class: Class) -> Option<(*mut u8, Class)> {
        let exact = |found: Class| found == class;
        let close = |found: Class| (class.0..=class.0 + 4).contains(&found.0);
        self.slots()
            .take(HOME)
            .find_map(|slot| self.empty(slot, exact))
            .or_else(|| self.slots().find_map(|slot| self.empty(slot, close)))
    }

    /// Takes what is in a slot if its class will do.
    fn empty(&self, slot: &AtomicUsize, suits: impl Fn(Class) -> bool) -> Option<(*mut u8, Class)> {
        let word = slot.load(Relaxed);
        let class = Class(word % PAGE);
        if word == 0 || !suits(class) || slot.compare_exchange(word, 0, Acquire, Relaxed).is_err() {
            return None;
        }
        self.bytes.fetch_sub(class.bytes(), Relaxed);
        Some((ptr::with_exposed_provenance_mut(word - class.0), class))
    }

    /// Keeps a buffer, in the place of others if there is no room, or unmaps it.
    fn give(&self, memory: *mut u8, class: Class) {
        let bytes = class.bytes();
        if self.bytes.fetch_add(bytes, Relaxed) + bytes > self.most {
            self.evict(class);
        }
        let word = memory.expose_provenance() + class.0;
        let kept = self.bytes.load(Relaxed) <= self.most
            && self.slots().any(|slot| slot.compare_exchange(0, word, Release, Relaxed).is_ok());
        if !kept {
            self.bytes.fetch_sub(bytes, Relaxed);
            let _errno = Errno::keep();
            // SAFETY: mapped by `map` with this size; the owner has just let go of it.
            unsafe { unmap(memory, bytes) };
        }
    }

    /// Unmaps buffers of other classes, which may never be wanted again, until the rest fits.
    #[cold]
    fn evict(&self, keep: Class) {
        let _errno = Errno::keep();
        for slot in self.slots() {
            if self.bytes.load(Relaxed) <= self.most {
                return;
            }
            if let Some((memory, class)) = self.empty(slot, |class| class != keep) {
                // SAFETY: mapped by `map` with this size, and taken out of the cache.
                unsafe { unmap(memory, class.bytes()) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_what_they_promise() {
        for bytes in (0..200_000).step_by(97).chain((0..40).map(|i| (1usize << i) + i)) {
            let class = Class::holding(bytes).unwrap();
            assert!(class.bytes() >= bytes && class.bytes().is_multiple_of(PAGE));
            assert!(class.0 == 0 || Class(class.0 - 1).bytes() <= class.bytes());
            assert!(class.bytes() <= (bytes + bytes / 4).max(4 * PAGE).next_multiple_of(HUGE_PAGE));
            if bytes < HUGE_PAGE / 2 && class.0 > 0 {
                assert!(Class(class.0 - 1).bytes() < bytes);
            }
        }
        assert_eq!(Class::holding(usize::MAX), None);
        assert!(Buffer::take(isize::MAX as usize).is_none());
    }

    #[test]
    fn buffers_are_aligned_separate_and_used_again() {
        for bytes in [1, 100_000, HUGE_PAGE, 5 * HUGE_PAGE + 1] {
            let align = if bytes < HUGE_PAGE { PAGE } else { HUGE_PAGE };
            let first = Buffer::take(bytes).unwrap();
            let second = Buffer::take(bytes).unwrap();
            assert!(first.len() >= bytes);
            assert_eq!(first.as_mut_ptr().align_offset(align), 0);
            for (buffer, value) in [(&first, 1), (&second, 2)] {
                // SAFETY: as long as the buffer.
                unsafe { buffer.as_mut_ptr().write_bytes(value, buffer.len()) };
            }
            // SAFETY: written above.
            unsafe {
                assert!((0..first.len()).all(|i| first.as_mut_ptr().add(i).read() == 1));
            }
            let address = first.as_mut_ptr();
            drop(first);
            assert_eq!(Buffer::take(bytes).unwrap().as_mut_ptr(), address);
        }
    }

    #[test]
    fn a_full_cache_lets_go() {
        static SMALL: Once<Cache> = Once::new();
        let cache = SMALL.get(|| Cache::new(2 * HOME, 20 * PAGE));
        let small = Class::holding(4 * PAGE).unwrap();
        let large = Class::holding(16 * PAGE).unwrap();
        for _ in 0..10 {
            cache.give(map(small.bytes()).unwrap(), small);
        }
        assert_eq!(cache.bytes.load(Relaxed), 5 * small.bytes());
        cache.give(map(large.bytes()).unwrap(), large);
        assert!(cache.bytes.load(Relaxed) <= cache.most);
        assert!(cache.take(large).is_some());
        while cache.take(small).is_some() {}
        assert_eq!(cache.bytes.load(Relaxed), 0);
    }

    #[test]
    fn the_emergency_block_has_one_owner() {
        let block = Buffer::emergency().unwrap();
        assert_eq!(block.len(), EMERGENCY_BYTES);
        assert!(Buffer::emergency().is_none());
        drop(block);
        assert!(Buffer::emergency().is_some());
    }

    #[test]
    fn threads_never_share_a_buffer() {
        std::thread::scope(|scope| {
            for thread in 0..16u8 {
                scope.spawn(move || {
                    for round in 0..2000 {
                        let bytes = PAGE * (1 + round % 40);
                        let buffer = Buffer::take(bytes).unwrap();
                        // SAFETY: as long as the buffer.
                        unsafe {
                            buffer.as_mut_ptr().write_bytes(thread, bytes);
                            assert!(
                                (0..bytes).step_by(61).all(|i| buffer.as_mut_ptr().add(i).read() == thread)
                            );
                        }
                    }
                });
            }
        });
    }
}
