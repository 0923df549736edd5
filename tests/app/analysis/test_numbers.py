"""Quantiles, moments and histograms of a stream, against the exact ones."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from app.analysis.distinct import KEPT, DistinctCount
from app.analysis.numbers import QUANTILES, NumberSummary

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]

RANK_ERROR = 0.01
ROWS = 300_000


def two_heaps(random: np.random.Generator, n: int) -> Floats:
    return np.where(random.random(n) < 0.5, random.normal(0, 1, n), random.normal(1e6, 1, n))


def few_values(random: np.random.Generator, n: int) -> Floats:
    return random.integers(0, 7, n).astype(np.float64)


def rising(_random: np.random.Generator, n: int) -> Floats:
    return np.arange(n, dtype=np.float64)


def saw(_random: np.random.Generator, n: int) -> Floats:
    return np.arange(n, dtype=np.float64) % 1_000


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda random, n: random.normal(size=n), id="normal"),
        pytest.param(lambda random, n: random.uniform(size=n), id="uniform"),
        pytest.param(lambda random, n: random.lognormal(0, 3, n), id="heavy-tail"),
        pytest.param(lambda random, n: random.standard_cauchy(n), id="no-mean"),
        pytest.param(two_heaps, id="two-heaps"),
        pytest.param(few_values, id="few-values"),
        pytest.param(rising, id="sorted"),
        pytest.param(lambda random, n: -rising(random, n), id="sorted-backwards"),
        pytest.param(saw, id="saw"),
    ],
)
def test_the_rank_error_of_every_quantile_is_at_most_one_percent(draw: Draw, seed: int) -> None:
    values = draw(np.random.default_rng(seed), ROWS)
    summary = NumberSummary()
    for start in range(0, ROWS, 7_919):
        summary.update(values[start : start + 7_919])
    ordered = np.sort(values)
    for level, found in zip(QUANTILES, summary.quantiles(), strict=True):
        # Equal values span a range of ranks; the nearest of them counts.
        low = np.searchsorted(ordered, found, side="left") / ROWS
        high = np.searchsorted(ordered, found, side="right") / ROWS
        assert max(low - level, level - high, 0.0) <= RANK_ERROR


def test_moments_are_those_of_the_whole_column_however_it_is_cut() -> None:
    values = np.random.default_rng(3).normal(1e9, 2.0, 50_000)
    summary = NumberSummary()
    for chunk in np.split(values, [1, 17, 4_000, 30_000]):
        summary.update(chunk)
    report = summary.report(bins=10)
    assert report["mean"] == pytest.approx(values.mean(), rel=1e-12)
    assert report["standard_deviation"] == pytest.approx(values.std(ddof=1), rel=1e-6)
    assert (report["minimum"], report["maximum"]) == (values.min(), values.max())


def test_a_histogram_counts_every_value_within_the_rank_error() -> None:
    values = np.random.default_rng(4).normal(size=100_000)
    summary = NumberSummary()
    summary.update(values)
    histogram = summary.histogram(20)
    exact, _edges = np.histogram(values, bins=np.array(histogram["edges"]))
    assert len(histogram["edges"]) == len(histogram["counts"]) + 1 == 21
    assert sum(histogram["counts"]) == pytest.approx(len(values), rel=1e-3)
    assert np.abs(exact - histogram["counts"]).max() <= 2 * RANK_ERROR * len(values)


def test_one_value_makes_one_bin() -> None:
    summary = NumberSummary()
    summary.update(np.full(9, 4.0))
    assert summary.histogram(20) == {"edges": [4.0, 4.0], "counts": [9]}


def test_infinite_values_are_counted_and_left_out() -> None:
    summary = NumberSummary()
    summary.update(np.array([1.0, np.inf, -np.inf, 3.0]))
    report = summary.report(bins=2)
    assert (report["infinite"], report["mean"], report["maximum"]) == (2, 2.0, 3.0)


@pytest.mark.parametrize("distinct", [1, 100, KEPT - 1, 50_000, 400_000])
def test_distinct_values_are_counted_exactly_when_few_and_nearly_when_many(distinct: int) -> None:
    import pandas as pd  # noqa: PLC0415 - beside the one test that needs it

    values = pd.Series(np.random.default_rng(5).permutation(np.arange(distinct).repeat(2)))
    count = DistinctCount()
    for start in range(0, len(values), 10_007):
        count.update(values[start : start + 10_007].astype(np.float64))
    assert count.is_exact == (distinct < KEPT)
    assert count.estimate == pytest.approx(distinct, rel=0 if count.is_exact else 0.06)
