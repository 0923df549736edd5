"""Models of whole datasets: better than a naive guess, kept, and read back by trusted types."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from skops import io as skops_io

from app.analysis.training import TRUSTED_TYPES, train
from app.tasks.context import DatasetFile, TaskFailed
from tests.app.analysis.conftest import MakeDataset, dataset_of

ROWS = 400


def nothing(_fraction: float, _message: str | None) -> None:
    """Progress that nobody watches."""


def trained(dataset: DatasetFile, tmp_path: Path, target: str, **more: Any) -> dict[str, Any]:
    arguments = {"kind": "auto", "folds": 3, "max_rows": 10_000, **more}
    return train(
        dataset,
        target=target,
        model_file=tmp_path / "model.skops",
        progress=nothing,
        **arguments,
    )


@pytest.fixture
def table() -> dict[str, Any]:
    random = np.random.default_rng(1)
    size, colour = random.uniform(0, 10, ROWS), random.choice(["red", "blue"], ROWS)
    days = pd.date_range("2026-01-01", periods=ROWS, freq="h").strftime("%Y-%m-%d %H:%M")
    price = 3 * size + 10 * (colour == "red") + random.normal(0, 0.5, ROWS)
    return {
        "when": days,
        "size": size,
        "colour": colour,
        "id": [f"item-{number}" for number in range(ROWS)],
        "nothing": [None] * ROWS,
        "price": price,
        "is_dear": np.where(price > 20, "yes", "no"),
    }


def test_a_number_is_predicted_better_than_by_its_mean(
    make_dataset: MakeDataset, table: dict[str, Any], tmp_path: Path
) -> None:
    del table["is_dear"]
    result = trained(make_dataset(table), tmp_path, "price")
    assert result["kind"] == "regression"
    assert result["scores"]["r2"]["mean"] > 0.9
    assert result["baseline"]["r2"]["mean"] < 0.1
    assert result["features"]["categorical"] == ["colour"]
    assert result["features"]["dates"] == {"when": ["when.day", "when.day_of_week", "when.hour"]}
    assert set(result["features"]["dropped"]) == {"id", "nothing"}
    assert result["importances"][0]["feature"] in {"size", "colour"}


def test_a_class_is_predicted_better_than_by_the_most_frequent(
    make_dataset: MakeDataset, table: dict[str, Any], tmp_path: Path
) -> None:
    del table["price"]
    result = trained(make_dataset(table), tmp_path, "is_dear")
    assert (result["kind"], result["classes"]) == ("classification", ["no", "yes"])
    assert result["scores"]["accuracy"]["mean"] > result["baseline"]["accuracy"]["mean"] + 0.2


def test_the_kept_model_is_read_by_trusted_types_and_predicts(
    make_dataset: MakeDataset, tmp_path: Path
) -> None:
    x = np.linspace(0, 1, ROWS)
    result = trained(make_dataset({"x": x, "y": 5 * x}), tmp_path, "y")
    file = tmp_path / result["model"]["file"]
    model = skops_io.load(file, trusted=list(TRUSTED_TYPES))
    assert model.predict(pd.DataFrame({"x": [0.5]}))[0] == pytest.approx(2.5, abs=0.2)
    assert file.stat().st_size == result["model"]["size_bytes"]


def test_above_the_limit_a_sample_is_used_and_said(
    make_dataset: MakeDataset, tmp_path: Path
) -> None:
    x = np.linspace(0, 1, 2_000)
    result = trained(make_dataset({"x": x, "y": 5 * x}), tmp_path, "y", max_rows=300)
    assert result["rows"]["is_sample"]
    assert 200 < result["rows"]["used"] < 400
    assert result["rows"]["in_dataset"] == 2_000


def test_rows_without_a_target_and_classes_too_small_are_left_out_and_said(
    make_dataset: MakeDataset, tmp_path: Path
) -> None:
    labels = ["a", "b"] * 50 + ["rare"] * 2 + [None] * 10
    result = trained(make_dataset({"x": range(112), "label": labels}), tmp_path, "label")
    assert result["classes"] == ["a", "b"]
    assert (result["rows"]["without_target"], result["rows"]["in_classes_too_small"]) == (10, 2)


@pytest.mark.parametrize(
    ("columns", "more", "reason"),
    [
        pytest.param({"x": range(50)}, {}, "has no column 'y'; it has x", id="no-such-column"),
        pytest.param(
            {"x": range(50), "y": ["a", "b"] * 25},
            {"kind": "regression"},
            "holds text; regression needs numbers",
            id="regression-of-text",
        ),
        pytest.param(
            {"x": range(300), "y": [f"c{n // 2}" for n in range(300)]},
            {"folds": 2},
            "has 150 classes; allowed: at most 100",
            id="too-many-classes",
        ),
        pytest.param({"x": range(9), "y": range(9)}, {}, "only", id="too-few-rows"),
        pytest.param({"x": range(50), "y": [1] * 50}, {}, "one value only", id="constant-target"),
        pytest.param({"x": [1] * 50, "y": range(50)}, {}, "x: it has one value", id="no-feature"),
    ],
)
def test_what_cannot_be_learned_is_refused_with_the_reason(
    make_dataset: MakeDataset,
    tmp_path: Path,
    columns: dict[str, Any],
    more: dict[str, Any],
    reason: str,
) -> None:
    with pytest.raises(TaskFailed, match=reason):
        trained(make_dataset(columns), tmp_path, "y", **more)
    assert not (tmp_path / "model.skops").exists()


def test_the_hourly_rentals_are_learned(traces: Path, tmp_path: Path) -> None:
    dataset = dataset_of(traces / "bike_sharing_hourly.csv", rows=17_544)
    result = trained(dataset, tmp_path, "users", max_rows=6_000)
    assert result["scores"]["r2"]["mean"] > 0.85
