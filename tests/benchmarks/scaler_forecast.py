"""What the forecaster is worth on the public traces, against persistence and the HPA alone.

Run as ``python tests/benchmarks/scaler_forecast.py [trace ...]``. Figures are ratios to a baseline
of the same run: skill against persistence at the same horizon (0 is as good), the floor's
under-provisioned time and cost beside those of the reactive path alone at the same target, the
time of a fit beside that of one plain fit on the lags only, the time of a forecast as a share of a
step. Tuned on the first half, scored on the rest (worldcup98: days 30 to 49).
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from scaler.core.features import LAGS
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Series
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


def main(names: list[str]) -> int:
    folder = Path(os.environ.get("AUTOSERVE_TRACES") or ROOT.parent / "shared" / "traces")
    if not folder.is_dir():
        sys.stdout.write(f"no traces: {folder} is no folder; set AUTOSERVE_TRACES\n")
        return 1
    sys.stdout.write(f"{HEADER}\n")
    for name in names or list(TRACES):
        series = trace(folder / TRACES[name])
        sys.stdout.write(f"{_row(name, series)}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{_times(trace(folder / TRACES['crane 14']))}\n")
    return 0


def _row(name: str, series: Series) -> str:
    start = 30 * DAY if name == "worldcup98" else len(series.values) // 2
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
        sys.exit(main(sys.argv[1:]))
