//! The machine: what the CPU can do (`cpu`), its CPUs and caches (`topology`), how many threads a call
//! may use (`threads`), teams of threads (`pool`) and how their members wait (`barrier`), scratch memory
//! (`memory`); beneath them `thread`, `affinity`, `quota`, `preserve` and `process`, which deal with the
//! system.
//!
//! Called by every floor above; calls nothing but `knobs`.

pub mod affinity;
pub mod barrier;
pub mod cpu;
pub mod memory;
pub mod pool;
pub mod preserve;
pub mod process;
pub mod quota;
pub mod thread;
pub mod threads;
pub mod topology;
