"""What the scaler needs from the world, and what it shows of itself; the world stands behind.

An adapter answers or raises ``Unavailable``; it never answers with a guess. ``None`` and NaN mean
that the other side answered and had no value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from scaler.core.capacity import CapacityRules
from scaler.core.decision import Decision, Policy
from scaler.core.errors import ScalerError
from scaler.core.judgement import Judgement
from scaler.core.resources import Recommendation
from scaler.core.series import Floats, Series

__all__ = [
    "EVENTS",
    "SERIES",
    "About",
    "Advising",
    "Announcer",
    "Changing",
    "CheckpointStore",
    "Clock",
    "Container",
    "Control",
    "DecisionRow",
    "FactorStore",
    "HistoryStore",
    "Hold",
    "Kept",
    "LoadRow",
    "LoadSource",
    "ModelError",
    "ModelKeeper",
    "NoDecisionError",
    "Refused",
    "Registered",
    "Registering",
    "ReplicaSink",
    "Replicas",
    "Resized",
    "Resizing",
    "Scaling",
    "SignalQueries",
    "Signals",
    "StateRow",
    "Stored",
    "Targets",
    "Unavailable",
    "UnknownFactorError",
    "UnknownWorkloadError",
    "Unusable",
    "UnusableWorkloadError",
    "Usage",
    "UsageQueries",
    "UsageSource",
    "Workload",
    "Writership",
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
    """

    def __init__(self, dependency: str, reason: str, detail: str) -> None:
        super().__init__(dependency, detail)
        self.reason = reason


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
    """

    created_at: datetime
    step_ms: int
    first: int
    last: int
    features: tuple[str, ...]
    scores: dict[str, float]
    reason: str


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


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, aware, UTC. It may jump."""
        ...


class LoadSource(Protocol):
    def begin(self) -> None:
        """A tick begins: what all its questions may take together is counted from now."""
        ...

    def load(self, workload: Workload) -> float | None:
        """The load now, finite and >= 0; ``None`` when the query has no such value."""
        ...

    def ready(self, workload: Workload) -> int:
        """Ready replicas now; 0 when the query has no value."""
        ...

    def history(self, workload: Workload, *, step_ms: int, first: int, last: int) -> Floats:
        """The load at each step from ``first`` to ``last``, NaN where there is none."""
        ...

    def signals(self, workload: Workload) -> Signals:
        """What the capacity is learnt from, now."""
        ...


class UsageSource(Protocol):
    def usages(self, query: str) -> Sequence[Usage]:
        """The figures of all containers now; a series that names no workload is left out."""
        ...


class MemoryEnds(Protocol):
    def last_ends(self) -> Sequence[Usage]:
        """When each container last ended for want of memory, seconds since the epoch; 0 for never.

        Raises:
            Unavailable: nobody says.
        """
        ...


class ReplicaSink(Protocol):
    def scale(self, workload: str) -> Replicas | None:
        """The scale now; ``None`` where nobody can be asked."""
        ...

    def apply(self, workload: str, replicas: int) -> bool:
        """Ask for a replica count; whether that is ours to ask. Asking twice is asking once."""
        ...

    def hold(self, workload: str, hold: Hold | None) -> bool:
        """Let it have no fewer replicas, or let go; whether that changed anything outside.

        What is held must outlive neither its time nor a graceful end of this process.
        """
        ...


class Targets(Protocol):
    def found(self) -> Sequence[Workload]:
        """What asks to be scaled now, beside what the settings name."""
        ...

    @property
    def problems(self) -> Sequence[str]:
        """What asked to be scaled and cannot be, each with the reason."""
        ...


@dataclass(frozen=True, kw_only=True)
class Resized:
    """What was given to a running replica, a sentence."""

    workload: str
    sentence: str


class Resizing(Protocol):
    def step(
        self,
        found: Mapping[Container, Recommendation],
        *,
        used_memory: Mapping[tuple[Container, str], float],
        now: datetime,
    ) -> Resized | None:
        """Give at most one running replica what is recommended, where that is safe; raises nothing.

        Args:
            used_memory: bytes in use, by container and instance.
        """
        ...


