"""May this pod connect to that one on this port? NetworkPolicies read sentence by sentence.

After the Kubernetes documentation, Concepts, "Network Policies". One question at a time, no sets,
no ranges, nothing shared with the code that it judges.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

Thing = Mapping[str, Any]


def may_connect(
    cluster: Sequence[Thing], source: Thing, target: Thing, protocol: str, port: int
) -> bool:
    """Pods are Pod manifests; the cluster's Namespaces and NetworkPolicies decide."""
    of: dict[str, Any] = {"target": target, "protocol": protocol, "port": port}
    return _agrees(cluster, source, "Egress", peer=target, **of) and _agrees(
        cluster, target, "Ingress", peer=source, **of
    )


def may_reach_address(
    cluster: Sequence[Thing], source: Thing, address: str, protocol: str, port: int
) -> bool:
    """Whether a pod may open a connection to an address outside."""
    return _agrees(
        cluster, source, "Egress", peer=address, target=None, protocol=protocol, port=port
    )


def _agrees(
    cluster: Sequence[Thing],
    subject: Thing,
    direction: str,
    *,
    peer: Thing | str,
    target: Thing | None,
    protocol: str,
    port: int,
) -> bool:
    isolated = False
    for policy in cluster:
        if policy["kind"] != "NetworkPolicy":
            continue
        if policy["metadata"]["namespace"] != subject["metadata"]["namespace"]:
            continue
        spec = policy["spec"]
        types = list(spec.get("policyTypes") or [])
        if not types:
            types = ["Ingress"]
            if spec.get("egress"):
                types.append("Egress")
        if direction not in types:
            continue
        if not _selected(spec["podSelector"], subject["metadata"].get("labels", {})):
            continue
        isolated = True
        for rule in spec.get("ingress" if direction == "Ingress" else "egress", []):
            peers = rule.get("from" if direction == "Ingress" else "to")
            if peers and not any(_is_peer(cluster, policy, each, peer) for each in peers):
                continue
            ports = rule.get("ports")
            if ports and not any(_is_port(each, target, protocol, port) for each in ports):
                continue
            return True
    return not isolated


def _is_peer(cluster: Sequence[Thing], policy: Thing, wanted: Thing, peer: Thing | str) -> bool:
    if isinstance(peer, str):
        return "ipBlock" in wanted and _is_in_block(wanted["ipBlock"], peer)
    if "ipBlock" in wanted:
        return False
    namespace = peer["metadata"]["namespace"]
    if "namespaceSelector" in wanted:
        labels = {"kubernetes.io/metadata.name": namespace}
        for thing in cluster:
            if thing["kind"] == "Namespace" and thing["metadata"]["name"] == namespace:
                labels = {**thing["metadata"].get("labels", {}), **labels}
        if not _selected(wanted["namespaceSelector"], labels):
            return False
    elif namespace != policy["metadata"]["namespace"]:
        return False
    return _selected(wanted.get("podSelector", {}), peer["metadata"].get("labels", {}))


def _is_in_block(block: Thing, text: str) -> bool:
    address = ipaddress.ip_address(text)
    for excepted in block.get("except", []):
        if address in ipaddress.ip_network(excepted):
            return False
    return address in ipaddress.ip_network(block["cidr"])


def _is_port(wanted: Thing, target: Thing | None, protocol: str, port: int) -> bool:
    if wanted.get("protocol", "TCP") != protocol:
        return False
    if "port" not in wanted:
        return True
    if isinstance(wanted["port"], int):
        return bool(wanted["port"] <= port <= wanted.get("endPort", wanted["port"]))
    if target is None:
        return False
    for container in target["spec"]["containers"]:
        for declared in container.get("ports", []):
            if declared.get("name") != wanted["port"]:
                continue
            if declared.get("protocol", "TCP") == protocol and declared["containerPort"] == port:
                return True
    return False


def _selected(selector: Thing, labels: Mapping[str, str]) -> bool:
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for expression in selector.get("matchExpressions") or []:
        key, operator = expression["key"], expression["operator"]
        if operator == "In" and (key not in labels or labels[key] not in expression["values"]):
            return False
        if operator == "NotIn" and key in labels and labels[key] in expression["values"]:
            return False
        if operator == "Exists" and key not in labels:
            return False
        if operator == "DoesNotExist" and key in labels:
            return False
    return True
