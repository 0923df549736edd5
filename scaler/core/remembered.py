"""What a restart must not forget, as JSON holds it, and back.

What is kept may have been written by another version, or be damaged: what cannot be read is left
out, each part by itself, and the loop begins that part anew. A floor keeps the time that it was
made at, so a restart does not make it younger.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from math import isfinite
from typing import Any, TypeVar

from scaler.core.allowance import Account
from scaler.core.decision import Floor, Memory
from scaler.core.drift import PageHinkley
from scaler.core.feedback import LEAST_LEVEL, MOST_LEVEL, Learning, Outcomes
from scaler.core.judgement import Taken
from scaler.core.reactive import Alone, Window
from scaler.core.retraining import Health

__all__ = [
    "health_kept",
    "health_restored",
    "learning_kept",
    "learning_restored",
    "memory_kept",
    "memory_restored",
    "taken_kept",
    "taken_restored",
    "waiting_restored",
]

T = TypeVar("T")
Plain = dict[str, Any]


def memory_kept(memory: Memory) -> Plain:
    """All of it; a floor without the forecast that it comes from."""
    alone, floor, account = memory.alone, memory.floor, memory.account
    return {
        "window": memory.window,
        "alone": None if alone is None else asdict(alone),
        "floor": None
        if floor is None
        else {
            "load": floor.load,
            "lower": floor.lower,
            "median": floor.median,
            "upper": floor.upper,
            "made_at": floor.made_at.isoformat(),
        },
        "account": None if account is None else asdict(account),
        "highs": memory.highs,
        "lows": memory.lows,
        "found": memory.found,
        "changes": memory.changes,
    }


def memory_restored(kept: Mapping[str, Any]) -> Memory:
    return Memory(
        window=_or(lambda: _window(kept["window"]), ()),
        alone=_or(lambda: _alone(kept["alone"]), None),
        floor=_or(lambda: _floor(kept["floor"]), None),
        account=_or(lambda: _account(kept["account"]), None),
        highs=_or(lambda: _window(kept["highs"]), ()),
        lows=_or(lambda: _window(kept["lows"]), ()),
        found=_or(lambda: _found(kept["found"]), None),
        changes=_or(lambda: _window(kept["changes"]), ()),
    )


def learning_kept(learning: Learning) -> Plain:
    return asdict(learning)


def learning_restored(kept: Mapping[str, Any], *, start: float) -> Learning:
    """What was learnt, unless the costs that it started from are others by now."""

    def restored() -> Learning:
        level = float(kept["level"])
        if float(kept["start"]) != start or not LEAST_LEVEL <= level <= MOST_LEVEL:
            return Learning.at(start)
        verdicts = {str(name): int(n) for name, n in kept["outcomes"]["verdicts"].items()}
        return Learning(
            start=start,
            level=level,
            floors=int(kept["floors"]),
            short=int(kept["short"]),
            strained=tuple(bool(one) for one in kept["strained"]),
            outcomes=Outcomes(verdicts=verdicts, regret=float(kept["outcomes"]["regret"])),
            why=str(kept["why"]),
        )

    return _or(restored, Learning.at(start))


def health_kept(health: Health) -> Plain:
    covered = "".join("1" if one else "0" for one in health.is_covered)
    return asdict(health) | {"is_covered": covered}


def health_restored(kept: Mapping[str, Any]) -> Health:
    def restored() -> Health:
        drift = kept["drift"]
        return Health(
            fitted_at=None if kept["fitted_at"] is None else int(kept["fitted_at"]),
            known=int(kept["known"]),
            level=float(kept["level"]),
            is_covered=tuple(one == "1" for one in str(kept["is_covered"])),
            drift=None if drift is None else PageHinkley(**{k: float(drift[k]) for k in drift}),
            release=None if kept["release"] is None else str(kept["release"]),
            in_vain=int(kept["in_vain"]),
            factors=None if kept.get("factors") is None else tuple(map(str, kept["factors"])),
            horizon=None if kept.get("horizon") is None else int(kept["horizon"]),
        )

    return _or(restored, Health())


def taken_kept(taken: Taken) -> Plain:
    return asdict(taken) | {"at": taken.at.isoformat()}


def taken_restored(kept: Mapping[str, Any]) -> Taken | None:
    def restored() -> Taken | None:
        floor, upper = kept["floor"], kept["upper"]
        return Taken(
            at=_time(kept["at"]),
            before=int(kept["before"]),
            replicas=int(kept["replicas"]),
            least=int(kept["least"]),
            most=int(kept["most"]),
            floor=None if floor is None else int(floor),
            upper=None if upper is None else float(upper),
        )

    return _or(restored, None)


def waiting_restored(kept: Sequence[Mapping[str, Any]]) -> tuple[Taken, ...]:
    """Those that can be read."""

    def restored() -> tuple[Taken, ...]:
        found = [taken_restored(one) for one in kept]
        return tuple(taken for taken in found if taken is not None)

    return _or(restored, ())


def _or(read: Callable[[], T], otherwise: T) -> T:
    """What can be read, else something to begin with."""
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return otherwise


def _window(kept: Sequence[Sequence[float]]) -> Window:
    return tuple((float(at), int(count)) for at, count in kept)


def _alone(kept: Mapping[str, Any] | None) -> Alone | None:
    if kept is None:
        return None
    return Alone(
        current=int(kept["current"]),
        ready=int(kept["ready"]),
        starting=_window(kept["starting"]),
        window=_window(kept["window"]),
        found=int(kept["found"]),
    )


def _found(kept: Sequence[float] | None) -> tuple[float, int] | None:
    return None if kept is None else (float(kept[0]), int(kept[1]))


def _account(kept: Mapping[str, Any] | None) -> Account | None:
    if kept is None:
        return None
    account = Account(
        at=float(kept["at"]),
        asked=int(kept["asked"]),
        added=int(kept["added"]),
        alone=int(kept["alone"]),
        saved=float(kept["saved"]),
        credit=float(kept["credit"]),
        spent=float(kept["spent"]),
    )
    is_finite = isfinite(account.at + account.saved + account.credit + account.spent)
    return account if is_finite else None


def _floor(kept: Mapping[str, Any] | None) -> Floor | None:
    if kept is None:
        return None
    load, lower, median, upper = (
        None if kept[name] is None else float(kept[name])
        for name in ("load", "lower", "median", "upper")
    )
    if load is None or not isfinite(load):
        return None
    made_at = _time(kept["made_at"])
    return Floor(said=None, load=load, lower=lower, median=median, upper=upper, made_at=made_at)


def _time(kept: str) -> datetime:
    at = datetime.fromisoformat(kept)
    if at.tzinfo is None:
        raise ValueError(f"{kept} has no zone")
    return at
