"""Lets the forecasters of all books speak at each step that is new to them.

The models are asked for all workloads in one go, which is where a thousand of them can be quicker
than one after the other; each book then walks by itself, so one that fails stops no other.
"""

from collections.abc import Sequence

import numpy as np
import structlog

from scaler.book import Book
from scaler.core.forecast import Forecast, advanced
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Floats, Ints, Series
from scaler.metrics import Metrics
from scaler.ports import LoadRow

__all__ = ["MOST_STEPS_AT_ONCE", "Walker", "learn_outcome"]

log = structlog.get_logger()
# After a long absence so many steps are walked at most; older outcomes are not worth the time.
MOST_STEPS_AT_ONCE = 240


class Walker:
    """Walks in the loop's thread, under its lock."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def walk(self, books: Sequence[Book]) -> dict[str, list[LoadRow]]:
        """Walk to the newest step of each book.

        Returns:
            By workload, the rows of forecasts that are to be written down.
        """
        waiting = [(book, book.model, _new_steps(book)) for book in books]
        ready = [(book, model, steps) for book, model, steps in waiting if model and len(steps)]
        if not ready:
            return {}
        moves = _moves([(model, book.load, steps) for book, model, steps in ready])
        rows = {}
        for (book, _, steps), moved in zip(ready, moves, strict=True):
            try:
                rows[book.workload.name] = _walked(book, steps, moved)
            except Exception:
                self._metrics.failed("forecast")
                log.exception("forecast failed", workload=book.workload.name)
        return rows


def _new_steps(book: Book) -> Ints:
    if book.track is None or book.track.step >= book.load.last:
        return np.empty(0, dtype=np.int64)
    low = max(book.track.step + 1, book.load.last - MOST_STEPS_AT_ONCE + 1, book.load.first)
    return np.arange(low, book.load.last + 1)


def _moves(asked: Sequence[tuple[LoadForecaster, Series, Ints]]) -> list[Floats]:
    """The move of each model from each of its steps."""
    return [model.predict(series, steps) for model, series, steps in asked]


def _walked(book: Book, steps: Ints, moves: Floats) -> list[LoadRow]:
    rows = []
    for step, move in zip(steps.tolist(), moves, strict=True):
        assert book.track is not None  # noqa: S101 - it has new steps
        learn_outcome(book, step, lead=book.track.leads[-1])
        book.track, book.said = advanced(book.track, book.load, step=step, move=move)
        if isinstance(book.said, Forecast):
            rows.append(book.foresaw(book.said))
    return rows


def learn_outcome(book: Book, step: int, *, lead: int) -> None:
    """What the step tells of the forecast that was made for it, if one was."""
    actual, median, upper = book.load.at(step), book.median.at(step), book.upper.at(step)
    before = book.load.at(step - lead)
    if np.isfinite([actual, median, upper, before]).all():
        book.health = book.health.learnt(
            ours=abs(actual - median), theirs=abs(actual - before), is_covered=actual <= upper
        )
