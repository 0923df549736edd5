"""One run of a task, with types made for the test, on a real database."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from pydantic import Field
from sqlalchemy import Engine

from app.core.identifiers import new_id
from app.tasks.catalogue import Catalogue, TaskParameters, TaskType
from app.tasks.context import Context, TaskFailed, TaskStopped, TransientFailure
from worker.execution import Executor, backoff_s
from worker.news import News
from worker.store import Run, TaskStore
from worker.sweeper import expire_leases
from worker.warden import Warden

MAX_ATTEMPTS = 3


class Parameters(TaskParameters):
    number: int = Field(default=1, ge=0)


Work = Callable[[Parameters, Context], Any]


@pytest.fixture
def execute(
    tasks: Any, engine: Engine, redis_url: str, tmp_path: Path
) -> Callable[..., tuple[str, dict[str, Any]]]:
    """Runs some work as a task of type ``made.up``; the outcome and the task's row."""
    client = redis.Redis.from_url(redis_url)

    def run(
        work: Work, *, time_limit_s: float = 20, task_id: UUID | None = None, **parameters: Any
    ) -> tuple[str, dict[str, Any]]:
        kind = TaskType(name="made.up", title="", description="", parameters=Parameters, run=work)
        executor = Executor(
            engine=engine,
            store=TaskStore(engine, lease_s=10),
            news=News(client),
            catalogue=Catalogue([kind]),
            data_dir=tmp_path,
            replica="test",
            time_limit_s=time_limit_s,
            max_attempts=MAX_ATTEMPTS,
            backoff_s=0.1,
        )
        id = task_id or tasks.submit("made.up", **parameters)
        outcome = executor.execute(id, tasks.read(id)["fencing_token"])
        return outcome.outcome, tasks.read(id)

    return run


def test_a_result_is_kept(execute: Any) -> None:
    outcome, task = execute(lambda parameters, _context: {"twice": 2 * parameters.number}, number=4)
    assert (outcome, task["state"], task["result"]) == ("succeeded", "succeeded", {"twice": 8})


def test_a_second_message_of_the_same_run_does_nothing(execute: Any, tasks: Any) -> None:
    calls: list[int] = []

    def work(_parameters: Parameters, context: Context) -> dict[str, Any]:
        calls.append(context.attempt)
        return {}

    _outcome, task = execute(work)
    outcome, _task = execute(work, task_id=task["id"])
    assert outcome == "refused"
    assert calls == [1]
    assert tasks.effects(task["id"]) == 1


def test_a_task_that_can_never_succeed_fails_at_once_and_says_why(execute: Any) -> None:
    def work(_parameters: Parameters, _context: Context) -> dict[str, Any]:
        raise TaskFailed("there is no such column")

    outcome, task = execute(work)
    assert (outcome, task["error"], task["attempts"]) == ("failed", "there is no such column", 1)


@pytest.mark.parametrize(
    "error", [TransientFailure("the disk is full"), OSError("the disk is full"), MemoryError()]
)
def test_a_passing_failure_is_tried_again_until_no_attempt_is_left(
    execute: Any, error: Exception
) -> None:
    def work(_parameters: Parameters, _context: Context) -> dict[str, Any]:
        raise error

    outcome, task = execute(work)
    assert (outcome, task["state"]) == ("retry", "queued")
    assert "run 1 of 3 failed" in task["message"]
    execute(work, task_id=task["id"])
    outcome, task = execute(work, task_id=task["id"])
    assert (outcome, task["state"], task["attempts"]) == ("failed", "failed", MAX_ATTEMPTS)
    assert "run 3 of 3" in task["error"]


def test_an_error_nobody_foresaw_fails_without_a_retry(execute: Any) -> None:
    outcome, task = execute(lambda _parameters, _context: {"ratio": 1 / 0})
    assert outcome == "failed"
    assert task["error"] == "internal error: ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("result", "error"),
    [
        pytest.param({"mean": float("nan")}, "cannot be kept", id="not-a-number"),
        pytest.param({"when": object()}, "cannot be kept", id="no-json"),
        pytest.param({"text": "a\0b"}, "NUL", id="nul"),
        pytest.param({"text": "x" * 9_000_000}, "allowed: 8388608", id="too-large"),
    ],
)
def test_a_result_that_cannot_be_kept_fails_the_task(
    execute: Any, result: dict[str, Any], error: str
) -> None:
    outcome, task = execute(lambda _parameters, _context: result)
    assert outcome == "failed"
    assert error in task["error"]


def test_an_error_with_a_nul_in_it_is_kept_without(execute: Any) -> None:
    def work(_parameters: Parameters, _context: Context) -> dict[str, Any]:
        raise TaskFailed("a\0b")

    assert execute(work)[1]["error"] == "ab"


