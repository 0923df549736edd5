"""The whole program of every stack on a cluster, recorded once per test process.

Beside the stacks as their files have them, dev is taken with each choice that it does not make, so
that no branch of the program goes unseen.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest

from infra.kubernetes.cluster import Cluster
from infra.program import build
from infra.rendering.recording import Recording, record
from infra.settings import Settings
from infra.stack_settings import settings_of, stacks_there

__all__ = [
    "PROGRAMS",
    "STACKS",
    "declare",
    "every_program",
    "recorded",
    "settings_for",
    "with_cluster",
]

CLUSTER = Cluster(
    kubeconfig="/somewhere/kubeconfig",
    context="somewhere",
    versions={"app": "1", "worker": "1", "scaler": "1"},
)
MANAGED = {"host": "store.example.com", "cidrs": ["10.9.0.0/24"], "password": "made-up-password"}
CHOICES: Mapping[str, Mapping[str, Any]] = {
    "hpa": {"scaling": "hpa", "apiServerCidrs": ["10.8.0.1/32"], "hpaTolerance": False},
    "managed-stores": {"postgres": {**MANAGED, "superuser": "root"}, "redis": MANAGED},
    "private-images": {"images": {"pullSecret": '{"auths": {}}'}},
    "vertical": {"vertical": "InPlaceOrRecreate", "protect": True},
    "no-usage": {"containerUsage": False},
    "kubelets": {"nodeCidrs": ["10.7.0.0/16"], "kubeletCertificates": "unverified"},
    "nodes": {"nodeLabels": {"pool": "autoserve"}, "install": []},
}
PASSING = "test-"  # stacks that other tests make and remove again
GROUPS: Mapping[str, Mapping[str, Any]] = {"resize": {"scaler": {"vertical": "resize"}}}
STACKS = [
    name
    for name in stacks_there()
    if not name.startswith(PASSING) and settings_of(name).cluster is not None
]
PROGRAMS = [*STACKS, *(f"dev with {choice}" for choice in (*CHOICES, *GROUPS))]

every_program = pytest.mark.parametrize("program", PROGRAMS)


@cache
def settings_for(program: str) -> Settings:
    """The settings of a stack, or of dev with one choice made otherwise."""
    stack, _, choice = program.partition(" with ")
    settings = settings_of(stack)
    if choice in GROUPS:
        whole = settings.model_dump(by_alias=True, mode="json", exclude_unset=True)
        return Settings.model_validate_json(json.dumps({**whole, **GROUPS[choice]}))
    return with_cluster(settings, **CHOICES[choice]) if choice else settings


def with_cluster(settings: Settings, **changes: Any) -> Settings:
    """Settings with some of the cluster's changed, given as in a settings file."""
    assert settings.cluster is not None
    cluster = settings.cluster.model_dump(by_alias=True, mode="json", exclude_unset=True)
    whole = settings.model_dump(by_alias=True, mode="json", exclude_unset=True)
    return Settings.model_validate_json(json.dumps({**whole, "cluster": {**cluster, **changes}}))


def declare(settings: Settings) -> Callable[[], object]:
    return lambda: build(settings, cluster=CLUSTER)


@cache
def recorded(program: str, *, preview: bool = False) -> Recording:
    """What a program declares; shared, so never changed."""
    stack = program.partition(" ")[0]
    return record(declare(settings_for(program)), stack=stack, preview=preview)
