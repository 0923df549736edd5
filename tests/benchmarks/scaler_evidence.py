"""What the scaler is worth on the public traces: forecasts, safety, and cost at equal service.

Run as ``python -m tests.benchmarks.scaler_evidence [--trace NAME ...] [--markdown FILE]``. All is
scored on the second half of a trace (worldcup98: days 30 to 49), of which no parameter knows.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from scaler.core.series import Floats, Series
from scaler.evidence import backtest
from scaler.evidence.forecasts import Forecasts, forecasts, steps_ahead
from scaler.evidence.hpa import Hpa
from scaler.evidence.simulate import (
    FAULTS,
    MARGIN_S,
    Part,
    faulty,
    measures,
    ours,
    part,
    policies,
)
from scaler.evidence.trace import read_trace
from tests.benchmarks.table import Row, table

ROOT = Path(__file__).parents[2]
TARGETS, STARTUPS_S, STARTUP_S = (0.7, 0.8, 0.9), (60.0, 180.0, 300.0), 180.0
EXCESS = 1.5
HORIZON = "5"  # minutes
DAY_S = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Given:
    """A trace and what is promised on it.

    Attributes:
        file: under the folder of traces.
        skill: at least, five minutes ahead.
        same_cost: under-provisioned time at target 0.9, at most this share of that of the plain
            autoscaler at the same cost.
        same_tau: replica-hours at target 0.9 below those of the plain autoscaler with the same
            under-provisioned time, at least this share.
        train_until: instead of half of the rows.
        tick_s: hours of steps need no tick of seconds.
    """

    file: str
    skill: float = -0.01
    same_cost: float | None = None
    same_tau: float | None = None
    column: str | None = None
    train_until: str | None = None
    tick_s: float = 15.0


TRACES = {
    "crane 14": Given(
        file="crane_prod_input14_per_minute.csv", skill=0.50, same_cost=0.05, same_tau=0.20
    ),
    "crane 13": Given(
        file="crane_prod_input13_per_minute.csv", skill=0.38, same_cost=0.33, same_tau=0.04
    ),
    "crane 0": Given(
        file="crane_prod_input0_per_minute.csv", skill=0.31, same_cost=0.05, same_tau=0.33
    ),
    "crane 15": Given(
        file="crane_prod_input15_week1_per_minute.csv", skill=0.30, same_cost=0.12, same_tau=0.38
    ),
    "crane 2": Given(
        file="crane_prod_input2_per_minute.csv", skill=0.73, same_cost=0.02, same_tau=0.45
    ),
    "crane 6": Given(file="crane_prod_input6_per_minute.csv", same_tau=0.03),
    "nasa": Given(file="nasa_http_1995_per_minute.csv", skill=0.24, same_cost=0.30, same_tau=0.20),
    "worldcup98": Given(
        file="worldcup98_days0_49_per_minute.csv",
        skill=0.09,
        same_cost=0.35,
        same_tau=0.03,
        train_until="1998-05-30T21:30:00Z",
    ),
    "bike": Given(file="bike_sharing_hourly.csv", column="users", tick_s=60.0),
    "amzn": Given(file="nab/Twitter_volume_AMZN.csv"),
    "fb": Given(file="nab/Twitter_volume_FB.csv"),
    "goog": Given(file="nab/Twitter_volume_GOOG.csv"),
    "asg": Given(file="nab/cpu_utilization_asg_misconfiguration.csv"),
    "ec2 24ae8d": Given(file="nab/ec2_cpu_utilization_24ae8d.csv"),
    "ec2 825cc2": Given(file="nab/ec2_cpu_utilization_825cc2.csv"),
    "elb": Given(file="nab/elb_request_count_8c0756.csv"),
    "grok": Given(file="nab/grok_asg_anomaly.csv"),
    "rds": Given(file="nab/rds_cpu_utilization_e47b3b.csv"),
}
# The table of the docs: those that are loads by the minute.
SHOWN = tuple(TRACES)[:8]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one trace gave: rows with limits, and simulations by start-up time and target."""

    rows: list[Row]
    policies: dict[tuple[float, float], dict[str, dict[str, float]]]


