"""`pulumi up` to `pulumi destroy` of the stack ``dev``, by the real engine on the test cluster."""

import base64
import os
from collections.abc import Iterator

import pytest

from infra.local.state import state_paths
from tests.cluster.autoscaling import Autoscaling
from tests.cluster.client import Client, Manifest, has_condition
from tests.cluster.control_plane import ControlPlane
from tests.cluster.definitions import install_definitions
from tests.cluster.dev_stack import NAME, STACK, UP, DevStack
from tests.cluster.inventory import everything
from tests.cluster.refusal import REFUSED, refusing
from tests.cluster.waiting import wait_for
from tests.kubernetes_provider import home

pytestmark = pytest.mark.timeout(400)

SPACES = ("autoserve", "autoserve-data", "autoserve-observability", "autoserve-edge")
API = ("apps/v1", "Deployment", "api", "autoserve")
WORKER = ("apps/v1", "Deployment", "worker", "autoserve")
POSTGRES = ("apps/v1", "StatefulSet", "postgres", "autoserve-data")
MIGRATION = "migrate-app"
OF_MIGRATION = f"object.metadata.labels['app.kubernetes.io/name'] == '{MIGRATION}'"
ON = ("--stack", STACK)
KEPT = ("ConfigMap", "Secret", "Service", "Deployment", "StatefulSet", "Job", "NetworkPolicy")

# Every logical name becomes another one; an alias says what it was.
RENAME = """
import pulumi

_init = pulumi.Resource.__init__


def _renamed(self, t, name, custom, props=None, opts=None, *rest, **more):
    if t.startswith(("autoserve:", "kubernetes:", "random:", "tls:")):
        former = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name)])
        name, opts = f"{name}-renamed", pulumi.ResourceOptions.merge(opts, former)
    _init(self, t, name, custom, props, opts, *rest, **more)


pulumi.Resource.__init__ = _renamed
"""
RENAME_BACK = RENAME.replace("name=name", 'name=f"{name}-renamed"').replace(
    'name, opts = f"{name}-renamed",', "opts ="
)


@pytest.fixture(scope="module")
def stack(
    control_plane: ControlPlane,
    autoscaling: Autoscaling,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DevStack]:
    """Made once; what it left in the cluster is gone in the end."""
    folder = tmp_path_factory.mktemp(STACK)
    install_definitions(control_plane.admin)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PULUMI_")]:
            patch.delenv(name)
        patch.setenv("AUTOSERVE_STATE_DIR", str(folder / "state"))
        patch.setenv("PULUMI_HOME", str(folder / "home"))
        home.install(folder / "home")
        made = DevStack(folder / "project", control_plane.kubeconfig, control_plane.admin)
        yield made
        made.operate("destroy", *UP)


@pytest.fixture
def dev(stack: DevStack) -> DevStack:
    """Up, with the settings and the program of the product."""
    stack.shown.clear()
    stack.configure({})
    stack.program_after("")
    stack.changes("up", *UP)
    return stack


def test_a_first_run_that_is_killed_and_then_fails_halfway_is_completed(stack: DevStack) -> None:
    stack.changes("destroy", *UP)
    with stack.running("up", *ON, *UP) as engine:
        try:
            wait_for("it is under way", lambda: stack.admin.find(*POSTGRES), timeout_s=90)
        finally:
            engine.kill()
            engine.communicate()
    stack.clear_after_a_kill()
    stack.changes("refresh", *UP, "--clear-pending-creates")  # as `autoserve up` does
    with refusing(stack.admin, "CREATE", "apps/deployments", "object.metadata.name == 'worker'"):
        failed = stack.operate("up", *UP)
    assert not failed.succeeded
    assert any(REFUSED in error for error in failed.errors)
    assert ("worker", "create") in stack.changes("up", *UP)
    # A generated name that was not written down yet is known to nobody: a copy that nobody uses.
    assert {kind for kind, _ in doubled_or_missing(stack)} <= {"ConfigMap", "Secret"}


def test_a_second_run_changes_nothing_and_keeps_secrets_to_itself(dev: DevStack) -> None:
    assert dev.changes("preview") == set()
    assert dev.operate("refresh", "--preview-only", "--expect-no-changes").succeeded
    state = (state_paths().pulumi / f".pulumi/stacks/autoserve/{STACK}.json").read_text()
    said = "\n".join(dev.shown)
    values = secret_values(dev.admin)
    assert len(values) > 10
    for value in values:
        assert value not in state
        assert value not in said


def test_a_changed_setting_rolls_what_uses_it_and_nothing_else(dev: DevStack) -> None:
    before = dev.pods()
    dev.configure({"api": {"accessTtlS": 600}})
    changed = dev.changes("up", *UP)
    assert {name for name, verb in changed if verb == "update"} == {"api"}
    after = wait_for(
        "the old pods are gone", lambda: settled(dev, "api", before["api"]), timeout_s=60
    )
    assert not after["api"] & before["api"]
    assert {**after, "api": set()} == {**before, "api": set()}


def test_a_failure_in_the_middle_is_healed_by_the_next_run(dev: DevStack) -> None:
    before = doubled_or_missing(dev)
    dev.configure({"cluster": {"images": {"tag": "0.2.0"}}})
    with refusing(dev.admin, "UPDATE", "apps/deployments", "object.metadata.name == 'worker'"):
        failed = dev.operate("up", *UP)
    assert not failed.succeeded
    assert any(REFUSED in error for error in failed.errors)
    assert dev.changes("up", *UP) >= {("worker", "update")}
    assert doubled_or_missing(dev) == before
    assert {tag_of(dev.admin.get(*where)) for where in (API, WORKER)} == {"0.2.0"}


