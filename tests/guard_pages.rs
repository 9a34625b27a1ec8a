//! Level 3 with every operand against an unmapped page, behind it and before it, on every ISA: a kernel that
//! reads or writes one element too many dies.

#![cfg(not(feature = "ilp64"))] // declares the 32-bit interface

use std::ffi::{CStr, c_char, c_int, c_void};
use std::process::Command;
use zenblas as _; // the symbols below

type Gemm = unsafe extern "C" fn(
    *const c_char,
    *const c_char,
    *const c_int,
    *const c_int,
    *const c_int,
    *const c_void,
    *const c_void,
    *const c_int,
    *const c_void,
    *const c_int,
    *const c_void,
    *mut c_void,
    *const c_int,
);
type Triangular = unsafe extern "C" fn(
    *const c_char,
    *const c_char,
    *const c_char,
    *const c_char,
    *const c_int,
    *const c_int,
    *const c_void,
    *const c_void,
    *const c_int,
    *mut c_void,
    *const c_int,
);

/// symm and syr2k: two flags, two sizes, A and B, C.
type Symmetric = unsafe extern "C" fn(
    *const c_char,
    *const c_char,
    *const c_int,
    *const c_int,
    *const c_void,
    *const c_void,
    *const c_int,
    *const c_void,
    *const c_int,
    *const c_void,
    *mut c_void,
    *const c_int,
);

unsafe extern "C" {
    fn sgemm_();
    fn dgemm_();
    fn cgemm_();
    fn zgemm_();
    fn strsm_();
    fn dtrsm_();
    fn ctrsm_();
    fn ztrsm_();
    fn strmm_();
    fn dtrmm_();
    fn ctrmm_();
    fn ztrmm_();
    fn ssymm_();
    fn dsymm_();
    fn csymm_();
    fn zsymm_();
    fn ssyr2k_();
    fn dsyr2k_();
    fn csyr2k_();
    fn zsyr2k_();
}

type Symbol = unsafe extern "C" fn();

/// The routines of a type.
struct Routines {
    gemm: Symbol,
    triangular: [Symbol; 2],
    symm: Symbol,
    syr2k: Symbol,
}

const PAGE: usize = 4096;

/// Bytes of memory between two unmapped pages, flush with one of them.
struct Guarded {
    map: *mut c_void,
    length: usize,
    start: *mut u8,
}

