"""What the scaler needs from the world; the world stands behind.

An adapter answers or raises ``Unavailable``; it never answers with a guess.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from scaler.core.resources import Recommendation
from scaler.core.series import Floats, Series
from scaler.records import (
    About,
    Container,
    Control,
    DecisionRow,
    Hold,
    Kept,
    LoadRow,
    Refused,
    Registered,
    Replicas,
    Resized,
    Signals,
    StateRow,
    Stored,
    Usage,
    Workload,
)

__all__ = [
    "Announcer",
    "CheckpointStore",
    "Clock",
    "FactorStore",
    "HistoryStore",
    "LoadSource",
    "MemoryEnds",
    "ModelKeeper",
    "ReplicaSink",
    "Resizing",
    "Targets",
    "UsageSource",
    "Writership",
]


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

    @property
    def problem(self) -> str | None:
        """Why nobody can tell which process that is, a clause; ``None`` where it is known."""
        ...

    def holder(self) -> str | None:
        """Who else is that one, as far as it is known."""
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

    def forget_gone(self, present: Sequence[str], *, step_ms: int, before: int) -> None:
        """Forget other workloads of which nothing is from step ``before`` or later, some a time."""
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
        """Keep a model as the newest version and give its name; a pin stays."""
        ...

    def load(
        self, workload: str, *, unfit: Callable[[Kept], str | None] = lambda _: None
    ) -> tuple[Kept | None, tuple[Refused, ...]]:
        """The version to serve, if one can be used, and those that would come before it.

        Args:
            unfit: why a version must not serve, a clause; ``None`` where it may.
        """
        ...

    def versions(self, workload: str) -> tuple[Kept, ...]:
        """What is kept, newest first, without the models."""
        ...

    def rollback(
        self,
        workload: str,
        version: str | None = None,
        *,
        serving: str | None = None,
        unfit: Callable[[Kept], str | None] = lambda _: None,
    ) -> Kept:
        """Pin a version, by default the one before ``serving``, until an unpin.

        Args:
            unfit: why a version must not be pinned, a clause; ``None`` where it may.
        """
        ...

    def unpin(self, workload: str) -> None: ...

    def pinned(self, workload: str) -> str | None: ...
