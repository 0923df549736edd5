"""How long steps of the bootstrap show that they are under way: a line after 2 s, then one every 15
s.

Plain lines on stderr, with or without a terminal, so that a log of them reads the same.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

__all__ = ["BootstrapError", "CommandFailedError", "run", "say", "step"]

FIRST_LINE_S = 2.0
NEXT_LINE_S = 15.0
TAIL_LINES = 60  # npm shows its usage behind the error


class BootstrapError(Exception):
    """Base of what stops an installation; the message says what to do about it."""


class CommandFailedError(BootstrapError):
    """A command that a step needs ended with an error."""

    def __init__(self, argv: Sequence[str], returncode: int, output: str) -> None:
        tail = "\n".join("    " + line for line in output.splitlines()[-TAIL_LINES:])
        super().__init__(f"`{' '.join(argv)}` ended with exit code {returncode}:\n{tail}")
        self.argv, self.returncode, self.output = list(argv), returncode, output


def say(text: str) -> None:
    """One line for the person who waits."""
    print(f"autoserve: {text}", file=sys.stderr, flush=True)  # noqa: T201 - this is the display


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Show ``text`` and the time it takes when what is inside lasts longer than 2 s."""
    done = threading.Event()
    started = time.monotonic()
    shown = threading.Thread(target=_show, args=(text, started, done), daemon=True)
    shown.start()
    try:
        yield
    finally:
        done.set()
        shown.join()
    elapsed = time.monotonic() - started
    if elapsed >= FIRST_LINE_S:
        say(f"{text}: done in {elapsed:.0f} s")


def run(
    argv: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a command without input; its output comes back, and is shown only when it fails."""
    words = [os.fspath(word) for word in argv]
    try:
        result = subprocess.run(
            words,
            cwd=cwd,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as exc:
        raise CommandFailedError(words, 127, str(exc)) from exc
    if result.returncode != 0:
        raise CommandFailedError(words, result.returncode, result.stdout)
    return result.stdout


def _show(text: str, started: float, done: threading.Event) -> None:
    if done.wait(FIRST_LINE_S):
        return
    say(f"{text} ...")
    while not done.wait(NEXT_LINE_S):
        say(f"{text} ... {time.monotonic() - started:.0f} s")
