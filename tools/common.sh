# Sourced by the other scripts: where things are, and how to say that something went wrong.
# shellcheck shell=bash disable=SC2034

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    shift
    [ $# -eq 0 ] || printf '    %s\n' "$@" >&2
    exit 1
}

need() {
    command -v "$1" >/dev/null || die "$1 is missing" "$2"
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
abi=${version%%.*} # the number in the soname; build.rs derives it the same way
openblas_version=$(sed -n 's/.*" OpenBLAS \([0-9.]*\) .*/\1/p' include/openblas_config.h)

# The 64-bit integer library has a name and a directory of its own and takes nobody else's name.
ilp64=${ILP64:-}
name=zenblas${ilp64:+64_}
out=$root/build/lib${ilp64:+64_}

# Where `make install` puts things; install, uninstall and alternatives must agree on it.
prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib}
includedir=${INCLUDEDIR:-$prefix/include}
destdir=${DESTDIR:-}
[[ $prefix$libdir$includedir =~ [[:space:]] ]] && die "PREFIX, LIBDIR and INCLUDEDIR can't contain spaces"
case $prefix:$libdir:$includedir in
    /*:/*:/*) ;;
    *) die "PREFIX, LIBDIR and INCLUDEDIR must be absolute paths" ;;
esac
triple=$(uname -m)-linux-gnu
manifest=$libdir/$name/manifest
