"""A stack on a cluster: refused before anything is created, with key, found and allowed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.kubernetes.apis import APIS
from infra.kubernetes.features import RULES_SCHEMA
from infra.kubernetes.settings import ClusterSettings
from infra.local.state import STATE_DIR, tree_root
from infra.platform.manifests import ManifestError, cached_at, file_of
from infra.platform.releases import releases_of
from stacks.cluster import ClusterLacksError, reach
from stacks.engine import project_name
from tests.infra.kubernetes.api_site import ApiSite, api_site

CLASS = {
    "metadata": {
        "name": "standard",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
    "provisioner": "rancher.io/local-path",
}
MANIFEST = "apiVersion: v1\nkind: Namespace\nmetadata: {name: keda}\n"
Settings = Callable[..., ClusterSettings]
Autoserve = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiSite]:
    """A cluster as a fresh one is, but with everything installed."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with api_site() as made:
        for api in APIS:
            made.serve_kinds(api.version, *api.kinds)
        made.serve_list("/apis/storage.k8s.io/v1/storageclasses", CLASS)
        made.serve_list("/apis/apps/v1/daemonsets", {"metadata": {"name": "kube-flannel-ds"}})
        rules: dict[str, Any] = {"properties": {"tolerance": {}}}
        made.objects["/openapi/v3/apis/autoscaling/v2"] = {
            "components": {"schemas": {RULES_SCHEMA: rules}}
        }
        yield made


@pytest.fixture
def values(site: ApiSite, tmp_path: Path) -> dict[str, Any]:
    """The group ``autoserve:cluster`` of a stack on it."""
    kubeconfig = site.kubeconfig(tmp_path)
    return {
        "kubeconfig": str(kubeconfig.path),
        "context": "dev",
        "domain": "dev.example.org",
        "install": [],
        "storage": {"sharedAccess": "ReadWriteOnce"},
    }


@pytest.fixture
def settings(values: dict[str, Any]) -> Settings:
    return lambda **more: ClusterSettings.model_validate({**values, **more}, strict=False)


@pytest.fixture
def autoserve(values: dict[str, Any], tmp_path: Path) -> Iterator[Autoserve]:
    """Runs a command for a stack of this clone whose settings file is the test's."""
    stack = f"test-cluster-{os.getpid()}"
    file = tree_root() / "stacks" / f"Pulumi.{stack}.yaml"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "AUTOSERVE_"))}

    def run(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        file.write_text(yaml.safe_dump({"config": {"autoserve:cluster": {**values, **more}}}))
        return subprocess.run(
            [Path(sys.executable).parent / "autoserve", *words, "--stack", stack],
            env={**kept, STATE_DIR: str(tmp_path / "state")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    yield run
    file.unlink(missing_ok=True)


def resources_of(state: Path) -> list[str]:
    (file,) = (state / "pulumi" / ".pulumi" / "stacks" / project_name()).glob("*.json")
    latest = json.loads(file.read_text())["checkpoint"]["latest"] or {}
    return [each["type"] for each in latest.get("resources") or []]


def test_the_program_gets_the_cluster_that_the_settings_name(
    settings: Settings, values: dict[str, Any]
) -> None:
    warned: list[str] = []
    cluster = reach(settings(), warn=warned.append)
    assert (cluster.kubeconfig, cluster.context) == (values["kubeconfig"], "dev")
    assert set(cluster.versions) >= {"app", "worker", "scaler"}
    assert len(warned) == 1
    assert "flannel ignores NetworkPolicies silently" in warned[0]


def test_what_the_stack_installs_comes_along_as_text(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (keda,) = releases_of(["keda"])
    file = file_of(keda, cached_at())
    file.parent.mkdir(parents=True)
    file.write_text(MANIFEST)
    cluster = reach(settings(install=["keda"]), warn=print)
    assert cluster.manifests == {"keda": MANIFEST}


def test_what_cannot_be_fetched_stops_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with pytest.raises(ManifestError, match="put it at"):
        reach(settings(install=["keda"]), warn=print)


def test_every_problem_is_told_with_its_mend(settings: Settings, site: ApiSite) -> None:
    del site.objects["/apis/keda.sh/v1alpha1"]
    with pytest.raises(ClusterLacksError) as caught:
        reach(settings(hpaTolerance=True, storage={}), warn=print)
    lines = str(caught.value).splitlines()
    assert lines[0] == "context dev cannot take this stack:"
    assert [line.startswith("    mend: ") for line in lines[1:]] == [False, True] * 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param(
            {"context": "prod"},
            "autoserve:cluster.context: found 'prod'; allowed: 'dev' or 'elsewhere'",
            id="context",
        ),
        pytest.param(
            {"context": "elsewhere"},
            "the API server http://127.0.0.1:1 gives no answer: [Errno 111] Connection refused",
            id="unreachable",
        ),
        pytest.param(
            {"domain": "dev example"},
            "autoserve:cluster.domain: found 'dev example'",
            id="domain",
        ),
        pytest.param(
            {"storage": {"storageClass": "fast"}},
            "autoserve:cluster.storage.storageClass: found 'fast'; allowed: 'standard'",
            id="storage-class",
        ),
    ],
)
def test_the_engine_creates_nothing_where_something_is_wrong(
    autoserve: Autoserve, tmp_path: Path, wrong: dict[str, Any], message: str
) -> None:
    done = autoserve("up", **wrong)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    state = tmp_path / "state"
    assert not state.exists() or resources_of(state) in ([], ["pulumi:pulumi:Stack"])


def test_doctor_says_what_the_cluster_lacks_and_nothing_of_local_services(
    autoserve: Autoserve, site: ApiSite
) -> None:
    del site.objects["/apis/keda.sh/v1alpha1"]
    done = autoserve("doctor", "--json")
    assert done.returncode == 2, done.stderr
    document = json.loads(done.stdout)
    found = [each["what"] for each in document["findings"]]
    assert any("does not serve keda.sh/v1alpha1" in what for what in found)
    assert not any(name in " ".join(found) for name in ("PostgreSQL", "port ", "Redis"))
    assert ["flannel" in each["what"] for each in document["hints"]] == [True]


def test_doctor_names_a_wrong_context_with_those_there_are(autoserve: Autoserve) -> None:
    done = autoserve("doctor", context="prod")
    assert done.returncode == 2
    assert "autoserve:cluster.context: found 'prod'; allowed: 'dev' or 'elsewhere'" in done.stdout


def test_down_deletes_no_data_without_a_word(autoserve: Autoserve) -> None:
    done = autoserve("down", "--yes")
    assert done.returncode == 1
    assert "autoserve-data, " in done.stderr
    assert "say --delete-data if that is what you want" in done.stderr


def test_down_of_a_protected_stack_names_the_setting(autoserve: Autoserve) -> None:
    done = autoserve("down", "--delete-data", "--yes", protect=True)
    assert done.returncode == 1
    assert "autoserve:cluster.protect: found true; allowed: false" in done.stderr


def test_down_of_a_stack_that_was_never_up_is_no_error(autoserve: Autoserve) -> None:
    done = autoserve("down", "--delete-data", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"] == {
        "autoserve": None,
        "autoserve-data": None,
        "autoserve-observability": None,
        "autoserve-edge": None,
    }
