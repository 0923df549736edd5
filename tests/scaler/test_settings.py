import json

import pytest

from scaler import contract
from scaler.core.capacity import Objective
from scaler.core.resources import MEBI, Allotment
from scaler.records import Container, SignalQueries, UsageQueries
from scaler.settings import AllotmentSettings, Settings, SettingsError, database_url, read

WORKLOAD = {
    "name": "worker",
    "load_query": "load",
    "load_unit": "slots",
    "ready_query": "ready",
    "capacity": 2,
    "target": 0.8,
    "minimum": 1,
    "maximum": 6,
    "quantile": 0.95,
    "utilisation_query": "busy / slots",
    "utilisation_objective": 0.9,
    "latency_query": "",
    "latency_objective_s": 0,
    "queue_wait_query": "wait",
    "queue_wait_objective_s": 30,
    "capacity_minimum": 1,
    "capacity_maximum": 0,
    "release_query": "release",
    "timezone": "Europe/Berlin",
    "country": "DE-BY",
    "mode": "observe",
    "behaviour": {},
}
GOOD = {
    contract.HTTP_PORT: "8000",
    contract.METRICS_PORT: "9000",
    contract.DATABASE_URL: "postgresql://scaler:hidden-password@127.0.0.1/autoserve",
    contract.PROMETHEUS_URL: "http://127.0.0.1:9090",
    contract.TOKEN: "hidden-token-of-the-tests",
    contract.WORKLOADS: json.dumps([WORKLOAD]),
}


def settings(**changes: str) -> Settings:
    return read(GOOD | changes)


def test_the_contract_names_every_field_of_a_workload() -> None:
    assert tuple(WORKLOAD) == contract.WORKLOAD_FIELDS
    (workload,) = settings().scaled()
    assert (workload.name, workload.policy.capacity, workload.policy.maximum) == ("worker", 2.0, 6)


def test_a_workload_has_a_clock_and_holidays_of_its_own() -> None:
    (workload,) = settings().scaled()
    assert (workload.timezone, workload.country) == ("Europe/Berlin", "DE-BY")
    assert str(workload.policy.zone) == "Europe/Berlin"  # by which a day of the budget ends, too
    plain = {k: v for k, v in WORKLOAD.items() if k not in contract.CALENDAR_FIELDS}
    (workload,) = settings(**{contract.WORKLOADS: json.dumps([plain])}).scaled()
    assert (workload.timezone, workload.country) == ("UTC", "")


def test_a_capacity_is_learnt_from_what_is_given_within_its_bounds() -> None:
    (workload,) = settings().scaled()
    rules = workload.rules
    assert rules is not None
    assert (rules.minimum, rules.configured, rules.maximum) == (1.0, 2.0, 6.0)
    assert rules.objective == Objective(utilisation=0.9, queue_wait_s=30.0)
    assert (rules.unit_s, rules.long_s, rules.short_s) == (60.0, 86_400.0, 3_600.0)
    assert workload.signals == SignalQueries(
        utilisation="busy / slots", queue_wait="wait", release="release"
    )


def test_a_capacity_is_not_learnt_where_nothing_is_given() -> None:
    given = {name: WORKLOAD[name] for name in ("name", "load_query", "ready_query", "capacity")}
    (workload,) = settings(SCALER_WORKLOADS=json.dumps([given | {"maximum": 6}])).scaled()
    assert workload.rules is not None
    assert workload.rules.objective == Objective()


def test_a_workload_may_have_a_mode_of_its_own() -> None:
    other = {name: value for name, value in WORKLOAD.items() if name != "mode"} | {"name": "api"}
    given = settings(SCALER_WORKLOADS=json.dumps([WORKLOAD, other]))
    assert [workload.mode for workload in given.scaled()] == ["observe", "enforce"]


def test_resources_are_recommended_where_their_usage_is_measured() -> None:
    assert not settings().recommends
    measured = settings(
        SCALER_USAGE_CPU_QUERY="cpu",
        SCALER_USAGE_MEMORY_QUERY="memory",
        SCALER_LEAST_MEMORY_MIB="32",
        SCALER_ALLOTMENTS=json.dumps(
            [{"workload": "api", "container": "api", "cpu_request_m": 200, "memory_limit_mib": 2}]
        ),
    )
    assert measured.recommends
    assert measured.usage_queries() == UsageQueries(cpu="cpu", memory="memory")
    rules = measured.resource_rules()
    assert (rules.half_life_s, rules.least_cpu_m, rules.least_memory) == (86_400, 25, 32 * MEBI)
    assert measured.allotted() == {
        Container(workload="api", name="api"): Allotment(cpu_request_m=200, memory_limit=2 * MEBI)
    }


