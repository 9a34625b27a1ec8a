#!/usr/bin/env python3
"""NumPy's own tests on a libblas.so.3, against the same tests on the reference library.

run.py --python FILE --packages DIR --lapack DIR --reference DIR --library DIR --reports DIR

The NumPy is the distribution's, which takes BLAS from libblas.so.3 and LAPACK from liblapack.so.3, whichever the
loader finds: here the reference LAPACK, on the reference BLAS first and then on the library under test, once for
each ISA. A test that passes on the reference and not on ours is a failure; so is a BLAS from elsewhere.

Called by tools/test.sh; inside.py is what runs in NumPy's process. Ends with a line "N passed, N failed".
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 1200
# Columns of what is run: a name, and what the library is told.
RUNS = {
    "reference": None,
    "as found": {},
    "avx2": {"ZENBLAS_ISA": "avx2", "ZENBLAS_NUM_THREADS": "2", "ZENBLAS_THREAD_ALWAYS": "1"},
    "portable": {"ZENBLAS_ISA": "portable", "ZENBLAS_NUM_THREADS": "1"},
}


def run(name, told, arguments):
    """One run: {test: passed, failed or skipped}, and faults of the run itself."""
    blas = (arguments.reference if told is None else arguments.library).resolve()
    report = arguments.reports / f"{name.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    path = [str(blas), str(arguments.lapack.resolve()), str(arguments.lapack.resolve().parent)]
    environment = {k: v for k, v in os.environ.items() if not re.search(r"BLAS_|GOTO_|OMP_|^PYTHON", k)}
    environment |= told or {}
    environment |= {"LD_LIBRARY_PATH": ":".join(path), "PYTHONPATH": str(arguments.packages.resolve()),
                    "PYTHONDONTWRITEBYTECODE": "1"}
    if arguments.python_home:
        environment["PYTHONHOME"] = str(arguments.python_home.resolve())
    try:
        done = subprocess.run([arguments.python, HERE / "inside.py", report.resolve()], env=environment, text=True,
                              cwd=arguments.reports, errors="replace", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return {}, [f"no end after {SECONDS} s"]
    report.with_suffix(".log").write_text(done.stdout)
    faults = []
    loaded = {pathlib.Path(line[7:]) for line in done.stdout.splitlines() if line.startswith("loaded /")}
    libraries = {p for p in loaded if p.name.startswith(("libblas", "libzenblas", "libopenblas", "libblis"))}
    if not any(p.parent == blas for p in libraries):
        faults.append(f"the BLAS of {blas} was not loaded")
    faults += [f"a BLAS from elsewhere was loaded: {p}" for p in libraries if p.parent != blas]
    if not any(p.name.startswith("liblapack.so") for p in loaded):
        faults.append("no liblapack.so.3 was loaded")
    if done.returncode or not report.exists():
        faults.append(f"exit status {done.returncode}; the last it said:")
        faults += ["    " + line for line in done.stdout.splitlines()[-12:]]
        return {}, faults
    results = {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        verdict = next((e.tag for e in case if e.tag in ("failure", "error", "skipped")), "passed")
        results[f"{case.get('classname')}.{case.get('name')}"] = verdict
    return results, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True, help="the distribution's Python")
    parser.add_argument("--python-home", type=pathlib.Path, help="its PYTHONHOME, where it is only unpacked")
    parser.add_argument("--packages", type=pathlib.Path, required=True, help="where numpy and pytest are")
    parser.add_argument("--lapack", type=pathlib.Path, required=True, help="where the reference liblapack.so.3 is")
    parser.add_argument("--reference", type=pathlib.Path, required=True, help="where the reference libblas.so.3 is")
    parser.add_argument("--library", type=pathlib.Path, required=True, help="where the libblas.so.3 to test is")
    parser.add_argument("--reports", type=pathlib.Path, required=True, help="where reports and logs go")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    arguments.reports.mkdir(parents=True, exist_ok=True)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        tasks = {name: pool.submit(run, name, told, arguments) for name, told in RUNS.items()}
        outcome = {name: task.result() for name, task in tasks.items()}

    passed = failed = 0
    reference = {test for test, verdict in outcome["reference"][0].items() if verdict == "passed"}
    for name, (results, faults) in outcome.items():
        # A skip counts too: a test that runs on the reference has to run here.
        beyond = sorted(test for test in reference if results.get(test, "not run") != "passed")
        good = sum(verdict == "passed" for verdict in results.values())
        print(f"{name:<12}{good:>6} pass{len(beyond):>6} fail that pass on the reference")
        for fault in faults:
            print(f"FAILED {name}: {fault}")
        for test in beyond[:20]:
            print(f"FAILED {name}: {test}: {results.get(test, 'not run')}")
        if beyond:
            log = (arguments.reports / f"{name.replace(' ', '-')}.log").resolve()
            print(f"       {len(beyond)} in all, described in {log}")
        failed += len(faults) + len(beyond)
        passed += good
    if len(reference) < 1000:
        failed += 1
        print(f"FAILED reference: {len(reference)} tests pass, there should be more than a thousand")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
