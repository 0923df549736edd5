"""No resource of any stack breaks a rule: neither in an update nor in a preview."""

import pytest

from infra.policy.catalogue import findings
from infra.policy.manifests import kind_of, pods_of
from infra.services.catalogue import catalogue
from tests.contracts.programs import every_program, recorded, settings_for


@every_program
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_no_resource_breaks_a_rule(program: str, *, preview: bool) -> None:
    recording = recorded(program, preview=preview)
    assert [str(finding) for finding in findings(recording.manifests)] == []


@every_program
def test_every_service_and_job_has_its_pods(program: str) -> None:
    described = catalogue(settings_for(program))
    names = {
        pod.labels["app.kubernetes.io/name"]
        for manifest in recorded(program).manifests
        for pod in pods_of(manifest)
    }
    assert names == {item.name for item in described.items}


@every_program
def test_a_replica_has_time_for_its_drain(program: str) -> None:
    described = {service.name: service for service in catalogue(settings_for(program)).services}
    for manifest in recorded(program).manifests:
        for pod in pods_of(manifest):
            service = described.get(pod.labels["app.kubernetes.io/name"])
            if service is None or kind_of(manifest) == "Job":
                continue
            (container,) = [each for each in pod.containers() if not each.is_init]
            pause_s = container.spec["lifecycle"]["preStop"]["sleep"]["seconds"]
            grace_s = pod.spec["terminationGracePeriodSeconds"]
            assert grace_s > pause_s + service.drain_s, service.name
