"""When a workload's forecaster is to be fitted anew, why, and which one first.

A fit costs seconds of a core, so a thousand workloads cannot have theirs at once: what is due by
schedule is spread over the period by the workload's name, what is due for a reason comes before it,
and no reason may ask more often than the least gap, which grows while fits are in vain.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from math import comb
from zlib import crc32

from scaler.core.drift import PageHinkley

__all__ = ["Due", "Health", "Rules", "Urgency", "due", "is_lost"]

# A young model is replaced once the history has grown by an eighth.
GROWTH = 1.125
# Fits in vain stretch the least gap up to so many times.
MOST_STRETCH = 16
# Coverage is lost when so few outcomes below the quantile would come by chance this seldom.
CHANCE = 0.001
OUTCOMES_KEPT = 720


class Urgency(IntEnum):
    """Which fit goes first; the least goes first."""

    FIRST = 0  # there is no forecast before it
    RELEASE = 1
    FACTORS = 2
    LEAD_TIME = 3
    DRIFT = 4
    COVERAGE = 5
    GROWN = 6
    SCHEDULE = 7


@dataclass(frozen=True, kw_only=True)
class Due:
    """A fit that is due."""

    urgency: Urgency
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How often fits may be, in steps.

    Attributes:
        period: between two fits by schedule, > 0.
        least_gap: between any two fits, > 0.
        horizon: steps that neighbouring outcomes share; so many count as one.
    """

    period: int
    least_gap: int
    horizon: int


@dataclass(frozen=True, kw_only=True)
class Health:
    """What is known about the forecaster in service; every outcome gives a new value.

    Attributes:
        fitted_at: step of the newest fit, served or not; ``None`` before the first.
        known: steps with a load that it learnt from.
        level: promised level of the upper quantile.
        is_covered: of the last outcomes, oldest first, whether they were below the quantile.
        drift: the test on its errors; ``None`` until it is judged.
        release: of the workload at the newest fit, served or not; ``None`` where nobody says.
        in_vain: fits in a row that were not promoted.
        factors: identity of the covariates of the newest fit, served or not; ``None`` where that is
            not known.
        horizon: steps ahead that the newest fit, served or not, learnt the peak for; ``None`` where
            that is not known.
    """

    fitted_at: int | None = None
    known: int = 0
    level: float = 0.95
    is_covered: tuple[bool, ...] = ()
    drift: PageHinkley | None = None
    release: str | None = None
    in_vain: int = 0
    factors: tuple[str, ...] | None = None
    horizon: int | None = None

    def learnt(self, *, ours: float, theirs: float, is_covered: bool) -> "Health":
        """With one more outcome of the forecast."""
        drift = self.drift.learnt(ours=ours, theirs=theirs) if self.drift else None
        covered = (*self.is_covered, is_covered)[-OUTCOMES_KEPT:]
        return replace(self, drift=drift, is_covered=covered)


def due(
    health: Health,
    rules: Rules,
    *,
    workload: str,
    serves: bool,
    step: int,
    known: int,
    release: str | None,
    factors: tuple[str, ...] | None = None,
    horizon: int | None = None,
) -> Due | None:
    """The fit that is due now, if one is.

    Args:
        workload: its name spreads what is due by schedule.
        serves: whether there is a forecaster in service.
        step: the newest step.
        known: steps that have a load now.
        release: of the workload now; ``None`` where nobody says.
        factors: identity of its covariates now; ``None`` where that is not known.
        horizon: steps ahead that its replicas are asked for now; ``None`` where their time to ready
            was not measured.
    """
    first = Due(urgency=Urgency.FIRST, sentence="no forecaster served")
    if health.fitted_at is None:
        return first
    gap = step - health.fitted_at
    if gap < 0:
        return Due(urgency=Urgency.SCHEDULE, sentence="the clock went back behind the last fit")
    stretch = min(2**health.in_vain, MOST_STRETCH)
    if gap < min(rules.least_gap * stretch, max(rules.least_gap, rules.period)):
        return None
    if not serves:
        return first
    return _urgent(health, rules, release, factors, horizon) or _routine(
        health, rules, workload=workload, step=step, known=known
    )


def is_lost(is_covered: tuple[bool, ...], *, level: float, correlated: int) -> bool:
    """Whether so few outcomes below a quantile are hardly by chance: a binomial test of one side.

    Args:
        is_covered: outcomes, each below the quantile or not.
        level: promised share of those below, in (0, 1).
        correlated: neighbouring outcomes that count as one, > 0.
    """
    count = len(is_covered) // correlated
    missed = (len(is_covered) - sum(is_covered)) // correlated
    if missed <= count * (1 - level):
        return False
    fewer = sum(comb(count, k) * (1 - level) ** k * level ** (count - k) for k in range(missed))
    return 1 - fewer < CHANCE


def _urgent(
    health: Health,
    rules: Rules,
    release: str | None,
    factors: tuple[str, ...] | None,
    horizon: int | None,
) -> Due | None:
    if release is not None and health.release not in (None, release):
        return Due(urgency=Urgency.RELEASE, sentence=f"release {release} came after the last fit")
    if factors is not None and health.factors not in (None, factors):
        return Due(urgency=Urgency.FACTORS, sentence=_changed(health.factors or (), factors))
    if horizon is not None and health.horizon not in (None, horizon):
        sentence = f"replicas are asked for {horizon} steps ahead and no longer {health.horizon}"
        return Due(urgency=Urgency.LEAD_TIME, sentence=sentence)
    if health.drift is not None and health.drift.has_drifted:
        sentence = "drift: the errors have grown against those of persistence"
        return Due(urgency=Urgency.DRIFT, sentence=sentence)
    if is_lost(health.is_covered, level=health.level, correlated=rules.horizon):
        share = sum(health.is_covered) / len(health.is_covered)
        sentence = f"coverage lost: {share:.1%} of {len(health.is_covered)} outcomes"
        return Due(
            urgency=Urgency.COVERAGE, sentence=f"{sentence} instead of {100 * health.level:.3g} %"
        )
    return None


def _changed(before: tuple[str, ...], now: tuple[str, ...]) -> str:
    """What is another one beside the load than at the last fit; the clock stands first."""
    if before[:1] != now[:1]:
        return f"the clock is that of {now[0] or 'UTC'} now"
    new = [name for name in now if name not in before]
    gone = [name for name in before if name not in now]
    said = [f"{name} came" for name in new] or [f"{name} is gone" for name in gone]
    return f"external factors have changed: {', '.join(said)}"


def _routine(health: Health, rules: Rules, *, workload: str, step: int, known: int) -> Due | None:
    if known >= GROWTH * max(health.known, 1):
        return Due(urgency=Urgency.GROWN, sentence="the history has grown by an eighth")
    assert health.fitted_at is not None  # noqa: S101 - `due` has looked
    phase = crc32(workload.encode()) % rules.period
    slot, last = (step + phase) // rules.period, (health.fitted_at + phase) // rules.period
    if slot > last:
        return Due(urgency=Urgency.SCHEDULE, sentence=f"every {rules.period} steps")
    return None
