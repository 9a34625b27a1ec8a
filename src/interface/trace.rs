//! `ZENBLAS_VERBOSE=1`: a line on stderr for each call, after a first line that says what the library is.
//!
//! ```text
//! zenblas 0.1.0 avx512 2 threads /usr/lib/x86_64-linux-gnu/zenblas/libblas.so.3
//! zenblas: sgemm(R,N,T,512,4096,4096) 2 threads 1234.5 us
//! ```
//!
//! The arguments shown are the flags and sizes, the layout first (R or C). Called by every exported routine
//! through `table.rs`; while it is off that costs one branch on one relaxed load.

use super::args::Shown;
use super::control;
use super::line::Line;
use crate::knobs;
use core::cell::Cell;
use core::ffi::CStr;
use core::fmt::Write;
use core::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

const UNKNOWN: u8 = 0;
const OFF: u8 = 1;
const ON: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Whether calls are known not to be traced; false also before the first call.
#[inline(always)]
pub fn off() -> bool {
    STATE.load(Ordering::Relaxed) == OFF
}

thread_local! {
    /// Whether this thread is inside a traced call.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Does the work of a routine whose trace is not known to be [`off`], and traces it if it is on. `shown` is
/// what to show of the arguments.
#[cold]
pub fn call<const N: usize, R>(
    symbol: &str,
    shown: impl FnOnce() -> [Shown; N],
    work: impl FnOnce() -> R,
) -> R {
    let _call = Call::begin(symbol, &shown());
    work()
}

/// A call being traced; tells about it when it ends.
pub struct Call {
    line: Line,
    start: Instant,
}

impl Call {
    /// Begins to trace a call, if the trace is on and the thread isn't inside a traced call already.
    pub fn begin(symbol: &str, shown: &[Shown]) -> Option<Call> {
        if !on() || INSIDE.replace(true) {
            return None;
        }
        let mut line = Line::new();
        let _ = write!(line, "zenblas: {}(", symbol.trim_start_matches("cblas_").trim_end_matches('_'));
        let mut separator = "";
        for argument in shown {
            let _ = match argument {
                Shown::Nothing => continue,
                Shown::Letter(letter) => write!(line, "{separator}{letter}"),
                Shown::Number(number) => write!(line, "{separator}{number}"),
            };
            separator = ",";
        }
        Some(Call { line, start: Instant::now() })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let microseconds = self.start.elapsed().as_nanos() as f64 / 1e3;
        let _ = write!(self.line, ") {} threads {microseconds:.1} us", control::threads());
        self.line.print();
        INSIDE.set(false);
    }
}

/// Whether the trace is on; the first time, asks the environment and writes the first line.
fn on() -> bool {
    if STATE.load(Ordering::Relaxed) == UNKNOWN {
        let state = if knobs::verbose() { ON } else { OFF };
        let won = STATE.compare_exchange(UNKNOWN, state, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if won && state == ON {
            introduce();
        }
    }
    STATE.load(Ordering::Relaxed) == ON
}

fn introduce() {
    let mut line = Line::new();
    let file = library_file();
    let file = file.map_or(&b"(unknown file)"[..], CStr::to_bytes).escape_ascii();
    let _ = write!(
        line,
        "zenblas {} {} {} threads {file}",
        env!("CARGO_PKG_VERSION"),
        control::isa(),
        control::threads()
    );
    line.print();
}

/// The file that this code was loaded from.
pub fn library_file() -> Option<&'static CStr> {
    let mut info = core::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: the address of a static of ours and a place for the answer; the name belongs to the loader, which
    // keeps it as long as this code is loaded.
    unsafe {
        if libc::dladdr((&raw const STATE).cast(), info.as_mut_ptr()) == 0 {
            return None;
        }
        let name = info.assume_init().dli_fname;
        (!name.is_null()).then(|| CStr::from_ptr(name))
    }
}
