"""KEDA and the autoscaler follow every signal, take the greatest, and let go at once.

By a manifest of our own that has nothing else; `test_platform_scaling` does so by the rendered one.
"""

import time
from collections.abc import Iterator

import pytest

from tests.cluster import manifests
from tests.cluster.autoscaling import Autoscaling
from tests.cluster.client import Manifest
from tests.cluster.control_plane import ControlPlane
from tests.cluster.fixtures import new_namespace
from tests.cluster.scaling import ANSWER_S, RESOURCES_S, Signal, Workload, exported, without_damping
from tests.cluster.waiting import wait_for

pytestmark = pytest.mark.timeout(400)  # a busy machine, and metrics-server takes its time

MINIMUM, MAXIMUM = 2, 20
# Of the 100m that a pod requests, 50 % is the target.
IDLE, BUSY = "5m", "100m"
PER_REPLICA = 10
AT_ONCE_S = 6.0  # a scrape of a second, a question a second, and what lies between


def scaled_object(name: str, namespace: str, *, tolerance: str | None) -> Manifest:
    """Of a Deployment: CPU, the length of a queue and the floor that the scaler exports."""
    labels = f'{{namespace="{namespace}",workload="{name}"}}'
    queries = {
        "load": (f"sum(queue_length{labels})", PER_REPLICA),
        "forecast": (f"max(floor_replicas{labels})", 1),
    }
    triggers: list[Manifest] = [
        {
            "type": "prometheus",
            "name": name,
            "metricType": "AverageValue",
            "metadata": {
                "serverAddress": "http://prometheus.observability.svc:9090",
                "query": query,
                "threshold": str(threshold),
                "ignoreNullValues": "true",
            },
        }
        for name, (query, threshold) in queries.items()
    ]
    cpu = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "50"}}
    up = {} if tolerance is None else {"tolerance": tolerance}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicaCount": MINIMUM,
            "maxReplicaCount": MAXIMUM,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {"scaleUp": up}}},
            "triggers": [cpu, *triggers],
        },
    }


@pytest.fixture(scope="module")
def module_namespace(control_plane: ControlPlane) -> Iterator[str]:
    yield from new_namespace(control_plane.admin, until_gone=True)


@pytest.fixture(scope="module")
def workloads(autoscaling: Autoscaling, module_namespace: str) -> dict[str, Workload]:
    """``api``, and ``plain`` without the field tolerance; together, since new pods take 20 s."""
    found = {}
    for name, tolerance in {"api": "0", "plain": None}.items():
        deployment = manifests.deployment(name, module_namespace, replicas=None)
        scaler = without_damping(scaled_object(name, module_namespace, tolerance=tolerance))
        found[name] = Workload(autoscaling, deployment, scaler, cpu=IDLE)
    for workload in found.values():
        workload.wait_until_seen()
    return found


def series(name: str, workload: Workload) -> str:
    return f'{name}{{namespace="{workload.namespace}",workload="{workload.name}"}}'


def floor(autoscaling: Autoscaling, workload: Workload) -> Signal:
    return Signal(exporter=autoscaling.prometheus.scaler, series=series("floor_replicas", workload))


@pytest.fixture
def load(autoscaling: Autoscaling, api: Workload) -> Iterator[Signal]:
    exporter, name = autoscaling.prometheus.services, series("queue_length", api)
    with exported(Signal(exporter=exporter, series=name, per_replica=PER_REPLICA)) as found:
        yield found


@pytest.fixture
def forecast(autoscaling: Autoscaling, api: Workload) -> Iterator[Signal]:
    with exported(floor(autoscaling, api)) as found:
        yield found


@pytest.fixture
def api(workloads: dict[str, Workload]) -> Workload:
    """As small as it gets."""
    api = workloads["api"]
    api.use_cpu(IDLE)
    api.wait_for_replicas(MINIMUM, within_s=RESOURCES_S)
    return api


