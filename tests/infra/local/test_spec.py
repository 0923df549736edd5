"""What a description of a service allows, and what makes a replica another one."""

from dataclasses import replace

import pytest

from infra.local.spec import (
    ProcessSpec,
    ReadinessSpec,
    ReplicaBounds,
    ReplicaSpec,
    paths_of,
    resolver,
)

PATHS = paths_of("/srv/state/stacks/local")
SPEC = ProcessSpec(
    name="api",
    command=("serve", "--port", "{port:http}"),
    environment={"NAME": "api-{replica}"},
    ports={"http": (1001, 1002)},
    replicas=ReplicaBounds(minimum=1, maximum=2, initial=1),
)


def test_placeholders_are_resolved_per_replica() -> None:
    second = ReplicaSpec.of(SPEC, 1, PATHS)
    assert second.command == ("serve", "--port", "1002")
    assert second.environment == {"NAME": "api-1"}
    assert second.working_directory == "/srv/state/stacks/local/scratch/api-1"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("{data}", "/srv/state/stacks/local/data/api", id="data"),
        pytest.param("{dir:etc}/x", "/srv/state/stacks/local/etc/api/x", id="with-dir"),
        pytest.param("events { worker_connections 9; }", None, id="other-braces"),
        pytest.param('{"replica": 1}', None, id="json"),
        pytest.param("{secret:x}", None, id="unknown"),
    ],
)
def test_only_known_placeholders_are_touched(template: str, text: str | None) -> None:
    assert resolver(SPEC, 0, PATHS)(template) == (text or template)


@pytest.mark.parametrize(
    ("changes", "field", "found"),
    [
        pytest.param({"name": "Api"}, "name", "'Api'", id="name"),
        pytest.param({"command": ()}, "command", "nothing", id="no-command"),
        pytest.param({"stop_signal": "BYE"}, "stop_signal", "'BYE'", id="signal"),
        pytest.param({"stop_grace_s": 0.0}, "stop_grace_s", "0", id="grace"),
        pytest.param({"ports": {"http": (1001,)}}, "ports.http", "1 ports", id="few-ports"),
        pytest.param({"ports": {"http": (0, 1)}}, "ports.http", "found 0", id="port-range"),
        pytest.param({"metrics": "web"}, "metrics", "'web'", id="metrics-port"),
        pytest.param({"publishes": {"up": "web"}}, "publishes.up", "'web'", id="published-port"),
        pytest.param(
            {"readiness": ReadinessSpec(port="web")}, "readiness.port", "'web'", id="readiness-port"
        ),
        pytest.param(
            {"environment": {"P": "{port:web}"}}, "environment.P", "{port:web}", id="placeholder"
        ),
        pytest.param({"files": {"c": "{replica}"}}, "files.c", "{replica}", id="shared-file"),
        pytest.param(
            {"replicas": ReplicaBounds(minimum=2, maximum=2, initial=1)},
            "replicas",
            "minimum 2",
            id="bounds",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_what_is_allowed(
    changes: dict[str, object], field: str, found: str
) -> None:
    problems = dict(replace(SPEC, **changes).problems())  # type: ignore[arg-type]  # by name
    assert found in problems[field]
    assert "allowed" in problems[field]


def test_a_good_description_has_no_problems() -> None:
    assert SPEC.problems() == []


def test_a_description_survives_being_written_down() -> None:
    full = replace(SPEC, readiness=ReadinessSpec(port="http", path="/"), directories=("{data}",))
    assert ProcessSpec.from_json(full.to_json()) == full


@pytest.mark.parametrize(
    ("changes", "is_another"),
    [
        pytest.param({"environment": {"NAME": "x"}}, True, id="environment"),
        pytest.param({"secret_environment": {"KEY": "x"}}, True, id="secret"),
        pytest.param({"version": "2"}, True, id="version"),
        pytest.param({"files": {"a": "b"}}, True, id="files"),
        pytest.param({"files": {"a": "b"}, "reload_signal": "HUP"}, False, id="files-reloaded"),
        pytest.param({"readiness": ReadinessSpec(port="http")}, False, id="readiness"),
        pytest.param({"metrics": "http"}, False, id="metrics"),
        pytest.param(
            {"replicas": ReplicaBounds(minimum=1, maximum=1, initial=1)}, False, id="bounds"
        ),
    ],
)
def test_only_what_the_process_sees_makes_it_another_one(
    changes: dict[str, object], *, is_another: bool
) -> None:
    before = replace(SPEC, reload_signal=str(changes.get("reload_signal", "")))
    after = replace(before, **changes)  # type: ignore[arg-type]  # by name
    digests = {ReplicaSpec.of(spec, 0, PATHS).digest(spec) for spec in (before, after)}
    assert (len(digests) == 2) is is_another


def test_every_line_of_a_secret_is_known_as_secret() -> None:
    key = "-----BEGIN KEY-----\nMC4CAQAwBQYDK2Vw\n-----END KEY-----\n"
    secrets = replace(SPEC, secret_environment={"KEY": key, "SHORT": "abc"}).secrets()
    assert "MC4CAQAwBQYDK2Vw" in secrets
    assert "abc" not in secrets
