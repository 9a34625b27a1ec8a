//! Whether libggml-blas is calling: where a return address lies.
//!
//! Called by `symbols`' entry points; calls the loader.

use core::cell::Cell;
use core::ffi::{CStr, c_int, c_void};

/// The loader's counts of libraries that came and went, and the code of libggml-blas as of then.
#[derive(Clone, Copy, Default)]
struct Known {
    counts: (u64, u64),
    code: (usize, usize),
}

thread_local! {
    static KNOWN: Cell<Known> = const { Cell::new(Known { counts: (0, 0), code: (0, 0) }) };
}

/// Whether the call that returns to `address` was made by libggml-blas.
pub fn is_ggml_blas(address: usize) -> bool {
    let (start, end) = ggml_blas();
    // A call may be a function's last instruction: what counts is the byte before the return address.
    (start..end).contains(&address.wrapping_sub(1))
}

/// Where the code of libggml-blas begins and ends; nowhere if it isn't loaded.
///
/// The loader is asked anew whenever it has loaded or unloaded anything, so that no other library can be
/// taken for libggml-blas because it lies where that lay.
pub fn ggml_blas() -> (usize, usize) {
    let counts = loader_counts();
    let mut known = KNOWN.get();
    if known.counts != counts {
        known = Known { counts, code: code_of(is_name).unwrap_or_default() };
        KNOWN.set(known);
    }
    known.code
}

/// Whether a library of ggml is loaded.
pub fn ggml_is_loaded() -> bool {
    code_of(|file| file.starts_with(b"libggml")).is_some()
}

/// Whether a file is called libggml-blas.so, with or without a version.
fn is_name(file: &[u8]) -> bool {
    file.strip_prefix(b"libggml-blas.so").is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
}

/// How many libraries were loaded and unloaded since the process began.
fn loader_counts() -> (u64, u64) {
    unsafe extern "C" fn first(info: *mut libc::dl_phdr_info, _: usize, counts: *mut c_void) -> c_int {
        // SAFETY: the loader's structure, and the tuple below.
        unsafe { *counts.cast() = ((*info).dlpi_adds, (*info).dlpi_subs) };
        1 // the counts are the same in all entries
    }
    let mut counts = (0u64, 0u64);
    // SAFETY: the function takes a pointer to `counts`.
    unsafe { libc::dl_iterate_phdr(Some(first), (&raw mut counts).cast()) };
    counts
}

/// The addresses between which the executable segments lie of the first library whose file is called so.
fn code_of(wanted: fn(&[u8]) -> bool) -> Option<(usize, usize)> {
    struct Search {
        wanted: fn(&[u8]) -> bool,
        found: Option<(usize, usize)>,
    }
    unsafe extern "C" fn look(info: *mut libc::dl_phdr_info, _: usize, search: *mut c_void) -> c_int {
        // SAFETY: the loader's structure, and the search below.
        let (info, search) = unsafe { (&*info, &mut *search.cast::<Search>()) };
        if info.dlpi_name.is_null() {
            return 0;
        }
        // SAFETY: a text of the loader's.
        let path = unsafe { CStr::from_ptr(info.dlpi_name) }.to_bytes();
        let file = path.rsplit(|&letter| letter == b'/').next().unwrap_or(path);
        if !(search.wanted)(file) {
            return 0;
        }
        // SAFETY: as many as it says.
        let headers = unsafe { core::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
        let mut code = (usize::MAX, 0);
        for header in headers {
            if header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0 {
                let start = (info.dlpi_addr + header.p_vaddr) as usize;
                code = (code.0.min(start), code.1.max(start + header.p_memsz as usize));
            }
        }
        search.found = Some(code);
        1
    }
    let mut search = Search { wanted, found: None };
    // SAFETY: the function takes a pointer to the search.
    unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut search).cast()) };
    search.found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_library() {
        assert!(is_name(b"libggml-blas.so"));
        assert!(is_name(b"libggml-blas.so.0.25.3"));
        assert!(!is_name(b"libggml-blas.so2"));
        assert!(!is_name(b"libggml-blas-other.so"));
        assert!(!is_name(b"libggml-base.so"));
        assert!(!is_name(b""));
    }

    #[test]
    fn code_of_a_loaded_library() {
        let (start, end) = code_of(|file| file.starts_with(b"libc.so")).expect("there is a C library");
        assert!((start..end).contains(&(libc::qsort as *const () as usize)));
        assert!(!(start..end).contains(&(code_of_a_loaded_library as *const () as usize)));
        assert!(!is_ggml_blas(libc::qsort as *const () as usize));
        assert!(code_of(|file| file == b"no such file").is_none());
    }
}