impl Guarded {
    /// Filled with ones of a real type of `real` bytes.
    fn new(bytes: usize, at_end: bool, real: usize) -> Guarded {
        let inside = bytes.next_multiple_of(PAGE).max(PAGE);
        let length = inside + 2 * PAGE;
        // SAFETY: a fresh mapping, of which the pages but the first and the last become usable.
        unsafe {
            let map = libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            assert_ne!(map, libc::MAP_FAILED);
            let first = map.cast::<u8>().add(PAGE);
            assert_eq!(libc::mprotect(first.cast(), inside, libc::PROT_READ | libc::PROT_WRITE), 0);
            let start = if at_end { first.add(inside - bytes) } else { first };
            for at in (0..bytes).step_by(real) {
                match real {
                    4 => start.add(at).cast::<f32>().write_unaligned(1.0),
                    _ => start.add(at).cast::<f64>().write_unaligned(1.0),
                }
            }
            Guarded { map, length, start }
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the mapping of `new`.
        unsafe { libc::munmap(self.map, self.length) };
    }
}

/// One product with exactly the memory that the sizes say.
fn product(
    gemm: Symbol,
    [m, n, k]: [usize; 3],
    one: *const c_void,
    new: &impl Fn(usize) -> Guarded,
    (ta, tb): (&CStr, &CStr),
) {
    // SAFETY: the symbol has this signature.
    let gemm: Gemm = unsafe { std::mem::transmute(gemm) };
    let (a, b, c) = (new(m * k), new(n * k), new(m * n));
    let (rows_a, rows_b) = (if ta == c"N" { m } else { k }, if tb == c"N" { k } else { n });
    let [m, n, k, lda, ldb] = [m, n, k, rows_a, rows_b].map(|x| x as c_int);
    // SAFETY: the operands have exactly the sizes that the arguments say.
    unsafe {
        gemm(
            ta.as_ptr(),
            tb.as_ptr(),
            &m,
            &n,
            &k,
            one,
            a.start.cast(),
            &lda,
            b.start.cast(),
            &ldb,
            one,
            c.start.cast(),
            &m,
        )
    };
}

/// Runs all cases of one type; `size` bytes an element, `real` bytes a real.
fn all_cases(routines: &Routines, size: usize, real: usize) {
    let one_f32 = [1.0f32, 0.0];
    let one_f64 = [1.0f64, 0.0];
    let one: *const c_void = if real == 4 { one_f32.as_ptr().cast() } else { one_f64.as_ptr().cast() };
    // SAFETY: the symbols have this signature.
    let [symm, syr2k]: [Symmetric; 2] =
        unsafe { [routines.symm, routines.syr2k].map(|symbol| std::mem::transmute(symbol)) };
    let sizes = [1usize, 2, 7, 16, 25, 49, 66];
    let all_trans = [(c"N", c"N"), (c"T", c"N"), (c"N", c"T"), (c"C", c"C")];
    for at_end in [false, true] {
        let new = |elements: usize| Guarded::new(elements * size, at_end, real);
        // Few rows or columns beside an operand that no near cache holds.
        for sizes in [[3, 601, 703], [601, 3, 703], [601, 29, 703]] {
            for trans in all_trans {
                product(routines.gemm, sizes, one, &new, trans);
            }
        }
        for (m, n, k) in sizes.iter().flat_map(|&m| sizes.iter().map(move |&n| (m, n, (m * 5 + n) % 71 + 1)))
        {
            for trans in all_trans {
                product(routines.gemm, [m, n, k], one, &new, trans);
            }
            for (uplo, other) in [(c"U", c"L"), (c"L", c"R"), (c"U", c"N"), (c"L", c"T")] {
                let ranks = other == c"N" || other == c"T";
                let order = if other == c"R" { n } else { m };
                let (a, b, c) = if ranks {
                    (new(m * k), new(m * k), new(m * m))
                } else {
                    (new(order * order), new(m * n), new(m * n))
                };
                let ld_ranks = if other == c"T" { k } else { m };
                let [m, n, k, order, ld_ranks] = [m, n, k, order, ld_ranks].map(|x| x as c_int);
                let (a, b, c) = (a.start.cast(), b.start.cast(), c.start.cast());
                // SAFETY: the operands have exactly the sizes that the arguments say.
                unsafe {
                    if ranks {
                        let (uplo, trans) = (uplo.as_ptr(), other.as_ptr());
                        syr2k(uplo, trans, &m, &k, one, a, &ld_ranks, b, &ld_ranks, one, c, &m);
                    } else {
                        let (side, uplo) = (other.as_ptr(), uplo.as_ptr());
                        symm(side, uplo, &m, &n, one, a, &order, b, &m, one, c, &m);
                    }
                }
            }
            for routine in routines.triangular {
                // SAFETY: the symbols have this signature.
                let routine: Triangular = unsafe { std::mem::transmute(routine) };
                for side in [c"L", c"R"] {
                    for (uplo, trans) in [(c"U", c"N"), (c"L", c"N"), (c"U", c"T"), (c"L", c"T")] {
                        let order = if side == c"L" { m } else { n };
                        let (a, b) = (new(order * order), new(m * n));
                        let [m, n, order] = [m, n, order].map(|x| x as c_int);
                        // SAFETY: the operands have exactly the sizes that the arguments say.
                        unsafe {
                            routine(
                                side.as_ptr(),
                                uplo.as_ptr(),
                                trans.as_ptr(),
                                c"N".as_ptr(),
                                &m,
                                &n,
                                one,
                                a.start.cast(),
                                &order,
                                b.start.cast(),
                                &m,
                            )
                        };
                    }
                }
            }
        }
    }
}

/// Does the work of the test below, in a process of its own where `ZENBLAS_ISA` says which ISA.
#[test]
fn on_the_isa_of_this_process() {
    let types = [
        (Routines { gemm: sgemm_, triangular: [strsm_, strmm_], symm: ssymm_, syr2k: ssyr2k_ }, 4, 4),
        (Routines { gemm: dgemm_, triangular: [dtrsm_, dtrmm_], symm: dsymm_, syr2k: dsyr2k_ }, 8, 8),
        (Routines { gemm: cgemm_, triangular: [ctrsm_, ctrmm_], symm: csymm_, syr2k: csyr2k_ }, 8, 4),
        (Routines { gemm: zgemm_, triangular: [ztrsm_, ztrmm_], symm: zsymm_, syr2k: zsyr2k_ }, 16, 8),
    ];
    for (routines, size, real) in types {
        all_cases(&routines, size, real);
    }
}

#[test]
fn on_every_isa() {
    let this = std::env::current_exe().expect("the path of this test");
    for isa in ["avx512", "avx2", "portable"] {
        // Small blocks and two threads for the packed loops, one thread for tiles straight from memory.
        for (blocks, threads) in [("48,16,24", "2"), ("100000,100000,100000", "1")] {
            let status = Command::new(&this)
                .args(["--exact", "on_the_isa_of_this_process"])
                .envs([
                    ("ZENBLAS_ISA", isa),
                    ("ZENBLAS_BLOCKS", blocks),
                    ("ZENBLAS_NUM_THREADS", threads),
                    ("ZENBLAS_THREAD_ALWAYS", "1"),
                ])
                .status()
                .expect("this test runs again");
            assert!(status.success(), "{isa}, blocks {blocks}: {status}");
        }
    }
}
