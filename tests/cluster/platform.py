"""The platform itself on a test cluster: what a stack's program declares, applied as it is.

What is applied are the rendered files, one by one in the order in which the program declares them.
They hold no secret values; who applies them fills those in, which here are the recording's.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import yaml

from infra.kubernetes.names import NAME_LABEL
from infra.rendering.recording import Recording, record
from infra.rendering.render import texts
from infra.rendering.values import revealed
from infra.settings import Settings
from infra.stack_settings import settings_of
from tests.cluster.client import Client, Manifest, describe, has_condition
from tests.cluster.waiting import wait_for
from tests.contracts.programs import declare

__all__ = ["Key", "Platform", "given_volumes", "key_of", "program"]

Key = tuple[str, str, str]
AVAILABLE_S = 60.0
GONE_S = 60.0
NOTHING_PROVISIONS = "kubernetes.io/no-provisioner"


def program(stack: str, **changes: Any) -> Recording:
    """What the program of a stack declares; ``changes`` are settings as in its file."""
    whole = settings_of(stack).model_dump(by_alias=True, mode="json", exclude_unset=True)
    settings = Settings.model_validate_json(json.dumps(_merged(whole, changes)))
    return record(declare(settings), stack=stack)


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    both = old.keys() & new.keys()
    inner = {key: _merged(old[key], new[key]) for key in both if isinstance(new[key], Mapping)}
    return {**old, **new, **inner}


class Platform:
    """The objects of a recording in a cluster; `apply` puts them there, `delete` removes them."""

    def __init__(self, admin: Client, recording: Recording) -> None:
        self.admin, self.recording = admin, recording
        self.objects = _objects(recording)

    @property
    def namespaces(self) -> list[str]:
        """In the order of their declaration: the one of the services is the first."""
        return [each["metadata"]["name"] for each in self.of_kind("Namespace")]

    def of_kind(self, *kinds: str) -> list[Manifest]:
        return [each for each in self.objects if each["kind"] in kinds]

    def one(self, kind: str, name: str) -> Manifest:
        """The one object of a kind and a name, as it is declared."""
        (found,) = (each for each in self.of_kind(kind) if each["metadata"]["name"] == name)
        return found

    def apply(self) -> None:
        for manifest in self.objects:
            self.admin.apply(manifest)

    def replace(self, recording: Recording) -> None:
        """Apply another recording, then remove what that one no longer has: an update."""
        before, self.recording = self.objects, recording
        self.objects = _objects(recording)
        self.apply()
        kept = {key_of(each) for each in self.objects}
        for manifest in before:
            if key_of(manifest) not in kept:
                self._delete(manifest)

    def delete(self) -> None:
        """Remove the namespaces and what is outside of them, and wait until it is gone."""
        outside = [each for each in self.objects if "namespace" not in each["metadata"]]
        for manifest in reversed(outside):
            self._delete(manifest)
        wait_for(
            "everything is gone",
            lambda: not any(map(self.live, outside)),
            timeout_s=GONE_S,
            seen=lambda: [found["status"] for each in outside if (found := self.live(each))],
        )

    def live(self, manifest: Manifest) -> Manifest | None:
        """The object as the cluster has it now; none where it is not there."""
        metadata = manifest["metadata"]
        version, kind = manifest["apiVersion"], manifest["kind"]
        return self.admin.find(version, kind, metadata["name"], metadata.get("namespace"))

    def pods(self, name: str = "") -> list[Manifest]:
        """The pods that are there and stay, of one service or of all."""
        labels = f"{NAME_LABEL}={name}" if name else ""
        return [
            pod
            for namespace in self.namespaces
            for pod in self.admin.list("v1", "Pod", namespace, labels=labels)
            if "deletionTimestamp" not in pod["metadata"]
        ]

    def running(self) -> dict[str, set[str]]:
        """By workload, the identities of its pods."""
        return {
            each["metadata"]["name"]: {
                pod["metadata"]["uid"] for pod in self.pods(each["metadata"]["name"])
            }
            for each in self.of_kind("Deployment", "StatefulSet")
        }

    def scale(self, name: str, replicas: int) -> None:
        """Tell a Deployment its replicas, as an autoscaler does: somebody other than `apply`."""
        path = self.admin.path("apps/v1", "Deployment", name, self.namespaces[0]) + "/scale"
        self.admin.request(
            "PATCH",
            path,
            {"spec": {"replicas": replicas}},
            params={"fieldManager": "an-autoscaler"},
            headers={"Content-Type": "application/merge-patch+json"},
        )

    def replicas(self, name: str) -> int:
        """What a Deployment is told to have."""
        live = self.admin.get("apps/v1", "Deployment", name, self.namespaces[0])
        return int(live["spec"]["replicas"])

    def wait_until_available(self) -> None:
        """Wait until every workload runs as declared, jobs are done and claims are bound."""
        wait_for(
            "the platform is available",
            lambda: not self.unavailable(),
            timeout_s=AVAILABLE_S,
            seen=lambda: (
                f"not {self.unavailable()}"
                + "".join(describe(self.admin, name) for name in self.namespaces)
            ),
        )

    def unavailable(self) -> list[str]:
        """What is not there, or not yet as it is declared."""
        checks = {
            # First: it changes what the Deployments are told to have.
            "HorizontalPodAutoscaler": _has_its_minimum,
            "Deployment": _is_rolled_out,
            "StatefulSet": _is_rolled_out,
            "Job": lambda job: has_condition(job, "Complete"),
            "PersistentVolumeClaim": _is_bound,
        }
        found = [
            f"{each['kind']} {each['metadata']['name']}"
            for kind in checks
            for each in self.of_kind(kind)
            if (live := self.live(each)) is None or not checks[each["kind"]](live)
        ]
        claims = self.admin.list("v1", "PersistentVolumeClaim")
        ours = [each for each in claims if each["metadata"]["namespace"] in self.namespaces]
        return [*found, *(each["metadata"]["name"] for each in ours if not _is_bound(each))]

    def _delete(self, manifest: Manifest) -> None:
        metadata = manifest["metadata"]
        version, kind = manifest["apiVersion"], manifest["kind"]
        self.admin.delete(version, kind, metadata["name"], metadata.get("namespace"))


def key_of(manifest: Manifest) -> Key:
    """Kind, namespace and name."""
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]


@contextmanager
def given_volumes(admin: Client, recording: Recording) -> Iterator[None]:
    """The storage classes that a stack names, with a volume for each of its claims."""
    claims = [each for each in _claims(recording) if "storageClassName" in each]
    made = [
        *(_storage_class(name) for name in sorted({each["storageClassName"] for each in claims})),
        *(_volume(f"given-{uuid4()}", claim) for claim in claims),
    ]
    for manifest in made:
        admin.apply(manifest)
    yield
    for manifest in made:
        admin.delete(manifest["apiVersion"], manifest["kind"], manifest["metadata"]["name"])


def _claims(recording: Recording) -> Iterator[Manifest]:
    for manifest in _objects(recording):
        if manifest["kind"] == "PersistentVolumeClaim":
            yield manifest["spec"]
        elif manifest["kind"] == "StatefulSet":
            yield from (each["spec"] for each in manifest["spec"]["volumeClaimTemplates"])


def _storage_class(name: str) -> Manifest:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": NOTHING_PROVISIONS,
    }


def _volume(name: str, claim: Manifest) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "accessModes": claim["accessModes"],
            "capacity": claim["resources"]["requests"],
            "storageClassName": claim["storageClassName"],
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": "/nowhere"},  # its pods are simulated
        },
    }


def _objects(recording: Recording) -> list[Manifest]:
    rendered = (yaml.safe_load(text) for text in texts(recording).values())
    files = {key_of(each): each for each in rendered}
    declared = (each.manifest for each in recording.resources.values())
    return [_filled(files[key_of(each)], each) for each in declared if each is not None]


def _filled(file: Manifest, declared: Manifest) -> Manifest:
    if file["kind"] != "Secret":
        return file
    return {**file, "stringData": revealed(declared["stringData"])}


def _is_rolled_out(workload: Manifest) -> bool:
    """Every replica is of the newest version and ready, and no other is left."""
    status, wanted = workload["status"], workload["spec"]["replicas"]
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    is_seen = status.get("observedGeneration") == workload["metadata"]["generation"]
    # A set that has rolled out says so by its revisions too, somewhat later than by its counts.
    is_settled = status.get("currentRevision") == status.get("updateRevision")
    return is_seen and is_settled and all(status.get(count, 0) == wanted for count in counts)


def _has_its_minimum(autoscaler: Manifest) -> bool:
    wanted: int = autoscaler.get("status", {}).get("desiredReplicas", 0)
    return wanted >= int(autoscaler["spec"]["minReplicas"])


def _is_bound(claim: Manifest) -> bool:
    return bool(claim["status"].get("phase") == "Bound")
