"""A dataset as a sequence of data frames of bounded size."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

import pandas as pd

from app.tasks.context import DatasetFile, TaskFailed

__all__ = ["Progress", "chunks"]

# Text of one chunk. Strings take about ten times their size as Python objects.
CHUNK_BYTES = 8 * 2**20
MIN_ROWS, MAX_ROWS = 200, 200_000

Progress = Callable[[float, str | None], None]


def chunks(dataset: DatasetFile, progress: Progress) -> Iterator[pd.DataFrame]:
    """The rows in order; reports progress by the bytes read.

    Raises:
        TaskFailed: the file is gone or is no longer what was uploaded.
    """
    try:
        with dataset.path.open("rb") as file:
            yield from _frames(file, dataset, progress)
    except FileNotFoundError as exc:
        raise TaskFailed(f"dataset {dataset.name!r} has been deleted") from exc
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as exc:
        raise TaskFailed(f"dataset {dataset.name!r} cannot be read: {exc}") from exc


def _frames(file: BinaryIO, dataset: DatasetFile, progress: Progress) -> Iterator[pd.DataFrame]:
    bytes_per_row = max(1, dataset.size_bytes // max(1, dataset.rows))
    rows = min(MAX_ROWS, max(MIN_ROWS, CHUNK_BYTES // bytes_per_row))
    # index_col=False: without it pandas makes an index of the first column of some ragged files.
    options = {"encoding": "utf-8-sig", "index_col": False, "low_memory": False}
    with pd.read_csv(file, chunksize=rows, **options) as reader:  # type: ignore[call-overload]
        done = 0
        for frame in reader:
            done += len(frame)
            yield frame
            progress(min(1.0, file.tell() / max(1, dataset.size_bytes)), f"{done:,} rows read")
