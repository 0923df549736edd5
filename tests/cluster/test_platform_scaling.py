"""What `prod` renders to scale its services does so, by its own questions to Prometheus.

Manifests are as rendered but for their namespace, and without the windows and rates that only make
a test wait. ``worker`` is of a cluster whose autoscaler has the field tolerance, ``api`` of one
that has it not.
"""

import time
from collections.abc import Iterator

import pytest

from app import contract as app_contract
from scaler import contract as scaler_contract
from tests.cluster.autoscaling import Autoscaling
from tests.cluster.client import Manifest
from tests.cluster.control_plane import ControlPlane
from tests.cluster.fixtures import new_namespace
from tests.cluster.platform import Platform, given_volumes, program
from tests.cluster.scaling import ANSWER_S, RESOURCES_S, Signal, Workload, exported, without_damping
from tests.cluster.waiting import wait_for

pytestmark = pytest.mark.timeout(400)  # a busy machine, and metrics-server takes its time

IDLE = "5m"
AT_ONCE_S = 6.0  # a scrape of a second, a question a second, and what lies between


@pytest.fixture(scope="module")
def services(control_plane: ControlPlane) -> Iterator[str]:
    """A namespace with everything that the pods of the services refer to."""
    recording = program("prod")
    platform = Platform(control_plane.admin, recording)
    ours = ("ServiceAccount", "ConfigMap", "Secret", "PersistentVolumeClaim")
    with given_volumes(control_plane.admin, recording):
        for namespace in new_namespace(control_plane.admin):
            for manifest in platform.of_kind("PriorityClass"):
                control_plane.admin.apply(manifest)
            # KEDA makes no autoscaler before it has read the pods' variables, secret ones too.
            for manifest in platform.of_kind(*ours):
                if manifest["metadata"]["namespace"] == platform.namespaces[0]:
                    control_plane.admin.apply(moved(manifest, namespace))
            yield namespace


@pytest.fixture(scope="module")
def workloads(autoscaling: Autoscaling, services: str) -> dict[str, Workload]:
    """Both together, since metrics-server takes 20 s to know new pods."""
    recordings = {
        "worker": program("prod"),
        "api": program("prod", cluster={"hpaTolerance": False}),
    }
    found = {}
    for name, recording in recordings.items():
        platform = Platform(autoscaling.admin, recording)
        deployment = moved(platform.one("Deployment", name), services)
        scaler = without_damping(moved(platform.one("ScaledObject", name), services))
        found[name] = Workload(autoscaling, deployment, scaler, cpu=IDLE)
    for workload in found.values():
        workload.wait_until_seen()
    return found


@pytest.fixture
def worker(workloads: dict[str, Workload]) -> Workload:
    return workloads["worker"]


@pytest.fixture
def api(workloads: dict[str, Workload]) -> Workload:
    return workloads["api"]


def moved(manifest: Manifest, namespace: str) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


def floor(autoscaling: Autoscaling, workload: Workload) -> Signal:
    series = f'{scaler_contract.FLOOR_REPLICAS}{{workload="{workload.name}"}}'
    return Signal(exporter=autoscaling.prometheus.scaler, series=series)


def threshold(workload: Workload, trigger: str) -> float:
    """What its ScaledObject holds one replica good for."""
    triggers = {each["name"]: each for each in workload.scaler["spec"]["triggers"]}
    return float(triggers[trigger]["metadata"]["threshold"])


def test_its_queue_and_its_forecast_scale_it_and_the_greater_wins(
    autoscaling: Autoscaling, worker: Workload
) -> None:
    load = Signal(
        exporter=autoscaling.prometheus.services,
        series=f'{app_contract.TASKS_IN_STATE}{{state="queued"}}',
        per_replica=threshold(worker, "load"),
    )
    with exported(load), exported(floor(autoscaling, worker)) as forecast:
        load.ask_for(5)
        worker.wait_for_replicas(5, within_s=ANSWER_S)
        forecast.ask_for(10)
        worker.wait_for_replicas(10, within_s=ANSWER_S)
        forecast.ask_for(11)  # within a tenth: the tolerance must not swallow it
        worker.wait_for_replicas(11, within_s=ANSWER_S)
        worker.wait_until_measured()
        forecast.vanish()
        worker.wait_for_replicas(5, within_s=AT_ONCE_S)


def test_its_processors_scale_it_when_everything_else_is_silent(worker: Workload) -> None:
    minimum = int(worker.scaler["spec"]["minReplicaCount"])
    worker.wait_for_replicas(minimum, within_s=RESOURCES_S)
    worker.use_cpu("850m")  # twice what 85 % of its request of 500m is
    try:
        worker.wait_for_replicas(2 * minimum, 100, within_s=RESOURCES_S)
    finally:
        worker.use_cpu(IDLE)


def test_where_the_field_is_missing_the_question_reaches_past_the_tolerance(
    autoscaling: Autoscaling, api: Workload
) -> None:
    up = [f'up{{service="api",instance="{number}"}}' for number in range(12)]
    services = autoscaling.prometheus.services
    assert "tolerance" not in api.autoscaler()["spec"]["behavior"]["scaleUp"]
    try:
        with exported(floor(autoscaling, api)) as forecast:
            forecast.ask_for(10)
            api.wait_for_replicas(10, within_s=ANSWER_S)
            for series in up[:10]:
                services.set(series, 1)
            wait_for("ten are up", lambda: seen_up(autoscaling) == [10])
            forecast.ask_for(11)
            # A wish that the autoscaler heeds is rounded up to one more than the floor.
            api.wait_for_replicas(11, 12, within_s=ANSWER_S)
            for series in up[: api.replicas()]:
                services.set(series, 1)
            reached = api.replicas()
            time.sleep(3)  # three rounds of the autoscaler: it does not climb on
            assert api.replicas() == reached
    finally:
        for series in up:
            services.remove(series)


def seen_up(autoscaling: Autoscaling) -> list[float]:
    return autoscaling.prometheus.values('count(up{service="api"} == 1)')
