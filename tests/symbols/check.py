#!/usr/bin/env python3
"""Compare what the headers declare, what the libraries export and what the contract lists, in all directions.

    check.py [--ilp64] [--so FILE] [--archive FILE] [--thin FILE]...

The contract is the text files beside this script. Without --so the built library in build/lib is taken.
Needs a C preprocessor (`cc`) and `nm`; no network. Exits 1 and names every difference.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HEADERS = ["cblas.h", "f77blas.h", "zenblas.h"]
HANDLERS = {"xerbla_", "xerbla_array_", "lsame_", "cblas_xerbla"}  # weak in the archive: a program may define its own

problems = []


def complain(what, names):
    """Note that each of `names` is `what`."""
    problems.extend(f"{name}: {what}" for name in sorted(names))


def listed(file):
    """The names in one contract file; a name listed twice is a mistake."""
    lines = (line.split("#")[0].strip() for line in (HERE / file).read_text().splitlines())
    names = [name for name in lines if name]
    complain(f"listed twice in {file}", {n for n in names if names.count(n) > 1})
    return set(names)


def spellings(name, ilp64):
    """The exported spellings of an LP64 name."""
    if not ilp64:
        return {name}
    return {name + "64_"} | ({name + "_64"} if name.startswith("cblas_") else set())


def spelled(names, ilp64):
    return {s for name in names for s in spellings(name, ilp64)}


def run(*command, **kwargs):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **kwargs).stdout


def declared(ilp64):
    """Functions and data objects that our headers declare, as the preprocessor leaves them."""
    source = "".join(f'#include "{h}"\n' for h in HEADERS)
    flags = ["-DZENBLAS_ILP64"] if ilp64 else []
    text = run("cc", "-E", "-x", "c", f"-I{ROOT / 'include'}", *flags, "-", input=source)
    ours, lines = False, []
    for line in text.splitlines():
        marker = re.match(r'# \d+ "([^"]*)"', line)
        if marker:
            ours = Path(marker[1]).parent == ROOT / "include"
        elif ours:
            lines.append(line)
    names = set()
    for statement in " ".join(lines).split(";"):
        if "typedef" in statement:
            continue
        function = re.search(r"(\w+)\s*\(", statement)
        variable = re.search(r"\bextern int (\w+)$", statement.strip())
        if function or variable:
            names.add((function or variable)[1])
    return names


def other_spellings():
    """What `cblas_dgemm64_` stands for in an ILP64 program: {spelling: symbol}."""
    flags = ["-dM", f"-I{ROOT / 'include'}", "-DZENBLAS_ILP64"]
    text = run("cc", "-E", "-x", "c", *flags, "-", input='#include "cblas.h"\n')
    return dict(re.findall(r"^#define (cblas_\w+64_) (\w+)$", text, re.M))


def symbols(*nm_arguments):
    """{name: type letter} of the defined global symbols of a library."""
    table = {}
    for line in run("nm", "--defined-only", *nm_arguments).splitlines():
        fields = line.split()
        if len(fields) == 3:
            table[fields[2]] = fields[1]
    return table


def compare(where, found, expected):
    complain(f"missing from {where}", expected - found)
    complain(f"in {where} but not in the contract", found - expected)


def check_headers(contract, ilp64):
    # The headers declare one spelling of each cblas_ name and reach the other by macro.
    expected = {n + ("_64" if n.startswith("cblas_") else "64_") for n in contract} if ilp64 else contract
    compare("the headers", declared(ilp64), expected)
    if ilp64:
        macros = other_spellings()
        cblas = {n for n in contract if n.startswith("cblas_")}
        compare("zenblas_ilp64.h", set(macros), {n + "64_" for n in cblas})
        complain("stands for the wrong symbol", {k for k, v in macros.items() if v != k.removesuffix("64_") + "_64"})


def check_version():
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    major, minor, patch = version.split("-")[0].split(".")
    header = (ROOT / "include/zenblas.h").read_text()
    config = (ROOT / "include/openblas_config.h").read_text()
    wanted = {
        f'#define ZENBLAS_VERSION "{version}"',
        f"#define ZENBLAS_VERSION_MAJOR {major}",
        f"#define ZENBLAS_VERSION_MINOR {minor}",
        f"#define ZENBLAS_VERSION_PATCH {patch}",
    }
    complain("not in zenblas.h, which must follow Cargo.toml", wanted - set(header.splitlines()))
    complain("not in openblas_config.h", {w for w in [f"(zenblas {version})"] if w not in config})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ilp64", action="store_true", help="the library has 64-bit integers and suffixed names")
    parser.add_argument("--so", type=Path, help="shared library [build/lib/libzenblas.so]")
    parser.add_argument("--archive", type=Path, help="static library to check as well")
    parser.add_argument("--thin", type=Path, action="append", default=[], help="thin library to check as well")
    arguments = parser.parse_args()
    ilp64 = arguments.ilp64
    so = arguments.so or ROOT / ("build/lib64_/libzenblas64_.so" if ilp64 else "build/lib/libzenblas.so")

    data = listed("data.txt")
    functions = listed("fortran.txt") | listed("cblas.txt") | listed("control.txt")
    contract = functions | data
    absent = listed("not-exported.txt")
    complain("both in the contract and in not-exported.txt", contract & absent)

    check_version()
    for wide in (False, True):
        check_headers(contract, wide)

    expected = spelled(contract, ilp64)
    exported = symbols("-D", so)
    compare(so.name, set(exported), expected)
    complain(f"exported by {so.name} although not-exported.txt says why not", set(exported) & spelled(absent, ilp64))
    objects = spelled(data, ilp64)
    complain(f"not a function in {so.name}", {n for n in expected - objects if exported.get(n, "T") != "T"})
    complain(f"not a data object in {so.name}", {n for n in objects if exported.get(n, "B") not in "BD"})

    if arguments.archive:
        table = symbols("-g", arguments.archive)
        compare(arguments.archive.name, set(table), expected)
        handlers = spelled(HANDLERS, ilp64)
        complain(f"not weak in {arguments.archive.name}", {n for n in handlers if table.get(n, "W") != "W"})
        complain(f"weak in {arguments.archive.name}", {n for n in set(table) - handlers if table[n] in "WV"})
    for thin in arguments.thin:
        complain(f"missing from {thin.name}", expected - set(symbols("-D", thin)))

    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"symbols: {len(expected)} expected of {so}, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