def test_its_programs_listen_on_loopback_only(
    autoscaling: Autoscaling, control_plane: ControlPlane
) -> None:
    assert autoscaling.admin is control_plane.admin
    found = control_plane.processes.addresses()
    assert found.keys() >= {"keda-adapter", "keda-operator", "metrics-server", "prometheus"}
    assert set().union(*found.values()) == {"127.0.0.1"}


def test_it_follows_each_signal_and_takes_the_greatest(
    api: Workload, load: Signal, forecast: Signal
) -> None:
    load.ask_for(4.5)
    api.wait_for_replicas(5, within_s=ANSWER_S)
    forecast.ask_for(7)
    api.wait_for_replicas(7, within_s=ANSWER_S)
    load.ask_for(9)
    api.wait_for_replicas(9, within_s=ANSWER_S)
    api.wait_until_measured()
    load.ask_for(0)
    api.wait_for_replicas(7, within_s=ANSWER_S)
    forecast.ask_for(3)
    api.wait_for_replicas(3, within_s=ANSWER_S)
    forecast.vanish()
    api.wait_for_replicas(MINIMUM, within_s=ANSWER_S)


@pytest.mark.parametrize("how", ["its series is gone", "its process is dead"])
def test_a_forecast_that_vanishes_leaves_the_reactive_signals_at_once(
    how: str, autoscaling: Autoscaling, api: Workload, load: Signal, forecast: Signal
) -> None:
    load.ask_for(4)
    forecast.ask_for(9)
    api.wait_for_replicas(9, within_s=ANSWER_S)
    api.wait_until_measured()
    exporter = autoscaling.prometheus.scaler
    try:
        if how == "its series is gone":
            forecast.vanish()
        else:
            exporter.stop()
        api.wait_for_replicas(4, within_s=AT_ONCE_S)
        # The load still counts, now that the forecast is silent.
        load.ask_for(6)
        api.wait_for_replicas(6, within_s=ANSWER_S)
    finally:
        exporter.stop()
        exporter.start()


def test_without_the_tolerance_field_only_a_wish_past_a_tenth_moves_them(
    autoscaling: Autoscaling, workloads: dict[str, Workload]
) -> None:
    plain = workloads["plain"]
    rules = {
        name: each.autoscaler()["spec"]["behavior"]["scaleUp"] for name, each in workloads.items()
    }
    assert rules["api"]["tolerance"] == "0"  # KEDA passes the field on
    assert "tolerance" not in rules["plain"]
    with exported(floor(autoscaling, plain)) as forecast:
        forecast.ask_for(10)
        plain.wait_for_replicas(10, within_s=ANSWER_S)

        forecast.ask_for(11)
        wait_for("the autoscaler has read 11", lambda: "1100m" in plain.signals().values())
        time.sleep(3)  # three more of its rounds
        assert plain.replicas() == 10  # swallowed

        # Just past the tenth is as near as a wish can come; it is rounded up to one more than 11.
        forecast.ask_for(11.01)
        plain.wait_for_replicas(12, within_s=ANSWER_S)


def test_without_prometheus_nothing_scales_in_and_cpu_still_scales_out(
    autoscaling: Autoscaling, api: Workload, load: Signal
) -> None:
    load.ask_for(5)
    api.wait_for_replicas(5, within_s=ANSWER_S)
    api.wait_until_measured()
    autoscaling.prometheus.kill()
    try:
        wait_for(
            "the autoscaler says that a signal is missing",
            lambda: "FailedGetExternalMetric" in reasons(api),
            seen=lambda: api.autoscaler()["status"],
        )
        assert api.replicas() == 5
        api.use_cpu(BUSY)
        api.wait_for_replicas(8, MAXIMUM, within_s=RESOURCES_S)
    finally:
        autoscaling.prometheus.run()


def reasons(workload: Workload) -> set[str]:
    """Why the autoscaler's conditions are as they are, and what its events say."""
    found = workload.autoscaler()
    events = workload.events()
    return {each["reason"] for each in [*found["status"]["conditions"], *events]}
