"""Each description is complete, and all of them fit together, on one machine and in a cluster."""

import json
from dataclasses import replace

import pytest

from infra.calendar import CalendarSettings
from infra.services.catalogue import Catalogue, catalogue
from infra.services.consistency import CatalogueError, check
from infra.services.description import (
    Dependency,
    Job,
    Port,
    Probe,
    Scaling,
    Secret,
    Service,
    placeholders,
)
from infra.settings import Resources, ScalerSettings, Settings
from scaler import contract as scaler_contract

CLUSTER = {"kubeconfig": "~/.kube/config", "context": "dev", "domain": "dev.example.org"}
MANAGED = {"host": "db.example.org", "cidrs": ["10.0.0.0/16"], "password": "given"}


def of(**cluster: object) -> Settings:
    return Settings.load({"autoserve:cluster": json.dumps(CLUSTER | cluster)})


SETTINGS = {
    "local": Settings(),
    "cluster": of(),
    "cluster-hpa": of(scaling="hpa"),
    "cluster-managed": of(postgres=MANAGED, redis=MANAGED),
}
CATALOGUES = {name: catalogue(settings) for name, settings in SETTINGS.items()}
LOCAL = CATALOGUES["local"]


def templates(item: Service | Job) -> list[str]:
    return [*item.command, *item.environment.values(), *item.files.values()]


@pytest.mark.parametrize("described", CATALOGUES.values(), ids=CATALOGUES)
def test_the_descriptions_fit_together(described: Catalogue) -> None:
    check(described)


@pytest.mark.parametrize("described", CATALOGUES.values(), ids=CATALOGUES)
def test_every_secret_is_used(described: Catalogue) -> None:
    used = {
        name
        for item in described.items
        for text in templates(item)
        for kind, name in placeholders(text)
        if kind == "secret"
    }
    assert used == {secret.name for secret in described.secrets}


def test_what_is_given_takes_the_place_of_a_service_of_ours() -> None:
    managed = CATALOGUES["cluster-managed"]
    assert {external.name for external in managed.externals} == {"postgres", "redis"}
    assert {"postgres", "redis"}.isdisjoint(service.name for service in managed.services)
    given = {s.name: s.given.get_secret_value() for s in managed.secrets if s.given}
    assert given == {"postgres-password": "given", "redis-password": "given"}


@pytest.mark.parametrize("name", ["cluster", "cluster-hpa", "cluster-managed"])
def test_every_service_and_job_of_a_cluster_has_an_image_and_an_account(name: str) -> None:
    described = CATALOGUES[name]
    for item in described.items:
        assert item.image
        assert item.account > 0


def test_the_scaler_may_patch_the_autoscalers_of_its_workloads_and_only_where_keda_is_off() -> None:
    def patched(name: str) -> set[tuple[str, ...]]:
        access = next(s.access for s in CATALOGUES[name].services if s.name == "scaler")
        return {(*r.resources, *r.names) for r in access if "patch" in r.verbs}

    assert patched("cluster") == {("events",)}
    autoscalers = ("horizontalpodautoscalers", "api", "worker")
    assert patched("cluster-hpa") == {("events",), autoscalers}
    local = next(s for s in LOCAL.services if s.name == "scaler")
    assert local.access == ()


def test_pods_are_resized_only_where_that_is_switched_on() -> None:
    def of(vertical: str) -> tuple[str, set[str]]:
        groups = {"cluster": CLUSTER, "scaler": {"vertical": vertical}}
        given = Settings.load({f"autoserve:{k}": json.dumps(v) for k, v in groups.items()})
        service = next(s for s in catalogue(given).services if s.name == "scaler")
        patched = {kind for r in service.access if "patch" in r.verbs for kind in r.resources}
        return service.environment[scaler_contract.VERTICAL], patched

    assert of("recommend") == ("recommend", {"events"})
    assert of("resize") == ("resize", {"events", "pods/resize"})


