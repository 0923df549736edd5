"""Clusters without KEDA, and platforms in them: nobody but us and Kubernetes changes anything."""

from collections.abc import Iterator

import pytest

from tests.cluster.control_plane import ControlPlane, running
from tests.cluster.definitions import install_definitions
from tests.cluster.platform import Platform, given_volumes, program

__all__ = ["PREFIX", "platform", "quiet_plane"]

PREFIX = "shared"  # its namespaces' own, so that the stacks under their own names fit beside it


@pytest.fixture(scope="session")
def quiet_plane() -> Iterator[ControlPlane]:
    """A control plane that has every definition that our objects need."""
    with running() as plane:
        install_definitions(plane.admin)
        yield plane


@pytest.fixture(scope="session")
def platform(quiet_plane: ControlPlane) -> Iterator[Platform]:
    """`prod` without KEDA, running; whoever changes it changes it back."""
    recording = program("prod", cluster={"namespace": PREFIX, "scaling": "hpa"})
    with given_volumes(quiet_plane.admin, recording):
        found = Platform(quiet_plane.admin, recording)
        found.apply()
        found.wait_until_available()
        yield found
