"""Gradient-boosted trees, fitted by scikit-learn and kept as plain arrays.

A fitted ``HistGradientBoostingRegressor`` is some hundred objects; a platform of a thousand
workloads predicts once a step with each of its models. Here the trees of one model are a handful of
arrays, a tenth of the size, and the trees of all models are walked side by side.

Source: Friedman, "Greedy Function Approximation: A Gradient Boosting Machine" (2001); Ke and
others, "LightGBM" (2017), whose histograms scikit-learn uses. Walking all trees in lockstep is as
in Nakandala and others, "A Tensor Compiler for Unified Machine Learning Prediction Serving" (OSDI
2020), section 4.2, "tree traversal".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from scaler.core.series import Floats, Ints

__all__ = ["Booster", "Forest", "Recipe", "fitted", "predict_many"]

# So many leaves of a tree have links of a byte.
MOST_LEAVES = 128
# From so many rows on scikit-learn's own loop is quicker, while a fit is still at hand.
MANY_ROWS = 64


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Parameters of the boosting; all fits are deterministic.

    Attributes:
        trees: how many.
        rate: share of each tree that counts.
        leaves: most leaves of a tree, 2 to 128.
        least_leaf: fewest rows of a leaf; fewer where the history is young.
        share: share of the features that each split may choose from, in (0, 1].
        levels: whether it sees discounted means of the load beside its rolling statistics.
    """

    trees: int = 60
    rate: float = 0.1
    leaves: int = 16
    least_leaf: int = 40
    share: float = 0.3
    levels: bool = False

    def __post_init__(self) -> None:
        if not 2 <= self.leaves <= MOST_LEAVES:
            raise ValueError(f"leaves: found {self.leaves}, allowed 2 to {MOST_LEAVES}")

    def regressor(self, *, loss: str, quantile: float | None, rows: int, seed: int) -> object:
        # Leaves of a young history must be small to exist at all.
        least = int(np.clip(rows // 20, 4, self.least_leaf))
        return HistGradientBoostingRegressor(
            loss=loss,
            quantile=quantile,
            max_iter=self.trees,
            learning_rate=self.rate,
            max_leaf_nodes=self.leaves,
            max_features=self.share,
            min_samples_leaf=least,
            early_stopping=False,
            random_state=seed,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Forest:
    """The trees of one model, one after the other; of each, its splits and its leaves in order.

    A link from a split is the number of the next split within its tree, or of a leaf: ``~leaf``,
    which is below zero.

    Attributes:
        feature: (splits,) column that a split looks at; ``~column`` where missing values go left.
        threshold: (splits,) values up to it go left. Seven digits tell any two values apart that a
            load has.
        left, right: (splits,) links.
        leaves: (splits + trees,) what each adds: a tree has one more of them than splits.
        roots: (trees,) where the splits of each tree begin.
        depth: of the deepest tree.
        base: what all trees are added to.
    """

    feature: NDArray[np.int16]
    threshold: NDArray[np.float32]
    left: NDArray[np.int8]
    right: NDArray[np.int8]
    leaves: NDArray[np.float32]
    roots: NDArray[np.int32]
    depth: int
    base: float

    @classmethod
    def of(cls, regressor: HistGradientBoostingRegressor, columns: Ints) -> "Forest":
        """The trees of a fit on some columns, told in terms of all columns."""
        grown = [stage[0].nodes for stage in regressor._predictors]
        base = float(np.ravel(regressor._baseline_prediction)[0])
        # A tree that found nothing to split adds the same to all.
        base += float(sum(tree["value"][0] for tree in grown if len(tree) == 1))
        trees = [tree for tree in grown if len(tree) > 1]
        if not trees:
            return cls.constant(base)
        nodes = np.concatenate(trees)
        sizes = np.array([len(tree) for tree in trees])
        is_leaf = nodes["is_leaf"].astype(bool)
        splits = nodes[~is_leaf]
        starts = _first_of(sizes)
        counts = np.add.reduceat(~is_leaf, starts, dtype=np.int64)
        roots = _first_of(counts)
        assert counts.max() < MOST_LEAVES  # noqa: S101 - a recipe allows no more
        # Numbers within the tree: how many splits, and leaves, lie before each node.
        split = np.cumsum(~is_leaf) - ~is_leaf - np.repeat(roots, sizes)
        leaf = np.arange(len(nodes)) - np.repeat(starts, sizes) - split
        link = np.where(is_leaf, ~leaf, split)
        first = np.repeat(starts, counts)
        column = columns[splits["feature_idx"]]
        return cls(
            feature=np.where(splits["missing_go_to_left"], ~column, column).astype(np.int16),
            threshold=_rounded_up(splits["num_threshold"]),
            left=link[first + splits["left"]].astype(np.int8),
            right=link[first + splits["right"]].astype(np.int8),
            leaves=nodes["value"][is_leaf].astype(np.float32),
            roots=roots.astype(np.int32),
            depth=int(nodes["depth"].max()),
            base=base,
        )

    @classmethod
    def constant(cls, value: float) -> "Forest":
        """A model without trees that always says the same."""
        none = np.empty(0)
        return cls(
            feature=none.astype(np.int16),
            threshold=none.astype(np.float32),
            left=none.astype(np.int8),
            right=none.astype(np.int8),
            leaves=none.astype(np.float32),
            roots=none.astype(np.int32),
            depth=0,
            base=value,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Booster:
    """A fitted model; ``regressor`` is the fit itself, as long as it is at hand."""

    forest: Forest
    columns: Ints
    regressor: HistGradientBoostingRegressor | None = None

    def predict(self, rows: Floats) -> Floats:
        """(m,) for (m, features)."""
        if self.regressor is not None and len(rows) >= MANY_ROWS:
            return np.asarray(self.regressor.predict(rows[:, self.columns]), dtype=np.float64)
        return predict_many([self.forest], [rows])[0]

    def packed(self) -> "Booster":
        """Without the fit: what is kept, stored and served."""
        return Booster(forest=self.forest, columns=self.columns)


def fitted(
    rows: Floats,
    values: Floats,
    *,
    recipe: Recipe,
    usable: NDArray[np.bool_],
    quantile: float | None = None,
    seed: int = 0,
) -> Booster:
    """Learn a value from features.

    The middle is learnt by absolute errors: it is the median that the sum of absolute errors asks
    for, and a burst that nothing announced does not bend it as it bends a mean.

    Args:
        rows: (m, features), NaN where missing.
        values: (m,) finite.
        usable: (features,) those that may be looked at; of them, those that tell two rows apart are
            (scikit-learn 1.9 cannot bin a column without any known value).
        quantile: learn this quantile instead of the median, in (0, 1).
        seed: of the features that splits choose from.
    """
    low = np.where(np.isfinite(rows), rows, np.inf).min(axis=0)
    high = np.where(np.isfinite(rows), rows, -np.inf).max(axis=0)
    columns = np.flatnonzero((low < high) & usable)
    if not len(columns) or np.ptp(values) == 0:
        level = np.quantile(values, 0.5 if quantile is None else quantile)
        return Booster(forest=Forest.constant(float(level)), columns=columns)
    loss = "absolute_error" if quantile is None else "quantile"
    regressor = recipe.regressor(loss=loss, quantile=quantile, rows=len(rows), seed=seed)
    regressor.fit(rows[:, columns], values)  # type: ignore[attr-defined]  # scikit-learn is untyped
    return Booster(forest=Forest.of(regressor, columns), columns=columns, regressor=regressor)


def predict_many(forests: Sequence[Forest], rows: Sequence[Floats]) -> list[Floats]:
    """Each model on rows of its own, all of them in one walk.

    Args:
        forests: models.
        rows: for each model (m, features); both may differ.
    Returns:
        for each model (m,).
    """
    if not forests:
        return []
    counts = np.array([len(own) for own in rows])
    stacked = _stacked(rows)
    sums = np.zeros(len(stacked))
    trees = np.array([len(forest.roots) for forest in forests])
    first_split = _first_of(np.array([len(forest.feature) for forest in forests]))
    first_leaf = _first_of(np.array([len(forest.leaves) for forest in forests]))
    first_row = _first_of(counts)
    walked = [i for i in range(len(forests)) if trees[i] and counts[i]]
    if walked:
        # One lane per row and tree.
        row: Ints = np.concatenate(
            [np.repeat(first_row[i] + np.arange(counts[i]), trees[i]) for i in walked]
        )
        root: Ints = np.concatenate(
            [np.tile(first_split[i] + forests[i].roots, counts[i]) for i in walked]
        )
        leaf: Ints = np.concatenate(
            [
                np.tile(first_leaf[i] + forests[i].roots + np.arange(trees[i]), counts[i])
                for i in walked
            ]
        )
        feature = np.concatenate([forest.feature for forest in forests])
        threshold = np.concatenate([forest.threshold for forest in forests])
        left = np.concatenate([forest.left for forest in forests])
        right = np.concatenate([forest.right for forest in forests])
        link = np.zeros(len(row), dtype=np.int8)
        for _ in range(max(forests[i].depth for i in walked)):
            # Who is at a leaf stays there; what is looked at meanwhile is not used.
            at = root + np.maximum(link, 0)
            seen = feature[at]
            looked: Floats = stacked[row, np.where(seen < 0, ~seen, seen)]
            goes_left = np.where(np.isnan(looked), seen < 0, looked <= threshold[at])
            link = np.where(link < 0, link, np.where(goes_left, left[at], right[at]))
        values = np.concatenate([forest.leaves for forest in forests])
        added = values[leaf + ~link.astype(np.int64)].astype(np.float64)
        sums = np.bincount(row, weights=added, minlength=len(stacked)).astype(np.float64)
    base = np.repeat([forest.base for forest in forests], counts)
    return np.split(sums + base, np.cumsum(counts)[:-1])


def _rounded_up(thresholds: Floats) -> NDArray[np.float32]:
    """A threshold is often a value that was learnt from, which has to stay on its left."""
    nearest = thresholds.astype(np.float32)
    return np.where(nearest < thresholds, np.nextafter(nearest, np.float32(np.inf)), nearest)


def _first_of(counts: Ints) -> Ints:
    """Where each begins, of many that lie one after the other."""
    return np.cumsum(counts) - counts


def _stacked(rows: Sequence[Floats]) -> Floats:
    """All rows in one array, as wide as the widest: no model reads columns that its own lack."""
    width = max((own.shape[1] for own in rows), default=0)
    if all(own.shape[1] == width for own in rows):
        return np.concatenate(rows) if len(rows) else np.empty((0, 0))
    padded = [np.pad(own, ((0, 0), (0, width - own.shape[1]))) for own in rows]
    return np.concatenate(padded)
