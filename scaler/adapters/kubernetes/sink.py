"""The autoscalers of a namespace: what asks to be scaled, how it stands, and a floor under it.

Replicas are the autoscaler's to change, never ours. A plain HorizontalPodAutoscaler gets the floor
as its minimum; where KEDA made it, the exported metric is the floor and nothing is written.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from scaler.adapters.kubernetes.api import (
    Api,
    ApiError,
    Conflict,
    Manifest,
    NotFound,
    Refused,
)
from scaler.adapters.kubernetes.events import Events
from scaler.adapters.kubernetes.floors import (
    Change,
    UnreadableMarkError,
    What,
    planned,
)
from scaler.adapters.kubernetes.namespace import Namespace, Snapshot
from scaler.adapters.kubernetes.objects import (
    annotations_of,
    dig,
    labels_of,
    name_of,
    number,
    time_of,
)
from scaler.adapters.kubernetes.pods import Pods, Starts
from scaler.adapters.kubernetes.revising import revise
from scaler.adapters.kubernetes.rollouts import rollout_of
from scaler.adapters.kubernetes.targets import (
    Declare,
    Found,
    Target,
    bounds_of,
    found_in,
    title_of,
)
from scaler.contract import FLOOR_BY, FLOOR_EXPIRES, SCALE_LABEL
from scaler.core.lead_time import time_to_ready
from scaler.ports import Writership
from scaler.records import Hold, Replicas, Unavailable, Workload

__all__ = ["Autoscalers"]

log = structlog.get_logger()
LONGEST_FREEZE_S = 3_600.0  # a rollout that takes longer waits for somebody, maybe for days


class Autoscalers:
    """``Targets`` and a ``ReplicaSink``; used by the loop's thread only, `manifest` by any."""

    def __init__(
        self,
        api: Api,
        *,
        identity: str,
        writer: Writership,
        events: Events,
        declare: Declare,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api, self._identity = api, identity
        self._writer, self._events, self._declare = writer, events, declare
        self._monotonic, self._now = monotonic, now
        self._namespace = Namespace(api, monotonic=monotonic)
        self._snapshot = Snapshot()
        self._found = Found()
        self._newest: dict[str, Manifest] = {}
        self._starts: dict[str, Starts] = {}
        self._rolling_since: dict[str, float] = {}
        self._said: dict[str, str] = {}
        self._announced: set[str] = set()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is labelled and left alone, each with the reason."""
        return tuple(str(each) for each in self._found.problems)

    def manifest(self, workload: str) -> Manifest | None:
        """The object that Events about a workload are on."""
        target = self._found.targets.get(workload)
        return target.declared if target else None

    def found(self) -> Sequence[Workload]:
        self._snapshot = self._namespace.read()
        snapshot = self._snapshot
        self._found = found_in(
            hpas=snapshot.hpas,
            scaled_objects=snapshot.scaled_objects,
            workloads=[w for w in snapshot.workloads.values() if SCALE_LABEL in labels_of(w)],
            declare=self._declare,
        )
        self._newest.clear()
        self._say_problems()
        self._see_starts()
        self._let_go_of_others()
        return self._found.workloads

    def scale(self, workload: str) -> Replicas | None:
        target = self._found.targets.get(workload)
        if target is None:
            return None
        desired, ready = self._counts(target)
        minimum, maximum = bounds_of(target)
        starts = self._starts.get(workload)
        return Replicas(
            desired=desired,
            ready=ready,
            minimum=minimum,
            maximum=max(minimum, maximum),
            rollout=self._rollout(target),
            time_to_ready_s=time_to_ready(starts.seconds) if starts else None,
        )

    def apply(self, workload: str, replicas: int) -> bool:  # noqa: ARG002 - the port's signature
        """Does nothing: the count is the autoscaler's."""
        return False

    def hold(self, workload: str, hold: Hold | None) -> bool:
        target = self._found.targets.get(workload)
        if target is None or target.hpa is None or not target.is_plain:
            return False
        return self._hold(target.hpa, hold, about=target.declared)

    def _let_go_of_others(self) -> None:
        """Put back what was raised where nothing asks for it any more.

        What still has the label but cannot be used is left alone, until the floor expires.
        """
        ours = {id(target.hpa) for target in self._found.targets.values()}
        for hpa in self._snapshot.hpas:
            if id(hpa) in ours or FLOOR_BY not in annotations_of(hpa):
                continue
            expires = time_of(annotations_of(hpa).get(FLOOR_EXPIRES))
            if SCALE_LABEL not in labels_of(hpa) or (expires and expires <= self._now()):
                try:
                    self._hold(hpa, None, about=hpa)
                except Unavailable as error:  # what was found counts all the same
                    self._say(title_of(hpa), error.detail)
                    if not isinstance(error, ApiError):
                        return

    def _hold(self, hpa: Manifest, hold: Hold | None, *, about: Manifest) -> bool:
        """Bring an autoscaler to what is held; whether that changed it."""
        title = title_of(about)
        try:
            revised = revise(
                self._api,
                self._newest.get(name_of(hpa), hpa),
                lambda minimum: planned(minimum, hold, by=self._identity, now=self._now()),
                may_write=self._writer.holds,
            )
        except NotFound:
            self._say(title, "deleted while it was scaled")
            return False
        except (Conflict, Refused, UnreadableMarkError) as error:
            self._say(title, str(error))
            self._events.say(about, "FloorNotSet", str(error), is_warning=True)
            return False
        self._said.pop(title, None)
        if revised is None:
            return False
        change, self._newest[name_of(hpa)] = revised
        self._tell(about, change)
        return True

    def _tell(self, about: Manifest, change: Change) -> None:
        log.info(
            "minimum changed",
            target=title_of(about),
            what=change.what,
            from_minimum=change.before,
            to_minimum=change.minimum,
        )
        if change.what is What.YIELDED:
            note = (
                f"The minimum of {change.before} was set by somebody else: it is the one that "
                "holds, and no floor is raised for a while."
            )
            self._events.say(about, "MinimumSetByOthers", note)
        elif change.what is not What.RENEWED:
            note = f"The minimum is {change.minimum} instead of {change.before}."
            self._events.say(about, f"Minimum{change.what.capitalize()}", note)

    def _counts(self, target: Target) -> tuple[int, int]:
        """Replicas that are asked for, and ready ones; by the autoscaler's own status at worst."""
        workload = self._workload(target)
        if workload is not None:
            spec = number(workload, "spec", "replicas", default=1)
            return spec, number(workload, "status", "readyReplicas")
        status = dig(target.hpa, "status")
        current = number(status, "currentReplicas")
        return number(status, "desiredReplicas", default=current), current

    def _workload(self, target: Target) -> Manifest | None:
        return self._snapshot.workloads.get((target.scaled.kind, target.scaled.name))

    def _rollout(self, target: Target) -> str | None:
        workload = self._workload(target)
        clause = rollout_of(target.scaled.kind, workload) if workload else None
        if clause is None:
            self._rolling_since.pop(target.name, None)
            return None
        since = self._rolling_since.setdefault(target.name, self._monotonic())
        return clause if self._monotonic() - since < LONGEST_FREEZE_S else None

    def _see_starts(self) -> None:
        self._starts = {name: self._starts.get(name) or Starts() for name in self._found.targets}
        if self._snapshot.pods is None:
            return
        pods = Pods(self._snapshot.pods)
        for name, target in self._found.targets.items():
            workload = self._workload(target)
            if workload is not None:
                self._starts[name].saw(pods.selected(dig(workload, "spec", "selector")))

    def _say_problems(self) -> None:
        """Log each once, and let the writer tell it on the object as well."""
        current = {str(each): each for each in self._found.problems}
        self._announced &= current.keys()
        for said, problem in current.items():
            self._say(said, "left alone")
            if said not in self._announced and self._writer.holds():
                self._events.say(problem.manifest, "NotScaled", problem.said, is_warning=True)
                self._announced.add(said)

    def _say(self, about: str, what: str) -> None:
        """Once, until it is something else."""
        if self._said.get(about) != what:
            log.warning("target not scaled", about=about, detail=what)
        self._said[about] = what
