//! Control calls: how many threads, what the library is. OpenBLAS's names, which programs and threadpoolctl look
//! for, and ours.
//!
//! Everything here only hands on to `platform::threads` and `platform::cpu`.

use crate::platform::{cpu, threads};
use core::ffi::c_int;

/// Threads that a call from this thread may use now.
pub fn threads() -> c_int {
    threads::max().try_into().unwrap_or(c_int::MAX)
}

/// Name of the instruction set whose kernels run.
pub fn isa() -> &'static str {
    cpu::level().name()
}
