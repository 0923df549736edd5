"""Rules about what other resources than pods refer to: it is declared, too."""

from collections.abc import Iterator

from infra.policy.inventory import Inventory
from infra.policy.manifests import dig, entries, kind_of, mapping, name_of, namespace_of
from infra.policy.rule import Violation, set_rule

__all__ = ["RULES"]


@set_rule(
    "reference-governing-service",
    meaning="The Service that names a StatefulSet's pods exists and is headless.",
    remedy="Declare a Service with clusterIP None and name it in serviceName.",
)
def governing_service(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds("StatefulSet"):
        name, namespace = dig(manifest, "spec", "serviceName"), namespace_of(manifest)
        service = inventory.get("Service", namespace, name)
        if dig(service, "spec", "clusterIP") != "None":
            headless = [
                name_of(each)
                for each in inventory.kinds("Service")
                if namespace_of(each) == namespace and dig(each, "spec", "clusterIP") == "None"
            ]
            allowed = " or ".join(headless) or f"a headless Service in {namespace}"
            yield Violation(manifest, "spec.serviceName", name, allowed)


@set_rule(
    "reference-scale-target",
    meaning="What an autoscaler or a budget of one scales exists.",
    remedy="Correct the kind or name of the target.",
)
def scale_target(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds(
        "HorizontalPodAutoscaler", "ScaledObject", "VerticalPodAutoscaler"
    ):
        field = "targetRef" if kind_of(manifest) == "VerticalPodAutoscaler" else "scaleTargetRef"
        target, namespace = mapping(dig(manifest, "spec", field)), namespace_of(manifest)
        kind = target.get("kind", "Deployment")  # KEDA's default
        if inventory.get(kind, namespace, target.get("name")) is None:
            allowed = _there(inventory, kind, namespace)
            yield Violation(manifest, f"spec.{field}.name", target.get("name"), allowed)


@set_rule(
    "reference-trigger-authentication",
    meaning="The credentials that a KEDA trigger names exist.",
    remedy="Declare the TriggerAuthentication in the ScaledObject's namespace.",
)
def trigger_authentication(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds("ScaledObject"):
        for path, trigger in entries(manifest, "spec", "triggers"):
            reference = mapping(trigger.get("authenticationRef"))
            kind = reference.get("kind", "TriggerAuthentication")
            namespace = "" if kind.startswith("Cluster") else namespace_of(manifest)
            name = reference.get("name")
            if name and inventory.get(kind, namespace, name) is None:
                allowed = _there(inventory, kind, namespace)
                yield Violation(manifest, f"{path}.authenticationRef.name", name, allowed)


@set_rule(
    "reference-issuer",
    meaning="The issuer that a Certificate names exists.",
    remedy="Declare the Issuer or ClusterIssuer.",
)
def issuer(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds("Certificate"):
        reference = mapping(dig(manifest, "spec", "issuerRef"))
        kind = reference.get("kind", "Issuer")
        namespace = "" if kind == "ClusterIssuer" else namespace_of(manifest)
        if inventory.get(kind, namespace, reference.get("name")) is None:
            allowed = _there(inventory, kind, namespace)
            yield Violation(manifest, "spec.issuerRef.name", reference.get("name"), allowed)


@set_rule(
    "reference-admission-policy",
    meaning="The policy that a ValidatingAdmissionPolicyBinding puts in force exists.",
    remedy="Correct spec.policyName.",
)
def admission_policy(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds("ValidatingAdmissionPolicyBinding"):
        name = dig(manifest, "spec", "policyName")
        if inventory.get("ValidatingAdmissionPolicy", "", name) is None:
            allowed = _there(inventory, "ValidatingAdmissionPolicy", "")
            yield Violation(manifest, "spec.policyName", name, allowed)


RULES = (governing_service, scale_target, trigger_authentication, issuer, admission_policy)


def _there(inventory: Inventory, kind: str, namespace: str) -> str:
    """What a reference may name, for a message."""
    where = f" in {namespace}" if namespace else ""
    return " or ".join(inventory.names(kind, namespace)) or f"a declared {kind}{where}"
