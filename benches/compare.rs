//! zenblas against other BLAS libraries in the same run: GFLOP/s of each, and the ratio to the best of the others.
//!
//! ```text
//! ZENBLAS_RIVALS=openblas=/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0 cargo bench --bench compare
//! cargo bench --bench compare -- dgemm 512 1024        only names that contain dgemm; these sizes
//! ```
//!
//! `ZENBLAS_RIVALS` is a list `name=file,name=file`; `COMPARE_THREADS` the number of threads (1). Libraries take turns,
//! each in a process of its own, so that no runtime and no idle thread of one disturbs another; the best of several
//! rounds counts. Names that a library lacks (also with the prefix `scipy_`) show as a dash.

#![allow(missing_docs)]

use std::ffi::{CString, c_char, c_int, c_void};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use zenblas::scalar::{Real, Scalar, c32, c64};

const ROUNDS: usize = 5;
/// How long a round calls one routine of one library.
const ROUND: Duration = Duration::from_millis(40);
const SIZES: [usize; 9] = [8, 16, 32, 64, 128, 256, 512, 1000, 2048];

const COL_MAJOR: c_int = 102;
const NO: c_int = 111;
const TRANS: c_int = 112;
const LOWER: c_int = 122;
const NON_UNIT: c_int = 131;
const LEFT: c_int = 141;

/// A scalar argument: real ones by value, complex ones by address.
trait Passed: Scalar {
    type By;
    fn pass(&self) -> Self::By;
}
macro_rules! passed {
    ($($type:ty: $by:ty, $pass:expr;)*) => {$(
        impl Passed for $type {
            type By = $by;
            fn pass(&self) -> $by { $pass(self) }
        }
    )*};
}
passed! {
    f32: f32, |x: &f32| *x;
    f64: f64, |x: &f64| *x;
    c32: *const c32, core::ptr::from_ref;
    c64: *const c64, core::ptr::from_ref;
}

/// The address of a routine in a library, or in this program where `library` is null.
type Find<'a> = &'a dyn Fn(&str) -> *mut c_void;

/// GFLOP/s of `op` ("dgemm:tn") at size n; None where the library lacks it.
fn measure(find: Find, op: &str, n: usize) -> Option<f64> {
    match op.as_bytes()[0] {
        b's' => measure_type::<f32>(find, op, n),
        b'd' => measure_type::<f64>(find, op, n),
        b'c' => measure_type::<c32>(find, op, n),
        _ => measure_type::<c64>(find, op, n),
    }
}

fn measure_type<T: Passed>(find: Find, op: &str, n: usize) -> Option<f64> {
    let (name, variant) = op.split_once(':').unwrap_or((op, ""));
    let routine = find(&format!("cblas_{name}"));
    if routine.is_null() {
        return None;
    }
    let number = |i: usize| T::from_real(T::Real::from_f64(((i * 7919 + 13) % 64) as f64 / 64.0 - 0.5));
    let mut a: Vec<T> = (0..n * n).map(number).collect();
    // Triangular solves, again and again of the same right-hand sides, must neither grow nor vanish.
    let dominant = name.ends_with("trsm");
    for i in (0..n).filter(|_| dominant) {
        for j in 0..n {
            a[i * n + j] = if i == j { T::ONE } else { T::ZERO };
        }
    }
    let b: Vec<T> = (0..n * n).map(|i| number(i + 5)).collect();
    let mut c = b.clone();
    let (pa, pb, pc, ld) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), n as c_int);
    let (one, zero) = (T::ONE, T::ZERO);
    let trans = |at: usize| if variant.as_bytes().get(at) == Some(&b't') { TRANS } else { NO };
    let cube = (n as f64).powi(3) * (T::PARTS * T::PARTS) as f64;
    // SAFETY: the routine of that name has this signature, and the arrays are n x n.
    unsafe {
        Some(match &name[1..] {
            "gemm" => {
                type F<T> = unsafe extern "C" fn(
                    c_int,
                    c_int,
                    c_int,
                    c_int,
                    c_int,
                    c_int,
                    <T as Passed>::By,
                    *const T,
                    c_int,
                    *const T,
                    c_int,
                    <T as Passed>::By,
                    *mut T,
                    c_int,
                );
                let f: F<T> = core::mem::transmute(routine);
                rate(2.0 * cube, || {
                    f(
                        COL_MAJOR,
                        trans(0),
                        trans(1),
                        ld,
                        ld,
                        ld,
                        one.pass(),
                        pa,
                        ld,
                        pb,
                        ld,
                        zero.pass(),
                        pc,
                        ld,
                    );
                })
            }
            "syrk" => {
                type F<T> = unsafe extern "C" fn(
                    c_int,
                    c_int,
                    c_int,
                    c_int,
                    c_int,
                    <T as Passed>::By,
                    *const T,
                    c_int,
                    <T as Passed>::By,
                    *mut T,
                    c_int,
                );
                let f: F<T> = core::mem::transmute(routine);
                rate(cube, || f(COL_MAJOR, LOWER, trans(0), ld, ld, one.pass(), pa, ld, zero.pass(), pc, ld))
            }
            _ => {
                type F<T> = unsafe extern "C" fn(
                    c_int,
                    c_int,
                    c_int,
                    c_int,
                    c_int,
                    c_int,
                    c_int,
                    <T as Passed>::By,
                    *const T,
                    c_int,
                    *mut T,
                    c_int,
                );
                let f: F<T> = core::mem::transmute(routine);
                rate(cube, || {
                    f(COL_MAJOR, LEFT, LOWER, trans(0), NON_UNIT, ld, ld, one.pass(), pa, ld, pc, ld)
                })
            }
        })
    }
}

