"""How much the anomaly detector's settings matter, and what a choice by other files is worth.

Run as ``python -m tests.benchmarks.anomaly_settings [--folder FOLDER] [--only-ours]``. Each of 72
settings walks every labelled file. Then, file by file, the setting that is best on all the others
(the highest recall with at most 0.2 false positives a day, among equals the fewest) is scored on
the file that took no part. What is lost against one choice for all is what was over-fitted.
``--folder`` takes other files, such as a copy of the Numenta Anomaly Benchmark: CSV files at any
depth, with ``combined_windows.json``.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import reduce
from itertools import product
from operator import add
from pathlib import Path
from unittest.mock import patch

from scaler.core import anomaly, surprise
from scaler.core.errors import ScalerError
from scaler.core.series import Series
from scaler.evidence.anomalies import Found, found
from scaler.evidence.labels import Window, read_windows
from scaler.evidence.trace import read_trace

ROOT = Path(__file__).parents[2]
MOST_FALSE_A_DAY = 0.2
# Margin, how much a quarter of a day can raise the threshold, least deviations, dips allowed.
Setting = tuple[float, float, float, int]
SETTINGS: tuple[Setting, ...] = tuple(
    product((1.1, 1.15, 1.2, 1.3), (1.5, 2.0, 3.0), (4.0, 6.0, 8.0), (0, 4))
)
IN_SERVICE: Setting = (
    surprise.MARGIN,
    surprise.LEARNT_EXCESS,
    anomaly.POINT_LEAST,
    anomaly.DIPS_ALLOWED,
)
Files = Mapping[str, tuple[Series, tuple[Window, ...]]]


def main() -> int:
    arguments = argparse.ArgumentParser(prog="anomaly_settings", description=__doc__)
    traces = Path(os.environ.get("AUTOSERVE_TRACES") or ROOT.parent / "shared" / "traces")
    arguments.add_argument("--folder", type=Path, default=traces / "nab")
    arguments.add_argument("--only-ours", action="store_true", help="no other settings")
    options = arguments.parse_args()
    files = _files(options.folder)
    if not files:
        say(f"no labelled traces in {options.folder}")
        return 1
    ours = {name: _found(IN_SERVICE, *file) for name, file in files.items()}
    for name, score in ours.items():
        say(_line(name, score))
    say(_line("in service", _total(ours.values())))
    if options.only_ours:
        return 0
    each = {
        setting: {name: _found(setting, *file) for name, file in files.items()}
        for setting in SETTINGS
    }
    totals = [_total(scores.values()) for scores in each.values()]
    recalls = [total.windows_found for total in totals]
    false = [total.false_positives_a_day for total in totals]
    say(
        f"{len(SETTINGS)} settings: {min(recalls)} to {max(recalls)} windows found, "
        f"{min(false):.3f} to {max(false):.3f} false positives a day"
    )
    apart = {}
    for name in files:
        worth = {setting: _worth(scores, but=name) for setting, scores in each.items()}
        best = max(worth, key=lambda setting: worth[setting])
        apart[name] = each[best][name]
        say(_line(f"{name} by {best}", apart[name]))
    say(_line("each by the others", _total(apart.values())))
    return 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _files(folder: Path) -> Files:
    labels = next(folder.rglob("combined_windows.json"), None)
    files = {}
    if labels is None:
        return {}
    for path in sorted(folder.rglob("*.csv")):
        try:
            trace = read_trace(path)
            files[path.stem] = (trace.series, read_windows(labels, trace))
        except ScalerError as error:
            say(f"left out: {error}")
    return files


def _found(setting: Setting, series: Series, windows: tuple[Window, ...]) -> Found:
    margin, excess, least, dips = setting
    with ExitStack() as stack:
        for module, name, value in (
            (surprise, "MARGIN", margin),
            (surprise, "LEARNT_EXCESS", excess),
            (anomaly, "POINT_LEAST", least),
            (anomaly, "LEVEL_LEAST", least),
            (anomaly, "DIPS_ALLOWED", dips),
        ):
            stack.enter_context(patch.object(module, name, value))
        _, anomalies = anomaly.replayed(series)
    return found([one.at_step for one in anomalies], windows, series)


def _worth(scores: Mapping[str, Found], *, but: str) -> tuple[bool, int, float]:
    total = _total(score for name, score in scores.items() if name != but)
    false = total.false_positives_a_day
    return false <= MOST_FALSE_A_DAY, total.windows_found, -false


def _total(scores: Iterable[Found]) -> Found:
    return reduce(add, scores)


def _line(name: str, score: Found) -> str:
    return (
        f"{name:<66}{score.windows_found:>4} of {score.windows:<4}"
        f"{score.false_positives_a_day:>7.3f} a day  NAB {score.score.normalized:.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
