"""Rules about RBAC: each account may do what it is named for, and cannot give itself more."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.policy.inventory import Inventory
from infra.policy.manifests import (
    Manifest,
    dig,
    entries,
    kind_of,
    labels_of,
    mapping,
    name_of,
    namespace_of,
    words,
)
from infra.policy.pod_rule import in_pod
from infra.policy.rule import Violation, rule, set_rule

__all__ = ["RULES"]

ROLES = ("Role", "ClusterRole")
BINDINGS = ("RoleBinding", "ClusterRoleBinding")
READING = ("get", "list", "watch")
# Each lets its holder act with rights that it was not given.
ESCALATING_VERBS = ("escalate", "bind", "impersonate")
ESCALATING_RESOURCES = ("serviceaccounts/token", "pods/exec", "pods/attach", "nodes/proxy")
# Roles that a cluster brings. cluster-admin, admin and edit are refused by name.
BUILT_IN_ROLE = ("Role", "kube-system", "extension-apiserver-authentication-reader")
BROAD_ROLES = ("cluster-admin", "admin", "edit")
AGGREGATED = "rbac.authorization.k8s.io/aggregate-to-"


@rule(
    "rbac-wildcard",
    meaning="A role names its verbs, resources and groups: * grows with every new resource.",
    remedy="List what is needed.",
)
def wildcard(manifest: Manifest) -> Iterator[Violation]:
    for path, given in _grants(manifest):
        for field in ("apiGroups", "resources", "verbs", "nonResourceURLs"):
            if any("*" in each for each in words(given.get(field))):
                yield Violation(manifest, f"{path}.{field}", given[field], "names, without *")


@rule(
    "rbac-escalation",
    meaning="No role lets its holder take rights that it was not given.",
    remedy="Remove the verb or the resource.",
)
def escalation(manifest: Manifest) -> Iterator[Violation]:
    for path, given in _grants(manifest):
        for field, refused in (("verbs", ESCALATING_VERBS), ("resources", ESCALATING_RESOURCES)):
            found = [each for each in words(given.get(field)) if each in refused]
            if found:
                yield Violation(manifest, f"{path}.{field}", found, f"none of {', '.join(refused)}")


@rule(
    "rbac-broad-role",
    meaning="Nobody is bound to cluster-admin, admin or edit: they read and write Secrets.",
    remedy="Bind a role that lists what is needed.",
)
def broad_role(manifest: Manifest) -> Iterator[Violation]:
    if kind_of(manifest) in BINDINGS:
        name = dig(manifest, "roleRef", "name")
        if dig(manifest, "roleRef", "kind") == "ClusterRole" and name in BROAD_ROLES:
            yield Violation(manifest, "roleRef.name", name, f"none of {', '.join(BROAD_ROLES)}")


@rule(
    "rbac-subject-named",
    meaning="Rights are given to ServiceAccounts by name, never to groups that anybody is in.",
    remedy="Name the ServiceAccount.",
)
def subject_named(manifest: Manifest) -> Iterator[Violation]:
    for path, subject in entries(manifest, "subjects") if kind_of(manifest) in BINDINGS else ():
        name = str(subject.get("name"))
        is_group = subject.get("kind") == "Group" and name.startswith("system:")
        if is_group or name == "system:anonymous":
            yield Violation(manifest, f"{path}.name", name, "a ServiceAccount")


@set_rule(
    "rbac-secrets",
    meaning="Nobody reads the Secrets of the whole cluster.",
    remedy="Use a Role in the namespace, with resourceNames.",
)
def secrets(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds("ClusterRole"):
        if not _is_cluster_wide(inventory, manifest):
            continue
        for path, given in _grants(manifest):
            named = {"secrets", "*"} & set(words(given.get("resources")))
            core = {"", "*"} & set(words(given.get("apiGroups")))
            verbs = [each for each in words(given.get("verbs")) if each in (*READING, "*")]
            if named and core and verbs:
                yield Violation(manifest, f"{path}.verbs", verbs, "none of get, list, watch")


@set_rule(
    "rbac-role-exists",
    meaning="The role of every binding exists.",
    remedy="Declare the role, or correct roleRef.",
)
def role_exists(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds(*BINDINGS):
        kind, name = (str(dig(manifest, "roleRef", part)) for part in ("kind", "name"))
        namespace = "" if kind == "ClusterRole" else namespace_of(manifest)
        is_built_in = (kind, namespace, name) == BUILT_IN_ROLE or (
            kind == "ClusterRole" and (name.startswith("system:") or name in ("view", *BROAD_ROLES))
        )
        if not is_built_in and inventory.get(kind, namespace, name) is None:
            allowed = " or ".join(inventory.names(kind, namespace)) or f"a declared {kind}"
            yield Violation(manifest, "roleRef.name", dig(manifest, "roleRef", "name"), allowed)


@set_rule(
    "rbac-subject-exists",
    meaning="The ServiceAccounts of every binding exist.",
    remedy="Declare the ServiceAccount, or correct the subject.",
)
def subject_exists(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds(*BINDINGS):
        for path, subject in entries(manifest, "subjects"):
            namespace = str(subject.get("namespace") or namespace_of(manifest))
            is_account = subject.get("kind") == "ServiceAccount"
            name = subject.get("name")
            if is_account and not inventory.get("ServiceAccount", namespace, name):
                there = " or ".join(inventory.names("ServiceAccount", namespace))
                allowed = there or f"a ServiceAccount in {namespace}"
                yield Violation(manifest, f"{path}.name", name, allowed)


@set_rule(
    "pod-token",
    meaning="A pod has a token of the API only where its ServiceAccount is bound to a role.",
    remedy="Set automountServiceAccountToken to false.",
)
def token(inventory: Inventory) -> Iterator[Violation]:
    bound = {
        (str(subject.get("namespace") or namespace_of(binding)), str(subject.get("name")))
        for binding in inventory.kinds(*BINDINGS)
        for _, subject in entries(binding, "subjects")
        if subject.get("kind") == "ServiceAccount"
    }
    for pod in inventory.pods:
        name = str(pod.spec.get("serviceAccountName") or "default")
        account = inventory.get("ServiceAccount", pod.namespace, name)
        found = pod.spec.get("automountServiceAccountToken")
        in_force = mapping(account).get("automountServiceAccountToken") if found is None else found
        if in_force is not False and (pod.namespace, name) not in bound:
            allowed = f"false, since {name} is bound to no role"
            yield in_pod(pod, "automountServiceAccountToken", in_force, allowed)


RULES = (
    wildcard,
    escalation,
    broad_role,
    subject_named,
    secrets,
    role_exists,
    subject_exists,
    token,
)


def _grants(manifest: Manifest) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return entries(manifest, "rules") if kind_of(manifest) in ROLES else iter(())


def _is_cluster_wide(inventory: Inventory, role: Manifest) -> bool:
    """Bound for all namespaces, or part of a role that the cluster binds so."""
    if any(label.startswith(AGGREGATED) for label in labels_of(role)):
        return True
    return any(
        dig(binding, "roleRef", "name") == name_of(role)
        for binding in inventory.kinds("ClusterRoleBinding")
    )
