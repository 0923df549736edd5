"""``make bench``: measures of the whole platform as ratios to a named baseline of the same run.

Run as ``python -m tests.benchmarks [--only NAME ...] [--gigabytes G]``. A platform with a state
folder and ports of its own is brought up and taken down; one that is up is not touched.
"""

import argparse
import sys
from collections.abc import Callable, Iterator

from tests.benchmarks import (
    anomalies,
    bringing_up,
    capacity,
    decision,
    edge_load,
    idle,
    kubernetes_program,
    profiling,
    scaler_evidence,
    scaler_scale,
)
from tests.benchmarks.table import Row, machine, table
from tests.live import LivePlatform

Measure = Callable[[LivePlatform], Iterator[Row]]


def main() -> int:
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    by_itself = ("program", "capacity", "decision", "anomalies", "scale", "evidence")
    names = (*by_itself, "up", "idle", "edge", "profile")
    arguments.add_argument("--only", nargs="+", choices=names, default=list(names))
    arguments.add_argument("--gigabytes", type=float, default=1.0, help="size of the CSV")
    options = arguments.parse_args()
    measures: dict[str, Measure] = {
        "up": bringing_up.measured,
        "idle": idle.measured,
        "edge": edge_load.measured,
        "profile": lambda platform: profiling.measured(
            platform, size_bytes=int(options.gigabytes * 1e9)
        ),
    }
    say(machine())
    rows: list[Row] = []
    alone: dict[str, Callable[[], Iterator[Row]]] = {
        "program": kubernetes_program.measured,
        "capacity": capacity.measured,
        "decision": decision.measured,
        "anomalies": anomalies.measured,
        "scale": scaler_scale.measured,
        "evidence": scaler_evidence.measured,
    }
    for name in (name for name in alone if name in options.only):
        say(f"measuring {name} ...")
        found = list(alone[name]())
        rows += found
        if not found:
            say(f"{name}: no traces; set AUTOSERVE_TRACES to where they lie")
    on_platform = [name for name in names if name in options.only and name in measures]
    if not on_platform:
        say("\n" + table(rows))
        return 0
    platform = LivePlatform.create("bench")
    try:
        say("bringing a platform up ...")
        platform.up()
        for name in on_platform:
            say(f"measuring {name} ...")
            platform.wait_healthy(60)
            rows += measures[name](platform)
    finally:
        if rows:
            say("\n" + table(rows))
        platform.down()
    return 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
