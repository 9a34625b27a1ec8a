//! The machine: what the CPU can do (`cpu.rs`).
//!
//! Called by every floor above; calls nothing but `knobs`.

pub mod cpu;
