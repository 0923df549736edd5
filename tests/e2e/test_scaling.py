"""The scaler on a real platform: the page's API and the command line tell one story."""

import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.live import LivePlatform, until

pytestmark = pytest.mark.timeout(180)

Json = dict[str, Any]
PATH = "/scaling/workloads/worker/explanation"


def explained(platform: LivePlatform, *arguments: str) -> str:
    """What ``autoserve scaler explain`` prints."""
    done = platform.autoserve("scaler", "explain", "worker", *arguments, timeout_s=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def told(explanation: Json) -> tuple[Any, ...]:
    """All that an explanation tells, in whichever notation its time is."""
    names = ("workload", "sentence", "inputs", "interval", "absence", "clamps")
    return datetime.fromisoformat(explanation["at"]), *(explanation[name] for name in names)


@pytest.fixture
def decided(healthy: LivePlatform, client: httpx.Client) -> None:
    """The scaler has decided once since it came up."""
    assert healthy.replicas()
    until(
        lambda: client.get(PATH).status_code == 200,
        timeout_s=60,
        what="a decision about the worker is known",
        pause_s=1,
    )


@pytest.mark.usefixtures("decided")
def test_the_page_and_explain_tell_the_newest_decision_alike(
    healthy: LivePlatform, client: httpx.Client
) -> None:
    def the_same() -> tuple[Json, Json, str] | None:
        """Both, asked within one tick: a decision between them would be another one."""
        before = client.get(PATH).raise_for_status().json()
        printed = json.loads(explained(healthy, "--json"))
        text = explained(healthy)
        after = client.get(PATH).raise_for_status().json()
        return (after, printed, text) if before["at"] == after["at"] else None

    shown, printed, text = until(the_same, timeout_s=90, what="one tick for both", pause_s=0.5)
    assert told(printed) == told(shown)
    assert text.splitlines()[0] == shown["sentence"]
    assert shown["decision"]["reason"] == shown["sentence"]


@pytest.mark.usefixtures("decided")
def test_a_decision_of_the_list_is_explained_alike_long_after(
    healthy: LivePlatform, client: httpx.Client
) -> None:
    query: dict[str, str | int] = {"workload": "worker", "limit": 5}
    decisions = until(
        lambda: client.get("/scaling/decisions", params=query).raise_for_status().json(),
        timeout_s=60,
        what="a decision is kept",
        pause_s=1,
    )
    oldest = decisions[-1]
    shown = client.get(PATH, params={"at": oldest["at"]}).raise_for_status().json()
    printed = json.loads(explained(healthy, "--at", oldest["at"], "--json"))
    assert shown["sentence"] == oldest["reason"]
    assert told(printed) == told(shown)
