"""Who decides replicas, from which signals."""

from typing import Any

import pulumi
import pytest

from infra.kubernetes.scaling import ScaleTarget, VerticalConflict, recommend
from infra.rendering.recording import Recording, record
from infra.services.catalogue import catalogue
from infra.settings import Settings
from tests.infra.kubernetes.stacks import found, of

DEV = of()


def triggers(name: str, **cluster: Any) -> dict[str, dict[str, Any]]:
    spec = found(of(cluster), "ScaledObject", name)["spec"]
    return {trigger["name"]: trigger for trigger in spec["triggers"]}


def test_the_worker_follows_cpu_memory_queue_wait_and_forecast() -> None:
    assert list(triggers("worker")) == ["cpu", "memory", "load", "queue-wait", "forecast"]


def test_the_api_follows_cpu_memory_requests_response_time_and_forecast() -> None:
    assert list(triggers("api")) == ["cpu", "memory", "load", "response-time", "forecast"]


def test_a_queue_is_shared_by_the_replicas_and_a_delay_is_not() -> None:
    found_triggers = triggers("worker")
    assert found_triggers["load"]["metricType"] == "AverageValue"
    assert found_triggers["queue-wait"]["metricType"] == "Value"
    # Two slots of a replica, to be used to 80 %.
    assert found_triggers["load"]["metadata"]["threshold"] == "1.6"


def test_a_signal_that_has_gone_is_no_reason_for_replicas() -> None:
    for name in ("api", "worker"):
        for trigger in triggers(name).values():
            if trigger["type"] == "prometheus":
                assert trigger["metadata"]["ignoreNullValues"] == "true"


def test_a_floor_moves_the_replicas_by_one_where_the_cluster_has_tolerances() -> None:
    spec = found(DEV, "ScaledObject", "worker")["spec"]
    behaviour = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behaviour["scaleUp"]["tolerance"] == "0"
    query = triggers("worker")["forecast"]["metadata"]["query"]
    assert query == 'max(autoserve_scaler_floor_replicas{workload="worker"})'


def test_a_floor_reaches_past_the_tolerance_where_the_cluster_has_only_its_own() -> None:
    spec = found(of({"hpaTolerance": False}), "ScaledObject", "worker")["spec"]
    behaviour = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert "tolerance" not in behaviour["scaleUp"]
    query = triggers("worker", hpaTolerance=False)["forecast"]["metadata"]["query"]
    assert "1.101 * scalar(count(up{service=" in query


def test_without_keda_a_plain_autoscaler_whose_minimum_the_scaler_raises() -> None:
    stack = of({"scaling": "hpa"})
    assert not [each for each in stack.manifests if each["kind"] == "ScaledObject"]
    spec = found(stack, "HorizontalPodAutoscaler", "worker")["spec"]
    assert [metric["resource"]["name"] for metric in spec["metrics"]] == ["cpu", "memory"]
    resource = stack.named("worker-scaling", ":HorizontalPodAutoscaler")
    assert resource.options.ignore_changes == ("spec.minReplicas",)
    (rule,) = [each for each in writes(stack, "scaler") if "autoscaling" in each["apiGroups"]]
    assert rule == {
        "apiGroups": ["autoscaling"],
        "resources": ["horizontalpodautoscalers"],
        "resourceNames": ["api", "worker"],
        "verbs": ["get", "patch"],
    }


def writes(stack: Recording, account: str) -> list[dict[str, Any]]:
    """The rules by which an account may change something."""
    rules = found(stack, "Role", account)["rules"]
    return [each for each in rules if not set(each["verbs"]) <= {"get", "list", "watch"}]


def test_with_keda_the_scaler_changes_its_lease_and_tells_of_it_and_nothing_else() -> None:
    changed = {resource for rule in writes(DEV, "scaler") for resource in rule["resources"]}
    assert changed == {"leases", "events"}
    assert found(DEV, "Deployment", "scaler")["spec"]["replicas"] == 2


def test_the_scaler_is_reached_while_a_store_of_its_own_is_away_and_nothing_else_is() -> None:
    reached = {
        each["metadata"]["name"]
        for each in DEV.manifests
        if each["kind"] == "Service" and each["spec"].get("publishNotReadyAddresses")
    }
    assert reached == {"scaler"}


def test_what_is_scaled_says_so() -> None:
    for stack, kind in ((DEV, "ScaledObject"), (of({"scaling": "hpa"}), "HorizontalPodAutoscaler")):
        for name in ("api", "worker"):
            labels = found(stack, kind, name)["metadata"]["labels"]
            assert labels["autoserve.dev/scale"] == "predictive"


def test_without_keda_a_job_puts_back_what_a_dead_scaler_left() -> None:
    stack = of({"scaling": "hpa"})
    spec = found(stack, "CronJob", "reaper")["spec"]
    assert (spec["schedule"], spec["concurrencyPolicy"]) == ("*/5 * * * *", "Forbid")
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["command"] == ["python", "-m", "scaler.reaper"]
    assert pod["automountServiceAccountToken"] is True
    (rule,) = writes(stack, "reaper")
    assert (rule["resourceNames"], rule["verbs"]) == (["api", "worker"], ["get", "patch"])
    assert not [each for each in DEV.manifests if each["kind"] == "CronJob"]


def test_a_vertical_autoscaler_recommends_for_what_is_scaled_and_acts_on_the_rest() -> None:
    stack = of({"vertical": "InPlaceOrRecreate"})
    modes = {
        each["metadata"]["name"]: each["spec"]["updatePolicy"]["updateMode"]
        for each in stack.manifests
        if each["kind"] == "VerticalPodAutoscaler"
    }
    assert (modes["api"], modes["worker"]) == ("Off", "Off")
    assert modes["relay"] == "InPlaceOrRecreate"


def test_a_vertical_autoscaler_on_what_the_replicas_follow_is_refused() -> None:
    worker = next(s for s in catalogue(Settings()).services if s.name == "worker")
    target = ScaleTarget(api_version="apps/v1", kind="Deployment", name="worker", namespace="n")

    def program() -> None:
        recommend(worker, target, "Recreate", pulumi.ResourceOptions())

    with pytest.raises(VerticalConflict, match=r"worker: .* would change cpu and memory"):
        record(program, stack="dev")
