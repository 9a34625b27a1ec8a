"""Run by run.py in the distribution's Python, once per library: NumPy's own tests of what goes through BLAS.

inside.py REPORT: writes a JUnit report; prints a line "loaded PATH" for each BLAS and LAPACK in the process,
as the kernel sees it.
"""

import pathlib
import sys

import numpy
import pytest

ROOT = pathlib.Path(numpy.__file__).parent
# Products of arrays come in few of the many tests of arrays.
PRODUCTS = "matmul or MatMul or dot or Dot or inner or outer or product or linalg or corrcoef or cov"
FILES = {
    "linalg/tests": None,
    "matrixlib/tests": None,
    "polynomial/tests": None,
    "core/tests/test_einsum.py": None,
    "core/tests/test_numeric.py": None,
    "core/tests/test_regression.py": None,
    "core/tests/test_multiarray.py": PRODUCTS,
    "core/tests/test_mem_overlap.py": PRODUCTS,
    "lib/tests/test_function_base.py": PRODUCTS,
    "lib/tests/test_regression.py": PRODUCTS,
    "random/tests": "multivariate",
}


def loaded():
    """The files of BLAS and LAPACK libraries mapped into this process."""
    lines = pathlib.Path("/proc/self/maps").read_text().splitlines()
    paths = {line.split(maxsplit=5)[5] for line in lines if line.count("/")}
    return sorted(p for p in paths if "blas" in pathlib.Path(p).name or "lapack" in pathlib.Path(p).name)


def main():
    chosen = []

    class Choose:
        """Keep of each file the tests that its expression names."""

        @staticmethod
        def pytest_collection_modifyitems(items):
            kept = []
            for item in items:
                place = item.nodeid.split("::")[0]
                words = next((w for f, w in FILES.items() if place.startswith(f)), None)
                wanted = words is None or any(word in item.nodeid for word in words.split(" or "))
                # The huge ones run or not as there are 18 GB free at the moment or not.
                if wanted and "huge" not in item.nodeid:
                    kept.append(item)
            items[:] = kept
            chosen.extend(kept)

    numpy.linalg.inv(numpy.eye(3))
    for path in loaded():
        print("loaded", path)
    files = [str(ROOT / f) for f in FILES]
    status = pytest.main(
        ["-q", "-p", "no:cacheprovider", "-W", "ignore", f"--rootdir={ROOT}", f"--junitxml={sys.argv[1]}",
         "--tb=short", *files],
        plugins=[Choose()],
    )
    # Whatever came in later (through a plugin, through a test) has to be ours too.
    for path in loaded():
        print("loaded", path)
    sys.exit(0 if chosen and status in (0, 1) else 2)


if __name__ == "__main__":
    main()
