//! The originals of the names that this library takes over.
//!
//! Called by `symbols`, `traits` and `product`; calls the loader.

use core::ffi::{CStr, c_void};
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// A name that this library takes over.
#[derive(Debug)]
pub struct Original {
    name: &'static CStr,
    /// The next definition in the order of the process, once one was found.
    next: AtomicPtr<c_void>,
}

impl Original {
    /// The name.
    pub const fn new(name: &'static CStr) -> Original {
        Original { name, next: AtomicPtr::new(ptr::null_mut()) }
    }

    /// The definition that the code at `caller` would have found without this library: the next in the order
    /// of the process, or, where that has none, the one that the caller's own library brings with it. `ours`
    /// is the definition of this library, which is never returned.
    pub fn for_caller(&self, ours: *const c_void, caller: usize) -> Option<*const c_void> {
        let mut next = self.next.load(Ordering::Relaxed);
        if next.is_null() {
            // SAFETY: a text.
            next = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
            self.next.store(next, Ordering::Relaxed);
        }
        if !next.is_null() {
            return Some(next);
        }
        within(caller, self.name).filter(|&found| !ptr::eq(found, ours))
    }
}

/// What `name` is to the library whose code lies at `address`, and to the libraries that it needs.
pub fn within(address: usize, name: &CStr) -> Option<*const c_void> {
    let library = library_of(address)?;
    // SAFETY: a handle and a text. The library is in use, so that giving the handle back doesn't unload it.
    let found = unsafe {
        let found = libc::dlsym(library, name.as_ptr());
        libc::dlclose(library);
        found
    };
    (!found.is_null()).then_some(found.cast_const())
}

/// The function at this address.
///
/// # Safety
/// `F` must be the type of a pointer to it.
pub unsafe fn function<F: Copy>(address: *const c_void) -> F {
    const { assert!(size_of::<F>() == size_of::<*const c_void>()) };
    // SAFETY: as large; the caller vouches for the type.
    unsafe { core::mem::transmute_copy(&address) }
}

/// A handle of the loaded library that has `address`.
fn library_of(address: usize) -> Option<*mut c_void> {
    let mut info = core::mem::MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: filled where the result is not 0; the name is then a text of the loader's.
    unsafe {
        if libc::dladdr(ptr::without_provenance(address), info.as_mut_ptr()) == 0 {
            return None;
        }
        let library = libc::dlopen(info.assume_init().dli_fname, libc::RTLD_LAZY | libc::RTLD_NOLOAD);
        (!library.is_null()).then_some(library)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_by_library() {
        let qsort = libc::qsort as *const () as *const c_void;
        assert_eq!(within(qsort as usize, c"qsort"), Some(qsort));
        assert_eq!(within(qsort as usize, c"no_such_function"), None);
        assert_eq!(within(0, c"qsort"), None);
        static NONE: Original = Original::new(c"no_such_function");
        assert_eq!(NONE.for_caller(ptr::null(), qsort as usize), None);
    }
}
