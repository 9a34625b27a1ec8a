//! What the reliability tests share.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use zenblas::platform::barrier::Barrier;
use zenblas::platform::memory::Buffer;
use zenblas::platform::pool;

/// A call that takes a team of three, of which at least `least` must come, and in which each member
/// writes memory and reads what the others wrote. Whether all went well.
pub fn product(least: usize) -> bool {
    let team = pool::take(3);
    let size = team.size();
    let Some(buffer) = Buffer::take(size * 4096) else { return false };
    let (barrier, sum) = (Barrier::new(size), AtomicUsize::new(0));
    team.run(|member| {
        let row = |member: usize| buffer.as_mut_ptr().wrapping_add(member * 4096);
        // SAFETY: each writes its own page of the buffer and reads another's after the barrier.
        unsafe {
            row(member).write_bytes(member as u8 + 1, 4096);
            barrier.wait();
            sum.fetch_add(row((member + 1) % size).read() as usize, Relaxed);
        }
    });
    size >= least && sum.into_inner() == size * (size + 1) / 2
}

/// A child process.
pub struct Child(libc::pid_t);

/// Runs `work` in a forked child, which fails if the result is `false`.
pub fn forked(work: impl FnOnce() -> bool) -> Child {
    // SAFETY: the child goes on with one thread, as after any fork.
    match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        0 => {
            let fine = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(false);
            // SAFETY: ends the child without running the parent's exit handlers.
            unsafe { libc::_exit(i32::from(!fine)) }
        }
        child => Child(child),
    }
}

impl Child {
    /// Waits for the child, at most a minute.
    pub fn join(self) {
        let start = Instant::now();
        let mut status = 0;
        loop {
            // SAFETY: `status` is writable; the child is ours.
            match unsafe { libc::waitpid(self.0, &mut status, libc::WNOHANG) } {
                0 if start.elapsed() < Duration::from_secs(60) => std::thread::yield_now(),
                0 => {
                    // SAFETY: the child is ours and not waited for yet.
                    unsafe { libc::kill(self.0, libc::SIGKILL) };
                    panic!("the child hangs");
                }
                _ => break,
            }
        }
        assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "the child failed: {status:#x}");
    }
}
