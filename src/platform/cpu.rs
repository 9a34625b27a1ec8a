//! Which instructions this process may use: CPUID says what the CPU has, XCR0 what the system saves.
//!
//! Decided once per process by feature bits, never by family or model: hypervisors mask features.

use crate::knobs;
use crate::simd::Level;
use core::sync::atomic::{AtomicU8, Ordering};

static LEVEL: AtomicU8 = AtomicU8::new(0);

/// The ISA that kernels run on: the best one, or the one that `ZENBLAS_ISA` names.
#[inline(always)]
pub fn level() -> Level {
    match LEVEL.load(Ordering::Relaxed) {
        3 => Level::Avx512,
        2 => Level::Avx2,
        1 => Level::Portable,
        _ => detect_once(),
    }
}

#[cold]
fn detect_once() -> Level {
    let best = best();
    let level = match knobs::isa() {
        Some(wanted) if supports(wanted) => wanted,
        Some(wanted) => {
            knobs::complain("ZENBLAS_ISA", wanted.name(), "this machine does not have it");
            best
        }
        None => best,
    };
    LEVEL.store(level as u8, Ordering::Relaxed);
    level
}

/// The best ISA of this CPU, whatever the environment says.
pub fn best() -> Level {
    Level::ALL.into_iter().find(|&level| supports(level)).unwrap_or(Level::Portable)
}

/// Whether CPU and system support an ISA.
#[cfg(target_arch = "x86_64")]
pub fn supports(level: Level) -> bool {
    // The macro checks CPUID and, for the wide registers, XCR0.
    let avx2 = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2");
    match level {
        Level::Portable => true,
        Level::Avx2 => avx2,
        Level::Avx512 => {
            avx2 && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
        }
    }
}

/// Whether CPU and system support an ISA.
#[cfg(not(target_arch = "x86_64"))]
pub fn supports(level: Level) -> bool {
    level == Level::Portable
}
