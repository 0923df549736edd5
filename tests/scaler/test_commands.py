"""``autoserve scaler`` against a scaler on a real socket."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
import structlog
from click.testing import CliRunner, Result

from scaler import contract
from scaler.adapters.model_folder import FolderShelf
from scaler.adapters.model_store import ModelStore
from scaler.commands import EVIDENCE, scaler
from scaler.http import api
from scaler.remote import Remote
from scaler.terminal import DURATION, MOMENT
from tests.ports import free_port
from tests.scaler.fakes import Stage
from tests.scaler.serving import served

TOKEN = "a-token-of-the-tests"
Run = Callable[..., Result]


class FakeAdvice:
    def recommendations(self, workload: str | None) -> list[dict[str, Any]]:
        one = {"workload": "worker", "container": "pool", "sentence": "Ask for 400m of cpu."}
        return [one] if workload in (None, "worker") else []


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """The scaler logs in a thread of this process, and would do so into a command's output."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(mode="observe", models=ModelStore(FolderShelf(tmp_path_factory.mktemp("models"))))
    made.tick()
    made.tick_until_forecast()
    for _ in range(8):
        made.tick(after_s=60)
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(stage: Stage) -> Iterator[str]:
    with served(api(stage.view, stage.steering, FakeAdvice(), token=TOKEN)) as found:
        yield found


