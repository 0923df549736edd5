"""The linear model finds the weights of a sum, whatever single outcomes did."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from scaler.core.linear import REACH, Linear
from scaler.core.series import Floats

SLOPES = np.array([0.5, -0.2, 0.0, 0.1])


def examples(*, rows: int = 4_000, seed: int = 0) -> tuple[Floats, Floats]:
    """Features of different size, and their weighted sum with some noise."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, 4)) * [1.0, 2.0, 1.0, 10.0] + [0.0, 5.0, 0.0, -3.0]
    return features, features @ SLOPES + 0.3 + generator.normal(0, 0.05, rows)


def all_of(features: Floats) -> NDArray[np.bool_]:
    return np.ones(features.shape[1], dtype=bool)


def test_a_weighted_sum_is_found() -> None:
    features, values = examples()
    model = Linear.fitted(features, values, usable=all_of(features))
    fresh, came = examples(seed=1)
    assert model.slopes / model.spread == pytest.approx(SLOPES, abs=0.03)
    assert np.abs(model.predict(fresh) - came).mean() < 0.1 * np.abs(came - came.mean()).mean()


def test_bursts_that_nothing_announced_do_not_bend_it() -> None:
    """A twelfth of the outcomes is far above; least squares are a quarter too high by it."""
    features, values = examples()
    values[::12] += 3.0
    model = Linear.fitted(features, values, usable=all_of(features))
    squares = LinearRegression().fit(features, values)
    fresh, came = examples(seed=1)
    assert np.mean(squares.predict(fresh) - came) == pytest.approx(0.25, abs=0.02)
    assert np.mean(model.predict(fresh) - came) == pytest.approx(0.0, abs=0.06)


def test_what_is_missing_counts_as_the_middle() -> None:
    features, values = examples()
    features[np.random.default_rng(2).random(features.shape) < 0.1] = np.nan
    model = Linear.fitted(features, values, usable=all_of(features))
    row = np.array([[0.7, np.nan, 0.1, -3.0]])
    filled = np.where(np.isnan(row), model.middle, row)
    assert model.predict(row) == pytest.approx(model.predict(filled))
    assert np.isfinite(model.predict(np.full((2, 4), np.nan))).all()


def test_what_may_not_be_looked_at_or_tells_nothing_apart_is_left_out() -> None:
    features, values = examples()
    features = np.column_stack(
        [features, np.full(len(features), 7.0), np.full(len(features), np.nan)]
    )
    usable = all_of(features)
    usable[1] = False
    model = Linear.fitted(features, values, usable=usable)
    assert model.columns.tolist() == [0, 2, 3]


def test_an_unheard_of_value_reaches_only_so_far() -> None:
    features, values = examples()
    model = Linear.fitted(features, values, usable=all_of(features))
    row = model.middle[None].repeat(2, axis=0)
    row[0, 0] += REACH * model.spread[0]
    row[1, 0] += 1e9
    far, further = model.predict(row)
    assert further == pytest.approx(far)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1.5])
def test_an_outcome_that_never_differs_is_said_again(constant: float) -> None:
    features, _ = examples(rows=50)
    model = Linear.fitted(features, np.full(50, constant), usable=all_of(features))
    assert model.predict(features[:3]).tolist() == [constant] * 3


def test_outcomes_far_from_nothing_that_hardly_differ_are_said_again() -> None:
    """A steady climb: each move is as the last one, many of its deviations above none."""
    features, _ = examples(rows=60)
    values = 0.1 + 0.005 * np.random.default_rng(3).normal(size=60)
    model = Linear.fitted(features, values, usable=all_of(features))
    assert model.predict(features) == pytest.approx([0.1] * 60, abs=0.01)


def test_without_a_feature_it_says_the_middle() -> None:
    features, values = examples(rows=51)
    model = Linear.fitted(features, values, usable=np.zeros(4, dtype=bool))
    assert model.predict(features[:2]) == pytest.approx([np.median(values)] * 2)


def test_more_features_than_examples_are_held_back() -> None:
    generator = np.random.default_rng(4)
    features = generator.normal(size=(40, 60))
    values = generator.normal(size=40)
    model = Linear.fitted(features, values, usable=all_of(features))
    fresh = generator.normal(size=(200, 60))
    assert np.std(model.predict(fresh)) < 0.5 * np.std(values)
