"""Kept models as files of one machine, written by one process; several may read.

    <folder>/<workload>/<version>.skops   the model
    <folder>/<workload>/<version>.json    what it is: written last, a model without it is none
    <folder>/<workload>/pinned            the version that was rolled back to, if one was

A file is written beside its place, synced and moved, so a crash leaves a whole one or none.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from scaler.adapters.model_store import DEPENDENCY
from scaler.records import Unavailable

__all__ = ["FolderShelf"]

PIN = "pinned"


class FolderShelf:
    """A ``Shelf`` over a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def versions(self, workload: str) -> Collection[str]:
        with _answering():
            return {path.stem for path in self._of(workload).glob("*.json")}

    def put(self, workload: str, version: str, *, description: bytes, content: bytes) -> None:
        with _answering():
            folder = self._of(workload)
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / f"{version}.skops", content)
            _write(folder / f"{version}.json", description)

    def description(self, workload: str, version: str) -> bytes | None:
        return _read(self._of(workload) / f"{version}.json")

    def content(self, workload: str, version: str) -> bytes | None:
        return _read(self._of(workload) / f"{version}.skops")

    def forget(self, workload: str, *, but: Collection[str]) -> None:
        """With what a crash left half written."""
        kept = {PIN, *(f"{version}{end}" for version in but for end in (".skops", ".json"))}
        with _answering():
            for path in self._of(workload).iterdir():
                if path.name not in kept:
                    path.unlink(missing_ok=True)

    def pin(self, workload: str, version: str | None) -> None:
        with _answering():
            path = self._of(workload) / PIN
            if version is None:
                path.unlink(missing_ok=True)
            else:
                _write(path, version.encode())

    def pinned(self, workload: str) -> str | None:
        found = _read(self._of(workload) / PIN)
        return None if found is None else found.decode(errors="replace").strip()

    def _of(self, workload: str) -> Path:
        # Names come from a cluster too: what is no file name there is none here.
        name = quote(workload, safe="")
        return self._folder / name.replace(".", "%2E")


def _read(path: Path) -> bytes | None:
    with _answering():
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(DEPENDENCY, error.strerror or type(error).__name__) from error
