#!/usr/bin/env bash
# Install what build.sh laid out: libraries, headers, pkg-config and CMake files below PREFIX, staged below DESTDIR.
#
# The names other programs look for, libblas.so.3 and libopenblas.so.0, go into LIBDIR. Unless the loader searches
# LIBDIR by itself, as it does /usr/local/lib on Debian: there they would take over every program on the machine at
# the next ldconfig, and break OpenBLAS's LAPACK, which wants OpenBLAS's own libopenblas.so.0. So they go into
# LIBDIR/zenblas, and `make alternatives` is the switch. NAMEDIR overrides the choice.
#
# An installed file is never replaced unless an earlier install of zenblas put it there, or FORCE=1 says so.
. "$(dirname "$0")/common.sh"

[ -e "$out/lib$name.so" ] || die "nothing is built yet" "make${ilp64:+ ILP64=1}"

loader_searches() {
    local ldconfig searched
    ldconfig=$(PATH=$PATH:/sbin:/usr/sbin command -v ldconfig) || return 1
    searched=$("$ldconfig" -v -N -X 2>/dev/null | sed -n 's/^\(\/[^:]*\):.*/\1/p')
    grep -qxF "$(realpath -m "$1")" <<<"$searched"
}

# The reference LAPACK: one that asks for a libblas.so.3 and brings none. Programs expect LAPACK behind
# libopenblas.so.0, and this is the LAPACK that works on any BLAS.
reference_lapack() {
    local candidate
    for candidate in "/usr/lib/$triple/lapack/liblapack.so.3" /usr/lib64/liblapack.so.3 /usr/lib/liblapack.so.3; do
        if [ -e "$candidate" ] && grep -q 'NEEDED.*libblas\.so\.3' <<<"$(readelf -d "$candidate")"; then
            echo "$candidate"
            return
        fi
    done
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The plan: one line "kind source destination" per file, checked as a whole before anything is touched.
plan=$work/plan
file() { echo "file $1 $2" >>"$plan"; }
program() { echo "program $1 $2" >>"$plan"; }
link() { echo "link $1 $2" >>"$plan"; }
template() {
    sed -e "s|@PREFIX@|$prefix|g; s|@LIBDIR@|$libdir|g; s|@INCLUDEDIR@|$includedir|g; s|@VERSION@|$version|g" \
        -e "s|@OPENBLAS_VERSION@|$openblas_version|g; s|@ABI@|$abi|g" \
        -e "s|@INCLUDE_FROM_LIB@|$(realpath -m --relative-to="$libdir" "$includedir")|g" \
        "$1" >"$work/$(basename "$2")"
    file "$work/$(basename "$2")" "$2"
}

library=lib$name.so
program "$out/$library.$version" "$libdir/$library.$version"
link "$library.$version" "$libdir/$library.$abi"
link "$library.$abi" "$libdir/$library"
file "$out/lib$name.a" "$libdir/lib$name.a"
for header in cblas.h f77blas.h openblas_config.h zenblas.h zenblas_ilp64.h; do
    file "include/$header" "$includedir/$header"
done
template "pkgconfig/$name.pc.in" "$libdir/pkgconfig/$name.pc"

namedir=$libdir
if [ -z "$ilp64" ]; then
    [ ! -e "$out/libzenblas_ggml.so" ] || program "$out/libzenblas_ggml.so" "$libdir/libzenblas_ggml.so"
    ! loader_searches "$libdir" || namedir=$libdir/zenblas
    namedir=${NAMEDIR:-$namedir}
    below=$(realpath -m --relative-to="$libdir" "$namedir") # "." or "zenblas"

    # Absolute first: reached through /etc/alternatives, $ORIGIN is not where the file lies.
    runpath=$namedir:$libdir:\$ORIGIN:\$ORIGIN/$(realpath -m --relative-to="$namedir" "$libdir")
    tools/thin.sh libblas.so.3 "$work/libblas.so.3" "$runpath" "$out/libzenblas.so"
    behind=()
    lapack=$(reference_lapack)
    if [ -n "$lapack" ]; then
        behind=("$work/libblas.so.3" "$lapack")
        link "$lapack" "$namedir/liblapack.so.3"
        lapacke=/usr/lib/$triple/liblapacke.so.3
        if [ -e "$lapacke" ]; then
            behind+=("$lapacke")
            link "$lapacke" "$namedir/liblapacke.so.3"
        fi
    fi
    tools/thin.sh libopenblas.so.0 "$work/libopenblas.so.0" "$runpath" "$out/libzenblas.so" ${behind[@]+"${behind[@]}"}

    program "$work/libblas.so.3" "$namedir/libblas.so.3"
    program "$work/libopenblas.so.0" "$namedir/libopenblas.so.0"
    link "$below/libblas.so.3" "$libdir/libblas.so"
    link "$below/libopenblas.so.0" "$libdir/libopenblas.so"
    link libzenblas.a "$libdir/libblas.a"
    link libzenblas.a "$libdir/libopenblas.a"
    link cblas.h "$includedir/cblas-openblas.h"
    for module in blas cblas openblas; do
        template "pkgconfig/$module.pc.in" "$libdir/pkgconfig/$module.pc"
    done
    for part in Config ConfigVersion; do
        template "cmake/zenblas$part.cmake.in" "$libdir/cmake/zenblas/zenblas$part.cmake"
        template "cmake/OpenBLAS$part.cmake.in" "$libdir/cmake/openblas/OpenBLAS$part.cmake"
    done
fi

# Check, then install.
foreign=()
while read -r _ _ destination; do
    if { [ -e "$destdir$destination" ] || [ -L "$destdir$destination" ]; } &&
        ! grep -qsxF "$destination" "$destdir$manifest" "$destdir$libdir"/zenblas*/manifest; then
        foreign+=("$destination")
    fi
done <"$plan"
if [ ${#foreign[@]} -gt 0 ] && [ -z "${FORCE:-}" ]; then
    die "these files exist and are not from zenblas; choose another PREFIX, or FORCE=1 to replace them" "${foreign[@]}"
fi

mkdir -p "$destdir$libdir" 2>/dev/null && [ -w "$destdir$libdir" ] ||
    die "can't write to $destdir$libdir" "sudo make install PREFIX=$prefix" "make install PREFIX=\$HOME/.local"
# What an earlier version left behind and this one doesn't have.
if [ -e "$destdir$manifest" ]; then
    sed '/^#/d; /^namedir /d' "$destdir$manifest" | while read -r path; do
        grep -q " $path$" "$plan" || rm -f "$destdir$path"
    done
fi
while read -r kind source destination; do
    mkdir -p "$(dirname "$destdir$destination")"
    rm -f "$destdir$destination"
    case $kind in
        file) install -p -m 644 "$source" "$destdir$destination" ;;
        program) install -m 755 "$source" "$destdir$destination" ;;
        link) ln -s "$source" "$destdir$destination" ;;
    esac
done <"$plan"
mkdir -p "$(dirname "$destdir$manifest")"
{
    echo "# Installed by zenblas $version; the names other programs look for are in:"
    echo "namedir $namedir"
    awk '{print $3}' "$plan"
} >"$destdir$manifest"

echo "installed zenblas $version in $destdir$prefix"
[ -z "$destdir" ] || exit 0
if loader_searches "$libdir" && [ -w /etc/ld.so.cache ]; then
    PATH=$PATH:/sbin:/usr/sbin ldconfig
fi
if [ "$namedir" != "$libdir" ] && [ -z "$ilp64" ]; then
    echo "programs of the distribution keep their BLAS until: make alternatives PREFIX=$prefix"
fi