class Writership(Protocol):
    def holds(self) -> bool:
        """Whether this process is the one that may act and write decisions down, now."""
        ...


class Announcer(Protocol):
    def announce(self, workload: str, reason: str, note: str, *, is_warning: bool = False) -> None:
        """Tell whoever looks at the workload; lost where nobody listens. Never raises nor waits."""
        ...


class CheckpointStore(Protocol):
    """States that a restart must not forget, as JSON, by kind and name."""

    def checkpoints(self, kind: str) -> Mapping[str, dict[str, Any]]: ...

    def keep_checkpoints(self, kind: str, states: Mapping[str, dict[str, Any]]) -> None:
        """Add them, or replace those of the same names."""
        ...

    def forget_checkpoints(self, kind: str, names: Sequence[str]) -> None: ...


class FactorStore(Protocol):
    """What is registered as moving loads from outside, by kind and name."""

    def registered(self) -> Mapping[tuple[str, str], datetime]:
        """When each was registered last."""
        ...

    def registration(self, kind: str, name: str) -> Registered | None:
        """One of them; ``None`` where it is gone."""
        ...

    def register(self, registered: Registered) -> None:
        """Add it, or replace the one of the same kind and name."""
        ...

    def unregister(self, kind: str, name: str) -> None: ...


class HistoryStore(CheckpointStore, FactorStore, Protocol):
    def read(self, workload: str, *, step_ms: int, since: int, decisions: int) -> Stored:
        """What is kept from step ``since`` on, and the newest decisions."""
        ...

    def write(self, rows: Sequence[LoadRow], decisions: Sequence[DecisionRow]) -> None:
        """Add; of a step that is known already, only what is given is replaced."""
        ...

    def judged(self, row: DecisionRow) -> None:
        """Put a judgement to a decision that is kept; one that is not is no error."""
        ...

    def states(self, *, step_ms: int) -> dict[str, dict[str, Any]]:
        """All states that are kept, by workload."""
        ...

    def keep_states(self, rows: Sequence[StateRow]) -> None:
        """Replace the parts of each state that are given."""
        ...

    def replace(self, workload: str, series: Series) -> None:
        """Forget all of the workload up to the end of the series, and keep the series instead."""
        ...

    def prune(self, workload: str, *, step_ms: int, before: int, decisions: int) -> None:
        """Forget steps before ``before`` and all but the newest decisions."""
        ...

    def controls(self) -> Sequence[Control]:
        """The newest change of each workload that has one."""
        ...

    def changes(self, workload: str, *, limit: int) -> Sequence[Control]:
        """Changes of a workload, newest first."""
        ...

    def keep(self, control: Control) -> None:
        """Add a change."""
        ...


class ModelKeeper(Protocol):
    def save(self, workload: str, model: Any, about: About) -> str:
        """Keep a model as the newest version and give its name; a pin ends."""
        ...

    def load(self, workload: str) -> tuple[Kept | None, tuple[Refused, ...]]:
        """The version to serve, if one can be used, and those that would come before it."""
        ...

    def versions(self, workload: str) -> tuple[Kept, ...]:
        """What is kept, newest first, without the models."""
        ...

    def rollback(self, workload: str, version: str | None = None) -> Kept:
        """Serve a version, by default the one before, until the next promotion or unpin."""
        ...

    def unpin(self, workload: str) -> None: ...

    def pinned(self, workload: str) -> str | None: ...


class Advising(Protocol):
    """What containers should ask for; safe to call from any thread."""

    def recommendations(self, workload: str | None) -> list[dict[str, Any]]: ...


