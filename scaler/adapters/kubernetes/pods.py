"""How long pods took until they were ready, as their own status tells. Pure."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scaler.adapters.kubernetes.api import Manifest
from scaler.adapters.kubernetes.objects import condition, dig, labels_of, selects, time_of

__all__ = ["Pods", "Starts"]

MOST = 200


class Pods:
    """The pods of a namespace, by their labels: a selector need not look at all of them."""

    def __init__(self, pods: Sequence[Manifest]) -> None:
        self._all = pods
        self._labelled: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
        for pod in pods:
            for label in labels_of(pod).items():
                self._labelled[label].append(pod)

    def selected(self, selector: Any) -> list[Manifest]:
        """Those that a selector selects."""
        wanted: Mapping[str, str] = dig(selector, "matchLabels") or {}
        candidates = [self._labelled.get(label, []) for label in wanted.items()]
        fewest = min(candidates, key=len, default=self._all)
        return [pod for pod in fewest if selects(selector, labels_of(pod))]


class Starts:
    """The starts of one workload's pods, each seen once; the pods themselves may be long gone."""

    def __init__(self) -> None:
        self._seconds: OrderedDict[str, float] = OrderedDict()

    def saw(self, pods: Iterable[Manifest]) -> None:
        """Take up the workload's pods, the oldest first."""
        for pod in sorted(pods, key=lambda each: dig(each, "metadata", "creationTimestamp") or ""):
            uid, took = dig(pod, "metadata", "uid"), _took_s(pod)
            # The first sight counts: later ones may show when it became ready again.
            if uid and took is not None and uid not in self._seconds:
                self._seconds[uid] = took
        while len(self._seconds) > MOST:
            self._seconds.popitem(last=False)

    @property
    def seconds(self) -> Sequence[float]:
        """Of each start, the oldest first."""
        return tuple(self._seconds.values())


def _took_s(pod: Manifest) -> float | None:
    """From its making until it was ready; ``None`` where it is not, or has been started anew."""
    ready = condition(pod, "Ready") or {}
    made, at = (
        time_of(dig(pod, "metadata", "creationTimestamp")),
        time_of(ready.get("lastTransitionTime")),
    )
    restarts = any(
        dig(each, "restartCount") for each in dig(pod, "status", "containerStatuses") or ()
    )
    if ready.get("status") != "True" or restarts or made is None or at is None:
        return None
    return max(0.0, (at - made).total_seconds())