def test_an_engine_that_is_killed_leaves_what_the_next_run_completes(dev: DevStack) -> None:
    before = doubled_or_missing(dev)
    # No node is so large: the new pods wait, and the engine waits for them.
    dev.configure({"resources": {"api": {"cpuRequestM": 31_000}}})
    generation = dev.admin.get(*API)["metadata"]["generation"]
    with dev.running("up", *ON, *UP) as engine:
        try:
            wait_for("the API is changed", lambda: rolled(dev.admin, generation), timeout_s=90)
        finally:
            engine.kill()
            engine.communicate()
    dev.clear_after_a_kill()
    dev.configure({})
    # What the killed one did is in no state: the next run looks for itself, as `autoserve up` does.
    # The scaler is told what each container asks for, and may have been changed before the kill.
    healed = dev.changes("up", *UP, "--refresh")
    assert {("api", "update")} <= healed <= {("api", "update"), ("scaler", "update")}
    assert doubled_or_missing(dev) == before
    assert dev.changes("preview") == set()
    resources = dev.admin.get(*API)["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert resources["requests"]["cpu"] == "200m"


def test_a_migration_that_failed_runs_again(dev: DevStack) -> None:
    dev.configure({"cluster": {"images": {"tag": "0.3.0"}}})
    no_pod = refusing(dev.admin, "CREATE", "/pods", OF_MIGRATION)
    with no_pod, dev.running("up", *ON, *UP) as engine:
        try:
            begun = wait_for("it has begun", lambda: unfinished(dev.admin), timeout_s=90)
            fail(dev.admin, begun)
            said, _ = engine.communicate(timeout=60)
        finally:
            engine.kill()
    assert engine.returncode != 0
    assert MIGRATION in said
    assert "[BackoffLimitExceeded] the test lets it fail" in said
    assert tag_of(dev.admin.get(*API)) != "0.3.0"  # the old version serves on
    dev.changes("up", *UP)
    assert tag_of(dev.admin.get(*API)) == "0.3.0"


def test_a_change_by_hand_is_seen_by_a_refresh_and_taken_back(dev: DevStack) -> None:
    template = dev.admin.get(*API)["spec"]["template"]["spec"]["containers"][0]
    changed = [{"name": template["name"], "image": "registry.example/stranger:1"}]
    patch = {"spec": {"template": {"spec": {"containers": changed}}}}
    dev.admin.patch(*API[:3], patch, API[3], strategy="strategic")
    dev.admin.delete("v1", "Service", "api", "autoserve")
    assert not dev.operate("refresh", "--preview-only", "--expect-no-changes").succeeded
    drift = dev.operate("refresh", "--yes")
    assert drift.succeeded, drift.errors
    assert dev.changes("up", *UP) == {("api", "update"), ("api", "create")}
    assert tag_of(dev.admin.get(*API)) == tag_of(dev.admin.get(*WORKER))
    assert dev.admin.find("v1", "Service", "api", "autoserve") is not None
    assert dev.changes("preview") == set()


def test_a_rename_with_an_alias_replaces_nothing(dev: DevStack) -> None:
    before = dev.pods()
    dev.program_after(RENAME)
    assert dev.changes("up", *UP) == set()
    assert dev.pods() == before
    assert "api-renamed" in dev.run("stack", *ON, "--show-urns")
    dev.program_after(RENAME_BACK)
    assert dev.changes("up", *UP) == set()


def test_nothing_is_left_behind(dev: DevStack) -> None:
    dev.changes("destroy", *UP)
    left = [each for each in everything(dev.admin) if each[1] in SPACES or "autoserve" in each[2]]
    assert left == []


def secret_values(admin: Client) -> set[str]:
    """The values of all Secrets of the stack, encoded and plain."""
    found = set()
    for space in SPACES:
        for secret in admin.list("v1", "Secret", space):
            for encoded in (secret.get("data") or {}).values():
                found |= {encoded, base64.b64decode(encoded).decode(errors="replace")}
    return {value for value in found if len(value) >= 16}


def settled(dev: DevStack, name: str, former: set[str]) -> dict[str, set[str]] | None:
    pods = dev.pods()
    return None if pods[name] & former else pods


def rolled(admin: Client, generation: int) -> bool:
    return bool(admin.get(*API)["metadata"]["generation"] > generation)


def tag_of(deployment: Manifest) -> str:
    image: str = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return image.rsplit(":", 1)[-1]


def doubled_or_missing(dev: DevStack) -> set[tuple[str, str]]:
    """Objects in the stack's namespaces that its state does not have, and the other way round."""
    there = {
        (version_and_kind.rsplit("/", 1)[-1], f"{space}/{name}")
        for version_and_kind, space, name in everything(dev.admin)
        if space in SPACES and name != "kube-root-ca.crt"
    }
    known = dev.known()
    return {each for each in there ^ known if each[0] in KEPT and "/" in each[1]}


def unfinished(admin: Client) -> Manifest | None:
    """The Job of the application's migration that has not ended yet."""
    for job in admin.list("batch/v1", "Job", "autoserve", labels=f"{NAME}={MIGRATION}"):
        if not has_condition(job, "Complete") and "startTime" in job.get("status", {}):
            return job
    return None


def fail(admin: Client, job: Manifest) -> None:
    """Say of a Job what its controller says of one whose every attempt failed."""
    said = {
        "status": "True",
        "reason": "BackoffLimitExceeded",
        "message": "the test lets it fail",
        "lastTransitionTime": job["status"]["startTime"],
    }
    status = {"conditions": [{"type": kind, **said} for kind in ("FailureTarget", "Failed")]}
    name, namespace = job["metadata"]["name"], job["metadata"]["namespace"]
    admin.patch("batch/v1", "Job", name, {"status": status}, namespace, subresource="status")
