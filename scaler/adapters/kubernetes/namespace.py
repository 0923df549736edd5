"""All of a namespace that the scaler reads, at one moment."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from scaler.adapters.kubernetes.api import (
    DEPENDENCY,
    Api,
    ApiError,
    Manifest,
    NotFound,
    Refused,
    path_of,
)
from scaler.adapters.kubernetes.objects import name_of
from scaler.adapters.kubernetes.targets import HPA, SCALED_OBJECT, WORKLOADS, Kind
from scaler.records import Unavailable

__all__ = ["Namespace", "Snapshot"]

log = structlog.get_logger()
ASKED_AGAIN_S = 60.0  # of a kind that the cluster does not have, or that is not ours to read
PODS_EVERY_S = 60.0
POD = Kind(version="v1", name="Pod", plural="pods")


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """What was there.

    Attributes:
        workloads: by kind and name; all of a kind that an autoscaler may refer to.
        pods: ``None`` where they were not read this time.
    """

    hpas: Sequence[Manifest] = ()
    scaled_objects: Sequence[Manifest] = ()
    workloads: dict[tuple[str, str], Manifest] = field(default_factory=dict)
    pods: Sequence[Manifest] | None = None


class Namespace:
    """Reads a namespace; used by the loop's thread only."""

    def __init__(self, api: Api, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._api, self._monotonic = api, monotonic
        self._absent_until: dict[str, float] = {}
        self._was_read: set[str] = set()
        self._pods_at = float("-inf")

    def read(self) -> Snapshot:
        """All of it now.

        Raises:
            Unavailable: the API server does not answer, or not about one of the kinds.
        """
        workloads = {
            (kind.name, name_of(each)): each
            for kind in WORKLOADS.values()
            for each in self._list(kind)
        }
        return Snapshot(
            hpas=self._list(HPA),
            scaled_objects=self._list(SCALED_OBJECT),
            workloads=workloads,
            pods=self._pods(),
        )

    def _pods(self) -> Sequence[Manifest] | None:
        if self._monotonic() - self._pods_at < PODS_EVERY_S:
            return None
        found = self._list(POD)
        self._pods_at = self._monotonic()
        return found

    def _list(self, kind: Kind) -> Sequence[Manifest]:
        """All of a kind; none where the cluster has no such kind, or never let us read it.

        A right that is gone may be back at once, as while it is replaced: what was read by it is
        not gone.
        """
        if self._monotonic() < self._absent_until.get(kind.plural, float("-inf")):
            return ()
        path = path_of(kind.version, kind.plural, self._api.namespace)
        try:
            found = self._api.list(path)
        except ApiError as error:
            is_new = kind.plural not in self._was_read
            is_absent = isinstance(error, NotFound) or (isinstance(error, Refused) and is_new)
            if not kind.is_optional or not is_absent:
                raise Unavailable(DEPENDENCY, error.detail) from error
            if kind.plural not in self._absent_until:
                # That KEDA or Argo is not there is no news; that a right is missing may be.
                log.info("kind not read", kind=kind.plural, detail=error.detail)
            self._absent_until[kind.plural] = self._monotonic() + ASKED_AGAIN_S
            return ()
        self._was_read.add(kind.plural)
        self._absent_until.pop(kind.plural, None)
        # A list leaves out what all of its items have in common.
        return [{"apiVersion": kind.version, "kind": kind.name, **each} for each in found]
