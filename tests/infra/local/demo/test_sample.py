"""The table that is uploaded when no file is given."""

import io

import pandas as pd

from infra.local.demo.sample import COLUMNS, TARGET, sample_csv


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert sample_csv(rows=50) == sample_csv(rows=50)
    assert sample_csv(rows=50) != sample_csv(rows=50, seed=8)


def test_the_table_has_dates_numbers_categories_and_holes() -> None:
    table = pd.read_csv(io.BytesIO(sample_csv(rows=2000)), parse_dates=["time"])
    assert tuple(table.columns) == COLUMNS
    assert pd.api.types.is_datetime64_any_dtype(table["time"])
    assert pd.api.types.is_float_dtype(table["temperature_c"])
    assert table["station"].nunique() == 4
    assert table["weather"].isna().any()
    assert table[TARGET].notna().all()


def test_the_target_can_be_learned_from_the_other_columns() -> None:
    table = pd.read_csv(io.BytesIO(sample_csv(rows=2000)))
    dry, wet = (table[table["weather"] == kind][TARGET].mean() for kind in ("clear", "rain"))
    assert dry > 1.5 * wet