def main() -> int:
    arguments = argparse.ArgumentParser(prog="scaler_evidence", description=__doc__)
    arguments.add_argument("--trace", nargs="+", choices=list(TRACES), default=list(TRACES))
    arguments.add_argument("--markdown", type=Path, help="write the table of the docs here")
    options = arguments.parse_args()
    folder = traces_folder()
    if folder is None:
        sys.stdout.write("no traces; set AUTOSERVE_TRACES to where they lie\n")
        return 1
    found = {}
    for name, each in all_found(folder, options.trace):
        found[name] = each
        sys.stdout.write(table(each.rows) + "\n")
        sys.stdout.flush()
        if options.markdown:
            options.markdown.write_text(markdown(found))
    return 0


def measured() -> Iterator[Row]:
    """For ``make bench``: all of it, or nothing where there are no traces."""
    folder = traces_folder()
    if folder is not None:
        for _, each in all_found(folder, list(TRACES)):
            yield from each.rows


def traces_folder() -> Path | None:
    folder = Path(os.environ.get("AUTOSERVE_TRACES") or ROOT.parent / "shared" / "traces")
    return folder if folder.is_dir() else None


def all_found(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, Found]]:
    """Each trace when it is done; forecasts use all cores, one process each."""
    with threadpool_limits(limits=1):
        for name in names:
            yield name, _found(folder, name)


def _found(folder: Path, name: str) -> Found:
    given = TRACES[name]
    trace = read_trace(folder / given.file, column=given.column)
    series, start = backtest.scored(trace, given.train_until)
    said = {STARTUP_S: forecasts(series, start=start, horizon_s=STARTUP_S + MARGIN_S)}
    if name in SHOWN:
        for startup_s in STARTUPS_S:
            if startup_s != STARTUP_S:
                said[startup_s] = forecasts(series, start=start, horizon_s=startup_s + MARGIN_S)
    rows = list(_forecast_rows(name, given, said[STARTUP_S], series))
    rows += _safety_rows(name, given, said[STARTUP_S], series, start)
    found = {
        (startup_s, target): _simulated(
            _part(given, series, start, target=target, startup_s=startup_s), said[startup_s]
        )
        for startup_s in sorted(said)
        for target in TARGETS
    }
    rows += _worth_rows(name, given, found[STARTUP_S, 0.9])
    return Found(rows=rows, policies=found)


def _part(
    given: Given, series: Series, start: int, *, target: float, startup_s: float = STARTUP_S
) -> Part:
    return part(series, start, tick_s=given.tick_s, target=target, startup_s=startup_s)


def _forecast_rows(name: str, given: Given, said: Forecasts, series: Series) -> Iterator[Row]:
    five = backtest.scores(said, series)[HORIZON]
    yield Row(
        measure=f"{name}: skill, 5 minutes ahead",
        value=five["skill"],
        unit="",
        baseline=0.0,
        against="persistence",
        limit=given.skill,
        at_least=True,
    )
    coverage, widest = five["coverage"]["0.95"], _coverage_by_day(said, series)
    for text, value, limit, at_least in (
        ("coverage of the 95 % quantile", coverage, 0.93, True),
        ("coverage, not too much", coverage, 0.97, False),
        ("coverage on the worst day", min(widest, default=float("nan")), 0.85, True),
    ):
        yield Row(
            measure=f"{name}: {text}",
            value=value,
            unit="",
            baseline=0.95,
            against="promised",
            limit=limit,
            at_least=at_least,
        )
    known = np.isfinite(said.now)
    mean = float(said.now[known].mean())
    for text, value in (
        ("width", five["width"]["0.95"]),
        ("pinball loss", five["pinball"]["0.95"]),
    ):
        yield Row(
            measure=f"{name}: {text} of the 95 % quantile",
            value=value,
            unit="load",
            baseline=mean,
            against="mean load",
        )


