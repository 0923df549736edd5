"""Events on what is scaled, so that ``kubectl describe`` says why a replica count changed.

They are a courtesy: sent by a thread of their own, a few at a time, lost where the API server does
not take them. What is said again within ten minutes is counted on the event that is there; for each
object at most so many are made as Kubernetes' own recorder makes, of news and of warnings each.

Source: client-go, tools/record/events_cache.go (``EventSourceObjectSpamFilter``); Kubernetes API,
events.k8s.io/v1.
"""

import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Condition, Thread

import structlog

from scaler.adapters.kubernetes.api import Api, Manifest, NotFound, path_of
from scaler.adapters.kubernetes.objects import dig, name_of, written
from scaler.records import Unavailable

__all__ = ["Events", "Regarding"]

log = structlog.get_logger()
VERSION, PLURAL = "events.k8s.io/v1", "events"
CONTROLLER = "autoserve.dev/scaler"
LONGEST_NOTE = 1_024  # bytes, of the API
MOST_WAITING = 200
SAME_FOR_S = 600.0
MOST_REMEMBERED = 1_000
BURST, PER_TOKEN_S = 25, 300.0  # of an object: so many at once, and one more in five minutes

Regarding = Callable[[str], Manifest | None]


@dataclass(kw_only=True)
class _Sent:
    """An event that is there: it may be counted up."""

    name: str
    at: float
    count: int = 1


@dataclass(kw_only=True)
class _Bucket:
    """What may still be said of an object."""

    tokens: float
    at: float

    def takes(self, now: float) -> bool:
        self.tokens = min(BURST, self.tokens + (now - self.at) / PER_TOKEN_S)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    regarding: Manifest
    reason: str
    note: str
    kind: str
    at: datetime


class Events:
    """An ``Announcer``; `announce` may be called from any thread, `start` begins to send."""

    def __init__(
        self,
        api: Api,
        *,
        instance: str,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.regarding: Regarding = lambda _: None
        self._api, self._instance = api, instance
        self._monotonic, self._now = monotonic, now
        self._collection = path_of(VERSION, PLURAL, api.namespace)
        self._waiting: deque[_Wanted] = deque(maxlen=MOST_WAITING)
        self._change = Condition()
        self._is_closed = False
        self._sent: OrderedDict[tuple[str, str, str], _Sent] = OrderedDict()
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()
        self._thread: Thread | None = None

    def start(self) -> None:
        self._thread = Thread(target=self._keep_sending, name="events", daemon=True)
        self._thread.start()

    def close(self, *, timeout_s: float = 3.0) -> None:
        """Send what waits, if that is possible in time."""
        with self._change:
            self._is_closed = True
            self._change.notify()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def announce(self, workload: str, reason: str, note: str, *, is_warning: bool = False) -> None:
        manifest = self.regarding(workload)
        if manifest is not None:
            self.say(manifest, reason, note, is_warning=is_warning)

    def say(self, manifest: Manifest, reason: str, note: str, *, is_warning: bool = False) -> None:
        """Say something of an object that is at hand, with its kind and version."""
        kind = "Warning" if is_warning else "Normal"
        wanted = _Wanted(
            regarding=_reference(manifest), reason=reason, note=note, kind=kind, at=self._now()
        )
        with self._change:
            self._waiting.append(wanted)
            self._change.notify()

    def send(self) -> None:
        """Send all that waits; raises nothing."""
        while True:
            with self._change:
                if not self._waiting:
                    return
                wanted = self._waiting.popleft()
            try:
                self._send(wanted)
            except Unavailable as error:
                log.debug("event lost", reason=wanted.reason, detail=error.detail)

    def _keep_sending(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting or self._is_closed)
                is_last = self._is_closed
            try:
                self.send()
            except Exception:
                log.exception("sending an event failed")
            if is_last:
                return

    def _send(self, wanted: _Wanted) -> None:
        now = self._monotonic()
        uid = str(wanted.regarding.get("uid"))
        key = (uid, wanted.reason, wanted.note)
        sent = self._sent.get(key)
        if sent is not None and now - sent.at < SAME_FOR_S and self._count_up(sent, wanted):
            sent.at = now
            return
        # Warnings have room of their own: a minimum that moves often must not use it up.
        bucket = self._buckets.setdefault((uid, wanted.kind), _Bucket(tokens=BURST, at=now))
        if not bucket.takes(now):
            log.debug("event left out: too many", reason=wanted.reason)
            return
        made = self._api.create(self._collection, self._event(wanted))
        self._sent[key] = _Sent(name=name_of(made), at=now)
        for remembered in (self._sent, self._buckets):
            while len(remembered) > MOST_REMEMBERED:
                remembered.popitem(last=False)

    def _count_up(self, sent: _Sent, wanted: _Wanted) -> bool:
        """Whether the event is still there to be counted up."""
        series = {"count": sent.count + 1, "lastObservedTime": _micro(wanted.at)}
        try:
            self._api.patch(f"{self._collection}/{sent.name}", {"series": series})
        except NotFound:
            return False
        sent.count += 1
        return True

    def _event(self, wanted: _Wanted) -> Manifest:
        # As kubectl lists them: the object's name, and what makes the event's own.
        name = f"{wanted.regarding['name'][:200]}.{uuid.uuid4().hex[:16]}"
        return {
            "apiVersion": VERSION,
            "kind": "Event",
            "metadata": {"name": name, "namespace": self._api.namespace},
            "eventTime": _micro(wanted.at),
            "reportingController": CONTROLLER,
            "reportingInstance": self._instance[:128],
            "action": "Scale",
            "reason": wanted.reason,
            "regarding": wanted.regarding,
            "note": _short(wanted.note),
            "type": wanted.kind,
        }


def _reference(manifest: Manifest) -> Manifest:
    metadata = manifest.get("metadata")
    return {
        "apiVersion": manifest.get("apiVersion"),
        "kind": manifest.get("kind"),
        **{key: dig(metadata, key) for key in ("name", "namespace", "uid", "resourceVersion")},
    }


def _short(note: str) -> str:
    return note.encode()[:LONGEST_NOTE].decode(errors="ignore")


def _micro(at: datetime) -> str:
    return written(at, digits="microseconds")
