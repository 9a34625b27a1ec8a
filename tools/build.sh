#!/usr/bin/env bash
# Compile zenblas and lay the libraries out in build/lib: the shared library under its versioned names, the
# archive, the thin libblas.so.3 and the shim for llama.cpp. ILP64=1 builds the 64-bit integer library into
# build/lib64_ instead.
. "$(dirname "$0")/common.sh"

need cargo "Rust 1.89 or newer: https://rustup.rs"
need "${CC:-cc}" "a C compiler links the libraries: apt install gcc"

# Cargo says itself where it put the files, whatever target directory or triple is configured.
arguments=(build --release --locked --lib --message-format=json-render-diagnostics)
[ -z "$ilp64" ] || arguments+=(--features ilp64 --target-dir "$root/build/cargo64_")
[ -n "$ilp64" ] || [ "$(uname -m)" != x86_64 ] || arguments+=(-p zenblas -p zenblas-ggml)
messages=$(cargo "${arguments[@]}")
artifact() {
    grep -o "\"[^\"]*/lib$1\"" <<<"$messages" | tail -1 | tr -d '"'
}

rm -rf "$out"
mkdir -p "$out"
cp "$(artifact zenblas.so)" "$out/lib$name.so.$version"
strip --strip-debug "$out/lib$name.so.$version"
ln -s "lib$name.so.$version" "$out/lib$name.so.$abi"
ln -s "lib$name.so.$abi" "$out/lib$name.so"
tools/archive.sh "$(artifact zenblas.a)" "$out/lib$name.so" "$out/lib$name.a"

if [ -z "$ilp64" ]; then
    tools/thin.sh libblas.so.3 "$out/libblas.so.3" "\$ORIGIN" "$out/libzenblas.so"
    ln -s libblas.so.3 "$out/libblas.so"
    ln -s libzenblas.a "$out/libblas.a"
    shim=$(artifact zenblas_ggml.so)
    [ -z "$shim" ] || strip --strip-debug "$shim" -o "$out/libzenblas_ggml.so"
fi
echo "built $out"