/// Calls for a round, and says the GFLOP/s.
fn rate(flops: f64, mut call: impl FnMut()) -> f64 {
    call();
    let (start, mut calls, mut step) = (Instant::now(), 0, 1);
    loop {
        (0..step).for_each(|_| call());
        calls += step;
        let elapsed = start.elapsed();
        if elapsed >= ROUND {
            return flops * calls as f64 / elapsed.as_nanos() as f64;
        }
        step = if elapsed < ROUND / 16 { 2 * step } else { step };
    }
}

/// The process of one library: answers each line "op n" with its GFLOP/s, 0 where it lacks the routine.
fn serve(file: &str) {
    let library = if file.is_empty() { core::ptr::null_mut() } else { open(file) };
    let find = |name: &str| {
        let symbol = |name: &str| {
            let name = CString::new(name).unwrap();
            // SAFETY: the library is open.
            unsafe { libc::dlsym(library, name.as_ptr()) }
        };
        if library.is_null() {
            return own(name);
        }
        let plain = symbol(name);
        if plain.is_null() { symbol(&format!("scipy_{name}")) } else { plain }
    };
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let (op, n) = line.split_once(' ').expect("op and size");
        println!("{}", measure(&find, op, n.parse().expect("a size")).unwrap_or(0.0));
    }
}

fn open(file: &str) -> *mut c_void {
    let name = CString::new(file).unwrap();
    // SAFETY: loads a library that the user names.
    let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    if library.is_null() {
        // SAFETY: a C string of the loader's, after a call that failed.
        let why = unsafe { core::ffi::CStr::from_ptr(libc::dlerror().cast::<c_char>()) };
        eprintln!("{file}: {}", why.to_string_lossy());
        std::process::exit(1);
    }
    library
}

/// zenblas's own routines.
fn own(name: &str) -> *mut c_void {
    use zenblas::interface::blas3::*;
    macro_rules! table {
        ($($routine:ident)*) => {
            match name {
                $(stringify!($routine) => $routine as *mut c_void,)*
                _ => core::ptr::null_mut(),
            }
        };
    }
    table! {
        cblas_sgemm cblas_dgemm cblas_cgemm cblas_zgemm
        cblas_ssyrk cblas_dsyrk cblas_csyrk cblas_zsyrk
        cblas_strsm cblas_dtrsm cblas_ctrsm cblas_ztrsm
        cblas_strmm cblas_dtrmm cblas_ctrmm cblas_ztrmm
    }
}

struct Library {
    name: String,
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Library {
    fn start(name: &str, file: &str, threads: &str) -> Library {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--serve", file]).stdin(Stdio::piped()).stdout(Stdio::piped());
        for variable in ["ZENBLAS", "OPENBLAS", "OMP", "MKL", "BLIS"] {
            command.env(format!("{variable}_NUM_THREADS"), threads);
        }
        let mut process = command.spawn().expect("a process for each library");
        let (ask, answers) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Library { name: name.into(), process, ask, answers }
    }

    fn measure(&mut self, op: &str, n: usize) -> f64 {
        let mut answer = String::new();
        let asked = writeln!(self.ask, "{op} {n}").and_then(|()| self.answers.read_line(&mut answer));
        asked.ok().and_then(|_| answer.trim().parse().ok()).unwrap_or(0.0)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let [serving, file] = arguments.as_slice()
        && serving == "--serve"
    {
        return serve(file);
    }
    let sizes: Vec<usize> = arguments.iter().filter_map(|a| a.parse().ok()).collect();
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { sizes };
    let wanted: Vec<&String> = arguments.iter().filter(|a| a.parse::<usize>().is_err()).collect();
    let threads = std::env::var("COMPARE_THREADS").unwrap_or_else(|_| "1".into());
    let rivals = std::env::var("ZENBLAS_RIVALS").unwrap_or_default();
    let mut libraries = vec![Library::start("zenblas", "", &threads)];
    for (name, file) in rivals.split(',').filter_map(|rival| rival.split_once('=')) {
        libraries.push(Library::start(name, file, &threads));
    }
    print!("{:10} {:>6}", "routine", "n");
    libraries.iter().for_each(|library| print!(" {:>10.10}", library.name));
    println!("  ratio   (GFLOP/s, {threads} threads)");
    for op in ["gemm:nn", "gemm:tn", "gemm:nt", "syrk", "trmm", "trsm"] {
        for op in ["s", "d", "c", "z"].map(|letter| format!("{letter}{op}")) {
            if !wanted.is_empty() && !wanted.iter().any(|part| op.contains(part.as_str())) {
                continue;
            }
            for &n in &sizes {
                let mut best = vec![0.0; libraries.len()];
                for _ in 0..ROUNDS {
                    for (library, best) in libraries.iter_mut().zip(&mut best) {
                        *best = f64::max(*best, library.measure(&op, n));
                    }
                }
                print!("{op:10} {n:6}");
                best.iter().for_each(|&x| if x > 0.0 { print!(" {x:10.2}") } else { print!(" {:>10}", "-") });
                let other = best[1..].iter().copied().fold(0.0, f64::max);
                println!("{}", if other > 0.0 { format!(" {:6.2}", best[0] / other) } else { String::new() });
            }
        }
    }
    for mut library in libraries {
        drop(library.ask);
        let _ = library.process.wait();
    }
}
