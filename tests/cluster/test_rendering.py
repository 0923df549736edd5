"""What every stack renders, judged by the tools that others judge manifests by."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.rendering.document import document
from infra.rendering.render import render
from infra.toolchain import cluster
from tests.cluster.control_plane import ControlPlane
from tests.cluster.definitions import install_definitions
from tests.cluster.findings import (
    Finding,
    checkov_findings,
    files_of,
    kube_score_findings,
    kubeconform_findings,
)
from tests.cluster.schemas import write_schemas
from tests.cluster.waived_findings import WAIVERS, Waiver, unused, unwaived
from tests.contracts.programs import PROGRAMS, recorded

SHORTEST_REASON = 30  # characters: a sentence
WORKLOAD: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "bad", "namespace": "shop"},
    "spec": {
        "selector": {"matchLabels": {"app": "bad"}},
        "template": {
            "metadata": {"labels": {"app": "bad"}},
            "spec": {"containers": [{"name": "bad", "image": "bad:latest"}]},
        },
    },
}


@pytest.fixture(scope="module")
def renderings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of each program's rendering, all below one."""
    root = tmp_path_factory.mktemp("renderings")
    folders = {name: root / name.replace(" ", "-") for name in PROGRAMS}
    for name, folder in folders.items():
        render(recorded(name), folder)
    return folders


@pytest.fixture(scope="module")
def schemas(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Path:
    install_definitions(control_plane.admin)
    folder = tmp_path_factory.mktemp("schemas")
    assert write_schemas(control_plane.admin, folder) > 100
    return folder


@pytest.fixture(scope="module")
def findings(renderings: dict[str, Path]) -> set[Finding]:
    """What kube-score and checkov find in any of the programs."""
    # kube-score looks at how objects fit together, so it gets one program at a time.
    found = checkov_findings(renderings["prod"].parent)
    for folder in renderings.values():
        found |= kube_score_findings(folder)
    return found


def written(folder: Path, *manifests: dict[str, Any]) -> Path:
    for number, manifest in enumerate(manifests):
        file = folder / "shop" / f"{number}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(document(manifest))
    return folder


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_object_fits_the_schema_of_its_kind(
    program: str, renderings: dict[str, Path], schemas: Path
) -> None:
    assert kubeconform_findings(renderings[program], schemas) == set()


def test_every_object_is_looked_at(renderings: dict[str, Path], schemas: Path) -> None:
    files = files_of(renderings["prod"])
    assert len(files) == len(recorded("prod").manifests)
    command = [str(cluster.program("kubeconform")), "-summary", "-ignore-missing-schemas"]
    command += ["-schema-location", str(schemas), *map(str, files)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert f"{len(files)} resources found in {len(files)} files" in shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"replcas": 2}, "replcas", id="unknown-field"),
        pytest.param({"replicas": "2"}, "replicas", id="wrong-type"),
        pytest.param({"selector": None}, "selector", id="missing-field"),
    ],
)
def test_a_wrong_field_is_found(
    change: dict[str, Any], said: str, schemas: Path, tmp_path: Path
) -> None:
    spec = {key: value for key, value in {**WORKLOAD["spec"], **change}.items() if value}
    (found,) = kubeconform_findings(written(tmp_path, {**WORKLOAD, "spec": spec}), schemas)
    assert (found.check, found.object) == ("statusInvalid", "Deployment shop/bad")
    assert said in found.says


def test_a_wrong_field_of_a_custom_resource_is_found(schemas: Path, tmp_path: Path) -> None:
    scaled: dict[str, Any] = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "bad", "namespace": "shop"},
        "spec": {"scaleTargetRef": {"name": "api"}, "triggers": [], "minReplicas": 1},
    }
    unknown = {**scaled, "kind": "ScaledThing"}
    found = kubeconform_findings(written(tmp_path, scaled, unknown), schemas)
    assert {each.check for each in found} == {"statusInvalid", "statusError"}


def test_no_finding_is_without_a_reason(findings: set[Finding]) -> None:
    assert unwaived(findings, WAIVERS) == []


def test_every_waiver_is_needed(findings: set[Finding]) -> None:
    assert unused(findings, WAIVERS) == []


def test_every_waiver_has_a_reason() -> None:
    assert [waiver for waiver in WAIVERS if len(waiver.reason) < SHORTEST_REASON] == []


def test_a_bad_workload_is_found_by_both_tools(tmp_path: Path) -> None:
    folder = written(tmp_path, WORKLOAD)
    found = kube_score_findings(folder) | checkov_findings(folder)
    assert {"container-image-tag", "CKV_K8S_14", "CKV_K8S_20"} <= {each.check for each in found}
    assert {each.object for each in found} == {"Deployment shop/bad"}
    assert [each for each in unwaived(found, WAIVERS) if each.check == "container-image-tag"]


def test_a_waiver_covers_what_it_names_and_no_more() -> None:
    waiver = Waiver(
        tool="checkov", checks=("A", "B"), objects=("Job shop/*", "Pod *"), reason="because"
    )
    mine = Finding("checkov", "A", "Job shop/one", "")
    others = [
        Finding("kube-score", "A", "Job shop/one", ""),
        Finding("checkov", "C", "Job shop/one", ""),
        Finding("checkov", "A", "Job other/one", ""),
    ]
    assert unwaived([mine, *others], [waiver]) == sorted(others)
    assert unused([mine, *others], [waiver]) == ["checkov B", "checkov A, B for Pod *"]