def test_what_a_dead_scaler_leaves_is_put_back_where_it_leaves_anything() -> None:
    scheduled = {name: [j.name for j in c.jobs if j.schedule] for name, c in CATALOGUES.items()}
    assert scheduled == {
        "local": [],
        "cluster": [],
        "cluster-hpa": ["reaper"],
        "cluster-managed": [],
    }


def test_a_demo_profile_divides_every_duration_of_the_scaler_alike() -> None:
    def environment(settings: Settings) -> dict[str, str]:
        services = catalogue(settings).services
        return dict(next(s.environment for s in services if s.name == "scaler"))

    usual, demo = environment(Settings()), environment(Settings(time_factor=10))
    stale = scaler_contract.STALE_AFTER_S
    assert usual[stale] == demo[stale]  # a late scrape is no sooner in a demo
    durations = [name for name in usual if name.endswith("_S") and name != stale]
    assert len(durations) == 11
    for name in durations:
        assert float(usual[name]) / float(demo[name]) == pytest.approx(10)


def test_each_workload_has_its_own_calendar_or_that_of_all_and_a_demo_has_none() -> None:
    scaler = ScalerSettings(
        calendar=CalendarSettings(timezone="Europe/Berlin", country="DE"),
        calendars={"api": CalendarSettings(timezone="America/New_York")},
    )

    def calendars(settings: Settings) -> dict[str, tuple[str, str]]:
        (found,) = [s for s in catalogue(settings).services if s.name == "scaler"]
        workloads = json.loads(found.environment[scaler_contract.WORKLOADS])
        return {one["name"]: (one["timezone"], one["country"]) for one in workloads}

    own = {"api": ("America/New_York", ""), "worker": ("Europe/Berlin", "DE")}
    found = calendars(Settings(scaler=scaler))
    assert found == {name: own[name] for name in found}
    assert "worker" in found
    demo = calendars(Settings(scaler=scaler, time_factor=10))
    assert set(demo.values()) == {("UTC", "")}


# What a service developer may get wrong.

HTTP = Port(name="http", number=8000)


def service(name: str = "shop", **fields: object) -> Service:
    usual = Service(
        name=name,
        title="A shop",
        command=("python", "-m", "shop"),
        ports=(HTTP,),
        probe=Probe(port="http", path="/ready"),
    )
    return replace(usual, **fields)  # type: ignore[arg-type]  # the fields of a test's case


def with_services(*added: Service) -> Catalogue:
    return replace(LOCAL, services=(*LOCAL.services, *added))


KNOWN = "api, edge, postgres, prometheus, redis, relay, scaler, shop, worker"


