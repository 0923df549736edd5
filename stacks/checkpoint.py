"""The engine's state file of a stack, put right where an engine or a machine that died spoilt it.

The engine writes a state beside the old one and renames it, so one that is killed leaves the old
state or the new. Two things can still keep it from reading what is there:

- an empty sidecar (``<stack>.json.attrs``) of an engine that was killed while it wrote one: "failed
  to load checkpoint: EOF" from then on. The backend of this project has none
  (infra.toolchain.environment); an address of the user's own, or an earlier version, makes them;
- a state that the machine lost, because the engine does not ask for it to be written through.

Not promised: that the copy is the newest state. It is the one before; what was under way in it is
looked at again like after any killed engine.
"""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["UnreadableStateError", "mend"]


class UnreadableStateError(Exception):
    """Neither the state file nor the engine's copy of it can be read; both are left as they are."""

    def __init__(self, file: Path, reason: str, copy_reason: str, newest: Path | None) -> None:
        remedy = (
            f"The newest state kept from a finished run is {newest}; take it with "
            f"`cp {newest} {file}`, and then look for what came after it: "
            f"`pulumi refresh --stack {file.stem}`."
            if newest
            else "No state of a finished run is kept either: put one from your own backup there."
        )
        super().__init__(
            f"the engine's state {file} cannot be read ({reason}), nor can its copy "
            f"{_copy_of(file)} ({copy_reason}). {remedy}"
        )
        self.file, self.newest = file, newest


def mend(backend: Path, file: Path) -> list[str]:
    """Make the state of a stack readable again; a line for each thing that was done to it.

    Safe beside a living engine, which never leaves a half-written state under its name.

    Args:
        backend: the folder of the engine's file backend.
        file: the state file in it; one that is missing is a stack that was not made yet.

    Raises:
        UnreadableStateError: there is no readable copy.
    """
    said = [
        f"removed {sidecar}, which a killed engine left empty"
        for sidecar in _remove_empty_sidecars(backend / ".pulumi")
    ]
    reason = _unreadable(file) if file.exists() else None
    if reason is None:
        return said
    copy = _copy_of(file)
    if (copy_reason := _unreadable(copy)) is not None:
        raise UnreadableStateError(file, reason, copy_reason, _newest_finished(backend, file))
    kept = _set_aside(file)
    _put_back(copy, file)
    return [
        *said,
        f"the engine's state {file} cannot be read ({reason}): "
        f"went back to its copy {copy.name} of {_written(copy)}, "
        f"the broken one is kept as {kept.name}",
    ]


def _remove_empty_sidecars(folder: Path) -> list[Path]:
    """What a sidecar says of its file is of no use to the engine."""
    removed = []
    for sidecar in sorted(folder.rglob("*.attrs")):
        try:
            if sidecar.stat().st_size == 0:
                sidecar.unlink()
                removed.append(sidecar)
        except FileNotFoundError:  # a living engine has let go of a lock
            continue
    return removed


def _unreadable(file: Path) -> str | None:
    """Why a state cannot be read, if so."""
    try:
        state = json.loads(file.read_bytes())
    except FileNotFoundError:
        return "it is missing"
    except ValueError as exc:  # no UTF-8 or no JSON: half of it, or the zeros of a lost block
        size = file.stat().st_size
        return f"no JSON in {size} bytes: {exc}" if size else "it is empty"
    if not isinstance(state, dict) or "checkpoint" not in state:
        return "JSON, but no state"
    return None


def _copy_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.bak")


def _newest_finished(backend: Path, file: Path) -> Path | None:
    """The last readable state that the engine kept at the end of a run."""
    folder = backend / ".pulumi" / "history" / file.parent.name / file.stem
    # The number in the name is a time in nanoseconds, of as many digits until the year 2286.
    states = sorted(folder.glob(f"{file.stem}-*.checkpoint.json"), reverse=True)
    return next((state for state in states if _unreadable(state) is None), None)


def _set_aside(file: Path) -> Path:
    kept = file.with_name(f"{file.name}.unreadable-{file.stat().st_mtime_ns}")
    shutil.copy2(file, kept)  # not moved: a stack without its file would be taken for a new one
    return kept


def _put_back(copy: Path, file: Path) -> None:
    fresh = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    shutil.copy2(copy, fresh)
    with fresh.open("rb") as written:
        os.fsync(written.fileno())
    fresh.replace(file)


def _written(file: Path) -> str:
    return f"{datetime.fromtimestamp(file.stat().st_mtime, UTC):%Y-%m-%d %H:%M:%S %Z}"