def _coverage_by_day(said: Forecasts, series: Series) -> list[float]:
    """Coverage five minutes ahead of each whole day, constant stretches aside."""
    lead = steps_ahead(300, step_s=series.step_s)
    place = said.leads.index(lead)
    actual, upper = said.actual[:, place], said.upper[:, place]
    counted = np.isfinite(actual) & np.isfinite(upper) & _moves(actual, series.step_s)
    length = round(DAY_S / series.step_s)
    shares = []
    for day in range(len(actual) // length):
        part_ = slice(day * length, (day + 1) * length)
        if counted[part_].sum() >= length / 2:
            shares.append(float((actual <= upper)[part_][counted[part_]].mean()))
    return shares


def _moves(values: Floats, step_s: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which steps are not part of an hour or more of the very same value."""
    edges = np.flatnonzero(np.diff(values) != 0) + 1
    starts = np.concatenate([[0], edges])
    lengths = np.diff(np.concatenate([starts, [len(values)]]))
    longest = max(2, round(3_600 / step_s))
    return np.repeat(lengths < longest, lengths)


def _safety_rows(
    name: str, given: Given, said: Forecasts, series: Series, start: int
) -> Iterator[Row]:
    """The worst of all targets for each fault: service, and cost against the cap."""
    horizon_s = STARTUP_S + MARGIN_S
    parts = [_part(given, series, start, target=target) for target in TARGETS]
    plain = [over.scenario.run(Hpa(over.scenario)) for over in parts]
    for fault in FAULTS:
        used = faulty(said.said, fault, seed=0)
        runs = [ours(over, used, horizon_s=horizon_s) for over in parts]
        pairs = [(run.measures, hpa.measures) for run, hpa in zip(runs, plain, strict=True)]
        worst = max(pairs, key=lambda pair: pair[0].under_time - _allowed(pair[1].under_time))
        yield Row(
            measure=f"{name}, {fault}: time under-provisioned",
            value=worst[0].under_time,
            unit="%",
            baseline=worst[1].under_time,
            against="hpa, worst target",
            limit=_allowed(worst[1].under_time),
        )
        own, hpa = max(pairs, key=lambda pair: pair[0].replica_hours / pair[1].replica_hours)
        yield Row(
            measure=f"{name}, {fault}: replica-hours",
            value=own.replica_hours,
            unit="h",
            baseline=hpa.replica_hours,
            against="hpa, worst target",
            limit=EXCESS * hpa.replica_hours,
        )


def _allowed(under_time: float) -> float:
    return 1.02 * under_time + 0.05


def _simulated(over: Part, said: Forecasts) -> dict[str, dict[str, float]]:
    horizon_s = over.scenario.startup_s + MARGIN_S
    own = ours(over, said.said, horizon_s=horizon_s)
    others, _ = policies(over, own, horizon_s=horizon_s)
    target = over.scenario.target
    return {
        name: measures(run, at)
        for name, (run, at) in {"autoserve": (own, target), **others}.items()
    }


def _worth_rows(name: str, given: Given, found: Mapping[str, Mapping[str, float]]) -> Iterator[Row]:
    own, cost, tau = (found[each] for each in ("autoserve", "hpa_same_cost", "hpa_same_tau"))
    yield Row(
        measure=f"{name}: time under-provisioned at 0.9",
        value=own["tau_u"],
        unit="%",
        baseline=cost["tau_u"],
        against="hpa of the same cost",
        limit=None if given.same_cost is None else given.same_cost * cost["tau_u"],
    )
    yield Row(
        measure=f"{name}: replica-hours at 0.9",
        value=own["replica_hours"],
        unit="h",
        baseline=tau["replica_hours"],
        against="hpa of the same service",
        limit=None if given.same_tau is None else (1 - given.same_tau) * tau["replica_hours"],
    )


def markdown(found: Mapping[str, Found]) -> str:
    """The table of the docs."""
    lines = [
        "| trace | start-up s | target | τU % hpa | τU % ours | cost hpa | cost ours "
        "| τU % hpa, same cost | saved against hpa, same τU | τU %, cost Holt-Winters "
        "| τU %, cost Crane | τU %, cost queue |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, each in found.items():
        if name not in SHOWN:
            continue
        for (startup_s, target), by_policy in each.policies.items():
            own, hpa = by_policy["autoserve"], by_policy["hpa"]
            base = hpa["replica_hours"]
            others = " | ".join(
                f"{by_policy[other]['tau_u']:.2f}, {by_policy[other]['replica_hours'] / base:.3f}"
                for other in ("holt_winters", "fft", "queue")
            )
            saved = 1 - own["replica_hours"] / by_policy["hpa_same_tau"]["replica_hours"]
            lines.append(
                f"| {name} | {startup_s:g} | {target:g} | {hpa['tau_u']:.2f} | "
                f"{own['tau_u']:.2f} | 1 | {own['replica_hours'] / base:.3f} | "
                f"{by_policy['hpa_same_cost']['tau_u']:.2f} | {100 * saved:.1f} % | {others} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
