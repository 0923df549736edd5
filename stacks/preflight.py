"""What is looked at before the engine is called, so that it does not fail halfway."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from infra.local.state import STATE_DIR, StackPaths, run_user
from infra.toolchain.tools import RUN_TOOLS, missing

__all__ = ["PreflightError", "check", "check_folder", "pending_operations"]

FREE_MIB = 200  # PostgreSQL's first write-ahead logs and database take about 60


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
    _check_writable(paths)
    free_mib = shutil.disk_usage(paths.folder).free // 2**20
    if free_mib < FREE_MIB:
        raise PreflightError(
            f"{paths.folder} has {free_mib} MB free, at least {FREE_MIB} MB are needed: "
            f"make room, or name another folder in {STATE_DIR}"
        )


def pending_operations(stack_file: Path) -> list[str]:
    """Names of resources that a killed engine was working on."""
    try:
        latest = json.loads(stack_file.read_text())["checkpoint"]["latest"] or {}
    except FileNotFoundError:
        return []
    found = latest.get("pending_operations") or []
    return [operation["resource"]["urn"].rsplit("::", 1)[-1] for operation in found]


def _check_writable(paths: StackPaths) -> None:
    try:
        paths.prepare()
        with tempfile.NamedTemporaryFile(dir=paths.folder) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as exc:
        raise PreflightError(
            f"the state folder {paths.folder} cannot be written: {exc.strerror} "
            f"(name another folder in {STATE_DIR})"
        ) from exc
