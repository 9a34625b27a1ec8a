#!/usr/bin/env python3
"""What only a CPU with AVX-512 and VNNI can run, on an emulated one.

run.py --packages DIR --unit-tests FILE --programs DIR --library DIR [--seconds N] [--verbose]

With ZENBLAS_ISA=avx512: the unit tests of the vectors, kernels, loops and bands, and the programs of the reference BLAS
(see ../reference/run.py) on the library under test. Emulation is a hundred times slower than a CPU, so sizes are
small. Where the emulator gets stuck, it boots once more for the steps that are left.

Called by tools/test.sh. Prints every failure, and last a line "N passed, N failed".
"""

import argparse
import pathlib
import re
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "reference"))  # before this directory, which has a run.py too
import inputs  # noqa: E402
import machine  # noqa: E402
import run as reference  # noqa: E402

CPU = "tigerlake"  # the best that Bochs 2.7 has
FEATURES = {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"}
PATIENCE = 400  # seconds without a word after which the emulator is taken for stuck
BOOTS = 2
UNIT_TESTS = ("cpu::", "simd::", "kernel::", "engine::", "level3::copy::", "bands::far_from_the_band::")


# A step is a command that runs in the machine, and `judge`, which says of what the command printed how many tests
# passed, how many failed, and why.


class Cpu:
    """It must have what it is there for, and the library must take it."""

    name = "the emulated CPU"

    def __init__(self, program):
        self.command = f"grep -m 1 ^flags /proc/cpuinfo; ZENBLAS_VERBOSE=1 /programs/{program} 2>&1 | grep -m 1 zenblas"

    def judge(self, output, status):
        faults = []
        absent = FEATURES - set(output.partition("\n")[0].split())
        if absent:
            faults.append(f"it has no {' '.join(sorted(absent))}")
        if not re.search(r"^zenblas.*\bavx512\b", output, re.MULTILINE):
            faults.append(f"the library does not say that it runs on avx512: {output.splitlines()[1:]}")
        return int(not faults), int(bool(faults)), faults


class UnitTests:
    """The crate's own."""

    name = "unit tests"
    command = f"RUST_BACKTRACE=0 /unit-tests --test-threads=1 {' '.join(UNIT_TESTS)}"

    def judge(self, output, status):
        result = re.search(r"^test result: .* (\d+) passed; (\d+) failed", output, re.MULTILINE)
        if not result:
            return 0, 1, [f"the unit tests ended with {status} after: {' / '.join(output.splitlines()[-3:])}"]
        telling = re.compile(r"\.\.\. FAILED$|panicked at|^ *(left|right): ")
        return int(result[1]), int(result[2]), [line for line in output.splitlines() if telling.search(line)]


class Program:
    """One of the reference BLAS, on its own input file or with the values of BRIEF."""

    def __init__(self, program, brief=False):
        self.program = program
        self.input = program.stock_input.read_text() if program.stock_input else ""
        if brief:
            self.input = inputs.rewrite(self.input, inputs.BRIEF)
        self.name = program.path.name + (", other sizes" if brief else "")
        self.file = f"inputs/{program.path.name}" + ("-brief" if brief else "")
        # The Fortran programs write their summary to a file of their own.
        self.command = f"/programs/{program.path.name} </{self.file}; s=$?; cat *.out 2>&-; rm -f *.out; exit $s"

    def judge(self, output, status):
        _, faults = reference.judge(self.program, self.input, output)
        if status:
            faults.append(f"exit status {status}")
        return int(not faults), int(bool(faults)), faults


def steps(programs):
    # The longest last, so that a failure shows early.
    yield Cpu("xblat1d")
    for program in sorted(programs, key=lambda program: program.level):
        yield Program(program)
    for program in programs:
        if program.level > 1 and not program.is_c:
            yield Program(program, brief=True)
    yield UnitTests()


def script(all_steps):
    lines = ["export ZENBLAS_ISA=avx512 ZENBLAS_NUM_THREADS=1", "mkdir /tmp/here", "cd /tmp/here"]
    for number, step in enumerate(all_steps):
        lines += [f"echo @@ begin {number}", f"({step.command}) 2>&1", f"echo; echo @@ end {number} $?"]
    return "\n".join(lines) + "\n"


def run(emulated, steps, seconds, verbose):
    """Boots and runs steps; how many tests passed and failed, which steps were not done, and the last lines printed."""
    started = time.monotonic()
    passed = failed = done = 0
    begun, output = started, []
    for line in emulated.run(script(steps), seconds, PATIENCE):
        if verbose:
            print(f"{time.monotonic() - started:6.1f} {line}", flush=True)
        if re.fullmatch(r"@@ begin \d+", line):
            begun, output = time.monotonic(), []
            continue
        end = re.fullmatch(r"@@ end (\d+) (\d+)", line)
        if not end:
            output.append(line)
            continue
        step = steps[int(end[1])]
        good, bad, faults = step.judge("\n".join(output), int(end[2]))
        passed += good
        failed += bad
        done += 1
        print(f"{step.name}: {good} passed, {bad} failed, {time.monotonic() - begun:.0f} s", flush=True)
        for fault in faults[:20]:
            print(f"    {fault}")
        output = []
    return passed, failed, steps[done:], output[-20:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=pathlib.Path, required=True, help="where the packages are unpacked")
    parser.add_argument("--unit-tests", type=pathlib.Path, required=True, help="the executable with the unit tests")
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="where the 24 reference programs are")
    parser.add_argument("--library", type=pathlib.Path, required=True, help="where libblas.so.3 is")
    parser.add_argument("--seconds", type=int, default=1500, help="give up then")
    parser.add_argument("--verbose", action="store_true", help="print all that the machine prints")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("run.py: interrupted"))
    programs = reference.programs_in(arguments.programs.resolve())
    packages = arguments.packages.resolve()
    emulated = machine.Machine(packages, CPU)
    emulated.add_program("unit-tests", arguments.unit_tests)
    libraries = [arguments.library.resolve(), *packages.glob("usr/lib/*-linux-gnu")]
    for program in programs:
        emulated.add_program(f"programs/{program.path.name}", program.path, libraries)
    all_steps = list(steps(programs))
    for step in all_steps:
        if isinstance(step, Program):
            emulated.add(step.file, step.input.encode())

    started = time.monotonic()
    passed = failed = 0
    left = all_steps
    for boot in range(BOOTS):
        seconds = max(1, arguments.seconds - int(time.monotonic() - started))
        good, bad, left, words = run(emulated, left, seconds, arguments.verbose)
        passed += good
        failed += bad
        if not left:
            break
        # Seen once: no word for 20 minutes in a test that takes half a minute.
        print(f"{left[0].name}: no end after {time.monotonic() - started:.0f} s; the machine's last words:")
        print(*words, sep="\n")
    if left:
        failed += 1
        print(f"FAILED {left[0].name} and what follows: not done after {boot + 1} boots")
    print(f"emulated for {time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
