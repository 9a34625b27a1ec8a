//! Link arguments of the shared library: its soname, and that it stays loaded once loaded.
//!
//! Cargo runs this before it compiles the crate. The archive and the Rust library are not affected.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    // The ABI number of the soname is 0 for as long as the major version is.
    let abi = env::var("CARGO_PKG_VERSION_MAJOR").expect("cargo sets the package version");
    let name = if env::var_os("CARGO_FEATURE_ILP64").is_some() { "zenblas64_" } else { "zenblas" };
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,lib{name}.so.{abi}");
    // Worker threads outlive a dlclose; unmapping the code under them would crash the process.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
