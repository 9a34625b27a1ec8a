//! Made-up machines.

use super::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A directory like `/sys/devices/system/cpu`, removed when dropped.
struct Tree(PathBuf);

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A machine of equal CCDs, CPUs numbered as on AMD: all cores first, then all SMT siblings.
struct Machine {
    ccds: usize,
    cores: usize,
    threads: usize,
    offline: Vec<usize>,
}

impl Machine {
    fn new(ccds: usize, cores: usize, threads: usize) -> Machine {
        Machine { ccds, cores, threads, offline: Vec::new() }
    }

    fn cpus(&self) -> Vec<usize> {
        (0..self.ccds * self.cores * self.threads).collect()
    }

    /// The CPUs online of cores `first..last`.
    fn cpus_of(&self, first: usize, last: usize) -> Vec<usize> {
        let all = self.ccds * self.cores;
        (0..self.threads)
            .flat_map(|thread| (first..last).map(move |core| core + thread * all))
            .filter(|cpu| !self.offline.contains(cpu))
            .collect()
    }

    fn build(&self) -> Tree {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let tree = Tree(std::env::temp_dir().join(format!("zenblas-cpus-{}-{number}", std::process::id())));
        let write = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
        };
        write(tree.0.join("online"), &list(&self.cpus_of(0, self.ccds * self.cores)));
        for cpu in self.cpus() {
            let root = tree.0.join(format!("cpu{cpu}"));
            fs::create_dir_all(&root).unwrap();
            if self.offline.contains(&cpu) {
                continue; // the kernel takes the cache directories away
            }
            let core = cpu % (self.ccds * self.cores);
            let first = core / self.cores * self.cores;
            let siblings = list(&self.cpus_of(core, core + 1));
            let caches = [
                ("1", "Data", "48K", siblings.clone()),
                ("1", "Instruction", "32K", siblings.clone()),
                ("2", "Unified", "1024K", siblings.clone()),
                ("3", "Unified", "32M", list(&self.cpus_of(first, first + self.cores))),
            ];
            for (index, (level, kind, size, sharers)) in caches.into_iter().enumerate() {
                let cache = root.join(format!("cache/index{index}"));
                write(cache.join("level"), level);
                write(cache.join("type"), kind);
                write(cache.join("size"), size);
                write(cache.join("shared_cpu_list"), &sharers);
            }
            write(root.join("topology/thread_siblings_list"), &siblings);
        }
        tree
    }

    fn read(&self, affinity: &[usize]) -> Option<Topology> {
        let tree = self.build();
        Topology::read(&tree.0, affinity)
    }
}

/// As the kernel writes it: ranges and commas.
fn list(cpus: &[usize]) -> String {
    let mut cpus = cpus.to_vec();
    cpus.sort_unstable();
    let mut parts: Vec<String> = Vec::new();
    let mut i = 0;
    while i < cpus.len() {
        let mut j = i;
        while j + 1 < cpus.len() && cpus[j + 1] == cpus[j] + 1 {
            j += 1;
        }
        parts.push(if i == j { cpus[i].to_string() } else { format!("{}-{}", cpus[i], cpus[j]) });
        i = j + 1;
    }
    parts.join(",")
}

#[test]
fn machines_of_one_to_sixteen_ccds() {
    for ccds in [1, 2, 8, 16] {
        for (cores, threads) in [(8, 1), (8, 2), (6, 2), (1, 2)] {
            let machine = Machine::new(ccds, cores, threads);
            let topology = machine.read(&machine.cpus()).unwrap();
            assert_eq!(topology.ccds.len(), ccds);
            assert_eq!(topology.cores(), ccds * cores);
            assert_eq!(topology.cpus(), ccds * cores * threads);
            for (number, ccd) in topology.ccds.iter().enumerate() {
                assert_eq!(ccd.cpus, machine.cpus_of(number * cores, (number + 1) * cores));
                assert_eq!(ccd.cores, cores);
                assert!(ccd.cpus.iter().all(|&cpu| topology.ccd_of_cpu(cpu) == number));
            }
            let caches = Caches { l1d: 48 << 10, l2: 1 << 20, l3: 32 << 20, l3_cores: cores };
            assert_eq!(topology.caches, caches);
        }
    }
}

