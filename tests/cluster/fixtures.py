"""The fixtures of tests that need the test cluster; a conftest imports those that it uses.

All tests of one run share one control plane, whichever folder they are in. Each test that asks for
``namespace`` gets one of its own.
"""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.cluster import manifests
from tests.cluster.autoscaling import Autoscaling
from tests.cluster.autoscaling import autoscaling as start_autoscaling
from tests.cluster.client import Client
from tests.cluster.control_plane import ControlPlane, running
from tests.cluster.waiting import wait_for

__all__ = ["admin", "autoscaling", "control_plane", "namespace", "new_namespace", "shared"]

GONE_S = 60.0
NUMBERS = itertools.count(1)


class _Shared:
    plane: ControlPlane | None = None
    autoscaling: Autoscaling | None = None


@contextmanager
def shared() -> Iterator[ControlPlane]:
    """The control plane that runs, or one that whoever asked first stops."""
    if _Shared.plane is not None:
        yield _Shared.plane
        return
    with ExitStack() as stack:
        _Shared.plane = stack.enter_context(running())
        stack.callback(setattr, _Shared, "plane", None)
        yield _Shared.plane


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    with shared() as plane:
        yield plane


@pytest.fixture(scope="session")
def autoscaling(control_plane: ControlPlane) -> Iterator[Autoscaling]:
    """metrics-server, KEDA and Prometheus on the shared control plane, started on first use."""
    if _Shared.autoscaling is not None:
        yield _Shared.autoscaling
        return
    with ExitStack() as stack:
        _Shared.autoscaling = stack.enter_context(start_autoscaling(control_plane))
        stack.callback(setattr, _Shared, "autoscaling", None)
        yield _Shared.autoscaling


@pytest.fixture
def admin(control_plane: ControlPlane) -> Client:
    """A client that may do everything."""
    return control_plane.admin


@pytest.fixture
def namespace(admin: Client) -> Iterator[str]:
    """The name of a new namespace with Pod Security ``restricted``."""
    yield from new_namespace(admin)


def new_namespace(admin: Client, *, until_gone: bool = False) -> Iterator[str]:
    """The body of such a fixture, for one of another scope.

    Args:
        until_gone: whether to wait until nothing of it is left, which takes some seconds; for who
            leaves objects that controllers still act on, such as what KEDA scales.
    """
    name = f"test-{next(NUMBERS)}"
    admin.apply(manifests.namespace(name))
    yield name
    admin.delete("v1", "Namespace", name)
    if until_gone:
        wait_for(
            f"namespace {name} is gone",
            lambda: admin.find("v1", "Namespace", name) is None,
            timeout_s=GONE_S,
            seen=lambda: admin.find("v1", "Namespace", name),
        )
