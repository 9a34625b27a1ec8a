"""`make llama-bench`: llama.cpp's tokens per second with different libraries behind the same program.

| who | what runs |
|---|---|
| OpenBLAS | the BLAS build on the distribution's OpenBLAS (fetched, not installed, where that is possible) |
| llama.cpp CPU | ggml built without BLAS, its own kernels |
| llama.cpp CPU, repacked | the same with the weights repacked for them, where the type has such a layout |
| zenblas | the BLAS build on zenblas |
| zenblas + shim | the same with libzenblas_ggml.so preloaded |
| zenblas + shim, bf16 | the same with F16 weights multiplied in bf16 |

All take turns, several times, and the best turn of each counts. The table goes to the terminal, its numbers and a picture of it
to `build/llama/bench`.
"""

import argparse
import itertools
import json
import os
import pathlib
import sys

import build
import fetch
import measure
import pins
from steps import BUILD, ROOT, Failure, lock, run, shown, stamp, stamped, unstamp

sys.path.insert(1, str(fetch.PYTHON))  # tqdm, which comes with gguf

RESULTS = BUILD / "bench"
PLOTTING = BUILD / "plotting"
TYPES = ["f16", "q8_0", "q4_0", "q4_k_m"]


def arguments():
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="make llama-bench", description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=["small", "medium"], default="medium", help="of the model, see model.py")
    parser.add_argument("--types", default=",".join(TYPES), help="of its weights, with commas between")
    parser.add_argument("--prompt", default="64,512,2048", help="tokens of the prompts, with commas between")
    parser.add_argument("--generate", type=int, default=32, help="tokens to generate")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of llama.cpp")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each")
    parser.add_argument("--openblas", metavar="DIR", help="a directory with a libblas.so.3 that is OpenBLAS")
    return parser.parse_args()


def has_blas(directory):
    """Whether there is a libblas.so.3 in it."""
    return os.path.exists(f"{directory}/libblas.so.3")


def openblas():
    """The directory of the system's OpenBLAS, or of a fetched one; None if neither can be had."""
    library = f"usr/lib/{os.uname().machine}-linux-gnu/openblas-pthread"
    if has_blas(f"/{library}"):
        return f"/{library}"
    fetched = ROOT / "build" / "debian" / "root" / library
    try:
        run([ROOT / "tools" / "debian.sh", "libopenblas0-pthread"], "openblas.log", "")
    except Failure:
        return None
    return fetched if has_blas(fetched) else None


def contenders(options):
    """Name, environment and further options of llama-bench for each."""
    plain = ["--repack", 0]
    if options.openblas and not has_blas(options.openblas):
        raise Failure(f"there is no libblas.so.3 in {options.openblas}", "name the directory that has it")
    found = options.openblas or openblas()
    if found:
        # Behind it, what was fetched with it because the machine lacks it.
        yield "OpenBLAS", {"LD_LIBRARY_PATH": f"{found}:{pathlib.Path(found).parent}"}, plain
    own = {"LD_LIBRARY_PATH": str(build.CPU / "bin")}
    yield "llama.cpp CPU", own, plain
    yield "llama.cpp CPU, repacked", own, ["--repack", 1]
    yield "zenblas", {}, plain
    shim = {"LD_PRELOAD": str(build.SHIM)}
    yield "zenblas + shim", shim, plain
    if "f16" in options.types.lower().split(","):
        yield "zenblas + shim, bf16", shim | {"ZENBLAS_GGML_BF16": "1"}, plain


def speeds(model, options, env, extra):
    """Tokens per second of one run for each prompt and for generation, after a run of each to warm up."""
    command = [build.BIN / "llama-bench", "-m", model, "-p", options.prompt, "-n", options.generate, "-r", 1]
    command += ["-t", options.threads, "-o", "json", *extra]
    result = json.loads(measure.watch("bench", command, env).output)
    return {test["n_prompt"]: test["avg_ts"] for test in result}


def measured(models, options):
    """Tokens per second by what was done (tokens of the prompt, 0 for generation), contender and type."""
    from tqdm import tqdm

    everyone = list(contenders(options))
    best = {}
    turns = list(itertools.product(range(options.rounds), models, everyone))
    with tqdm(turns, unit="run", disable=not sys.stderr.isatty()) as progress:
        for _, kind, (name, env, extra) in progress:
            progress.set_description(f"{name}, {kind}")
            for tokens, speed in speeds(models[kind], options, env, extra).items():
                row = best.setdefault(tokens, {}).setdefault(name, {})
                row[kind] = max(row.get(kind, 0.0), speed)
    return best


def title(tokens, options):
    """What was done, in words."""
    return f"prompt of {tokens} tokens" if tokens else f"{options.generate} tokens generated"


def table(best, options):
    """The lines of the table."""
    for tokens, rows in best.items():
        kinds = list(next(iter(rows.values())))
        yield f"tokens/s, {title(tokens, options)}, {options.threads} threads, {options.size} model"
        yield f"  {'':<26}" + "".join(f"{kind.upper():>10}" for kind in kinds)
        for name, row in rows.items():
            yield f"  {name:<26}" + "".join(f"{row[kind]:>10.0f}" for kind in kinds)
        yield ""


def picture(best, options):
    """Draw the table with matplotlib, in a process that sees nothing but the fetched packages."""
    key = " ".join(pins.PLOTTING + [sys.version])
    if not stamped("plotting", key, PLOTTING):
        unstamp("plotting")
        command = fetch.pip() + ["install", "--upgrade", "--target", PLOTTING, "--only-binary", ":all:"]
        run(command + pins.PLOTTING, "plotting.log", fetch.ONLINE, env=fetch.PIP)
        stamp("plotting", key)
    data = {title(tokens, options): rows for tokens, rows in best.items()}
    (RESULTS / "bench.json").write_text(json.dumps(data, indent=1))
    plot = ROOT / "tools" / "llama" / "plot.py"
    env = {"PYTHONPATH": str(PLOTTING), "PYTHONNOUSERSITE": "1", "MPLCONFIGDIR": str(PLOTTING)}
    command = [sys.executable, plot, RESULTS / "bench.json", RESULTS / "bench.svg"]
    run(command, "plot.log", "`rm -r build/llama/plotting` fetches matplotlib anew", env=env)


def main():
    options = arguments()
    try:
        with lock():
            build.prepare(build.MORE_SPACE)
            build.cpu("[5/6]")
            models = {kind: build.model("[6/6]", options.size, kind) for kind in options.types.lower().split(",")}
            RESULTS.mkdir(exist_ok=True)
            best = measured(models, options)
            print("", *table(best, options), sep="\n")
            picture(best, options)
            print(f"picture: {shown(RESULTS / 'bench.svg')}; numbers: {shown(RESULTS / 'bench.json')}")
    except Failure as failure:
        print(failure.report("make llama-bench"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the next run starts measuring anew", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
