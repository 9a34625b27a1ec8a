#!/usr/bin/env python3
"""The reference BLAS test programs, run on a libblas.so.3.

run.py --programs DIR --library DIR [--stock-only] [--jobs N]

Debian's package libblas-test has 24 programs: xblat{1,2,3}{s,d,c,z} call the Fortran names,
x{s,d,c,z}cblat{1,2,3} the C names. First they run as they are, with their own input files; then, for each ISA
that this machine has, for one and more threads, and with the cache blocks forced small, with the input files of
inputs.py. Each program is shown by the dynamic loader to have run on the library under test.

Called by tools/test.sh. Prints a table, every failure, and last a line "N passed, N failed".
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import inputs

THREADS = (1, 2, 4)
# Blocks that are no multiple of any tile and that sizes below 65 cross in each direction.
SMALL_BLOCKS = "48,16,24"
SECONDS = 300  # for one program, thirty times what the slowest needs

TROUBLE = re.compile(r"\*{5,}|FAIL|SUSPECT|FATAL|ABANDONED|lookup error", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Program:
    """One of the 24: `level` 1, 2, 3; `letter` s, d, c, z; `is_c` for those that call cblas_*."""

    path: pathlib.Path
    level: int
    letter: str
    is_c: bool

    @property
    def stock_input(self):
        if self.level == 1:
            return None
        name = f"{self.letter}in{self.level}" if self.is_c else f"{self.letter}blat{self.level}.in"
        return self.path.with_name(name)


@dataclasses.dataclass(frozen=True)
class Setting:
    """What the library is told: a row and a column of the table."""

    row: str
    column: str
    environment: tuple = ()
    sets: tuple = ()  # of inputs.SETS; empty: the stock files


def programs_in(directory):
    found = [
        Program(directory / name, level, letter, is_c)
        for level in (3, 2, 1)  # the longest first
        for letter in "zcds"
        for name, is_c in ((f"xblat{level}{letter}", False), (f"x{letter}cblat{level}", True))
    ]
    absent = [str(p.path) for p in found if not p.path.exists()]
    if absent:
        sys.exit(f"run.py: not there: {' '.join(absent)}; is the package libblas-test unpacked?")
    return found


def isas():
    """The ISAs that the library must be able to run on this machine."""
    flags = set()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            flags = set(line.split(":")[1].split())
            break
    rows = []
    if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags:
        rows.append("avx512")
    if {"avx2", "fma"} <= flags:
        rows.append("avx2")
    return rows + ["portable"]


def settings(stock_only):
    yield Setting("stock", "as found")
    if stock_only:
        return
    for isa in isas():
        for threads in THREADS:
            environment = (("ZENBLAS_ISA", isa), ("ZENBLAS_NUM_THREADS", str(threads)))
            if threads > 1:
                environment += (("ZENBLAS_THREAD_ALWAYS", "1"),)
            column = f"{threads} thread{'s' * (threads > 1)}"
            yield Setting(isa, column, environment, tuple(inputs.SETS))
            yield Setting(f"{isa}, blocks {SMALL_BLOCKS}", column,
                          environment + (("ZENBLAS_BLOCKS", SMALL_BLOCKS),), ("a", "b"))


def expected_routines(text):
    """The routines that an input file of level 2 or 3 asks for."""
    return [line.split()[0] for line in text.splitlines() if re.match(r"\w+ +T ", line)]


def judge(program, text, output):
    """(calls, faults) of what a program printed."""
    faults = [line.strip() for line in output.splitlines() if TROUBLE.search(line)]
    if program.level == 1:
        begun = len(re.findall(r"Test of subprogram number", output))
        passed = len(re.findall(r"-+ PASS -+", output))
        if begun < 9 or passed != begun:
            faults.append(f"{passed} of {begun} subprograms pass")
        return passed, faults
    if "END OF TESTS" not in output:
        faults.append("the program did not come to its end")
    routines = expected_routines(text)
    # By number, not by name: xccblat2 and xzcblat2 call the error exits of gerc by the name of geru.
    exits = len(re.findall("PASSED THE TESTS OF ERROR-EXITS", output))
    if exits != len(routines):
        faults.append(f"the error exits of {exits} of {len(routines)} routines pass")
    calls = 0
    layouts = 2 if program.is_c else 1
    for routine in routines:
        lines = re.findall(rf"^ *{routine} +PASSED.*COMPUTATIONAL TESTS \( *(\d+) CALLS\)", output, re.MULTILINE)
        counts = [int(line) for line in lines]
        if len(counts) != layouts or 0 in counts:
            faults.append(f"{routine}: computational tests not passed")
        calls += sum(counts)
    return calls, faults


def loaded_blas(log, library):
    """Faults in what the loader says it initialised: a BLAS from elsewhere, or ours not at all."""
    paths = [pathlib.Path(p) for p in re.findall(r"calling init: (\S+)", log)]
    ours = [p for p in paths if p.name.startswith("libblas.so")]
    others = [p for p in paths if "blas" in p.name and p.parent.resolve() != library]
    faults = [f"a BLAS from elsewhere was loaded: {p}" for p in others]
    if not ours:
        faults.append("no libblas.so.3 was loaded")
    return faults


def run(program, setting, which, library):
    """Run one program once; (calls, faults)."""
    text = ""
    if program.stock_input:
        text = program.stock_input.read_text()
        if which:
            text = inputs.rewrite(text, inputs.SETS[which])
    # The library under test first, then whatever the caller needs the loader to find (libgfortran).
    path = ":".join([str(library)] + [p for p in [os.environ.get("LD_LIBRARY_PATH")] if p])
    environment = {k: v for k, v in os.environ.items() if not re.search(r"BLAS_|GOTO_|OMP_", k)}
    environment |= dict(setting.environment)
    with tempfile.TemporaryDirectory() as directory:
        # The loader writes to loader.PID and is asked for nothing that grows with the calls.
        environment |= {"LD_LIBRARY_PATH": path, "LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": f"{directory}/loader"}
        try:
            done = subprocess.run([program.path], input=text, cwd=directory, env=environment, text=True,
                                  errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return 0, [f"no end after {SECONDS} s"]
        output = done.stdout
        # The Fortran programs of levels 2 and 3 write their summary to a file that the input file names.
        for summary in pathlib.Path(directory).glob("*.out"):
            output += summary.read_text(errors="replace")
        log = "".join(p.read_text(errors="replace") for p in pathlib.Path(directory).glob("loader.*"))
    calls, faults = judge(program, text, output)
    faults += loaded_blas(log, library)
    if done.returncode:
        faults.append(f"exit status {done.returncode}")
    return calls, faults


def isa_fault(program, setting, library):
    """What the library says it runs on, against what it was told; None where they agree."""
    wanted = dict(setting.environment).get("ZENBLAS_ISA")
    if wanted is None:
        return None
    environment = os.environ | dict(setting.environment)
    environment |= {"LD_LIBRARY_PATH": f"{library}:{os.environ.get('LD_LIBRARY_PATH', '')}", "ZENBLAS_VERBOSE": "1"}
    done = subprocess.run([program.path], env=environment, text=True, errors="replace", stderr=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, timeout=SECONDS)
    first = (done.stderr.splitlines() or ["nothing"])[0]
    if re.search(rf"\b{wanted}\b", first):
        return None
    return f"ZENBLAS_ISA={wanted} was not obeyed; ZENBLAS_VERBOSE=1 says: {first}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="where the 24 programs are")
    parser.add_argument("--library", type=pathlib.Path, required=True, help="where libblas.so.3 is")
    parser.add_argument("--stock-only", action="store_true", help="the stock files, no ISAs, no threads")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    library = arguments.library.resolve()
    if not (library / "libblas.so.3").exists():
        sys.exit(f"run.py: there is no {library}/libblas.so.3")
    programs = programs_in(arguments.programs.resolve())

    started = time.monotonic()
    cells = {}  # (row, column) -> [passed, run, calls]
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        tasks = {}
        for setting in settings(arguments.stock_only):
            cells[setting.row, setting.column] = [0, 0, 0]
            fault = isa_fault(programs[-1], setting, library)
            if fault:
                print(f"FAILED {setting.row}, {setting.column}: {fault}")
                failures += 1
            for program in programs:
                for which in setting.sets if program.level > 1 and setting.sets else (None,):
                    tasks[pool.submit(run, program, setting, which, library)] = (program, setting, which)
        for task in concurrent.futures.as_completed(tasks):
            program, setting, which = tasks[task]
            calls, faults = task.result()
            cell = cells[setting.row, setting.column]
            cell[0] += not faults
            cell[1] += 1
            cell[2] += calls
            if faults:
                failures += 1
                told = " ".join(f"{k}={v}" for k, v in setting.environment)
                print(f"FAILED {program.path.name}, {f'sizes {which}' if which else 'stock sizes'} {told}")
                for fault in faults[:8]:
                    print(f"       {fault}")
                if len(faults) > 8:
                    print(f"       and {len(faults) - 8} more")
                sys.stdout.flush()

    print_table(cells)
    total = sum(cell[1] for cell in cells.values())
    calls = sum(cell[2] for cell in cells.values())
    print(f"{calls:,} calls in {time.monotonic() - started:.0f} s")
    print(f"{total - min(failures, total)} passed, {failures} failed")
    sys.exit(failures > 0)


def print_table(cells):
    rows = list(dict.fromkeys(row for row, _ in cells))
    columns = list(dict.fromkeys(column for _, column in cells))
    width = max(len(row) for row in rows) + 2
    print(" " * width + "".join(f"{column:>14}" for column in columns))
    for row in rows:
        shown = [cells.get((row, column)) for column in columns]
        texts = [f"{cell[0]} of {cell[1]}" if cell else "" for cell in shown]
        print(f"{row:<{width}}" + "".join(f"{text:>14}" for text in texts))


if __name__ == "__main__":
    main()
