#!/usr/bin/env bash
# archive.sh IN.a LIBRARY.so OUT.a
#
# Turn the archive that cargo makes into one a C program can link without a thought:
# - one object, in which only the names that LIBRARY.so exports are global, so that two Rust archives, or another
#   version of a crate, don't clash in one program;
# - the error handlers weak, so that a program's own xerbla_ or cblas_xerbla wins;
# - nothing of the Rust library that isn't reached from those names, no debugging data, no compiler bitcode.
. "$(dirname "$0")/common.sh"
[ $# = 3 ] || die "usage: archive.sh IN.a LIBRARY.so OUT.a"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nm -D --defined-only "$2" | awk '{print $3}' >"$work/keep"
sed 's/^/--undefined=/' "$work/keep" >"$work/roots"
grep -E '^(xerbla_|xerbla_array_|lsame_|cblas_xerbla)(64_|_64)?$' "$work/keep" | sed 's/^/--weaken-symbol=/' >"$work/weak"

# Section groups are dissolved: a program would keep one group of each name, with names that are local here.
ld -r --gc-sections --force-group-allocation "@$work/roots" -o "$work/all.o" "$1"
objcopy --strip-unneeded --remove-section=.llvmbc --remove-section=.llvmcmd \
    --keep-global-symbols="$work/keep" "@$work/weak" "$work/all.o" "$work/$name.o"
rm -f "$3"
(cd "$work" && ar rcsD out.a "$name.o")
cp "$work/out.a" "$3"
