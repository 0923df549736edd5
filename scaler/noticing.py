"""Which conditions a tick found for a workload: pure, from what it saw and decided."""

from collections.abc import Collection

import numpy as np

from scaler.book import Book
from scaler.conditions import Kind
from scaler.core.decision import Decision
from scaler.core.forecast import Absence, Forecast, Why
from scaler.core.retraining import is_lost
from scaler.observing import Seen

__all__ = ["conditions_of"]

# Clamps of a decision that are worth a condition.
CLAMPS = {"excess cap": Kind.FORECAST_CAPPED, "maximum": Kind.AT_MAXIMUM, "anomaly": Kind.ANOMALY}


def conditions_of(
    book: Book,
    seen: Seen,
    decision: Decision,
    said: Forecast | Absence,
    *,
    before: Collection[Kind],
    frozen: str | None,
) -> dict[Kind, str]:
    """What is not as usual, with a clause for each.

    Args:
        before: what the tick before found.
        frozen: who froze the workload and why; ``None`` when it is not.
    """
    found = dict(book.notes)
    found |= _of_data(book, seen, decision, said, before)
    for clamp in decision.clamps:
        if clamp.name in CLAMPS:
            found[CLAMPS[clamp.name]] = clamp.why
    if seen.no_scale_because:
        found[Kind.SCALE_UNKNOWN] = seen.no_scale_because
    elif book.is_lost:
        found[Kind.SCALE_UNKNOWN] = "what ran the replicas is not found any more"
    if book.refused is not None:
        found[Kind.SCALE_REFUSED] = f"the change was refused: {book.refused}"
    if book.scale is not None and book.scale.rollout is not None:
        found[Kind.ROLLOUT] = f"nothing is scaled in: {book.scale.rollout}"
    if frozen is not None:
        found[Kind.FROZEN] = frozen
    hint = book.ledger.learning.capacity_hint
    if hint is not None:
        found[Kind.CAPACITY_DOUBTED] = hint.sentence
    return found


def _of_data(
    book: Book,
    seen: Seen,
    decision: Decision,
    said: Forecast | Absence,
    before: Collection[Kind],
) -> dict[Kind, str]:
    if seen.load is None:
        found = {Kind.NO_METRICS: seen.no_load_because}
        if decision.floor is not None:
            found[Kind.FLOOR_HELD] = (
                f"the last forecast's floor, {decision.floor}, holds until it expires"
            )
        elif Kind.FLOOR_HELD in before or Kind.FLOOR_EXPIRED in before:
            found[Kind.FLOOR_EXPIRED] = (
                "the last forecast's floor has expired: the reactive path alone holds"
            )
        return found
    if not np.isfinite(book.load.at(book.load.last)):
        return {Kind.MISSING_DATA: "the newest step of the load is missing"}
    return _of_forecast(book, decision, said)


def _of_forecast(book: Book, decision: Decision, said: Forecast | Absence) -> dict[Kind, str]:
    if isinstance(said, Absence):
        return {} if said.why is Why.FROZEN else {Kind.NO_FORECAST: said.sentence}
    if not np.isfinite(said.quantiles).all():
        return {Kind.FORECAST_BROKEN: "the forecast is not a number: it is not used"}
    if decision.floor is None:
        return {
            Kind.FLOOR_EXPIRED: "the newest forecast is too old for a floor: the reactive path "
            "alone holds"
        }
    health = book.health
    if is_lost(health.is_covered, level=health.level, correlated=said.ahead):
        share = 1 - sum(health.is_covered) / len(health.is_covered)
        return {
            Kind.FORECAST_WRONG: f"{share:.0%} of the last {len(health.is_covered)} loads were "
            f"above the {100 * health.level:.3g} % quantile that was forecast"
        }
    return {}
