"""Hours at which a workload is scaled by other limits than usual: a campaign, a night, a market.

Hours are those of a clock on a wall in a named zone: where it is put forward or back they are, so
the hour that is skipped never comes and the hour that comes twice counts twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import combinations

from scaler.core.errors import PolicyError

__all__ = ["Override", "days_of", "meet", "must_agree", "second_of"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_S = 86_400
ONE_DAY = timedelta(days=1)
# Two clocks that are put forward on different days stand to each other as in no other week.
DAYS_LOOKED_AT = {True: 9, False: 370}  # by whether both are of one zone
SOME_DAY = date(2026, 1, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """Limits that hold during some hours, instead of the usual ones; ``None`` leaves one as it is.

    Attributes:
        name: for sentences.
        zone: whose clock is meant.
        days: on which it begins, 0 for Monday to 6 for Sunday.
        start_s, end_s: seconds since midnight, 0 <= start < 86,400 and 0 < end <= 86,400; an end
            that is not after the start is on the day after.
        first, last: days between which it begins at all, both included; ``None`` for no such end.
        minimum, maximum: bounds of the replicas.
        target: share of the capacity that the reactive path runs at, in (0, 1].
        extra: replicas on top of the reactive count, >= 0, up to the maximum. The operator wants
            them: neither the excess cap nor the budget holds them back.
    """

    name: str
    zone: tzinfo
    days: frozenset[int] = frozenset(range(7))
    start_s: int = 0
    end_s: int = DAY_S
    first: date | None = None
    last: date | None = None
    minimum: int | None = None
    maximum: int | None = None
    target: float | None = None
    extra: int = 0

    def __post_init__(self) -> None:
        rules = (
            (bool(self.days), "days", "none", "at least one"),
            (0 <= self.start_s < DAY_S, "start", f"{self.start_s} s", "00:00 to 23:59"),
            (0 < self.end_s <= DAY_S, "end", f"{self.end_s} s", "00:01 to 24:00"),
            (self.extra >= 0, "extra", f"{self.extra}", "0 or more"),
            (self.target is None or 0 < self.target <= 1, "target", f"{self.target}", "in (0, 1]"),
            (
                self.first is None or self.last is None or self.first <= self.last,
                "first",
                f"{self.first}",
                f"at most last, {self.last}",
            ),
            (
                self.minimum is None or self.maximum is None or self.minimum <= self.maximum,
                "minimum",
                f"{self.minimum}",
                f"at most maximum, {self.maximum}",
            ),
        )
        for holds, field, found, allowed in rules:
            if not holds:
                raise PolicyError(f"schedule {self.name!r}: {field}", found, allowed)

    def holds(self, now: datetime) -> bool:
        """Whether it holds at an aware time."""
        local = now.astimezone(self.zone)
        second = local.hour * 3_600 + local.minute * 60 + local.second
        if self.start_s < self.end_s:
            return self.start_s <= second < self.end_s and self._begins(local.date())
        if second >= self.start_s:
            return self._begins(local.date())
        return second < self.end_s and self._begins(local.date() - ONE_DAY)

    def _begins(self, day: date) -> bool:
        return (
            day.weekday() in self.days
            and (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
        )


def days_of(text: str) -> frozenset[int]:
    """Days of the week as cron has them: "*", "mon-fri", "sat,sun", "fri-mon".

    Raises:
        PolicyError: a day is unknown.
    """
    if text.strip() == "*":
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.lower().split(","):
        names = [name.strip() for name in part.split("-")]
        if len(names) > 2 or any(name not in DAYS for name in names):
            raise PolicyError("days", repr(text), f"*, or of {', '.join(DAYS)}, as in mon-fri,sun")
        low, high = DAYS.index(names[0]), DAYS.index(names[-1])
        days.update(day % 7 for day in range(low, high + 1 if high >= low else high + 8))
    return frozenset(days)


def second_of(text: str) -> int:
    """Seconds since midnight of "HH:MM", up to "24:00".

    Raises:
        PolicyError: it is no time of day.
    """
    hour, colon, minute = text.partition(":")
    digits = (hour, minute)
    if colon and all(part.isascii() and part.isdigit() and len(part) == 2 for part in digits):
        second = int(hour) * 3_600 + int(minute) * 60
        if int(minute) < 60 and second <= DAY_S:
            return second
    raise PolicyError("time of day", repr(text), "HH:MM, 00:00 to 24:00")


def must_agree(overrides: Sequence[Override]) -> None:
    """Whether no two of them, while both hold, ask for more at least than at most.

    The later one has the last word on each bound: one that gives both bounds contradicts nobody.

    Raises:
        PolicyError: names both, and the bounds that contradict each other.
    """
    for earlier, later in combinations(overrides, 2):
        for low, high in ((earlier, later), (later, earlier)):
            if low.minimum is None or high.maximum is None or low.minimum <= high.maximum:
                continue
            overruled = later.maximum if high is earlier else later.minimum
            if overruled is None and meet(earlier, later):
                allowed = (
                    f"at most {high.maximum}, the maximum of schedule {high.name!r} that holds at "
                    "the same time"
                )
                raise PolicyError(f"schedule {low.name!r}: minimum", f"{low.minimum}", allowed)


def meet(one: Override, other: Override) -> bool:
    """Whether there is a moment at which both hold."""
    return any(
        second.holds(begin)
        for first, second in ((one, other), (other, one))
        for begin in _begins_near(first, second)
    )


def _begins_near(override: Override, other: Override) -> Iterator[datetime]:
    """When it begins, on enough days of those on which the other one may hold, too."""
    firsts = [each for each in (override.first, other.first and other.first - ONE_DAY) if each]
    lasts = [each for each in (override.last, other.last and other.last + ONE_DAY) if each]
    span = timedelta(days=DAYS_LOOKED_AT[override.zone == other.zone])
    last = min(lasts, default=None)
    first = max(firsts, default=last - span if last else SOME_DAY)
    last = min(last or first + span, first + span)
    clock = time(override.start_s // 3_600, override.start_s // 60 % 60, override.start_s % 60)
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if day.weekday() in override.days:
            yield datetime.combine(day, clock, override.zone)


def in_force(overrides: Sequence[Override], now: datetime) -> list[Override]:
    """Those that hold at an aware time, in their order."""
    return [override for override in overrides if override.holds(now)]
