"""Lets the forecasters of all books speak at each step that is new to them.

The models of several workloads are asked in one go, which is where a thousand of them can be
quicker than one after the other; each book then walks by itself, so one that fails stops no other.
"""

from collections.abc import Sequence

import numpy as np
import structlog

from scaler.book import Book
from scaler.core.features import Design
from scaler.core.forecast import Forecast
from scaler.core.forecaster import LoadForecaster, Moves, moves_of_many
from scaler.core.series import Ints
from scaler.factors import Factors
from scaler.metrics import Metrics
from scaler.records import LoadRow
from scaler.timing import Timing

__all__ = ["MOST_STEPS_AT_ONCE", "Walker", "aim", "learn_outcome"]

log = structlog.get_logger()
# After a long absence so many steps are walked at most; older outcomes are not worth the time.
MOST_STEPS_AT_ONCE = 240
# The models of so many workloads are asked at once: more are no quicker, and the features of each
# are held as long, which are several times its history.
TOGETHER = 8


class Walker:
    """Walks in the loop's thread, under its lock."""

    def __init__(self, metrics: Metrics, *, timing: Timing, factors: Factors) -> None:
        self._metrics, self._factors = metrics, factors
        self._timing, self._plan = timing, timing.plan

    def walk(self, books: Sequence[Book]) -> dict[str, list[LoadRow]]:
        """Walk to the newest step of each book.

        Returns:
            By workload, the rows of forecasts that are to be written down.
        """
        waiting = [(book, _new_steps(book)) for book in books]
        waiting = [(book, steps) for book, steps in waiting if len(steps)]
        rows: dict[str, list[LoadRow]] = {}
        for low in range(0, len(waiting), TOGETHER):
            rows |= self._together(waiting[low : low + TOGETHER])
        return rows

    def _together(self, waiting: Sequence[tuple[Book, Ints]]) -> dict[str, list[LoadRow]]:
        designs = [self._design(book) for book, _ in waiting]
        moves = _moves(
            [
                (book.model, design, steps)
                for (book, steps), design in zip(waiting, designs, strict=True)
            ]
        )
        rows = {}
        for (book, steps), design, moved in zip(waiting, designs, moves, strict=True):
            try:
                rows[book.workload.name] = self._walked(book, design, steps, moved)
            except Exception:
                self._metrics.failed("forecast")
                log.exception("forecast failed", workload=book.workload.name)
        return rows

    def _design(self, book: Book) -> Design:
        """With what the forecaster was fitted with, whatever was registered since."""
        covariates = self._factors.covariates(book.workload, model=book.model)
        return Design(series=book.load, seasons=self._plan.seasons, covariates=covariates)

    def _walked(
        self, book: Book, design: Design, steps: Ints, moves: Moves | None
    ) -> list[LoadRow]:
        if book.track is None:
            book.track = self._plan.track(step=int(steps[0]) - 1)
        aim(book, self._timing)
        book.track.level = book.ledger.learning.level
        rows = []
        for step, said in zip(steps.tolist(), book.track.walk(design, steps, moves), strict=True):
            learn_outcome(book, step, lead=book.track.horizon)
            book.said = said
            if isinstance(said, Forecast):
                rows.append(book.foresaw(said))
        return rows


def aim(book: Book, timing: Timing) -> None:
    """Let the track look as far ahead as replicas were last measured to need."""
    if book.track is not None:
        book.track.horizon = timing.horizon(
            book.track.leads, ready_s=book.time_to_ready_s, before=book.track.horizon
        )


def _new_steps(book: Book) -> Ints:
    if not len(book.load.values):
        return np.empty(0, dtype=np.int64)
    walked = book.load.first - 1 if book.track is None else book.track.step
    low = max(walked + 1, book.load.last - MOST_STEPS_AT_ONCE + 1, book.load.first)
    return np.arange(low, book.load.last + 1)


def _moves(
    asked: Sequence[tuple[LoadForecaster | None, Design, Ints]],
) -> list[Moves | None]:
    """The moves of each model from each of its steps; of all that have one new step at once."""
    found: list[Moves | None] = [None] * len(asked)
    single: list[int] = []
    for place, (model, design, steps) in enumerate(asked):
        if model is None:
            continue
        if len(steps) == 1 and np.isfinite(design.series.values[-1]):
            single.append(place)
        else:
            found[place] = model.predict(design, steps)
    models = [asked[place][0] for place in single]
    together = moves_of_many(
        [model for model in models if model is not None], [asked[place][1] for place in single]
    )
    for place, moves in zip(single, together, strict=True):
        found[place] = moves
    return found


def learn_outcome(book: Book, step: int, *, lead: int) -> None:
    """What the step tells of the forecast that was made for it, if one was."""
    actual, median, upper = book.load.at(step), book.median.at(step), book.upper.at(step)
    before = book.load.at(step - lead)
    if np.isfinite([actual, median, upper, before]).all():
        book.health = book.health.learnt(
            ours=abs(actual - median), theirs=abs(actual - before), is_covered=actual <= upper
        )
