#!/usr/bin/env python3
"""Block formats and products of the built library against the package gguf, an implementation by others.

run.py LIBRARY: fetches gguf (with NumPy) into build/llama/python as `make llama` does, then compares for each format:

  size        values and bytes of a block
  dequantize  blocks of random bits: the same values, bit for bit
  quantize    where gguf can quantise: the same blocks, but for roundings
  product     zenblas_qgemm against a product in double precision of gguf's values

Called by tools/test.sh. Ends with a line "N passed, N failed".
"""

import ctypes
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools" / "llama"))
import fetch  # noqa: E402
from steps import Failure, lock  # noqa: E402

FORMATS = "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS MXFP4".split()
# Squared error as a part of the squares: what llama.cpp's own tests of products allow.
NEAR = 5e-4
# Blocks that may differ where both quantise: ggml's reference rounds in single precision, gguf in double.
ROUNDINGS = 1e-3


def main():
    with lock():
        fetch.wheels("[1/1]")
    sys.path.insert(0, str(fetch.PYTHON))
    import gguf
    import numpy as np

    library = ctypes.CDLL(sys.argv[1])
    random = np.random.default_rng(1)
    counts = {"passed": 0, "failed": 0}

    def verdict(name, what, right, detail=""):
        counts["passed" if right else "failed"] += 1
        if not right:
            print(f"{name} {what}: {detail}")

    def address(array):
        return array.ctypes.data_as(ctypes.c_void_p)

    def dequantized(number, blocks, values):
        out = np.empty(values, np.float32)
        result = library.zenblas_dequantize_row(number, values, address(blocks), address(out))
        assert result == 0, result
        return out

    def quantized(number, values, bytes_):
        out = np.empty(bytes_, np.uint8)
        result = library.zenblas_quantize_row(number, values.size, address(values), address(out))
        assert result == 0, result
        return out

    for name in FORMATS:
        kind = gguf.GGMLQuantizationType[name]
        number = int(kind)
        block, size = gguf.GGML_QUANT_SIZES[kind]
        ours = ctypes.c_size_t(), ctypes.c_size_t()
        library.zenblas_qtype_block(number, *map(ctypes.byref, ours))
        verdict(name, "size", (ours[0].value, ours[1].value) == (block, size), ours)

        blocks = random.integers(0, 256, (2000, size), np.uint8)
        with np.errstate(all="ignore"):
            want = gguf.quants.dequantize(blocks, kind).ravel()
        got = dequantized(number, blocks, want.size)
        # (The payload of a NaN is nobody's business.)
        same = (got.view(np.uint32) == want.view(np.uint32)) | (np.isnan(got) & np.isnan(want))
        verdict(name, "dequantize", same.all(), f"{(~same).sum()} of {same.size} values differ")

        values = random.standard_normal((2000, block), np.float32)
        got = quantized(number, values, 2000 * size).reshape(2000, size)
        try:
            want = gguf.quants.quantize(values, kind)
        except NotImplementedError:
            pass
        else:
            different = (got != want).any(axis=1).mean()
            verdict(name, "quantize", different <= ROUNDINGS, f"{different:.2%} of the blocks differ")

        m, n, k = 37, 45, 1024
        a = random.standard_normal((m, k), np.float32)
        rows = quantized(number, random.standard_normal((n, k), np.float32), n * k // block * size).reshape(n, -1)
        c = np.full((m, n), 7, np.float32)
        stride = ctypes.c_size_t(rows.shape[1])
        result = library.zenblas_qgemm(number, m, n, k, address(a), k, address(rows), stride, address(c), n)
        w = gguf.quants.dequantize(rows, kind).astype(np.float64)
        want = a.astype(np.float64) @ w.T
        error = ((c - want) ** 2).sum() / (want**2).sum()
        verdict(name, "product", result == 0 and error < NEAR, f"result {result}, error {error:.2e}")

    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"{failure.what}: {failure.hint}")
