//! Error handlers. A wrong argument is reported through `xerbla_` (found in the Fortran routine) or
//! `cblas_xerbla` (a flag of a C call), which the calling program may replace by a function of its own, in the
//! shared library as in the static one: so our own calls go through the public symbols, never straight to the
//! functions below. The same holds for the two ints that the reference sets for these handlers,
//! [`CBLAS_CallFromC`] and [`RowMajorStrg`], which may live in the program.
//!
//! The way of an error is the reference's. `cblas_dgemm` with a wrong size calls `xerbla_("DGEMM ", info)` with
//! the parameter number of the Fortran routine, which for a row-major call is the one of the *swapped*
//! operands. `xerbla_` sees that the call came from C and calls `cblas_xerbla(info + 1, "cblas_dgemm", "")`,
//! and that undoes the swap. Then the call returns with its outputs untouched; nothing ends the program.
//!
//! The reference sets the two ints in every C call. Only handlers read them, so we set them around these,
//! which spares the calls of many threads a contended store.

use super::args::{Bad, Fault, blasint};
use super::flags::{Flag, Layout};
use super::line::{Line, print};
use core::ffi::{CStr, c_char, c_int};
use core::fmt::Write;

/// Non-zero while a handler runs because of a C call.
#[allow(non_upper_case_globals)]
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "CBLAS_CallFromC64_"))]
pub static mut CBLAS_CallFromC: c_int = 0;

/// Non-zero while a handler runs because of a row-major C call.
#[allow(non_upper_case_globals)]
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "RowMajorStrg64_"))]
pub static mut RowMajorStrg: c_int = 0;

/// The address behind a public symbol of ours, which may be in the program.
///
/// rustc takes a symbol of this crate to be the crate's own and binds it at once. The global offset table has
/// the one that the whole program sees. (Architectures without a line here keep rustc's.)
macro_rules! public {
    ($symbol:ident) => {{
        let address: *const ();
        // SAFETY: reads the symbol's slot in the global offset table, which the linker fills before any code
        // runs.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            core::arch::asm!(
                "mov {}, qword ptr [rip + {}@GOTPCREL]",
                out(reg) address,
                sym $symbol,
                options(pure, readonly, nostack, preserves_flags)
            );
        }
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            core::arch::asm!(
                "adrp {0}, :got:{1}",
                "ldr {0}, [{0}, :got_lo12:{1}]",
                out(reg) address,
                sym $symbol,
                options(pure, readonly, nostack, preserves_flags)
            );
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        {
            address = (&raw const $symbol).cast();
        }
        address
    }};
}

type Xerbla = unsafe extern "C" fn(*const u8, *const blasint, usize);
type CblasXerbla = unsafe extern "C" fn(blasint, *const c_char, *const c_char, ...);

/// The program's `xerbla_`, or ours.
pub fn public_xerbla() -> Xerbla {
    let address = public!(xerbla_);
    // SAFETY: a function of that name has this signature.
    unsafe { core::mem::transmute::<*const (), Xerbla>(address) }
}

fn public_cblas_xerbla() -> CblasXerbla {
    let address = public!(cblas_xerbla);
    // SAFETY: a function of that name has this signature, of which ours is the non-variadic equivalent.
    unsafe { core::mem::transmute::<*const (), CblasXerbla>(address) }
}

/// The program's `CBLAS_CallFromC`, or ours.
fn public_call_from_c() -> *mut c_int {
    public!(CBLAS_CallFromC).cast::<c_int>().cast_mut()
}

/// The program's `RowMajorStrg`, or ours.
fn public_row_major() -> *mut c_int {
    public!(RowMajorStrg).cast::<c_int>().cast_mut()
}

/// Tells the handlers, while `report` runs, that a C call is being refused.
fn within_c_call(by_rows: bool, report: impl FnOnce()) {
    let (from_c, row_major) = (public_call_from_c(), public_row_major());
    // SAFETY: two ints that live as long as the process. Threads that report at once may mix up their marks,
    // as in the reference; volatile because the handlers that read them are elsewhere.
    unsafe {
        from_c.write_volatile(1);
        row_major.write_volatile(by_rows.into());
        report();
        from_c.write_volatile(0);
        row_major.write_volatile(0);
    }
}

