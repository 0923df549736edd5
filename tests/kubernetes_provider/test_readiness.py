"""When an object counts as ready, by kind."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.kubernetes_provider.manifest import Manifest
from tests.kubernetes_provider.readiness import readiness


def nothing(*_: Any, **__: Any) -> list[Manifest]:
    return []


def condition(kind: str, status: str, reason: str = "", message: str = "") -> Manifest:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def deployment(*conditions: Manifest, revision: str = "1", updated: int = 2) -> Manifest:
    annotations = {"deployment.kubernetes.io/revision": revision}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "generation": 3, "annotations": annotations},
        "spec": {"replicas": 2},
        "status": {
            "observedGeneration": 3,
            "updatedReplicas": updated,
            "availableReplicas": 2,
            "conditions": list(conditions),
        },
    }


AVAILABLE = condition("Available", "True")
ROLLED = condition("Progressing", "True", "NewReplicaSetAvailable")
STUCK = condition("Progressing", "False", "ProgressDeadlineExceeded", "has timed out")


@pytest.mark.parametrize(
    ("live", "ready"),
    [
        pytest.param(deployment(AVAILABLE), True, id="first-revision-available"),
        pytest.param(deployment(), False, id="nothing-said-yet"),
        pytest.param(deployment(AVAILABLE, updated=1), False, id="old-pods-still-serve"),
        pytest.param(deployment(AVAILABLE, revision="2"), False, id="second-on-its-way"),
        pytest.param(deployment(AVAILABLE, ROLLED, revision="2"), True, id="second-rolled-out"),
    ],
)
def test_a_deployment_is_ready_when_its_newest_pods_are_available(
    live: Manifest, ready: bool
) -> None:
    assert readiness(live, nothing).ready is ready


def test_what_the_controller_has_not_seen_is_not_judged() -> None:
    live = deployment(AVAILABLE)
    live["metadata"]["generation"] = 4
    assert not readiness(live, nothing).ready


def test_a_deployment_says_what_its_controller_says() -> None:
    assert (
        "[ProgressDeadlineExceeded] has timed out"
        in readiness(deployment(AVAILABLE, STUCK, revision="2"), nothing).reason
    )


def stateful_set(**status: Any) -> Manifest:
    known = {"observedGeneration": 1, "currentRevision": "a", "updateRevision": "a"}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"generation": 1},
        "spec": {"replicas": 1},
        "status": {**known, **status},
    }


@pytest.mark.parametrize(
    ("live", "ready"),
    [
        (stateful_set(replicas=1, readyReplicas=1), True),
        (stateful_set(replicas=1), False),
        (stateful_set(replicas=1, readyReplicas=1, updateRevision="b"), False),
    ],
    ids=["ready", "starting", "rolling"],
)
def test_a_stateful_set_is_ready_at_its_newest_revision(live: Manifest, ready: bool) -> None:
    assert readiness(live, nothing).ready is ready


def job(*conditions: Manifest) -> Manifest:
    status = {"active": 1, "conditions": list(conditions)}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {}, "status": status}


def test_a_job_is_waited_for_and_its_failure_ends_the_wait_with_its_words() -> None:
    assert "active: 1" in readiness(job(), nothing).reason
    assert readiness(job(condition("Complete", "True")), nothing).ready
    failed = condition("Failed", "True", "BackoffLimitExceeded", "reached the limit")
    state = readiness(job(failed), nothing)
    assert (state.ready, state.failed) == (False, True)
    assert state.reason == "[BackoffLimitExceeded] reached the limit"


def service(**spec: Any) -> Manifest:
    metadata = {"name": "web", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def slices(*ready: bool | None) -> Any:
    endpoints = [{"conditions": {} if each is None else {"ready": each}} for each in ready]

    def find(
        api_version: str, kind: str, namespace: str | None = None, *, labels: str = ""
    ) -> Sequence[Manifest]:
        assert (kind, namespace) == ("EndpointSlice", "shop")
        assert labels == "kubernetes.io/service-name=web"
        return [{"endpoints": endpoints}]

    return find


@pytest.mark.parametrize(
    ("live", "find", "ready"),
    [
        pytest.param(service(selector={"a": "b"}), slices(True, None), True, id="all-serve"),
        pytest.param(service(selector={"a": "b"}), slices(True, False), False, id="one-starts"),
        pytest.param(service(selector={"a": "b"}), nothing, False, id="not-looked-at-yet"),
        pytest.param(service(), nothing, True, id="without-selector"),
        pytest.param(service(selector={"a": "b"}, clusterIP="None"), nothing, True, id="headless"),
        pytest.param(service(type="LoadBalancer"), nothing, False, id="no-address-yet"),
    ],
)
def test_a_service_waits_for_the_pods_that_it_selects(
    live: Manifest, find: Any, ready: bool
) -> None:
    assert readiness(live, find).ready is ready


def test_a_claim_is_bound_or_waits_for_its_first_pod() -> None:
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {}}
    live: Manifest = {**claim, "spec": {"storageClassName": "fast"}, "status": {"phase": "Bound"}}
    assert readiness(live, nothing).ready
    live["status"]["phase"] = "Pending"
    assert not readiness(live, nothing).ready
    later = {"metadata": {"name": "fast"}, "volumeBindingMode": "WaitForFirstConsumer"}
    assert readiness(live, lambda *_, **__: [later]).ready


@pytest.mark.parametrize(
    ("wanted", "ready"),
    [
        ("condition=Healthy", True),
        ("condition=Paused", False),
        ("condition=Paused=False", True),
        ("jsonpath={.status.phase}=Healthy", True),
        ("jsonpath={.status.phase}=Degraded", False),
        ("jsonpath={.status.missing}", False),
        ('["condition=Healthy", "jsonpath={.status.phase}"]', True),
        ('["condition=Healthy", "condition=Paused"]', False),
    ],
)
def test_a_custom_resource_is_waited_for_as_its_annotation_says(wanted: str, ready: bool) -> None:
    conditions = [condition("Healthy", "True"), condition("Paused", "False")]
    live: Manifest = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"annotations": {"pulumi.com/waitFor": wanted}},
        "status": {"phase": "Healthy", "conditions": conditions},
    }
    assert readiness(live, nothing).ready is ready


def test_a_wait_that_nobody_understands_is_refused() -> None:
    annotations = {"pulumi.com/waitFor": "Ready"}
    live: Manifest = {"apiVersion": "a/v1", "kind": "A", "metadata": {"annotations": annotations}}
    with pytest.raises(ValueError, match=r"found 'Ready', allowed: condition="):
        readiness(live, nothing)


def test_nobody_waits_where_the_program_says_so() -> None:
    live = job()
    live["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    assert readiness(live, nothing).ready
