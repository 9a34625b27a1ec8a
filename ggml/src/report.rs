//! Counts of products, and the line about them at exit.
//!
//! Called by `product` and `settings`; calls `traits` for names.

use crate::traits::{FORMATS, Format};
use crate::{caller, settings};
use core::fmt::Write;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Why a product was made with floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Why {
    /// The weights are no quantised ones.
    Floats,
    /// `ZENBLAS_GGML=f32`.
    Asked,
    /// The version of ggml is not known.
    Version,
    /// ggml describes the type otherwise than expected.
    Layout,
    /// The type is none that zenblas multiplies by.
    Format,
    /// There is no zenblas with quantised products.
    NoZenblas,
    /// The rows don't belong together, or the product has another form than libggml-blas makes.
    Rows,
    /// zenblas refused.
    Refused,
}

const REASONS: [(Why, &str); 8] = [
    (Why::Floats, "of float weights"),
    (Why::Asked, "as ZENBLAS_GGML asks"),
    (Why::Version, "of a ggml version that is not known (ZENBLAS_GGML=int8 takes any)"),
    (Why::Layout, "of types that ggml describes in another way"),
    (Why::Format, "of types without int8 products"),
    (Why::NoZenblas, "without a zenblas that has int8 products"),
    (Why::Rows, "of rows that don't belong together"),
    (Why::Refused, "refused by zenblas"),
];

static FLOAT: [AtomicU64; REASONS.len()] = [const { AtomicU64::new(0) }; REASONS.len()];
static AS_THEY_ARE: [AtomicU64; FORMATS.len()] = [const { AtomicU64::new(0) }; FORMATS.len()];

/// Counts a product of weights that were not converted beforehand.
pub fn as_they_are(format: usize) {
    AS_THEY_ARE[format].fetch_add(1, Relaxed);
}

/// Counts a product with floats.
pub fn float(why: Why) {
    FLOAT[why as usize].fetch_add(1, Relaxed);
}

/// Writes a line to stderr.
pub fn say(text: &str) {
    let line = format!("zenblas-ggml: {text}\n");
    // SAFETY: the text is readable. A closed stderr is no reason to bring the program down.
    unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len()) };
}

fn summary() -> String {
    let mut text = String::new();
    let as_they_are = |in_these: fn(&Format) -> bool| -> Vec<_> {
        let counts = FORMATS.iter().zip(&AS_THEY_ARE).filter(|(format, _)| in_these(format));
        counts.map(|(format, count)| (format.name, count.load(Relaxed))).collect()
    };
    let int8 = as_they_are(|format| format.quantised);
    let bf16 = as_they_are(Format::in_bf16);
    let mut float = as_they_are(|format| !format.quantised && !format.in_bf16());
    float.extend(REASONS.iter().zip(&FLOAT).map(|((_, why), count)| (*why, count.load(Relaxed))));
    for (arithmetic, counts) in [("int8", int8), ("bf16", bf16), ("f32", float)] {
        let sum: u64 = counts.iter().map(|(_, count)| count).sum();
        if arithmetic == "bf16" && sum == 0 {
            continue;
        }
        let separator = if text.is_empty() { "" } else { "; " };
        let _ = write!(text, "{separator}{sum} products {arithmetic}");
        let mut separator = ": ";
        for (name, count) in counts.iter().filter(|(_, count)| *count > 0) {
            let _ = write!(text, "{separator}{count} {name}");
            separator = ", ";
        }
    }
    text
}

extern "C" fn at_exit() {
    // Programs that have nothing to do with ggml inherit the environment too.
    if caller::ggml_is_loaded() {
        say(&summary());
    }
}

/// When this library is loaded, asks for the line at exit if the user does.
extern "C" fn at_load() {
    if settings::reports() {
        // SAFETY: a function without arguments; this library is never unloaded.
        unsafe { libc::atexit(at_exit) };
    }
}

#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = at_load;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_place() {
        for (place, (why, _)) in REASONS.iter().enumerate() {
            assert_eq!(*why as usize, place);
        }
    }
}
