"""The dashboard in headless Chromium: against a platform made by hand, and against the real one.

The steps are in ``dashboard.test.mjs``, which runs without pytest as well.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.live import ROOT, LivePlatform

STEPS = Path(__file__).parent / "dashboard.test.mjs"
DIST = ROOT / "dashboards" / "web" / "dist" / "index.html"
MODULES = ROOT / "dashboards" / "web" / "node_modules" / "playwright-core"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PASSWORD = "correct horse battery"

pytestmark = [
    pytest.mark.timeout(800),
    pytest.mark.skipif(
        not any(map(shutil.which, BROWSERS)) and "AUTOSERVE_CHROMIUM" not in os.environ,
        reason="no Chromium: apt-get install chromium, or name it by AUTOSERVE_CHROMIUM",
    ),
    pytest.mark.skipif(
        not (DIST.exists() and MODULES.exists()),
        reason="dashboards/web is not built: npm ci && npm run build",
    ),
]


@pytest.mark.xdist_group("browser")
def test_the_dashboard_shows_a_platform_that_moves_breaks_and_refuses() -> None:
    browse({})


@pytest.mark.xdist_group("platform")
def test_a_user_signs_in_and_follows_an_upload_to_its_result(healthy: LivePlatform) -> None:
    email = f"ada-{uuid4().hex[:8]}@example.com"
    answer = httpx.post(
        f"{healthy.address}/api/v1/auth/register", json={"email": email, "password": PASSWORD}
    )
    assert answer.status_code == 201, answer.text
    browse(
        {
            "AUTOSERVE_WEB_URL": healthy.address,
            "AUTOSERVE_WEB_EMAIL": email,
            "AUTOSERVE_WEB_PASSWORD": PASSWORD,
        }
    )


def browse(environment: Mapping[str, str]) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AUTOSERVE_WEB_")}
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", str(STEPS)],
        cwd=ROOT,
        env=kept | dict(environment),
        capture_output=True,
        text=True,
        timeout=780,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
