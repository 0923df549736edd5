"""The values that the scaler keeps, is told and tells, and what can be wrong with them.

Plain and frozen, with as much behaviour as a value has. ``None`` and NaN mean that the other side
answered and had no value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scaler.core.capacity import CapacityRules
from scaler.core.decision import Decision, Policy
from scaler.core.errors import ScalerError
from scaler.core.judgement import Judgement

__all__ = [
    "EVENTS",
    "SERIES",
    "About",
    "AnotherActsError",
    "Container",
    "Control",
    "DecisionRow",
    "Hold",
    "Kept",
    "LoadRow",
    "ModelError",
    "NoDecisionError",
    "Refused",
    "Registered",
    "Replicas",
    "Resized",
    "SignalQueries",
    "Signals",
    "StateRow",
    "Stored",
    "Unasked",
    "Unavailable",
    "UnknownFactorError",
    "UnknownWorkloadError",
    "Unusable",
    "UnusableWorkloadError",
    "Usage",
    "UsageQueries",
    "Workload",
]


class Unavailable(ScalerError):
    """A dependency did not answer, or answered what cannot be used."""

    def __init__(self, dependency: str, detail: str) -> None:
        super().__init__(f"{dependency}: {detail}")
        self.dependency, self.detail = dependency, detail


class Unusable(Unavailable):
    """A dependency is there, and what it answered about one thing cannot be used.

    Attributes:
        reason: in a word, for a metric: "partial", "stale", "several_series", ...
        may_pass: whether the same may be answered another time, as what was late or partial.
    """

    def __init__(
        self, dependency: str, reason: str, detail: str, *, may_pass: bool = False
    ) -> None:
        super().__init__(dependency, detail)
        self.reason, self.may_pass = reason, may_pass


class Unasked(Unavailable):
    """A dependency was not asked, or not for long, for a reason of our own.

    It says nothing of whether the dependency answers.
    """


class UnknownWorkloadError(ScalerError):
    """A workload was named that is not scaled here."""

    def __init__(self, found: str, allowed: Sequence[str]) -> None:
        super().__init__(f"workload {found!r} is not scaled here; known: {', '.join(allowed)}")
        self.found, self.allowed = found, tuple(allowed)


class UnknownFactorError(ScalerError):
    """A series or a calendar was named that is not registered."""

    def __init__(self, kind: str, found: str, allowed: Sequence[str]) -> None:
        known = ", ".join(allowed) or "none"
        super().__init__(f"{kind} {found!r} is not registered; known: {known}")
        self.kind, self.found, self.allowed = kind, found, tuple(allowed)


class ModelError(ScalerError):
    """A kept model cannot be used, or one cannot be kept."""

    def __init__(self, workload: str, why: str) -> None:
        super().__init__(f"model of {workload}: {why}")
        self.workload, self.why = workload, why


class AnotherActsError(ScalerError):
    """What only the one that acts can change was to be changed at one that only observes."""

    def __init__(self, holder: str | None) -> None:
        if holder is None:
            said = "no replica of the scaler acts now; ask again in some seconds"
        else:
            said = (
                f"this replica of the scaler only observes, {holder!r} acts; ask again until that "
                "one answers, or run the command in its pod, whose name this is up to the last dash"
            )
        super().__init__(said)
        self.holder = holder


class UnusableWorkloadError(ScalerError):
    """What a workload is described by cannot be used; ``problems`` are (field, what is wrong)."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {said}" for field, said in problems))
        self.problems = tuple(problems)


class NoDecisionError(ScalerError):
    """No decision is kept of a workload, or none from the time that was asked for."""

    def __init__(self, workload: str, at: datetime | None) -> None:
        since = f" at or before {at.isoformat()}" if at else " yet"
        super().__init__(f"no decision about {workload} is known{since}")
        self.workload, self.at = workload, at


@dataclass(frozen=True, kw_only=True)
class SignalQueries:
    """Where the signals of a workload are read; "" for one that it has not."""

    utilisation: str = ""
    latency: str = ""
    queue_wait: str = ""
    release: str = ""


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What tells how well the replicas serve the load; ``None`` where a signal has no value.

    Attributes:
        utilisation: share in use of what the ready replicas have.
        latency_s, queue_wait_s: seconds.
        release: of the code that runs.
        is_mixed: more than one release runs, so no figure is that of one.
        problems: a clause for each query that Prometheus refused.
    """

    utilisation: float | None = None
    latency_s: float | None = None
    queue_wait_s: float | None = None
    release: str | None = None
    is_mixed: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, order=True)
class Container:
    """The containers that one recommendation is for."""

    workload: str
    name: str

    @property
    def key(self) -> str:
        return f"{self.workload}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class UsageQueries:
    """Where the usage of containers is read; "" for what is not measured."""

    cpu: str = ""
    memory: str = ""
    out_of_memory: str = ""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """One figure of one running container.

    Attributes:
        instance: tells it from others that run the same.
        value: cores, bytes or a count, finite and >= 0.
    """

    container: Container
    instance: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What is scaled: its policy, and where its load and its ready replicas are read.

    Attributes:
        ready_query: "" where only whoever runs the replicas knows.
        mode: the most that may be done for it, one of the contract's MODES; the scaler's own mode
            holds where that allows less.
        signals: where is read what its capacity is learnt from.
        rules: how it is learnt; ``None`` where the configured capacity holds.
        timezone: IANA name of the zone whose clock its load follows.
        country: whose public holidays it follows, as in "DE" or "DE-BY"; "" for none.
    """

    policy: Policy
    load_query: str
    ready_query: str
    mode: str = "enforce"
    signals: SignalQueries = SignalQueries()
    rules: CapacityRules | None = None
    timezone: str = "UTC"
    country: str = ""

    @property
    def name(self) -> str:
        return self.policy.workload