@pytest.fixture
def run(address: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in (contract.HTTP_PORT, contract.CLIENT_TOKEN, contract.CLIENT_TOKEN_FILE):
        monkeypatch.delenv(name, raising=False)

    def invoke(*words: str, url: str = address, token: str = TOKEN) -> Result:
        env = {contract.CLIENT_URL: url, contract.CLIENT_TOKEN: token}
        return CliRunner().invoke(scaler, list(words), env=env)

    return invoke


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def test_targets_are_listed_with_what_is_not_as_usual(run: Run, stage: Stage) -> None:
    stage.source.load_at, load_at = lambda _: float("nan"), stage.source.load_at
    stage.tick()
    text = said(run("targets"))
    stage.source.load_at = load_at
    stage.tick()
    header, row, *notes = text.splitlines()
    assert header.split()[:2] == ["target", "mode"]
    assert row.split()[:3] == ["worker", "observe", "3"]
    assert "worker: no_metrics: the load query has no value" in notes


@pytest.mark.parametrize("has_load", [True, False])
def test_why_there_is_no_forecast_is_said_once(run: Run, has_load: bool) -> None:
    young = Stage(mode="observe")
    young.source.since = int(young.clock.at.timestamp() / 60) - 2
    if not has_load:
        young.source.load_at = lambda _: float("nan")
    young.tick()
    with served(api(young.view, young.steering, None, token=TOKEN)) as url:
        _, _, *notes = said(run("targets", url=url)).splitlines()
    young.close()
    assert len(notes) == 1, notes
    said_as = "no forecast: " if has_load else "no_metrics: the load query has no value"
    assert notes[0].startswith(f"worker: {said_as}")


def test_the_forecast_is_shown_as_a_path(run: Run) -> None:
    lines = said(run("forecast", "worker")).splitlines()
    assert lines[0].split() == ["time", "ahead", "lower", "median", "upper"]
    ahead = [float(line.split()[2]) for line in lines[1:-1]]
    assert ahead == sorted(ahead)
    assert "95 % quantile" in lines[-1]


def test_a_forecast_is_shown_beside_what_came(run: Run) -> None:
    lines = said(run("forecast", "worker", "--past", "5m")).splitlines()
    assert lines[0].split()[:3] == ["time", "load", "forecast"]
    found = json.loads(said(run("forecast", "worker", "--past", "5m", "--json")))
    assert len(found["past"]["actual"]) == pytest.approx(5, abs=1)


def test_explain_says_the_sentence_that_the_api_and_so_the_page_shows(
    run: Run, address: str
) -> None:
    (workload,) = httpx.get(address + contract.WORKLOADS_PATH).json()
    first, _, second, *_ = said(run("explain", "worker")).splitlines()
    assert first == workload["decision"]["reason"]
    assert second.split()[0] == "at"
    assert json.loads(said(run("explain", "worker", "--json")))["sentence"] == first


def test_a_decision_of_before_is_explained(run: Run, address: str) -> None:
    *_, oldest = httpx.get(address + contract.DECISIONS_PATH, params={"limit": 500}).json()
    at = datetime.fromisoformat(oldest["at"]) + timedelta(seconds=1)
    text = said(run("explain", "worker", "--at", at.isoformat()))
    assert text.splitlines()[0] == oldest["reason"]
    result = run("explain", "worker", "--at", "2020-01-01")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no decision about worker is known at or before 2020-01-01" in result.stderr


def test_what_if_explains_what_would_be_decided(run: Run) -> None:
    text = said(run("what-if", "worker", "--load", "100"))
    assert text.startswith("From ")
    assert " 13 replicas: the load of 100 slots needs " in text


def test_decisions_and_cost_are_sentences(run: Run) -> None:
    assert "worker (observe" in said(run("decisions", "worker", "--limit", "1"))
    assert said(run("cost", "worker", "--window", "1h")).startswith("In ")


def test_a_mode_is_shown_and_changed(run: Run, stage: Stage) -> None:
    assert said(run("mode", "worker")).startswith("worker: mode observe; changed ")
    text = said(run("mode", "worker", "off", "--reason", "an incident"))
    assert text.startswith("worker: mode off; changed ")
    assert stage.loop.controls.mode("worker") == "off"
    said(run("mode", "worker", "observe"))
    text = said(run("changes", "worker", "--limit", "2"))
    assert "mode off by " in text
    assert "(command line): an incident" in text


def test_a_workload_is_frozen_and_let_go_again(run: Run) -> None:
    text = said(run("freeze", "worker", "--for", "1h30m", "--reason", "a sale"))
    assert "the reactive path may still scale out" in text
    assert "observe (frozen)" in said(run("targets"))
    assert "frozen" not in said(run("unfreeze", "worker"))


def test_models_are_listed_and_rolled_back(run: Run) -> None:
    _, row = said(run("models", "worker")).splitlines()
    version = row.split()[0]
    assert "serves" in row
    better = re.search(r"skill (0\.\d+), steps \d+", row)  # than persistence: the sign says so
    assert better, row
    assert version in said(run("rollback", "worker", version))
    assert "rolled back to" in said(run("models", "worker"))
    said(run("rollback", "worker", contract.NEWEST))
    result = run("rollback", "worker")
    assert result.exit_code == 1
    assert "no older version" in result.stderr


def test_who_only_observes_refuses_a_rollback_and_a_history_and_says_who_acts(
    run: Run, stage: Stage, address: str
) -> None:
    (version, *_) = [kept.version for kept in stage.loop.learner.versions("worker")]
    body = {"step_s": 60, "end": stage.clock.now().timestamp(), "values": [1.0, 2.0]}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    before, model = stage.book.load, stage.book.model
    stage.writer.is_writer, stage.writer.other = False, "scaler-7d9f-x2x4z-1a2b3c4d"
    for words in (("worker",), ("worker", version), ("worker", contract.NEWEST)):
        result = run("rollback", *words)
        assert result.exit_code == 1
        assert "only observes, 'scaler-7d9f-x2x4z-1a2b3c4d' acts" in result.stderr
    given = httpx.put(f"{address}/v1/workloads/worker/history", json=body, headers=headers)
    assert (given.status_code, given.json()["title"]) == (409, "Another replica acts")
    assert given.headers["connection"] == "close"  # or the next question meets the same one
    assert (stage.book.load, stage.book.model) == (before, model)
    stage.writer.other = None
    assert "no replica of the scaler acts now" in run("rollback", "worker").stderr
    assert run("rollback", "nobody").stderr.startswith("Error: workload 'nobody' is not scaled")
    said(run("mode", "worker", "observe"))  # what the database carries is taken by any
    stage.writer.is_writer = True


def test_recommendations_are_sentences(run: Run) -> None:
    assert said(run("recommendations")) == "worker/pool: Ask for 400m of cpu.\n"


def test_recommendations_about_a_name_that_nobody_knows_are_refused(run: Run) -> None:
    result = run("recommendations", "nobody")
    assert result.exit_code == 1
    assert "workload 'nobody' is not known here; known: worker" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["targets"],
        ["forecast", "worker"],
        ["decisions"],
        ["explain", "worker"],
        ["what-if", "worker", "--load", "1"],
        ["cost", "worker"],
        ["mode", "worker"],
        ["changes", "worker"],
        ["models", "worker"],
        ["recommendations"],
    ],
    ids=lambda words: words[0],
)
def test_every_question_is_answered_in_json_too(run: Run, words: list[str]) -> None:
    assert json.loads(said(run(*words, "--json"))) is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["explain", "nobody"], "workload 'nobody' is not scaled here", id="target"),
        pytest.param(["mode", "nobody"], "workload 'nobody' is not scaled here", id="no-mode"),
        pytest.param(["what-if", "worker", "--load", "-1"], "load: found '-1.0'", id="load"),
        pytest.param(["what-if", "worker", "--load", "nan"], "load: found 'nan'", id="nan"),
        pytest.param(
            ["freeze", "worker", "--for", "8d", "--reason", "x"], "for_s: found 691200.0", id="long"
        ),
    ],
)
def test_what_is_refused_is_said_in_one_line(run: Run, words: list[str], message: str) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_nobody_there_is_named(run: Run) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = run("targets", url=url)
    assert result.exit_code == 1
    assert f"the scaler does not answer at {url}" in result.stderr


