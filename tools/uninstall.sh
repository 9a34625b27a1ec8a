#!/usr/bin/env bash
# Remove what install.sh put below PREFIX, by the list it left there.
. "$(dirname "$0")/common.sh"

[ -e "$destdir$manifest" ] || die "nothing is installed here: $destdir$manifest is missing"
[ ! -e "$destdir$libdir/zenblas/alternatives" ] || [ -n "$ilp64" ] ||
    die "the system's alternatives still lead here" "make no-alternatives PREFIX=$prefix"
[ -w "$destdir$libdir" ] || die "can't write to $destdir$libdir" "sudo make uninstall PREFIX=$prefix"

# The headers belong to both integer widths: the last one takes them along.
kept=$(for other in "$destdir$libdir"/zenblas*/manifest; do
    [ "$other" = "$destdir$manifest" ] || cat "$other"
done)
sed '/^#/d; /^namedir /d' "$destdir$manifest" | while read -r path; do
    grep -qxF "$path" <<<"$kept" || rm -f "$destdir$path"
done
rm -f "$destdir$manifest"
for directory in "$libdir/$name" "$libdir/cmake/zenblas" "$libdir/cmake/openblas" "$libdir/cmake" "$libdir/pkgconfig"; do
    rmdir "$destdir$directory" 2>/dev/null || true
done
if [ -z "$destdir" ] && [ -w /etc/ld.so.cache ]; then
    PATH=$PATH:/sbin:/usr/sbin ldconfig
fi
echo "removed zenblas from $destdir$prefix"
