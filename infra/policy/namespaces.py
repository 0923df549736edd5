"""Rules about namespaces: nothing in one is privileged, reachable or greedy by default."""

from collections.abc import Iterator

from infra.policy.inventory import Inventory
from infra.policy.manifests import (
    CLUSTER_KINDS,
    Manifest,
    dig,
    entries,
    kind_of,
    labels_of,
    mapping,
    name_of,
    namespace_of,
    pods_of,
    words,
)
from infra.policy.rule import Violation, rule, set_rule

__all__ = ["RULES"]

ENFORCE = "pod-security.kubernetes.io/enforce"
QUOTAS = ("requests.cpu", "limits.memory", "pods")
DIRECTIONS = ("Egress", "Ingress")
NAMESPACED = ("ConfigMap", "Secret", "Service", "NetworkPolicy", "Role", "RoleBinding")


@rule(
    "namespace-pod-security",
    meaning="Every namespace refuses pods that do not meet Pod Security restricted.",
    remedy=f"Label the namespace {ENFORCE}: restricted.",
)
def pod_security(manifest: Manifest) -> Iterator[Violation]:
    if kind_of(manifest) == "Namespace" and labels_of(manifest).get(ENFORCE) != "restricted":
        found = labels_of(manifest).get(ENFORCE)
        yield Violation(manifest, f"metadata.labels[{ENFORCE}]", found, "restricted")


@set_rule(
    "namespace-default-deny",
    meaning="In every namespace traffic is refused both ways unless a policy allows it.",
    remedy="Declare a NetworkPolicy for all pods, with both policyTypes and no rule.",
)
def default_deny(inventory: Inventory) -> Iterator[Violation]:
    denied = {namespace_of(each) for each in inventory.kinds("NetworkPolicy") if _denies_all(each)}
    for namespace in inventory.kinds("Namespace"):
        if name_of(namespace) not in denied:
            yield Violation(
                namespace, "NetworkPolicy", None, "one with podSelector {} that allows nothing"
            )


@set_rule(
    "namespace-quota",
    meaning="What a namespace may use in all is bounded, so that it cannot starve the cluster.",
    remedy="Declare a ResourceQuota for CPU requests, memory limits and pods.",
)
def quota(inventory: Inventory) -> Iterator[Violation]:
    for namespace in inventory.kinds("Namespace"):
        found = {
            key
            for each in inventory.kinds("ResourceQuota")
            if namespace_of(each) == name_of(namespace)
            for key in mapping(dig(each, "spec", "hard"))
        }
        if missing := [key for key in QUOTAS if key not in found]:
            has = sorted(found) or None
            allowed = f"a quota of {' and '.join(missing)}"
            yield Violation(namespace, "ResourceQuota", has, allowed)


@set_rule(
    "namespace-limits",
    meaning="A container without requests or limits gets some, else a quota refuses its pod.",
    remedy="Declare a LimitRange with default and defaultRequest for containers.",
)
def limits(inventory: Inventory) -> Iterator[Violation]:
    limited = {
        namespace_of(each)
        for each in inventory.kinds("LimitRange")
        for _, item in entries(each, "spec", "limits")
        if item.get("type") == "Container" and item.get("default") and item.get("defaultRequest")
    }
    for namespace in inventory.kinds("Namespace"):
        if name_of(namespace) not in limited:
            yield Violation(namespace, "LimitRange", None, "one with defaults for containers")


@set_rule(
    "namespace-declared",
    meaning="What is namespaced is in a namespace of the set, where all of these rules hold.",
    remedy="Name a declared namespace in metadata.namespace.",
)
def declared(inventory: Inventory) -> Iterator[Violation]:
    known = inventory.names("Namespace")
    for manifest in inventory:
        is_ours = kind_of(manifest) in NAMESPACED or any(pods_of(manifest))
        if kind_of(manifest) in CLUSTER_KINDS or not is_ours or _is_extension_reader(manifest):
            continue
        if namespace_of(manifest) not in known:
            found = dig(manifest, "metadata", "namespace")
            yield Violation(manifest, "metadata.namespace", found, " or ".join(known) or "none")


RULES = (pod_security, default_deny, quota, limits, declared)


def _denies_all(policy: Manifest) -> bool:
    spec = mapping(policy.get("spec"))
    is_for_all = not any(mapping(spec.get("podSelector")).values())
    is_both = tuple(sorted(words(spec.get("policyTypes")))) == DIRECTIONS
    return is_for_all and is_both and not spec.get("ingress") and not spec.get("egress")


def _is_extension_reader(manifest: Manifest) -> bool:
    """An API server of an extension reads its request-header settings there, by design."""
    role = "extension-apiserver-authentication-reader"
    return dig(manifest, "roleRef", "name") == role and namespace_of(manifest) == "kube-system"
