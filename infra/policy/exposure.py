"""Rules about what can be reached from outside: the Gateway, and nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.policy.inventory import Inventory, selects
from infra.policy.manifests import (
    Manifest,
    dig,
    entries,
    kind_of,
    labels_of,
    mapping,
    namespace_of,
)
from infra.policy.rule import Violation, rule, set_rule

__all__ = ["RULES"]

ROUTES = ("HTTPRoute", "GRPCRoute")
OTHER_ROUTES = ("Ingress", "TCPRoute", "UDPRoute", "TLSRoute")


@rule(
    "public-service",
    meaning="No Service has an address outside of the cluster: what is public is behind the edge.",
    remedy="Use type ClusterIP and an HTTPRoute.",
)
def service(manifest: Manifest) -> Iterator[Violation]:
    if kind_of(manifest) == "Service":
        spec = mapping(manifest.get("spec"))
        if spec.get("type", "ClusterIP") not in ("ClusterIP", "ExternalName"):
            yield Violation(manifest, "spec.type", spec["type"], "ClusterIP")
        for field in ("externalIPs", "loadBalancerIP"):
            if spec.get(field):
                yield Violation(manifest, f"spec.{field}", spec[field], "absent")


@rule(
    "public-other-route",
    meaning="Traffic comes in by HTTPRoutes of the Gateway: no Ingress, no raw TCP or UDP.",
    remedy="Use an HTTPRoute.",
)
def other_route(manifest: Manifest) -> Iterator[Violation]:
    if kind_of(manifest) in OTHER_ROUTES:
        yield Violation(manifest, "kind", kind_of(manifest), " or ".join(ROUTES))


@rule(
    "public-listener",
    meaning="A Gateway listens by HTTP or HTTPS only, and ends TLS itself with a certificate.",
    remedy="Give the listener protocol HTTPS, tls.mode Terminate and a certificateRef.",
)
def listener(manifest: Manifest) -> Iterator[Violation]:
    if kind_of(manifest) != "Gateway":
        return
    for path, found in entries(manifest, "spec", "listeners"):
        protocol = found.get("protocol")
        if protocol not in ("HTTP", "HTTPS"):
            yield Violation(manifest, f"{path}.protocol", protocol, "HTTP or HTTPS")
        if protocol == "HTTPS":
            mode = dig(found, "tls", "mode") or "Terminate"
            if mode != "Terminate":
                yield Violation(manifest, f"{path}.tls.mode", mode, "Terminate")
            if not dig(found, "tls", "certificateRefs"):
                yield Violation(manifest, f"{path}.tls.certificateRefs", None, "a Secret")


@set_rule(
    "public-certificate",
    meaning="The certificate of every HTTPS listener exists or is issued.",
    remedy="Declare a Certificate with that secretName in the Gateway's namespace.",
)
def certificate(inventory: Inventory) -> Iterator[Violation]:
    for gateway in inventory.kinds("Gateway"):
        namespace = namespace_of(gateway)
        issued = [
            dig(each, "spec", "secretName")
            for each in inventory.kinds("Certificate")
            if namespace_of(each) == namespace
        ]
        there = [*inventory.names("Secret", namespace), *issued]
        for path, found in entries(gateway, "spec", "listeners"):
            for inner, reference in entries(found, "tls", "certificateRefs"):
                if reference.get("name") not in there:
                    allowed = " or ".join(map(str, there)) or f"a Secret in {namespace}"
                    where = f"{path}.{inner}.name"
                    yield Violation(gateway, where, reference.get("name"), allowed)


@set_rule(
    "route-parent",
    meaning="Every route is attached to a listener of a Gateway that lets it in.",
    remedy="Name the Gateway and its listener in parentRefs.",
)
def parent(inventory: Inventory) -> Iterator[Violation]:
    for route in inventory.kinds(*ROUTES):
        references = list(entries(route, "spec", "parentRefs"))
        if not references:
            yield Violation(route, "spec.parentRefs", None, "a Gateway")
        for path, reference in references:
            gateway = _gateway(inventory, route, reference)
            if gateway is None:
                allowed = " or ".join(inventory.names("Gateway")) or "a declared Gateway"
                yield Violation(route, f"{path}.name", reference.get("name"), allowed)
            elif not _listeners(inventory, route, reference, gateway):
                names = [each.get("name") for _, each in entries(gateway, "spec", "listeners")]
                allowed = f"{' or '.join(map(str, names))}, where allowedRoutes lets it in"
                yield Violation(route, f"{path}.sectionName", reference.get("sectionName"), allowed)


@set_rule(
    "route-plain-http",
    meaning="The plain HTTP listener redirects to HTTPS and does nothing else.",
    remedy="Attach the route to the HTTPS listener by sectionName.",
)
def plain_http(inventory: Inventory) -> Iterator[Violation]:
    for route in inventory.kinds(*ROUTES):
        for path, reference in entries(route, "spec", "parentRefs"):
            gateway = _gateway(inventory, route, reference)
            heard = _listeners(inventory, route, reference, gateway) if gateway else []
            is_plain = any(each.get("protocol") == "HTTP" for each in heard)
            if is_plain and not _only_redirects(route):
                section = reference.get("sectionName")
                yield Violation(route, f"{path}.sectionName", section, "a listener of HTTPS")


@set_rule(
    "route-backend",
    meaning="Every backend of a route is a Service with that port, in a namespace that grants it.",
    remedy="Correct name, namespace or port, or declare a ReferenceGrant.",
)
def backend(inventory: Inventory) -> Iterator[Violation]:
    for route in inventory.kinds(*ROUTES):
        for path, item in entries(route, "spec", "rules"):
            for inner, reference in entries(item, "backendRefs"):
                yield from _backend(inventory, route, f"{path}.{inner}", reference)


RULES = (service, other_route, listener, certificate, parent, plain_http, backend)


def _gateway(
    inventory: Inventory, route: Manifest, reference: Mapping[str, Any]
) -> Manifest | None:
    namespace = str(reference.get("namespace") or namespace_of(route))
    is_gateway = reference.get("kind", "Gateway") == "Gateway"
    return inventory.get("Gateway", namespace, reference.get("name")) if is_gateway else None


def _listeners(
    inventory: Inventory, route: Manifest, reference: Mapping[str, Any], gateway: Manifest
) -> list[Mapping[str, Any]]:
    """The listeners that a route is attached to: the named one, else all that let it in."""
    section = reference.get("sectionName")
    return [
        each
        for _, each in entries(gateway, "spec", "listeners")
        if section in (None, each.get("name")) and _lets_in(inventory, each, gateway, route)
    ]


def _lets_in(
    inventory: Inventory, listener: Mapping[str, Any], gateway: Manifest, route: Manifest
) -> bool:
    allowed = mapping(dig(listener, "allowedRoutes", "namespaces"))
    match allowed.get("from", "Same"):
        case "All":
            return True
        case "Selector":
            namespace = namespace_of(route)
            found = inventory.get("Namespace", "", namespace)
            own = {"kubernetes.io/metadata.name": namespace}
            return selects(allowed.get("selector"), {**own, **labels_of(found or {})})
        case _:
            return namespace_of(gateway) == namespace_of(route)


def _only_redirects(route: Manifest) -> bool:
    rules = [each for _, each in entries(route, "spec", "rules")]
    return bool(rules) and all(_is_redirect(each) for each in rules)


def _is_redirect(rule: Mapping[str, Any]) -> bool:
    schemes = [dig(found, "requestRedirect", "scheme") for _, found in entries(rule, "filters")]
    return "https" in schemes and not rule.get("backendRefs")


def _backend(
    inventory: Inventory, route: Manifest, where: str, reference: Mapping[str, Any]
) -> Iterator[Violation]:
    namespace = str(reference.get("namespace") or namespace_of(route))
    name = reference.get("name")
    service = inventory.get("Service", namespace, name)
    if service is None:
        there = " or ".join(inventory.names("Service", namespace))
        yield Violation(route, f"{where}.name", name, there or f"a Service in {namespace}")
        return
    ports = [each.get("port") for _, each in entries(service, "spec", "ports")]
    if reference.get("port") not in ports:
        yield Violation(route, f"{where}.port", reference.get("port"), " or ".join(map(str, ports)))
    if namespace != namespace_of(route) and not _is_granted(inventory, route, namespace):
        allowed = f"{namespace_of(route)}, or a ReferenceGrant in {namespace}"
        yield Violation(route, f"{where}.namespace", namespace, allowed)


def _is_granted(inventory: Inventory, route: Manifest, namespace: str) -> bool:
    for grant in inventory.kinds("ReferenceGrant"):
        origins = [each for _, each in entries(grant, "spec", "from")]
        is_from = any(
            (each.get("kind"), each.get("namespace")) == (kind_of(route), namespace_of(route))
            for each in origins
        )
        is_to = any(each.get("kind") == "Service" for _, each in entries(grant, "spec", "to"))
        if namespace_of(grant) == namespace and is_from and is_to:
            return True
    return False
