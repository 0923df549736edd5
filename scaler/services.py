"""What the scaler shows of itself and lets be changed: all that the HTTP API knows of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

__all__ = [
    "Advising",
    "Changing",
    "Registering",
    "Scaling",
]


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
            AnotherActsError: another process acts, by models of its own.
        """
        ...

    def changes(self, workload: str, *, limit: int) -> list[dict[str, Any]]:
        """Who changed what and why, newest first."""
        ...

    def backfill(
        self,
        workload: str,
        *,
        step_s: float,
        end_s: float,
        values: Sequence[float],
        actor: str,
        reason: str,
    ) -> None:
        """Let a given history stand in for all load up to its end.

        Raises:
            AnotherActsError: another process acts, by a history of its own.
        """
        ...
