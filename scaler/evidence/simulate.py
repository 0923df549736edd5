"""``autoserve scaler simulate``: our decisions and other autoscalers on the same recorded load."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

import click
import numpy as np
from threadpoolctl import threadpool_limits

from scaler.core.decision import Policy
from scaler.core.errors import ScalerError
from scaler.core.forecast import Absence, Forecast
from scaler.core.series import Floats, Series
from scaler.core.simulation import NOTHING, Asked, Ours, Run
from scaler.core.sizing import EPSILON
from scaler.evidence import factors, plot, report
from scaler.evidence.backtest import phase, scored
from scaler.evidence.forecasts import forecasts, steps_ahead
from scaler.evidence.fourier import forecast_load
from scaler.evidence.holt_winters import forecast_counts
from scaler.evidence.hpa import TARGETS, Curve, Hpa, curve, tuned
from scaler.evidence.queue import Queue
from scaler.evidence.scenario import Scenario

__all__ = ["FAULTS", "Part", "command", "faulty", "measures", "ours", "part", "policies"]

# For each step.
Said = Sequence[Forecast | Absence]

FAULTS = ("none", "zero", "half", "double", "nan", "shuffle", "stale")
# A forecast is up to a step old when it is used, and its replicas are asked for a tick later.
MARGIN_S = 120.0
MAX_TICKS = 12_000_000
MAX_REPLICAS = 1_000_000_000
# Of the capacity. At targets down to 0.05, and with a floor of twice that, it is below the maximum.
MOST_TIMES = MAX_REPLICAS / 100
DAY_S = 86_400.0
HEADER = ("policy", "tau_U %", "theta_U %", "tau_O %", "theta_O %", "instab. %", "replica-h")


class SimulationError(ScalerError):
    """What a simulation cannot be made of."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """The scored part of a load, at its steps and at the ticks of the simulation.

    Attributes:
        series: all of the load.
        start: the first scored step.
        load: (steps,) all of it, gaps bridged.
        step_of: (ticks,) for each tick, how many steps after ``start`` the newest step is.
        scenario: what every policy is given.
    """

    series: Series
    start: int
    load: Floats
    step_of: np.ndarray[Any, np.dtype[np.int64]]
    scenario: Scenario

    @property
    def before(self) -> int:
        """Steps of the training part."""
        return self.start - self.series.first


def part(
    series: Series,
    start: int,
    *,
    percentile: float = 99.0,
    divisor: float = 20.0,
    tick_s: float = 15.0,
    **rules: float,
) -> Part:
    """The scored part of a load.

    Args:
        percentile, divisor: the capacity is this percentile of the training part over this divisor.
        rules: of the scenario, by name.

    Raises:
        SimulationError: there is no load before the scored part or in it, more in it than
            ``MOST_TIMES`` the capacity, or the ticks are too many.
    """
    train = series.values[: start - series.first]
    train = train[np.isfinite(train)]
    capacity = float(np.percentile(train, percentile)) / divisor if len(train) else 0.0
    if not capacity > 0:
        found = f"a {percentile:g}th percentile of {capacity * divisor:g}" if len(train) else "none"
        # A load of rare bursts is nothing for most of the time; its greatest value is there.
        higher = ", as a higher --capacity-percentile gives" if np.any(train) else ""
        raise SimulationError(
            f"value: found {found} before --train-until, allowed more than 0{higher}"
        )
    scored_values = series.values[start - series.first :]
    if not np.isfinite(scored_values).any():
        raise SimulationError("value: found none after --train-until, allowed at least one")
    times = float(np.nanmax(scored_values)) / capacity
    if times > MOST_TIMES:
        raise SimulationError(
            f"value: found {times:.3g} times the capacity, allowed at most "
            f"{MOST_TIMES:g} times (--capacity-percentile, --capacity-divisor)"
        )
    known = np.isfinite(series.values)
    places = np.arange(len(series.values))
    load = np.interp(places, places[known], series.values[known])
    step_s, scored_steps = series.step_s, series.last - start
    ticks = int(scored_steps * step_s / tick_s + 1e-9) + 1
    if ticks > MAX_TICKS:
        least = ceil(scored_steps * step_s / MAX_TICKS)
        raise SimulationError(f"--tick: found {tick_s:g} s, allowed at least {least} s here")
    at = np.arange(ticks) * tick_s / step_s
    fine = np.interp(at, np.arange(scored_steps + 1), load[start - series.first :])
    return Part(
        series=series,
        start=start,
        load=load,
        step_of=np.floor(at + 1e-9).astype(np.int64),
        scenario=Scenario(load=fine, capacity=capacity, tick_s=tick_s, **rules),  # type: ignore[arg-type]  # numbers by name
    )


def faulty(said: Said, fault: str, *, seed: int) -> Said:
    """Forecasts with a fault.

    Args:
        said: what was said at each step.
        fault: ``zero``, ``half`` and ``double`` scale all of it, ``nan`` gives none, ``stale``
            repeats the first one for ever as if it were new, ``shuffle`` gives each to another
            step.
        seed: of the shuffle.
    """
    scales = {"none": 1.0, "zero": 0.0, "half": 0.5, "double": 2.0}
    if fault in scales:
        return [_scaled(one, scales[fault]) for one in said]
    if fault == "nan":
        return [NOTHING] * len(said)
    if fault == "shuffle":
        order = np.random.default_rng(seed).permutation(len(said))
        return [said[place] for place in order]
    first = next((one for one in said if isinstance(one, Forecast)), NOTHING)
    return [first] * len(said)


def _scaled(said: Forecast | Absence, scale: float) -> Forecast | Absence:
    if isinstance(said, Absence) or scale == 1:
        return said
    peaks = None if said.peaks is None else said.peaks * scale
    return replace(said, quantiles=said.quantiles * scale, peaks=peaks)


def ours(
    over: Part, said: Said, *, quantile: float = 0.95, excess: float = 1.5, horizon_s: float
) -> Run:
    """The real decisions with these forecasts, one for each step, as the floor."""
    scenario, step_s = over.scenario, over.series.step_s
    policy = Policy(
        workload="trace",
        load_unit="units",
        capacity=scenario.capacity,
        target=scenario.target,
        minimum=scenario.minimum,
        maximum=MAX_REPLICAS,
        quantile=quantile,
        stabilization_s=scenario.stabilization_s,
        floor_ttl_s=max(horizon_s, step_s) + 300.0,
        horizon_s=horizon_s,
        startup_s=scenario.startup * scenario.tick_s,  # as it is simulated, in whole ticks
        excess=excess,
        tolerance=scenario.tolerance,
    )
    return scenario.run(Ours(said, policy, step_s=step_s, tick_s=scenario.tick_s))


def policies(
    over: Part,
    own: Run,
    *,
    horizon_s: float,
    polling_s: float = 30.0,
    seed: int = 0,
) -> tuple[dict[str, tuple[Run, float]], Curve]:
    """Every other autoscaler on the same load, each with the target it ran at.

    Returns:
        By name, and what the plain autoscaler reaches at targets from 0.05 to 1.
    """
    scenario, target = over.scenario, over.scenario.target
    grid = curve(scenario, TARGETS)
    found = tuned(own, grid)
    step_s = over.series.step_s
    counts = forecast_counts(
        np.ceil(over.load / (scenario.capacity * target) - EPSILON),
        season=max(2, steps_ahead(DAY_S, step_s=step_s)),
        steps=steps_ahead(horizon_s, step_s=step_s),
        start=over.before,
    )
    predicted = forecast_load(
        over.series.values,
        step_s=step_s,
        start=over.before,
        generator=np.random.default_rng(seed),
    )
    deciders: dict[str, tuple[Asked, float]] = {
        "hpa": (Hpa(scenario), target),
        "hpa_same_cost": (Hpa(scenario, target=found.same_cost), found.same_cost),
        "hpa_same_tau": (Hpa(scenario, target=found.same_under_time), found.same_under_time),
        "queue": (Queue(scenario, polling_s=polling_s), target),
        "holt_winters": (Hpa(scenario, counts=counts[over.step_of]), target),
        "fft": (Hpa(scenario, metric=predicted[over.step_of]), target),
    }
    return {name: (scenario.run(asked), at) for name, (asked, at) in deciders.items()}, grid


def measures(run: Run, target: float) -> dict[str, float]:
    """As they are called in the JSON."""
    found = run.measures
    return {
        "tau_u": found.under_time,
        "theta_u": found.under_amount,
        "tau_o": found.over_time,
        "theta_o": found.over_amount,
        "instability": found.instability,
        "replica_hours": found.replica_hours,
        "slo_violations": found.violations,
        "target": target,
    }


def _seconds(name: str, default: float, text: str) -> Callable[[report.Command], report.Command]:
    kind = report.FiniteRange(1, 86_400)
    return click.option(
        name, type=kind, default=default, show_default=True, metavar="SECONDS", help=text
    )


@click.command(name="simulate")
@report.options
@factors.options
@click.option(
    "--reactive-target",
    type=report.FiniteRange(0.05, 1),
    default=0.8,
    show_default=True,
    help="Share of the capacity that the reactive paths run at.",
)
@click.option(
    "--fault",
    type=click.Choice(FAULTS),
    default="none",
    show_default=True,
    help="What is wrong with our forecasts.",
)
@_seconds("--startup", 180.0, "From asking for a replica until it is ready.")
@click.option(
    "--horizon",
    type=report.FiniteRange(1, 3_600),
    metavar="SECONDS",
    help="How far our forecast looks ahead; default: the start-up and 120 s.",
)
@_seconds("--tick", 15.0, "Between two decisions.")
@_seconds("--stabilization", 300.0, "Scale in only to the highest wish of this window.")
@_seconds("--polling", 30.0, "Between two looks of `queue` at its queue.")
@click.option(
    "--tolerance", type=report.FiniteRange(0, 1, max_open=True), default=0.1, show_default=True
)
@click.option("--minimum", type=click.IntRange(1, MAX_REPLICAS), default=1, show_default=True)
@click.option(
    "--excess",
    type=report.FiniteRange(1, 100),
    default=1.5,
    show_default=True,
    help="Floors cost at most so many times the replica-hours of the reactive path alone.",
)
@click.option(
    "--quantile",
    type=report.FiniteRange(0.5, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Level of the forecast that becomes our floor.",
)
@click.option(
    "--capacity-percentile",
    type=report.FiniteRange(0, 100, min_open=True),
    default=99.0,
    show_default=True,
    help="Of the training part; over the divisor it is the capacity of a replica.",
)
@click.option(
    "--capacity-divisor",
    type=report.FiniteRange(0, 1e9, min_open=True),
    default=20.0,
    show_default=True,
)
def command(
    *,
    path: Path,
    column: str | None,
    train_until: str | None,
    seed: int,
    json_path: Path | None,
    plot_path: Path | None,
    reactive_target: float,
    fault: str,
    startup: float,
    horizon: float | None,
    tick: float,
    stabilization: float,
    polling: float,
    tolerance: float,
    minimum: int,
    excess: float,
    quantile: float,
    capacity_percentile: float,
    capacity_divisor: float,
    **outside: Any,
) -> None:
    """Run our decisions and other autoscalers on a recorded load.

    All get the same load, capacity, start-up time and rules. hpa_same_cost and hpa_same_tau are the
    plain autoscaler at the targets where it costs as much as ours, and serves as well. What moves
    the load from outside (--country, --timezone, --series, --planned, --events) ours alone knows.
    """
    timing = report.Timing()
    horizon_s = startup + MARGIN_S if horizon is None else horizon
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
        series, start = scored(trace, train_until)
        with report.naming(path):
            over = part(
                series,
                start,
                percentile=capacity_percentile,
                divisor=capacity_divisor,
                tick_s=tick,
                target=reactive_target,
                startup_s=startup,
                stabilization_s=stabilization,
                tolerance=tolerance,
                minimum=minimum,
            )
        with timing.of("forecast"):
            covariates = factors.covariates_of(series, phase_ms=phase(trace), **outside)
            said = forecasts(
                series, start=start, horizon_s=horizon_s, level=quantile, covariates=covariates
            )
        with timing.of("simulate"):
            used = faulty(said.said, fault, seed=seed)
            own = ours(over, used, quantile=quantile, excess=excess, horizon_s=horizon_s)
        with timing.of("others"):
            others, grid = policies(over, own, horizon_s=horizon_s, polling_s=polling, seed=seed)
        runs = {"autoserve": (own, reactive_target), **others}
        if plot_path is not None:
            plot.simulation(
                plot_path,
                name=path.stem,
                series=series,
                start=start,
                tick_s=tick,
                runs={name: run for name, (run, _) in runs.items()},
                curve=grid,
            )
    found = {name: measures(run, target) for name, (run, target) in runs.items()}
    click.echo(_told(path.name, over, found, fault=fault))
    report.written({"policies": found, "timing": timing.total()}, json_path)


def _told(name: str, over: Part, found: dict[str, dict[str, float]], *, fault: str) -> str:
    rows = [
        (
            policy,
            f"{each['tau_u']:.3f}",
            f"{each['theta_u']:.4f}",
            f"{each['tau_o']:.2f}",
            f"{each['theta_o']:.2f}",
            f"{each['instability']:.2f}",
            f"{each['replica_hours']:.1f}",
            f"{each['slo_violations']:.6f}",
            f"{each['target']:.4f}",
        )
        for policy, each in found.items()
    ]
    scenario = over.scenario
    wrong = "" if fault == "none" else f", forecasts at fault: {fault}"
    return (
        f"{name}: {len(scenario.load)} ticks of {scenario.tick_s:g} s, capacity "
        f"{scenario.capacity:.6g}, start-up {scenario.startup_s:g} s, target "
        f"{scenario.target:g}{wrong}\n" + report.table((*HEADER, "violations", "target"), rows)
    )


if __name__ == "__main__":
    command()
