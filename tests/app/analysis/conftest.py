"""Datasets made of columns, as a task reads them."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pandas as pd
import pytest

from app.tasks.context import DatasetFile

# As in a worker's slot: two test processes with two spinning threads each would wait on each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

MakeDataset = Callable[[Mapping[str, Any]], DatasetFile]


@pytest.fixture
def make_dataset(tmp_path: Path) -> MakeDataset:
    def make(columns: Mapping[str, Any]) -> DatasetFile:
        frame = pd.DataFrame(columns)
        path = tmp_path / "data.csv"
        frame.to_csv(path, index=False)
        return dataset_of(path, rows=len(frame))

    return make


def dataset_of(path: Path, *, rows: int) -> DatasetFile:
    with path.open() as file:
        header = file.readline().strip().split(",")
    return DatasetFile(
        id=UUID(int=1),
        name=path.name,
        path=path,
        size_bytes=path.stat().st_size,
        rows=rows,
        columns=header,
    )
