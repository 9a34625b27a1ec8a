#!/usr/bin/env bash
# Install below build/ and use the installed tree the ways people do: plain flags, pkg-config, CMake; shared and
# static; with handlers of their own. Then check that uninstalling leaves nothing. Needs no root; fetches cmake with
# pip where none is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
tests=$root/tests/install
work=$root/build/install-test
stage=$work/stage
prefix=/opt/zenblas-test # staged below DESTDIR, so never really there
lib=$stage$prefix/lib
include=$stage$prefix/include
count=0
failed=0

# try LABEL COMMAND...: run it and keep score; its output is shown when it fails.
try() {
    local label=$1
    shift
    count=$((count + 1))
    if ! "$@" >"$work/log" 2>&1; then
        failed=$((failed + 1))
        echo "FAILED: $label"
        sed 's/^/    /' "$work/log"
    fi
}

# compiled SOURCE FLAGS...: compile, link and run one of the programs; SOURCE may carry a flag of its own.
compiled() {
    local source=$1
    shift
    # shellcheck disable=SC2086
    "${CC:-cc}" -Wall -Wextra -Werror -x "${language:-c}" "$tests"/$source -x none "$@" -o "$work/a.out" && "$work/a.out"
}

as_cxx() {
    local language=c++
    compiled "$@" -pedantic
}

# needs SONAME: the program compiled last asks the loader for this name.
needs() {
    grep -qF "NEEDED)             Shared library: [$1]" <<<"$(readelf -d "$work/a.out")"
}

installing() { make -s "$@" PREFIX="$prefix" DESTDIR="$stage" LIBDIR= INCLUDEDIR= NAMEDIR="$prefix/lib"; }

rm -rf "$work"
mkdir -p "$work"
installing install >/dev/null
rpath=-Wl,-rpath,$lib

# -- plain flags --
for source in program.c handlers.c "handlers.c -DC_HANDLER"; do
    try "$source -lblas" compiled "$source" -I"$include" -L"$lib" -lblas "$rpath"
    try "$source records libblas.so.3" needs libblas.so.3
    try "$source -lopenblas" compiled "$source" -I"$include" -L"$lib" -lopenblas "$rpath"
    try "$source records libopenblas.so.0" needs libopenblas.so.0
    try "$source -lzenblas" compiled "$source" -I"$include" -L"$lib" -lzenblas "$rpath"
    try "$source -lblas -lopenblas -lzenblas" compiled "$source" -I"$include" -L"$lib" -Wl,--no-as-needed -lblas -lopenblas -lzenblas "$rpath"
    try "$source, not position independent" compiled "$source" -no-pie -I"$include" -L"$lib" -lblas "$rpath"
    try "$source libblas.a" compiled "$source" -I"$include" "$lib/libblas.a"
    try "$source libblas.a, nothing shared" compiled "$source" -static -I"$include" "$lib/libblas.a"
    try "$source libopenblas.a" compiled "$source" -I"$include" "$lib/libopenblas.a"
done
try "as C++" as_cxx program.c -I"$include" -L"$lib" -lblas "$rpath"
try "as C++, static" as_cxx program.c -I"$include" "$lib/libblas.a"

example=../../examples/quantised_layer.c
try "the example in C" compiled $example -I"$include" -L"$lib" -lzenblas "$rpath" -lm
try "the example in C, static" compiled $example -I"$include" "$lib/libzenblas.a" -lm

# -- one copy of the code, whatever the name --
try "names.c compiles" "${CC:-cc}" "$tests/names.c" -o "$work/names"
try "dlopen, several names" "$work/names" "$lib/libblas.so.3" "$lib/libopenblas.so.0" "$lib/libzenblas.so.0" "$lib/libblas.so"
try "dlopen, other order" "$work/names" "$lib/libopenblas.so" "$lib/libzenblas.so" "$lib/libblas.so.3"
try "preloaded" env LD_PRELOAD="$lib/libblas.so.3" "$work/names" "$lib/libzenblas.so.0" "$lib/libopenblas.so.0"

# -- LAPACK behind libopenblas.so.0, where the reference LAPACK is installed --
if [ -e "$lib/liblapack.so.3" ]; then
    cat >"$work/lapack.c" <<'END'
