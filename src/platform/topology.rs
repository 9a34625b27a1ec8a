//! The shape of the machine: which CPUs share an L3 (a CCD), and how large the caches are.
//!
//! Read once per process from the kernel's sysfs; without sysfs the sizes come from CPUID and all CPUs
//! count as one CCD. Only CPUs that this process may run on appear.
//!
//! Called by `threads`, `pool` and the engine's blocking; calls `affinity`.

use crate::platform::affinity;
use crate::platform::process::PerProcess;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// CPUs and caches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// Never empty, nor is any CCD.
    pub ccds: Vec<Ccd>,
    /// Sizes.
    pub caches: Caches,
}

/// CPUs that share an L3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ccd {
    /// The CPUs that this process may use: first one of each core, then their SMT siblings.
    pub cpus: Vec<usize>,
    /// Cores: `cpus[..cores]` are one CPU of each.
    pub cores: usize,
}

/// Bytes of data cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caches {
    /// L1 data cache of a core.
    pub l1d: usize,
    /// L2 of a core.
    pub l2: usize,
    /// L3 of a CCD.
    pub l3: usize,
    /// Cores that share an L3, whether this process may use them or not.
    pub l3_cores: usize,
}

/// Sizes that any machine of the last ten years has.
const MODEST: Caches = Caches { l1d: 32 << 10, l2: 512 << 10, l3: 8 << 20, l3_cores: 4 };

/// The machine as this process may use it. Detected at the first call, and again in a forked child, which
/// may have been given other CPUs.
pub fn get() -> &'static Topology {
    static TOPOLOGY: PerProcess<Topology> = PerProcess::new();
    TOPOLOGY.get(|| {
        let cpus = affinity::of_process().cpus();
        Topology::read(Path::new("/sys/devices/system/cpu"), &cpus)
            .unwrap_or_else(|| Topology::unknown(&cpus))
    })
}

impl Topology {
    /// What a tree like `/sys/devices/system/cpu` says about the CPUs in `affinity`. None if it says
    /// nothing about them.
    pub fn read(sysfs_root: &Path, affinity: &[usize]) -> Option<Topology> {
        let online = match fs::read_to_string(sysfs_root.join("online")) {
            Ok(list) => parse_list(&list)?,
            Err(_) => affinity.to_vec(),
        };
        let mut ccds: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        let mut caches = None;
        let (mut sharers, mut threads) = (1, 1);
        for &cpu in affinity.iter().filter(|cpu| online.contains(cpu)) {
            let cpu_root = sysfs_root.join(format!("cpu{cpu}"));
            let Some(view) = CpuView::read(&cpu_root, cpu) else { continue };
            let caches = caches.get_or_insert(view.caches);
            // Cores of an asymmetric machine: blocks must fit the smallest.
            caches.l1d = caches.l1d.min(view.caches.l1d);
            caches.l2 = caches.l2.min(view.caches.l2);
            caches.l3 = caches.l3.min(view.caches.l3);
            sharers = sharers.max(view.l3_sharers);
            threads = threads.max(view.threads);
            ccds.entry(view.ccd).or_default().push((view.core, cpu));
        }
        let caches = Caches { l3_cores: sharers.div_ceil(threads), ..caches? };
        Some(Topology { ccds: ccds.into_values().map(Ccd::of).collect(), caches })
    }

    /// One CCD of all CPUs, caches by CPUID.
    fn unknown(cpus: &[usize]) -> Topology {
        let caches = caches_by_cpuid().unwrap_or(MODEST);
        let cpus = if cpus.is_empty() { vec![0] } else { cpus.to_vec() };
        Topology { ccds: vec![Ccd { cores: cpus.len(), cpus }], caches }
    }

    /// CPUs that this process may run on.
    pub fn cpus(&self) -> usize {
        self.ccds.iter().map(|ccd| ccd.cpus.len()).sum()
    }

    /// Cores that those belong to.
    pub fn cores(&self) -> usize {
        self.ccds.iter().map(|ccd| ccd.cores).sum()
    }

    /// Which of `ccds` a CPU belongs to; 0 for one that is not ours.
    pub fn ccd_of_cpu(&self, cpu: usize) -> usize {
        self.ccds.iter().position(|ccd| ccd.cpus.contains(&cpu)).unwrap_or(0)
    }
}

