//! How many CPUs' worth of time the control groups allow this process.
//!
//! Containers limit CPU time by a quota per period, not by hiding CPUs: threads beyond it only get the
//! whole group stopped until the next period. Called by `threads`; calls only the system's files.

use std::fs;
use std::path::{Path, PathBuf};

/// CPUs of time, rounded up; None without a limit. `proc` and the mount points it names are below `root`.
pub fn cpus(root: &Path) -> Option<usize> {
    let proc = root.join("proc/self");
    let groups = fs::read_to_string(proc.join("cgroup")).ok()?;
    let mounts = fs::read_to_string(proc.join("mountinfo")).ok()?;
    groups
        .lines()
        .filter_map(Group::parse)
        .filter_map(|group| group.limit(root, &mounts))
        .min_by(f64::total_cmp)
        .map(|cpus| (cpus.ceil() as usize).max(1))
}

/// A line of `/proc/self/cgroup` that can carry a CPU quota.
struct Group<'a> {
    version: Version,
    path: &'a str,
}

#[derive(Clone, Copy, PartialEq)]
enum Version {
    V1,
    V2,
}

impl<'a> Group<'a> {
    /// `number:controllers:path`, without number and controllers in version 2.
    fn parse(line: &'a str) -> Option<Group<'a>> {
        let mut fields = line.splitn(3, ':');
        let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        if controllers.is_empty() && number == "0" {
            return Some(Group { version: Version::V2, path });
        }
        controllers.split(',').any(|name| name == "cpu").then_some(Group { version: Version::V1, path })
    }

    /// The tightest limit of the group and those above it.
    fn limit(&self, root: &Path, mounts: &str) -> Option<f64> {
        let (mounted, point) = mounts.lines().find_map(|line| self.version.mount(line))?;
        // The mount may show only a part of the hierarchy: its root is at `mounted`.
        let inside = Path::new(self.path).strip_prefix(mounted).unwrap_or(Path::new(""));
        let top = root.join(point.strip_prefix('/').unwrap_or(&point));
        let mut directory: PathBuf = top.join(inside);
        let mut tightest: Option<f64> = None;
        loop {
            if let Some(limit) = self.version.read(&directory) {
                tightest = Some(tightest.map_or(limit, |known| known.min(limit)));
            }
            if directory == top || !directory.pop() {
                return tightest;
            }
        }
    }
}

impl Version {
    /// Root and mount point in a line of `mountinfo`, if it mounts what this version's quota is in.
    fn mount(self, line: &str) -> Option<(String, String)> {
        let (mount, system) = line.split_once(" - ")?;
        let mut system = system.split(' ');
        let (kind, options) = (system.next()?, system.nth(1)?);
        let ours = match self {
            Version::V1 => kind == "cgroup" && options.split(',').any(|option| option == "cpu"),
            Version::V2 => kind == "cgroup2",
        };
        let mut mount = mount.split(' ').skip(3);
        ours.then_some((unescape(mount.next()?), unescape(mount.next()?)))
    }

    /// The limit of one group in CPUs.
    fn read(self, directory: &Path) -> Option<f64> {
        let file = |name| fs::read_to_string(directory.join(name)).ok();
        let (quota, period) = match self {
            Version::V1 => (file("cpu.cfs_quota_us")?, file("cpu.cfs_period_us")?),
            Version::V2 => {
                let text = file("cpu.max")?;
                let (quota, period) = text.split_once(' ')?;
                (quota.to_owned(), period.to_owned())
            }
        };
        // No limit is -1 in version 1, "max" in version 2.
        let (quota, period): (f64, f64) = (quota.trim().parse().ok()?, period.trim().parse().ok()?);
        (quota > 0.0 && period > 0.0).then_some(quota / period)
    }
}

/// Blanks and backslashes in paths are written as octal numbers.
fn unescape(path: &str) -> String {
    path.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A made-up root directory, removed when dropped.
    struct Root(PathBuf);

    impl Root {
        fn new(name: &str) -> Root {
            Root(std::env::temp_dir().join(format!("zenblas-quota-{}-{name}", std::process::id())))
        }

        fn file(self, path: &str, text: &str) -> Root {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            self
        }
    }

    impl Drop for Root {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const V2_MOUNT: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    const V1_MOUNT: &str =
        "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n";

    #[test]
    fn version_2_takes_the_tightest_ancestor() {
        let root = Root::new("v2")
            .file("proc/self/cgroup", "0::/user.slice/app.scope\n")
            .file("proc/self/mountinfo", V2_MOUNT)
            .file("sys/fs/cgroup/user.slice/cpu.max", "250000 100000\n")
            .file("sys/fs/cgroup/user.slice/app.scope/cpu.max", "max 100000\n");
        assert_eq!(cpus(&root.0), Some(3));
        let root = root.file("sys/fs/cgroup/user.slice/app.scope/cpu.max", "50000 100000\n");
        assert_eq!(cpus(&root.0), Some(1));
    }

    #[test]
    fn version_1_in_a_container() {
        let root = Root::new("v1")
            .file("proc/self/cgroup", "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/\n")
            .file("proc/self/mountinfo", V1_MOUNT)
            .file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "400000\n")
            .file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
        assert_eq!(cpus(&root.0), Some(4));
        let root = root.file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
        assert_eq!(cpus(&root.0), None);
    }

    #[test]
    fn no_groups_no_limit() {
        let root = Root::new("none").file("proc/self/cgroup", "0::/\n");
        assert_eq!(cpus(&root.0), None);
        let root = root.file("proc/self/mountinfo", V2_MOUNT);
        assert_eq!(cpus(&root.0), None);
        assert_eq!(cpus(&root.0.join("nowhere")), None);
    }
}
