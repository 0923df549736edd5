"""``autoserve scaler backtest``: how good the forecasts would have been on a recorded load."""

from pathlib import Path
from typing import Any

import click
import numpy as np
from threadpoolctl import threadpool_limits

from scaler.core.series import Floats, Series
from scaler.core.skill import coverage, pinball_loss, skill, wape
from scaler.evidence import factors, plot, report
from scaler.evidence.forecasts import MINUTE_MS, Forecasts, forecasts, in_minutes, steps_ahead
from scaler.evidence.trace import Trace, TraceError

__all__ = ["HORIZONS", "command", "phase", "scored", "scores"]

HORIZONS = (1, 2, 3, 5, 10, 15)  # minutes
HEADER = ("minutes", "WAPE", "of persistence", "skill", "coverage", "width", "pinball")


@click.command(name="backtest")
@report.options
@factors.options
@click.option(
    "--quantile",
    type=report.FiniteRange(0.5, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Level of the upper quantile.",
)
def command(
    *,
    path: Path,
    column: str | None,
    train_until: str | None,
    seed: int,  # noqa: ARG001  # the models that are now in service draw nothing by chance
    json_path: Path | None,
    plot_path: Path | None,
    quantile: float,
    **outside: Any,
) -> None:
    """Score the forecasts on a recorded load.

    Models are fitted on what lies before each forecast only, and anew as in service. Skill is
    against persistence: 0 is as good, 1 is perfect. Width is the mean distance from the median to
    the upper quantile. With and without --country, --timezone, --series, --planned and --events it
    tells what these are worth.
    """
    timing = report.Timing()
    with report.as_errors(), threadpool_limits(limits=1):
        if plot_path is not None:
            plot.required()
        trace = report.opened(
            path,
            column=column,
            json_path=json_path,
            plot_path=plot_path,
            others=factors.files_of(outside),
        )
        with timing.of("forecast"):
            series, start = scored(trace, train_until)
            covariates = factors.covariates_of(series, phase_ms=phase(trace), **outside)
            said = forecasts(series, start=start, level=quantile, covariates=covariates)
        found = scores(said, series)
        _must_score(trace, train_until, said)
        if plot_path is not None:
            plot.backtest(
                plot_path,
                name=path.stem,
                series=series,
                said=said,
                start=start,
                scores=found,
            )
    result = {
        "horizons": found,
        "rows": trace.rows,
        "scored": int(np.isfinite(said.now).sum()),
        "timing": timing.total(),
    }
    click.echo(_told(trace, result, level=f"{quantile:g}"))
    report.written(result, json_path)


def _must_score(trace: Trace, train_until: str | None, said: Forecasts) -> None:
    if not (np.isfinite(said.actual) & np.isfinite(said.now)[:, None]).any():
        option = "" if train_until is None else f" after --train-until {train_until}"
        found = f"no two of them{option} of which one could be forecast from the other"
        raise TraceError(trace.path, None, "value", found, "at least two within 15 minutes")


def scored(trace: Trace, train_until: str | None) -> tuple[Series, int]:
    """The load in steps of a minute at least, and the first step to forecast from.

    Raises:
        TraceError: as of ``scored_from``, or of fine steps not even a minute lies before it.
    """
    first = trace.scored_from(train_until)
    series = in_minutes(trace.series)
    start = int(trace.series.time_s(first) // series.step_s)
    if start <= series.first:
        within = f"{trace.start.isoformat()} to {trace.time(first).isoformat()}"
        found = f"{within} before what is scored"
        raise TraceError(trace.path, None, "timestamp", found, "a minute at least")
    return series, start


def phase(trace: Trace) -> int:
    """How much later than its grid a step of the load is, ms: means of minutes are at theirs."""
    return trace.phase_ms if trace.series.step_ms >= MINUTE_MS else 0


def scores(said: Forecasts, series: Series) -> dict[str, Any]:
    """The measures by horizon in minutes; persistence stands in where nothing was forecast."""
    found: dict[str, Any] = {}
    level = f"{said.level:g}"
    for minutes in HORIZONS:
        place = said.leads.index(steps_ahead(60 * minutes, step_s=series.step_s))
        actual, upper = said.actual[:, place], said.upper[:, place]
        known = np.isfinite(said.median[:, place])
        median = np.where(known, said.median[:, place], said.now)
        pairs = np.isfinite(median) & np.isfinite(said.now)
        median, now = np.where(pairs, median, np.nan), np.where(pairs, said.now, np.nan)
        told = np.isfinite(upper) & np.isfinite(actual)
        found[str(minutes)] = {
            "wape": wape(actual, median),
            "wape_persistence": wape(actual, now),
            "skill": skill(actual, median, now),
            "pinball": {level: _pinball(actual, upper, level=said.level)},
            "coverage": {level: coverage(actual, upper)},
            "width": {level: float((upper - median)[told].mean()) if told.any() else float("nan")},
        }
    return found


def _pinball(actual: Floats, upper: Floats, *, level: float) -> float:
    is_known = (np.isfinite(actual) & np.isfinite(upper)).any()
    return pinball_loss(actual, upper, level=level) if is_known else float("nan")


def _told(trace: Trace, result: dict[str, Any], *, level: str) -> str:
    rows = [
        (
            minutes,
            f"{each['wape']:.4f}",
            f"{each['wape_persistence']:.4f}",
            f"{each['skill']:.3f}",
            f"{each['coverage'][level]:.3f}",
            f"{each['width'][level]:.4g}",
            f"{each['pinball'][level]:.4g}",
        )
        for minutes, each in result["horizons"].items()
    ]
    return (
        f"{trace.path.name}: {trace.rows} rows of {trace.step_s:g} s, "
        f"{result['scored']} steps scored, upper quantile {level}\n{report.table(HEADER, rows)}"
    )


if __name__ == "__main__":
    command()
