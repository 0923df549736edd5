"""A workload that scales, seen from outside: what it is told to be, and by which signals.

The manifests are arguments, so that what our program renders is tried by the same checks.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.cluster.autoscaling import Autoscaling
from tests.cluster.client import Manifest, describe
from tests.cluster.manifests import NAME_LABEL
from tests.cluster.prometheus import Exporter
from tests.cluster.waiting import wait_for

__all__ = ["Signal", "Workload", "exported", "without_damping"]

# A trigger's answer is a scrape, a question of the autoscaler's and a reconciliation away.
ANSWER_S = 15.0
# metrics-server averages over two readings that are 10 s apart, of pods that must be there first.
RESOURCES_S = 90.0
LITTLE_MEMORY = "8Mi"  # so that it asks for no replicas of its own


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A series that asks for replicas, and who exports it.

    Attributes:
        series: name and labels, as in the text format.
        per_replica: how much of it asks for one replica, > 0.
    """

    exporter: Exporter
    series: str
    per_replica: float = 1.0

    def ask_for(self, replicas: float) -> None:
        self.exporter.set(self.series, replicas * self.per_replica)

    def vanish(self) -> None:
        self.exporter.remove(self.series)


@contextmanager
def exported(signal: Signal) -> Iterator[Signal]:
    """A signal that has vanished at the end."""
    try:
        yield signal
    finally:
        signal.vanish()


class Workload:
    """A Deployment and what scales it, in a namespace."""

    def __init__(
        self, autoscaling: Autoscaling, deployment: Manifest, scaler: Manifest, *, cpu: str
    ) -> None:
        """Apply both manifests; `wait_until_seen` before anything is expected of them.

        Args:
            cpu: what each of its pods uses, a quantity. However many there are, each uses this:
                at its target it holds the count, whatever the other signals say.
        """
        self._autoscaling = autoscaling
        self.scaler = scaler
        self.name: str = deployment["metadata"]["name"]
        self.namespace: str = deployment["metadata"]["namespace"]
        self.use_cpu(cpu)
        for manifest in (deployment, scaler):
            autoscaling.admin.apply(manifest)

    def wait_until_seen(self) -> None:
        """Wait until the autoscaler reads every signal; of a new pod's CPU that takes 20 s."""
        wait_for(
            f"every signal of {self.name} is seen",
            lambda: len(self.signals()) == len(self.autoscaler()["spec"]["metrics"]),
            timeout_s=RESOURCES_S,
            seen=lambda: (
                f"{self.autoscaler()['status']}{describe(self._autoscaling.admin, self.namespace)}"
            ),
        )

    def use_cpu(self, cpu: str) -> None:
        """Let each of its pods use this much (a quantity) from now on."""
        self._autoscaling.usage.set(self.namespace, self.name, cpu=cpu, memory=LITTLE_MEMORY)

    def autoscaler(self) -> Manifest:
        """Its HorizontalPodAutoscaler, whoever made it."""
        admin = self._autoscaling.admin
        name: str = self.scaler["metadata"]["name"]
        if self.scaler["kind"] == "ScaledObject":
            found = wait_for(
                f"KEDA has made an autoscaler for {name}",
                lambda: (
                    admin.get(self.scaler["apiVersion"], "ScaledObject", name, self.namespace).get(
                        "status"
                    )
                    or {}
                ).get("hpaName"),
                seen=lambda: admin.get(
                    self.scaler["apiVersion"], "ScaledObject", name, self.namespace
                ).get("status"),
            )
            name = str(found)
        return admin.get("autoscaling/v2", "HorizontalPodAutoscaler", name, self.namespace)

    def signals(self) -> dict[str, str]:
        """What the autoscaler reads of each signal now; ``cpu``, or the name of KEDA's metric."""
        return dict(_readings(self.autoscaler()))

    def events(self) -> list[Manifest]:
        """What was said of its autoscaler."""
        name = self.autoscaler()["metadata"]["name"]
        found = self._autoscaling.admin.list("v1", "Event", self.namespace)
        return [each for each in found if each["involvedObject"]["name"] == name]

    def replicas(self) -> int:
        found = self._autoscaling.admin.get("apps/v1", "Deployment", self.name, self.namespace)
        return int(found["spec"].get("replicas", 1))

    def wait_for_replicas(self, least: int, most: int | None = None, *, within_s: float) -> None:
        """Wait until it is told to have so many: exactly, or in a range."""
        most = least if most is None else most
        wait_for(
            f"{self.name} has {least}{f' to {most}' if most > least else ''} replicas",
            lambda: least <= self.replicas() <= most,
            timeout_s=within_s,
            seen=lambda: f"{self.replicas()}, signals {self.signals()}",
        )

    def wait_until_measured(self) -> None:
        """Wait until metrics-server knows every pod.

        Before, the autoscaler takes a pod that it does not know for a busy one and scales in none.
        """

        def known() -> int:
            path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{self.namespace}/pods"
            labels = {"labelSelector": f"{NAME_LABEL}={self.name}"}
            return len(self._autoscaling.admin.request("GET", path, params=labels)["items"])

        wait_for(
            f"metrics-server knows all pods of {self.name}",
            lambda: known() == self.replicas(),
            timeout_s=RESOURCES_S,
            seen=known,
        )


def without_damping(scaler: Manifest) -> Manifest:
    """The same scaler without windows and rates, which only make a test wait; nothing else."""
    changed = copy.deepcopy(scaler)
    spec = changed["spec"]
    if changed["kind"] == "ScaledObject":
        advanced = spec.setdefault("advanced", {})
        spec = advanced.setdefault("horizontalPodAutoscalerConfig", {})
    behavior = spec.setdefault("behavior", {})
    for direction in ("scaleUp", "scaleDown"):
        rules = behavior.setdefault(direction, {})
        rules["stabilizationWindowSeconds"] = 0
        rules["selectPolicy"] = "Max"
        rules["policies"] = [{"type": "Pods", "value": 1000, "periodSeconds": 1}]
    return changed


def _readings(autoscaler: Manifest) -> Iterator[tuple[str, str]]:
    for metric in autoscaler.get("status", {}).get("currentMetrics") or []:
        if metric["type"] == "Resource":
            current = metric["resource"]["current"]
            yield metric["resource"]["name"], str(current.get("averageUtilization"))
        elif metric["type"] == "External":
            current = metric["external"]["current"]
            shown = current.get("averageValue", current.get("value"))
            yield metric["external"]["metric"]["name"], str(shown)
