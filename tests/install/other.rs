//! A second Rust archive, to be linked into one program with libblas.a: their Rust libraries must not clash.

/// Uses enough of the standard library to bring most of it along.
#[unsafe(no_mangle)]
pub extern "C" fn other_library(n: i32) -> i32 {
    let words: Vec<String> = (0..n).map(|i| format!("{i}")).collect();
    std::thread::spawn(move || words.len() as i32).join().unwrap_or(-1)
}
