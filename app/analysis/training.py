"""Training of one model: boosted trees, scored by cross-validation beside a naive guess."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.inspection import permutation_importance
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder
from skops import io as skops_io

from app.analysis.chunks import Progress, chunks
from app.analysis.features import MAX_CATEGORIES, Features, features_of
from app.tasks.context import DatasetFile, TaskFailed

__all__ = ["TRUSTED_TYPES", "train"]

SEED = 20_261_101
MAX_CELLS = 20_000_000  # of the sample: about 160 MB as numbers
MAX_CLASSES = 100
# A number with more values than this is predicted as a number.
MAX_NUMERIC_CLASSES = 20
MIN_ROWS = 20
IMPORTANCE_ROWS = 2_000
SHOWN_FEATURES = 20

# What a model file may hold besides the types that skops trusts itself; both were read: plain
# arrays of nodes.
TRUSTED_TYPES = (
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)

Targets = NDArray[Any]
Scores = dict[str, float]


def train(
    dataset: DatasetFile,
    *,
    target: str,
    kind: str,
    folds: int,
    max_rows: int,
    model_file: Path,
    progress: Progress,
) -> dict[str, Any]:
    """Learn to predict ``target`` from the other columns, and keep the model.

    Raises:
        TaskFailed: the column or its values do not allow it.
    """
    if target not in dataset.columns:
        known = ", ".join(dataset.columns[:SHOWN_FEATURES])
        raise TaskFailed(f"target: {dataset.name!r} has no column {target!r}; it has {known}")
    sample = _sample(dataset, max_rows, lambda done, text: progress(0.2 * done, text))
    used = sample[sample[target].notna()]
    chosen = _kind(used[target], kind)
    targets, used, left_out = _targets(used, target, chosen, folds)
    features = features_of(used, [name for name in dataset.columns if name != target])
    if features.table.empty or not len(features.table.columns):
        raise TaskFailed("no column is left to learn from: " + _reasons(features))
    model = _model(features, chosen)
    scores, baseline = _cross_validate(
        model, features, targets, chosen, folds=folds, progress=progress
    )
    progress(0.9, "final model")
    model.fit(features.table, targets)
    size_bytes = _keep(model, model_file)
    return {
        "dataset": {"id": str(dataset.id), "name": dataset.name},
        "target": target,
        "kind": chosen,
        "rows": {
            "in_dataset": dataset.rows,
            "used": len(used),
            "is_sample": len(sample) < dataset.rows,
            "without_target": int(len(sample) - sample[target].notna().sum()),
            "in_classes_too_small": left_out,
        },
        "folds": folds,
        "scores": scores,
        "baseline": baseline,
        "classes": sorted(set(targets.tolist())) if chosen == "classification" else None,
        "features": {
            "numeric": features.numeric,
            "categorical": features.categorical,
            "dates": features.derived,
            "dropped": features.dropped,
        },
        "importances": _importances(model, features, targets),
        "model": {"file": model_file.name, "size_bytes": size_bytes, "format": "skops"},
    }


def _sample(dataset: DatasetFile, max_rows: int, progress: Progress) -> pd.DataFrame:
    """Every row with the same chance, about ``max_rows`` of them; all where they are no more."""
    wanted = min(max_rows, max(MIN_ROWS, MAX_CELLS // max(1, len(dataset.columns))))
    share = min(1.0, wanted / max(1, dataset.rows))
    random = np.random.default_rng(SEED)
    parts = []
    for frame in chunks(dataset, progress):
        frame.columns = list(dataset.columns)
        parts.append(frame if share >= 1 else frame[random.random(len(frame)) < share])
    return pd.concat(parts, ignore_index=True)


def _kind(target: pd.Series, wanted: str) -> str:
    is_number = pd.api.types.is_numeric_dtype(target) and not pd.api.types.is_bool_dtype(target)
    if wanted == "regression" and not is_number:
        raise TaskFailed(f"target: {target.name!r} holds text; regression needs numbers")
    if wanted != "auto":
        return wanted
    return (
        "regression" if is_number and target.nunique() > MAX_NUMERIC_CLASSES else "classification"
    )


def _targets(
    frame: pd.DataFrame, target: str, kind: str, folds: int
) -> tuple[Targets, pd.DataFrame, int]:
    """The values to predict, their rows, and how many rows were left out as their class is too
    small.
    """
    left_out = 0
    if kind == "regression":
        frame = frame[np.isfinite(frame[target].astype(np.float64))]
        targets = frame[target].to_numpy(dtype=np.float64)
    else:
        labels = frame[target].astype(str)
        counts = labels.value_counts()
        if len(counts) > MAX_CLASSES:
            raise TaskFailed(
                f"target: {target!r} has {len(counts)} classes; allowed: at most {MAX_CLASSES}"
            )
        enough = labels.map(counts) >= folds
        left_out = int((~enough).sum())
        frame, targets = frame[enough], labels[enough].to_numpy(dtype=object)
    if len(targets) < max(MIN_ROWS, 2 * folds):
        raise TaskFailed(
            f"only {len(targets)} rows can be used; needed: {max(MIN_ROWS, 2 * folds)}"
        )
    if len(set(targets.tolist())) < 2:
        raise TaskFailed(f"target: {target!r} has one value only; there is nothing to predict")
    return targets, frame, left_out


def _model(features: Features, kind: str) -> Pipeline:
    categories = OneHotEncoder(
        max_categories=MAX_CATEGORIES, handle_unknown="infrequent_if_exist", sparse_output=False
    )
    columns = ColumnTransformer(
        [
            ("numbers", "passthrough", features.numeric),
            ("categories", categories, features.categorical),
        ]
    )
    boosting = (
        HistGradientBoostingRegressor(random_state=SEED)
        if kind == "regression"
        else HistGradientBoostingClassifier(random_state=SEED)
    )
    return Pipeline([("columns", columns), ("trees", boosting)])


def _cross_validate(
    model: Pipeline,
    features: Features,
    targets: Targets,
    kind: str,
    *,
    folds: int,
    progress: Progress,
) -> tuple[dict[str, Scores], dict[str, Scores]]:
    naive = DummyRegressor() if kind == "regression" else DummyClassifier()
    ours: list[Scores] = []
    theirs: list[Scores] = []
    for number, (learn, test) in enumerate(_splits(targets, kind, folds), start=1):
        progress(0.2 + 0.7 * (number - 1) / folds, f"fold {number} of {folds}")
        for estimator, scores in ((model, ours), (naive, theirs)):
            fitted: BaseEstimator = clone(estimator)
            fitted.fit(features.table.iloc[learn], targets[learn])
            guess = fitted.predict(features.table.iloc[test])
            scores.append(_scores(targets[test], guess, kind))
    return _summary(ours), _summary(theirs)


def _splits(
    targets: Targets, kind: str, folds: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    splitter = KFold if kind == "regression" else StratifiedKFold
    yield from splitter(folds, shuffle=True, random_state=SEED).split(targets, targets)


def _scores(truth: Targets, guess: Targets, kind: str) -> Scores:
    if kind == "regression":
        return {
            "r2": float(r2_score(truth, guess)),
            "mean_absolute_error": float(mean_absolute_error(truth, guess)),
            "root_mean_squared_error": float(root_mean_squared_error(truth, guess)),
        }
    return {
        "accuracy": float(accuracy_score(truth, guess)),
        "balanced_accuracy": float(balanced_accuracy_score(truth, guess)),
        "f1_macro": float(f1_score(truth, guess, average="macro", zero_division=0.0)),
    }


def _summary(folds: list[Scores]) -> dict[str, Scores]:
    names = list(folds[0])
    values = {name: np.array([scores[name] for scores in folds]) for name in names}
    return {
        name: {"mean": float(found.mean()), "standard_deviation": float(found.std())}
        for name, found in values.items()
    }


def _importances(model: Pipeline, features: Features, targets: Targets) -> list[dict[str, Any]]:
    """How much worse the score gets when a feature is shuffled, on rows the model has seen."""
    rows = np.random.default_rng(SEED).permutation(len(targets))[:IMPORTANCE_ROWS]
    found = permutation_importance(
        model, features.table.iloc[rows], targets[rows], n_repeats=3, random_state=SEED
    )
    by_loss = sorted(
        zip(features.table.columns, found.importances_mean, strict=True), key=lambda pair: -pair[1]
    )
    return [{"feature": name, "importance": float(loss)} for name, loss in by_loss[:SHOWN_FEATURES]]


def _keep(model: Pipeline, file: Path) -> int:
    """Write the model and read it back as whoever uses it will: by trusted types only."""
    skops_io.dump(model, file)
    unknown = set(skops_io.get_untrusted_types(file=file)) - set(TRUSTED_TYPES)
    if unknown:
        file.unlink()
        raise TaskFailed(
            f"the model holds types that are not trusted: {', '.join(sorted(unknown))}"
        )
    skops_io.load(file, trusted=list(TRUSTED_TYPES))
    return file.stat().st_size


def _reasons(features: Features) -> str:
    return "; ".join(f"{name}: {why}" for name, why in features.dropped.items())