/// Reports a wrong argument of a Fortran call.
#[cold]
#[inline(never)]
pub fn from_fortran(symbol: &str, bad: Bad) {
    call_xerbla(symbol.trim_end_matches('_'), bad.number);
}

/// Reports a wrong argument of a C call that has the layout as an argument more than the Fortran routine.
#[cold]
#[inline(never)]
pub fn from_c_with_layout(symbol: &str, layout: Flag<Layout>, bad: Bad) {
    let by_rows = layout.get(0) == Ok(Layout::ByRows);
    within_c_call(by_rows, || match bad.fault {
        Fault::Flag(name, value) => call_cblas_xerbla(symbol, bad.number + 1, Some((name, value))),
        Fault::Value => call_xerbla(symbol.trim_start_matches("cblas_"), bad.number),
    });
}

/// Reports a wrong argument of a C call whose arguments are those of the Fortran routine.
#[cold]
#[inline(never)]
pub fn from_c(symbol: &str, bad: Bad) {
    let flag = match bad.fault {
        Fault::Flag(name, value) => Some((name, value)),
        Fault::Value => None,
    };
    within_c_call(false, || call_cblas_xerbla(symbol, bad.number, flag));
}

/// Calls `xerbla_` as a Fortran compiler does: upper-case name, padded with blanks to at least six letters.
fn call_xerbla(routine: &str, number: u8) {
    let mut name = [b' '; 32];
    name[..routine.len()].copy_from_slice(routine.as_bytes());
    name.make_ascii_uppercase();
    // SAFETY: the arguments of the Fortran routine XERBLA.
    unsafe { public_xerbla()(name.as_ptr(), &number.into(), routine.len().max(6)) }
}

fn call_cblas_xerbla(routine: &str, number: u8, flag: Option<(&str, c_int)>) {
    let mut name = Line::new();
    let mut form = Line::new();
    let _ = write!(name, "{routine}\0");
    let value = match flag {
        Some((flag, value)) => {
            let _ = write!(form, "Illegal {flag} setting, %d\n\0");
            value
        }
        None => {
            let _ = write!(form, "\0");
            0
        }
    };
    let (name, form) = (name.as_bytes().as_ptr().cast(), form.as_bytes().as_ptr().cast());
    // SAFETY: the arguments of cblas_xerbla; both strings end with 0.
    unsafe { public_cblas_xerbla()(number.into(), name, form, value) }
}

/// The default Fortran error handler: says on stderr which parameter of which routine was wrong, and returns.
/// For a C call it hands over to `cblas_xerbla`.
///
/// # Safety
/// `name` must point to `len` characters, `info` to the parameter number.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "xerbla_64_"))]
pub unsafe extern "C" fn xerbla_(name: *const u8, info: *const blasint, len: usize) {
    // SAFETY: the caller's promise; the int lives as long as the process.
    let (name, info, from_c) =
        unsafe { (core::slice::from_raw_parts(name, len), *info, public_call_from_c().read_volatile()) };
    let mut line = Line::new();
    let name = name.trim_ascii_end();
    if from_c != 0 {
        let _ = write!(line, "cblas_{}\0", name.to_ascii_lowercase().escape_ascii());
        // SAFETY: the arguments of cblas_xerbla; both strings end with 0.
        unsafe { public_cblas_xerbla()(info + 1, line.as_bytes().as_ptr().cast(), c"".as_ptr()) };
        return;
    }
    let _ = write!(
        line,
        " ** On entry to {} parameter number {info:2} had an illegal value",
        name.escape_ascii()
    );
    line.print();
}

