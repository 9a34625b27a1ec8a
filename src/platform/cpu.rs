//! Which instructions this process may use: CPUID says what the CPU has, XCR0 what the system saves.
//!
//! Decided once per process by feature bits, never by family or model: hypervisors mask features.

use crate::knobs;
use crate::simd::Level;
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

static LEVEL: AtomicU8 = AtomicU8::new(0);

/// The ISA that kernels run on: the best one, or the one that `ZENBLAS_ISA` names.
#[inline(always)]
pub fn level() -> Level {
    known_level().unwrap_or_else(detect_once)
}

/// [`level`], if it has been asked for before.
#[inline(always)]
fn known_level() -> Option<Level> {
    match level_number() {
        3 => Some(Level::Avx512),
        2 => Some(Level::Avx2),
        1 => Some(Level::Portable),
        _ => None,
    }
}

/// The number of [`level`], less than 4; 0 if it has not been asked for before.
#[inline(always)]
pub fn level_number() -> usize {
    #[cfg(test)]
    if let Some(level) = crate::testing::forced_level() {
        return level as usize;
    }
    usize::from(LEVEL.load(Ordering::Relaxed) & 3)
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

/// Whether kernels of this process may use a feature that comes on top of an ISA.
#[cfg(target_arch = "x86_64")]
macro_rules! detected {
    ($level:ident, $feature:tt) => {
        level() >= Level::$level && is_x86_feature_detected!($feature)
    };
}
#[cfg(not(target_arch = "x86_64"))]
macro_rules! detected {
    ($level:ident, $feature:tt) => {
        false
    };
}

/// `vpdpbusd` on 512-bit registers.
pub fn avx512_vnni() -> bool {
    detected!(Avx512, "avx512vnni")
}

/// `vdpbf16ps` on 512-bit registers.
pub fn avx512_bf16() -> bool {
    detected!(Avx512, "avx512bf16")
}

/// `vpermb` and its like on 512-bit registers.
pub fn avx512_vbmi() -> bool {
    detected!(Avx512, "avx512vbmi")
}

/// `vpdpbusd` on 256-bit registers without AVX-512.
pub fn avx_vnni() -> bool {
    detected!(Avx2, "avxvnni")
}

/// Bits that a floating-point unit works on at a time: with half the register's width, a 512-bit
/// instruction takes two passes.
pub fn datapath() -> usize {
    static BITS: AtomicUsize = AtomicUsize::new(0);
    match BITS.load(Ordering::Relaxed) {
        0 => {
            let bits = datapath_by_cpuid();
            BITS.store(bits, Ordering::Relaxed);
            bits
        }
        known => known,
    }
}

/// AMD tells in leaf 0x8000001A; who does not have the leaf is as wide as its registers.
#[cfg(target_arch = "x86_64")]
fn datapath_by_cpuid() -> usize {
    use core::arch::x86_64::__cpuid;
    const PERFORMANCE: u32 = 0x8000_001a;
    let answer = match __cpuid(0x8000_0000).eax {
        last if last >= PERFORMANCE => __cpuid(PERFORMANCE).eax,
        _ => 0,
    };
    match (best(), answer) {
        (Level::Avx512, answer) if answer & 8 != 0 => 512,
        (Level::Avx512 | Level::Avx2, answer) if answer & 4 != 0 => 256,
        (_, answer) if answer & 1 != 0 => 128,
        (Level::Avx512, _) => 512,
        (Level::Avx2, _) => 256,
        (Level::Portable, _) => 128,
    }
}

/// Other architectures than x86-64 have 128-bit vectors.
#[cfg(not(target_arch = "x86_64"))]
fn datapath_by_cpuid() -> usize {
    128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_belong_to_the_level() {
        assert!(level() == Level::Avx512 || !(avx512_vnni() || avx512_bf16() || avx512_vbmi()));
        assert!(level() != Level::Portable || !avx_vnni());
        assert!([128, 256, 512].contains(&datapath()));
    }
}
