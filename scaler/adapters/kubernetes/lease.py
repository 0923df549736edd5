"""Which of several scalers may act: the one that holds a Lease of coordination.k8s.io.

As the leader election of Kubernetes' own controllers: a holder writes the lease anew every few
seconds; the others take it once it has not changed for its whole duration. What is promised:

- whether a lease has run out is judged by the time that passed here since it was last seen to
  change, never by the times written in it: clocks that differ or jump take nothing from a holder;
- a holder counts as one from before the request that renewed its lease, and stops to two thirds of
  the duration later: a write that it has begun by then ends, or times out, before another begins;
- a lease is taken by a replacement of the very version that was read, so of two one fails.

It does not promise that nobody writes late: a process that is stopped between its look at the lease
and its write may. Such a write is planned from what was read before, and is refused if the new
holder has changed any of that since (see `floors`).

Source: client-go, tools/leaderelection/leaderelection.go.
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Lock, Thread

import structlog

from scaler.adapters.kubernetes.api import Api, Conflict, Manifest, NotFound, path_of
from scaler.adapters.kubernetes.objects import dig, number, written
from scaler.records import Unavailable

__all__ = ["Lease"]

log = structlog.get_logger()
VERSION, PLURAL = "coordination.k8s.io/v1", "leases"
# Of the lease's duration, as 15 s, 10 s and 2 s are by default there.
HELD_RATIO = 2 / 3
RETRY_RATIO = 2 / 15


class Lease:
    """A ``Writership``. `start` keeps it in a thread of its own; `holds` may be asked from any."""

    def __init__(
        self,
        api: Api,
        *,
        name: str,
        identity: str,
        duration_s: float,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """
        Args:
            duration_s: without a sign of the holder for so long, another one takes the lease.
        """
        self.identity = identity
        self._api, self._name = api, name
        self._duration_s = duration_s
        self._is_healthy: Callable[[], bool] = lambda: True
        self._monotonic, self._now = monotonic, now
        self._collection = path_of(VERSION, PLURAL, api.namespace)
        self._path = path_of(VERSION, PLURAL, api.namespace, name)
        self._seen: object = None
        self._seen_at = 0.0
        self._held_until: float | None = None
        self._was_holder = False
        self._error: Unavailable | None = None
        self._stop = Event()
        self._step_lock = Lock()
        self._thread: Thread | None = None

    def start(self, *, is_healthy: Callable[[], bool]) -> None:
        """Keep it from now on, as long as this process does its work."""
        self._is_healthy = is_healthy
        self._thread = Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()

    def holds(self) -> bool:
        until = self._held_until
        return until is not None and self._monotonic() < until

    @property
    def problem(self) -> str | None:
        error = self._error
        return f"the lease cannot be read or written: {error.detail}" if error else None

    def holder(self) -> str | None:
        """The identity of another holder, as it was last seen."""
        identity = str(dig(self._seen, "holderIdentity") or "")
        return None if identity in ("", self.identity) else identity

    def close(self, *, timeout_s: float = 5.0) -> None:
        """Stop, and give the lease back, so that another one need not wait until it runs out."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        with self._step_lock:
            if not self.holds():
                return
            self._held_until = None
            try:
                lease = self._api.get(self._path)
                if dig(lease, "spec", "holderIdentity") == self.identity:
                    self._write(lease, holder="", duration_s=1)
                    log.info("lease given back", lease=self._name)
            except Unavailable as error:
                log.warning("lease not given back: it runs out", detail=error.detail)

    def step(self) -> None:
        """Take the lease where it is free, write it anew where it is ours; raises nothing."""
        with self._step_lock:
            began = self._monotonic()
            is_ours, failed = False, None
            try:
                is_ours = self._is_healthy() and self._taken()
            except Conflict:
                pass
            except Unavailable as error:
                failed = error
            if is_ours:
                self._held_until = began + HELD_RATIO * self._duration_s
            self._say(failed)

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                self.step()
            except Exception:
                log.exception("lease step failed")
            # Jitter, so that two that have started together do not go on together.
            pause = RETRY_RATIO * self._duration_s * random.uniform(1.0, 1.2)  # noqa: S311 - see above
            self._stop.wait(pause)

    def _say(self, error: Unavailable | None) -> None:
        """Of errors of one kind the first: their words may differ in no more than a time."""
        if error is not None and type(error) is not type(self._error):
            log.warning("lease not read or written", lease=self._name, detail=error.detail)
        self._error = error
        holds = self.holds()
        if holds != self._was_holder:
            log.info("lease taken" if holds else "lease lost", lease=self._name, by=self.identity)
        self._was_holder = holds

    def _taken(self) -> bool:
        """Whether the lease has been written as ours."""
        try:
            lease = self._api.get(self._path)
        except NotFound:
            self._api.create(self._collection, self._new())
            return True
        holder = dig(lease, "spec", "holderIdentity") or ""
        spec = dig(lease, "spec") or {}
        if spec != self._seen:
            self._seen, self._seen_at = spec, self._monotonic()
        if holder == self.identity:
            self._write(lease, holder=self.identity)
            return True
        # Whoever holds it may have taken it for longer than we would.
        lasts_s = max(self._duration_s, number(lease, "spec", "leaseDurationSeconds"))
        if holder and self._monotonic() < self._seen_at + lasts_s:
            return False
        self._write(lease, holder=self.identity, is_new=True)
        return True

    def _write(
        self, lease: Manifest, *, holder: str, is_new: bool = False, duration_s: float | None = None
    ) -> None:
        """Replace the version that was read.

        Raises:
            Conflict: somebody else was first.
        """
        spec = {
            **(dig(lease, "spec") or {}),
            "holderIdentity": holder,
            "leaseDurationSeconds": _whole(duration_s or self._duration_s),
            "renewTime": self._written_now(),
        }
        if is_new:
            spec["acquireTime"] = spec["renewTime"]
            spec["leaseTransitions"] = number(lease, "spec", "leaseTransitions") + 1
        answer = self._api.replace(self._path, {**lease, "spec": spec})
        self._seen, self._seen_at = dig(answer, "spec"), self._monotonic()

    def _new(self) -> Manifest:
        now = self._written_now()
        return {
            "apiVersion": VERSION,
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._api.namespace},
            "spec": {
                "holderIdentity": self.identity,
                "leaseDurationSeconds": _whole(self._duration_s),
                "acquireTime": now,
                "renewTime": now,
                "leaseTransitions": 0,
            },
        }

    def _written_now(self) -> str:
        return written(self._now(), digits="microseconds")


def _whole(duration_s: float) -> int:
    """The API takes whole seconds, at least one."""
    return max(1, round(duration_s))
