//! ggml's type traits, and the copies that libggml-blas gets, whose `to_float` records.
//!
//! Called by `symbols`; calls `next` for the originals, `zenblas` for what it multiplies by, `record`.

use crate::record::{self, Epoch};
use crate::report::Why;
use crate::settings::{self, InBf16, Mode};
use crate::{next, openmp, zenblas};
use core::cell::Cell;
use core::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;

/// ggml's converter: `k` weights to `k` floats.
pub type ToFloat = unsafe extern "C" fn(*const c_void, *mut f32, i64);

/// `struct ggml_type_traits`, as it has been since 2024.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TypeTraits {
    name: *const c_char,
    block_values: i64,
    interleave: i64,
    block_bytes: usize,
    is_quantized: bool,
    to_float: Option<ToFloat>,
    from_float: *const c_void,
}

// SAFETY: the pointers lead to constants of ggml.
unsafe impl Send for TypeTraits {}
// SAFETY: the same.
unsafe impl Sync for TypeTraits {}

/// A format of weights.
#[derive(Debug)]
pub struct Format {
    /// ggml's number of the type.
    pub kind: c_int,
    /// ggml's name of the type.
    pub name: &'static str,
    /// Whether the weights are quantised; else they are 16-bit floats.
    pub quantised: bool,
    recorder: ToFloat,
    offer: OnceLock<Offer>,
}

/// What libggml-blas gets for a format.
#[derive(Debug)]
enum Offer {
    /// Traits that record; those they are a copy of; and why the weights are converted, only later, if they are.
    Recording { copy: TypeTraits, original: usize, later: Option<Why> },
    /// The original.
    Original(Why),
}

const fn format<const PLACE: usize>(kind: c_int, name: &'static str, quantised: bool) -> Format {
    Format { kind, name, quantised, recorder: record::write::<PLACE>, offer: OnceLock::new() }
}

/// The formats that zenblas multiplies by, the last ones as floats.
pub static FORMATS: [Format; 15] = [
    format::<0>(2, "q4_0", true),
    format::<1>(3, "q4_1", true),
    format::<2>(6, "q5_0", true),
    format::<3>(7, "q5_1", true),
    format::<4>(8, "q8_0", true),
    format::<5>(10, "q2_K", true),
    format::<6>(11, "q3_K", true),
    format::<7>(12, "q4_K", true),
    format::<8>(13, "q5_K", true),
    format::<9>(14, "q6_K", true),
    format::<10>(20, "iq4_nl", true),
    format::<11>(23, "iq4_xs", true),
    format::<12>(39, "mxfp4", true),
    format::<13>(1, "f16", false),
    format::<14>(30, "bf16", false),
];

/// The versions of ggml whose libggml-blas is known to do as `lib.rs` says, the first and the last.
const KNOWN: [(u32, u32); 2] = [(0, 9), (0, 25)];

/// What libggml-blas was last given on a thread.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// Records of the product to come are not older.
    pub since: Epoch,
    /// Why there will be none.
    pub why: Why,
}

thread_local! {
    static GIVEN: Cell<Given> = const { Cell::new(Given { since: Epoch::none(), why: Why::Floats }) };
}

/// What libggml-blas was last given on this thread.
pub fn given() -> Given {
    GIVEN.get()
}

/// The traits for libggml-blas: those that record, where all is as it should be, else the original.
///
/// # Safety
/// `original` must be ggml's traits of type number `kind`.
pub unsafe fn for_ggml_blas(kind: c_int, original: *const TypeTraits) -> *const TypeTraits {
    // SAFETY: the caller's promise.
    let offered = unsafe { offer(kind, original) };
    let since = if offered.is_ok() { Epoch::begin() } else { Epoch::none() };
    GIVEN.set(Given { since, why: offered.err().unwrap_or(Why::Floats) });
    offered.map_or(original, core::ptr::from_ref)
}

/// # Safety
/// As [`for_ggml_blas`].
unsafe fn offer(kind: c_int, original: *const TypeTraits) -> Result<&'static TypeTraits, Why> {
    let Some(format) = FORMATS.iter().find(|format| format.kind == kind) else {
        // SAFETY: in every version so far the flag is behind four words.
        let quantized = unsafe { (*original).is_quantized };
        return Err(if quantized { Why::Format } else { Why::Floats });
    };
    // SAFETY: the caller's promise.
    match format.offer.get_or_init(|| unsafe { format.consider(original) }) {
        // A second copy of ggml in the process has traits of its own, and perhaps another version.
        Offer::Recording { copy, original: known, .. } if *known == original as usize => Ok(copy),
        Offer::Recording { .. } => Err(Why::Version),
        Offer::Original(why) => Err(*why),
    }
}

