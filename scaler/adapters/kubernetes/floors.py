"""The floor as the minimum of a HorizontalPodAutoscaler: what is to be written, and why. Pure.

What is raised carries its owner, its value, the minimum before it, and when it expires, so that
anybody (another scaler, the reaper, a person) can put it back. In every state:

- the minimum is never set below the one that was found, nor above the maximum;
- a minimum that somebody else has set is theirs: it becomes the one to go back to, and no floor is
  raised for as long as ours would have lasted, or until the annotation that says so is removed;
- marks that cannot be read are left alone, and said.

A change is written only while all that it was planned from is as it was read. The rest of the
object is somebody else's to write as often as they like: its own controller writes its status all
the time, and a floor that waited for a quiet moment would stay raised past its expiry.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from scaler import contract
from scaler.adapters.kubernetes.api import Manifest
from scaler.adapters.kubernetes.objects import annotations_of, dig, number, time_of, written
from scaler.core.errors import ScalerError
from scaler.records import Hold

__all__ = [
    "ANNOTATIONS",
    "Change",
    "Mark",
    "Minimum",
    "UnreadableMarkError",
    "What",
    "minimum_of",
    "planned",
]

DEFAULT_MINIMUM = 1  # of the API, where minReplicas is left out
MARKS = (contract.FLOOR_BY, contract.FLOOR, contract.FLOOR_ORIGINAL, contract.FLOOR_EXPIRES)
ANNOTATIONS = (*MARKS, contract.FLOOR_PAUSED_UNTIL)
RENEWED_BELOW = 2 / 3  # of its life: a write each few minutes, not at each tick


class What(StrEnum):
    """What a change does."""

    RAISED = "raised"
    MOVED = "moved"
    RENEWED = "renewed"
    RESTORED = "restored"
    YIELDED = "yielded"  # to somebody else's minimum


class UnreadableMarkError(ScalerError):
    """An annotation of ours says nothing that we could have written."""

    def __init__(self, field: str, found: str, allowed: str) -> None:
        super().__init__(f'metadata.annotations["{field}"]: found {found!r}, allowed {allowed}')
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What a raised minimum says of itself."""

    by: str
    floor: int
    original: int
    expires: datetime


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """The bounds of an autoscaler, and what was done to them.

    Attributes:
        now: ``spec.minReplicas``.
        paused_until: no floor is raised before.
    """

    now: int
    maximum: int
    mark: Mark | None
    paused_until: datetime | None

    @property
    def is_raised(self) -> bool:
        """Whether the minimum that is there is ours."""
        return self.mark is not None and self.mark.floor == self.now

    @property
    def original(self) -> int:
        """The minimum without us."""
        return self.mark.original if self.mark and self.is_raised else self.now


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be written.

    Attributes:
        minimum: the new ``spec.minReplicas``.
        annotations: by name, ``None`` for one that goes.
    """

    what: What
    before: int
    minimum: int
    annotations: Mapping[str, str | None]

    def patch(self, manifest: Manifest) -> list[dict[str, Any]]:
        """A JSON patch (RFC 6902) that tests all that a minimum is read from, then changes it."""
        there = dig(manifest, "metadata", "annotations")
        return [*_tests(manifest), *self._changes(there)]

    def _changes(self, there: Mapping[str, str] | None) -> Iterator[dict[str, Any]]:
        if self.minimum != self.before:
            yield {"op": "add", "path": "/spec/minReplicas", "value": self.minimum}
        if there is None:
            yield {"op": "add", "path": "/metadata/annotations", "value": {}}
        for name, value in self.annotations.items():
            path = _path("metadata", "annotations", name)
            if value is not None:
                yield {"op": "add", "path": path, "value": value}
            elif name in (there or {}):
                yield {"op": "remove", "path": path}


def minimum_of(manifest: Manifest) -> Minimum:
    """What an autoscaler's bounds are, and what its annotations say of them.

    Raises:
        UnreadableMarkError: they say nothing that can be acted on.
    """
    found = annotations_of(manifest)
    paused = found.get(contract.FLOOR_PAUSED_UNTIL)
    return Minimum(
        now=number(manifest, "spec", "minReplicas", default=DEFAULT_MINIMUM),
        maximum=number(manifest, "spec", "maxReplicas"),
        mark=_mark(found) if contract.FLOOR_BY in found else None,
        paused_until=_time(found, contract.FLOOR_PAUSED_UNTIL) if paused else None,
    )


def planned(minimum: Minimum, hold: Hold | None, *, by: str, now: datetime) -> Change | None:
    """What brings an autoscaler to what is held; ``None`` where it is there.

    Args:
        hold: the least replicas, or ``None`` to let go.
        by: who writes it, for people.
        now: by the wall clock, as the annotations are.
    """
    if minimum.mark is not None and not minimum.is_raised:
        return _yielded(minimum, minimum.mark, now)
    is_paused = minimum.paused_until is not None and now < minimum.paused_until
    wanted = 0
    if hold is not None and now < hold.until and not is_paused:
        wanted = min(hold.replicas, minimum.maximum)
    if hold is None or wanted <= minimum.original:
        return _restored(minimum) if minimum.mark else None
    return _held(minimum, wanted, hold.until, by=by, now=now)


def _held(
    minimum: Minimum, wanted: int, until: datetime, *, by: str, now: datetime
) -> Change | None:
    mark = minimum.mark
    if mark is None:
        what = What.RAISED
    elif mark.floor != wanted:
        what = What.MOVED
    elif mark.by != by or (mark.expires - now) < RENEWED_BELOW * (until - now):
        what = What.RENEWED
    else:
        return None
    marks = {
        contract.FLOOR_BY: by,
        contract.FLOOR: str(wanted),
        contract.FLOOR_ORIGINAL: str(minimum.original),
        contract.FLOOR_EXPIRES: written(until),
    }
    paused = {contract.FLOOR_PAUSED_UNTIL: None} if minimum.paused_until else {}
    return Change(what=what, before=minimum.now, minimum=wanted, annotations={**marks, **paused})


def _tests(manifest: Manifest) -> Iterator[dict[str, Any]]:
    """That what was read is still there; ``None`` tests that there is nothing."""
    there = dig(manifest, "metadata", "annotations")
    paths: list[tuple[str, ...]] = [
        ("metadata", "uid"),
        ("spec", "minReplicas"),
        ("spec", "maxReplicas"),
    ]
    if there is None:
        paths.append(("metadata", "annotations"))
    else:
        paths += [("metadata", "annotations", name) for name in ANNOTATIONS]
    for path in paths:
        yield {"op": "test", "path": _path(*path), "value": dig(manifest, *path)}


def _path(*keys: str) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def _restored(minimum: Minimum) -> Change:
    # A maximum below what we found was set since; no minimum may be above it.
    original = min(minimum.original, minimum.maximum)
    return Change(
        what=What.RESTORED,
        before=minimum.now,
        minimum=original,
        annotations=dict.fromkeys(MARKS),
    )


def _yielded(minimum: Minimum, mark: Mark, now: datetime) -> Change:
    pause = {contract.FLOOR_PAUSED_UNTIL: written(mark.expires)} if now < mark.expires else {}
    return Change(
        what=What.YIELDED,
        before=minimum.now,
        minimum=minimum.now,
        annotations={**dict.fromkeys(MARKS), **pause},
    )


def _mark(found: Mapping[str, str]) -> Mark:
    expires = _time(found, contract.FLOOR_EXPIRES)
    return Mark(
        by=found[contract.FLOOR_BY],
        floor=_count(found, contract.FLOOR),
        original=_count(found, contract.FLOOR_ORIGINAL),
        expires=expires,
    )


def _count(found: Mapping[str, str], field: str) -> int:
    text = found.get(field, "")
    if not (text.isascii() and text.isdigit()):
        raise UnreadableMarkError(field, text, "a whole number of replicas")
    return int(text)


def _time(found: Mapping[str, str], field: str) -> datetime:
    text = found.get(field, "")
    at = time_of(text)
    if at is None:
        raise UnreadableMarkError(field, text, "a time as in 2026-01-31T12:00:00Z")
    return at