/// The default C error handler: says on stderr which parameter of which routine was wrong, prints `form` with
/// the arguments that follow it, and returns.
///
/// C declares it with `...`; here are the first three such arguments, integers or addresses, which every
/// supported calling convention passes alike.
///
/// # Safety
/// As for C's `printf(form, ...)`; `routine` must be a C string.
#[cfg_attr(not(feature = "ilp64"), unsafe(no_mangle))]
#[cfg_attr(feature = "ilp64", unsafe(export_name = "cblas_xerbla_64"))]
pub unsafe extern "C" fn cblas_xerbla(
    number: blasint,
    routine: *const c_char,
    form: *const c_char,
    first: usize,
    second: usize,
    third: usize,
) {
    if number != 0 && !routine.is_null() {
        // SAFETY: the caller's promise; the int lives as long as the process.
        let (routine, by_rows) =
            unsafe { (CStr::from_ptr(routine).to_bytes(), public_row_major().read_volatile() != 0) };
        let number = if by_rows { row_major_number(number, routine) } else { number };
        let mut line = Line::new();
        let _ = write!(line, "Parameter {number} to routine {} was incorrect", routine.escape_ascii());
        line.print();
    }
    if !form.is_null() {
        let mut text = [0; 256];
        // SAFETY: the caller's promise; writes no more than fits, with a 0 at the end.
        let text = unsafe {
            libc::snprintf(text.as_mut_ptr(), text.len(), form, first, second, third);
            CStr::from_ptr(text.as_ptr())
        };
        print(text.to_bytes());
    }
}

/// OpenBLAS's spelling of [`cblas_xerbla`].
///
/// # Safety
/// As for [`cblas_xerbla`].
#[cfg(feature = "ilp64")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cblas_xerbla64_(
    number: blasint,
    routine: *const c_char,
    form: *const c_char,
    first: usize,
    second: usize,
    third: usize,
) {
    // SAFETY: the caller's promise.
    unsafe { public_cblas_xerbla()(number, routine, form, first, second, third) }
}

/// The position in the C call of what Fortran counts as argument `number - 1` of the swapped call that stands
/// for a row-major one.
fn row_major_number(number: blasint, routine: &[u8]) -> blasint {
    let routine = routine.strip_prefix(b"cblas_").unwrap_or(routine);
    // Only routines of the reference's types are checked as the reference checks them.
    let operation = match routine.split_first() {
        Some((b's' | b'd' | b'c' | b'z', operation)) => operation,
        _ => b"",
    };
    let swapped: &[(blasint, blasint)] = match operation {
        b"gemm" | b"gemm3m" | b"gemm_batch" => &[(4, 5), (9, 11)],
        b"gemm_batch_strided" => &[(4, 5), (9, 12)],
        b"gemmtr" | b"gemmt" => &[(9, 11)],
        b"symm" | b"hemm" => &[(4, 5)],
        b"trmm" | b"trsm" => &[(6, 7)],
        b"gemv" => &[(3, 4)],
        b"gbmv" => &[(3, 4), (5, 6)],
        b"ger" | b"geru" | b"gerc" => &[(2, 3), (6, 8)],
        b"her2" | b"hpr2" => &[(6, 8)],
        _ => &[],
    };
    let other = swapped.iter().find_map(|&(a, b)| match number {
        _ if number == a => Some(b),
        _ if number == b => Some(a),
        _ => None,
    });
    other.unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_major_numbers_are_positions_in_the_c_call() {
        // cblas_dgemm(layout, transa, transb, m, n, k, alpha, a, lda, b, ldb, ...): Fortran's M is C's n.
        assert_eq!(row_major_number(4, b"cblas_dgemm"), 5);
        assert_eq!(row_major_number(9, b"cblas_dgemm"), 11);
        assert_eq!(row_major_number(6, b"cblas_dgemm"), 6);
        assert_eq!(row_major_number(4, b"cblas_sgemmtr"), 4);
        assert_eq!(row_major_number(8, b"cblas_zgerc"), 6);
        assert_eq!(row_major_number(7, b"cblas_ctrsm"), 6);
        assert_eq!(row_major_number(3, b""), 3);
        assert_eq!(row_major_number(4, b"cblas_bgemm"), 4);
    }
}
