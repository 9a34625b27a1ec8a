"""`make llama-check`: what llama.cpp computes through zenblas and its shim, against what it computes by itself.

1. ggml's own test of products, backend BLAS against backend CPU, without and with the shim: the products that ggml has
   there, and some of every type.
2. A llama model with random weights, quantised: how far the distributions of the next token are from those of ggml
   without BLAS (mean Kullback-Leibler divergence).
3. A sentence embedding model with real weights: the cosine of each embedding with that of ggml without BLAS.

Where the shim is used its report has to say that it made int8 products. With `--operations` the first is all, and a
tenth of llama.cpp is built. The last line is "N passed, N failed".
"""

import argparse
import json
import math
import re
import sys

import build
import fetch
import measure
import pins
from steps import BUILD, ROOT, Failure, Line, lock, run, stamp, stamped, unstamp

DIVERGENCE = 1e-3  # mean, in nats; the largest allowed
COSINE = 0.999  # the smallest allowed
OWN = {"LD_LIBRARY_PATH": str(build.CPU / "bin")}
SIDES = [(False, "without the shim"), (True, "with the shim")]
SHIM = {"LD_PRELOAD": str(build.SHIM), "ZENBLAS_GGML_REPORT": "1"}

# Every block format that zenblas multiplies by; the mixtures of llama-quantize have several each.
TYPES = ["q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "iq4_nl", "iq4_xs", "mxfp4"]
TYPES += ["q2_k", "q3_k_m", "q4_k_m", "q5_k_m", "q6_k"]

# The types of ggml's test: blocks, and floats of 16 bits.
OPERANDS = ["q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "iq4_nl", "iq4_xs", "mxfp4", "q2_k", "q3_k", "q4_k", "q5_k", "q6_k"]
OPERANDS += ["f16", "bf16"]

SENTENCES = [
    "There was once a small library that multiplied matrices, day and night, for whoever asked it to, and it never "
    "asked back what the products were for; in the evening it counted what it had done and slept until the morning.",
    "The harbour froze in January, so that the fishermen walked to the islands and carried their nets on sledges.",
    "Interest rates rose by a quarter of a point, more than most economists had expected after the election in May.",
    "Wash the rice until the water stays clear, then let it stand for half an hour before you put the lid on the pot.",
]


class Score:
    """Counts checks and shows each."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, title, measure_it):
        """Run `measure_it`, which returns whether all is well, and a text."""
        line = Line(title)
        try:
            good, text = measure_it()
        except Failure as failure:
            good, text = False, failure.report("make llama-check")
        line.end(text if good else f"FAILED: {text}")
        self.passed += good
        self.failed += not good


def int8_products(outcome):
    """How many int8 products the shim says it made."""
    found = re.search(r"zenblas-ggml: (\d+) products int8", outcome.errors)
    return int(found.group(1)) if found else 0


def with_products(outcome, shim, good, text):
    """The result of a check; with the shim it is good only if there were int8 products."""
    if not shim:
        return good, text
    products = int8_products(outcome)
    return good and products > 0, f"{text}, {products} int8 products"


def products():
    """Products of every type that ggml has a converter for, in the form of the test's own files."""
    sys.path.insert(1, str(fetch.PYTHON))
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    header = (fetch.SOURCE / "ggml" / "include" / "ggml.h").read_text()
    operation = re.findall(r"^ {8}(GGML_OP_\w+)", header, re.MULTILINE).index("GGML_OP_MUL_MAT")

    def operand(kind, *sizes):
        values, size = GGML_QUANT_SIZES[kind]
        strides = [size, sizes[0] // values * size]
        strides += [strides[1] * sizes[1], strides[1] * sizes[1] * sizes[2]]
        return [int(kind), *sizes, *strides]

    real = GGMLQuantizationType.F32
    for name in OPERANDS:
        kind = GGMLQuantizationType[name.upper()]
        # Rows of weights, depth, tokens, matrices of weights, and of tokens for each of them.
        for rows, depth, tokens, matrices, each in [(129, 512, 33, 1, 1), (64, 2304, 70, 1, 1), (48, 256, 32, 2, 2)]:
            weights = operand(kind, depth, rows, matrices, 1)
            activations = operand(real, depth, tokens, matrices * each, 1)
            sizes = [rows, tokens, matrices * each, 1]
            yield [operation, int(real), *sizes, 0, 2, *weights, *activations, f"{name},{rows}x{depth}x{tokens}"]


def operations(shim, file=None):
    """ggml's test of products: its own, or those of a file."""
    command = [build.TEST, "test", "-o", "MUL_MAT", "-b", "BLAS", *(["--test-file", file] if file else [])]
    # For tests of a file it leaves sentinels as the memory was, which may be no numbers; so glibc shall fill it with some.
    env = {"MALLOC_PERTURB_": "85", **(SHIM if shim else {})}
    outcome = measure.watch("operations", command, env)
    done = re.search(r"(\d+)/(\d+) tests passed", outcome.output)
    good = done is not None and done.group(1) == done.group(2) and "FAIL" not in outcome.output
    good = good and "not supported" not in outcome.output if file else good
    return with_products(outcome, shim, good, done.group() if done else "no result")


def check_operations(score):
    """Both kinds of ggml's test."""
    build.prepare_ggml()
    file = BUILD / "products"
    file.write_text("".join(" ".join(map(str, product)) + "\n" for product in products()))
    for shim, side in SIDES:
        score.check(f"ggml's test of MUL_MAT, {side}", lambda: operations(shim))
        score.check(f"ggml's test of MUL_MAT, every type, {side}", lambda: operations(shim, file))


def divergence(model, shim):
    """The mean divergence from what the same model gives without BLAS."""
    base = BUILD / "models" / "logits"
    text = fetch.SOURCE / "README.md"
    command = [build.BIN / "llama-perplexity", "-m", model, "-f", text, "-c", 256, "--chunks", 4, "-nr"]
    command += ["--kl-divergence-base", base]
    measure.watch("divergence-base", command, OWN)
    outcome = measure.watch("divergence", [*command, "--kl-divergence"], SHIM if shim else {})
    base.unlink()
    found = re.search(r"Mean\s+KLD:\s+(\S+)", outcome.output)
    mean = float(found.group(1)) if found else math.nan
    return with_products(outcome, shim, mean < DIVERGENCE, f"{mean:.6f}")


def embeddings(model, env):
    """The embeddings of the sentences."""
    command = [build.BIN / "llama-embedding", "-m", model, "-p", "\n".join(SENTENCES), "-nr"]
    outcome = measure.watch("embedding", [*command, "--embd-output-format", "array"], env)
    return outcome, json.loads(outcome.output)


def cosine(x, y):
    """Of the angle between two vectors."""
    return sum(map(lambda a, b: a * b, x, y)) / math.hypot(*x) / math.hypot(*y)


def similarity(model, shim):
    """The smallest cosine with the embeddings without BLAS."""
    _, wanted = embeddings(model, OWN)
    outcome, got = embeddings(model, SHIM if shim else {})
    least = min(map(cosine, got, wanted)) if len(got) == len(wanted) == len(SENTENCES) else math.nan
    return with_products(outcome, shim, least > COSINE, f"{least:.6f}")


def sentence_model(kind):
    """The path of the embedding model with weights of this type, written if need be."""
    path = build.MODELS / f"minilm-{kind}.gguf"
    key = pins.MINILM
    if not stamped(path.name, key, path):
        build.MODELS.mkdir(exist_ok=True)
        files = fetch.minilm()
        unstamp(path.name)
        writer = ROOT / "tools" / "llama" / "bert.py"
        env = {"PYTHONPATH": str(fetch.PYTHON), "PYTHONNOUSERSITE": "1"}
        run([sys.executable, writer, files, kind, path], "bert.log", "`rm -r build/llama` starts from nothing", env=env)
        stamp(path.name, key)
    return path


def check_models(score, types):
    """What comes out of models."""
    build.prepare(build.MORE_SPACE)
    build.cpu("[5/6]")
    models = {kind: build.model("[6/6]", "small", kind) for kind in types}
    for shim, side in SIDES:
        # Without the shim all types are floats by the same way.
        for kind, model in list(models.items())[: None if shim else 1]:
            score.check(f"divergence, {kind}, {side}", lambda: divergence(model, shim))
        for kind in ("q8_0", "q4_0"):
            score.check(f"cosine, MiniLM {kind}, {side}", lambda: similarity(sentence_model(kind), shim))


def main():
    parser = argparse.ArgumentParser(prog="make llama-check", description=__doc__.splitlines()[0])
    parser.add_argument("--types", default=",".join(TYPES), help="of the weights of the random model")
    parser.add_argument("--operations", action="store_true", help="only ggml's test of products")
    options = parser.parse_args()
    score = Score()
    try:
        with lock():
            check_operations(score)
            if not options.operations:
                check_models(score, options.types.lower().split(","))
    except Failure as failure:
        print(failure.report("make llama-check"), file=sys.stderr)
        score.failed += 1
    except KeyboardInterrupt:
        return 130
    print(f"{score.passed} passed, {score.failed} failed")
    return score.failed != 0


if __name__ == "__main__":
    sys.exit(main())
