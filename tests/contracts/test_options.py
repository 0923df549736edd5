"""Every resource is declared as it must be: provider, parent, protection, names, order, secrets."""

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random
import pytest

from infra.rendering.recording import Recording, record
from infra.services.catalogue import catalogue
from tests.contracts import options
from tests.contracts.programs import (
    declare,
    every_program,
    recorded,
    settings_for,
    with_cluster,
)

# What belongs to the stack as a whole, not to a component of it.
AT_THE_TOP = frozenset(
    {"shared", *(f"{purpose}-pull" for purpose in ("services", "data", "observability", "edge"))}
)
ENVIRONMENTS = frozenset({"local", "dev", "staging", "prod", "autoserve"})


@every_program
def test_every_object_goes_to_the_cluster_that_the_stack_names(program: str) -> None:
    assert list(options.unprovided(recorded(program))) == []


@every_program
def test_every_object_belongs_to_a_component(program: str) -> None:
    assert list(options.unparented(recorded(program), at_the_top=AT_THE_TOP)) == []


@every_program
def test_what_holds_data_is_protected_and_nothing_else(program: str) -> None:
    on = settings_for(program).cluster
    assert on is not None
    assert list(options.wrong_protection(recorded(program), protect=on.protect)) == []


@every_program
def test_replicas_are_left_to_the_scaler_and_nothing_else_is_ignored(program: str) -> None:
    assert list(options.wrong_ignored_changes(recorded(program))) == []


@every_program
def test_nothing_was_renamed_without_being_listed_here(program: str) -> None:
    assert options.own_aliases(recorded(program)) == {}


@every_program
def test_no_logical_name_holds_an_environment(program: str) -> None:
    assert list(options.names_of_an_environment(recorded(program), words=ENVIRONMENTS)) == []


@every_program
def test_logical_names_are_the_same_in_another_environment(program: str) -> None:
    elsewhere = with_cluster(
        settings_for(program), namespace="other", context="other", domain="other.example.org"
    )
    there = record(declare(elsewhere), stack="other")
    assert set(there.resources) == set(recorded(program).resources)


@every_program
def test_no_secret_is_outside_of_secrets(program: str) -> None:
    recording = recorded(program)
    assert any(resource.secrets for resource in recording.resources.values())
    assert list(options.exposed_secrets(recording)) == []


@every_program
def test_a_service_is_declared_after_the_jobs_before_it(program: str) -> None:
    resources = recorded(program).resources
    jobs = catalogue(settings_for(program)).jobs
    assert any(job.before for job in jobs)
    for job in jobs:
        done = f"autoserve:kubernetes:Task$kubernetes:batch/v1:Job::{job.name}"
        for service in job.before:
            # The workload's objects wait for it, and it for the job's end.
            workload = resources[f"autoserve:kubernetes:Workload::{service}"]
            assert done in workload.options.depends_on, service


def careless() -> None:
    """A program that breaks each of these rules."""
    provider = kubernetes.Provider("cluster", context="somewhere")
    here = pulumi.ResourceOptions(provider=provider)
    kubernetes.core.v1.Namespace("prod-shop", metadata={"name": "shop"}, opts=here)
    kubernetes.core.v1.PersistentVolumeClaim(
        "claim", metadata={"name": "claim", "namespace": "shop"}, opts=here
    )
    password = pulumi_random.RandomPassword("password", length=24)
    settings = {"password": password.result, "open": pulumi.Output.unsecret(password.result)}
    kubernetes.core.v1.ConfigMap("settings", metadata={"namespace": "shop"}, data=settings)
    workload: Any = {"selector": {}, "template": {"spec": {"containers": []}}}
    kubernetes.apps.v1.Deployment(
        "api",
        metadata={"name": "api", "namespace": "shop"},
        spec=workload,
        opts=pulumi.ResourceOptions(
            provider=provider, ignore_changes=["spec"], aliases=[pulumi.Alias(name="rest")]
        ),
    )
    pulumi.export("password", password.result)


@pytest.fixture(scope="module")
def bad() -> Recording:
    return record(careless, stack="prod")


def test_what_is_declared_badly_is_noticed(bad: Recording) -> None:
    settings = "kubernetes:core/v1:ConfigMap::settings"
    claim = "kubernetes:core/v1:PersistentVolumeClaim::claim"
    api = "kubernetes:apps/v1:Deployment::api"
    namespace = "kubernetes:core/v1:Namespace::prod-shop"
    (unprovided,) = options.unprovided(bad)
    assert unprovided.startswith(f"{settings}: provider")
    assert f"{api}: parent the stack; allowed: a component" in options.unparented(
        bad, at_the_top=frozenset({"settings"})
    )
    assert list(options.wrong_protection(bad, protect=True)) == [
        f"{namespace}: protect False; allowed: True",
        f"{claim}: protect False; allowed: True",
    ]
    assert list(options.wrong_ignored_changes(bad)) == [
        f"{api}: ignore_changes ('spec',); allowed: ()"
    ]
    assert options.own_aliases(bad) == {api: ("name=rest",)}
    assert list(options.names_of_an_environment(bad, words=ENVIRONMENTS)) == [
        f"{namespace}: prod; allowed: no name of an environment"
    ]


def test_what_is_not_kept_secret_is_noticed(bad: Recording) -> None:
    settings = "kubernetes:core/v1:ConfigMap::settings"
    assert list(options.exposed_secrets(bad)) == [
        f"{settings}: data.open: a secret in plain text; allowed: in the data of a Secret",
        f"{settings}: data.password: a secret; allowed: in the data of a Secret",
        "output password: a secret; allowed: none",
    ]
