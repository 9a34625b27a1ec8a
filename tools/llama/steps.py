"""Run commands as steps: a line of progress each, the full output in a log, a stamp when it is done.

Everything lives below `build/llama`. A stamp is a small file that holds the key its step was done for (versions,
options, paths); a step whose key has not changed is not done again.
"""

import fcntl
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "llama"
LOGS = BUILD / "logs"
STAMPS = BUILD / "stamps"


class Failure(Exception):
    """A step failed: `what` went wrong, what to do about it, and the log to look into."""

    def __init__(self, what, hint, log=None):
        super().__init__(what)
        self.what, self.hint, self.log = what, hint, log

    def report(self, job="make llama"):
        """The message for the terminal, with the end of the log."""
        lines = [f"{job} failed: {self.what}"]
        if self.log and self.log.exists():
            tail = self.log.read_text(errors="replace").splitlines()[-20:]
            lines += ["  | " + line for line in tail] + [f"The whole log: {shown(self.log)}"]
        return "\n".join(lines + [f"What to do: {self.hint}"])


def shown(path):
    """A path as a user at the top of the repository would type it."""
    path = pathlib.Path(path)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def lock():
    """Keep a second run out of `build/llama`; the lock lasts until the returned file is closed."""
    for directory in (LOGS, STAMPS):
        directory.mkdir(parents=True, exist_ok=True)
    file = open(BUILD / "lock", "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Failure("another run is at work in build/llama", "wait until it has finished") from None
    return file


def stamped(name, key, product):
    """Whether the step `name` was already done for this key and its product is still there."""
    stamp = STAMPS / name
    return product.exists() and stamp.exists() and stamp.read_text() == key


def stamp(name, key):
    """Remember that the step `name` is done for this key."""
    (STAMPS / name).write_text(key)


def unstamp(name):
    """Forget that the step `name` was done."""
    (STAMPS / name).unlink(missing_ok=True)


class Line:
    """A line of progress: a title, while it runs a counter (on a terminal only), at the end its seconds."""

    def __init__(self, title):
        self.title, self.start = title, time.monotonic()
        self.live = sys.stdout.isatty()
        print(f"{title:<66}", end="" if self.live else "\n", flush=True)

    def count(self, text):
        """Show how far the step has come."""
        if self.live:
            print(f"\r{self.title:<66}{text:>12}", end="", flush=True)

    def end(self, text=None):
        """Close the line with `text`, or with the seconds that went by."""
        text = text or f"{time.monotonic() - self.start:.1f} s"
        if self.live:
            print(f"\r{self.title:<66}{text:>12}", flush=True)
        else:
            print(f"    {text}", flush=True)


def have(title):
    """The line of a step that was done by an earlier run."""
    Line(title).end("have it")


def run(command, log, hint, line=None, env=None, cwd=ROOT):
    """Run a command with its output in `logs/log`; a counter like `[12/142]` in it moves `line` on."""
    log = LOGS / log
    command = [str(word) for word in command]
    try:
        with open(log, "w") as file:
            file.write("$ " + " ".join(command) + "\n")
            file.flush()
            child = subprocess.Popen(
                command,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            for text in child.stdout:
                file.write(text)
                counter = re.match(r"\[\d+/\d+\]", text)
                if line and counter:
                    line.count(counter.group())
        status = child.wait()
    except FileNotFoundError:
        raise Failure(f"there is no command {command[0]}", hint) from None
    if status != 0:
        if line:
            line.end("FAILED")
        name = pathlib.Path(command[0]).name
        raise Failure(f"{name} ended with {ending(status)}", hint, log)


def ending(status):
    """The exit status of a process in words."""
    return f"signal {-status}" if status < 0 else f"status {status}"
