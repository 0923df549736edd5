"""One operation of the engine (up, preview, refresh, destroy), followed event by event.

The engine prints its events as JSON lines; they are turned into one line a resource for people and
into counts and differences for whoever asks. Its words for what went wrong are passed on as they
are.
"""

import contextlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from infra.local.state import tree_root
from infra.toolchain.environment import engine_environment
from infra.toolchain.salts import keep_salts_out_of_git

__all__ = ["Difference", "Outcome", "operate"]

UNCHANGED = {"same", "read", "refresh", "read-discard", "read-replacement"}
WORDS = {
    "create": ("creating", "created"),
    "update": ("updating", "updated"),
    "delete": ("deleting", "deleted"),
    "replace": ("replacing", "replaced"),
    "create-replacement": ("replacing", "replaced"),
    "delete-replaced": ("removing the old", "removed the old"),
}
SLOW_S = 5.0  # a resource that takes longer says so while it does

Show = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What an operation does to one resource."""

    resource: str
    type: str
    operation: str
    properties: list[str]


@dataclass(kw_only=True)
class Outcome:
    """What came of an operation; filled in while it runs, by the thread that reads its events."""

    succeeded: bool = False
    duration_s: float = 0.0
    differences: list[Difference] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> dict[str, int]:
        """How many resources each kind of change was for."""
        kinds = [difference.operation for difference in self.differences]
        return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def operate(
    verb: str, *, stack: str, show: Show, arguments: Sequence[str] = (), tree: Path | None = None
) -> Outcome:
    """Run an operation to its end; Ctrl-C is the engine's to handle, which then ends cleanly."""
    command = ["pulumi", verb, "--stack", stack, "--json", "--non-interactive"]
    command += ["--cwd", str(tree or tree_root()), *arguments]
    env = {**engine_environment(stack), "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "1"}
    outcome, follower = Outcome(), _Follower(show)
    started = time.monotonic()
    with (
        subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as engine,
        _interrupts_left_to_the_engine(),
        follower,
    ):
        assert engine.stdout is not None  # noqa: S101 - piped above
        assert engine.stderr is not None  # noqa: S101 - piped above
        said: list[str] = []
        errors = threading.Thread(target=_collect, args=(engine.stderr, said), daemon=True)
        errors.start()
        for line in engine.stdout:
            follower.take(line, outcome)
        errors.join()
    outcome.duration_s = time.monotonic() - started
    outcome.succeeded = engine.returncode == 0
    keep_salts_out_of_git(tree or tree_root())
    if not outcome.succeeded and not outcome.errors:
        outcome.errors = [line.removeprefix("error: ") for line in said if line] or [
            f"exit code {engine.returncode}"
        ]
    return outcome


class _Follower:
    """Turns events into lines; a thread of its own says what takes long."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._begun: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._remind, daemon=True)

    def __enter__(self) -> "_Follower":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def take(self, line: str, outcome: Outcome) -> None:
        try:
            event = json.loads(line)
        except json.JSONDecodeError:  # the engine's plain words before its first event
            if line.strip():
                outcome.errors.append(line.strip())
            return
        if (message := event.get("diagnosticEvent")) is not None:
            self._diagnostic(message, outcome)
        elif (before := event.get("resourcePreEvent")) is not None:
            self._begin(before["metadata"], outcome)
        elif (after := event.get("resOutputsEvent")) is not None:
            self._end(after["metadata"], outcome)
        elif (failed := event.get("resOpFailedEvent")) is not None:
            self._failed(failed["metadata"])

    def _diagnostic(self, message: dict[str, Any], outcome: Outcome) -> None:
        text = message["message"].strip()
        if message.get("ephemeral") or not text:
            return
        if message["severity"] == "error":
            text = text.removeprefix("error: ")
            name = _name(message["urn"]) if message.get("urn") else ""
            outcome.errors.append(f"{name}: {text}" if name else text)
        elif message["severity"] != "debug":
            self._show(f"warning: {text}" if message["severity"] == "warning" else text)

    def _begin(self, step: dict[str, Any], outcome: Outcome) -> None:
        if step["op"] in UNCHANGED or _is_stack(step):
            return
        changed = sorted(step.get("detailedDiff") or step.get("diffs") or [])
        outcome.differences.append(
            Difference(
                resource=_name(step["urn"]),
                type=step["type"],
                operation=step["op"],
                properties=changed,
            )
        )
        with self._lock:
            self._begun[step["urn"]] = (time.monotonic(), step["op"])

    def _end(self, step: dict[str, Any], outcome: Outcome) -> None:
        if _is_stack(step):
            outcome.outputs = (step.get("new") or {}).get("outputs") or {}
        with self._lock:
            begun = self._begun.pop(step["urn"], None)
        if begun is not None:
            done = WORDS.get(step["op"], (step["op"], step["op"]))[1]
            self._show(f"{_name(step['urn'])}: {done} ({time.monotonic() - begun[0]:.1f} s)")

    def _failed(self, step: dict[str, Any]) -> None:
        with self._lock:
            self._begun.pop(step["urn"], None)
        self._show(f"{_name(step['urn'])}: failed")

    def _remind(self) -> None:
        while not self._ended.wait(SLOW_S):
            now = time.monotonic()
            with self._lock:
                slow = [(u, now - at, op) for u, (at, op) in self._begun.items()]
            for urn, elapsed_s, op in slow:
                if elapsed_s >= SLOW_S:
                    doing = WORDS.get(op, (op, op))[0]
                    self._show(f"{_name(urn)}: {doing} ... {elapsed_s:.0f} s")


@contextlib.contextmanager
def _interrupts_left_to_the_engine() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _collect(stream: IO[str], into: list[str]) -> None:
    into.extend(line.rstrip() for line in stream)


def _is_stack(step: dict[str, Any]) -> bool:
    return bool(step["type"] == "pulumi:pulumi:Stack")


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]
