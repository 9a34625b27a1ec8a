//! Link arguments of the shared library: its soname, and that it stays loaded once loaded.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libzenblas_ggml.so");
        // Its recorders and the line at exit are called by others.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
