"""What an operator sets at run time, by workload: its mode, and a freeze that ends by itself.

The settings give the first mode. A change counts from the next tick and is kept with who made it
and why. Whoever spoke last is heard: a change at run time outlives a restart, until the setting
itself is changed.

A freeze holds back what the scaler would do of its own accord: its forecast asks for nothing and
nothing is scaled in. The reactive path may still scale out, because a freeze must never leave a
load without replicas. The same holds until the kept changes could be read once after a start.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

import structlog

from scaler.ports import Clock
from scaler.records import Control

__all__ = ["MOST_CHANGES", "Controls"]

log = structlog.get_logger()
MOST_CHANGES = 100
SETTINGS = "settings"
NOT_READ = "changes made at run time could not be read yet: the database does not answer"
TICK_OF_A_CLOCK = timedelta(microseconds=1)


class Controls:
    """The state of every workload; safe to use from any thread. Whoever changes it keeps the row.

    Args:
        clock: for the time of a change.
    """

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._is_read = False
        self._configured: dict[str, str] = {}
        self._now: dict[str, Control] = {}
        self._changes: dict[str, deque[Control]] = {}
        # The newest that was read, of workloads too that are not known yet.
        self._kept: dict[str, Control] = {}

    def configure(self, workload: str, mode: str) -> Control | None:
        """Take note of a workload and of the mode that the settings give it.

        Returns:
            the change that follows and is to be kept, where the setting is not what it was.
        """
        with self._lock:
            if workload not in self._configured:
                self._configured[workload] = mode
                self._now[workload] = _first(workload, mode, self._clock.now())
                self._changes[workload] = deque(maxlen=MOST_CHANGES)
                kept = self._kept.get(workload)
                if kept is None:
                    return None
                self._take_over(kept)
                before = kept.configured
            else:
                before = self._configured[workload]
                self._configured[workload] = mode
        return self._follow(workload, before)

    def of(self, workload: str) -> Control:
        """What was set last; its freeze may have ended since."""
        with self._lock:
            return self._now[workload]

    def mode(self, workload: str) -> str:
        return self.of(workload).mode

    def frozen(self, workload: str, now: datetime) -> str | None:
        """Why a workload is frozen now, a clause; ``None`` when it is not."""
        if not self._is_read:
            return NOT_READ
        control = self.of(workload)
        if control.frozen_until is None or control.frozen_until <= now:
            return None
        until = control.frozen_until.strftime("%Y-%m-%d %H:%M")
        return f"frozen until {until} UTC by {control.frozen_by} ({control.frozen_because})"

    def changes(self, workload: str) -> tuple[Control, ...]:
        """Changes that this process knows of, newest first."""
        with self._lock:
            return tuple(reversed(self._changes[workload]))

    def set_mode(self, workload: str, mode: str, *, actor: str, reason: str) -> Control:
        return self._change(workload, change="mode", actor=actor, reason=reason, mode=mode)

    def freeze(self, workload: str, until: datetime, *, actor: str, reason: str) -> Control:
        """Freeze until a time; a freeze that there is gets the new end."""
        return self._change(
            workload,
            change="freeze",
            actor=actor,
            reason=reason,
            frozen_until=until,
            frozen_by=actor,
            frozen_because=reason,
        )

    def unfreeze(self, workload: str, *, actor: str, reason: str) -> Control:
        return self._change(
            workload,
            change="unfreeze",
            actor=actor,
            reason=reason,
            frozen_until=None,
            frozen_by="",
            frozen_because="",
        )

    def note(self, workload: str, change: str, *, actor: str, reason: str) -> Control:
        """A change of something else, for the record; mode and freeze stay as they are."""
        return self._change(workload, change=change, actor=actor, reason=reason)

    def read(self, newest: Iterable[Control]) -> list[Control]:
        """Take over what is kept where it is newer than what is known.

        Args:
            newest: the newest kept change of each workload that has one.
        Returns:
            changes that follow and are to be kept too: of settings that were changed while this
            process did not run. Only the first reading can have them, so that two processes with
            different settings do not contradict each other for ever.
        """
        follow = []
        with self._lock:
            is_first, self._is_read = not self._is_read, True
            self._kept = {control.workload: control for control in newest}
            news = [kept for kept in self._kept.values() if self._is_news(kept)]
            for kept in news:
                self._take_over(kept)
        if is_first:
            follow = [self._follow(kept.workload, kept.configured) for kept in news]
        return [change for change in follow if change is not None]

    def _is_news(self, kept: Control) -> bool:
        changes = self._changes.get(kept.workload)
        return changes is not None and not (changes and kept.at <= changes[-1].at)

    def _take_over(self, kept: Control) -> None:
        log.info(
            "control changed",
            workload=kept.workload,
            change=kept.change,
            mode=kept.mode,
            frozen_until=kept.frozen_until and kept.frozen_until.isoformat(),
            actor=kept.actor,
            reason=kept.reason,
        )
        self._changes[kept.workload].append(kept)
        self._now[kept.workload] = kept

    def _follow(self, workload: str, before: str) -> Control | None:
        """The change by the settings, where they give another mode than before."""
        configured = self._configured[workload]
        if configured == before:
            return None
        reason = f"the setting was changed from {before} to {configured}"
        return self.set_mode(workload, configured, actor=SETTINGS, reason=reason)

    def _change(self, workload: str, **values: object) -> Control:
        with self._lock:
            changes = self._changes[workload]
            now = self._clock.now()
            if changes:  # the clock may have jumped back, and the newest change must count
                now = max(now, changes[-1].at + TICK_OF_A_CLOCK)
            control = replace(
                self._now[workload],
                at=now,
                configured=self._configured[workload],
                **values,  # type: ignore[arg-type]  # fields of Control
            )
            self._take_over(control)
            return control


def _first(workload: str, mode: str, at: datetime) -> Control:
    return Control(
        at=at,
        workload=workload,
        change="start",
        actor=SETTINGS,
        reason="as configured",
        mode=mode,
        configured=mode,
    )