@pytest.mark.parametrize(
    ("described", "problem"),
    [
        pytest.param(
            with_services(service(dependencies=(Dependency(service="stock", port="http"),))),
            f"shop: depends on stock, which is no service; allowed: {KNOWN}",
            id="unknown-service",
        ),
        pytest.param(
            with_services(service(dependencies=(Dependency(service="api", port="grpc"),))),
            "shop: depends on port grpc of api; allowed: http, metrics",
            id="unknown-port",
        ),
        pytest.param(
            with_services(service(ports=(HTTP, Port(name="admin", number=8000)))),
            "shop: two ports have the number 8000; allowed: one",
            id="port-clash",
        ),
        pytest.param(
            with_services(service(ports=(HTTP, Port(name="http", number=8001)))),
            "shop: two ports have the name http; allowed: one",
            id="port-name-clash",
        ),
        pytest.param(
            with_services(service(metrics="metrics")),
            "shop: metrics names the port metrics; allowed: http",
            id="metrics-on-no-port",
        ),
        pytest.param(
            with_services(
                service("shop", dependencies=(Dependency(service="stock", port="http"),)),
                service("stock", dependencies=(Dependency(service="shop", port="http"),)),
            ),
            "shop: its dependencies form a cycle: shop -> stock -> shop; allowed: none",
            id="cycle",
        ),
        pytest.param(
            with_services(service("s" * 41)),
            f"{'s' * 41}: the name has 41 characters; allowed: at most 40",
            id="name-too-long",
        ),
        pytest.param(
            with_services(service("Shop_1")),
            "Shop_1: allowed in a name: a-z, 0-9 and -, a letter first, no - last",
            id="name-with-other-characters",
        ),
        pytest.param(
            with_services(service("api", ports=(HTTP, Port(name="metrics", number=9000)))),
            "api: 2 services or jobs have this name; allowed: one",
            id="name-taken",
        ),
        pytest.param(
            with_services(service(scaling=Scaling(minimum=4, maximum=2))),
            "shop: replicas from 4 to 2; allowed: at least 1, and the minimum not above the "
            "maximum",
            id="bounds-crossed",
        ),
        pytest.param(
            with_services(service(environment={"TOKEN": "{secret:shop-token}"})),
            "shop: {secret:shop-token} is unknown; allowed: app-database-password, jwt-key, "
            "redis-password, scaler-database-password, scaler-token",
            id="missing-secret",
        ),
        pytest.param(
            with_services(service(environment={"API": "http://{address:api.http}"})),
            "shop: {address:api.http} is unknown; allowed: nothing",
            id="undeclared-edge",
        ),
        pytest.param(
            with_services(service(command=("shop", "--token={secret:jwt-key}"))),
            "shop: a secret stands in the command; allowed: environment and files",
            id="secret-in-argv",
        ),
        pytest.param(
            with_services(service(publishes="http", route="/api")),
            "/api: 2 services publish on this path; allowed: one",
            id="route-clash",
        ),
        pytest.param(
            replace(
                LOCAL, jobs=(*LOCAL.jobs, Job(name="seed", title="", command=("x",), needs=("b",)))
            ),
            "seed: waits for or precedes b; allowed: api, database, edge, first-user, migrate-app, "
            "migrate-scaler, postgres, prometheus, redis, relay, scaler, seed, worker",
            id="job-waits-for-nobody",
        ),
        pytest.param(
            replace(
                LOCAL,
                jobs=(*LOCAL.jobs, Job(name="nightly", title="", command=("x",), schedule="daily")),
            ),
            "nightly: schedule 'daily'; allowed: the five fields of cron",
            id="schedule-that-is-none",
        ),
        pytest.param(
            replace(
                LOCAL,
                jobs=(
                    *LOCAL.jobs,
                    Job(
                        name="nightly",
                        title="",
                        command=("x",),
                        schedule="0 3 * * *",
                        before=("api",),
                    ),
                ),
            ),
            "nightly: api before or after a schedule; allowed: nothing",
            id="schedule-that-is-waited-for",
        ),
    ],
)
def test_a_slip_in_a_description_is_named(described: Catalogue, problem: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        check(described)
    assert caught.value.problems == [problem]


def test_all_slips_are_named_at_once() -> None:
    bad = service("Shop", metrics="none")
    with pytest.raises(CatalogueError) as caught:
        check(replace(LOCAL, services=(*LOCAL.services, bad), secrets=(Secret(name="jwt-key"),)))
    assert len(caught.value.problems) > 2


@pytest.mark.parametrize("name", CATALOGUES)
def test_the_scaler_knows_where_usage_is_read_and_what_every_service_asks_for(name: str) -> None:
    environment = next(s.environment for s in CATALOGUES[name].services if s.name == "scaler")
    measured = "autoserve_replica_memory_bytes" if name == "local" else "container_memory"
    assert measured in environment[scaler_contract.USAGE_MEMORY_QUERY]
    allotted = json.loads(environment[scaler_contract.ALLOTMENTS])
    assert {tuple(entry) for entry in allotted} == {scaler_contract.ALLOTMENT_FIELDS}
    by_name = {entry["container"]: entry for entry in allotted}
    for service in CATALOGUES[name].services:
        if service.name in by_name and service.resources != Resources():
            asked = service.resources.model_dump()
            assert {key: by_name[service.name][key] for key in asked} == asked
    assert {"api", "worker", "scaler"} <= set(by_name)
