"""Does what was decided, where this process may: a count, or the least that others shall keep."""

from datetime import timedelta

import structlog

from scaler.book import Book
from scaler.core.decision import Decision, Floor
from scaler.core.forecast import Absence, Forecast
from scaler.health import Dependency
from scaler.metrics import Metrics
from scaler.news import Situation, news
from scaler.ports import Announcer, Clock, ReplicaSink, Writership
from scaler.records import Hold, Unavailable

__all__ = ["Actor", "hold_for"]

log = structlog.get_logger()


class Actor:
    """Acts in the loop's thread. Who is not the writer acts not."""

    def __init__(
        self,
        *,
        sink: ReplicaSink,
        agent: Dependency,
        writer: Writership,
        announcer: Announcer,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._sink, self._agent, self._writer = sink, agent, writer
        self._announcer, self._metrics, self._clock = announcer, metrics, clock

    @property
    def may_act(self) -> bool:
        return self._writer.holds()

    @property
    def may_not_because(self) -> str:
        """Why this process may not act, a clause."""
        return self._writer.problem or "another process acts; this one observes"

    def act(self, book: Book, decision: Decision, hold: Hold | None, *, mode: str) -> bool:
        """Ask for the count and hold what is to be held; whether that changed anything outside.

        What failed is noted in the book's ``refused``.
        """
        book.refused = None
        acted = self.hold(book, hold)
        if mode == "enforce" and decision.changes and book.scale and self.may_act:
            try:
                asked = self._agent.ask(
                    lambda: self._sink.apply(decision.workload, decision.to_replicas)
                )
            except Unavailable as error:
                book.refused = error.detail
                return acted
            acted = asked or acted
        if acted:
            log.info(
                "scaled",
                workload=decision.workload,
                from_replicas=decision.from_replicas,
                to_replicas=decision.to_replicas,
                held=hold.replicas if hold else None,
                reason=decision.reason,
            )
        return acted

    def hold(self, book: Book, hold: Hold | None) -> bool:
        """Hold by whichever way there is: the sink's, or the exported metric alone."""
        name = book.workload.name
        left_s = (hold.until - self._clock.now()).total_seconds() if hold else 0.0
        self._metrics.held(name, hold.replicas if hold else 0, for_s=left_s)
        if book.scale is None or not self.may_act:
            return False
        try:
            return self._agent.ask(lambda: self._sink.hold(name, hold))
        except Unavailable as error:
            book.refused = error.detail
            return False

    def tell(
        self, book: Book, decision: Decision, said: Forecast | Absence, hold: Hold | None
    ) -> None:
        """Say what has changed for the workload, by the one that acts for it."""
        situation = Situation.of(decision, said, scale=book.scale, hold=hold)
        if self.may_act:
            for item in news(book.situation, situation):
                self._announcer.announce(
                    book.workload.name, item.reason, item.note, is_warning=item.is_warning
                )
        book.situation = situation


def hold_for(decision: Decision, floor: Floor | None, *, ttl_s: float) -> Hold | None:
    """The least that others who scale the workload shall keep, where there is such a wish.

    Args:
        floor: that the decision was taken with.
        ttl_s: how long a floor lasts from when its forecast was made, and anything else from now.
    """
    if decision.keep is None:
        return None
    since = decision.at
    if floor is not None and decision.keep <= (decision.floor or 0):
        since = floor.made_at
    return Hold(replicas=decision.keep, until=since + timedelta(seconds=ttl_s))
