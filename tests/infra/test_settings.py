"""A wrong setting is refused with its key, what was found and what is allowed."""

import json
from typing import Any

import pytest

from infra.settings import Settings, SettingsError


def on_a_cluster(scaler: dict[str, object], **cluster: object) -> dict[str, str]:
    named = {"kubeconfig": "k", "context": "c", "domain": "d.example.org"}
    return {
        "autoserve:cluster": json.dumps(named | cluster),
        "autoserve:scaler": json.dumps(scaler),
    }


def test_an_empty_configuration_gives_the_defaults() -> None:
    assert Settings.load({}) == Settings()


def test_keys_of_other_namespaces_are_left_alone() -> None:
    assert Settings.load({"aws:region": "eu-central-1"}) == Settings()


def test_nested_values_arrive_as_json() -> None:
    settings = Settings.load({"autoserve:api": '{"minReplicas": 3, "maxReplicas": 5}'})
    assert (settings.api.min_replicas, settings.api.max_replicas) == (3, 5)


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port_base = 9_000  # type: ignore[misc]


@pytest.mark.parametrize(
    ("config", "lines"),
    [
        pytest.param(
            {"autoserve:portBas": "9000"},
            [
                "autoserve:portBas: unknown setting (found 9000); allowed: "
                "api, cluster, data, logLevel, portBase, resources, scaler, timeFactor, worker"
            ],
            id="unknown-key",
        ),
        pytest.param(
            {"autoserve:portBase": "80"},
            ["autoserve:portBase: found 80; allowed: integer from 1024 to 65000"],
            id="out-of-range",
        ),
        pytest.param(
            {"autoserve:portBase": "many"},
            ["autoserve:portBase: found 'many'; allowed: integer from 1024 to 65000"],
            id="wrong-type",
        ),
        pytest.param(
            {"autoserve:api": "3"},
            ["autoserve:api: found 3; allowed: group of settings"],
            id="a-number-for-a-group",
        ),
        pytest.param(
            {"autoserve:scaler": '{"mode": "on", "quantile": 0.5}'},
            [
                "autoserve:scaler.mode: found 'on'; allowed: 'off', 'observe' or 'enforce'",
                "autoserve:scaler.quantile: found 0.5; allowed: number above 0.5 below 1",
            ],
            id="two-at-once",
        ),
        pytest.param(
            {"autoserve:worker": '{"minReplicas": 6, "maxReplicas": 2}'},
            ["autoserve:worker: minReplicas 6 is above maxReplicas 2"],
            id="bounds-crossed",
        ),
        pytest.param(
            {"autoserve:scaler": '{"vertical": "resize"}'},
            ["autoserve:scaler.vertical: found 'resize'; allowed: 'recommend' on one machine"],
            id="resizing-processes",
        ),
        pytest.param(
            on_a_cluster({"vertical": "resize"}, containerUsage=False),
            [
                "autoserve:scaler.vertical: found 'resize', which needs cluster.containerUsage; "
                "found false there"
            ],
            id="resizing-by-nothing",
        ),
        pytest.param(
            on_a_cluster({"vertical": "resize"}, vertical="Recreate"),
            [
                "autoserve:scaler.vertical: found 'resize' while cluster.vertical is 'Recreate': "
                "both would change the same pods; allowed there: 'Off' or 'none'"
            ],
            id="two-who-resize",
        ),
        pytest.param(
            {"autoserve:worker": '{"scaling": {"excess": 0.5, "budget": -1}}'},
            [
                "autoserve:worker.scaling.excess: found 0.5; allowed: number from 1 to 10",
                "autoserve:worker.scaling.budget: found -1; allowed: number from 0 to 100000",
            ],
            id="limits-of-scaling",
        ),
        pytest.param(
            {"autoserve:worker": '{"scaling": {"stepsIn": [{"periodS": 0, "replicas": 1}]}}'},
            ["autoserve:worker.scaling.stepsIn.periodS: found 0; allowed: number above 0 to 86400"],
            id="a-step-in-no-time",
        ),
        pytest.param(
            {"autoserve:worker": '{"scaling": {"stepsIn": [{"periodS": 60}]}}'},
            [
                "autoserve:worker.scaling.stepsIn: found neither; "
                "allowed: replicas or percent, one of the two"
            ],
            id="a-step-of-nothing",
        ),
        pytest.param(
            {"autoserve:api": '{"scaling": {"schedule": [{"name": "x", "zone": "Mars"}]}}'},
            [
                "autoserve:api.scaling.schedule.zone: found 'Mars'; "
                "allowed: an IANA name such as Europe/Berlin"
            ],
            id="no-such-zone",
        ),
        pytest.param(
            {"autoserve:scaler": '{"calendar": {"timezone": "Mars"}}'},
            [
                "autoserve:scaler.calendar.timezone: found 'Mars'; "
                "allowed: an IANA name such as Europe/Berlin"
            ],
            id="no-such-clock",
        ),
        pytest.param(
            {"autoserve:scaler": '{"calendars": {"api": {"country": "MC-XX"}}}'},
            ["autoserve:scaler.calendars.api.country: found 'MC-XX'; allowed: MC"],
            id="no-such-part-of-a-country",
        ),
        pytest.param(
            {"autoserve:api": '{"scaling": {"schedule": [{"name": "x", "minimum": 9}]}}'},
            ["autoserve:api: scaling.schedule 'x': minimum 9 is above maxReplicas 4"],
            id="hours-against-the-usual-bound",
        ),
        pytest.param(
            {
                "autoserve:api": '{"maxReplicas": 4, "scaling": {"schedule": ['
                '{"name": "day", "start": "08:00", "end": "18:00", "minimum": 4},'
                '{"name": "sale", "zone": "Europe/Berlin", "start": "17:00", "maximum": 3}]}}'
            },
            [
                "autoserve:api: scaling.schedule 'day': minimum 4 is above maximum 3 of schedule "
                "'sale', which holds at the same time"
            ],
            id="hours-against-each-other",
        ),
        pytest.param(
            {"autoserve:api": '{"scaling": {"underCost": 1}}'},
            ["autoserve:api.scaling: underCost 1 is not above overCost 1"],
            id="too-few-cost-no-more",
        ),
        pytest.param(
            {"autoserve:resources": '{"api": {"cpuRequestM": 10, "cpuLimitM": 5}}'},
            ["autoserve:resources.api: cpuRequestM 10 is above cpuLimitM 5"],
            id="request-above-limit",
        ),
        pytest.param(
            {"autoserve:worker": '{"maxReplicas": 99}'},
            ["autoserve:worker.maxReplicas: found 99; allowed: at most 16 on one machine"],
            id="more-replicas-than-a-machine-has-ports-for",
        ),
        pytest.param(
            {"autoserve:scaler": '{"horizonS": 30}'},
            ["autoserve:scaler: horizonS 30 is below stepS 60"],
            id="horizon-below-step",
        ),
        pytest.param(
            {"autoserve:scaler": '{"startupS": 400}'},
            ["autoserve:scaler: horizonS 300 is below startupS 400"],
            id="a-replica-asked-for-now-comes-after-the-horizon",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    config: dict[str, str], lines: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(config)
    assert caught.value.problems == lines


CLUSTER = {"kubeconfig": "~/.kube/config", "context": "kind-dev", "domain": "dev.example.org"}


def cluster_problems(**changes: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"autoserve:cluster": json.dumps(CLUSTER | changes)})
    return caught.value.problems


def test_a_stack_is_on_this_machine_unless_a_cluster_is_named() -> None:
    assert Settings.load({}).cluster is None
    cluster = Settings.load({"autoserve:cluster": json.dumps(CLUSTER)}).cluster
    assert cluster is not None
    assert cluster.context == "kind-dev"


def test_a_cluster_needs_its_kubeconfig_context_and_domain() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"autoserve:cluster": "{}"})
    missing = [line.partition(";")[0] for line in caught.value.problems]
    assert missing == [
        f"autoserve:cluster.{key}: missing" for key in ("kubeconfig", "context", "domain")
    ]