def test_something_else_there_is_told_apart(run: Run) -> None:
    from fastapi import FastAPI  # noqa: PLC0415 - for this one case

    with served(FastAPI(openapi_url=None)) as url:
        result = run("targets", url=url)
    assert "Not Found" in result.stderr


def test_without_a_token_nothing_is_changed_and_with_a_wrong_one_neither(
    run: Run, stage: Stage
) -> None:
    result = run("mode", "worker", "off", token="")
    assert result.exit_code == 1
    assert contract.CLIENT_TOKEN_FILE in result.stderr
    result = run("mode", "worker", "off", token="another-token")
    assert "a valid bearer token is needed" in result.stderr
    assert "another-token" not in result.output
    assert stage.loop.controls.mode("worker") == "observe"


def test_the_token_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("of-the-file\n")
    env = {contract.CLIENT_URL: "http://x", contract.CLIENT_TOKEN_FILE: str(file)}
    assert Remote.found(env)._token == "of-the-file"
    with pytest.raises(click.ClickException, match="No such file"):
        Remote.found({**env, contract.CLIENT_TOKEN_FILE: str(tmp_path / "none")})


def test_in_its_own_environment_the_scaler_is_found_on_this_machine() -> None:
    env = {contract.HTTP_HOST: "::", contract.HTTP_PORT: "8123", contract.TOKEN: "t"}
    assert Remote.found(env)._url == "http://127.0.0.1:8123"
    with pytest.raises(click.ClickException, match=contract.CLIENT_URL):
        Remote.found({})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90.0), ("30m", 1_800.0), ("1h30m", 5_400.0), ("1.5d", 129_600.0)],
)
def test_durations_have_a_unit(text: str, seconds: float) -> None:
    assert DURATION.convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "-5m", "0s", "5 m", "1y"])
def test_a_duration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="found"):
        DURATION.convert(text, None, None)


def test_a_time_without_an_offset_is_in_utc() -> None:
    expected = datetime(2026, 11, 25, 18, 30, tzinfo=UTC)
    assert MOMENT.convert("2026-11-25T18:30", None, None) == expected
    assert MOMENT.convert("2026-11-25T19:30+01:00", None, None) == expected
    with pytest.raises(click.BadParameter, match="found"):
        MOMENT.convert("yesterday", None, None)


def test_commands_about_recorded_loads_are_imported_when_they_are_called() -> None:
    for module, _ in EVIDENCE.values():
        assert isinstance(__import__(module, fromlist=["command"]).command, click.Command)
    result = CliRunner().invoke(scaler, ["backtest", "--help"])
    assert "--trace" in result.output


def test_help_lists_all_commands_without_importing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, _ in EVIDENCE.values():
        monkeypatch.setitem(sys.modules, module, None)
    result = CliRunner().invoke(scaler, ["--help"])
    assert result.exit_code == 0
    for name in ("targets", "explain", "what-if", "freeze", "backtest", "simulate", "anomalies"):
        assert f"\n  {name} " in result.output
