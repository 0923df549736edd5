"""What an operator changes at run time, from any thread: it counts at once and is kept behind it.

A change must be possible while the database is away: it counts from the next tick all the same, and
the answer says that it is not kept yet.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from scaler import contract
from scaler.core.series import backfill
from scaler.loop import Loop
from scaler.ports import Clock
from scaler.records import (
    AnotherActsError,
    Control,
    Kept,
    ModelError,
    Unavailable,
    UnknownWorkloadError,
)

__all__ = ["Steering", "control_shown", "model_shown"]

log = structlog.get_logger()


class Steering:
    """Changes what a loop does; safe to call from any thread."""

    def __init__(self, loop: Loop, *, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock

    def set_mode(self, workload: str, mode: str, *, actor: str, reason: str) -> dict[str, Any]:
        self._check(workload)
        return self._kept(self._loop.controls.set_mode(workload, mode, actor=actor, reason=reason))

    def freeze(self, workload: str, *, for_s: float, actor: str, reason: str) -> dict[str, Any]:
        self._check(workload)
        until = self._clock.now() + timedelta(seconds=for_s)
        return self._kept(self._loop.controls.freeze(workload, until, actor=actor, reason=reason))

    def unfreeze(self, workload: str, *, actor: str, reason: str) -> dict[str, Any]:
        self._check(workload)
        return self._kept(self._loop.controls.unfreeze(workload, actor=actor, reason=reason))

    def roll_back(
        self, workload: str, version: str | None, *, actor: str, reason: str
    ) -> dict[str, Any]:
        """Let an older forecaster serve, by default the one before; "newest" ends that."""
        self._check(workload)
        self._check_acts()
        loop, book = self._loop, self._loop.books[workload]
        if version == contract.NEWEST:
            loop.learner.unpin(book)
            versions = loop.learner.versions(workload)
            if not versions:
                raise ModelError(workload, "none is kept")
            kept = versions[0]
        else:
            kept = loop.learner.rollback(book, version)
        said = f"{reason} (version {kept.version})"
        self._kept(loop.controls.note(workload, "rollback", actor=actor, reason=said))
        return model_shown(kept, serving=book.version, is_pinned=version != contract.NEWEST)

    def changes(self, workload: str, *, limit: int) -> list[dict[str, Any]]:
        """Changes with who made them and why, newest first; without the database what is known
        since the start."""
        self._check(workload)
        known = self._loop.controls.changes(workload)[:limit]
        archive = self._loop.archive
        if not archive.dependency.is_paused:
            try:
                kept = archive.store.changes(workload, limit=limit)
            except Unavailable:
                kept = ()
            moments = {control.at for control in kept}
            merged = [*kept, *(control for control in known if control.at not in moments)]
            known = tuple(sorted(merged, key=lambda control: control.at, reverse=True))[:limit]
        return [_change_shown(control) for control in known]

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
            SeriesError: a value, the step or the length breaks its rule; nothing is changed.
            AnotherActsError: where it counts another process has a history of its own.
        """
        self._check(workload)
        self._check_acts()
        history = backfill(
            values,
            given_ms=round(step_s * 1000),
            end_s=end_s,
            step_ms=self._loop.timing.step_ms,
            limit=self._loop.timing.keep_steps,
        )
        with self._loop.lock:
            book = self._loop.books[workload]
            book.replace(history)
            self._loop.archive.add(
                lambda store: store.replace(workload, history),
                key=("given", workload, book.generation),
                in_order=True,
            )
        end = datetime.fromtimestamp(end_s, UTC).isoformat(timespec="seconds")
        said = f"{reason} ({len(values)} values up to {end})"
        self._kept(self._loop.controls.note(workload, "history", actor=actor, reason=said))

    def _check(self, workload: str) -> None:
        if workload not in self._loop.books:
            raise UnknownWorkloadError(workload, sorted(self._loop.books))

    def _check_acts(self) -> None:
        """Of several processes only one serves, keeps models and has a history that counts."""
        if not self._loop.writer.holds():
            raise AnotherActsError(self._loop.writer.holder())

    def _kept(self, control: Control) -> dict[str, Any]:
        return {**control_shown(control, self._clock.now()), "kept": self._keep(control)}

    def _keep(self, control: Control) -> bool:
        """Whether a restart will know of a change already; else it is kept as soon as possible."""
        archive = self._loop.archive
        if not archive.dependency.is_paused:
            try:
                archive.store.keep(control)
                return True
            except Unavailable as error:
                log.warning("change not kept yet", workload=control.workload, detail=error.detail)
        archive.add_control(control)
        return False


def model_shown(kept: Kept, *, serving: str | None, is_pinned: bool) -> dict[str, Any]:
    """A kept version of a forecaster.

    Args:
        serving: the version in service.
        is_pinned: whether the one in service was rolled back to.
    """
    about, is_serving = kept.about, kept.version == serving
    return {
        "version": kept.version,
        "created_at": about.created_at.isoformat(),
        "is_serving": is_serving,
        "is_pinned": is_serving and is_pinned,
        "data_from": about.first * about.step_ms / 1000,
        "data_to": about.last * about.step_ms / 1000,
        "features": list(about.features),
        "scores": about.scores,
        "reason": about.reason,
    }


def control_shown(control: Control, now: datetime) -> dict[str, Any]:
    """What holds for a workload now, and whose change it was."""
    frozen = control.frozen_until
    return {
        "mode": control.mode,
        "configured": control.configured,
        "changed_at": control.at.isoformat(),
        "changed_by": control.actor,
        "reason": control.reason,
        "freeze": {
            "until": frozen.isoformat(),
            "by": control.frozen_by,
            "reason": control.frozen_because,
        }
        if frozen is not None and frozen > now
        else None,
    }


def _change_shown(control: Control) -> dict[str, Any]:
    until = control.frozen_until
    return {
        "at": control.at.isoformat(),
        "workload": control.workload,
        "change": control.change,
        "actor": control.actor,
        "reason": control.reason,
        "mode": control.mode,
        "frozen_until": until.isoformat() if until else None,
    }