@pytest.mark.parametrize(
    ("changes", "start", "end"),
    [
        pytest.param(
            {"namespace": "n" * 50},
            f"autoserve:cluster.namespace: found '{'n' * 50}'; allowed: text of at most 49",
            "",
            id="a-name-too-long-for-its-suffixes",
        ),
        pytest.param(
            {"domain": "Example"},
            "autoserve:cluster.domain: found 'Example'; allowed: text like ",
            "(host name of the dashboard and the API)",
            id="wrong-domain",
        ),
        pytest.param(
            {"install": ["helm"]},
            "autoserve:cluster.install: found 'helm'; allowed: 'gateway-api', ",
            "",
            id="unknown-release",
        ),
        pytest.param(
            {"images": {"tag": "latest"}},
            "autoserve:cluster.images: tag 'latest' moves; allowed: the tag of one version",
            "",
            id="a-tag-that-moves",
        ),
        pytest.param(
            {"edge": {"issuer": "letsencrypt"}},
            "autoserve:cluster.edge: issuer letsencrypt needs email, found ''",
            "",
            id="authority-without-address",
        ),
        pytest.param(
            {"redis": {"host": "cache.example.org", "cidrs": ["10.0.0.0/16"]}},
            "autoserve:cluster.redis.password: missing; needed: text (a Pulumi secret)",
            "",
            id="missing-secret",
        ),
    ],
)
def test_a_wrong_setting_of_a_cluster_is_named(
    changes: dict[str, Any], start: str, end: str
) -> None:
    (problem,) = cluster_problems(**changes)
    assert problem.startswith(start)
    assert problem.endswith(end)


@pytest.mark.parametrize("found", [12345, {"value": "hunter2"}, ["hunter2"]])
def test_a_secret_of_a_wrong_type_is_not_shown(found: object) -> None:
    given = {"host": "db.example.org", "cidrs": ["10.0.0.0/8"], "password": found}
    (problem,) = cluster_problems(postgres=given)
    assert problem == (
        "autoserve:cluster.postgres.password: found a value that is not shown; "
        "allowed: text (of that role; a Pulumi secret)"
    )
