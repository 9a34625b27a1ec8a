//! The names that are taken over from other libraries, and who gets what.
//!
//! An entry that has to know its caller hands the return address of its call on as one argument more, then
//! jumps: neither the stack nor any other argument is touched. Calls `caller`, `traits`, `product` and the originals (`next`).

use crate::next::Original;
use crate::product::Product;
use crate::settings::{self, Mode};
use crate::traits::{self, TypeTraits};
use crate::zenblas::Sgemm;
use crate::{caller, next, openmp, report};
use core::arch::naked_asm;
use core::ffi::{c_int, c_void};

/// ggml's traits of a type; for libggml-blas perhaps such as record.
///
/// # Safety
/// As ggml's: `kind` must be the number of a type.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ggml_get_type_traits(kind: c_int) -> *const TypeTraits {
    naked_asm!(
        "mov rsi, [rsp]", // the second argument: where the call returns to
        "jmp {}",
        sym get_type_traits,
    )
}

unsafe extern "C" fn get_type_traits(kind: c_int, caller: usize) -> *const TypeTraits {
    static ORIGINAL: Original = Original::new(c"ggml_get_type_traits");
    let Some(original) = ORIGINAL.for_caller(ggml_get_type_traits as *const c_void, caller) else {
        report::say("there is no other ggml_get_type_traits in this process");
        std::process::abort();
    };
    // SAFETY: the type that ggml.h declares, called as we were.
    let original = unsafe {
        let original: unsafe extern "C" fn(c_int) -> *const TypeTraits = next::function(original);
        original(kind)
    };
    if settings::mode() == Mode::Off || original.is_null() || !caller::is_ggml_blas(caller) {
        return original;
    }
    // SAFETY: ggml's traits of this type.
    unsafe { traits::for_ggml_blas(kind, original) }
}

/// Called by ggml before a graph: how many threads it has.
///
/// # Safety
/// As ggml's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ggml_backend_blas_set_n_threads(backend: *mut c_void, threads: c_int) {
    static ORIGINAL: Original = Original::new(c"ggml_backend_blas_set_n_threads");
    openmp::set_threads(threads);
    let ours = ggml_backend_blas_set_n_threads as *const c_void;
    let (ggml_blas, _) = caller::ggml_blas();
    let Some(original) = ORIGINAL.for_caller(ours, ggml_blas) else {
        return; // libggml-blas keeps the number that it began with
    };
    // SAFETY: the type that ggml-blas.h declares, called as we were.
    unsafe {
        let original: unsafe extern "C" fn(*mut c_void, c_int) = next::function(original);
        original(backend, threads);
    }
}

/// `cblas_sgemm` of the process's BLAS; for libggml-blas that of zenblas, perhaps of quantised weights. The
/// arguments are those of [`sgemm`], but for the last.
///
/// # Safety
/// As for every `cblas_sgemm`.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cblas_sgemm() {
    naked_asm!(
        "movq xmm2, [rsp]", // the third floating-point argument: where the call returns to
        "jmp {}",
        sym sgemm,
    )
}

unsafe extern "C" fn sgemm(
    layout: c_int,
    trans_a: c_int,
    trans_b: c_int,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha: f32,
    a: *const f32,
    lda: c_int,
    b: *const f32,
    ldb: c_int,
    beta: f32,
    c: *mut f32,
    ldc: c_int,
    caller: f64,
) {
    static ORIGINAL: Original = Original::new(c"cblas_sgemm");
    let caller = caller.to_bits() as usize;
    let original = ORIGINAL.for_caller(cblas_sgemm as *const c_void, caller);
    // SAFETY: the type that cblas.h declares.
    let original: Option<Sgemm> = original.map(|found| unsafe { next::function(found) });
    let product = Product { layout, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc };
    // SAFETY: the caller's promise.
    unsafe {
        if settings::mode() != Mode::Off && caller::is_ggml_blas(caller) {
            product.for_ggml_blas(original);
        } else {
            product.with(original);
        }
    }
}
