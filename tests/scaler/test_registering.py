"""Series and events over HTTP and by command: taken, listed, replaced, removed, refused."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from click.testing import CliRunner, Result

from scaler import contract
from scaler.commands import scaler
from scaler.http import MAX_EVENTS, MAX_VALUES, api
from tests.scaler.fakes import NOW_STEP, START, Stage
from tests.scaler.serving import served

TOKEN = "a-token-of-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
NOW = START.timestamp()
SERIES, EVENTS = contract.SERIES_PATH + "/temperature", contract.EVENTS_PATH + "/sales"
VALUES: dict[str, Any] = {"actor": "ann", "values": [{"at": NOW - 60, "value": 1.5}]}
CALENDAR: dict[str, Any] = {
    "actor": "ann",
    "events": [{"name": "sale", "start": NOW, "end": NOW + 60}],
}
Run = Callable[..., Result]


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """The scaler logs in a thread of this process, and would do so into a command's output."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage(mode="observe", min_history_s=1e6)
    made.tick()
    yield made
    made.close()


@pytest.fixture
def address(stage: Stage) -> Iterator[str]:
    app = api(stage.view, stage.steering, None, stage.registrar, token=TOKEN)
    with served(app) as found:
        yield found


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address) as found:
        yield found


@pytest.fixture
def run(address: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in (contract.HTTP_PORT, contract.CLIENT_TOKEN, contract.CLIENT_TOKEN_FILE):
        monkeypatch.delenv(name, raising=False)

    def invoke(*words: str) -> Result:
        env = {contract.CLIENT_URL: address, contract.CLIENT_TOKEN: TOKEN}
        return CliRunner().invoke(scaler, list(words), env=env)

    return invoke


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_series_is_registered_listed_replaced_and_removed(client: httpx.Client) -> None:
    answer = client.put(SERIES, json=VALUES | {"workloads": ["worker"]}, headers=BEARER)
    assert answer.status_code == 200, answer.text
    expected = {
        "name": "temperature",
        "kind": "series",
        "workloads": ["worker"],
        "is_planned": False,
        "count": 1,
        "first": NOW - 60,
        "last": NOW - 60,
        "registered_by": "ann",
    }
    (listed,) = client.get(contract.SERIES_PATH).json()
    assert answer.json() == listed
    assert expected.items() <= listed.items()
    assert client.get(contract.EVENTS_PATH).json() == []
    client.put(SERIES, json=VALUES | {"planned": True, "actor": "bob"}, headers=BEARER)
    found = client.get(SERIES).json()
    assert (found["is_planned"], found["registered_by"], found["workloads"]) == (True, "bob", [])
    assert found["entries"] == [{"at": NOW - 60, "value": 1.5, "known_at": None}]
    assert client.delete(SERIES, params={"actor": "bob"}, headers=BEARER).status_code == 204
    answer = client.get(SERIES)
    assert answer.status_code == 404
    error = {"field": "series", "found": "temperature", "allowed": ""}
    assert answer.json()["errors"] == [error]


def test_a_calendar_is_registered_and_shown_with_its_target(
    client: httpx.Client, stage: Stage
) -> None:
    assert client.put(EVENTS, json=CALENDAR, headers=BEARER).status_code == 200
    (workload,) = client.get(contract.WORKLOADS_PATH).json()
    (factor,) = workload["external"]["factors"]
    assert factor == {
        "name": "events sales",
        "value": 1.0,
        "known_until": NOW + 60,
        "is_used": False,
        "problem": None,
    }
    stage.tick()
    explained = client.get(contract.WORKLOADS_PATH + "/worker/explanation").json()
    assert explained["external"] == workload["external"]
    (event,) = client.get(EVENTS).json()["entries"]
    assert event == {"name": "sale", "start": NOW, "end": NOW + 60, "weight": 1.0}


@pytest.mark.parametrize("path", [SERIES, EVENTS])
def test_a_registration_without_the_token_is_refused(client: httpx.Client, path: str) -> None:
    body = VALUES if path == SERIES else CALENDAR
    assert client.put(path, json=body).status_code == 401
    assert client.delete(path, params={"actor": "ann"}).status_code == 401


@pytest.mark.parametrize(
    ("path", "change", "field"),
    [
        pytest.param(SERIES, {"values": []}, "values", id="empty"),
        pytest.param(SERIES, {"values": [{"at": NOW}]}, "values.0.value", id="no-value"),
        pytest.param(SERIES, {"values": [{"at": "x", "value": 1}]}, "values.0.at", id="no-time"),
        pytest.param(
            SERIES,
            {"values": [{"at": 2, "value": 1}, {"at": 2, "value": 1}]},
            "values[1].at",
            id="twice",
        ),
        pytest.param(
            SERIES,
            {"values": [{"at": 2, "value": 1}, {"at": 1, "value": 1}]},
            "values[1].at",
            id="unordered",
        ),
        pytest.param(
            SERIES,
            {"values": [{"at": 2, "value": 1, "known_at": 3}]},
            "values[0].known_at",
            id="known-afterwards",
        ),
        pytest.param(
            SERIES,
            {"values": [{"at": n, "value": 1} for n in range(MAX_VALUES + 1)]},
            "values",
            id="too-many-values",
        ),
        pytest.param(SERIES, {"actor": ""}, "actor", id="nobody"),
        pytest.param(SERIES, {"more": 1}, "more", id="unknown-field"),
        pytest.param(contract.SERIES_PATH + "/No", {}, "name", id="no-name"),
        pytest.param(
            EVENTS,
            {"events": [{"name": "a", "start": 5, "end": 5}]},
            "events[0].end",
            id="ends-before",
        ),
        pytest.param(
            EVENTS,
            {"events": [{"name": "", "start": 5, "end": 6}]},
            "events.0.name",
            id="nameless",
        ),
        pytest.param(
            EVENTS,
            {"events": [{"name": "a", "start": 5, "end": 6, "weight": 0}]},
            "events.0.weight",
            id="no-weight",
        ),
        pytest.param(
            EVENTS,
            {"events": [{"name": "a", "start": n, "end": n + 1} for n in range(MAX_EVENTS + 1)]},
            "events",
            id="too-many-events",
        ),
    ],
)
def test_a_wrong_registration_is_refused_by_its_field(
    client: httpx.Client, stage: Stage, path: str, change: dict[str, Any], field: str
) -> None:
    body = (CALENDAR if path == EVENTS else VALUES) | change
    answer = client.put(path, json=body, headers=BEARER)
    assert answer.status_code == 422
    (error, *_) = answer.json()["errors"]
    assert error["field"] == field
    assert error["allowed"]
    assert stage.store.factors == {}


def test_an_unknown_target_is_named_with_those_that_are_known(
    client: httpx.Client, stage: Stage
) -> None:
    answer = client.put(SERIES, json=VALUES | {"workloads": ["nobody"]}, headers=BEARER)
    assert answer.status_code == 404
    error = {"field": "workload", "found": "nobody", "allowed": "worker"}
    assert answer.json()["errors"] == [error]
    assert stage.store.factors == {}


def test_while_the_database_is_away_nothing_is_taken(client: httpx.Client, stage: Stage) -> None:
    stage.store.away = True
    answer = client.put(SERIES, json=VALUES, headers=BEARER)
    assert answer.status_code == 503
    assert client.get(contract.SERIES_PATH).json() == []


def test_files_are_registered_and_told_by_command(run: Run, tmp_path: Path) -> None:
    weather, sales = tmp_path / "weather.csv", tmp_path / "sales.csv"
    rows = (f"{60 * step},{step % 5}" for step in range(NOW_STEP - 5, NOW_STEP + 5))
    weather.write_text("timestamp,value\n" + "\n".join(rows) + "\n")
    sales.write_text("start,end,name,weight\n2026-10-31,2026-11-02,autumn sale,2\n")
    text = said(run("series", "put", "temperature", str(weather), "--for", "worker"))
    assert text.startswith("series temperature: 10 entries from 2026-10-31 23:55:00 to ")
    said(run("events", "put", "sales", str(sales)))
    header, row = said(run("series", "list")).splitlines()
    assert header.split()[:2] == ["name", "targets"]
    assert row.split()[:3] == ["temperature", "worker", "10"]
    shown = json.loads(said(run("series", "show", "temperature", "--json")))
    assert shown["entries"][0]["known_at"] is None
    assert shown["entries"][-1]["known_at"] == pytest.approx(NOW + 15)
    assert "autumn sale" in said(run("events", "show", "sales"))
    assert len(said(run("series", "show", "temperature")).splitlines()) == 11
    lines = said(run("targets")).splitlines()
    assert "worker: external factor events sales: 2 now; not learnt yet" in lines
    assert any(
        line.startswith("external factor series")
        for line in said(run("explain", "worker")).splitlines()
    )
    assert said(run("events", "remove", "sales")) == "events sales is removed\n"
    assert json.loads(said(run("series", "remove", "temperature", "--json")))["removed"] is True
    assert json.loads(said(run("series", "list", "--json"))) == []
    assert json.loads(said(run("events", "list", "--json"))) == []


@pytest.mark.parametrize(
    ("kind", "text", "complaint"),
    [
        pytest.param("series", "60,1\n60,2\n", ":2: timestamp: found", id="series"),
        pytest.param("events", "60,30,a\n", ":1: end: found", id="events"),
    ],
)
def test_a_wrong_file_ends_the_command_and_nothing_is_sent(
    *, run: Run, stage: Stage, tmp_path: Path, kind: str, text: str, complaint: str
) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text(text)
    result = run(kind, "put", "x", str(file))
    assert result.exit_code == 1
    assert f"wrong.csv{complaint}" in result.stderr
    assert stage.store.factors == {}


def test_what_is_refused_is_said_in_the_scalers_words(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "given.csv"
    file.write_text("60,1\n")
    result = run("series", "put", "x", str(file), "--for", "nobody")
    assert result.exit_code == 1
    assert "'nobody' is not scaled here; known: worker" in result.stderr
    assert "known: none" in run("events", "remove", "never").stderr
