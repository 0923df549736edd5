"""What asks to be scaled, and what is left alone with a sentence that says why."""

from collections.abc import Mapping
from typing import Any

import pytest

from scaler.adapters.kubernetes.targets import Found, bounds_of, found_in
from scaler.records import Workload
from scaler.settings import read
from tests.scaler.adapters.kubernetes.fake_api import (
    ANNOTATIONS,
    deployment,
    hpa,
    scaled_object,
)
from tests.scaler.test_settings import GOOD

SETTINGS = read(GOOD)  # names the workload "worker"


def declared(name: str, fields: Mapping[str, object]) -> Workload:
    return SETTINGS.declared(name, fields)


def found(*manifests: dict[str, Any]) -> Found:
    for manifest in manifests:
        manifest["metadata"].setdefault("namespace", "shop")
    return found_in(
        hpas=[each for each in manifests if each["kind"] == "HorizontalPodAutoscaler"],
        scaled_objects=[each for each in manifests if each["kind"] == "ScaledObject"],
        workloads=[each for each in manifests if each["kind"] == "Deployment"],
        declare=declared,
    )


def made_by_keda(name: str = "keda-hpa-web", *, owner: str = "web") -> dict[str, Any]:
    """As KEDA makes it: with all labels of its ScaledObject."""
    manifest = hpa(name, scales="web")
    manifest["metadata"]["ownerReferences"] = [{"kind": "ScaledObject", "name": owner}]
    return manifest


def problems(of: Found) -> list[str]:
    return [str(each) for each in of.problems]


def test_an_autoscaler_with_the_label_is_a_target() -> None:
    all_of_it = found(hpa(), hpa("other", labels={}))
    assert set(all_of_it.targets) == {"web"}
    (workload,) = all_of_it.workloads
    assert (workload.name, workload.load_query, workload.policy.capacity) == ("web", "load", 10.0)
    assert (workload.policy.minimum, workload.policy.maximum) == (2, 10)
    assert workload.mode == "enforce"
    assert all_of_it.targets["web"].is_plain
    assert all_of_it.problems == ()


def test_annotations_say_how() -> None:
    more = {
        "autoserve.dev/mode": "observe",
        "autoserve.dev/target": "0.7",
        "autoserve.dev/quantile": "0.9",
        "autoserve.dev/load-unit": "orders",
        "other.example/of-somebody": "x",
    }
    (workload,) = found(hpa(annotations=ANNOTATIONS | more)).workloads
    policy = workload.policy
    assert (workload.mode, policy.target, policy.quantile) == ("observe", 0.7, 0.9)
    assert policy.load_unit == "orders"


def test_what_the_settings_name_needs_no_annotations_and_takes_them() -> None:
    (workload,) = found(hpa("worker", annotations={"autoserve.dev/mode": "off"})).workloads
    (named,) = SETTINGS.scaled()
    assert workload.mode == "off"
    assert workload.policy == named.policy  # its bounds as well
    assert workload.ready_query == named.ready_query


def test_a_scaled_object_is_a_target_and_the_autoscaler_that_keda_made_is_none() -> None:
    all_of_it = found(scaled_object(), made_by_keda())
    (target,) = all_of_it.targets.values()
    assert not target.is_plain
    assert target.hpa is not None
    assert bounds_of(target) == (1, 100)
    assert all_of_it.problems == ()


def test_a_workload_with_the_label_is_scaled_by_whatever_refers_to_it() -> None:
    web = deployment(labelled=True)
    assert found(web, hpa(labels={})).targets["web"].is_plain
    by_keda = found(web, scaled_object() | {"metadata": {"name": "web", "labels": {}}})
    assert not by_keda.targets["web"].is_plain
    alone = found(web).targets["web"]
    assert alone.hpa is None
    assert bounds_of(alone) == (3, 3)


def test_a_raised_minimum_is_not_taken_for_the_bound() -> None:
    raised = hpa(minimum=6, annotations=ANNOTATIONS | {"autoserve.dev/floor-original": "2"})
    assert bounds_of(found(raised).targets["web"]) == (2, 10)


