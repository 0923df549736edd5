"""Rules about names: short enough for what is made of them, valid, and used once."""

import re
from collections.abc import Iterator

from infra.policy.inventory import Inventory
from infra.policy.manifests import (
    Manifest,
    entries,
    kind_of,
    labels_of,
    name_of,
    namespace_of,
    pods_of,
    text,
)
from infra.policy.rule import Violation, rule, set_rule

__all__ = ["RULES"]

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
# Roles may hold colons (system:...): they are path segments, not DNS names.
PATH_SEGMENT_KINDS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
LABEL_KINDS = ("Namespace", "Service")
LABEL_VALUE = re.compile(r"|[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
LABEL_KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
SUBDOMAIN_LIMIT = 253
LABEL_LIMIT = 63
# Names of what a controller makes are its own name and a suffix, and end up in labels of 63.
MADE_FROM = {
    "CronJob": 63 - len("-12345678901"),  # the minute of the Job
    "StatefulSet": 63 - len("-1234567890"),  # the hash of a revision
    "Deployment": 63 - len("-1234567890-12345"),  # the hash of a template, and the pod's own
    "Job": 63,
}


@rule(
    "name-valid",
    meaning="Every name is one that the API and DNS accept, with room for what is made of it.",
    remedy="Use lower-case letters, digits and dashes, and shorten the name.",
)
def valid(manifest: Manifest) -> Iterator[Violation]:
    name, kind = name_of(manifest), kind_of(manifest)
    if not name or kind in PATH_SEGMENT_KINDS:
        return
    is_label = kind in LABEL_KINDS or any(pods_of(manifest))
    limit = MADE_FROM.get(kind, LABEL_LIMIT if is_label else SUBDOMAIN_LIMIT)
    pattern = LABEL if is_label else SUBDOMAIN
    if len(name) > limit or not pattern.fullmatch(name):
        letters = "a-z, 0-9 and -" if is_label else "a-z, 0-9, - and ."
        yield Violation(manifest, "metadata.name", name, f"at most {limit} of {letters}")


@rule(
    "name-label",
    meaning="Keys and values of labels are ones that the API accepts.",
    remedy="Use at most 63 letters, digits, dashes, dots and underscores.",
)
def label(manifest: Manifest) -> Iterator[Violation]:
    places = [("metadata.labels", labels_of(manifest))]
    places += [
        (f"{pod.template}.metadata.labels", pod.labels) for pod in pods_of(manifest) if pod.template
    ]
    for field, labels in places:
        for key, value in labels.items():
            if not LABEL_KEY.fullmatch(key) or not LABEL_VALUE.fullmatch(text(value)):
                allowed = "[prefix/]name: value, each of at most 63 letters, digits, -, . and _"
                yield Violation(manifest, f"{field}[{key}]", value, allowed)


@rule(
    "name-port",
    meaning="Names of ports are ones that the API accepts.",
    remedy="Use at most 15 lower-case letters, digits and dashes.",
)
def port(manifest: Manifest) -> Iterator[Violation]:
    found = [
        (f"{container.path}.{path}", each)
        for pod in pods_of(manifest)
        for container in pod.containers()
        for path, each in entries(container.spec, "ports")
    ]
    if kind_of(manifest) == "Service":
        found += entries(manifest, "spec", "ports")
        if len(found) > 1:
            for path, each in found:
                if not each.get("name"):
                    yield Violation(manifest, f"{path}.name", None, "a name, where ports are many")
    for path, each in found:
        name = each.get("name")
        if isinstance(name, str) and not PORT_NAME.fullmatch(name):
            yield Violation(manifest, f"{path}.name", name, "at most 15 of a-z, 0-9 and -")


@set_rule(
    "name-unique",
    meaning="No two resources have the same kind, namespace and name: the second apply would "
    "overwrite the first.",
    remedy="Rename one of them.",
)
def unique(inventory: Inventory) -> Iterator[Violation]:
    seen: set[tuple[str, str, str, str]] = set()
    for manifest in inventory:
        group = text(manifest.get("apiVersion")).rpartition("/")[0]
        identity = (group, kind_of(manifest), namespace_of(manifest), name_of(manifest))
        if name_of(manifest) and identity in seen:
            yield Violation(manifest, "metadata.name", name_of(manifest), "a name not used yet")
        seen.add(identity)


RULES = (valid, label, port, unique)
