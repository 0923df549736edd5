"""What the demo says about a profile and a model, and which file it uploads."""

from pathlib import Path

import pytest

from infra.local.demo.client import DemoError, Json
from infra.local.demo.work import described, last_numeric, learned, table_of

PROFILE: Json = {
    "columns": [
        {"name": "time", "type": "timestamp", "missing": 0},
        {"name": "weather", "type": "text", "missing": 12},
        {"name": "temperature", "type": "number", "missing": 1_200},
        {"name": "rides", "type": "integer", "missing": 0},
        {"name": "note", "type": "text", "missing": 0},
    ]
}


def test_a_profile_is_told_by_type_with_its_missing_values() -> None:
    assert list(described(PROFILE)) == [
        "timestamp: time",
        "text: weather, note",
        "number: temperature",
        "integer: rides",
        "missing values: weather 12, temperature 1,200",
    ]


def test_the_last_numeric_column_is_learned_where_none_is_named() -> None:
    assert last_numeric(PROFILE) == "rides"


def test_a_table_without_numbers_needs_a_target() -> None:
    with pytest.raises(DemoError, match="--target: no column is numeric"):
        last_numeric({"columns": [{"name": "a", "type": "text"}]})


def test_a_model_is_told_by_its_scores() -> None:
    model = {"kind": "regression", "target": "rides", "scores": {"r2": {"mean": 0.81, "std": 0.1}}}
    assert learned(model) == "regression of rides: r2 0.810"


def test_the_generated_table_is_uploaded_by_default() -> None:
    table = table_of(None)
    assert sum(len(chunk) for chunk in table.chunks()) == table.size


def test_a_file_is_read_in_chunks(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_bytes(b"a\n" + b"1\n" * 1_200_000)
    table = table_of(path)
    chunks = list(table.chunks())
    assert len(chunks) > 1
    assert b"".join(chunks) == path.read_bytes()
    assert (table.name, table.size) == ("big.csv", 2_400_002)


def test_an_empty_or_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    with pytest.raises(DemoError, match=r"empty\.csv: found 0 bytes"):
        table_of(empty)
    with pytest.raises(DemoError, match=r"absent\.csv: No such file"):
        table_of(tmp_path / "absent.csv")
