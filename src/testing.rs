//! Tools for tests: memory that ends at a page which must not be touched, a forced ISA or number of threads,
//! random numbers.
//! Only in test builds.

use crate::knobs;
use crate::platform::{cpu, threads};
use crate::scalar::{Real, Scalar, c64};
use crate::simd::Level;
use core::cell::Cell;
use core::ops::{Deref, DerefMut};

std::thread_local! {
    static FORCED: Cell<Option<Level>> = const { Cell::new(None) };
    static SPLIT: Cell<bool> = const { Cell::new(false) };
    static NO_SCRATCH: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread's test wants operations to do without scratch memory.
pub fn refuses_scratch() -> bool {
    NO_SCRATCH.get()
}

/// Runs `test` as if the system had no memory for scratch.
pub fn without_scratch<R>(test: impl FnOnce() -> R) -> R {
    NO_SCRATCH.set(true);
    let result = test();
    NO_SCRATCH.set(false);
    result
}

/// Whether this thread's test wants its calls split, as `ZENBLAS_THREAD_ALWAYS` does for a process.
pub fn splits_always() -> bool {
    SPLIT.get()
}

/// Runs `test` with the calls of this thread split among `count` threads, as far as they can be split, or with
/// none split if `count` is 1.
pub fn on_threads<R>(count: i32, test: impl FnOnce() -> R) -> R {
    threads::set_local(count);
    SPLIT.set(count > 1);
    let result = test();
    SPLIT.set(false);
    threads::set_local(0);
    result
}

/// The ISA that this thread's test forces.
pub fn forced_level() -> Option<Level> {
    FORCED.get()
}

/// The ISAs to test: all that this machine has, or the one that `ZENBLAS_ISA` names.
pub fn levels() -> impl Iterator<Item = Level> {
    let only = knobs::isa().filter(|&level| cpu::supports(level));
    Level::ALL.into_iter().filter(move |&level| only.map_or(cpu::supports(level), |only| only == level))
}

/// Runs `test` once for each ISA under test, all kernels of this thread forced to it.
pub fn on_every_level(test: impl Fn(Level)) {
    for level in levels() {
        FORCED.set(Some(level));
        test(level);
        FORCED.set(None);
    }
}

/// Where a [`Guarded`] buffer touches a page that must not be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Its first element comes right after such a page.
    Start,
    /// Its last element comes right before such a page.
    End,
}

impl Side {
    /// Both.
    pub const ALL: [Side; 2] = [Side::Start, Side::End];
}

/// Elements between two pages that fault when touched.
pub struct Guarded<T> {
    map: *mut u8,
    map_bytes: usize,
    first: *mut T,
    len: usize,
}

const PAGE: usize = 4096;

impl<T: Copy> Guarded<T> {
    /// A copy of `values`, one end of it at a forbidden page.
    pub fn new(values: &[T], side: Side) -> Self {
        let bytes = size_of_val(values);
        let data_bytes = bytes.next_multiple_of(PAGE);
        let map_bytes = data_bytes + 2 * PAGE;
        // SAFETY: a fresh private mapping; then its inner pages are made accessible.
        let map = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let map = libc::mmap(core::ptr::null_mut(), map_bytes, libc::PROT_NONE, flags, -1, 0);
            assert_ne!(map, libc::MAP_FAILED, "no memory for a test");
            if data_bytes > 0 {
                let inner = map.byte_add(PAGE);
                assert_eq!(libc::mprotect(inner, data_bytes, libc::PROT_READ | libc::PROT_WRITE), 0);
            }
            map.cast::<u8>()
        };
        let offset = if side == Side::Start { 0 } else { data_bytes - bytes };
        let first = map.wrapping_add(PAGE + offset).cast::<T>();
        // SAFETY: `bytes` accessible bytes from `first` on.
        unsafe { core::ptr::copy_nonoverlapping(values.as_ptr(), first, values.len()) };
        Guarded { map, map_bytes, first, len: values.len() }
    }
}

impl<T> Deref for Guarded<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `len` elements were written there.
        unsafe { core::slice::from_raw_parts(self.first, self.len) }
    }
}

impl<T> DerefMut for Guarded<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: `len` elements were written there.
        unsafe { core::slice::from_raw_parts_mut(self.first, self.len) }
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping made in `new`.
        unsafe { libc::munmap(self.map.cast(), self.map_bytes) };
    }
}

/// Random numbers, the same in each run.
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Any 32 bits.
    pub fn bits(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }

    /// A multiple of 1/128 between -1 and 1.
    pub fn real(&mut self) -> f64 {
        f64::from(self.bits() % 257) / 128.0 - 1.0
    }

    /// An element whose parts are such multiples.
    pub fn element<T: Scalar>(&mut self) -> T {
        let (re, im) = (T::Real::from_f64(self.real()), T::Real::from_f64(self.real()));
        T::from_parts(re, im)
    }
}

/// The element in double precision, for oracles.
pub fn widen<T: Scalar>(x: T) -> c64 {
    c64::new(x.re().to_f64(), x.im().to_f64())
}

/// The bits of an element, to tell whether it was touched.
pub fn bits<T: Scalar>(x: T) -> (u64, u64) {
    (x.re().to_f64().to_bits(), x.im().to_f64().to_bits())
}

/// NaN in all parts.
pub fn nan<T: Scalar>() -> T {
    T::from_parts(T::Real::NAN, T::Real::NAN)
}

/// Fails unless `got` is within `terms` roundings of numbers of about 1 from `want`.
#[track_caller]
pub fn assert_close<T: Scalar>(got: T, want: c64, terms: usize, what: &dyn core::fmt::Debug) {
    let error = (widen(got) - want).norm_sqr().sqrt();
    let bound = T::Real::EPSILON.to_f64() * 4.0 * (terms as f64 + 4.0);
    assert!(error <= bound, "got {got:?}, not {want}: {what:?}");
}
