"""One rule of a NetworkPolicy: whom it admits, and on which ports."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from infra.rendering.port_ranges import (
    ALL_PORTS,
    FIRST_PORT,
    LAST_PORT,
    PROTOCOLS,
    PortRange,
    PortSet,
)
from infra.rendering.selectors import Labels, matches

__all__ = ["Block", "Direction", "PolicyRule", "Rules", "isolating_rules"]

Direction = Literal["Ingress", "Egress"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NamedPorts = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Block:
    """Addresses outside the cluster: a network without some of its parts."""

    network: Network
    without: tuple[Network, ...] = ()

    @classmethod
    def of(cls, block: Mapping[str, Any]) -> "Block":
        return cls(
            ipaddress.ip_network(block["cidr"]),
            tuple(ipaddress.ip_network(each) for each in block.get("except", ())),
        )

    def __str__(self) -> str:
        without = ", ".join(map(str, self.without))
        return f"{self.network} except {without}" if without else str(self.network)

    def contains(self, address: str) -> bool:
        """Whether one address is in it."""
        wanted = ipaddress.ip_address(address)
        return wanted in self.network and not any(wanted in each for each in self.without)

    def covers(self, network: Network) -> bool:
        """Whether a network is in it, but for parts that no exception takes out as a whole."""
        return _within(network, self.network) and not any(
            _within(network, each) for each in self.without
        )


@dataclass(frozen=True)
class PolicyRule:
    """One item of ``ingress`` or ``egress``, in the namespace of its policy.

    Attributes:
        selectors: peers that are chosen by labels; ``blocks`` those chosen by address. Without any
            of both, everyone is admitted.
    """

    namespace: str
    selectors: tuple[Mapping[str, Any], ...]
    blocks: tuple[Block, ...]
    port_items: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, rule: Mapping[str, Any], namespace: str, peers_field: str) -> "PolicyRule":
        peers = rule.get(peers_field, ())
        return cls(
            namespace,
            tuple(peer for peer in peers if "ipBlock" not in peer),
            tuple(Block.of(peer["ipBlock"]) for peer in peers if "ipBlock" in peer),
            tuple(rule.get("ports", ())),
        )

    @property
    def admits_everyone(self) -> bool:
        return not self.selectors and not self.blocks

    def admits_pod(self, namespace: str, namespace_labels: Labels, labels: Labels) -> bool:
        """Whether a pod is admitted by a selector."""
        return self.admits_everyone or any(
            self._selects(peer, namespace, namespace_labels, labels) for peer in self.selectors
        )

    def admits_network(self, networks: Iterable[Network]) -> bool:
        """Whether a block of addresses covers one of the networks."""
        return any(block.covers(network) for block in self.blocks for network in networks)

    def admits_address(self, address: str) -> bool:
        return self.admits_everyone or any(block.contains(address) for block in self.blocks)

    def ports(self, named: NamedPorts) -> PortSet:
        """The ports it allows, names looked up among those of the target."""
        if not self.port_items:
            return ALL_PORTS
        return PortSet.of(each for item in self.port_items for each in _port_ranges(item, named))

    def _selects(
        self, peer: Mapping[str, Any], namespace: str, namespace_labels: Labels, labels: Labels
    ) -> bool:
        if "namespaceSelector" in peer:
            in_namespace = matches(peer["namespaceSelector"], namespace_labels)
        else:
            in_namespace = namespace == self.namespace
        return in_namespace and matches(peer.get("podSelector", {}), labels)


Rules = tuple[PolicyRule, ...] | None


def isolating_rules(
    policies: Iterable[Mapping[str, Any]], namespace: str, labels: Labels, direction: Direction
) -> Rules:
    """The rules of all policies that select a pod in a direction; None when there is none."""
    selecting = [
        policy["spec"]
        for policy in policies
        if policy["metadata"].get("namespace", "default") == namespace
        and direction in _types(policy["spec"])
        and matches(policy["spec"].get("podSelector", {}), labels)
    ]
    if not selecting:
        return None
    field, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    return tuple(
        PolicyRule.of(rule, namespace, peers) for spec in selecting for rule in spec.get(field, ())
    )


def _types(spec: Mapping[str, Any]) -> Sequence[str]:
    """The directions of a policy; what the API server fills in where they are not named."""
    named: Sequence[str] = spec.get("policyTypes", ())
    if named:
        return named
    return ("Ingress", "Egress") if spec.get("egress") else ("Ingress",)


def _port_ranges(item: Mapping[str, Any], named: NamedPorts) -> list[PortRange]:
    protocol = item.get("protocol", "TCP")
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol {protocol!r}; allowed: {', '.join(PROTOCOLS)}")
    port = item.get("port")
    if port is None:
        return [PortRange(protocol, FIRST_PORT, LAST_PORT)]
    if isinstance(port, str):
        number = named.get((port, protocol))
        return [] if number is None else [PortRange(protocol, number, number)]
    return [PortRange(protocol, port, item.get("endPort", port))]


def _within(network: Network, other: Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network) and isinstance(other, ipaddress.IPv4Network):
        return network.subnet_of(other)
    if isinstance(network, ipaddress.IPv6Network) and isinstance(other, ipaddress.IPv6Network):
        return network.subnet_of(other)
    return False
