#!/usr/bin/env bash
# The shim against stand-ins for ggml's libraries and for the BLAS libraries, which count who is asked for what.
# Usage: tests/ggml/run.sh [libzenblas_ggml.so]
set -euo pipefail
cd "$(dirname "$0")/../.."
shim=$(realpath "${1:-build/lib/libzenblas_ggml.so}")
tests=$PWD/tests/ggml
work=$PWD/build/ggml-test
count=0
failed=0

# shared NAME SOURCE FLAGS...: build a library with this soname.
shared() {
    local name=$1 source=$2
    shift 2
    "${CC:-cc}" -Wall -Wextra -Werror -O1 -fPIC -shared -Iinclude "$tests/$source" -Wl,-soname,"${name##*/}" \
        -o "$work/$name" -Wl,-rpath-link,"$work" -L"$work" "$@"
}

# try LABEL MODE [VARIABLE=VALUE...]: run the program with the shim, products made in this way.
try() {
    local label=$1 mode=$2
    shift 2
    count=$((count + 1))
    if ! env LD_LIBRARY_PATH="$libraries" LD_PRELOAD="$shim" "$@" "$work/program" "$mode" >"$work/log" 2>&1; then
        failed=$((failed + 1))
        echo "FAILED: $label"
        sed 's/^/    /' "$work/log"
    fi
}

# says LABEL TEXT: what the program tried last wrote has this text.
says() {
    count=$((count + 1))
    if ! grep -qF "$2" "$work/log"; then
        failed=$((failed + 1))
        echo "FAILED: $1: no \"$2\" in"
        sed 's/^/    /' "$work/log"
    fi
}

rm -rf "$work"
mkdir -p "$work"/{zenblas,version,layout,old,earlier}
# Away from the real library, which the shim would find beside itself.
cp "$shim" "$work/"
shim=$work/${shim##*/}
shared libblas.so.3 reference.c
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' ggml/Cargo.toml)
shared zenblas/libzenblas.so.0 zenblas.c -DVERSION="\"$version\""
shared earlier/libzenblas.so.0 zenblas.c -DVERSION='"0.0.9"'
shared old/libzenblas.so.0 zenblas.c -DVERSION='"0.0.8"' -Dzenblas_qgemm=zenblas_qgemm_of_old
shared libggml-base.so base.c
shared version/libggml-base.so base.c -DVERSION='"0.26.0"'
shared layout/libggml-base.so base.c -DLAYOUT=4
shared libggml-blas.so blas.c -l:libggml-base.so -l:libblas.so.3 -pthread
shared libggml-other.so other.c -l:libggml-base.so -l:libblas.so.3
"${CC:-cc}" -Wall -Wextra -Werror -O1 -fopenmp -Iinclude "$tests/program.c" -L"$work" -l:libggml-blas.so -l:libggml-base.so \
    -l:libggml-other.so -l:libblas.so.3 -lm -ldl -o "$work/program"

count=$((count + 1))
exported=$(nm -D --defined-only "$shim" | awk '{ print $3 }' | sort | tr '\n' ' ')
if [ "$exported" != "cblas_sgemm ggml_backend_blas_set_n_threads ggml_get_type_traits " ]; then
    failed=$((failed + 1))
    echo "FAILED: the shim exports $exported"
fi

libraries=$work/zenblas:$work
try "int8" int8
try "a line at exit" int8 ZENBLAS_GGML_REPORT=1
says "counts by type" "q8_0"
says "reasons" "rows that don't belong together"
try "f32 on demand" f32 ZENBLAS_GGML=f32 ZENBLAS_GGML_REPORT=1
says "f32 on demand" "as ZENBLAS_GGML asks"
try "in bf16" int8 ZENBLAS_GGML_BF16=1 ZENBLAS_GGML_REPORT=1
says "in bf16" "products bf16: "
try "f32 outweighs bf16" f32 ZENBLAS_GGML=f32 ZENBLAS_GGML_BF16=1
try "off" off ZENBLAS_GGML=off
try "a bad value" off ZENBLAS_GGML=fast
says "a bad value" "ZENBLAS_GGML=fast"
try "a bad value that is ignored" int8 ZENBLAS_GGML_BF16=yes
says "a bad value that is ignored" "ZENBLAS_GGML_BF16=yes"
try "zenblas refuses" f32 REFUSE=1 ZENBLAS_GGML_REPORT=1
says "zenblas refuses" "refused by zenblas"
try "threads of its own" int8 ZENBLAS_GGML_THREADS=own OWN_THREADS=1
try "no team to be had" int8 OMP_THREAD_LIMIT=1 OWN_THREADS=1
try "a team smaller than a moment ago" int8 OMP_THREAD_LIMIT=3 TWO_MORE=1
try "zenblas linked by the program" int8 LD_PRELOAD="$shim:$work/zenblas/libzenblas.so.0" ZENBLAS_IS_NEXT=1
libraries=$work/old:$work
try "a zenblas without quantised products" off ZENBLAS_GGML_REPORT=1
says "a zenblas without quantised products" "without a zenblas"
libraries=$work/earlier:$work
try "a zenblas of another version" int8 CONVERT_HALVES=1
libraries=$work
try "no zenblas" off
libraries=$work/version:$work/zenblas:$work
try "an unknown version" f32 CONVERT_HALVES=1 ZENBLAS_GGML_REPORT=1
says "an unknown version" "version that is not known"
try "an unknown version, forced" int8 ZENBLAS_GGML=int8
libraries=$work/layout:$work/zenblas:$work
try "traits of an unknown layout" q4_0 ZENBLAS_GGML_REPORT=1
says "traits of an unknown layout" "ggml describes in another way"

echo "$((count - failed)) passed, $failed failed"
[ $failed = 0 ]
