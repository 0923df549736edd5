"""Pictures of what the commands found; matplotlib is needed for these alone and loaded here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scaler.core.anomaly import Anomaly
from scaler.core.errors import ScalerError
from scaler.core.series import Floats, Series
from scaler.core.simulation import Run
from scaler.evidence.forecasts import Forecasts, steps_ahead
from scaler.evidence.hpa import Curve
from scaler.evidence.whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["NoPlotsError", "anomalies", "backtest", "required", "simulation"]

SHOWN_S = 86_400.0  # as much of the load as a picture can hold
LEAST_SHOWN = 48  # steps: of long ones a day is no curve
LOAD, OURS, THEIRS, OTHER = "#3b3b3b", "#1268c4", "#d1571b", "#8a8a8a"
MARKERS = "o^vsDXP"  # as many as there are kinds of anomalies, and policies
WIDTH_IN, HEIGHT_IN = 11.0, 7.5


class NoPlotsError(ScalerError):
    """The package that draws is not installed."""

    def __init__(self) -> None:
        super().__init__("--plot: matplotlib is not installed: pip install 'autoserve[plots]'")


def required() -> None:
    """Say so before anything is computed.

    Raises:
        NoPlotsError: there is no matplotlib.
    """
    if find_spec("matplotlib") is None:
        raise NoPlotsError


def backtest(
    path: Path,
    *,
    name: str,
    series: Series,
    said: Forecasts,
    start: int,
    scores: Mapping[str, Mapping[str, Any]],
) -> None:
    """A day of the load with its forecast, the skill by horizon and the coverage by day."""
    figure = _figure()
    grid = figure.add_gridspec(2, 2, height_ratios=(1.5, 1))
    above = figure.add_subplot(grid[0, :])
    place = said.leads.index(steps_ahead(300, step_s=series.step_s))
    lead = said.leads[place]
    actual = said.actual[:, place]
    shown = _busiest(actual, max(LEAST_SHOWN, round(SHOWN_S / series.step_s)))
    times = _times(series, start + lead, len(actual))
    above.fill_between(
        times[shown],
        said.median[shown, place],
        said.upper[shown, place],
        color=OURS,
        alpha=0.25,
        linewidth=0,
        label=f"median to {said.level * 100:g} % quantile",
    )
    above.plot(times[shown], said.median[shown, place], color=OURS, linewidth=1, label="median")
    above.plot(times[shown], actual[shown], color=LOAD, linewidth=0.8, label="load")
    above.set_title(
        f"{name}: forecast {lead * series.step_s / 60:g} minutes ahead, its busiest day"
    )
    above.set_ylim(bottom=0)
    _legend(above)
    _dated(above)
    _skill(figure.add_subplot(grid[1, 0]), scores)
    days = figure.add_subplot(grid[1, 1])
    share = _by_day(actual <= said.upper[:, place], actual + said.upper[:, place], series.step_s)
    days.plot(np.arange(1, len(share) + 1), share, color=OURS, marker="o", markersize=3)
    days.axhline(said.level, color=LOAD, linewidth=0.8, linestyle="--")
    days.set_ylim(min(0.8, *share) - 0.02 if len(share) else 0.8, 1.01)
    days.set_title("coverage of the upper quantile by day")
    days.set_xlabel("day of the scored part")
    _saved(figure, path)


def simulation(
    path: Path,
    *,
    name: str,
    series: Series,
    start: int,
    tick_s: float,
    runs: Mapping[str, Run],
    curve: Curve,
) -> None:
    """A day of demand and ready replicas, and what service each policy gives at what cost."""
    figure = _figure()
    grid = figure.add_gridspec(2, 1, height_ratios=(1, 1.1))
    above, below = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
    ours, theirs = runs["autoserve"], runs["hpa"]
    missing = np.maximum(theirs.demand - theirs.supply, 0).astype(np.float64)
    shown = _busiest(missing, round(SHOWN_S / tick_s))
    first_s = series.time_s(start)
    times = np.array(
        [
            datetime.fromtimestamp(first_s + tick * tick_s, tz=UTC)
            for tick in range(len(ours.demand))[shown]
        ]
    )
    for run, color, label in ((theirs, THEIRS, "hpa"), (ours, OURS, "autoserve")):
        above.step(times, run.supply[shown], where="post", color=color, linewidth=1, label=label)
    above.fill_between(
        times, ours.demand[shown], step="post", color=LOAD, alpha=0.15, linewidth=0, label="needed"
    )
    above.set_ylabel("ready replicas")
    above.set_title(f"{name}: the day on which the plain autoscaler is short the most")
    _legend(above)
    _dated(above)
    _trade(below, runs, curve, ticks=len(ours.demand), tick_s=tick_s)
    _saved(figure, path)


def anomalies(
    path: Path,
    *,
    name: str,
    series: Series,
    anomalies: Sequence[Anomaly],
    windows: Sequence[tuple[int, int]],
) -> None:
    """The load with a mark for each anomaly, and the labelled windows behind it."""
    figure = _figure()
    axes = figure.add_subplot()
    times = _times(series, series.first, len(series.values))
    axes.plot(times, series.values, color=LOAD, linewidth=0.6, label="load")
    for place, (first, last) in enumerate(windows):
        axes.axvspan(
            times[first - series.first],
            times[last - series.first],
            color=OURS,
            alpha=0.15,
            linewidth=0,
            label=None if place else "labelled windows",
        )
    kinds = sorted({anomaly.kind for anomaly in anomalies})
    for marker, kind in zip(MARKERS, kinds, strict=False):
        places = [one.at_step - series.first for one in anomalies if one.kind is kind]
        heights = np.nan_to_num(series.values[places])
        label = kind.value.replace("_", " ")
        axes.plot(
            times[places],
            heights,
            marker,
            color=THEIRS,
            markersize=7,
            fillstyle="none",
            label=label,
        )
    axes.set_title(f"{name}: {len(anomalies)} anomalies, each seen without what came later")
    _legend(axes)
    _dated(axes)
    _saved(figure, path)


def _trade(
    axes: "Axes", runs: Mapping[str, Run], curve: Curve, *, ticks: int, tick_s: float
) -> None:
    hours, under = curve.replicas * tick_s / 3_600, 100 * curve.under / ticks
    found = {
        label: (run.measures.replica_hours, run.measures.under_time) for label, run in runs.items()
    }
    most = max(cost for cost, _ in found.values())
    least = min(cost for cost, _ in found.values())
    room = 0.08 * (most - least) or 0.05 * most
    near = (hours > least - room) & (hours < most + room)
    axes.plot(hours[near], under[near], color=THEIRS, linewidth=1, label="hpa at other targets")
    for place, (label, (cost, time)) in enumerate(found.items()):
        color = {"autoserve": OURS}.get(label, THEIRS if label.startswith("hpa") else OTHER)
        size = 9 if label == "autoserve" else 6
        axes.plot(cost, time, MARKERS[place], color=color, markersize=size, label=label)
    axes.set_xlabel("replica-hours")
    axes.set_ylabel("time under-provisioned, %")
    axes.set_ylim(bottom=min(-0.02 * max(time for _, time in found.values()), -0.005))
    axes.set_title("the nearer to the lower left the better")
    axes.legend(loc="upper right", frameon=False)


def _skill(axes: "Axes", scores: Mapping[str, Mapping[str, Any]]) -> None:
    bars = axes.bar(list(scores), [each["skill"] for each in scores.values()], color=OURS)
    axes.bar_label(bars, fmt="%.2f", fontsize=8)
    axes.axhline(0, color=LOAD, linewidth=0.8)
    axes.margins(y=0.15)
    axes.set_title("skill against persistence")
    axes.set_xlabel("minutes ahead")


def _figure() -> "Figure":
    from matplotlib.figure import Figure  # noqa: PLC0415  # an image without it has all but the pictures

    return Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")


def _saved(figure: "Figure", path: Path) -> None:
    from matplotlib import rc_context  # noqa: PLC0415  # an image without it has all but the pictures

    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    # The same picture is the same file: no date, no names made by chance.
    stamp = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    kind = path.suffix[1:]
    with rc_context({"svg.hashsalt": "autoserve"}), whole_file(path) as meanwhile:
        figure.savefig(meanwhile, dpi=120, metadata=stamp[kind], format=kind)


def _legend(axes: "Axes") -> None:
    """In rows of its own above the curves."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.15 * (high - low))
    axes.legend(loc="upper left", ncols=4, frameon=False)


def _dated(axes: "Axes") -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415  # as above

    locator: Any = AutoDateLocator()  # type: ignore[no-untyped-call]  # matplotlib's dates are untyped
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # as above
    axes.margins(x=0)


def _times(series: Series, first: int, count: int) -> np.ndarray[Any, np.dtype[np.object_]]:
    steps = range(first, first + count)
    return np.array([datetime.fromtimestamp(series.time_s(step), tz=UTC) for step in steps])


def _busiest(values: Floats, length: int) -> slice:
    """The stretch of a day with the greatest sum."""
    days = max(1, len(values) // length)
    sums = [np.nansum(values[day * length : (day + 1) * length]) for day in range(days)]
    first = int(np.argmax(sums)) * length
    return slice(first, first + length)


def _by_day(hits: np.ndarray[Any, Any], known: Floats, step_s: float) -> Floats:
    """Share of hits in each whole day, among the steps where both are known."""
    length = max(1, round(86_400 / step_s))
    shares = []
    for day in range(len(hits) // length):
        part = slice(day * length, (day + 1) * length)
        is_known = np.isfinite(known[part])
        if is_known.any():
            shares.append(float(hits[part][is_known].mean()))
    return np.array(shares)
