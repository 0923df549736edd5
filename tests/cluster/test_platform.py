"""What `dev` and `prod` render works on a real control plane, and leaves it as it was.

Every object is applied by server-side apply with strict validation, beside Pod Security and our own
admission policies. Definitions are the projects' own, but for NGINX Gateway Fabric's: no version of
its Go module can be had, so its three kinds (NginxProxy, RateLimitPolicy, ClientSettingsPolicy) are
checked against the description in `tests.cluster.definitions`, not against the real schema.

The tests of one stack share it; the last of them deletes it.
"""

import time
from collections.abc import Iterator

import pytest

from tests.cluster.client import ApiError, Manifest
from tests.cluster.control_plane import ControlPlane
from tests.cluster.inventory import everything
from tests.cluster.platform import Key, Platform, given_volumes, key_of, program
from tests.cluster.waiting import wait_for

REST_S = 1.0  # longer than any controller here takes to answer a change
KEPT = {"postgres", "redis", "prometheus"}
JOBS = {"database", "migrate-app", "migrate-scaler", "first-user"}


@pytest.fixture(scope="module", params=["dev", "prod"])
def prepared(quiet_plane: ControlPlane, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """A stack that nothing was applied of, in a cluster with the volumes that it names."""
    recording = program(request.param)
    with given_volumes(quiet_plane.admin, recording):
        yield Platform(quiet_plane.admin, recording)


@pytest.fixture(scope="module")
def before(prepared: Platform) -> set[Key]:
    """All that was in the cluster before the stack."""
    return everything(prepared.admin)


@pytest.fixture(scope="module")
def stack(prepared: Platform, before: set[Key]) -> Iterator[Platform]:
    assert before
    prepared.apply()
    prepared.wait_until_available()
    yield prepared
    prepared.delete()


def test_every_object_is_there_with_its_secrets(stack: Platform) -> None:
    assert len(stack.objects) > 100
    assert [each for each in stack.objects if stack.live(each) is None] == []
    for secret in stack.of_kind("Secret"):
        live = stack.live(secret)
        assert live is not None
        assert live["data"].keys() == secret["stringData"].keys() != set()


def test_validation_is_strict_for_every_kind(stack: Platform) -> None:
    one_of_each = {each["kind"]: each for each in stack.objects}
    assert one_of_each.keys() >= {"Deployment", "Gateway", "RateLimitPolicy", "ScaledObject"}
    for manifest in one_of_each.values():
        with pytest.raises(ApiError, match="unknownField: field not declared in schema"):
            stack.admin.apply({**manifest, "unknownField": 1}, dry_run=True)


def test_workloads_run_and_jobs_are_done(stack: Platform) -> None:
    phases: dict[str, set[str]] = {}
    for pod in stack.pods():
        phases.setdefault(pod["status"]["phase"], set()).add(pod["spec"]["serviceAccountName"])
    assert phases == {
        "Running": {"api", "worker", "relay", "scaler", "web", *KEPT},
        "Succeeded": JOBS,
    }


def test_every_claim_has_its_volume(stack: Platform) -> None:
    claims = [
        claim
        for namespace in stack.namespaces
        for claim in stack.admin.list("v1", "PersistentVolumeClaim", namespace)
    ]
    bound = {each["metadata"]["name"] for each in claims if each["status"]["phase"] == "Bound"}
    assert bound == {"shared", *(f"data-{name}-0" for name in KEPT)}


def test_pods_have_the_priority_of_what_they_are_for(stack: Platform) -> None:
    found = {pod["spec"]["serviceAccountName"]: pod["spec"]["priority"] for pod in stack.pods()}
    assert found["postgres"] > found["api"] > found["prometheus"]
    assert found["api"] == found["migrate-app"]


def test_applying_again_changes_nothing(stack: Platform) -> None:
    """The policies look at every object again and take it; no field, pod or generation is new.

    Once, the API server stores some objects anew nevertheless: it puts what controllers wrote into
    their status into its own bookkeeping. From then on not even the version is another.
    """
    first = _settled(stack)
    stack.apply()
    second = _settled(stack)
    assert _changed(_contents(first), _contents(second)) == []
    stack.apply()
    assert _changed(second, _settled(stack)) == []


def test_deletion_leaves_nothing_behind(stack: Platform, before: set[Key]) -> None:
    """The last test of a stack: nothing of it is there afterwards."""
    assert len(everything(stack.admin) - before) > len(stack.objects)
    stack.delete()
    wait_for(
        "the cluster is as it was",
        lambda: everything(stack.admin) == before,
        seen=lambda: sorted(everything(stack.admin) ^ before),
    )


def _settled(stack: Platform) -> dict[Key, Manifest]:
    """Every object of the stack, and its pods, as they are when nothing moves any more."""

    def look() -> dict[Key, Manifest]:
        found = [stack.live(each) for each in stack.objects]
        # Objects of a list do not say what they are.
        pods = [{**pod, "kind": "Pod"} for pod in stack.pods()]
        return {key_of(each): each for each in [*found, *pods] if each is not None}

    def at_rest() -> dict[Key, Manifest] | None:
        first = look()
        time.sleep(REST_S)
        return first if look() == first else None

    return wait_for("nothing changes by itself", at_rest)


def _contents(found: dict[Key, Manifest]) -> dict[Key, Manifest]:
    """All that somebody said or may rely on; not how the API server keeps book of it."""
    books = {"managedFields", "resourceVersion"}
    return {
        key: {
            **each,
            "metadata": {
                name: value for name, value in each["metadata"].items() if name not in books
            },
        }
        for key, each in found.items()
    }


def _changed(first: dict[Key, Manifest], second: dict[Key, Manifest]) -> list[Key]:
    return sorted(key for key in first.keys() | second.keys() if first.get(key) != second.get(key))