class Scaling(Protocol):
    """What the HTTP API shows; safe to call from any thread."""

    def workloads(self) -> list[dict[str, Any]]: ...

    def series(self, workload: str, *, window_s: float) -> dict[str, list[tuple[float, float]]]: ...

    def forecast(self, workload: str) -> dict[str, Any]:
        """The path ahead, or why there is none yet."""
        ...

    def decisions(self, workload: str | None, *, limit: int) -> list[dict[str, Any]]: ...

    def explanation(self, workload: str, *, at: datetime | None) -> dict[str, Any]:
        """The newest decision, or the one in force at a time, with all that led to it.

        Raises:
            NoDecisionError: none is kept from that time.
        """
        ...

    def what_if(
        self, workload: str, *, load: float, ready: int | None, current: int | None
    ) -> dict[str, Any]:
        """The explanation of the decision that a load would lead to now; changes nothing."""
        ...

    def cost(self, workload: str, *, window_s: float) -> dict[str, Any]:
        """What the floor cost above the reactive path alone, and what it spared."""
        ...

    def anomalies(self, workload: str, *, window_s: float) -> list[dict[str, Any]]:
        """What was out of the ordinary of late, newest first."""
        ...

    def models(self, workload: str) -> list[dict[str, Any]]:
        """Kept versions of the forecaster, newest first."""
        ...

    def checks(self) -> dict[str, str]:
        """What is not as it should be, by dependency; empty when ready."""
        ...

    def conditions(self) -> dict[str, dict[str, str]]:
        """What is not as usual, by workload and condition; it keeps nobody from serving."""
        ...

    def is_alive(self) -> bool: ...

    def has_started(self) -> bool: ...


class Registering(Protocol):
    """What moves loads from outside, for the HTTP API; safe to call from any thread.

    A registration is refused while the store is away: it would be lost at the next restart.
    """

    def factors(self, kind: str) -> list[dict[str, Any]]:
        """All of a kind, without their entries."""
        ...

    def factor(self, kind: str, name: str) -> dict[str, Any]:
        """One of them with its entries.

        Raises:
            UnknownFactorError: it is not registered.
        """
        ...

    def register_series(
        self,
        name: str,
        values: Sequence[Mapping[str, Any]],
        *,
        workloads: Sequence[str],
        is_planned: bool,
        actor: str,
    ) -> dict[str, Any]:
        """Register a series, or replace it.

        Raises:
            SeriesError: names the value that breaks a rule.
            UnknownWorkloadError: it is for a workload that is not scaled here.
            Unavailable: it cannot be kept.
        """
        ...

    def register_events(
        self,
        name: str,
        calendar: Sequence[Mapping[str, Any]],
        *,
        workloads: Sequence[str],
        actor: str,
    ) -> dict[str, Any]:
        """Register a calendar, or replace it; raises as `register_series`."""
        ...

    def unregister(self, kind: str, name: str, *, actor: str) -> None:
        """Remove one.

        Raises:
            UnknownFactorError: it is not registered.
            Unavailable: its removal cannot be kept.
        """
        ...


class Changing(Protocol):
    """What the HTTP API lets an operator change; safe to call from any thread.

    ``actor`` and ``reason`` are kept with each change. An answer says under ``kept`` whether a
    restart would know of it already.
    """

    def set_mode(self, workload: str, mode: str, *, actor: str, reason: str) -> dict[str, Any]: ...

    def freeze(self, workload: str, *, for_s: float, actor: str, reason: str) -> dict[str, Any]: ...

    def unfreeze(self, workload: str, *, actor: str, reason: str) -> dict[str, Any]: ...

    def roll_back(
        self, workload: str, version: str | None, *, actor: str, reason: str
    ) -> dict[str, Any]:
        """Let an older forecaster serve, by default the one before; "newest" ends that.

        Raises:
            ModelError: there is no such version, or it cannot be used.
            Unavailable: what keeps the models does not answer.
        """
        ...

    def changes(self, workload: str, *, limit: int) -> list[dict[str, Any]]:
        """Who changed what and why, newest first."""
        ...

    def backfill(
        self, workload: str, *, step_s: float, end_s: float, values: Sequence[float]
    ) -> None:
        """Let a given history stand in for all load up to its end."""
        ...
