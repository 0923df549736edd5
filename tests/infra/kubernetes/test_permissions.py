"""The tables of what the survey asks for are exactly what the program creates."""

from typing import Any

import pytest

from infra.kubernetes.apis import APIS
from infra.kubernetes.cluster import Cluster
from infra.kubernetes.names import Namespaces
from infra.kubernetes.permissions import VERBS, Kind, kinds_of
from infra.program import build
from infra.rendering.recording import Manifest, record
from infra.settings import Settings

STACKS: dict[str, dict[str, Any]] = {
    "keda": {},
    "hpa": {"scaling": "hpa"},
    "no-vpa": {"vertical": "none"},
    "no-usage": {"containerUsage": False},
    "pull-secret": {"images": {"pullSecret": "{}"}},
}


def settings(values: dict[str, Any]) -> Settings:
    cluster = {
        "kubeconfig": "~/.kube/config",
        "context": "dev",
        "domain": "dev.example.org",
        "install": [],
        **values,
    }
    return Settings.model_validate({"cluster": cluster}, strict=False)


def created(stack: Settings) -> list[Manifest]:
    program = Cluster(kubeconfig="", context="dev")
    return record(lambda: build(stack, cluster=program), stack="dev").manifests


def places_of(kinds: tuple[Kind, ...], namespaces: dict[str, str]) -> set[tuple[str, str, str]]:
    return {
        (kind.group, kind.name, place)
        for kind in kinds
        for place in ([namespaces[purpose] for purpose in kind.where] or [""])
    }


@pytest.mark.parametrize("values", STACKS.values(), ids=STACKS)
def test_every_kind_is_asked_about_in_the_namespaces_where_it_is_created_and_no_other(
    values: dict[str, Any],
) -> None:
    stack = settings(values)
    assert stack.cluster is not None
    found = {
        (
            manifest["apiVersion"].rpartition("/")[0],
            manifest["kind"],
            manifest["metadata"].get("namespace", ""),
        )
        for manifest in created(stack)
    }
    namespaces = Namespaces(prefix=stack.cluster.namespace).all
    assert places_of(kinds_of(stack.cluster), namespaces) == found


def test_every_kind_that_is_not_kubernetes_own_is_looked_for() -> None:
    kinds = {(api.version, kind) for api in APIS for kind in api.kinds}
    groups = {api.version.partition("/")[0] for api in APIS}
    used = {
        (manifest["apiVersion"], manifest["kind"])
        for manifest in created(settings({}))
        if manifest["apiVersion"].partition("/")[0] in groups
    }
    assert used <= kinds
    foreign = {version for version, _ in used}
    assert len(foreign) >= 6


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("NetworkPolicy", "networkpolicies"),
        ("PriorityClass", "priorityclasses"),
        ("Gateway", "gateways"),
        ("Job", "jobs"),
    ],
)
def test_a_resource_is_the_plural_of_its_kind(name: str, resource: str) -> None:
    assert Kind(group="g", name=name).resource == resource
    assert str(Kind(group="g", name=name)) == f"{resource}.g"


def test_what_the_engine_does_with_an_object_is_all_asked_about() -> None:
    assert {"get", "create", "patch", "delete", "watch"} <= set(VERBS)
