"""How rules read a manifest: its name, its pods, its containers, and the paths that lead there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "CLUSTER_KINDS",
    "CONTROLLERS",
    "LONG_RUNNING",
    "Container",
    "Manifest",
    "Pod",
    "annotations_of",
    "dig",
    "entries",
    "kind_of",
    "labels_of",
    "mapping",
    "name_of",
    "namespace_of",
    "pods_of",
    "resource_name",
    "text",
    "words",
]

Manifest = Mapping[str, Any]

POD_PATHS = {
    "Pod": "",
    "Deployment": "spec.template",
    "StatefulSet": "spec.template",
    "DaemonSet": "spec.template",
    "ReplicaSet": "spec.template",
    "Rollout": "spec.template",
    "Job": "spec.template",
    "CronJob": "spec.jobTemplate.spec.template",
}
CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout")
LONG_RUNNING = (*CONTROLLERS, "Pod")
CLUSTER_KINDS = frozenset(
    {
        "APIService",
        "ClusterIssuer",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTriggerAuthentication",
        "CustomResourceDefinition",
        "GatewayClass",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)


def dig(value: Any, *path: str) -> Any:
    """What stands at a path of keys, None where any part of it is absent."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def entries(value: Any, *path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of a list at a path, each with its own path (``spec.rules[0]``)."""
    found = dig(value, *path)
    for index, item in enumerate(found if isinstance(found, list | tuple) else ()):
        if isinstance(item, Mapping):
            yield f"{'.'.join(path)}[{index}]", item


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one: absent, unknown or malformed."""
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str:
    """The value where it is text, else "": absent, unknown or secret."""
    return value if isinstance(value, str) else ""


def words(value: Any) -> list[str]:
    """The texts of a list; none where it is no list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def kind_of(manifest: Manifest) -> str:
    return text(manifest.get("kind"))


def name_of(manifest: Manifest) -> str:
    """The name, "" where it is the provider's to choose or not known yet."""
    return text(dig(manifest, "metadata", "name"))


def namespace_of(manifest: Manifest) -> str:
    """The namespace; "default" where none is given, "" for kinds without."""
    if kind_of(manifest) in CLUSTER_KINDS:
        return ""
    return text(dig(manifest, "metadata", "namespace")) or "default"


def labels_of(manifest: Manifest) -> Mapping[str, str]:
    return mapping(dig(manifest, "metadata", "labels"))


def annotations_of(manifest: Manifest) -> Mapping[str, str]:
    return mapping(dig(manifest, "metadata", "annotations"))


def resource_name(manifest: Manifest) -> str:
    """``Kind namespace/name``, as messages call a resource."""
    name, namespace = name_of(manifest) or "(auto-named)", namespace_of(manifest)
    return f"{kind_of(manifest)} {namespace}/{name}" if namespace else f"{kind_of(manifest)} {name}"


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of a pod, and the path to it."""

    pod: "Pod"
    path: str
    spec: Mapping[str, Any]
    is_init: bool


@dataclass(frozen=True, kw_only=True)
class Pod:
    """The pod that a resource is, or makes."""

    manifest: Manifest
    template: str  # path of its template, "" where the resource is the pod
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]

    @property
    def path(self) -> str:
        return f"{self.template}.spec" if self.template else "spec"

    @property
    def labels(self) -> Mapping[str, str]:
        return mapping(self.metadata.get("labels"))

    @property
    def namespace(self) -> str:
        return namespace_of(self.manifest)

    def containers(self) -> Iterator[Container]:
        """All of them, in the order in which they start."""
        for group in ("initContainers", "containers", "ephemeralContainers"):
            for path, spec in entries(self.spec, group):
                where = f"{self.path}.{path}"
                yield Container(pod=self, path=where, spec=spec, is_init=group == "initContainers")


def pods_of(manifest: Manifest) -> Iterator[Pod]:
    """The pod of a resource, if it is or makes one."""
    template = POD_PATHS.get(kind_of(manifest))
    if template is None:
        return
    holder = dig(manifest, *template.split(".")) if template else manifest
    if isinstance(holder, Mapping):  # a Rollout may refer to a Deployment instead
        yield Pod(
            manifest=manifest,
            template=template,
            metadata=mapping(holder.get("metadata")),
            spec=mapping(holder.get("spec")),
        )