def test_the_contract_names_every_field_of_an_allotment() -> None:
    assert tuple(AllotmentSettings.model_fields) == contract.ALLOTMENT_FIELDS


def test_a_demo_profile_has_the_same_steps_in_less_time() -> None:
    slow = settings(SCALER_MAX_HISTORY_S="1.2096e+06")
    fast = settings(
        SCALER_STEP_S="3",
        SCALER_SEASON_S="30240",
        SCALER_MAX_HISTORY_S="60480",
        SCALER_HORIZON_S="15",
        SCALER_STARTUP_S="9",
    )
    assert (fast.seasons, fast.keep_steps) == (slow.seasons, slow.keep_steps)
    assert fast.step_ms == 3_000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({contract.MODE: "on"}, "SCALER_MODE: found 'on'", id="unknown-mode"),
        pytest.param({contract.STEP_S: "0"}, "SCALER_STEP_S: found '0'", id="no-step"),
        pytest.param({contract.TICK_S: "inf"}, "SCALER_TICK_S: found 'inf'", id="infinite"),
        pytest.param({contract.HTTP_PORT: "x"}, "SCALER_HTTP_PORT: found 'x'", id="no-port"),
        pytest.param({contract.SINK: "local"}, "needs SCALER_LOCAL_SOCKET", id="no-socket"),
        pytest.param({contract.HORIZON_S: "60"}, "shorter than SCALER_STARTUP_S", id="too-near"),
        pytest.param(
            {contract.MODELS: "databse"},
            "SCALER_MODELS: found 'databse', allowed: an absolute path, 'database', or \"\"",
            id="nowhere-for-models",
        ),
        pytest.param({contract.STEP_S: "1"}, "allowed 1 to 50000", id="too-many-steps"),
        pytest.param({contract.USAGE_CPU_QUERY: "cpu"}, "go together", id="cpu-without-memory"),
        pytest.param(
            {contract.VERTICAL: "resize"},
            "SCALER_VERTICAL=resize needs SCALER_SINK=kubernetes",
            id="resize-what",
        ),
        pytest.param(
            {contract.ALLOTMENTS: json.dumps([{"workload": "api"}])},
            "SCALER_ALLOTMENTS.0.container is not set",
            id="whose-allotment",
        ),
        pytest.param({contract.WORKLOADS: "[{"}, "SCALER_WORKLOADS", id="no-json"),
        pytest.param(
            {contract.WORKLOADS: json.dumps([WORKLOAD, WORKLOAD])}, "one workload twice", id="twice"
        ),
        pytest.param(
            {contract.WORKLOADS: json.dumps([WORKLOAD | {"minimum": 9}])},
            "minimum 9 is above maximum 6",
            id="bounds",
        ),
        pytest.param(
            {contract.WORKLOADS: json.dumps([WORKLOAD | {"qantile": 9}])}, "qantile", id="typo"
        ),
        pytest.param(
            {contract.WORKLOADS: json.dumps([WORKLOAD | {"latency_query": "p95"}])},
            "latency_query and latency_objective_s go together",
            id="no-objective",
        ),
        pytest.param(
            {contract.WORKLOADS: json.dumps([WORKLOAD | {"capacity_minimum": 3}])},
            "capacity 2 is outside of capacity_minimum 3 to capacity_maximum 6",
            id="capacity-bounds",
        ),
        pytest.param(
            {contract.WORKLOADS: json.dumps([WORKLOAD | {"timezone": "Mars"}])},
            "timezone: found 'Mars', allowed: an IANA name such as Europe/Berlin",
            id="no-zone",
        ),
        pytest.param(
            {contract.WORKLOADS: json.dumps([WORKLOAD | {"country": "XX"}])},
            "country: found 'XX', allowed: a country of AD, AE, ",
            id="no-country",
        ),
        pytest.param(
            {contract.WORKLOADS: json.dumps([WORKLOAD | {"country": "DE-ZZ"}])},
            "country: found 'DE-ZZ', allowed: DE, or a part of DE-BB, ",
            id="no-part-of-a-country",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_found(change: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read(GOOD | change)


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="SCALER_PROMETHEUS_URL is not set"):
        read({name: value for name, value in GOOD.items() if name != contract.PROMETHEUS_URL})
    with pytest.raises(SettingsError, match="SCALER_DATABASE_URL is not set"):
        database_url({})


def test_no_secret_is_part_of_an_error_or_of_what_is_printed() -> None:
    with pytest.raises(SettingsError) as caught:
        read(GOOD | {contract.TOKEN: "hidden"})
    assert "hidden" not in str(caught.value)
    assert "hidden" not in repr(settings())
