"""The real scaler beside the real KEDA: its floor is one signal, gone at once when it is.

Prometheus scrapes the processes themselves; the load that they foresee is made by hand.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.kubernetes.scaling import _forecast_query
from scaler import contract
from tests.cluster import manifests
from tests.cluster.autoscaling import Autoscaling
from tests.cluster.client import Manifest
from tests.cluster.control_plane import ControlPlane
from tests.cluster.fixtures import new_namespace
from tests.cluster.load_curve import LoadCurve, load_curve, wave
from tests.cluster.prometheus import Exporter
from tests.cluster.scaler_process import (
    ACCOUNT,
    DAY_S,
    LEASE_S,
    Scaler,
    declared_access,
    rules_of,
    scaler_process,
)
from tests.cluster.scaling import ANSWER_S, Workload, without_damping
from tests.cluster.waiting import wait_for

pytestmark = pytest.mark.timeout(900)  # KEDA, metrics-server, and fits on a machine that is busy

NAME, MINIMUM, MAXIMUM = "web", 2, 30
IDLE = "5m"
AT_ONCE_S = 15.0  # a scrape, a question of KEDA's, a look of the autoscaler, and a busy machine
FLOOR = f'{contract.FLOOR_REPLICAS}{{workload="{NAME}"}}'


def scaled_object(namespace: str) -> Manifest:
    cpu = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "50"}}
    forecast = {
        "type": "prometheus",
        "name": "forecast",
        "metricType": "AverageValue",
        "metadata": {
            "serverAddress": "http://prometheus.observability.svc:9090",
            "query": _forecast_query(NAME, has_tolerance=True),
            "threshold": "1",
            "ignoreNullValues": "true",
        },
    }
    behavior = {"scaleUp": {"tolerance": "0"}, "scaleDown": {"tolerance": "0"}}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {
            "name": NAME,
            "namespace": namespace,
            "labels": {contract.SCALE_LABEL: contract.SCALE_VALUE},
            "annotations": {"autoserve.dev/load-query": "load", "autoserve.dev/capacity": "10"},
        },
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME},
            "minReplicaCount": MINIMUM,
            "maxReplicaCount": MAXIMUM,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": behavior}},
            "triggers": [cpu, forecast],
        },
    }


@dataclass
class Scene:
    """A workload that KEDA scales, and what the scalers beside it need."""

    autoscaling: Autoscaling
    plane: ControlPlane
    workload: Workload
    curve: LoadCurve
    folder: Path
    database_url: str

    @contextmanager
    def scaler(self, name: str, exporter: Exporter) -> Iterator[Scaler]:
        """A scaler in the place of an exporter that Prometheus scrapes."""
        exporter.stop()
        namespace = self.workload.namespace
        try:
            with scaler_process(
                self.folder,
                name,
                kubeconfig=self.plane.account_kubeconfig(namespace, ACCOUNT),
                namespace=namespace,
                prometheus_url=self.curve.url,
                database_url=self.database_url,
                changes={contract.METRICS_PORT: str(exporter.port)},
            ) as scaler:
                scaler.wait_until_started()
                scaler.wait_for_forecast()
                yield scaler
        finally:
            exporter.start()

    def floors(self) -> list[float]:
        """Of all that Prometheus has scraped."""
        return self.autoscaling.prometheus.values(FLOOR)

    def wait_until_followed(self, scaler: Scaler) -> None:
        wait_for(
            "the replicas are those of the floor",
            lambda: MINIMUM < self.workload.replicas() == scaler.floor(),
            timeout_s=DAY_S,
            seen=lambda: (self.workload.replicas(), scaler.floor(), self.workload.signals()),
        )


@pytest.fixture
def scene(
    autoscaling: Autoscaling,
    control_plane: ControlPlane,
    tmp_path: Path,
    scaler_database_url: str,
) -> Iterator[Scene]:
    admin = control_plane.admin
    for namespace in new_namespace(admin, until_gone=True):
        rules = rules_of(declared_access("keda", NAME)[ACCOUNT])
        for manifest in manifests.role_for(ACCOUNT, namespace, rules):
            admin.apply(manifest)
        deployment = manifests.deployment(NAME, namespace, replicas=None)
        workload = Workload(
            autoscaling, deployment, without_damping(scaled_object(namespace)), cpu=IDLE
        )
        workload.wait_until_seen()
        # Never so low that the floor is no more than the minimum.
        with load_curve(wave(low=40, high=150, period_s=DAY_S)) as curve:
            yield Scene(autoscaling, control_plane, workload, curve, tmp_path, scaler_database_url)


def test_keda_follows_the_floor_and_lets_go_at_once_when_the_scaler_dies(scene: Scene) -> None:
    with scene.scaler("one", scene.autoscaling.prometheus.scaler) as one:
        scene.wait_until_followed(one)
        spec = scene.workload.autoscaler()["spec"]
        assert spec["minReplicas"] == MINIMUM  # KEDA's to write
        assert (
            scene.workload.autoscaler()["metadata"]
            .get("annotations", {})
            .keys()
            .isdisjoint({contract.FLOOR_BY, contract.FLOOR})
        )
        scene.workload.wait_until_measured()
        one.kill()
        wait_for("its floor is gone", lambda: scene.floors() == [], timeout_s=AT_ONCE_S)
        scene.workload.wait_for_replicas(MINIMUM, within_s=ANSWER_S + AT_ONCE_S)


def test_of_two_one_exports_a_floor_and_the_other_follows(scene: Scene) -> None:
    prometheus = scene.autoscaling.prometheus
    with ExitStack() as stack:
        one = stack.enter_context(scene.scaler("one", prometheus.scaler))
        other = stack.enter_context(scene.scaler("other", prometheus.services))
        writer, second = (one, other) if one.is_writer else (other, one)
        scene.wait_until_followed(writer)
        assert second.floor() is None
        until = time.monotonic() + 5
        while time.monotonic() < until:
            assert len(scene.floors()) <= 1
            time.sleep(0.3)
        writer.kill()
        wait_for("the other one acts", lambda: second.is_writer, timeout_s=LEASE_S + 30)
        wait_for("its floor is scraped", lambda: len(scene.floors()) == 1, timeout_s=AT_ONCE_S)
        scene.wait_until_followed(second)
