//! The environment variables, read once.
//!
//! | variable | meaning |
//! |---|---|
//! | `ZENBLAS_GGML` | `auto`: int8 products for the versions of ggml that are known; `int8`: for all versions; `f32`: none, but zenblas multiplies; `off`: nothing at all is changed |
//! | `ZENBLAS_GGML_BF16` | `1`: weights of F16 are multiplied in bf16, to which they and activations are rounded; `0`: not even weights of BF16, which are otherwise |
//! | `ZENBLAS_GGML_THREADS` | `own`: products run on threads of zenblas's, not on ggml's |
//! | `ZENBLAS_GGML_REPORT` | `1`: a line on stderr at exit |

use crate::report;
use std::sync::OnceLock;

/// What this library does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Off,
    /// Products of libggml-blas go to zenblas, as floats.
    F32,
    /// The same, and quantised weights are multiplied as they are if ggml's version is known.
    Auto,
    /// The same, whatever the version.
    Int8,
}

impl Mode {
    fn from_name(name: &str) -> Option<Mode> {
        match name {
            "off" | "0" => Some(Mode::Off),
            "f32" => Some(Mode::F32),
            "auto" | "" => Some(Mode::Auto),
            "int8" => Some(Mode::Int8),
            _ => None,
        }
    }
}

/// `ZENBLAS_GGML`; a value that makes no sense is named on stderr and switches this library off.
pub fn mode() -> Mode {
    static MODE: OnceLock<Mode> = OnceLock::new();
    *MODE.get_or_init(|| {
        let Some(value) = std::env::var_os("ZENBLAS_GGML") else { return Mode::Auto };
        let value = value.to_string_lossy();
        Mode::from_name(value.trim()).unwrap_or_else(|| {
            report::say(&format!("ZENBLAS_GGML={value} is none of auto, int8, f32, off: taken as off"));
            Mode::Off
        })
    })
}

/// Which weights of 16 bits are multiplied in bf16 where the CPU does that faster, activations rounded to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InBf16 {
    /// None.
    Nothing,
    /// Those of BF16, as in llama.cpp's own kernels.
    Bf16,
    /// Those of F16, too, which are rounded as well.
    F16,
}

impl InBf16 {
    fn from_name(name: &str) -> Option<InBf16> {
        match name {
            "0" => Some(InBf16::Nothing),
            "" => Some(InBf16::Bf16),
            "1" => Some(InBf16::F16),
            _ => None,
        }
    }
}

/// `ZENBLAS_GGML_BF16`; a value that makes no sense is named on stderr and ignored. None of them if [`mode`] asks for
/// floats.
pub fn in_bf16() -> InBf16 {
    static IN_BF16: OnceLock<InBf16> = OnceLock::new();
    *IN_BF16.get_or_init(|| {
        let value = std::env::var_os("ZENBLAS_GGML_BF16").unwrap_or_default();
        let value = value.to_string_lossy();
        let known = InBf16::from_name(value.trim());
        if known.is_none() {
            report::say(&format!("ZENBLAS_GGML_BF16={value} is none of 0, 1: ignored"));
        }
        if mode() == Mode::F32 { InBf16::Nothing } else { known.unwrap_or(InBf16::Bf16) }
    })
}

/// `ZENBLAS_GGML_THREADS`: whether products run on ggml's threads, where that is possible.
pub fn borrows_threads() -> bool {
    static BORROWS: OnceLock<bool> = OnceLock::new();
    *BORROWS.get_or_init(|| std::env::var_os("ZENBLAS_GGML_THREADS").is_none_or(|value| value != "own"))
}

/// `ZENBLAS_GGML_REPORT`.
pub fn reports() -> bool {
    std::env::var_os("ZENBLAS_GGML_REPORT").is_some_and(|value| value == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_modes() {
        assert_eq!(Mode::from_name("off"), Some(Mode::Off));
        assert_eq!(Mode::from_name("f32"), Some(Mode::F32));
        assert_eq!(Mode::from_name(""), Some(Mode::Auto));
        assert_eq!(Mode::from_name("int8"), Some(Mode::Int8));
        assert_eq!(Mode::from_name("fast"), None);
        assert_eq!(InBf16::from_name("0"), Some(InBf16::Nothing));
        assert_eq!(InBf16::from_name(""), Some(InBf16::Bf16));
        assert_eq!(InBf16::from_name("1"), Some(InBf16::F16));
        assert_eq!(InBf16::from_name("yes"), None);
    }
}
