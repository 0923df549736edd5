"""Watches the load of each book for what is out of the ordinary, step by step.

The past is walked once, in the fitting thread, which has to know of anomalies anyway to leave them
out; the loop goes on from there.
"""

import numpy as np
import structlog

from scaler.book import Book
from scaler.core.holding import scale_in_hold
from scaler.metrics import Metrics

__all__ = ["detect", "hold_in"]

log = structlog.get_logger()


def detect(book: Book, metrics: Metrics) -> None:
    """Look at the steps that are new to the book's detector; nothing without one."""
    detector, load = book.detector, book.load
    if detector is None or detector.next_step > load.last or not len(load.values):
        return
    new = load.since(detector.next_step)
    expected = book.median.between(new.first, new.last)
    drift = book.health.drift
    # What the forecaster was typically off by when it was judged.
    usual = drift.ratio * drift.usual if drift else np.nan
    for anomaly in detector.walked(new, expected, np.full(len(new.values), usual)):
        book.anomalies.append(anomaly)
        metrics.anomaly(book.workload.name, anomaly)
        log.warning(
            "anomaly",
            workload=book.workload.name,
            kind=anomaly.kind,
            direction=anomaly.direction,
            score=round(anomaly.score, 3),
            detail=anomaly.explanation,
        )


def hold_in(book: Book, step: int) -> str | None:
    """Why the load is a poor reason to scale in now, a clause; ``None`` where it is a good one."""
    return scale_in_hold(book.load, book.anomalies, step=step)