@dataclass(frozen=True, kw_only=True)
class Replicas:
    """The scale of a workload, as whoever runs it says; the bounds are theirs.

    Attributes:
        rollout: the rollout that is in progress, a clause; ``None`` without one.
        time_to_ready_s: what a new replica took of late until it was ready, a high percentile;
            ``None`` where too few were seen.
    """

    desired: int
    ready: int
    minimum: int
    maximum: int
    rollout: str | None = None
    time_to_ready_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Hold:
    """The least replicas that a workload shall have, until that expires by itself."""

    replicas: int
    until: datetime


@dataclass(frozen=True, kw_only=True)
class LoadRow:
    """One step of one workload as it is kept; ``None`` where nothing is known.

    Attributes:
        lower, median, upper: what was forecast FOR this step, a horizon before it.
        reactive, floor, desired: what the step's last decision made of it.
    """

    workload: str
    step_ms: int
    step: int
    load: float | None = None
    replicas: int | None = None
    median: float | None = None
    upper: float | None = None
    lower: float | None = None
    reactive: int | None = None
    floor: int | None = None
    desired: int | None = None


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """A decision as it is kept and shown; it is judged when its horizon has passed."""

    decision: Decision
    mode: str
    acted: bool
    judgement: Judgement | None = None

    def shown(self) -> dict[str, Any]:
        decision = self.decision
        return {
            "at": decision.at.isoformat(),
            "workload": decision.workload,
            "from_replicas": decision.from_replicas,
            "to_replicas": decision.to_replicas,
            "mode": self.mode,
            "acted": self.acted,
            "reason": decision.reason,
            "details": decision.details(),
            "judgement": self.judgement.shown() if self.judgement else None,
        }


@dataclass(frozen=True, kw_only=True)
class Control:
    """What holds for one workload after a change that somebody made to it.

    Attributes:
        at: when it was changed.
        change: "start", "mode", "freeze", "unfreeze", "rollback" or "history".
        actor: who changed it.
        reason: why, in their words.
        mode: "off", "observe" or "enforce", from then on.
        configured: the mode that the settings gave then.
        frozen_until: when the freeze ends; ``None`` without one.
        frozen_by, frozen_because: who froze it, and why.
    """

    at: datetime
    workload: str
    change: str
    actor: str
    reason: str
    mode: str
    configured: str
    frozen_until: datetime | None = None
    frozen_by: str = ""
    frozen_because: str = ""


SERIES, EVENTS = "series", "events"


@dataclass(frozen=True, kw_only=True, eq=False)
class Registered:
    """Something that moves loads from outside, as somebody registered it.

    Attributes:
        kind: "series" or "events".
        name: unique among those of its kind.
        workloads: that it is for; none for all.
        at, actor: when and by whom it was registered last.
        revision: changes when its past does; what only came after does not change it.
        is_planned: whether all values of a series were known long ahead.
        entries: of a series "at", "value" (``None`` for unknown) and "known_at", by time; of a
            calendar "name", "start", "end" and "weight"; times are Unix seconds.
    """

    kind: str
    name: str
    workloads: tuple[str, ...]
    at: datetime
    actor: str
    revision: str
    is_planned: bool
    entries: tuple[dict[str, Any], ...]

    def is_for(self, workload: str) -> bool:
        return not self.workloads or workload in self.workloads


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What a store kept of one workload, oldest first; ``state`` as it was given to it."""

    rows: tuple[LoadRow, ...]
    decisions: tuple[DecisionRow, ...]
    state: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class StateRow:
    """What a restart must not forget of a workload; parts of an older row that it has not stay."""

    workload: str
    step_ms: int
    state: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class About:
    """What a kept model is.

    Attributes:
        created_at: aware, UTC.
        step_ms, first, last: the data that it learnt from, by step.
        features: what it looks at.
        scores: of its back-test, by name: ``skill`` against persistence,
            ``skill_against_champion`` (that served before it), ``steps`` compared.
        reason: why it was fitted.
        load_query: of the load that it learnt; ``None`` where that was not written down.
    """

    created_at: datetime
    step_ms: int
    first: int
    last: int
    features: tuple[str, ...]
    scores: dict[str, float]
    reason: str
    load_query: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """A version of a workload's model; ``model`` is ``None`` where it was not asked for."""

    version: str
    about: About
    model: Any


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A version that is kept and cannot be used, and why, a clause."""

    version: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Resized:
    """What was given to a running replica, a sentence."""

    workload: str
    sentence: str
