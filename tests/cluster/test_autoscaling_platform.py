"""The whole of `prod` beside KEDA, metrics-server and Prometheus, with its ScaledObjects unchanged.

Their windows and rates are the real ones: what they let through at once is seen here, and what they
hold back. The tests share the platform; the last of them deletes it.
"""

import math
import time
from collections.abc import Iterator

import pytest

from app import contract as app_contract
from infra.kubernetes.scaling import _forecast_query
from scaler import contract as scaler_contract
from tests.cluster.autoscaling import Autoscaling
from tests.cluster.client import Manifest
from tests.cluster.definitions import install_definitions
from tests.cluster.inventory import everything
from tests.cluster.platform import Key, Platform, given_volumes, program
from tests.cluster.prometheus import Exporter
from tests.cluster.waiting import wait_for

pytestmark = pytest.mark.timeout(400)  # a busy machine, and metrics-server takes its time

HPA = "autoscaling/v2"
SCALED = ("api", "worker")
SIGNALS_S = 90.0  # metrics-server averages over two readings of pods that must be there first
ANSWER_S = 15.0
STEP = 4  # replicas that may be added in a minute, where twice as many are not more
WINDOW_S = 60  # of the rates in our questions: four scrapes


@pytest.fixture(scope="module")
def prepared(autoscaling: Autoscaling) -> Iterator[Platform]:
    """`prod`, of which nothing was applied, in a cluster with the volumes that it names."""
    install_definitions(autoscaling.admin)
    recording = program("prod")
    with given_volumes(autoscaling.admin, recording):
        yield Platform(autoscaling.admin, recording)


@pytest.fixture(scope="module")
def before(prepared: Platform) -> set[Key]:
    """All that was in the cluster before it."""
    return everything(prepared.admin)


@pytest.fixture(scope="module")
def stack(autoscaling: Autoscaling, prepared: Platform, before: set[Key]) -> Iterator[Platform]:
    assert before
    for name in SCALED:
        autoscaling.usage.set(prepared.namespaces[0], name, cpu="5m", memory="8Mi")
    prepared.apply()
    prepared.wait_until_available()
    yield prepared
    prepared.delete()
    autoscaling.usage.forget(prepared.namespaces[0])


@pytest.fixture
def services(autoscaling: Autoscaling) -> Iterator[Exporter]:
    """What the services export; nothing afterwards."""
    yield autoscaling.prometheus.services
    autoscaling.prometheus.services.clear()


@pytest.fixture
def scaler(autoscaling: Autoscaling) -> Iterator[Exporter]:
    yield autoscaling.prometheus.scaler
    autoscaling.prometheus.scaler.clear()


def autoscaler(stack: Platform, name: str) -> Manifest:
    return stack.admin.find(HPA, "HorizontalPodAutoscaler", name, stack.namespaces[0]) or {}


def condition(stack: Platform, name: str, kind: str) -> str:
    """What the autoscaler says of one thing: the status and its reason."""
    found = autoscaler(stack, name).get("status", {}).get("conditions", [])
    return next(
        (f"{each['status']} {each['reason']}" for each in found if each["type"] == kind), ""
    )


def readings(stack: Platform, name: str) -> dict[str, str]:
    """What it reads of each signal that comes from Prometheus, in the order of the triggers."""
    external = [
        each["external"]
        for each in autoscaler(stack, name).get("status", {}).get("currentMetrics") or []
        if each["type"] == "External"
    ]
    return {
        each["metric"]["name"].partition("-")[0]: str(
            each["current"].get("averageValue", each["current"].get("value"))
        )
        for each in external
    }


def wait_for_signals(stack: Platform, name: str) -> None:
    wait_for(
        f"the autoscaler of {name} reads all of its signals",
        lambda: condition(stack, name, "ScalingActive") == "True ValidMetricFound",
        timeout_s=SIGNALS_S,
        seen=lambda: autoscaler(stack, name).get("status"),
    )


