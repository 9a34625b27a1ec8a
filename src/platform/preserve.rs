//! State of a thread that a BLAS call must leave alone: errno, the signal mask, the floating-point
//! control register.
//!
//! Called by `pool` and `memory`; calls only the system.

use core::mem::MaybeUninit;

/// Restores errno when dropped.
#[derive(Debug)]
pub struct Errno(i32);

impl Errno {
    /// Remembers errno as it is now.
    pub fn keep() -> Errno {
        // SAFETY: the address is valid for the life of the thread.
        Errno(unsafe { *libc::__errno_location() })
    }
}

impl Drop for Errno {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { *libc::__errno_location() = self.0 }
    }
}

/// Blocks signals until dropped, so that threads started meanwhile never run the program's handlers.
///
/// Signals that a thread raises by what it executes stay open: a crash handler sees crashes of our
/// threads too.
#[derive(Debug)]
pub struct SignalsBlocked(libc::sigset_t);

impl SignalsBlocked {
    /// Blocks all signals but those of faults.
    pub fn now() -> SignalsBlocked {
        const FAULTS: [i32; 6] =
            [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS];
        let mut all = MaybeUninit::uninit();
        let mut before = MaybeUninit::uninit();
        // SAFETY: the sets are writable; `sigfillset` initialises the one, `pthread_sigmask`, which can't
        // fail with these arguments, the other.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            for fault in FAULTS {
                libc::sigdelset(all.as_mut_ptr(), fault);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            SignalsBlocked(before.assume_init())
        }
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        // SAFETY: the set was filled by `pthread_sigmask`.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, core::ptr::null_mut()) };
    }
}

/// How this thread rounds and treats subnormals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloatMode(u32);

/// The bits of MXCSR that say what happened, not what shall happen.
#[cfg(target_arch = "x86_64")]
const HAPPENED: u32 = 0x3f;

impl FloatMode {
    /// The mode of this thread.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub fn current() -> FloatMode {
        FloatMode(mxcsr() & !HAPPENED)
    }

    /// Runs `work` in this mode.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub fn with<R>(self, work: impl FnOnce() -> R) -> R {
        let before = mxcsr();
        if before & !HAPPENED == self.0 {
            return work();
        }
        set_mxcsr(self.0);
        let result = work();
        set_mxcsr(before);
        result
    }

    /// The mode of this thread: other architectures than x86-64 keep their own.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn current() -> FloatMode {
        FloatMode(0)
    }

    /// Runs `work`.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn with<R>(self, work: impl FnOnce() -> R) -> R {
        work()
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn mxcsr() -> u32 {
    let mut value = 0u32;
    // SAFETY: stores the register into `value`.
    unsafe {
        core::arch::asm!("stmxcsr [{}]", in(reg) &mut value, options(nostack, preserves_flags));
    }
    value
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn set_mxcsr(value: u32) {
    // SAFETY: every value comes from `mxcsr`, hence has no reserved bit.
    unsafe {
        core::arch::asm!("ldmxcsr [{}]", in(reg) &value, options(nostack, preserves_flags, readonly));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errno_is_restored() {
        // SAFETY: errno of this thread.
        unsafe { *libc::__errno_location() = 77 };
        {
            let _errno = Errno::keep();
            // SAFETY: closes nothing.
            unsafe { libc::close(-1) };
        }
        // SAFETY: errno of this thread.
        assert_eq!(unsafe { *libc::__errno_location() }, 77);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_mode_is_borrowed() {
        const FLUSH_TO_ZERO: u32 = 1 << 15;
        let before = mxcsr();
        let mode = FloatMode((before & !HAPPENED) ^ FLUSH_TO_ZERO);
        assert_eq!(mode.with(FloatMode::current), mode);
        assert_eq!(mxcsr(), before);
    }

    #[test]
    fn signals_are_blocked_and_unblocked() {
        let blocked = |signal| {
            let mut mask = MaybeUninit::uninit();
            // SAFETY: asks for the mask of this thread.
            unsafe {
                libc::pthread_sigmask(libc::SIG_BLOCK, core::ptr::null(), mask.as_mut_ptr());
                libc::sigismember(mask.as_ptr(), signal) == 1
            }
        };
        assert!(!blocked(libc::SIGUSR1));
        let guard = SignalsBlocked::now();
        assert!(blocked(libc::SIGUSR1) && !blocked(libc::SIGSEGV));
        drop(guard);
        assert!(!blocked(libc::SIGUSR1));
    }
}
