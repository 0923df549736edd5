"""Who may do what at the API server is what the descriptions declare, and nothing more."""

import copy
from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

from infra.kubernetes.names import Namespaces
from infra.policy.inventory import Inventory
from infra.policy.manifests import Manifest, entries, kind_of, namespace_of, resource_name
from infra.services import prometheus
from infra.services.catalogue import catalogue
from infra.services.description import Job, Service, Tier
from infra.settings import Settings
from tests.contracts.programs import every_program, recorded, settings_for


class Right(NamedTuple):
    """One thing that one account may do in one namespace, or ("") in the whole cluster.

    An empty name stands for all objects.
    """

    account: str
    namespace: str
    verb: str
    resource: str
    name: str


def declared(settings: Settings) -> set[Right]:
    """What the descriptions ask for."""
    namespaces = namespaces_of(settings)
    return {
        Right(account(item, namespaces), place, verb, f"{each.group}/{kind}", name)
        for item in catalogue(settings).items
        for each in item.access
        for place, verb, kind, name in product(
            map(namespaces.of, each.tiers) if each.tiers else ("",),
            each.verbs,
            each.resources,
            each.names or ("",),
        )
    }


def granted(manifests: Iterable[Manifest]) -> set[Right]:
    """What the bindings give, each by its role."""
    inventory = Inventory(manifests)
    found: set[Right] = set()
    for binding in inventory.kinds("RoleBinding", "ClusterRoleBinding"):
        kind = kind_of(binding).removesuffix("Binding")
        namespace = namespace_of(binding) if kind == "Role" else ""
        assert binding["roleRef"]["kind"] == kind
        role = inventory.get(kind, namespace, binding["roleRef"]["name"])
        assert role is not None
        for subject in binding["subjects"]:
            who = f"{subject['namespace']}/{subject['name']}"
            found |= {Right(who, namespace, *each) for each in rights_of(role)}
    return found


def rights_of(role: Manifest) -> set[tuple[str, str, str]]:
    return {
        (verb, f"{group}/{kind}", name)
        for _, each in entries(role, "rules")
        for verb, group, kind, name in product(
            each["verbs"], each["apiGroups"], each["resources"], each.get("resourceNames") or [""]
        )
    }


def namespaces_of(settings: Settings) -> Namespaces:
    assert settings.cluster is not None
    return Namespaces(prefix=settings.cluster.namespace)


def account(item: Service | Job, namespaces: Namespaces) -> str:
    tier = item.tier if isinstance(item, Service) else Tier.SERVICES
    return f"{namespaces.of(tier)}/{item.name}"


@every_program
def test_accounts_may_do_what_is_declared_and_nothing_more(program: str) -> None:
    assert granted(recorded(program).manifests) == declared(settings_for(program))


@every_program
def test_only_pods_with_rights_have_a_token(program: str) -> None:
    settings = settings_for(program)
    holders = {right.account for right in declared(settings)}
    with_token = {
        f"{pod.namespace}/{pod.spec['serviceAccountName']}"
        for pod in Inventory(recorded(program).manifests).pods
        if pod.spec["automountServiceAccountToken"] is not False
    }
    assert with_token == holders


@every_program
def test_prometheus_can_find_what_it_scrapes(program: str) -> None:
    settings = settings_for(program)
    services, namespaces = catalogue(settings).services, namespaces_of(settings)
    reader = next(service for service in services if service.name == prometheus.NAME)
    scraped = {namespaces.of(service.tier) for service in services if service.metrics}
    for namespace, verb in product(scraped, ("get", "list", "watch")):
        right = Right(account(reader, namespaces), namespace, verb, "/pods", "")
        assert right in granted(recorded(program).manifests)


@every_program
def test_nobody_has_rights_in_the_whole_cluster_but_who_reads_the_kubelets(program: str) -> None:
    rights = granted(recorded(program).manifests)
    on = settings_for(program).cluster
    assert on is not None
    reader = f"{on.namespace}-observability/prometheus"
    seen = {(reader, verb, "/nodes") for verb in ("get", "list", "watch")}
    expected = seen | {(reader, "get", "/nodes/metrics")} if on.container_usage else set()
    assert {right[:1] + right[2:4] for right in rights if not right.namespace} == expected


def test_the_scaler_and_its_reaper_change_what_they_must_and_nothing_else() -> None:
    def changes(program: str, who: str) -> set[tuple[str, str, str]]:
        rights = granted(recorded(program).manifests)
        mine = {each[2:] for each in rights if each.account == f"autoserve/{who}"}
        return {each for each in mine if each[0] not in {"get", "list", "watch"}}

    own = {
        ("create", "coordination.k8s.io/leases", ""),
        ("update", "coordination.k8s.io/leases", "scaler"),
        ("create", "events.k8s.io/events", ""),
        ("patch", "events.k8s.io/events", ""),
    }
    minimums = {("patch", "autoscaling/horizontalpodautoscalers", n) for n in ("api", "worker")}
    assert changes("dev", "scaler") == own
    assert changes("dev with hpa", "scaler") == own | minimums
    assert changes("dev with hpa", "reaper") == minimums
    assert changes("dev", "reaper") == set()
    assert changes("dev with resize", "scaler") == own | {("patch", "/pods/resize", "")}


def test_a_right_that_nobody_declares_is_noticed() -> None:
    manifests = recorded("dev").manifests
    role = copy.deepcopy(next(each for each in manifests if kind_of(each) == "Role"))
    role["rules"][0]["verbs"].append("delete")
    others = [each for each in manifests if resource_name(each) != resource_name(role)]
    (extra,) = granted([*others, role]) - declared(settings_for("dev"))
    assert (extra.account, extra.verb) == ("autoserve-observability/prometheus", "delete")
