"""Reachability: the documentation's cases by hand, then every case against a naive oracle."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.rendering.port_ranges import ALL_PORTS, PortRange, PortSet
from infra.rendering.reachability import ANYWHERE, Edge, Host, Pod, reachability
from infra.rendering.selectors import SelectorError, matches
from tests.oracles.network_policy import may_connect, may_reach_address

Manifest = dict[str, Any]


def workload(
    name: str, namespace: str = "shop", kind: str = "Deployment", ports: Any = (), **labels: str
) -> Manifest:
    container = {"name": name, "image": "i", "ports": list(ports)}
    template = {
        "metadata": {"labels": {"app": name, **labels}},
        "spec": {"containers": [container]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": template},
    }


def policy(selector: Manifest | None = None, namespace: str = "shop", **spec: Any) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "policy", "namespace": namespace},
        "spec": {"podSelector": selector or {}, **spec},
    }


def namespace(name: str, **labels: str) -> Manifest:
    return {"kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def app(name: str) -> Manifest:
    return {"matchLabels": {"app": name}}


def between(*manifests: Manifest, **options: Any) -> set[str]:
    """Edges among different workloads, as text."""
    return {
        str(edge)
        for edge in reachability(manifests, **options)
        if edge.source != edge.target and ANYWHERE not in (edge.source, edge.target)
    }


A, B = workload("a"), workload("b")
DENY_ALL = policy(policyTypes=["Ingress", "Egress"])
TCP_80 = [{"port": 80}]


def test_without_policies_everything_is_open() -> None:
    edges = reachability([A, B])
    ends = {(edge.source, edge.target) for edge in edges}
    names = {"shop/a", "shop/b"}
    assert ends == (
        {(source, target) for source in names for target in names}
        | {(name, ANYWHERE) for name in names}
        | {(ANYWHERE, name) for name in names}
    )
    assert {edge.ports for edge in edges} == set(ALL_PORTS.ranges)


def test_default_deny_closes_everything_even_among_replicas() -> None:
    assert reachability([A, B, DENY_ALL]) == frozenset()


def test_an_edge_needs_both_its_sides() -> None:
    egress = policy(app("a"), policyTypes=["Egress"], egress=[{"to": [{"podSelector": app("b")}]}])
    ingress = policy(app("b"), ingress=[{"from": [{"podSelector": app("a")}], "ports": TCP_80}])
    assert between(A, B, DENY_ALL, egress) == set()
    assert between(A, B, DENY_ALL, ingress) == set()
    assert between(A, B, DENY_ALL, egress, ingress) == {"shop/a -> shop/b TCP 80"}


def test_a_pod_that_no_policy_selects_is_free() -> None:
    only_b = policy(app("b"), policyTypes=["Ingress"])
    assert between(A, B, only_b) == {f"shop/b -> shop/a {each}" for each in ALL_PORTS.ranges}


def test_policies_add_up() -> None:
    first = policy(app("b"), ingress=[{"ports": [{"port": 80}]}])
    second = policy(app("b"), ingress=[{"ports": [{"port": 81, "endPort": 90}]}])
    found = {each for each in between(A, B, first, second) if each.startswith("shop/a")}
    assert found == {"shop/a -> shop/b TCP 80-90"}


def test_policies_of_another_namespace_do_not_count() -> None:
    elsewhere = policy(namespace="other", policyTypes=["Ingress", "Egress"])
    assert reachability([A, B, elsewhere]) == reachability([A, B])


def test_without_types_a_policy_is_of_ingress_and_of_egress_only_with_rules_for_it() -> None:
    assert {each.split()[0] for each in between(A, B, policy(app("b")))} == {"shop/b"}
    with_rule = policy(app("b"), egress=[{"ports": TCP_80}])
    assert between(A, B, with_rule) == {"shop/b -> shop/a TCP 80"}


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        pytest.param({}, True, id="empty-rule"),
        pytest.param({"from": []}, True, id="no-peers"),
        pytest.param({"from": [{"podSelector": {}}]}, False, id="all-pods-here"),
        pytest.param({"from": [{"namespaceSelector": {}}]}, True, id="all-namespaces"),
        pytest.param(
            {"from": [{"namespaceSelector": {"matchLabels": {"team": "x"}}}]}, True, id="labelled"
        ),
        pytest.param(
            {"from": [{"namespaceSelector": {"matchLabels": {"team": "y"}}}]}, False, id="others"
        ),
        pytest.param(
            {"from": [{"namespaceSelector": {}, "podSelector": app("z")}]}, False, id="both-hold"
        ),
        pytest.param(
            {"from": [{"namespaceSelector": app("no")}, {"podSelector": {}}]},
            False,
            id="two-peers-are-or",
        ),
        pytest.param(
            {
                "from": [
                    {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}
                ]
            },
            True,
            id="by-the-name-that-every-namespace-has",
        ),
    ],
)
def test_peers_of_another_namespace(rule: Manifest, allowed: bool) -> None:
    outsider = workload("c", "other")
    manifests = [A, outsider, namespace("other", team="x"), policy(app("a"), ingress=[rule])]
    assert ("other/c" in {each.source for each in reachability(manifests)}) is True
    found = {each.target for each in reachability(manifests) if each.source == "other/c"}
    assert ("shop/a" in found) is allowed


@pytest.mark.parametrize(
    ("expression", "labels", "holds"),
    [
        ({"key": "k", "operator": "In", "values": ["1"]}, {"k": "1"}, True),
        ({"key": "k", "operator": "In", "values": ["1"]}, {}, False),
        ({"key": "k", "operator": "NotIn", "values": ["1"]}, {"k": "1"}, False),
        ({"key": "k", "operator": "NotIn", "values": ["1"]}, {}, True),
        ({"key": "k", "operator": "Exists"}, {"k": ""}, True),
        ({"key": "k", "operator": "Exists"}, {}, False),
        ({"key": "k", "operator": "DoesNotExist"}, {}, True),
        ({"key": "k", "operator": "DoesNotExist"}, {"k": "1"}, False),
    ],
)
def test_expressions(expression: Manifest, labels: dict[str, str], holds: bool) -> None:
    assert matches({"matchExpressions": [expression]}, labels) is holds


def test_an_operator_that_does_not_exist_is_named() -> None:
    with pytest.raises(SelectorError, match="operator 'Gt'; allowed: In, NotIn, Exists"):
        matches({"matchExpressions": [{"key": "k", "operator": "Gt"}]}, {})


def test_names_of_ports_are_those_of_the_target() -> None:
    ports = [
        {"name": "web", "containerPort": 8080},
        {"name": "web", "containerPort": 53, "protocol": "UDP"},
    ]
    target = workload("b", ports=ports)
    ingress = policy(app("b"), ingress=[{"ports": [{"port": "web"}]}])
    egress = policy(app("a"), egress=[{"ports": [{"port": "web", "protocol": "UDP"}]}])
    assert "shop/a -> shop/b TCP 8080" not in between(A, target, ingress, egress)
    assert {each for each in between(A, target, ingress) if "shop/a ->" in each} == {
        "shop/a -> shop/b TCP 8080"
    }
    free_target = workload("b", ports=ports)
    assert {each for each in between(A, free_target, egress) if "shop/a ->" in each} == {
        "shop/a -> shop/b UDP 53"
    }


def test_jobs_statefulsets_and_cron_jobs_have_pods_too() -> None:
    cron = workload("nightly", kind="CronJob")
    cron["spec"] = {"jobTemplate": {"spec": cron["spec"]}}
    job_only = policy({"matchLabels": {"job-name": "once"}}, policyTypes=["Ingress"])
    manifests = [workload("once", kind="Job"), workload("db", kind="StatefulSet"), cron, job_only]
    ends = {(edge.source, edge.target) for edge in reachability(manifests)}
    assert ("shop/nightly", "shop/db") in ends
    assert ("shop/nightly", "shop/once") not in ends


def test_peers_that_appear_at_run_time_take_part() -> None:
    gateway = Pod(name="gateway", namespace="edge", labels={"gateway": "public"})
    from_gateway = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"gateway": "public"}}}
    ingress = policy(app("a"), ingress=[{"from": [from_gateway], "ports": TCP_80}])
    found = between(A, B, ingress, pods=[gateway])
    assert {each for each in found if each.endswith("TCP 80")} == {"edge/gateway -> shop/a TCP 80"}


def test_blocks_are_the_outside_without_what_they_except() -> None:
    block = {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}
    egress = policy(policyTypes=["Egress"], egress=[{"to": [block], "ports": [{"port": 443}]}])
    edges = reachability(
        [A, egress],
        hosts=[Host(name="bank", address="192.0.2.7"), Host(name="inside", address="10.0.0.1")],
        pod_networks=["10.0.0.0/8"],
    )
    assert {str(edge) for edge in edges if edge.source == "shop/a"} == {
        "shop/a -> 0.0.0.0/0 except 10.0.0.0/8 TCP 443",
        "shop/a -> bank TCP 443",
    }


@pytest.mark.parametrize(
    ("block", "opens"),
    [
        pytest.param({"cidr": "0.0.0.0/0"}, True, id="everything"),
        pytest.param({"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}, False, id="but-the-pods"),
        pytest.param({"cidr": "0.0.0.0/0", "except": ["10.1.0.0/16"]}, True, id="but-a-part"),
        pytest.param({"cidr": "10.0.0.7/32"}, False, id="one-address"),
        pytest.param({"cidr": "::/0"}, False, id="the-other-family"),
    ],
)
def test_a_block_that_covers_the_pods_network_lets_pods_in(block: Manifest, opens: bool) -> None:
    ingress = policy(app("b"), ingress=[{"from": [{"ipBlock": block}], "ports": TCP_80}])
    edge = Edge("shop/a", "shop/b", PortRange("TCP", 80, 80))
    assert (edge in reachability([A, B, ingress], pod_networks=["10.0.0.0/8"])) is opens


def test_named_ports_mean_nothing_outside() -> None:
    block = {"ipBlock": {"cidr": "192.0.2.0/24"}}
    egress = policy(policyTypes=["Egress"], egress=[{"to": [block], "ports": [{"port": "web"}]}])
    assert not {edge for edge in reachability([A, egress]) if edge.source == "shop/a"}


def test_pods_on_the_hosts_network_are_left_out() -> None:
    agent = workload("agent")
    agent["spec"]["template"]["spec"]["hostNetwork"] = True
    assert not {edge for edge in reachability([A, agent]) if "agent" in str(edge)}


def test_removing_a_policy_never_closes_an_edge_of_a_pod_that_is_still_selected() -> None:
    rule = {"from": [{"podSelector": app("a")}], "ports": TCP_80}
    opened = policy(app("b"), ingress=[rule])
    egress = policy(app("a"), policyTypes=["Egress"], egress=[{"ports": TCP_80}])
    whole = reachability([A, B, DENY_ALL, opened, egress])
    assert reachability([A, B, DENY_ALL, egress]) < whole
    assert reachability([A, B, opened, egress]) > whole


def test_touching_ranges_become_one() -> None:
    ranges = [PortRange("TCP", 5, 9), PortRange("TCP", 1, 4), PortRange("UDP", 1, 4)]
    assert PortSet.of(ranges).ranges == (PortRange("TCP", 1, 9), PortRange("UDP", 1, 4))


NAMES = ("n1", "n2")
KEYS, VALUES = ("app", "tier"), ("a", "b")
ADDRESSES = ("192.0.2.1", "192.0.2.200", "198.51.100.1")
PORTS_ASKED = (79, 80, 81, 90, 91, 8080, 65_535)
label_sets = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))
expressions = st.one_of(
    st.fixed_dictionaries(
        {
            "key": st.sampled_from(KEYS),
            "operator": st.sampled_from(["In", "NotIn"]),
            "values": st.lists(st.sampled_from(VALUES), min_size=1, unique=True),
        }
    ),
    st.fixed_dictionaries(
        {"key": st.sampled_from(KEYS), "operator": st.sampled_from(["Exists", "DoesNotExist"])}
    ),
)
selectors = st.fixed_dictionaries(
    {}, optional={"matchLabels": label_sets, "matchExpressions": st.lists(expressions, max_size=2)}
)
blocks = st.sampled_from(
    [
        {"cidr": "192.0.2.0/24"},
        {"cidr": "192.0.2.0/24", "except": ["192.0.2.128/25"]},
        {"cidr": "198.51.100.1/32"},
    ]
)
peers = st.one_of(
    st.fixed_dictionaries({"podSelector": selectors}),
    st.fixed_dictionaries({"namespaceSelector": selectors}, optional={"podSelector": selectors}),
    st.fixed_dictionaries({"ipBlock": blocks}),
)
ports = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "protocol": st.sampled_from(["TCP", "UDP"]),
            "port": st.sampled_from([80, "web"]),
        },
    ),
    st.just({"port": 80, "endPort": 90}),
)


def rules(peers_field: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    items = {peers_field: st.lists(peers, max_size=2), "ports": st.lists(ports, max_size=2)}
    return st.lists(st.fixed_dictionaries({}, optional=items), max_size=2)


policies = st.builds(
    lambda namespace, spec: policy(spec.pop("podSelector"), namespace, **spec),
    st.sampled_from(NAMES),
    st.fixed_dictionaries(
        {"podSelector": selectors},
        optional={
            "ingress": rules("from"),
            "egress": rules("to"),
            "policyTypes": st.lists(
                st.sampled_from(["Ingress", "Egress"]), unique=True, min_size=1
            ),
        },
    ),
)


def pod(name: str, place: str, labels: dict[str, str], port: int, protocol: str) -> Manifest:
    web = {"name": "web", "containerPort": port, "protocol": protocol}
    container = {"name": "c", "image": "i", "ports": [web]}
    metadata = {"name": name, "namespace": place, "labels": labels}
    return {"kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


pod_lists = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        label_sets,
        st.sampled_from([80, 8080]),
        st.sampled_from(["TCP", "UDP"]),
    ),
    min_size=1,
    max_size=3,
).map(lambda items: [pod(f"p{number}", *item) for number, item in enumerate(items)])
namespaces = st.lists(label_sets, min_size=2, max_size=2).map(
    lambda sets: [namespace(name, **labels) for name, labels in zip(NAMES, sets, strict=True)]
)


def is_open(edges: frozenset[Edge], source: str, target: str, protocol: str, port: int) -> bool:
    return any(
        (edge.source, edge.target, edge.ports.protocol) == (source, target, protocol)
        and edge.ports.first <= port <= edge.ports.last
        for edge in edges
    )


def title(each: Manifest) -> str:
    return f"{each['metadata']['namespace']}/{each['metadata']['name']}"


@settings(max_examples=300, deadline=None)
@given(pod_lists, namespaces, st.lists(policies, max_size=4))
def test_every_question_has_the_answer_of_the_oracle(
    pods: list[Manifest], spaces: list[Manifest], rules: list[Manifest]
) -> None:
    cluster = [*spaces, *rules]
    hosts = [Host(name=address, address=address) for address in ADDRESSES]
    edges = reachability([*pods, *cluster], hosts=hosts, pod_networks=())
    for protocol in ("TCP", "UDP", "SCTP"):
        for port in PORTS_ASKED:
            for source in pods:
                for target in pods:
                    found = is_open(edges, title(source), title(target), protocol, port)
                    assert found == may_connect(cluster, source, target, protocol, port)
                for address in ADDRESSES:
                    found = is_open(edges, title(source), address, protocol, port)
                    assert found == may_reach_address(cluster, source, address, protocol, port)
