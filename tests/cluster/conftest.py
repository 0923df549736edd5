"""Every test in this folder needs the test cluster, so it belongs to that tier."""

from pathlib import Path

import pytest

from tests.cluster.fixtures import admin, autoscaling, control_plane, namespace
from tests.cluster.platform_fixtures import platform, quiet_plane
from tests.scaler.conftest import scaler_database_url

__all__ = [
    "admin",
    "autoscaling",
    "control_plane",
    "namespace",
    "platform",
    "quiet_plane",
    "scaler_database_url",
]

FOLDER = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before the tests of other tiers are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.cluster)