#[test]
fn only_cpus_of_the_affinity_count() {
    // Four cores with siblings on each of two CCDs: 0-3 and 8-11, 4-7 and 12-15.
    let machine = Machine::new(2, 4, 2);
    let topology = machine.read(&[1, 3, 6, 9, 13, 14]).unwrap();
    let ccd = |cpus: &[usize], cores| Ccd { cpus: cpus.to_vec(), cores };
    assert_eq!(topology.ccds, [ccd(&[1, 3, 9], 2), ccd(&[6, 13, 14], 2)]);
    assert_eq!(topology.caches.l3_cores, 4);
    let topology = machine.read(&[12]).unwrap();
    assert_eq!(topology.ccds, [ccd(&[12], 1)]);
    assert_eq!(machine.read(&[]), None);
    assert_eq!(machine.read(&[99]), None);
}

#[test]
fn offline_cpus_do_not_count() {
    let mut machine = Machine::new(2, 4, 2);
    machine.offline = vec![1, 5, 13];
    let topology = machine.read(&machine.cpus()).unwrap();
    let ccd = |cpus: &[usize], cores| Ccd { cpus: cpus.to_vec(), cores };
    // CPU 9 is the only one left of its core, hence that core's first.
    assert_eq!(topology.ccds, [ccd(&[0, 2, 3, 9, 8, 10, 11], 4), ccd(&[4, 6, 7, 12, 14, 15], 3)]);
    assert_eq!(topology.caches.l3_cores, 4);
}

#[test]
fn what_a_tree_leaves_out_is_filled_in() {
    let machine = Machine::new(2, 4, 1);
    let tree = machine.build();
    for cpu in machine.cpus() {
        let root = tree.0.join(format!("cpu{cpu}"));
        fs::remove_dir_all(root.join("topology")).unwrap();
        fs::remove_dir_all(root.join("cache/index3")).unwrap();
        fs::write(root.join("cache/index2/size"), "rubbish").unwrap();
    }
    fs::remove_file(tree.0.join("online")).unwrap();
    let topology = Topology::read(&tree.0, &machine.cpus()).unwrap();
    assert_eq!(topology.ccds, [Ccd { cpus: machine.cpus(), cores: 8 }]);
    assert_eq!((topology.caches.l2, topology.caches.l3), (MODEST.l2, MODEST.l2));
    assert_eq!(Topology::read(&tree.0.join("nowhere"), &machine.cpus()), None);
}

#[test]
fn without_a_tree_there_is_one_ccd() {
    let topology = Topology::unknown(&[2, 5]);
    assert_eq!(topology.ccds, [Ccd { cpus: vec![2, 5], cores: 2 }]);
    assert_eq!(Topology::unknown(&[]).cpus(), 1);
    let caches = topology.caches;
    assert!(caches.l1d >= 16 << 10 && caches.l2 >= caches.l1d && caches.l3_cores >= 1);
}

#[test]
fn this_machine_has_cpus() {
    let topology = get();
    assert!(topology.cores() >= 1 && topology.cpus() >= topology.cores());
    assert_eq!(topology.cpus(), affinity::of_process().cpus().len());
}

#[test]
fn lists_and_sizes() {
    assert_eq!(parse_list("0-2,7,9-10\n"), Some(vec![0, 1, 2, 7, 9, 10]));
    assert_eq!(parse_list(""), Some(vec![]));
    assert_eq!(parse_list("a"), None);
    assert_eq!(parse_list("0-99999999999"), None);
    assert_eq!(parse_size("48K"), Some(49152));
    assert_eq!(parse_size("32M"), Some(32 << 20));
    assert_eq!(parse_size("7"), Some(7));
    assert_eq!(parse_size("7Q"), None);
}
