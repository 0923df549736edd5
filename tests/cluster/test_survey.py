"""The survey of a real API server: what it says is missing is missing, and its mends mend."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.kubernetes.kubeconfig import Kubeconfig, read_kubeconfig
from infra.kubernetes.settings import ClusterSettings
from infra.kubernetes.survey import Survey, survey
from tests.cluster.client import Client, Manifest
from tests.cluster.control_plane import ControlPlane
from tests.cluster.definitions import install_definitions
from tests.cluster.kubeconfig import CONTEXT

RBAC = "rbac.authorization.k8s.io/v1"
CLASS = "survey-test"
ROLE = "survey-test"


@pytest.fixture
def settings(control_plane: ControlPlane) -> ClusterSettings:
    """Those of a stack that installs nothing, in namespaces that nobody else uses."""
    return ClusterSettings.model_validate(
        {
            "kubeconfig": str(control_plane.kubeconfig),
            "context": CONTEXT,
            "namespace": "surveyed",
            "domain": "dev.example.org",
            "install": [],
            "containerUsage": False,  # which takes the right to grant rights
            "storage": {"storageClass": CLASS, "sharedClass": CLASS},
        },
        strict=False,
    )


@pytest.fixture
def storage_class(admin: Client) -> Iterator[None]:
    version = "storage.k8s.io/v1"
    made = {"apiVersion": version, "kind": "StorageClass", "metadata": {"name": CLASS}}
    admin.apply({**made, "provisioner": "example.org/shared"})
    yield
    admin.delete(version, "StorageClass", CLASS)


def look(settings: ClusterSettings, kubeconfig: Kubeconfig | None = None) -> Survey:
    return survey(kubeconfig or read_kubeconfig(settings), settings)


def about_apis(survey: Survey) -> list[str]:
    return [each.what for each in survey.problems if "does not serve" in each.what]


def as_account(
    control_plane: ControlPlane, settings: ClusterSettings, namespace: str
) -> ClusterSettings:
    file = control_plane.account_kubeconfig(namespace, "default")
    return settings.model_copy(update={"kubeconfig": str(file)})


def role_of(mend: str) -> Manifest:
    """What the command `kubectl create clusterrole` of a mend would make."""
    match = re.search(r"--verb=(\S+) --resource=(\S+)", mend)
    assert match is not None, mend
    rules = []
    for each in match[2].split(","):
        resource, _, group = each.partition(".")
        rules.append({"apiGroups": [group], "resources": [resource], "verbs": match[1].split(",")})
    return {
        "apiVersion": RBAC,
        "kind": "ClusterRole",
        "metadata": {"name": ROLE},
        "rules": rules,
    }


def unknown_resources(admin: Client, role: Manifest) -> list[str]:
    """What a role names and the cluster does not serve: a misspelt plural would be allowed too."""
    served: set[tuple[str, str]] = set()
    for version in ("v1", *versions_of(admin)):
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        found = admin.request("GET", root)["resources"]
        served |= {(version.rpartition("/")[0], each["name"]) for each in found}
    named = {(rule["apiGroups"][0], rule["resources"][0]) for rule in role["rules"]}
    return sorted(f"{name}.{group}" for group, name in named - served)


def versions_of(admin: Client) -> list[str]:
    groups = admin.request("GET", "/apis")["groups"]
    versions = [each["groupVersion"] for group in groups for each in group["versions"]]
    return [version for version in versions if not version.endswith("metrics.k8s.io/v1beta1")]


def bound_to(namespace: str) -> Manifest:
    return {
        "apiVersion": RBAC,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": ROLE},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}],
    }


def test_an_administrator_lacks_nothing_once_the_definitions_are_there(
    settings: ClusterSettings, admin: Client, storage_class: None
) -> None:
    install_definitions(admin)
    found = look(settings)
    assert [what for what in about_apis(found) if "metrics.k8s.io" not in what] == []
    others = [each.what for each in found.problems if each.what not in about_apis(found)]
    assert others == []


def test_the_autoscalers_tolerance_is_found_by_its_schema(
    settings: ClusterSettings, storage_class: None
) -> None:
    unused = look(settings.model_copy(update={"hpa_tolerance": False}))
    assert any("hpaTolerance: found false" in hint.what for hint in unused.hints)


def test_a_storage_class_that_is_not_there_is_named(settings: ClusterSettings) -> None:
    found = [each.what for each in look(settings).problems if "storageClass" in each.what]
    assert len(found) == 1
    assert found[0].startswith(
        f"autoserve:cluster.storage.storageClass: found '{CLASS}'; allowed: "
    )


def test_the_role_that_the_mend_makes_is_enough_and_no_more_is_asked_for(
    control_plane: ControlPlane,
    settings: ClusterSettings,
    admin: Client,
    namespace: str,
    storage_class: None,
) -> None:
    install_definitions(admin)
    mine = as_account(control_plane, settings, namespace)
    (denied,) = [each for each in look(mine).problems if "may not" in each.what]
    user, *places = denied.what.splitlines()
    assert user == f"user 'system:serviceaccount:{namespace}:default' may not"
    assert len(places) == 5  # the cluster, and each of four namespaces
    role = role_of(denied.mend)
    assert unknown_resources(admin, role) == []
    admin.apply(role)
    admin.apply(bound_to(namespace))
    try:
        assert [each.what for each in look(mine).problems if "may not" in each.what] == []
    finally:
        admin.delete(RBAC, "ClusterRoleBinding", ROLE)
        admin.delete(RBAC, "ClusterRole", ROLE)


def test_a_right_that_is_missing_in_one_namespace_is_named_there(
    control_plane: ControlPlane,
    settings: ClusterSettings,
    admin: Client,
    namespace: str,
    storage_class: None,
) -> None:
    mine = as_account(control_plane, settings, namespace).model_copy(
        update={"namespace": namespace}
    )
    role = role_of(next(each.mend for each in look(mine).problems if "may not" in each.what))
    admin.apply({**role, "kind": "ClusterRole"})
    binding = {
        **bound_to(namespace),
        "kind": "RoleBinding",
        "metadata": {"name": ROLE, "namespace": namespace},
    }
    admin.apply(binding)
    try:
        (what,) = [each.what for each in look(mine).problems if "may not" in each.what]
    finally:
        admin.delete(RBAC, "RoleBinding", ROLE, namespace)
        admin.delete(RBAC, "ClusterRole", ROLE)
    assert [line.partition(":")[0] for line in what.splitlines()[1:]] == [
        "in the cluster",
        f"in namespace {namespace}-data",
        f"in namespace {namespace}-observability",
        f"in namespace {namespace}-edge",
    ]


@pytest.mark.parametrize("part", ["token", "authority"])
def test_a_token_or_an_authority_that_is_wrong_is_the_only_problem(
    control_plane: ControlPlane,
    settings: ClusterSettings,
    namespace: str,
    tmp_path: Path,
    part: str,
) -> None:
    file = control_plane.account_kubeconfig(namespace, "default")
    document: dict[str, Any] = yaml.safe_load(file.read_text())
    if part == "token":
        document["users"][0]["user"]["token"] = "invented"
    else:
        del document["clusters"][0]["cluster"]["certificate-authority-data"]
    copy = tmp_path / "kubeconfig"
    copy.write_text(yaml.safe_dump(document))
    (problem,) = look(settings.model_copy(update={"kubeconfig": str(copy)})).problems
    expected = "does not accept the credentials" if part == "token" else "certificate verify failed"
    assert expected in problem.what


def test_a_release_that_others_have_applied_is_not_installed_again(
    settings: ClusterSettings, admin: Client, storage_class: None
) -> None:
    install_definitions(admin)
    found = look(settings.model_copy(update={"install": ("keda",)}))
    (problem,) = [each for each in found.problems if "has already" in each.what]
    assert problem.what == (
        "autoserve:cluster.install has 'keda', which the cluster has already (by autoserve-tests, "
        "kube-apiserver)"
    )
