"""What kubeconform, kube-score and checkov find in the files of a rendering, in one form."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.rendering.stable_names import title
from infra.toolchain import checkov, cluster
from tests.cluster.schemas import LOCATION

__all__ = ["Finding", "checkov_findings", "files_of", "kube_score_findings", "kubeconform_findings"]

KUBERNETES = "v1.36"  # of the test cluster: kube-score asks which versions of kinds are out
FINE = 10  # kube-score's grade
TIMEOUT_S = 120


@dataclass(frozen=True, order=True)
class Finding:
    """One objection of a tool to one object."""

    tool: str
    check: str
    object: str
    says: str


def files_of(folder: Path) -> list[Path]:
    """The files that hold objects: all but the reference to the releases of others."""
    return sorted(file for file in folder.glob("*/*.yaml") if file.parent.name != "releases")


def kubeconform_findings(folder: Path, schemas: Path) -> set[Finding]:
    """Objects that do not fit the schema of their kind, or have none."""
    location = f"{schemas}/{LOCATION}"
    command = [str(cluster.program("kubeconform")), "-strict", "-output", "json"]
    report = _json([*command, "-schema-location", location, *map(str, files_of(folder))])
    return {
        Finding("kubeconform", each["status"], _title(Path(each["filename"])), each["msg"])
        for each in report["resources"]
    }


def kube_score_findings(folder: Path) -> set[Finding]:
    """Whatever does not have the best grade, but for what an annotation says to ignore."""
    command = [str(cluster.program("kube-score")), "score", "--kubernetes-version", KUBERNETES]
    report = _json([*command, "--output-format", "json", *map(str, files_of(folder))])
    return {
        Finding("kube-score", check["check"]["id"], _title(Path(item["file_name"])), says)
        for item in report
        for check in item["checks"]
        if check["grade"] < FINE and not check["skipped"]
        for says in _comments(check)
    }


def checkov_findings(folder: Path) -> set[Finding]:
    """Every failed check of the Kubernetes framework, without a look at the network."""
    command = [*checkov.install(), "--framework", "kubernetes", "--skip-download", "--quiet"]
    report = _json([*command, "--compact", "--output", "json", "--directory", str(folder)])
    if not report["summary"]["passed"] or report["summary"]["parsing_errors"]:
        raise AssertionError(f"checkov has not read the rendering: {report['summary']}")
    return {
        Finding(
            "checkov",
            each["check_id"],
            _title(folder / each["file_path"].lstrip("/")),
            each["check_name"],
        )
        for each in report["results"]["failed_checks"]
    }


def _comments(check: dict[str, Any]) -> Iterator[str]:
    for comment in check["comments"] or [{}]:
        yield comment.get("summary") or check["check"]["name"]


def _json(command: list[str]) -> Any:
    """What a tool prints; its exit code says only whether that has findings."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S, cwd="/"
    )
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise AssertionError(f"{command[0]} said no JSON: {done.stdout}{done.stderr}") from error


def _title(file: Path) -> str:
    return title(yaml.safe_load(file.read_text()))
