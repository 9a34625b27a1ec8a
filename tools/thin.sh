#!/usr/bin/env bash
# thin.sh SONAME OUT RUNPATH CORE.so [LIBRARY.so...]
#
# Link a thin library: a real file under another name that stands for CORE.so and holds no code. Programs linked
# with it record SONAME, so the name can be switched to another BLAS at any time; every thin library of a process
# leads to the one CORE, so there is one copy of the code and one thread pool.
#
# How: the thin library needs CORE and lists CORE's names as functions with the address zero. A linker takes such a
# name as defined; the loader, by the same old rule in glibc and musl, takes address zero as "not here" and goes on
# to CORE. The names live in a section that is never loaded. Data objects can't be had that way (a program may copy
# them into itself), so the two ints are real here; the loader lets the first one it meets serve everybody.
#
# The functions of the further libraries are listed likewise: libopenblas.so.0 stands for LAPACK too.
. "$(dirname "$0")/common.sh"
[ $# -ge 4 ] || die "usage: thin.sh SONAME OUT RUNPATH CORE.so [LIBRARY.so...]"
soname=$1 file=$2 runpath=$3
shift 3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
    echo '.section .names,"",@progbits'
    nm -D --defined-only "$@" | awk '$2 == "T" && $3 !~ /@/ && !seen[$3]++ { printf ".globl %s\n.type %s,@function\n%s:\n", $3, $3, $3 }'
    echo '.zero 1' # an empty section would be dropped, and its names moved elsewhere
    echo '.bss'
    nm -D --defined-only "$1" | awk '$2 ~ /[BD]/ { printf ".globl %s\n.type %s,@object\n.size %s,4\n%s: .zero 4\n", $3, $3, $3, $3 }'
    echo '.section .note.GNU-stack,"",@progbits'
} >"$work/names.s"
"${CC:-cc}" -shared -nostdlib -s -o "$file" "$work/names.s" \
    -Wl,-soname,"$soname" -Wl,-rpath,"$runpath" -Wl,--enable-new-dtags -Wl,--no-as-needed "$@"
