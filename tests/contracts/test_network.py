"""The network is what the descriptions declare: every pair, every port, and no policy too many."""

from typing import Any

import pytest

from infra.kubernetes.names import Namespaces
from tests.contracts.connections import allowed, declared
from tests.contracts.programs import PROGRAMS, every_program, recorded, settings_for


def namespaces_of(program: str) -> Namespaces:
    on = settings_for(program).cluster
    assert on is not None
    return Namespaces(prefix=on.namespace)


@every_program
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_who_may_connect_is_exactly_what_is_declared(program: str, *, preview: bool) -> None:
    manifests = recorded(program, preview=preview).manifests
    found, wanted = allowed(manifests, namespaces_of(program)), declared(settings_for(program))
    assert sorted(found - wanted) == [], "open, and declared by nobody"
    assert sorted(wanted - found) == [], "declared, and closed"


@every_program
def test_no_policy_is_idle(program: str) -> None:
    manifests, namespaces = recorded(program).manifests, namespaces_of(program)
    before = allowed(manifests, namespaces)
    idle = [
        policy["metadata"]
        for policy in manifests
        if policy["kind"] == "NetworkPolicy"
        and allowed([each for each in manifests if each is not policy], namespaces) == before
    ]
    assert idle == []


@pytest.mark.parametrize(
    ("selector", "opened"),
    [
        pytest.param({}, "autoserve-data/redis", id="of-all-pods"),
        pytest.param(
            {"matchLabels": {"app.kubernetes.io/name": "postgres"}},
            "autoserve-data/postgres",
            id="of-one",
        ),
    ],
)
def test_a_policy_that_lets_strangers_in_is_noticed(selector: dict[str, Any], opened: str) -> None:
    (program, *_) = PROGRAMS
    namespaces = namespaces_of(program)
    door = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "door", "namespace": "autoserve-data"},
        "spec": {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": [{}]},
    }
    found = allowed([*recorded(program).manifests, door], namespaces)
    extra = found - declared(settings_for(program))
    assert ("default/stranger", opened, "TCP all ports") in extra


def test_a_dependency_that_nobody_declares_is_noticed() -> None:
    (program, *_) = PROGRAMS
    manifests = [
        each
        for each in recorded(program).manifests
        if (each["kind"], each["metadata"]["name"]) != ("NetworkPolicy", "worker")
    ]
    found = allowed(manifests, namespaces_of(program))
    missing = declared(settings_for(program)) - found
    assert ("autoserve/worker", "autoserve-data/postgres", "TCP 5432") in missing
