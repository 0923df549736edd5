"""One cycle of the scaler over many workloads: forecast and decide, models fitted beforehand.

Run as ``python -m tests.benchmarks.scaler_scale [--workloads N ...]``. Each size has a process of
its own, with one thread. Up to a thousand, each workload has models and a history of its own, as in
service; beyond, workloads share them, since only time is of interest there.
"""

import argparse
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context

import numpy as np
from threadpoolctl import threadpool_limits

from scaler.book import Book
from scaler.core.decision import Observation, Policy, decide
from scaler.core.features import Design
from scaler.core.forecast import Forecast, Track
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Series
from scaler.factors import Factors
from scaler.main import SystemClock
from scaler.metrics import Metrics
from scaler.records import Workload
from scaler.timing import Timing
from scaler.walking import Walker
from tests.benchmarks.table import Row, table

SIZES = (10, 100, 1_000, 10_000)
PROMISED = 1_000
LIMIT_S, LIMIT_MIB = 15.0, 1_024.0
OWN_UP_TO = 1_000
SHAPES = 4
# As a stack keeps without a setting of its own (``maxHistoryS``).
DAYS, DAY = 21, 1_440
CYCLES = 3
TIMING = Timing(
    tick_s=15.0,
    step_ms=60_000,
    horizon_s=300.0,
    startup_s=180.0,
    min_history_s=3_600.0,
    refit_s=172_800.0,
    keep_steps=DAYS * DAY,
    seasons=(DAY, 7 * DAY),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """A load with its forecaster and a track that is warm."""

    series: Series
    model: LoadForecaster
    track: Track


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """What a cycle took: the slowest of some, one core's seconds, and the process's peak."""

    seconds: float
    peak_mib: float
    forecasts: int


def main() -> int:
    arguments = argparse.ArgumentParser(prog="scaler_scale", description=__doc__)
    arguments.add_argument("--workloads", nargs="+", type=int, default=list(SIZES))
    options = arguments.parse_args()
    sys.stdout.write(table(list(measured(options.workloads))) + "\n")
    return 0


def measured(sizes: Sequence[int] = SIZES) -> Iterator[Row]:
    """Seconds and memory by size, each beside its share of the next smaller size."""
    before: tuple[int, Cycle] | None = None
    for size in sizes:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found = pool.submit(cycle, size).result()
        factor = 1.0 if before is None else size / before[0]
        against = "itself" if before is None else f"{factor:g} x {before[0]} workloads"
        was = found if before is None else before[1]
        is_promised = size == PROMISED
        yield Row(
            measure=f"a cycle of {size} workloads, {found.forecasts} forecasts, one core",
            value=found.seconds,
            unit="s",
            baseline=was.seconds * factor,
            against=against,
            limit=LIMIT_S if is_promised else None,
        )
        yield Row(
            measure=f"peak memory with {size} workloads",
            value=found.peak_mib,
            unit="MiB",
            baseline=was.peak_mib * factor,
            against=against,
            limit=LIMIT_MIB if is_promised else None,
        )
        before = size, found


def cycle(size: int) -> Cycle:
    """Some cycles over so many workloads."""
    with threadpool_limits(limits=1):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            # Fitting leaves memory behind that no service has that reads its models from the store.
            fitted = pool.submit(_fitted).result()
        books = [_book(fitted, place, size=size) for place in range(size)]
        walker = Walker(
            Metrics(), timing=TIMING, factors=Factors(timing=TIMING, clock=SystemClock())
        )
        seconds = []
        for _ in range(CYCLES):
            _advance(books)
            began = time.process_time()
            walker.walk(books)
            for book in books:
                _decide(book)
            seconds.append(time.process_time() - began)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
        forecasts = sum(isinstance(book.said, Forecast) for book in books)
        return Cycle(seconds=max(seconds), peak_mib=peak, forecasts=forecasts)


def _fitted() -> list[Fitted]:
    with threadpool_limits(limits=1):
        return [_fit(seed) for seed in range(SHAPES)]


def _fit(seed: int) -> Fitted:
    rng = np.random.default_rng(seed)
    steps = np.arange(DAYS * DAY)
    wave = 60 + 50 * np.sin(2 * np.pi * (steps + 100 * seed) / DAY)
    load = np.maximum(wave + rng.normal(0, 4, len(steps)), 0)
    series = Series(step_ms=TIMING.step_ms, first=29_000_000, values=load)
    plan = TIMING.plan
    design = Design(series=series, seasons=plan.seasons)
    model = plan.forecaster().fit(design, since=series.last - plan.keep + 1).packed()
    warm = np.arange(series.last - DAY // 2, series.last + 1)
    track = plan.track(step=int(warm[0]) - 1)
    for _ in track.walk(design, warm, model.predict(design, warm)):
        pass
    return Fitted(series=series, model=model, track=track)


def _book(fitted: Sequence[Fitted], place: int, *, size: int) -> Book:
    shape = fitted[place % len(fitted)]
    policy = Policy(
        workload=f"workload-{place}",
        load_unit="units",
        capacity=5.0,
        target=0.8,
        minimum=1,
        maximum=1_000,
        quantile=0.95,
        stabilization_s=300.0,
        floor_ttl_s=600.0,
        horizon_s=TIMING.horizon_s,
    )
    workload = Workload(policy=policy, load_query="load", ready_query="ready")
    book = Book.empty(workload, step_ms=TIMING.step_ms, keep=TIMING.keep_steps)
    book.load, book.model = shape.series, shape.model
    if size <= OWN_UP_TO:
        book.load, book.model = deepcopy((shape.series, shape.model))
    book.track = deepcopy(shape.track)
    return book


def _advance(books: Sequence[Book]) -> None:
    """One more step of load for everybody; books that share a history go on sharing it."""
    if len(books) <= OWN_UP_TO:
        for book in books:
            book.load = _grown(book.load)
        return
    grown = {id(book.load): (book.load, _grown(book.load)) for book in books[:SHAPES]}
    for book in books:
        book.load = grown[id(book.load)][1]


def _grown(load: Series) -> Series:
    return load.extended(load.last + 1, load.values[-DAY : 1 - DAY], keep=TIMING.keep_steps)


def _decide(book: Book) -> None:
    now = datetime.fromtimestamp(book.load.time_s(book.load.last), tz=UTC)
    current = 20 if book.decision is None else book.decision.to_replicas
    book.decision, book.memory = decide(
        Observation(load=float(book.load.values[-1]), ready=current, current=current),
        book.said,
        book.workload.policy,
        memory=book.memory,
        now=now,
        said_at=now,
    )


if __name__ == "__main__":
    sys.exit(main())
