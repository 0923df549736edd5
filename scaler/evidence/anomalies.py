"""``autoserve scaler anomalies``: what would have been out of the ordinary on a recorded load."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite
from pathlib import Path
from typing import Any

import click

from scaler.core.anomaly import Anomaly, replayed
from scaler.core.series import Series
from scaler.evidence import nab, plot, report
from scaler.evidence.labels import Window, read_windows
from scaler.evidence.trace import Trace

__all__ = ["SAME_ALARM_S", "Found", "alarms", "command", "found"]

DAY_S = 86_400.0
# A detection so soon after another one tells nobody anything new: both are one alarm.
SAME_ALARM_S = 3_600.0
PROBATION_SHARE = 0.15
TEXT_COLUMNS = (0, 1, 2, 4, 5)
HEADER = ("time", "kind", "direction", "score", "in a window", "explanation")


@dataclass(frozen=True, kw_only=True)
class Found:
    """How detections lie to labelled windows.

    Attributes:
        windows: how many are labelled.
        windows_found: in how many there is a detection.
        false_positives: alarms that begin after the first 15 % of the steps and none of whose
            detections lies in a window.
        days: how long the rest after these 15 % is.
        score: the NAB score, of every single detection.
    """

    windows: int
    windows_found: int
    false_positives: int
    days: float
    score: nab.Score

    def __add__(self, other: "Found") -> "Found":
        return Found(
            windows=self.windows + other.windows,
            windows_found=self.windows_found + other.windows_found,
            false_positives=self.false_positives + other.false_positives,
            days=self.days + other.days,
            score=self.score + other.score,
        )

    @property
    def recall(self) -> float:
        """The share of windows that were found; NaN without any."""
        return self.windows_found / self.windows if self.windows else float("nan")

    @property
    def false_positives_a_day(self) -> float:
        return self.false_positives / self.days


def alarms(detections: Sequence[int], *, step_s: float) -> tuple[tuple[int, ...], ...]:
    """Steps in order of time, joined where one is within an hour of the one before."""
    joined: list[list[int]] = []
    for step in detections:
        if joined and (step - joined[-1][-1]) * step_s <= SAME_ALARM_S:
            joined[-1].append(step)
        else:
            joined.append([step])
    return tuple(tuple(each) for each in joined)


def found(detections: Sequence[int], windows: Sequence[Window], series: Series) -> Found:
    """Score the steps of detections, in order of time, against labelled windows."""
    steps = len(series.values)
    start = series.first + floor(PROBATION_SHARE * steps)
    is_false = [
        alarm[0] >= start and not any(_within(step, windows) for step in alarm)
        for alarm in alarms(detections, step_s=series.step_s)
    ]
    return Found(
        windows=len(windows),
        windows_found=sum(any(step in window for step in detections) for window in windows),
        false_positives=sum(is_false),
        days=(series.last + 1 - start) * series.step_s / DAY_S,
        score=nab.scored(detections, windows, first=series.first, steps=steps),
    )


def _within(step: int, windows: Sequence[Window]) -> bool:
    return any(step in window for window in windows)


@click.command(name="anomalies")
@report.options_without_split
@click.option(
    "--labels",
    "labels_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Labelled windows: JSON as of the Numenta Anomaly Benchmark, or a list of [start, end].",
)
def command(
    *,
    path: Path,
    column: str | None,
    seed: int,  # noqa: ARG001  # nothing is drawn by chance; every command about a trace takes one
    json_path: Path | None,
    plot_path: Path | None,
    labels_path: Path | None,
) -> None:
    """Find what is out of the ordinary in a recorded load, as it would have been seen in service.

    What is said of a time uses nothing that came later. With labels, a window is found when an
    anomaly lies in it; anomalies within an hour of the one before are one alarm; an alarm outside
    of every window is a false positive, counted after the first 15 % of the file.
    """
    timing = report.Timing()
    with report.as_errors():
        if plot_path is not None:
            plot.required()
        trace = report.opened(
            path,
            column=column,
            json_path=json_path,
            plot_path=plot_path,
            others={"--labels": [labels_path] if labels_path else []},
        )
        windows = None if labels_path is None else read_windows(labels_path, trace)
        with timing.of("detection"):
            _, anomalies = replayed(trace.series)
        if plot_path is not None:
            plot.anomalies(
                plot_path,
                name=path.stem,
                series=trace.series,
                anomalies=anomalies,
                windows=[(window.first, window.last) for window in windows or ()],
            )
    result = _result(trace, anomalies, windows)
    _show(trace, anomalies, windows, result)
    report.written({**result, "timing": timing.total()}, json_path)


def _result(
    trace: Trace, anomalies: Sequence[Anomaly], windows: Sequence[Window] | None
) -> dict[str, Any]:
    series = trace.series
    detections = [anomaly.at_step for anomaly in anomalies]
    joined = alarms(detections, step_s=series.step_s)
    days = len(series.values) * series.step_s / DAY_S
    result: dict[str, Any] = {
        "steps": len(series.values),
        "days": days,
        "alarms": len(joined),
        "alarms_a_day": len(joined) / days,
        "anomalies": [_plain(trace, anomaly, windows) for anomaly in anomalies],
    }
    if windows is not None:
        against = found(detections, windows, series)
        result |= {
            "windows": against.windows,
            "windows_found": against.windows_found,
            "recall": against.recall,
            "false_positives": against.false_positives,
            "false_positives_a_day": against.false_positives_a_day,
            "nab_score": against.score.normalized,
        }
    return result


def _plain(
    trace: Trace, anomaly: Anomaly, windows: Sequence[Window] | None
) -> dict[str, str | float | bool]:
    plain: dict[str, str | float | bool] = {
        "time": trace.time(anomaly.at_step).isoformat(),
        "since": trace.time(anomaly.since_step).isoformat(),
        "kind": anomaly.kind.value,
        "direction": anomaly.direction.value,
        "score": anomaly.score,
        "observed": anomaly.observed,
        "expected": anomaly.expected,
        "explanation": anomaly.explanation,
    }
    if windows is not None:
        plain["in_window"] = _within(anomaly.at_step, windows)
    return plain


def _show(
    trace: Trace,
    anomalies: Sequence[Anomaly],
    windows: Sequence[Window] | None,
    result: dict[str, Any],
) -> None:
    if anomalies:
        rows = [_row(trace, anomaly, windows) for anomaly in anomalies]
        click.echo(report.table(HEADER, rows, left=TEXT_COLUMNS) + "\n")
    click.echo(
        f"{trace.path.name}: {len(anomalies)} anomalies in {result['alarms']} alarms, "
        f"{result['alarms_a_day']:.3f} alarms a day"
    )
    if windows is None:
        return
    if not windows:
        click.echo("no windows are labelled")
    else:
        score = result["nab_score"]
        said = "none: every window begins in its probation, the first 15 %"
        if isfinite(score):
            said = f"{score:.1f} (standard profile; 100 is perfect)"
        click.echo(
            f"windows found {result['windows_found']} of {result['windows']}, NAB score {said}"
        )
    click.echo(
        f"false positives {result['false_positives']} after the first 15 % of the file, "
        f"{result['false_positives_a_day']:.3f} a day"
    )


def _row(trace: Trace, anomaly: Anomaly, windows: Sequence[Window] | None) -> tuple[str, ...]:
    within = "" if windows is None else "yes" if _within(anomaly.at_step, windows) else "no"
    return (
        trace.time(anomaly.at_step).isoformat(),
        anomaly.kind.value,
        anomaly.direction.value,
        f"{anomaly.score:.3f}",
        within,
        anomaly.explanation,
    )


if __name__ == "__main__":
    command()
