"""Build zenblas and install it into a prefix below `build/`; build llama.cpp, unmodified, against that prefix."""

import hashlib
import os
import pathlib
import re
import shutil
import sys

import fetch
import pins
from fetch import PYTHON, SOURCE, environment
from steps import BUILD, Failure, Line, have, run, shown, stamp, stamped, unstamp

PREFIX = BUILD / "prefix"
TREE = BUILD / "tree"
BIN = TREE / "bin"
CPU = BUILD / "cpu"  # ggml alone, without BLAS
SHIM = PREFIX / "lib" / "libzenblas_ggml.so"
MODELS = BUILD / "models"
TEST = BUILD / "test-backend-ops"  # ggml's test of its operations

# What the job runs; everything else in the tree stays unbuilt.
TARGETS = ["llama-completion", "llama-bench", "llama-perplexity", "llama-quantize", "llama-embedding"]
OPTIONS = [
    "-DCMAKE_BUILD_TYPE=Release",
    "-DGGML_BLAS=ON",
    "-DGGML_BLAS_VENDOR=Generic",
    "-DGGML_NATIVE=ON",
    "-DGGML_CCACHE=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_BUILD_SERVER=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
]

# The weight types that model.py writes by itself; the others are left to llama-quantize.
WRITTEN = ("f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "mxfp4")

NEEDED = {
    "cargo": "install Rust (https://rustup.rs, or Debian's packages cargo and rustc when they are new enough)",
    "cc": "install a C compiler (Debian: apt install gcc)",
    "c++": "install a C++ compiler (Debian: apt install g++)",
    "make": "install make (Debian: apt install make)",
}
SPACE = 2 << 30  # bytes of disk that `make llama` takes, with room to spare
MORE_SPACE = 5 << 30  # the same with all models that the other jobs write


def check_machine(space):
    """Stop at once when a tool or the room on the disk is missing."""
    for command, hint in NEEDED.items():
        if not shutil.which(command):
            raise Failure(f"there is no command {command}", hint)
    if not MODELS.exists() and shutil.disk_usage(BUILD).free < space:
        raise Failure(f"less than {space >> 30} GiB free on the disk of {shown(BUILD)}", "make room there")


def prepare(space=SPACE):
    """Everything up to the programs of llama.cpp; what an earlier run has done is not done again."""
    check_machine(space)
    fetch.wheels("[1/6]")
    fetch.source("[2/6]")
    zenblas("[3/6]")
    llama("[4/6]", TARGETS)


def prepare_ggml():
    """The part of it that ggml's own test needs: a tenth of llama.cpp."""
    check_machine(SPACE)
    fetch.wheels("[1/5]")
    fetch.source("[2/5]")
    zenblas("[3/5]")
    llama("[4/5]", ["ggml"])
    test("[5/5]")


def zenblas(number):
    """Let the Makefile build zenblas and install it; cargo knows itself what has changed."""
    line = Line(f"{number} build zenblas, install it into {shown(PREFIX)}")
    hint = "run `make` alone to see the same error by itself"
    # This script is a child of make, whose flags and variables are not meant for the inner make.
    exported = ("MAKEFLAGS", "MFLAGS", "LIBDIR", "INCLUDEDIR", "NAMEDIR", "DESTDIR", "ILP64", "FORCE")
    command = [os.environ.get("MAKE", "make"), "all", "install", f"PREFIX={PREFIX}"]
    run(command, "zenblas.log", hint, line, env=dict.fromkeys(exported, ""))
    line.end()


def workers():
    """How many compilers to run at once: one for each CPU we may use, as long as each has 1.5 GiB of memory."""
    memory = re.search(r"MemAvailable:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text())
    room = int(memory.group(1)) // (3 << 19) if memory else 1
    return max(1, min(len(os.sched_getaffinity(0)), room))


def llama(number, targets):
    """Configure llama.cpp to find our BLAS in the prefix, and build `targets`."""
    options = OPTIONS + [f"-DCMAKE_PREFIX_PATH={PREFIX}"]
    if not (shutil.which("pkg-config") or shutil.which("pkgconf")):
        # llama.cpp looks for cblas.h by pkg-config's module `blas`; without that tool it has to be told.
        options.append(f"-DBLAS_INCLUDE_DIRS={PREFIX / 'include'}")
    built(f"{number} build llama.cpp with {' '.join(OPTIONS[1:3])}", "build", SOURCE, TREE, options, targets)


def test(number):
    """Compile ggml's test of its operations. llama.cpp's own rules would link it with all of llama.cpp."""
    title = f"{number} compile ggml's test of its operations"
    source = SOURCE / "tests" / "test-backend-ops.cpp"
    key = f"{pins.LLAMA_CPP_PYTHON_SHA256}\n{TREE}"
    if stamped(TEST.name, key, TEST):
        have(title)
        return
    unstamp(TEST.name)
    command = ["c++", "-std=c++17", "-O1", f"-I{SOURCE / 'ggml' / 'include'}", source, "-o", TEST, f"-L{BIN}"]
    line = Line(title)
    run([*command, f"-Wl,-rpath,{BIN}", "-lggml", "-lggml-base", "-pthread"], "test.log", "see the log", line)
    stamp(TEST.name, key)
    line.end()


def cpu(number):
    """Build ggml's libraries without BLAS: with them in front, the same programs run on llama.cpp's own kernels."""
    options = [option for option in OPTIONS if "BLAS" not in option] + ["-DGGML_BLAS=OFF"]
    built(f"{number} build ggml without BLAS", "cpu", SOURCE, CPU, options, ["ggml"])


def built(title, name, source, tree, options, targets):
    """Configure and build with cmake and ninja; the logs are `name`-configure.log and `name`.log."""
    # The compiler optimises for this processor (GGML_NATIVE), so the processor is part of the key.
    processor = re.search(r"model name.*", pathlib.Path("/proc/cpuinfo").read_text())
    key = "\n".join([pins.LLAMA_CPP_PYTHON_SHA256, str(tree), processor.group() if processor else "", *options])
    hint = "the log has the compiler's own words; `rm -r build/llama` starts from nothing"
    env = environment()
    line = Line(title)
    step = f"{name}-configure"
    if not stamped(step, key, tree / "build.ninja"):
        unstamp(step)
        shutil.rmtree(tree, ignore_errors=True)
        command = ["cmake", "-G", "Ninja", "-S", source, "-B", tree, *options]
        run(command, f"{step}.log", hint, line, env=env)
        stamp(step, key)
    # ninja looks at the files themselves: with nothing to do it is back at once, and a new zenblas behind the same
    # header costs it one link.
    run(["ninja", "-C", tree, "-j", workers(), *targets], f"{name}.log", hint, line, env=env)
    line.end()


def model(number, size, kind):
    """Write the random-weight model of this shape and weight type unless it is there; return its path."""
    title = f"{number} write a model with random weights ({size}, {kind})"
    path = MODELS / f"{size}-{kind}.gguf"
    writer = pathlib.Path(__file__).with_name("model.py")
    digest = hashlib.sha256(writer.read_bytes()).hexdigest()
    key = "\n".join([*pins.WHEELS, pins.LLAMA_CPP_PYTHON_SHA256, digest])
    if stamped(path.name, key, path):
        have(title)
        return path
    if kind in WRITTEN:
        vocabulary = SOURCE / "models" / "ggml-vocab-llama-spm.gguf"
        command = [sys.executable, writer, "--size", size, "--type", kind, "--vocab", vocabulary, path]
    else:
        origin = model(number, size, "f16")
        command = [BIN / "llama-quantize", origin, path, kind.upper(), workers()]
    line = Line(title)
    unstamp(path.name)
    MODELS.mkdir(exist_ok=True)
    # Nothing but the fetched packages: a numpy of the user's own might not fit them.
    env = {"PYTHONPATH": str(PYTHON), "PYTHONNOUSERSITE": "1"}
    run(command, "model.log", "`rm -r build/llama/python` fetches the Python packages anew", line, env=env)
    stamp(path.name, key)
    line.end()
    return path