def wait_for_replicas(stack: Platform, name: str, least: int, most: int = 0) -> None:
    wait_for(
        f"{name} has {least} replicas",
        lambda: least <= stack.replicas(name) <= (most or least),
        timeout_s=ANSWER_S,
        seen=lambda: (stack.replicas(name), autoscaler(stack, name).get("status")),
    )


def floor(workload: str) -> str:
    return f'{scaler_contract.FLOOR_REPLICAS}{{workload="{workload}"}}'


def test_keda_makes_the_autoscalers_that_are_declared(stack: Platform) -> None:
    for name in SCALED:
        wait_for_signals(stack, name)
        declared = stack.one("ScaledObject", name)["spec"]
        made = autoscaler(stack, name)["spec"]
        bounds = (made["minReplicas"], made["maxReplicas"])
        assert bounds == (declared["minReplicaCount"], declared["maxReplicaCount"])
        wanted = declared["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        assert made["behavior"] == wanted
        assert made["scaleTargetRef"] == declared["scaleTargetRef"]
        assert stack.replicas(name) == declared["minReplicaCount"]


def test_a_response_time_of_nobody_is_no_reason(
    autoscaling: Autoscaling, stack: Platform, services: Exporter
) -> None:
    """Where no request came, Prometheus says that its quantile is no number."""
    bucket = f"{app_contract.REQUEST_SECONDS}_bucket"
    for bound in ("0.5", "+Inf"):
        services.set(f'{bucket}{{le="{bound}"}}', 7)
    triggers = {each["name"]: each for each in stack.one("ScaledObject", "api")["spec"]["triggers"]}
    query = triggers["response-time"]["metadata"]["query"]
    wait_for(
        "Prometheus says so",
        lambda: [math.isnan(each) for each in autoscaling.prometheus.values(query)] == [True],
    )
    wait_for_signals(stack, "api")
    time.sleep(3)  # three more rounds of the autoscaler
    assert condition(stack, "api", "ScalingActive") == "True ValidMetricFound"
    assert stack.replicas("api") == autoscaler(stack, "api")["spec"]["minReplicas"]


def test_requests_scale_the_api(stack: Platform, services: Exporter) -> None:
    spec = stack.one("ScaledObject", "api")["spec"]
    (load,) = (each for each in spec["triggers"] if each["name"] == "load")
    requests = app_contract.REQUESTS_TOTAL
    services.set(requests, 0)
    time.sleep(3)
    wanted = spec["minReplicaCount"] + 2
    # All of them at once, which makes the rate that many replicas are good for.
    services.set(requests, (wanted - 0.5) * float(load["metadata"]["threshold"]) * WINDOW_S)
    # The rate of a series that has just begun is a little off.
    wait_for_replicas(stack, "api", wanted, wanted + 1)
    assert spec["minReplicaCount"] < stack.replicas("api")


def test_what_the_autoscaler_reads_is_what_the_services_say(
    stack: Platform, services: Exporter, scaler: Exporter
) -> None:
    wait_for_signals(stack, "worker")
    least = stack.replicas("worker")
    for replica in ("one", "another"):  # of the API, which count the same tasks
        services.set(f'{app_contract.TASKS_IN_STATE}{{state="queued",replica="{replica}"}}', 2)
        services.set(f'{app_contract.TASKS_IN_STATE}{{state="running",replica="{replica}"}}', 1)
    services.set(app_contract.QUEUE_WAIT_SECONDS, 20)
    scaler.set(floor("worker"), 1)
    assert least == 2  # among whom load and wish are shared
    wait_for(
        "it reads them",
        lambda: readings(stack, "worker") == {"s2": "1500m", "s3": "20", "s4": "500m"},
        timeout_s=ANSWER_S,
        seen=lambda: readings(stack, "worker"),
    )
    assert stack.replicas("worker") == least


def test_a_wish_is_followed_at_once_as_far_as_a_minute_goes(
    stack: Platform, scaler: Exporter
) -> None:
    least = stack.one("ScaledObject", "worker")["spec"]["minReplicaCount"]
    assert stack.replicas("worker") == least
    scaler.set(floor("worker"), least + 1)
    wait_for_replicas(stack, "worker", least + 1)
    scaler.set(floor("worker"), 30)
    wait_for_replicas(stack, "worker", least + STEP)
    time.sleep(5)  # five more rounds of the autoscaler
    assert stack.replicas("worker") == least + STEP
    assert condition(stack, "worker", "ScalingLimited") == "True ScaleUpLimit"
    stack.wait_until_available()

    # The wish is gone at once, and the replicas go slowly: five minutes after the last wish.
    scaler.clear()
    wait_for(
        "the autoscaler reads no wish",
        lambda: set(readings(stack, "worker").values()) == {"0"},
        seen=lambda: readings(stack, "worker"),
    )
    wait_for(
        "it holds them",
        lambda: condition(stack, "worker", "AbleToScale") == "True ScaleDownStabilized",
        seen=lambda: condition(stack, "worker", "AbleToScale"),
    )
    assert stack.replicas("worker") == least + STEP


def test_an_update_takes_nothing_from_the_autoscalers(stack: Platform) -> None:
    def counts() -> list[int]:
        return [stack.replicas(name) for name in SCALED]

    before = counts()
    specs = [autoscaler(stack, name)["spec"] for name in SCALED]
    stack.apply()
    time.sleep(3)
    assert counts() == before
    assert [autoscaler(stack, name)["spec"] for name in SCALED] == specs


@pytest.mark.parametrize(
    ("ready", "wish", "answer"),
    [
        pytest.param(10, 11, 11.01, id="within the tolerance: just past it"),
        pytest.param(10, 12, 12, id="past it by itself"),
        pytest.param(10, 10, 10, id="what there is"),
        pytest.param(10, 4, 4, id="less than there is"),
        pytest.param(12, 11, 11, id="reached"),
        pytest.param(40, 41, 44.04, id="of many"),
        pytest.param(2, 3, 3, id="of few"),
        pytest.param(0, 11, 11, id="nobody is ready"),
        pytest.param(10, None, None, id="no wish"),
        pytest.param(0, None, None, id="nothing at all"),
    ],
)
def test_where_the_tolerance_is_fixed_the_wish_reaches_past_it(
    autoscaling: Autoscaling,
    services: Exporter,
    scaler: Exporter,
    *,
    ready: int,
    wish: float | None,
    answer: float | None,
) -> None:
    """What Prometheus answers to the very question, where a service has so many ready replicas."""
    for number in range(ready):
        services.set(f'up{{service="relay",replica="{number}"}}', 1)
    services.set('up{service="relay",replica="dead"}', 0)
    if wish is not None:
        scaler.set(floor("relay"), wish)
    query = _forecast_query("relay", has_tolerance=False)
    wanted = [] if answer is None else [pytest.approx(answer)]
    counted = 'count(up{service="relay"} == 1) or vector(0)'
    wait_for(
        f"Prometheus answers {wanted}",
        lambda: (
            autoscaling.prometheus.values(counted) == [ready]
            and autoscaling.prometheus.values(query) == wanted
        ),
        timeout_s=ANSWER_S,
        seen=lambda: (
            autoscaling.prometheus.values(counted),
            autoscaling.prometheus.values(query),
        ),
    )


def test_deletion_leaves_nothing_behind(stack: Platform, before: set[Key]) -> None:
    """KEDA holds each ScaledObject until it has let go of it: namespaces must not wait forever."""
    stack.delete()
    wait_for(
        "the cluster is as it was",
        lambda: _lasting(everything(stack.admin)) == _lasting(before),
        seen=lambda: sorted(_lasting(everything(stack.admin)) ^ _lasting(before)),
    )


def _lasting(found: set[Key]) -> set[Key]:
    """Without readings, which come and go with the pods that metrics-server knows of."""
    return {each for each in found if not each[0].startswith("metrics.k8s.io/")}
