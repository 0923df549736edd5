"""What a cluster lacks is found before anything is created, each with its mend."""

import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.kubernetes.api_server import ApiServer, UnreachableError
from infra.kubernetes.apis import APIS
from infra.kubernetes.features import RULES_SCHEMA, VPA_WEBHOOK
from infra.kubernetes.kubeconfig import Kubeconfig
from infra.kubernetes.settings import ClusterSettings
from infra.kubernetes.survey import Survey, survey
from tests.infra.kubernetes.api_site import USER, ApiSite, api_site

CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
DAEMONSETS = "/apis/apps/v1/daemonsets"
OPENAPI = "/openapi/v3/apis/autoscaling/v2"
DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}
Look = Callable[..., Survey]


def storage_class(name: str, provisioner: str = "nfs.csi.k8s.io", **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **more}, "provisioner": provisioner}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiSite]:
    """A cluster that lacks nothing, asked by an administrator."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with api_site() as made:
        for api in APIS:
            made.serve_kinds(api.version, *api.kinds)
        made.serve_list(CLASSES, storage_class("shared", annotations=DEFAULT))
        made.serve_list(DAEMONSETS, {"metadata": {"name": "cilium"}})
        rules: dict[str, Any] = {"properties": {"tolerance": {}}}
        made.objects[OPENAPI] = {"components": {"schemas": {RULES_SCHEMA: rules}}}
        yield made


@pytest.fixture
def look(site: ApiSite, tmp_path: Path) -> Look:
    """Surveys for a stack that makes no role of the cluster, unless said otherwise."""

    def look(*, user: dict[str, Any] | None = None, **values: Any) -> Survey:
        kubeconfig = site.kubeconfig(tmp_path, user=user)
        return survey(kubeconfig, settings(kubeconfig, **values))

    return look


def settings(kubeconfig: Kubeconfig, **values: Any) -> ClusterSettings:
    document = {
        "kubeconfig": str(kubeconfig.path),
        "context": "dev",
        "domain": "dev.example.org",
        "install": [],
        "containerUsage": False,
        **values,
    }
    return ClusterSettings.model_validate(document, strict=False)


def what(survey: Survey) -> list[str]:
    return [finding.what for finding in survey.problems]


def test_a_cluster_that_lacks_nothing_has_no_finding(look: Look) -> None:
    assert look() == Survey()


def test_the_context_is_asked_and_not_the_current_one(look: Look, site: ApiSite) -> None:
    look()
    assert "/version" in site.asked


def test_an_unreachable_cluster_is_one_problem_with_how_to_try(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with api_site() as site:
        kubeconfig = site.kubeconfig(tmp_path)
    kubeconfig.path.write_text(
        kubeconfig.path.read_text().replace(site.url, f"http://127.0.0.1:{port}")
    )
    found = survey(kubeconfig, settings(kubeconfig))
    assert len(found.problems) == 1
    assert "gives no answer: [Errno 111] Connection refused" in found.problems[0].what
    assert found.problems[0].mend.endswith(
        f"kubectl --kubeconfig {kubeconfig.path} --context dev version"
    )


def test_a_server_that_says_nothing_is_not_waited_for_long(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with api_site() as site:
            kubeconfig = site.kubeconfig(tmp_path)
        kubeconfig.path.write_text(kubeconfig.path.read_text().replace(site.url, server))
        asked = ApiServer(kubeconfig, answer_s=0.2)
        with pytest.raises(UnreachableError, match=r"says nothing for 0\.2 s"):
            asked.get("/version")
        asked.close()


def test_refused_credentials_are_the_only_problem(look: Look, site: ApiSite) -> None:
    site.token = "another"
    (problem,) = look().problems
    assert "does not accept the credentials of user 'me'" in problem.what
    assert problem.mend.endswith("--context dev auth whoami")


def test_a_credential_program_that_fails_is_not_taken_for_an_anonymous_user(
    look: Look, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "credentials"
    program.write_text("#!/bin/sh\necho sign in first >&2\nexit 3\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    api_version = "client.authentication.k8s.io/v1"
    user = {"exec": {"apiVersion": api_version, "command": str(program)}}
    (problem,) = look(user=user).problems
    assert problem.what.endswith("(exec: process returned 3. sign in first)")
    assert capfd.readouterr().err == ""


def test_an_old_cluster_is_the_only_problem(look: Look, site: ApiSite) -> None:
    site.objects["/version"] = {"major": "1", "minor": "30+"}
    assert what(look()) == ["the cluster runs Kubernetes 1.30; allowed: 1.31 or newer"]


def test_an_administrator_is_asked_about_once(
    look: Look, site: ApiSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, str]] = []
    real = site.allows

    def allows(*about: str) -> bool:
        asked.append(about)  # type: ignore[arg-type] # three of them
        return real(*about)

    monkeypatch.setattr(site, "allows", allows)
    look()
    assert asked == [("*", "*", "")]


def test_what_a_user_may_not_do_is_named_by_place_with_the_command_that_allows_it(
    look: Look, site: ApiSite
) -> None:
    site.allowed = {(verb, "*", "*") for verb in ("get", "list", "watch", "create", "patch")}
    site.allowed |= {("delete", "*", "autoserve"), ("delete", "*", "autoserve-data")}
    (problem,) = look(vertical="none").problems
    first, *places = problem.what.splitlines()
    assert first == f"user '{USER}' may not"
    assert [place.partition(":")[0] for place in places] == [
        "in the cluster",
        "in namespace autoserve-observability",
        "in namespace autoserve-edge",
    ]
    assert places[0].startswith("in the cluster: delete namespaces, priorityclasses.scheduling")
    assert "statefulsets.apps" in places[1]
    assert "deployments" not in problem.what
    role = "kubectl create clusterrole autoserve-operator --verb=delete --resource=namespaces,"
    assert role in problem.mend
    assert problem.mend.endswith(f"--user={USER} --clusterrole=autoserve-operator")


def test_kinds_for_which_the_same_is_denied_are_told_together(look: Look, site: ApiSite) -> None:
    site.allowed = {(verb, "*", "*") for verb in ("get", "list", "watch", "create")}
    site.allowed |= {("delete", "namespaces", ""), ("*", "*", "autoserve")}
    site.allowed |= {("*", "*", f"autoserve-{end}") for end in ("data", "observability", "edge")}
    (problem,) = look().problems
    assert problem.what.splitlines()[1:] == [
        "in the cluster: patch namespaces; patch, delete priorityclasses.scheduling.k8s.io, "
        "validatingadmissionpolicies.admissionregistration.k8s.io, "
        "validatingadmissionpolicybindings.admissionregistration.k8s.io"
    ]


def test_who_may_do_all_in_the_stacks_namespaces_needs_no_more_there(
    look: Look, site: ApiSite
) -> None:
    namespaces = ("autoserve", "autoserve-data", "autoserve-observability", "autoserve-edge")
    clusterwide = (
        "namespaces",
        "priorityclasses.scheduling.k8s.io",
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    )
    site.allowed = {("*", "*", namespace) for namespace in namespaces}
    site.allowed |= {("*", resource, "") for resource in clusterwide}
    assert look() == Survey()


def test_installing_releases_needs_the_right_to_grant_rights(look: Look, site: ApiSite) -> None:
    site.allowed = {(verb, "*", "*") for verb in ("get", "list", "watch", "create", "patch")}
    site.allowed |= {("delete", "*", "*")}
    assert look() == Survey()
    (problem,) = look(install=["cert-manager"]).problems
    assert problem.what.endswith(": bind, escalate clusterroles.rbac.authorization.k8s.io")
    assert "--clusterrole=cluster-admin" in problem.mend
    assert problem.mend.endswith("config set --path autoserve:cluster.install []")


def test_reading_the_kubelets_needs_the_right_to_grant_rights(look: Look, site: ApiSite) -> None:
    site.allowed = {(verb, "*", "*") for verb in ("get", "list", "watch", "create", "patch")}
    site.allowed |= {("delete", "*", "*")}
    (problem,) = look(containerUsage=True).problems
    assert problem.what.endswith(": bind, escalate clusterroles.rbac.authorization.k8s.io")
    assert problem.mend.endswith("config set --path autoserve:cluster.containerUsage false")
    (both,) = look(containerUsage=True, install=["cert-manager"]).problems
    assert "cluster.install [], and do without recommended resources" in both.mend


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.version)
def test_an_api_that_the_stack_does_not_install_must_be_there(
    look: Look, site: ApiSite, api: Any
) -> None:
    del site.objects[f"/apis/{api.version}"]
    (problem,) = look().problems
    assert problem.what == (
        f"the cluster does not serve {api.version}, and autoserve:cluster.install has no "
        f"{api.release!r}"
    )
    assert "--context dev apply --server-side -f https://" in problem.mend
    assert what(look(install=[api.release])) == []


def test_an_api_without_a_kind_that_is_used_is_too_old(look: Look, site: ApiSite) -> None:
    site.serve_kinds("gateway.networking.k8s.io/v1", "Gateway")
    (problem,) = look().problems
    assert "without HTTPRoute: its gateway-api is too old" in problem.what


def test_an_api_whose_server_is_down_is_told_from_one_that_is_missing(
    look: Look, site: ApiSite
) -> None:
    site.statuses["/apis/metrics.k8s.io/v1beta1"] = 503
    (problem,) = look().problems
    assert "is registered, but what serves it does not answer" in problem.what
    assert problem.mend.endswith("get apiservices")


def test_what_a_stack_does_not_use_need_not_be_there(look: Look, site: ApiSite) -> None:
    del site.objects["/apis/keda.sh/v1alpha1"], site.objects["/apis/autoscaling.k8s.io/v1"]
    assert look(scaling="hpa", vertical="none") == Survey()


def test_a_release_that_somebody_else_has_installed_is_not_installed_again(
    look: Look, site: ApiSite
) -> None:
    mark = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
    site.objects[mark] = {"metadata": {"managedFields": [{"manager": "eks-addon"}]}}
    (problem,) = look(install=["metrics-server"]).problems
    assert "'metrics-server', which the cluster has already (by eks-addon)" in problem.what
    site.objects[mark] = {"metadata": {"managedFields": [{"manager": "pulumi-kubernetes-1f"}]}}
    assert look(install=["metrics-server"]) == Survey()


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        ({"storageClass": "fast"}, "storageClass: found 'fast'; allowed: 'plain' or 'shared'"),
        ({"sharedClass": "nfs"}, "sharedClass: found 'nfs'; allowed: 'plain' or 'shared'"),
        ({"sharedClass": "shared"}, "storageClass: found '', and no class is the default one"),
    ],
)
def test_a_storage_class_must_be_there(
    look: Look, site: ApiSite, storage: dict[str, str], message: str
) -> None:
    default = DEFAULT if "and no class" not in message else {}
    site.serve_list(CLASSES, storage_class("shared"), storage_class("plain", annotations=default))
    (problem,) = look(storage=storage).problems
    assert problem.what.startswith(f"autoserve:cluster.storage.{message}")
    assert problem.mend.startswith("pulumi config set --path autoserve:cluster.storage.")


def test_folders_that_several_nodes_share_need_a_class_that_can(look: Look, site: ApiSite) -> None:
    local = storage_class("standard", "rancher.io/local-path", annotations=DEFAULT)
    site.serve_list(CLASSES, local)
    (problem,) = look().problems
    assert "which rancher.io/local-path (kind, k3s and k3d) cannot give" in problem.what
    assert look(storage={"sharedAccess": "ReadWriteOnce"}) == Survey()


def test_storage_classes_that_may_not_be_listed_are_said(look: Look, site: ApiSite) -> None:
    site.statuses[CLASSES] = 403
    assert what(look()) == ["storage classes cannot be looked at (HTTP 403)"]


@pytest.mark.parametrize("minor", ["34", "36"])
def test_a_tolerance_that_the_cluster_would_drop_is_refused(
    look: Look, site: ApiSite, minor: str
) -> None:
    # 1.33 and 1.34 show the field and drop it: their feature gate is off.
    site.objects["/version"] = {"major": "1", "minor": minor}
    if minor == "36":
        site.objects[OPENAPI] = {"components": {"schemas": {RULES_SCHEMA: {"properties": {}}}}}
    (problem,) = look().problems
    assert problem.what.startswith("autoserve:cluster.hpaTolerance: found true; allowed: false")
    assert look(hpaTolerance=False) == Survey()


def test_a_tolerance_that_is_left_unused_is_a_hint(look: Look) -> None:
    found = look(hpaTolerance=False)
    assert found.problems == ()
    assert [hint.mend for hint in found.hints] == [
        "pulumi config set --path autoserve:cluster.hpaTolerance true"
    ]


@pytest.mark.parametrize(
    ("daemonsets", "hint"),
    [
        (["kube-flannel-ds"], "this cluster runs kube-flannel-ds, and flannel ignores"),
        (["aws-node"], "whether this cluster enforces NetworkPolicies cannot be told"),
        ([], "whether this cluster enforces NetworkPolicies cannot be told"),
        (["kube-flannel-ds", "calico-node"], None),
    ],
)
def test_a_network_plug_in_that_ignores_policies_is_a_hint(
    look: Look, site: ApiSite, daemonsets: list[str], hint: str | None
) -> None:
    site.serve_list(DAEMONSETS, *({"metadata": {"name": name}} for name in daemonsets))
    found = look()
    assert found.problems == ()
    assert [each.what.startswith(hint or "") for each in found.hints] == ([True] if hint else [])


def test_labels_that_no_node_has_are_a_hint(look: Look, site: ApiSite) -> None:
    site.serve_list("/api/v1/nodes")
    (hint,) = look(nodeLabels={"pool": "apps"}).hints
    assert "no node has pool=apps now" in hint.what
    site.serve_list("/api/v1/nodes", {"metadata": {"name": "a"}})
    assert look(nodeLabels={"pool": "apps"}) == Survey()


@pytest.mark.parametrize("mode", ["Initial", "Recreate", "InPlaceOrRecreate"])
def test_vpa_can_change_pods_only_with_its_admission_controller(
    look: Look, site: ApiSite, mode: str
) -> None:
    (problem,) = look(vertical=mode).problems
    assert f"autoserve:cluster.vertical: found {mode!r}, which needs" in problem.what
    assert look(vertical="Off") == Survey()
    site.objects[VPA_WEBHOOK] = {"metadata": {"name": "vpa-webhook-config"}}
    assert look(vertical=mode) == Survey()


def test_every_problem_is_found_at_once(look: Look, site: ApiSite) -> None:
    del site.objects["/apis/keda.sh/v1alpha1"]
    site.serve_list(CLASSES)
    site.objects[OPENAPI] = {}
    assert len(look().problems) == 3


def test_a_namespace_of_others_is_not_taken_over(look: Look, site: ApiSite) -> None:
    ours = {"labels": {"app.kubernetes.io/part-of": "autoserve"}}
    site.objects["/api/v1/namespaces/autoserve"] = {"metadata": ours}
    assert look().problems == ()
    site.objects["/api/v1/namespaces/autoserve-data"] = {"metadata": {"labels": {"team": "x"}}}
    (problem,) = look().problems
    assert "autoserve:cluster.namespace: found 'autoserve'" in problem.what
    assert "namespace autoserve-data is there and not ours" in problem.what
    assert "delete namespace autoserve-data" in problem.mend