impl Ccd {
    /// From pairs of core and CPU.
    fn of(mut members: Vec<(usize, usize)>) -> Ccd {
        members.sort_unstable();
        // Which of its core's CPUs each is: 0 for the first.
        let mut ranked: Vec<(usize, usize)> = Vec::with_capacity(members.len());
        for (i, &(core, cpu)) in members.iter().enumerate() {
            let rank = members[..i].iter().rev().take_while(|other| other.0 == core).count();
            ranked.push((rank, cpu));
        }
        ranked.sort_unstable();
        let cores = ranked.iter().filter(|cpu| cpu.0 == 0).count();
        Ccd { cpus: ranked.into_iter().map(|(_, cpu)| cpu).collect(), cores }
    }
}

/// What one CPU's directory says. CCDs and cores go by the name of their first CPU.
struct CpuView {
    caches: Caches,
    ccd: usize,
    core: usize,
    /// CPUs of its core.
    threads: usize,
    /// CPUs that share its L3.
    l3_sharers: usize,
}

impl CpuView {
    fn read(cpu_root: &Path, cpu: usize) -> Option<CpuView> {
        let mut view = CpuView { caches: MODEST, ccd: 0, core: cpu, threads: 1, l3_sharers: 0 };
        let mut l1d_seen = false;
        for entry in fs::read_dir(cpu_root.join("cache")).ok()?.flatten() {
            let read = |file: &str| Some(fs::read_to_string(entry.path().join(file)).ok()?.trim().to_owned());
            let (Some(level), Some(kind)) = (read("level"), read("type")) else { continue };
            if kind == "Instruction" {
                continue;
            }
            let size = read("size").and_then(|text| parse_size(&text)).filter(|&size| size > 0);
            let sharers = read("shared_cpu_list").and_then(|text| parse_list(&text)).unwrap_or_default();
            match level.as_str() {
                "1" => {
                    l1d_seen = true;
                    view.caches.l1d = size.unwrap_or(MODEST.l1d);
                    // The CPUs of a core share its L1.
                    view.core = sharers.first().copied().unwrap_or(cpu);
                    view.threads = sharers.len();
                }
                "2" => view.caches.l2 = size.unwrap_or(MODEST.l2),
                "3" => {
                    view.caches.l3 = size.unwrap_or(MODEST.l3);
                    view.ccd = sharers.first().copied().unwrap_or(0);
                    view.l3_sharers = sharers.len();
                }
                _ => {}
            }
        }
        if let Ok(list) = fs::read_to_string(cpu_root.join("topology/thread_siblings_list"))
            && let Some(siblings) = parse_list(&list)
            && let Some(&first) = siblings.first()
        {
            view.core = first;
            view.threads = siblings.len();
        }
        if view.l3_sharers == 0 {
            // No L3: what comes after L2 is memory, the same for all.
            view.caches.l3 = view.caches.l2;
        }
        l1d_seen.then_some(view)
    }
}

/// `0-3,8,10-11` as numbers, ascending.
fn parse_list(text: &str) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if last >= affinity::MOST_CPUS {
            return None;
        }
        numbers.extend(first..=last);
    }
    numbers.sort_unstable();
    Some(numbers)
}

/// `32K` or `1M` in bytes.
fn parse_size(text: &str) -> Option<usize> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return None,
    };
    digits.parse::<usize>().ok()?.checked_mul(1 << unit)
}

#[cfg(target_arch = "x86_64")]
fn caches_by_cpuid() -> Option<Caches> {
    use raw_cpuid::{CacheType, CpuId};
    let mut caches = None;
    for cache in CpuId::new().get_cache_parameters()? {
        if cache.cache_type() == CacheType::Instruction {
            continue;
        }
        let bytes = cache.sets()
            * cache.associativity()
            * cache.physical_line_partitions()
            * cache.coherency_line_size();
        if bytes == 0 {
            continue;
        }
        let caches = caches.get_or_insert(MODEST);
        match cache.level() {
            1 => caches.l1d = bytes,
            2 => caches.l2 = bytes,
            3 => {
                caches.l3 = bytes;
                caches.l3_cores = cache.max_cores_for_cache().max(1);
            }
            _ => {}
        }
    }
    caches
}

#[cfg(not(target_arch = "x86_64"))]
fn caches_by_cpuid() -> Option<Caches> {
    None
}

#[cfg(test)]
mod tests;
