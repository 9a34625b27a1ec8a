"""The main job: from an empty build directory to text that llama.cpp generates through zenblas.

Called by run.sh, which `make llama` calls. The steps are in fetch.py and build.py, what is printed at the end comes
from measure.py; versions are pinned in pins.py.
"""

import argparse
import os
import sys

import build
import measure
from steps import Failure, lock, shown


def arguments():
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="build zenblas and llama.cpp on top of it, generate text, measure")
    parser.add_argument("--size", choices=["small", "medium"], default="small", help="of the model, see model.py")
    parser.add_argument("--type", default="f32", help="of its weights: f32, f16, q8_0, q4_k_m ...")
    parser.add_argument(
        "--against",
        metavar="DIR",
        action="append",
        default=[],
        help="measure the libblas.so.3 in this directory too, turn by turn with zenblas (may be repeated)",
    )
    parser.add_argument("--rounds", type=int, default=None, help="turns of measuring; the best counts")
    return parser.parse_args()


def say(name, text):
    """One line of the result."""
    print(f"  {name:<12}{text}", flush=True)


def show_text(model, exact):
    """Generate through BLAS and without it, and show what came out, through which library.

    With `exact`, both texts have to be the same."""
    run = measure.generate(model, 512, {"ZENBLAS_VERBOSE": "1"})
    # A product reaches BLAS from 32 tokens on: in batches of 16 llama.cpp computes everything by itself.
    alone = measure.generate(model, 16, {"ZENBLAS_VERBOSE": "1"})
    say("prompt", measure.PROMPT)
    say("text", run.output.strip())
    say("", "(random weights, random words)")
    for path in run.libraries or ["none"]:
        say("BLAS", path)
    products = measure.calls(run, "sgemm")
    say("BLAS calls", f"{products} sgemm for this prompt")
    advice = "unset LD_LIBRARY_PATH and LD_PRELOAD; if that is not it, `rm -r build/llama/tree` links anew"
    if not all(path.startswith(f"{build.PREFIX}/") for path in run.libraries) or not run.libraries:
        raise Failure(f"the process did not load the BLAS of {shown(build.PREFIX)}", advice)
    if products == 0:
        raise Failure(
            "zenblas is loaded, but it traced no sgemm call",
            f"see {shown(run.log)}: ZENBLAS_VERBOSE=1 should write a line for each call",
        )
    if measure.calls(alone, "sgemm") != 0:
        raise Failure("llama.cpp called BLAS for a batch of 16 tokens", "the pinned version is not the one that ran")
    if run.output == alone.output:
        say("check", "llama.cpp generates the same text without BLAS")
    elif exact:
        say("no BLAS", alone.output.strip())
        raise Failure("llama.cpp generates another text without BLAS", "please report this with both texts")
    else:
        # For other types than f32 llama.cpp rounds the activations where BLAS doesn't.
        say("no BLAS", alone.output.strip())


def show_speed(model, peers, rounds):
    """Measure zenblas and the other libraries turn by turn, and show tokens per second."""
    environments = {build.PREFIX: {}}
    for directory in map(os.path.realpath, peers):
        path = [directory, *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
        environments[directory] = {"LD_LIBRARY_PATH": os.pathsep.join(path)}
    best = {}
    for _ in range(rounds):
        for directory, env in environments.items():
            result = measure.speed(model, env)
            if not any(path.startswith(f"{directory}/") for path in result.libraries):
                raise Failure(f"llama-bench did not load a BLAS from {directory}", "is there a libblas.so.3?")
            best[directory] = max(best.get(directory, result), result, key=lambda speed: speed.prompt)
    for directory, result in best.items():
        say(
            "tokens/s",
            f"{result.prompt:.0f} prompt processing (512 tokens), {result.generation:.0f} generation, "
            f"{result.threads} threads, " + ("zenblas" if directory == build.PREFIX else directory),
        )


def main():
    options = arguments()
    try:
        with lock():
            build.prepare()
            model = build.model("[5/6]", options.size, options.type.lower())
            print("[6/6] generate and measure", flush=True)
            show_text(model, options.type.lower() == "f32")
            show_speed(model, options.against, options.rounds or (3 if options.against else 1))
    except Failure as failure:
        print(failure.report(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the next run goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
