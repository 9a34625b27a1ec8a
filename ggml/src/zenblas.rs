//! The library that computes: the zenblas of this process, or else the one beside this file.
//!
//! A process must not have two of them, since each has threads of its own. So one that is loaded already,
//! by whatever name, comes first. Called by `traits` and `product`; calls the loader.

use crate::next;
use core::ffi::{CStr, c_char, c_int, c_void};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

/// `cblas_sgemm`.
pub type Sgemm = unsafe extern "C" fn(
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    f32,
    *const f32,
    c_int,
    *const f32,
    c_int,
    f32,
    *mut f32,
    c_int,
);

/// `zenblas_qgemm`: type, m, n, k, a, lda, w, w_stride, c, ldc.
pub type Qgemm = unsafe extern "C" fn(
    c_int,
    c_int,
    c_int,
    c_int,
    *const f32,
    c_int,
    *const c_void,
    usize,
    *mut f32,
    c_int,
) -> c_int;

/// `zenblas_operand`.
#[repr(C)]
pub struct Operand {
    /// The numbers.
    pub data: *const c_void,
    /// `zenblas_type`.
    pub kind: c_int,
    /// 111 as it is, 112 transposed.
    pub trans: c_int,
    /// Leading dimension.
    pub ld: c_int,
    /// Added to bytes.
    pub zero: i32,
}

/// `ZENBLAS_BF16`, `ZENBLAS_F16` and `ZENBLAS_F32`.
pub const BF16: c_int = 4;
/// See [`BF16`].
pub const HALF: c_int = 5;
/// See [`BF16`].
pub const SINGLE: c_int = 6;

/// `zenblas_result`.
#[repr(C)]
pub struct Result {
    /// The elements.
    pub data: *mut c_void,
    /// `zenblas_type`.
    pub kind: c_int,
    /// Leading dimension.
    pub ld: c_int,
}

/// `zenblas_values`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Values {
    values: *const f32,
    per: c_int,
}

/// `zenblas_epilogue`.
#[repr(C)]
pub struct Epilogue {
    size: usize,
    scale_bias_step: [Values; 3],
    beta: f32,
    activation: c_int,
    clamp: c_int,
    low_high: [f32; 2],
    zero: i32,
    precision: c_int,
}

/// `ZENBLAS_FAST_BF16`.
const FAST_BF16: c_int = 1;

// SAFETY: its pointers are null.
unsafe impl Sync for Epilogue {}

/// Nothing happens to the sums, but they may be those of numbers rounded to bf16.
pub static IN_BF16: Epilogue = Epilogue {
    size: size_of::<Epilogue>(),
    scale_bias_step: [Values { values: core::ptr::null(), per: 0 }; 3],
    beta: 0.0,
    activation: 0,
    clamp: 0,
    low_high: [0.0; 2],
    zero: 0,
    precision: FAST_BF16,
};

/// `zenblas_gemm`: layout, m, n, k, a, b, c, epilogue.
pub type Gemm = unsafe extern "C" fn(
    c_int,
    c_int,
    c_int,
    c_int,
    *const Operand,
    *const Operand,
    *const Result,
    *const Epilogue,
);

/// `zenblas_lender`: runs a team on threads of the program's.
pub type Lender = unsafe extern "C" fn(c_int, unsafe extern "C" fn(c_int, *mut c_void), *mut c_void);

/// What this library calls of zenblas.
pub struct Zenblas {
    /// `cblas_sgemm`.
    pub sgemm: Sgemm,
    /// `zenblas_qgemm`.
    pub qgemm: Qgemm,
    /// `zenblas_gemm`, of a zenblas that surely multiplies `f32` by 16 bits: one of our own version. An
    /// earlier one would refuse with a message only, and leave C as it was.
    pub gemm: Option<Gemm>,
    /// `openblas_set_num_threads_local`.
    pub set_num_threads_local: unsafe extern "C" fn(c_int) -> c_int,
    /// `openblas_get_num_procs`.
    pub get_num_procs: unsafe extern "C" fn() -> c_int,
    /// `zenblas_set_lender_local`.
    pub set_lender_local: unsafe extern "C" fn(Option<Lender>) -> Option<Lender>,
    qtype_block: unsafe extern "C" fn(c_int, *mut usize, *mut usize) -> c_int,
}

