"""What is looked at before the engine is called, so that it does not fail halfway."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from infra.local.state import STATE_DIR, StackPaths, StatePaths, run_user
from infra.toolchain.tools import RUN_TOOLS, missing

__all__ = ["PreflightError", "check", "check_backend", "check_folder", "pending_operations"]

FREE_MIB = 200  # PostgreSQL's first write-ahead logs and database take about 60
FREE_FOR_STATE_MIB = 50  # the engine keeps the history of its states, about 1 MB each


class PreflightError(Exception):
    """The machine lacks something; the message names it, what was found and what is needed."""


def check(paths: StackPaths) -> None:
    """Look at the state folder, its file system, its users and the programs.

    Raises:
        PreflightError: something is missing.
        StateError: a folder is not ours, or the system user is missing.
    """
    check_folder(paths)
    if problems := missing(RUN_TOOLS):
        raise PreflightError("\n".join([*problems, "run `make install`"]))
    run_user()


def check_folder(paths: StackPaths) -> None:
    """The part of ``check`` that is about the state folder."""
    _check_writable(paths.folder, paths.prepare)
    _check_room(paths.folder, FREE_MIB)


def check_backend(paths: StatePaths) -> None:
    """All that a stack on a cluster needs of this machine: where the engine keeps its state.

    Raises:
        PreflightError: it cannot be written, or is full.
        StateError: a folder is not ours.
    """
    _check_writable(paths.pulumi, paths.prepare)
    _check_room(paths.pulumi, FREE_FOR_STATE_MIB)


def pending_operations(stack_file: Path) -> list[str]:
    """Names of resources that a killed engine was working on."""
    try:
        latest = json.loads(stack_file.read_text())["checkpoint"].get("latest") or {}
    except FileNotFoundError:
        return []
    found = latest.get("pending_operations") or []
    return [operation["resource"]["urn"].rsplit("::", 1)[-1] for operation in found]


def _check_writable(folder: Path, prepare: Callable[[], None]) -> None:
    try:
        prepare()
        with tempfile.NamedTemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as exc:
        raise PreflightError(
            f"the state folder {folder} cannot be written: {exc.strerror} "
            f"(name another folder in {STATE_DIR})"
        ) from exc


def _check_room(folder: Path, needed_mib: int) -> None:
    free_mib = shutil.disk_usage(folder).free // 2**20
    if free_mib < needed_mib:
        raise PreflightError(
            f"{folder} has {free_mib} MB free, at least {needed_mib} MB are needed: "
            f"make room, or name another folder in {STATE_DIR}"
        )
