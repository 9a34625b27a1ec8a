#!/usr/bin/env bash
# All tests: tools/test.sh [STAGE...]
#
#   build         the libraries, with 32-bit and with 64-bit integers
#   rust          cargo test
#   symbols       headers, exported symbols and the contract against each other
#   install       an installed tree, used by C programs and CMake projects
#   reference     Debian's 24 reference test programs, each ISA, one and more threads
#   numpy         the distribution's NumPy on zenblas
#   ggml          the shim for llama.cpp between libraries that stand in for ggml's and count
#   llama         ggml, as it is in llama.cpp, on zenblas and its shim: its own test of products, every type
#   quant         quantised block formats and products against the package gguf
#   emulated      unit tests and reference programs on an emulated CPU with AVX-512, where the real one has none
#
# Needs no root. What the tests fetch (Debian packages) lands below build/ and is used again. Logs in build/test/.
# A failing stage doesn't stop the others. The last line is "N passed, N failed".
. "$(dirname "$0")/common.sh"

stages=(build rust symbols install reference numpy quant ggml llama emulated)
debian=$root/build/debian/root
logs=$root/build/test

build() {
    tools/build.sh && ILP64=1 tools/build.sh && echo "2 passed, 0 failed"
}

# What cargo has to say goes to the log; the failures and the sum come out.
rust() {
    local status=0
    cargo test --locked --workspace --no-fail-fast >"$logs/cargo.log" 2>&1 || status=$?
    if [ $status != 0 ]; then
        grep -E '^error|^test .* FAILED$|panicked at|^ *(left|right): ' "$logs/cargo.log" | head -60
        echo "all of it is in $logs/cargo.log"
    fi
    awk '/^test result:/ { passed += $4; failed += $6 }
         END { print passed + 0 " passed, " failed + (failed == 0 && '$status' != 0) " failed" }' "$logs/cargo.log"
    return $status
}

symbols() {
    tests/symbols/check.py --archive build/lib/libzenblas.a --thin build/lib/libblas.so.3 &&
        tests/symbols/check.py --ilp64 --so build/lib64_/libzenblas64_.so --archive build/lib64_/libzenblas64_.a &&
        echo "2 passed, 0 failed"
}

install() {
    tests/install/run.sh
}

# The loader finds last what the packages brought because the machine lacks it (libgfortran).
reference() {
    tools/debian.sh libblas-test &&
        LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$debian/usr/lib/$triple \
            tests/reference/run.py --programs "$(unpacked blas/xblat1d)" --library build/lib
}

numpy() {
    tools/debian.sh libblas3 liblapack3 python3-numpy python3-pytest python3-hypothesis || return 1
    # The interpreter is the system's own, or where that is missing the one that came with the packages.
    local python=(--python /usr/bin/python3)
    [ -x /usr/bin/python3 ] || python=(--python "$debian/usr/bin/python3" --python-home "$debian/usr")
    tests/numpy/run.py "${python[@]}" --packages "$debian/usr/lib/python3/dist-packages" \
        --lapack "$(unpacked lapack/liblapack.so.3)" --reference "$(unpacked blas/libblas.so.3)" \
        --library build/lib --reports build/test/numpy
}

emulated() {
    if [ "$(uname -m)" != x86_64 ] || grep -qw avx512_vnni /proc/cpuinfo; then
        echo "skipped: not x86-64, or AVX-512 that the other stages have tested on"
        echo "0 passed, 0 failed"
        return
    fi
    tools/debian.sh bochs bochs-term busybox-static isolinux syslinux-common xorriso linux-image-cloud-amd64 \
        libblas-test || return 1
    local unit_tests
    unit_tests=$(cargo test --locked --lib --no-run --message-format=json-render-diagnostics |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -1)
    tests/emulated/run.py --packages "$debian" --unit-tests "$unit_tests" \
        --programs "$(unpacked blas/xblat1d)" --library build/lib
}

quant() {
    tests/quant/run.py "$root/build/lib/libzenblas.so"
}

ggml() {
    tests/ggml/run.sh
}

llama() {
    tools/llama/run.sh check --operations
}

# unpacked FILE: the directory of a file below the unpacked packages' usr/lib/TRIPLE.
unpacked() {
    dirname "$debian/usr/lib/$triple/$1"
}

for stage; do
    [[ " ${stages[*]} " == *" $stage "* ]] || die "no stage is called $stage" "${stages[*]}"
done
[ $# -eq 0 ] || stages=("$@")
need python3 "apt install python3"
mkdir -p "$logs"

passed=0
failed=0
failing=()
for stage in "${stages[@]}"; do
    echo "== $stage"
    started=$SECONDS
    status=0
    "$stage" 2>&1 | tee "$logs/$stage.log" | sed 's/^/   /' || status=$?
    # A stage that dies before it has counted has failed once.
    read -r good bad < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$logs/$stage.log" | tail -1) ||
        { good=0 && bad=0; }
    [ $status = 0 ] || [ "$bad" != 0 ] || bad=1
    passed=$((passed + good))
    failed=$((failed + bad))
    [ "$bad" = 0 ] || failing+=("$stage")
    echo "   -- $stage: $good passed, $bad failed, $((SECONDS - started)) s"
done

[ ${#failing[@]} -eq 0 ] || echo "failing: ${failing[*]} (again: tools/test.sh ${failing[*]}; logs: $logs)"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