@pytest.mark.parametrize(
    ("manifests", "said"),
    [
        pytest.param(
            [hpa(labels={"autoserve.dev/scale": "maybe"})],
            "metadata.labels[\"autoserve.dev/scale\"]: found 'maybe', allowed 'predictive'",
            id="unknown-value-of-the-label",
        ),
        pytest.param(
            [hpa(annotations=ANNOTATIONS | {"autoserve.dev/mode": "maybe"})],
            "metadata.annotations[\"autoserve.dev/mode\"]: found 'maybe', "
            "Input should be 'off', 'observe' or 'enforce'",
            id="unknown-mode",
        ),
        pytest.param(
            [hpa(annotations=ANNOTATIONS | {"autoserve.dev/capacity": "-1"})],
            "metadata.annotations[\"autoserve.dev/capacity\"]: found '-1', "
            "Input should be greater than 0",
            id="capacity-below-zero",
        ),
        pytest.param(
            [hpa(annotations=ANNOTATIONS | {"autoserve.dev/quantile": "often"})],
            "metadata.annotations[\"autoserve.dev/quantile\"]: found 'often', "
            "Input should be a valid number, unable to parse string as a number",
            id="no-number",
        ),
        pytest.param(
            [hpa(annotations=ANNOTATIONS | {"autoserve.dev/behaviour": "{bad"})],
            "metadata.annotations[\"autoserve.dev/behaviour\"]: found '{bad', "
            "allowed an object in JSON",
            id="no-json",
        ),
        pytest.param(
            [hpa(annotations=ANNOTATIONS | {"autoserve.dev/behaviour": '{"so": 1}'})],
            'metadata.annotations["autoserve.dev/behaviour"]: found 1, Extra inputs',
            id="unknown-behaviour",
        ),
        pytest.param(
            [hpa(annotations={"autoserve.dev/capacity": "10"})],
            'metadata.annotations["autoserve.dev/load-query"]: is not set',
            id="no-query",
        ),
        pytest.param(
            [hpa(annotations=ANNOTATIONS | {"autoserve.dev/laod-query": "x"})],
            'metadata.annotations["autoserve.dev/laod-query"]: is unknown; allowed: ',
            id="unknown-annotation",
        ),
    ],
)
def test_what_cannot_be_used_is_named_and_left_alone(
    manifests: list[dict[str, Any]], said: str
) -> None:
    all_of_it = found(*manifests, hpa("fine"))
    assert set(all_of_it.targets) == {"fine"}
    (problem,) = problems(all_of_it)
    assert problem.startswith(f"HorizontalPodAutoscaler shop/web: {said}")


def test_a_workload_that_is_asked_for_twice_is_left_alone() -> None:
    all_of_it = found(hpa(), deployment(labelled=True), hpa("fine"))
    assert set(all_of_it.targets) == {"fine"}
    assert sorted(problems(all_of_it)) == [
        "Deployment shop/web: labels: Deployment web is asked for by HorizontalPodAutoscaler "
        "shop/web, too; allowed: one label",
        "HorizontalPodAutoscaler shop/web: spec.scaleTargetRef: Deployment web is asked for by "
        "Deployment shop/web, too; allowed: one label",
    ]


@pytest.mark.parametrize("other", [hpa("more", scales="web", labels={}), scaled_object("more")])
def test_a_workload_that_two_autoscalers_change_is_left_alone(other: dict[str, Any]) -> None:
    other["metadata"]["labels"] = {}
    other["spec"]["scaleTargetRef"]["name"] = "web"
    all_of_it = found(hpa(), other)
    assert set(all_of_it.targets) == set()
    assert problems(all_of_it) == [
        "HorizontalPodAutoscaler shop/web: spec.scaleTargetRef: 2 autoscalers change the replicas "
        "of Deployment web; allowed: one"
    ]


def test_two_of_one_name_are_left_alone() -> None:
    all_of_it = found(hpa(), scaled_object(scales="another"))
    assert set(all_of_it.targets) == set()
    assert len(all_of_it.problems) == 2
    assert all("metadata.name: 2 labelled objects" in each for each in problems(all_of_it))
