"""The folder of the datasets: one file each, there whole or not at all.

An upload is written under another name, flushed to the disk, and renamed. What a killed process
left is removed by the next upload that is a day younger.
"""

import errno
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from app.datasets.errors import StorageFull, TooLarge
from app.datasets.validation import Shape, checked_shape

__all__ = ["Storage", "Written"]

PARTIAL = ".partial"
PARTIAL_KEPT_S = 86_400
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


@dataclass(frozen=True, kw_only=True)
class Written:
    shape: Shape
    size_bytes: int


class Storage:
    """Files by dataset id below ``data_dir``; shared by all replicas that see the folder."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "datasets"

    def path(self, id: UUID) -> Path:
        return self._folder / f"{id}.csv"

    def write(self, id: UUID, chunks: Iterable[bytes], *, limit_bytes: int) -> Written:
        """Check and keep a stream; blocks, so call it in a thread.

        Raises:
            DatasetRefused, TooLarge, StorageFull: and nothing is left behind.
        """
        partial = self._folder / f"{id}{PARTIAL}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._remove_abandoned()
            written = _write_checked(partial, chunks, limit_bytes)
            partial.replace(self.path(id))
            _flush(self._folder)
        except OSError as exc:
            if exc.errno in FULL:
                raise StorageFull(os.strerror(exc.errno)) from exc
            raise
        finally:
            partial.unlink(missing_ok=True)
        return written

    def remove(self, id: UUID) -> None:
        """A task that reads the file at this moment may read it to its end."""
        self.path(id).unlink(missing_ok=True)

    def _remove_abandoned(self) -> None:
        oldest = time.time() - PARTIAL_KEPT_S
        for file in self._folder.glob(f"*{PARTIAL}"):
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < oldest:
                    file.unlink()


def _write_checked(path: Path, chunks: Iterable[bytes], limit_bytes: int) -> Written:
    size = 0
    with path.open("xb") as file:

        def passing() -> Iterator[bytes]:
            nonlocal size
            for chunk in chunks:
                size += len(chunk)
                if size > limit_bytes:
                    raise TooLarge(limit_bytes=limit_bytes)
                file.write(chunk)
                yield chunk

        shape = checked_shape(passing())
        file.flush()
        os.fsync(file.fileno())
    return Written(shape=shape, size_bytes=size)


def _flush(folder: Path) -> None:
    """Makes the rename itself last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
