"""Each description is complete, and all of them fit together."""

import pytest

from infra.services.catalogue import catalogue
from infra.services.description import Job, Service, placeholders
from infra.settings import Settings

CATALOGUE = catalogue(Settings())
SERVICES = {service.name: service for service in CATALOGUE.services}
ITEMS: tuple[Service | Job, ...] = (*CATALOGUE.services, *CATALOGUE.jobs)
SECRETS = {secret.name for secret in CATALOGUE.secrets}
FOLDERS = {"data", "shared", "scratch", "run", "etc", "web", "credentials"}


def templates(item: Service | Job) -> list[str]:
    return [*item.command, *item.environment.values(), *item.files.values()]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_every_placeholder_of_a_description_resolves(item: Service | Job) -> None:
    ports = {port.name for port in item.ports} if isinstance(item, Service) else set()
    declared = {(edge.service, edge.port) for edge in item.dependencies}
    for kind, name in (found for text in templates(item) for found in placeholders(text)):
        match kind:
            case "port":
                assert name in ports
            case "address" | "number":
                assert tuple(name.split(".")) in declared
            case "host":
                assert name in {service for service, _ in declared}
            case "secret":
                assert name in SECRETS
            case "dir":
                assert name in FOLDERS
            case _:
                assert name == ""


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_a_dependency_names_a_port_that_exists(item: Service | Job) -> None:
    for edge in item.dependencies:
        assert edge.port in {port.name for port in SERVICES[edge.service].ports}


@pytest.mark.parametrize("service", CATALOGUE.services, ids=lambda service: service.name)
def test_probes_metrics_and_the_published_port_are_ports_of_the_service(service: Service) -> None:
    ports = {port.name for port in service.ports}
    assert service.probe.port in ports
    assert {service.metrics, service.publishes} - {""} <= ports


@pytest.mark.parametrize("service", CATALOGUE.services, ids=lambda service: service.name)
def test_the_bounds_of_the_replicas_are_ordered(service: Service) -> None:
    assert 1 <= service.scaling.minimum <= service.scaling.maximum


def test_names_are_unique() -> None:
    names = [item.name for item in ITEMS]
    assert len(set(names)) == len(names)


def test_jobs_name_services_and_jobs_that_exist() -> None:
    names = set(SERVICES) | {job.name for job in CATALOGUE.jobs}
    for job in CATALOGUE.jobs:
        assert set(job.needs) | set(job.before) <= names


def test_every_secret_is_used() -> None:
    used = {
        name
        for item in ITEMS
        for text in templates(item)
        for kind, name in placeholders(text)
        if kind == "secret"
    }
    assert used == SECRETS


def test_no_secret_stands_in_a_command() -> None:
    for item in ITEMS:
        kinds = {kind for text in item.command for kind, _ in placeholders(text)}
        assert "secret" not in kinds


def test_a_demo_profile_divides_every_duration_of_the_scaler_alike() -> None:
    usual = dict(SERVICES["scaler"].environment)
    demo = next(s for s in catalogue(Settings(time_factor=10)).services if s.name == "scaler")
    durations = [name for name in usual if name.endswith("_S")]
    assert len(durations) == 10
    for name in durations:
        assert float(usual[name]) / float(demo.environment[name]) == pytest.approx(10)
