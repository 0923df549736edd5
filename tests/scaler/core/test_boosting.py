"""Trees as plain arrays say what scikit-learn's own say."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from scaler.core.boosting import Booster, Forest, Recipe, fitted, predict_many
from scaler.core.series import Floats

SMALL = Recipe(trees=12, leaves=8, least_leaf=10, share=0.5)


def examples(seed: int, *, rows: int = 300, columns: int = 6) -> tuple[Floats, Floats]:
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, columns))
    values = features[:, 0] + np.abs(features[:, 1]) + generator.normal(0, 0.1, rows)
    features[generator.random(features.shape) < 0.1] = np.nan
    return features, values


def all_of(features: Floats) -> NDArray[np.bool_]:
    return np.ones(features.shape[1], dtype=bool)


def model(seed: int, *, quantile: float | None = None, recipe: Recipe = SMALL) -> Booster:
    features, values = examples(seed)
    usable = all_of(features)
    usable[2] = False
    return fitted(features, values, recipe=recipe, usable=usable, quantile=quantile, seed=seed)


@pytest.mark.parametrize("quantile", [None, 0.95])
def test_packed_trees_say_what_scikit_learn_says(quantile: float | None) -> None:
    booster = model(1, quantile=quantile)
    fresh, _ = examples(2)
    assert booster.regressor is not None
    expected = booster.regressor.predict(fresh[:, booster.columns])
    assert booster.packed().regressor is None
    np.testing.assert_allclose(booster.packed().predict(fresh), expected, atol=1e-6)
    np.testing.assert_allclose(booster.predict(fresh), expected, atol=1e-6)


def test_many_models_in_one_walk_say_what_each_says_alone() -> None:
    deep = Recipe(trees=5, leaves=31, least_leaf=4, share=1.0)
    forests = [
        model(1).forest,
        Forest.constant(7.0),
        model(3, quantile=0.95).forest,
        model(2, recipe=deep).forest,
    ]
    rows = [examples(10 + i, rows=count)[0] for i, count in enumerate((5, 3, 0, 9))]
    together = predict_many(forests, rows)
    assert [len(said) for said in together] == [5, 3, 0, 9]
    for forest, own, said in zip(forests, rows, together, strict=True):
        np.testing.assert_array_equal(said, predict_many([forest], [own])[0])
    assert together[1].tolist() == [7.0] * 3


def test_a_value_that_is_a_threshold_goes_where_scikit_learn_sends_it() -> None:
    # Of so many values some are thresholds themselves, and few are numbers of seven digits.
    features = np.random.default_rng(0).normal(size=(3_000, 3))
    values = np.random.default_rng(1).normal(size=3_000)
    booster = fitted(features, values, recipe=SMALL, usable=all_of(features))
    assert booster.regressor is not None
    expected = booster.regressor.predict(features)
    np.testing.assert_allclose(booster.packed().predict(features), expected, atol=1e-6)


@pytest.mark.parametrize("least_leaf", [150, 200], ids=["some", "all"])
def test_trees_that_find_nothing_to_split_say_what_scikit_learn_says(least_leaf: int) -> None:
    features = np.arange(300.0)[:, None]
    values = np.random.default_rng(0).exponential(size=300)
    regressor = HistGradientBoostingRegressor(
        loss="absolute_error",
        max_iter=10,
        learning_rate=0.5,
        max_leaf_nodes=2,
        min_samples_leaf=least_leaf,
    )
    regressor.fit(features, values)
    forest = Forest.of(regressor, np.array([0]))
    assert len(forest.roots) < 10
    expected = np.asarray(regressor.predict(features), dtype=np.float64)
    (said,) = predict_many([forest], [features])
    np.testing.assert_allclose(said, expected, atol=1e-6)


def test_trees_have_as_many_leaves_as_a_byte_links_and_no_more() -> None:
    recipe = Recipe(trees=3, leaves=128, least_leaf=4, share=1.0)
    features = np.random.default_rng(0).normal(size=(3_000, 3))
    values = np.random.default_rng(1).normal(size=3_000)
    booster = fitted(features, values, recipe=recipe, usable=all_of(features))
    assert np.diff(booster.forest.roots).tolist() == [127, 127]
    assert booster.regressor is not None
    np.testing.assert_allclose(
        booster.packed().predict(features), booster.regressor.predict(features), atol=1e-6
    )
    with pytest.raises(ValueError, match="leaves: found 129, allowed 2 to 128"):
        Recipe(leaves=129)


def test_a_column_that_is_not_usable_is_not_looked_at() -> None:
    booster = model(1).packed()
    fresh, _ = examples(2)
    changed = fresh.copy()
    changed[:, 2] = 99.0
    np.testing.assert_array_equal(booster.predict(fresh), booster.predict(changed))


def test_a_constant_target_needs_no_trees() -> None:
    features, _ = examples(1)
    booster = fitted(features, np.full(300, 2.5), recipe=SMALL, usable=all_of(features))
    assert not len(booster.forest.roots)
    assert booster.predict(features).tolist() == [2.5] * 300


@pytest.mark.parametrize(("quantile", "expected"), [(None, 50.0), (0.95, 95.0)])
def test_without_a_column_to_tell_rows_apart_the_quantile_itself_is_said(
    quantile: float | None, expected: float
) -> None:
    features = np.column_stack([np.full(101, np.nan), np.ones(101), np.arange(101.0)])
    booster = fitted(
        features,
        np.arange(101.0),
        recipe=SMALL,
        usable=np.array([True, True, False]),
        quantile=quantile,
    )
    assert booster.predict(features) == pytest.approx(np.full(101, expected))


def test_no_model_says_nothing() -> None:
    assert predict_many([], []) == []