/// The converter that the recorder of a format stands for. None if it has none.
pub fn original_to_float(format: usize) -> Option<ToFloat> {
    match FORMATS[format].offer.get()? {
        // SAFETY: constants of ggml, looked at before.
        Offer::Recording { original, .. } => unsafe {
            (*core::ptr::with_exposed_provenance::<TypeTraits>(*original)).to_float
        },
        Offer::Original(_) => None,
    }
}

impl Format {
    /// # Safety
    /// As [`for_ggml_blas`].
    unsafe fn consider(&self, original: *const TypeTraits) -> Offer {
        // SAFETY: the caller's promise.
        match unsafe { self.recording(original) } {
            Ok((copy, later)) => Offer::Recording { copy, original: original.expose_provenance(), later },
            Err(why) => Offer::Original(why),
        }
    }

    /// # Safety
    /// As [`for_ggml_blas`].
    unsafe fn recording(&self, original: *const TypeTraits) -> Result<(TypeTraits, Option<Why>), Why> {
        let mode = settings::mode();
        let zenblas = zenblas::get().ok_or(Why::NoZenblas)?;
        let (block, later) = match self.quantised {
            true => (zenblas.block(self.kind).ok_or(Why::Format)?, (mode == Mode::F32).then_some(Why::Asked)),
            false => ((1, 2), zenblas.gemm.is_none().then_some(Why::Floats)),
        };
        if let Some(why) = later
            && !openmp::lends()
        {
            return Err(why);
        }
        if mode != Mode::Int8 && !version_beside(original).is_some_and(|version| is_known(&version)) {
            return Err(Why::Version);
        }
        // SAFETY: a static of at least this size, if it is what the version says; the name is read only
        // where the numbers are right.
        let traits = unsafe { *original };
        let right = block == (traits.block_values as usize, traits.block_bytes)
            && traits.interleave == 0
            && traits.is_quantized == self.quantised
            && traits.to_float.is_some()
            && !traits.name.is_null()
            // SAFETY: a text where the numbers are those of the format.
            && unsafe { CStr::from_ptr(traits.name) }.to_bytes() == self.name.as_bytes();
        if !right {
            return Err(Why::Layout);
        }
        Ok((TypeTraits { to_float: Some(self.recorder), ..traits }, later))
    }

    /// `zenblas_type` of weights that are 16-bit floats.
    pub fn sixteen_bits(&self) -> Option<c_int> {
        match self.kind {
            1 => Some(zenblas::HALF),
            30 => Some(zenblas::BF16),
            _ => None,
        }
    }

    /// Whether weights may be rounded to bf16, and activations with them, to be multiplied.
    pub fn in_bf16(&self) -> bool {
        match self.kind {
            1 => settings::in_bf16() == InBf16::F16,
            30 => settings::in_bf16() != InBf16::Nothing,
            _ => false,
        }
    }

    /// Why recorded weights are converted nevertheless, on the threads that multiply.
    pub fn later(&self) -> Option<Why> {
        match self.offer.get()? {
            Offer::Recording { later, .. } => *later,
            Offer::Original(why) => Some(*why),
        }
    }

    /// Bytes of a row of `k` values, once traits were looked at; none if that is no whole number of blocks.
    pub fn row_bytes(&self, k: usize) -> Option<usize> {
        match self.offer.get()? {
            Offer::Recording { copy, .. } => {
                let values = copy.block_values as usize;
                k.is_multiple_of(values).then(|| k / values * copy.block_bytes)
            }
            Offer::Original(_) => None,
        }
    }
}

/// What the library that has these traits says its version is.
fn version_beside(traits: *const TypeTraits) -> Option<String> {
    let function = next::within(traits as usize, c"ggml_version")?;
    // SAFETY: the type that ggml.h declares; it returns a constant text.
    unsafe {
        let function: unsafe extern "C" fn() -> *const c_char = next::function(function);
        Some(CStr::from_ptr(function()).to_str().ok()?.to_owned())
    }
}

/// Whether a version, `0.25.3` or `0.25.3-dirty`, is one of [`KNOWN`].
fn is_known(version: &str) -> bool {
    let mut parts = version.split(['.', '-']).map(|part| part.parse().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(major), Some(minor)) => KNOWN[0] <= (major, minor) && (major, minor) <= KNOWN[1],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for known in ["0.9.0", "0.9.4-dirty", "0.25.3", "0.25.99"] {
            assert!(is_known(known), "{known}");
        }
        for unknown in ["0.8.9", "0.26.0", "1.0.0", "1.10.0", "", "0", "0.x", "b6000"] {
            assert!(!is_known(unknown), "{unknown}");
        }
    }

    #[test]
    fn the_layout_of_traits() {
        assert_eq!(core::mem::offset_of!(TypeTraits, to_float), 40);
        assert_eq!(size_of::<TypeTraits>(), 56);
    }
}
