//! Every environment variable, one sentence each, read once. A bad value is named on stderr once and
//! ignored.
//!
//! | variable | meaning |
//! |---|---|
//! | `ZENBLAS_NUM_THREADS` | threads of one call at most; then `OPENBLAS_NUM_THREADS`, `GOTO_NUM_THREADS`, `OMP_NUM_THREADS` |
//! | `ZENBLAS_ISA` | `avx512`, `avx2` or `portable`: the kernels to use |
//! | `ZENBLAS_VERBOSE` | `1`: a line on stderr for each call |
//! | `ZENBLAS_BLOCKS` | `MC,KC,NC`: cache blocks of the GEMM engine, for tests |
//! | `ZENBLAS_THREAD_ALWAYS` | `1`: split every call that can be split, whatever its size, even over more threads than there are CPUs, for tests |
//! | `ZENBLAS_AFFINITY` | `1`: bind each thread of ours to a CPU |

use crate::platform::preserve::Errno;
use crate::platform::process::Once;
use crate::simd::Level;
use core::sync::atomic::{AtomicBool, Ordering};

/// The values of all variables.
#[derive(Debug, Default)]
struct Knobs {
    num_threads: Option<usize>,
    isa: Option<Level>,
    verbose: bool,
    blocks: Option<[usize; 3]>,
    thread_always: bool,
    affinity: bool,
}

fn knobs() -> &'static Knobs {
    static KNOBS: Once<Knobs> = Once::new();
    static READ: AtomicBool = AtomicBool::new(false);
    // Threads may read at the same time: the first names bad values.
    KNOBS.get(|| Knobs::read(&Reader { complains: !READ.swap(true, Ordering::Relaxed) }))
}

impl Knobs {
    fn read(reader: &Reader) -> Knobs {
        let switched_on = |name| reader.parsed(name, "0 or 1", switch).unwrap_or(false);
        Knobs {
            num_threads: [
                "ZENBLAS_NUM_THREADS",
                "OPENBLAS_NUM_THREADS",
                "GOTO_NUM_THREADS",
                "OMP_NUM_THREADS",
            ]
            .into_iter()
            .find_map(|name| reader.parsed(name, "a positive number", thread_count)),
            isa: reader.parsed("ZENBLAS_ISA", "avx512, avx2 or portable", Level::from_name),
            verbose: switched_on("ZENBLAS_VERBOSE"),
            blocks: reader.parsed("ZENBLAS_BLOCKS", "three positive numbers, MC,KC,NC", blocks_of),
            thread_always: switched_on("ZENBLAS_THREAD_ALWAYS"),
            affinity: switched_on("ZENBLAS_AFFINITY"),
        }
    }
}

/// Threads of one call at most, if the environment says.
pub fn num_threads() -> Option<usize> {
    knobs().num_threads
}

/// The ISA that `ZENBLAS_ISA` names.
pub fn isa() -> Option<Level> {
    knobs().isa
}

/// Whether each call prints a line.
pub fn verbose() -> bool {
    knobs().verbose
}

/// `[MC, KC, NC]` where forced.
pub fn blocks() -> Option<[usize; 3]> {
    knobs().blocks
}

/// Whether calls are split whatever their size.
pub fn thread_always() -> bool {
    #[cfg(test)]
    if crate::testing::splits_always() {
        return true;
    }
    knobs().thread_always
}

/// Whether our threads are bound to CPUs.
pub fn affinity() -> bool {
    knobs().affinity
}

/// Names a value that is ignored.
pub fn complain(variable: &str, value: &str, why: &str) {
    let line = format!("zenblas: {variable}={value} ignored: {why}\n");
    let _errno = Errno::keep();
    // Without the standard library's lock, which a forked child may find locked; nor is a closed stderr a
    // reason to bring the program down.
    // SAFETY: the text is readable.
    unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len()) };
}

struct Reader {
    complains: bool,
}

impl Reader {
    /// The value of a variable, if it is set to one that is `wanted`.
    fn parsed<T>(&self, name: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = std::env::var_os(name)?;
        let text = value.to_string_lossy();
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let parsed = parse(text);
        if parsed.is_none() && self.complains {
            complain(name, text, &format!("not {wanted}"));
        }
        parsed
    }
}

/// `OMP_NUM_THREADS` may be a list, one number for each nesting level; the first is ours.
fn thread_count(text: &str) -> Option<usize> {
    let first = text.split(',').next()?.trim();
    first.parse().ok().filter(|&n| n > 0)
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

fn blocks_of(text: &str) -> Option<[usize; 3]> {
    let numbers: Vec<usize> =
        text.split(',').map(|n| n.trim().parse().ok().filter(|&n| n > 0)).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parsed_or_refused() {
        assert_eq!(thread_count("4"), Some(4));
        assert_eq!(thread_count("4, 2"), Some(4));
        assert_eq!(thread_count("0"), None);
        assert_eq!(thread_count("-1"), None);
        assert_eq!(thread_count("many"), None);
        assert_eq!(switch("1"), Some(true));
        assert_eq!(switch("yes"), None);
        assert_eq!(blocks_of("48, 16,24"), Some([48, 16, 24]));
        assert_eq!(blocks_of("48,16"), None);
        assert_eq!(blocks_of("48,0,24"), None);
    }
}
