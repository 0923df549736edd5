"""What the forecaster is worth on the public traces, against persistence and the HPA alone.

Run as ``python -m tests.benchmarks.scaler_forecast [--trace NAME ...]``. Figures are ratios to a
baseline of the same run: skill against persistence at the same horizon (0 is as good), the floor's
under-provisioned time and cost beside those of the reactive path alone at the same target, the
time of a fit beside that of one plain fit on the lags only, the time of a forecast as a share of a
step. Scored on the second half (worldcup98: days 30 to 49); with ``--tune`` the parameters are
compared instead, on the first halves alone.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from scaler.core.features import LAGS
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Series
from tests.benchmarks import scaler_tuning as tuning
from tests.scaler.traces import DAY, TARGET, scored, simulated, trace

ROOT = Path(__file__).parents[2]
TRACES = {
    "crane 14": "crane_prod_input14_per_minute.csv",
    "crane 13": "crane_prod_input13_per_minute.csv",
    "crane 0": "crane_prod_input0_per_minute.csv",
    "crane 15": "crane_prod_input15_week1_per_minute.csv",
    "crane 2": "crane_prod_input2_per_minute.csv",
    "crane 6": "crane_prod_input6_per_minute.csv",
    "nasa": "nasa_http_1995_per_minute.csv",
    "worldcup98": "worldcup98_days0_49_per_minute.csv",
}
HEADER = (
    f"{'trace':<12}{'skill':>7}{'served':>8}{'cover':>7}  "
    f"{'tau_U HPA -> ours':>18}  {'cost HPA -> ours':>17}"
)


def main() -> int:
    arguments = argparse.ArgumentParser(prog="scaler_forecast", description=__doc__)
    arguments.add_argument("--trace", nargs="+", choices=list(TRACES), default=list(TRACES))
    arguments.add_argument("--tune", action="store_true", help="choose on the first halves")
    arguments.add_argument("--processes", type=int, default=1, help="of --tune")
    options = arguments.parse_args()
    folder = Path(os.environ.get("AUTOSERVE_TRACES") or ROOT.parent / "shared" / "traces")
    if not folder.is_dir():
        say(f"no traces: {folder} is no folder; set AUTOSERVE_TRACES")
        return 1
    loads = {name: trace(folder / TRACES[name]) for name in options.trace}
    if options.tune:
        _tune(loads, processes=options.processes)
        return 0
    say(HEADER)
    for name, series in loads.items():
        say(_row(name, series))
    say(_times(trace(folder / TRACES["crane 14"])))
    return 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _half(name: str, series: Series) -> int:
    """How many steps come before the scored part."""
    return 30 * DAY if name == "worldcup98" else len(series.values) // 2


def _tune(loads: Mapping[str, Series], *, processes: int) -> None:
    halves = {name: (series, _half(name, series)) for name, series in loads.items()}
    apart = [name for name, (_, half) in halves.items() if not tuning.takes_part(half)]
    if apart:
        say(f"no season in its first quarter, takes no part: {', '.join(apart)}")
    halves = {name: part for name, part in halves.items() if name not in apart}
    say(f"{'trees rate leaves features l2':<30}{'mean':>7}" + "".join(f"{n:>12}" for n in halves))
    found: dict[tuning.Variant, tuning.Scores] = {}
    for variant, scores in tuning.compared(halves, processes=processes):
        found[variant] = scores
        say(_compared(variant, scores))
    say(f"in service now:\n{_named(tuning.in_service())}")
    best = tuning.chosen(found)
    say(f"chosen:\n{_compared(best, found[best])}")


def _compared(variant: tuning.Variant, scores: tuning.Scores) -> str:
    each = "".join(f"{score.skill:>6.3f}/{score.coverage:.3f}" for score in scores.values())
    return f"{_named(variant):<30}{tuning.mean_skill(scores):>7.4f}{each}"


def _named(variant: tuning.Variant) -> str:
    return (
        f"{variant.max_iter:>5} {variant.learning_rate:<5g}{variant.max_leaf_nodes:>6} "
        f"{variant.max_features:<8g} {variant.l2_regularization:g}"
    )


def _row(name: str, series: Series) -> str:
    start = _half(name, series)
    result = scored(series, start=start, days=(len(series.values) - start) / DAY)
    hpa, ours = (run.measures for run in simulated(series, result, start=start))
    return (
        f"{name:<12}{result.skill_overall:>7.3f}{result.served:>8.2f}{result.coverage:>7.3f}  "
        f"{hpa.under_time:>7.2f} % -> {ours.under_time:>5.2f} %  "
        f"{hpa.cost:>8.3f} -> {ours.cost:.3f}   (target {TARGET})"
    )


def _times(series: Series) -> str:
    model = LoadForecaster()
    began = time.perf_counter()
    model.fit(series)
    fitted = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(20):
        model.predict(series)
    predicted = (time.perf_counter() - began) / 20
    plain = _plain_fit(series)
    fits = 2 * len(model.leads)
    return (
        f"fit of {len(series.values)} steps: {fitted / plain:.1f} times a plain fit on lags "
        f"({fits} fits, judged and final); a forecast is {100 * predicted / series.step_s:.3f} % "
        "of a step"
    )


def _plain_fit(series: Series) -> float:
    log_load = np.log1p(series.values)
    at = np.arange(max(LAGS), len(log_load) - 5)
    rows = np.column_stack([log_load[at - lag] - log_load[at] for lag in LAGS])
    began = time.perf_counter()
    HistGradientBoostingRegressor(max_iter=120).fit(rows, log_load[at + 5] - log_load[at])
    return time.perf_counter() - began


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        sys.exit(main())
