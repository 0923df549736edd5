"""An API server in memory, and small projects of the real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kubernetes_provider.fake_api_server import FakeApiServer, running
from tests.kubernetes_provider.manifest import Manifest
from tests.stacks.conftest import project

__all__ = ["project"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeApiServer]:
    """With the namespace ``shop``; Deployments are rolled out at once."""
    with running(tmp_path) as fake:
        fake.settle = _roll_out
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
        fake.apply(namespace, dry_run=False)
        yield fake


def _roll_out(live: Manifest) -> None:
    if live["kind"] != "Deployment":
        return
    revision = {"deployment.kubernetes.io/revision": "1"}
    live["metadata"]["annotations"] = {**(live["metadata"].get("annotations") or {}), **revision}
    replicas = live["spec"].get("replicas", 1)
    live["status"] = {
        "observedGeneration": live["metadata"]["generation"],
        "updatedReplicas": replicas,
        "availableReplicas": replicas,
        "conditions": [{"type": "Available", "status": "True"}],
    }