/// The file's name, as its users ask for it.
const SONAME: &CStr = c"libzenblas.so.0";

/// The function by which a zenblas is known.
const VERSION: &CStr = c"zenblas_version";

impl Zenblas {
    /// Values and bytes of a block of ggml's type number `kind`, if zenblas multiplies by it.
    pub fn block(&self, kind: c_int) -> Option<(usize, usize)> {
        let (mut values, mut bytes) = (0, 0);
        // SAFETY: both are writable.
        let status = unsafe { (self.qtype_block)(kind, &mut values, &mut bytes) };
        (status == 0).then_some((values, bytes))
    }

    /// The functions of the library whose code lies at `address`, if it has them all.
    fn at(address: usize) -> Option<Zenblas> {
        let find = |name: &CStr| next::within(address, name);
        // SAFETY: the types are those that zenblas.h and cblas.h declare.
        unsafe {
            let version: unsafe extern "C" fn() -> *const c_char = next::function(find(VERSION)?);
            let ours = CStr::from_ptr(version()).to_bytes() == env!("CARGO_PKG_VERSION").as_bytes();
            let gemm = if ours { find(c"zenblas_gemm") } else { None };
            Some(Zenblas {
                sgemm: next::function(find(c"cblas_sgemm")?),
                qgemm: next::function(find(c"zenblas_qgemm")?),
                gemm: gemm.map(|gemm| next::function(gemm)),
                set_num_threads_local: next::function(find(c"openblas_set_num_threads_local")?),
                get_num_procs: next::function(find(c"openblas_get_num_procs")?),
                set_lender_local: next::function(find(c"zenblas_set_lender_local")?),
                qtype_block: next::function(find(c"zenblas_qtype_block")?),
            })
        }
    }
}

/// The zenblas of this process; loaded now if need be. None if there is none with quantised products.
pub fn get() -> Option<&'static Zenblas> {
    static ZENBLAS: OnceLock<Option<Zenblas>> = OnceLock::new();
    ZENBLAS.get_or_init(|| Zenblas::at(find()?)).as_ref()
}

/// An address in its code.
fn find() -> Option<usize> {
    // SAFETY: texts and handles. What is loaded here is never unloaded.
    unsafe {
        // Linked by the program, perhaps in a library of another name.
        let linked = libc::dlsym(libc::RTLD_DEFAULT, VERSION.as_ptr());
        if !linked.is_null() {
            return Some(linked as usize);
        }
        let mut library = libc::dlopen(SONAME.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD);
        if library.is_null()
            && let Some(path) = beside()
        {
            library = libc::dlopen(path.as_ptr(), libc::RTLD_LAZY);
        }
        if library.is_null() {
            library = libc::dlopen(SONAME.as_ptr(), libc::RTLD_LAZY);
        }
        if library.is_null() {
            return None;
        }
        let version = libc::dlsym(library, VERSION.as_ptr());
        (!version.is_null()).then_some(version as usize)
    }
}

/// The path of the file called [`SONAME`] in the directory of this library.
fn beside() -> Option<CString> {
    let mut info = core::mem::MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: filled where the result is not 0; the name is then a text of the loader's.
    let ours: &CStr = unsafe {
        if libc::dladdr((beside as *const ()).cast(), info.as_mut_ptr()) == 0 {
            return None;
        }
        CStr::from_ptr(info.assume_init().dli_fname.cast::<c_char>())
    };
    let ours = Path::new(std::ffi::OsStr::from_bytes(ours.to_bytes()));
    // A symbolic link to this library may lie anywhere; its target lies with the others.
    let ours = ours.canonicalize().ok()?;
    CString::new(ours.parent()?.join(SONAME.to_str().ok()?).as_os_str().as_bytes()).ok()
}
