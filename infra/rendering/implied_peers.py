"""Pods that policies speak of and no workload makes: name servers, a gateway's data plane.

Their controllers make them at run time, so a rendering does not have them; who compares two
renderings still wants to know who may connect to them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infra.rendering.reachability import NAME_LABEL, Edge, Pod, pods_of, reachability
from infra.rendering.recording import Manifest
from infra.rendering.selectors import matches
from infra.rendering.stable_names import stable_name

__all__ = ["edges_of", "implied_pods"]


def edges_of(manifests: Iterable[Manifest], *, others: Iterable[Manifest] = ()) -> frozenset[Edge]:
    """Every edge that a workload, or a peer that a policy is about, has a part in.

    Args:
        manifests: of one rendering.
        others: of another that it is compared with: a peer that only that one names is there in
            both.
    """
    objects = list(manifests)
    implied = implied_pods(objects, policies=[*objects, *others])
    policies = [each for each in objects if each["kind"] == "NetworkPolicy"]
    ours = {pod.title for pod in pods_of(objects)}
    ours |= {pod.title for pod in implied if any(_is_about(each, pod) for each in policies)}
    # Jobs have new names when their content is new.
    names = {
        pod.title: f"{pod.namespace}/{stable_name(each)}"
        for each in objects
        for pod in pods_of([each])
    }
    return frozenset(
        Edge(names.get(edge.source, edge.source), names.get(edge.target, edge.target), edge.ports)
        for edge in reachability(objects, pods=implied)
        if edge.source in ours or edge.target in ours
    )


def implied_pods(manifests: Iterable[Manifest], *, policies: Iterable[Manifest]) -> list[Pod]:
    """One pod for each selection by labels, in one namespace, that fits no workload.

    Args:
        manifests: have the workloads.
        policies: make the selections; other kinds are passed over.
    """
    known = pods_of(manifests)
    found = {
        pod.title: pod
        for policy in policies
        if policy["kind"] == "NetworkPolicy"
        for pod in _selected(policy)
        if not any(
            each.namespace == pod.namespace and pod.labels.items() <= each.labels.items()
            for each in known
        )
    }
    return list(found.values())


def _selected(policy: Manifest) -> Iterator[Pod]:
    own, spec = policy["metadata"].get("namespace", "default"), policy["spec"]
    yield from _pod(own, spec.get("podSelector", {}))
    for field, peers in (("ingress", "from"), ("egress", "to")):
        for rule in spec.get(field, ()):
            for peer in rule.get(peers, ()):
                by_name = peer.get("namespaceSelector", {}).get("matchLabels", {})
                namespace = by_name.get(NAME_LABEL) if "namespaceSelector" in peer else own
                if namespace:
                    yield from _pod(namespace, peer.get("podSelector", {}))


def _pod(namespace: str, selector: Mapping[str, Any]) -> Iterator[Pod]:
    wanted = selector.get("matchLabels", {})
    if wanted:
        name = ",".join(f"{key}={value}" for key, value in sorted(wanted.items()))
        yield Pod(name=name, namespace=namespace, labels=wanted)


def _is_about(policy: Manifest, pod: Pod) -> bool:
    in_namespace = policy["metadata"].get("namespace", "default") == pod.namespace
    return in_namespace and matches(policy["spec"].get("podSelector", {}), pod.labels)
