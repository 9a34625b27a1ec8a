#!/usr/bin/env bash
# alternatives.sh on|off: register the installed libraries with Debian's update-alternatives, or undo it.
#
# `on` offers them under the names libblas.so.3 and libopenblas.so.0 (and the development names) with a priority
# above OpenBLAS's and selects them. With them goes the reference LAPACK: OpenBLAS's liblapack.so.3 imports private
# symbols of OpenBLAS's own libopenblas.so.0 and would break behind ours, the reference one calls any libblas.so.3.
# What was selected before is noted down, and `off` puts it back: the same choice, automatic or manual.
. "$(dirname "$0")/common.sh"

saved=$libdir/zenblas/alternatives
priority=110 # Debian's OpenBLAS has 100, 95 and 90
system=/usr/lib/$triple
lapack_group=liblapack.so.3-$triple
reference=$system/lapack/liblapack.so.3

[ "${1:-}" = on ] || [ "${1:-}" = off ] || die "usage: alternatives.sh on|off"
target=alternatives
[ "$1" = on ] || target=no-alternatives
command -v update-alternatives >/dev/null ||
    die "this system has no update-alternatives; point programs at the library with LD_LIBRARY_PATH=$libdir"
[ "$(id -u)" = 0 ] || die "this changes /etc/alternatives and needs root" "sudo make $target PREFIX=$prefix"
[ -e "$manifest" ] || die "zenblas is not installed in $prefix" "make install PREFIX=$prefix"
namedir=$(sed -n 's/^namedir //p' "$manifest")

# The groups, each with the file we offer.
runtime=("libblas.so.3-$triple" "libopenblas.so.0-$triple")
development=("libblas.so-$triple" "libopenblas.so-$triple")
offered() {
    case $1 in
        libblas.so.3-*) echo "$namedir/libblas.so.3" ;;
        libopenblas.so.0-*) echo "$namedir/libopenblas.so.0" ;;
        libblas.so-*) echo "$libdir/libblas.so" ;;
        libopenblas.so-*) echo "$libdir/libopenblas.so" ;;
    esac
}

# slave LINK FILE: one further file that switches together with its master.
slaves=()
slave() { slaves+=(--slave "$1" "$(basename "$1")-$triple" "$2"); }

offer() {
    local link=$system/${1%-"$triple"}
    update-alternatives --install "$link" "$1" "$(offered "$1")" "$priority" ${slaves[@]+"${slaves[@]}"}
    slaves=()
}

# "auto PATH" or "manual PATH"; nothing when the group doesn't exist.
state() {
    { update-alternatives --query "$1" 2>/dev/null || true; } |
        awk '/^Status:/ { s = $2 } /^Value:/ { v = $2 } END { if (s) print s, v }'
}

choices() { update-alternatives --list "$1" 2>/dev/null || true; }

on() {
    local lapack group
    lapack=$(state "$lapack_group")
    if [ -n "$lapack" ] && ! grep -qxF "$reference" <<<"$(choices "$lapack_group")"; then
        die "the LAPACK that is installed works only with its own BLAS; the reference one is needed" "apt install liblapack3"
    fi
    if [ ! -e "$saved" ]; then
        for group in "${runtime[@]}" "${development[@]}" "$lapack_group"; do
            echo "$group $(state "$group")"
        done >"$saved"
    fi

    offer "libblas.so.3-$triple"
    offer "libopenblas.so.0-$triple"
    slave "$system/libblas.a" "$libdir/libblas.a"
    slave "/usr/include/$triple/cblas.h" "$includedir/cblas.h"
    slave "$system/pkgconfig/blas.pc" "$libdir/pkgconfig/blas.pc"
    offer "libblas.so-$triple"
    slave "$system/libopenblas.a" "$libdir/libopenblas.a"
    slave "/usr/include/$triple/cblas-openblas.h" "$includedir/cblas-openblas.h"
    slave "/usr/include/$triple/f77blas.h" "$includedir/f77blas.h"
    slave "/usr/include/$triple/openblas_config.h" "$includedir/openblas_config.h"
    slave "$system/pkgconfig/openblas.pc" "$libdir/pkgconfig/openblas.pc"
    slave "$system/cmake/openblas/OpenBLASConfig.cmake" "$libdir/cmake/openblas/OpenBLASConfig.cmake"
    slave "$system/cmake/openblas/OpenBLASConfigVersion.cmake" "$libdir/cmake/openblas/OpenBLASConfigVersion.cmake"
    offer "libopenblas.so-$triple"

    for group in "${runtime[@]}" "${development[@]}"; do
        [ "$(state "$group" | cut -d' ' -f2)" = "$(offered "$group")" ] ||
            update-alternatives --set "$group" "$(offered "$group")"
    done
    [ -z "$lapack" ] || update-alternatives --set "$lapack_group" "$reference"
    echo "the system's BLAS is zenblas; undo with: make no-alternatives PREFIX=$prefix"
}

off() {
    local group status value
    [ -e "$saved" ] || die "zenblas is not registered from $prefix"
    for group in "${runtime[@]}" "${development[@]}"; do
        update-alternatives --remove "$group" "$(offered "$group")"
    done
    while read -r group status value; do
        [ -n "$(state "$group")" ] || continue
        if [ "$status" = manual ] && grep -qxF "$value" <<<"$(choices "$group")"; then
            update-alternatives --set "$group" "$value"
        else
            update-alternatives --auto "$group"
        fi
    done <"$saved"
    rm "$saved"
    echo "the system's BLAS is what it was before zenblas"
}

"$1"
