"""The logs of replicas and jobs: where they are, their last lines, and nothing secret in them."""

import os
from collections.abc import Sequence
from pathlib import Path

from infra.local.spec import replica_name
from infra.local.state import StackPaths

__all__ = ["LOG_BACKUPS", "LOG_BYTES", "job_log", "last_lines", "log_file", "log_size", "redacted"]

LOG_BYTES = 5_000_000  # of one replica's log, and of each older one
LOG_BACKUPS = 3
TAIL_BYTES = 64_000


def log_file(paths: StackPaths, service: str, replica: int) -> Path:
    return paths.logs / f"{replica_name(service, replica)}.log"


def job_log(paths: StackPaths, job: str) -> Path:
    return paths.logs / f"{job}.log"


def log_size(paths: StackPaths, service: str, replica: int) -> int:
    """Bytes in a replica's log; 0 where there is none."""
    try:
        return log_file(paths, service, replica).stat().st_size
    except FileNotFoundError:
        return 0


def last_lines(path: Path, *, since: int = 0, lines: int = 15) -> list[str]:
    """The last lines of a log, none from before a byte offset."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            begin = since if since <= end else 0  # it was rotated meanwhile
            file.seek(max(begin, end - TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []


def redacted(text: str, secrets: Sequence[str]) -> str:
    """The text without any of the secrets."""
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    return text
