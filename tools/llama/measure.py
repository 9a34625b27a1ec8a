"""Run the built llama.cpp: what text, through which BLAS library, with how many calls, how fast."""

import dataclasses
import json
import os
import pathlib
import re
import statistics
import subprocess
import threading

from build import BIN
from steps import LOGS, Failure, ending

PROMPT = (
    "There was once a small library that multiplied matrices. Day and night it was asked for products, large ones and "
    "small ones, and it never asked back what they were for. One evening, when the last prompt of the day had come in, "
    "it looked at the rows and columns before it and began to tell a story of its own:"
)
# Weights that llama.cpp repacks for its own kernels never reach BLAS, hence -nr and --repack 0 below.
SECONDS = 600  # a run that takes longer hangs


@dataclasses.dataclass
class Run:
    """What one process wrote, and the BLAS libraries that were mapped into it."""

    output: str
    errors: str
    libraries: list
    log: pathlib.Path


def is_blas(path):
    """Whether a mapped file is a BLAS: by its name, ggml's own adapter excepted."""
    name = pathlib.Path(path).name
    return re.match(r"lib(?!ggml)\w*(blas|blis|mkl|atlas|armpl|nvpl)", name) is not None


def mapped_blas(pid):
    """The resolved paths of the BLAS libraries in the address space of a process."""
    try:
        maps = pathlib.Path(f"/proc/{pid}/maps").read_text()
    except OSError:  # it has just ended
        return []
    files = {line.split(maxsplit=5)[5] for line in maps.splitlines() if line.count("/")}
    return sorted(path for path in files if is_blas(path))


def watch(name, command, env=None):
    """Run a program of the llama.cpp tree, look into its address space while it works, keep what it writes."""
    log = LOGS / f"{name}.log"
    command = [str(word) for word in command]
    child = subprocess.Popen(
        command,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    libraries, written = [], {child.stdout: b"", child.stderr: b""}

    def follow(stream):
        for text in iter(lambda: os.read(stream.fileno(), 1 << 16), b""):
            written[stream] += text
            # The libraries are mapped before the first word is written.
            libraries.extend(path for path in mapped_blas(child.pid) if path not in libraries)

    followers = [threading.Thread(target=follow, args=(stream,)) for stream in written]
    for follower in followers:
        follower.start()
    try:
        status = child.wait(SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        status = None
    for follower in followers:
        follower.join()
    output, errors = (text.decode(errors="replace") for text in written.values())
    log.write_text("$ " + " ".join(command) + "\n" + errors + output)
    if status != 0:
        end = f"did not end within {SECONDS} s" if status is None else f"ended with {ending(status)}"
        raise Failure(
            f"{pathlib.Path(command[0]).name} {end}",
            "if the log blames the BLAS library, please report it with the log and the line that "
            "ZENBLAS_VERBOSE=1 writes last",
            log,
        )
    return Run(output, errors, libraries, log)


def generate(model, batch, env=None):
    """Continue `PROMPT` by the 24 likeliest tokens; the prompt is processed in batches of `batch` tokens."""
    command = [BIN / "llama-completion", "-m", model, "-p", PROMPT, "-n", 24, "-c", 1024, "-ub", batch, "-nr"]
    command += ["--temp", 0, "--top-k", 1, "-no-cnv", "--no-warmup", "--simple-io", "--no-display-prompt"]
    for _ in range(5):
        run = watch(f"generate-{batch}", command, env)
        # A thread of its own writes the text and then the timings. On a busy machine the process may end before that
        # thread is done, and the end is lost: the text is complete when the last of the timings is there.
        if "graphs reused" in run.errors:
            return run
    raise Failure("llama-completion lost the end of its text five times", "try again on a less busy machine", run.log)


def calls(run, routine):
    """How many lines of a `ZENBLAS_VERBOSE=1` trace name the routine."""
    return len(re.findall(rf"\bzenblas: {routine}\(", run.errors))


@dataclasses.dataclass
class Speed:
    """Tokens per second of one round, the threads that llama.cpp took, and the BLAS libraries that were loaded."""

    prompt: float
    generation: float
    threads: int
    libraries: list


def speed(model, env=None):
    """Tokens per second by llama-bench, the median of five, for a prompt of 512 tokens and for 16 generated ones."""
    command = [BIN / "llama-bench", "-m", model, "-p", 512, "-n", 16, "-r", 5, "--repack", 0, "-o", "json"]
    run = watch("speed", command, env)
    prompt, generation = json.loads(run.output)
    return Speed(
        statistics.median(prompt["samples_ts"]),
        statistics.median(generation["samples_ts"]),
        prompt["n_threads"],
        run.libraries,
    )