void dpotrf_(const char *, const int *, double *, const int *, int *, unsigned long);
int main(void) {
    double a[4] = {4, 2, 2, 10};
    int n = 2, info = -1;
    dpotrf_("L", &n, a, &n, &info, 1);
    return !(info == 0 && a[0] == 2 && a[1] == 1 && a[3] == 3);
}
END
    try "LAPACK through -lopenblas" "${CC:-cc}" "$work/lapack.c" -L"$lib" -lopenblas "$rpath" -o "$work/a.out"
    try "LAPACK through -lopenblas runs" "$work/a.out"
fi

# -- a second Rust archive --
try "other.rs compiles" rustc --edition 2024 --crate-type staticlib -O "$tests/other.rs" -o "$work/libother.a"
try "two Rust archives" compiled two.c -I"$include" "$lib/libblas.a" "$work/libother.a"
try "two Rust archives, other order" compiled two.c -I"$include" "$work/libother.a" "$lib/libblas.a"

# -- pkg-config --
export PKG_CONFIG_SYSROOT_DIR=$stage PKG_CONFIG_LIBDIR=$lib/pkgconfig
for module in blas cblas openblas zenblas; do
    # shellcheck disable=SC2046
    try "pkg-config $module" compiled program.c $(pkg-config --cflags --libs $module) "$rpath"
    # shellcheck disable=SC2046
    try "pkg-config --static $module" compiled handlers.c -static $(pkg-config --static --cflags --libs $module)
done
unset PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR
try "no openblas64.pc beside 32-bit integers" test ! -e "$lib/pkgconfig/openblas64.pc"

# -- CMake --
cmake=$(command -v cmake || true)
if [ -z "$cmake" ]; then
    [ -e build/tools/bin/cmake ] || python3 -m pip install -q --target build/tools cmake ||
        { echo "install cmake, or pip to fetch it" && exit 1; }
    export PYTHONPATH=$root/build/tools
    cmake=$root/build/tools/bin/cmake
fi
# project OPTIONS...: configure, build, run; the libraries must be those of the staged tree.
project() {
    local tree=$work/cmake
    rm -rf "$tree"
    "$cmake" -S "$tests/cmake" -B "$tree" -DCMAKE_PREFIX_PATH="$stage$prefix" "$@" | tee "$work/configured" &&
        { grep -q "libraries: $stage$prefix" "$work/configured" || grep -qE 'libraries: (zenblas|OpenBLAS)::' "$work/configured"; } &&
        "$cmake" --build "$tree" && "$tree/program" && "$tree/handlers" && "$tree/c_handlers"
}
for vendor in Generic OpenBLAS; do
    try "find_package(BLAS), $vendor" project -DFIND=BLAS -DBLA_VENDOR=$vendor
    try "find_package(BLAS), $vendor, static" project -DFIND=BLAS -DBLA_VENDOR=$vendor -DBLA_STATIC=ON
done
for package in OpenBLAS OpenBLAS-target zenblas zenblas-static; do
    try "find_package, $package" project -DFIND=$package
done

# -- 64-bit integers, where that library is built --
if [ -e build/lib64_ ]; then
    installing install ILP64=1 >/dev/null
    wide=(-DZENBLAS_ILP64 -I"$include")
    for source in program.c handlers.c "handlers.c -DC_HANDLER"; do
        try "$source, 64-bit integers" compiled "$source" "${wide[@]}" -L"$lib" -lzenblas64_ "$rpath"
        try "$source, 64-bit integers, static" compiled "$source" "${wide[@]}" "$lib/libzenblas64_.a"
    done
    try "uninstalling the 64-bit library" installing uninstall ILP64=1
    try "the other is still there" compiled program.c -I"$include" -L"$lib" -lblas "$rpath"
fi

# -- installing again, other people's files, uninstalling --
try "installing again" installing install
installing uninstall >/dev/null
try "nothing is left" test -z "$(find "$stage" ! -type d)"
mkdir -p "$include"
echo "somebody's" >"$include/cblas.h"
stopped() { ! installing install && [ ! -e "$lib/libblas.so.3" ]; }
try "a foreign file stops the installation" stopped
try "the foreign file is untouched" grep -q "somebody's" "$include/cblas.h"

echo "$((count - failed)) passed, $failed failed"
[ "$failed" = 0 ]
