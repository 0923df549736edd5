"""Whole cluster programs, recorded once per setting, for tests that look at parts of them."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from infra.kubernetes.cluster import Cluster
from infra.program import build
from infra.rendering.recording import Manifest, Recording, record
from infra.settings import Settings

__all__ = ["container", "found", "of", "pod"]

NEEDED = {"kubeconfig": "~/.kube/config", "context": "dev", "domain": "dev.example.org"}


def of(cluster: Mapping[str, Any] | None = None, **settings: Any) -> Recording:
    """The program of a stack, run as an update; arguments are settings as they stand in a file."""
    return _recorded(json.dumps(NEEDED | dict(cluster or {})), json.dumps(settings))


@cache
def _recorded(cluster: str, settings: str) -> Recording:
    values = {f"autoserve:{key}": json.dumps(value) for key, value in json.loads(settings).items()}
    loaded = Settings.load(values | {"autoserve:cluster": cluster})
    place = Cluster(kubeconfig="/kubeconfig", context="dev", versions={"app": "1", "scaler": "1"})
    return record(lambda: build(loaded, cluster=place), stack="dev")


def found(recording: Recording, kind: str, name: str) -> Manifest:
    """The one object of that kind and name.

    Raises:
        LookupError: there is none, or more than one.
    """
    matching = [
        each
        for each in recording.manifests
        if each["kind"] == kind and each["metadata"]["name"] == name
    ]
    if len(matching) != 1:
        raise LookupError(f"{len(matching)} objects are {kind} {name}")
    return matching[0]


def pod(recording: Recording, name: str, kind: str = "Deployment") -> dict[str, Any]:
    spec: dict[str, Any] = found(recording, kind, name)["spec"]["template"]["spec"]
    return spec


def container(recording: Recording, name: str, kind: str = "Deployment") -> dict[str, Any]:
    first: dict[str, Any] = pod(recording, name, kind)["containers"][0]
    return first
