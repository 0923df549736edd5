"""The profile of whole datasets."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import chunks
from app.analysis.profile import profile
from app.tasks.context import TaskFailed
from tests.app.analysis.conftest import MakeDataset, dataset_of


def nothing(_fraction: float, _message: str | None = None) -> None:
    """Progress that nobody watches."""


def column(report: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [found for found in report["columns"] if found["name"] == name]
    return dict(found)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows a chunk, so that a small dataset has many."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1)
    monkeypatch.setattr(chunks, "MIN_ROWS", 7)


@pytest.mark.parametrize(
    ("values", "type"),
    [
        pytest.param([1, 2, 3], "integer", id="integers"),
        pytest.param([1, None, 3], "integer", id="integers-with-a-hole"),
        pytest.param([1.5, 2.0, 3.0], "number", id="numbers"),
        pytest.param([True, False, True], "boolean", id="booleans"),
        pytest.param([True, None, True], "boolean", id="booleans-with-a-hole"),
        pytest.param(["2026-01-01", "2026-01-02", None], "timestamp", id="dates"),
        pytest.param(["2026-01-01T10:00:00Z", "2026-01-01 11:00", None], "timestamp", id="times"),
        pytest.param(["a", "b", "c"], "text", id="text"),
        pytest.param(["a", "2", "c"], "mixed", id="text-and-numbers"),
        pytest.param([None, None, None], "empty", id="nothing"),
        pytest.param([10**30, 2, 3], "number", id="above-64-bits"),
    ],
)
def test_the_type_of_a_column_is_recognised(
    make_dataset: MakeDataset, values: list[Any], type: str
) -> None:
    dataset = make_dataset({"x": pd.Series(values, dtype=object), "row": [1, 2, 3]})
    assert column(profile(dataset, bins=5, progress=nothing), "x")["type"] == type


@pytest.mark.usefixtures("small_chunks")
def test_a_column_whose_first_chunks_look_like_numbers_may_turn_out_mixed(
    make_dataset: MakeDataset,
) -> None:
    dataset = make_dataset({"x": ["1"] * 50 + ["n/k"] * 3, "y": range(53)})
    report = profile(dataset, bins=5, progress=nothing)
    found = column(report, "x")
    assert found["type"] == "mixed"
    assert found["kinds"] == {"integer": 49, "number": 1, "text": 3}
    assert report["correlations"]["columns"] == ["y"]


@pytest.mark.usefixtures("small_chunks")
def test_missing_values_distinct_values_and_texts_are_counted(make_dataset: MakeDataset) -> None:
    dataset = make_dataset({"x": ["a", "b", None, "b"] * 20, "y": [1.0, None, 2.0, 1.0] * 20})
    report = profile(dataset, bins=5, progress=nothing)
    assert report["rows"] == 80
    found = column(report, "x")
    assert (found["missing"], found["missing_ratio"], found["distinct"]) == (20, 0.25, 2)
    assert found["text"]["top"] == [{"value": "b", "count": 40}, {"value": "a", "count": 20}]
    assert column(report, "y")["distinct"] == 2


@pytest.mark.usefixtures("small_chunks")
def test_correlations_are_those_of_the_whole_table_with_holes(make_dataset: MakeDataset) -> None:
    random = np.random.default_rng(7)
    x = random.normal(1e6, 1, 400)
    columns = {
        "x": x,
        "y": 2 * x + random.normal(0, 0.5, 400),
        "noise": random.normal(size=400),
        "constant": np.full(400, 3.0),
    }
    frame = pd.DataFrame(columns)
    frame.loc[random.random(400) < 0.2, "y"] = np.nan
    dataset = make_dataset({str(name): values for name, values in frame.items()})
    found = profile(dataset, bins=5, progress=nothing)["correlations"]
    expected = frame.corr()
    assert found["columns"] == list(frame)
    for i, row in enumerate(found["matrix"]):
        for j, value in enumerate(row):
            if "constant" in (found["columns"][i], found["columns"][j]):
                assert value is None
            else:
                assert value == pytest.approx(expected.iloc[i, j], abs=1e-5)


def test_a_report_is_plain_json(make_dataset: MakeDataset) -> None:
    dataset = make_dataset({"one": [float("inf")] * 3, "two": [None] * 3, "three": [5] * 3})
    json.dumps(profile(dataset, bins=5, progress=nothing), allow_nan=False)


@pytest.mark.usefixtures("small_chunks")
def test_progress_follows_the_bytes_read_to_the_end(make_dataset: MakeDataset) -> None:
    seen: list[float] = []
    dataset = make_dataset({"x": range(200)})
    profile(dataset, bins=5, progress=lambda fraction, _message: seen.append(fraction))
    assert seen == sorted(seen)
    assert len(seen) > 10
    assert seen[-1] == 1.0


def test_a_dataset_that_was_deleted_meanwhile_is_said_to_be(make_dataset: MakeDataset) -> None:
    dataset = make_dataset({"x": [1]})
    dataset.path.unlink()
    with pytest.raises(TaskFailed, match="has been deleted"):
        profile(dataset, bins=5, progress=nothing)


def test_the_hourly_rentals_are_profiled_as_they_are(traces: Path) -> None:
    dataset = dataset_of(traces / "bike_sharing_hourly.csv", rows=17_544)
    report = profile(dataset, bins=20, progress=nothing)
    exact = pd.read_csv(dataset.path)
    assert report["rows"] == len(exact)
    assert column(report, "date_time")["type"] == "timestamp"
    assert column(report, "weather")["text"]["top"][0]["value"] == "clear"
    users = column(report, "users")
    assert users["numbers"]["mean"] == pytest.approx(exact["users"].mean())
    ordered = np.sort(exact["users"])
    for level, value in users["numbers"]["quantiles"].items():
        low = np.searchsorted(ordered, value, side="left") / len(ordered)
        high = np.searchsorted(ordered, value, side="right") / len(ordered)
        assert max(low - float(level), float(level) - high, 0) <= 0.01
    names = report["correlations"]["columns"]
    found = report["correlations"]["matrix"][names.index("temp")][names.index("users")]
    assert found == pytest.approx(exact["temp"].corr(exact["users"]), abs=1e-5)