def test_parameters_that_a_newer_version_refuses_fail_the_task(execute: Any) -> None:
    outcome, task = execute(lambda _parameters, _context: {}, number=-1)
    assert outcome == "failed"
    assert "number" in task["error"]


def test_a_type_that_this_version_does_not_know_is_left_to_another(
    execute: Any, tasks: Any
) -> None:
    outcome, task = execute(lambda _parameters, _context: {}, task_id=tasks.submit("from.future"))
    assert (outcome, task["state"]) == ("retry", "queued")


def test_a_run_ends_at_its_next_report_after_a_cancellation(execute: Any, tasks: Any) -> None:
    def work(_parameters: Parameters, context: Context) -> dict[str, Any]:
        tasks.sql("UPDATE tasks SET cancel_requested = true WHERE id = %s", context.task_id)
        return _report_for(10, context)

    outcome, task = execute(work)
    assert (outcome, task["state"]) == ("cancelled", "cancelled")


def test_a_run_ends_at_its_next_report_after_its_time_limit(execute: Any) -> None:
    outcome, task = execute(lambda _parameters, context: _report_for(10, context), time_limit_s=0.5)
    assert (outcome, task["error"]) == ("failed", "it ran longer than 0.5 s")


def test_a_run_that_was_taken_over_leaves_the_task_and_its_own_files_alone(
    execute: Any, tasks: Any, engine: Engine, tmp_path: Path
) -> None:
    def work(_parameters: Parameters, context: Context) -> dict[str, Any]:
        context.model_file().write_text("of the late run")
        tasks.sql("UPDATE tasks SET lease_until = now() WHERE id = %s", context.task_id)
        expire_leases(engine, max_attempts=MAX_ATTEMPTS)
        return _report_for(10, context)

    outcome, task = execute(work)
    assert (outcome, task["state"], task["fencing_token"]) == ("lost", "queued", 2)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_run_that_succeeds_removes_what_runs_before_it_left(execute: Any, tmp_path: Path) -> None:
    def work(_parameters: Parameters, context: Context) -> dict[str, Any]:
        context.model_file().write_text("new")
        context.model_file().with_name(f"{context.task_id}.0.skops").write_text("old")
        return {}

    _outcome, task = execute(work)
    (kept,) = (tmp_path / "models").iterdir()
    assert kept.name == f"{task['id']}.1.skops"


def test_the_dataset_of_somebody_else_does_not_exist(execute: Any, tasks: Any) -> None:
    stranger, mine, theirs = new_id(), new_id(), new_id()
    tasks.sql(
        "INSERT INTO users (id, email, name, role, password_hash, is_disabled)"
        " VALUES (%s, 'other@example.com', '', 'operator', '', false)",
        stranger,
    )
    for id, owner in ((mine, tasks.owner_id), (theirs, stranger)):
        tasks.sql(
            "INSERT INTO datasets (id, owner_id, name, size_bytes, rows, columns)"
            " VALUES (%s, %s, 'x.csv', 4, 1, '[\"a\"]')",
            id,
            owner,
        )
    outcome, task = execute(lambda _p, context: {"rows": context.dataset(mine).rows})
    assert (outcome, task["result"]) == ("succeeded", {"rows": 1})
    outcome, task = execute(lambda _p, context: {"rows": context.dataset(theirs).rows})
    assert (outcome, task["error"]) == ("failed", f"dataset {theirs} does not exist (any more)")


def test_a_run_that_does_not_report_is_ended_with_its_process(
    tasks: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = threading.Event()
    monkeypatch.setattr("worker.warden._kill_own_process", killed.set)
    store = TaskStore(engine, lease_s=10)
    run = Run(task_id=tasks.submit(), token=1, runner=f"test/{uuid4().hex}")
    store.claim(run)
    stuck: list[TaskStopped] = []
    warden = Warden(
        run,
        store,
        time_limit_s=0.1,
        on_progress=lambda: None,
        on_stuck=stuck.append,
        stop_grace_s=0.2,
    )
    with warden:
        assert killed.wait(5)
    assert [str(stop) for stop in stuck][:1] == ["it ran longer than 0.1 s"]


def test_back_off_doubles_up_to_a_limit_and_jitter_takes_at_most_half() -> None:
    longest = [backoff_s(n, first_s=2, random_number=0) for n in (1, 2, 3, 20)]
    assert longest == [2, 4, 8, 300]
    assert backoff_s(3, first_s=2, random_number=0.999) == pytest.approx(4, abs=0.01)


def _report_for(seconds: float, context: Context) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        context.progress(0.5)
        time.sleep(0.02)
    return {}
