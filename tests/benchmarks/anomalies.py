"""What the anomaly detector finds on the labelled public loads, beside two plain detectors.

Run as ``python -m tests.benchmarks --only anomalies``. All of them go online, with one setting for
all files. The rule is that of ``autoserve scaler anomalies``: a window is found when a detection
lies in it; detections within an hour of the one before are one alarm; an alarm outside of every
window is a false positive, after the first 15 % of the file.

The plain ones: *8 MAD* is a value further from the median of the last hour than 8 times the median
absolute deviation of such residuals over the last three days. *Forest* is scikit-learn's isolation
forest on value, residual, change and mean of the last hour, fitted anew each day on up to two weeks
before it, whose score is worse than all but 0.1 % of those it was fitted on.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.ensemble import IsolationForest

from scaler.core.anomaly import replayed
from scaler.core.series import Floats, Series
from scaler.evidence.anomalies import SAME_ALARM_S, Found, found
from scaler.evidence.labels import Window, read_windows
from scaler.evidence.trace import read_trace
from tests.benchmarks.table import Row

ROOT = Path(__file__).parents[2]
DAY_S, HOUR_S = 86_400, 3_600
MADS, MAD_DAYS = 8.0, 3
FOREST_SHARE, FOREST_DAYS = 0.001, 14
RECALL, FALSE_A_DAY, STEP_US = 0.60, 0.25, 200.0

Detections = Callable[[Series], list[int]]


def measured() -> Iterator[Row]:
    """Per file and in all: windows found, false positives a day, NAB score; and the time."""
    folder = Path(os.environ.get("AUTOSERVE_TRACES") or ROOT.parent / "shared" / "traces") / "nab"
    labels = folder / "combined_windows.json"
    if not labels.is_file():
        return
    rows: dict[str, dict[str, Found]] = {}
    ours_s, mad_s, steps = 0.0, 0.0, 0
    for path in sorted(folder.glob("*.csv")):
        trace = read_trace(path)
        windows = read_windows(labels, trace)
        began = time.process_time()
        ours = _ours(trace.series)
        between = time.process_time()
        mads = _mads(trace.series)
        ours_s, mad_s = ours_s + between - began, mad_s + time.process_time() - between
        steps += len(trace.series.values)
        detections = {"ours": ours, "8 MAD": mads, "forest": _forest(trace.series)}
        rows[path.stem] = {
            name: _scored(steps_of, windows, trace.series) for name, steps_of in detections.items()
        }
    for stem, each in rows.items():
        yield from _rows(stem, each["ours"], each["8 MAD"], "8 MAD")
    for against in ("8 MAD", "forest"):
        total, other = _total(rows, "ours"), _total(rows, against)
        yield from _rows(f"{len(rows)} files", total, other, against, has_limits=True)
    yield Row(
        measure="anomalies: a step of one workload",
        value=1e6 * ours_s / steps,
        unit="us",
        baseline=1e6 * mad_s / steps,
        against="8 MAD, vectorized",
        limit=STEP_US,
    )


def _scored(detections: Sequence[int], windows: Sequence[Window], series: Series) -> Found:
    """As the command scores; and NAB's score as if each detector kept quiet for an hour.

    It would count every value of a long excursion against those that do not.
    """
    heard: list[int] = []
    for step in detections:
        if not heard or (step - heard[-1]) * series.step_s > SAME_ALARM_S:
            heard.append(step)
    score = found(heard, windows, series).score
    return replace(found(detections, windows, series), score=score)


def _rows(
    name: str, ours: Found, other: Found, against: str, *, has_limits: bool = False
) -> Iterator[Row]:
    yield Row(
        measure=f"anomalies, {name}: recall of {ours.windows} windows",
        value=ours.recall,
        unit="",
        baseline=other.recall,
        against=against,
        limit=RECALL if has_limits else None,
        at_least=True,
    )
    yield Row(
        measure=f"anomalies, {name}: false positives",
        value=ours.false_positives_a_day,
        unit="a day",
        baseline=other.false_positives_a_day,
        against=against,
        limit=FALSE_A_DAY if has_limits else None,
    )
    yield Row(
        measure=f"anomalies, {name}: NAB score",
        value=ours.score.normalized,
        unit="of 100",
        baseline=other.score.normalized,
        against=against,
    )


def _total(rows: dict[str, dict[str, Found]], name: str) -> Found:
    first, *others = (each[name] for each in rows.values())
    for other in others:
        first += other
    return first


def _ours(series: Series) -> list[int]:
    _, anomalies = replayed(series)
    return [anomaly.at_step for anomaly in anomalies]


def _mads(series: Series) -> list[int]:
    residuals = series.values - _before(series, HOUR_S, np.nanmedian)
    window = round(MAD_DAYS * DAY_S / series.step_s)
    padded = np.concatenate([np.full(window, np.nan), np.abs(residuals)])
    every = round(HOUR_S / series.step_s)
    # Once an hour is often enough for three days.
    spreads = [
        _known(np.nanmedian, padded[at : at + window]) for at in range(0, len(residuals), every)
    ]
    spread = np.repeat(spreads, every)[: len(residuals)]
    return _steps(series, np.abs(residuals) > MADS * spread)


def _forest(series: Series) -> list[int]:
    values = series.values
    recent = _before(series, HOUR_S, np.nanmedian)
    mean = _before(series, HOUR_S, np.nanmean)
    change = np.diff(values, prepend=np.nan)
    features = np.column_stack([values, values - recent, change, mean])
    usable = np.isfinite(features).all(axis=1)
    day = round(DAY_S / series.step_s)
    is_odd = np.zeros(len(values), dtype=bool)
    for start in range(day, len(values), day):
        known = np.zeros(len(values), dtype=bool)
        known[max(0, start - FOREST_DAYS * day) : start] = True
        asked = np.zeros(len(values), dtype=bool)
        asked[start : start + day] = True
        learnt, now = features[known & usable], asked & usable
        if len(learnt) < day // 2 or not now.any():
            continue
        forest = IsolationForest(n_estimators=100, random_state=0).fit(learnt)
        least = np.quantile(forest.score_samples(learnt), FOREST_SHARE)
        is_odd[now] = forest.score_samples(features[now]) < least
    return _steps(series, is_odd)


def _before(series: Series, seconds: float, of: Callable[..., Floats]) -> Floats:
    """(n,) a statistic of what lies just before each step; NaN where there is nothing."""
    window = round(seconds / series.step_s)
    padded = np.concatenate([np.full(window, np.nan), series.values[:-1]])
    views = sliding_window_view(padded, window)
    known = np.isfinite(views).any(axis=1)
    result = np.full(len(series.values), np.nan)
    result[known] = of(views[known], axis=1)
    return result


def _known(of: Callable[[Floats], Floats], values: Floats) -> float:
    return float(of(values)) if np.isfinite(values).any() else float("nan")


def _steps(series: Series, is_odd: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int]:
    return [series.first + int(place) for place in np.flatnonzero(is_odd)]
