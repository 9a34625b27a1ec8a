//! The two helpers that the reference library exports besides its routines; LAPACK and its testers use them.

use super::args::blasint;
use super::xerbla::public_xerbla;

/// 1 if two letters are equal, whatever their case; else 0.
///
/// # Safety
/// Both must be readable.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "lsame_64_"))]
pub unsafe extern "C" fn lsame_(a: *const u8, b: *const u8) -> blasint {
    // SAFETY: the caller's promise.
    unsafe { (*a).eq_ignore_ascii_case(&*b).into() }
}

/// `xerbla_` with the name as an array of letters, for callers that have no Fortran strings. At most 32 letters
/// are passed on.
///
/// # Safety
/// `name` must point to `*len` letters, `info` to the parameter number.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "xerbla_array_64_"))]
pub unsafe extern "C" fn xerbla_array_(name: *const u8, len: *const blasint, info: *const blasint) {
    let mut padded = [b' '; 32];
    // SAFETY: the caller's promise; at most 32 letters.
    unsafe {
        let len = (*len).clamp(0, 32) as usize;
        padded[..len].copy_from_slice(core::slice::from_raw_parts(name, len));
        public_xerbla()(padded.as_ptr(), info, padded.len());
    }
}
