#!/usr/bin/env bash
# Compile zenblas and lay the libraries out in build/lib: the shared library under its versioned names, the
# archive, and the thin libblas.so.3. ILP64=1 builds the 64-bit integer library into build/lib64_ instead.
. "$(dirname "$0")/common.sh"

need cargo "Rust 1.89 or newer: https://rustup.rs"
need "${CC:-cc}" "a C compiler links the libraries: apt install gcc"

# Cargo says itself where it put the files, whatever target directory or triple is configured.
arguments=(build --release --locked --lib --message-format=json-render-diagnostics)
[ -z "$ilp64" ] || arguments+=(--features ilp64 --target-dir "$root/build/cargo64_")
messages=$(cargo "${arguments[@]}")
artifact() {
    grep -o "\"[^\"]*/libzenblas\\.$1\"" <<<"$messages" | tail -1 | tr -d '"'
}

rm -rf "$out"
mkdir -p "$out"
cp "$(artifact so)" "$out/lib$name.so.$version"
strip --strip-debug "$out/lib$name.so.$version"
ln -s "lib$name.so.$version" "$out/lib$name.so.$abi"
ln -s "lib$name.so.$abi" "$out/lib$name.so"
tools/archive.sh "$(artifact a)" "$out/lib$name.so" "$out/lib$name.a"

if [ -z "$ilp64" ]; then
    tools/thin.sh libblas.so.3 "$out/libblas.so.3" "\$ORIGIN" "$out/libzenblas.so"
    ln -s libblas.so.3 "$out/libblas.so"
    ln -s libzenblas.a "$out/libblas.a"
fi
echo "built $out"
