"""A task's changes of state on a real database: who may make them, and who wins a race."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from app.tasks.models import TaskState
from worker.store import Run, TaskStore
from worker.sweeper import expire_leases

LEASE_S = 30.0


@pytest.fixture
def store(engine: Engine) -> TaskStore:
    return TaskStore(engine, lease_s=LEASE_S)


def run_of(task_id: UUID, token: int = 1) -> Run:
    return Run(task_id=task_id, token=token, runner=f"test/1/{uuid4().hex}")


def test_a_queued_task_is_claimed_with_what_its_run_needs(tasks: Any, store: TaskStore) -> None:
    task_id = tasks.submit(seconds=1.0)
    claimed = store.claim(run_of(task_id))
    assert claimed is not None
    assert (claimed.type, claimed.parameters, claimed.attempt) == (
        "load.synthetic",
        {"seconds": 1.0},
        1,
    )
    assert tasks.read(task_id)["state"] == "running"


def test_a_message_that_comes_twice_is_claimed_once(tasks: Any, store: TaskStore) -> None:
    task_id = tasks.submit()
    assert store.claim(run_of(task_id)) is not None
    assert store.claim(run_of(task_id)) is None
    assert tasks.read(task_id)["attempts"] == 1


def test_a_claim_whose_answer_was_lost_may_be_repeated(tasks: Any, store: TaskStore) -> None:
    run = run_of(tasks.submit())
    first, again = store.claim(run), store.claim(run)
    assert first == again
    assert again is not None
    assert again.attempt == 1


def test_a_cancelled_task_is_not_claimed(tasks: Any, store: TaskStore) -> None:
    task_id = tasks.submit()
    tasks.sql("UPDATE tasks SET state = 'cancelled' WHERE id = %s", task_id)
    assert store.claim(run_of(task_id)) is None


def test_a_result_its_ledger_row_and_its_count_appear_together(
    tasks: Any, store: TaskStore
) -> None:
    run = run_of(tasks.submit())
    store.claim(run)
    assert store.finish(run, TaskState.SUCCEEDED, result={"answer": 42})
    task = tasks.read(run.task_id)
    assert (task["state"], task["result"], task["progress"]) == ("succeeded", {"answer": 42}, 1)
    assert task["lease_until"] is None
    assert tasks.effects(run.task_id) == 1
    assert tasks.completions() == {("load.synthetic", "succeeded"): 1}


def test_a_finish_whose_answer_was_lost_may_be_repeated(tasks: Any, store: TaskStore) -> None:
    run = run_of(tasks.submit())
    store.claim(run)
    assert store.finish(run, TaskState.SUCCEEDED, result={"first": True})
    assert store.finish(run, TaskState.SUCCEEDED, result={"first": False})
    assert tasks.read(run.task_id)["result"] == {"first": True}
    assert tasks.completions() == {("load.synthetic", "succeeded"): 1}


def test_a_run_that_lost_its_lease_changes_nothing(
    tasks: Any, store: TaskStore, engine: Engine
) -> None:
    late = run_of(tasks.submit())
    store.claim(late)
    tasks.sql("UPDATE tasks SET lease_until = clock_timestamp() WHERE id = %s", late.task_id)
    assert [task.state for task in expire_leases(engine, max_attempts=3)] == [TaskState.QUEUED]
    second = run_of(late.task_id, token=2)
    assert store.claim(second) is not None

    assert store.renew(late, progress=0.9, message="late") is None
    assert not store.finish(late, TaskState.SUCCEEDED, result={"by": "late"})
    assert not store.finish(late, TaskState.FAILED, error="late")
    assert not store.retry(late, delay_s=0, message="late")

    assert store.finish(second, TaskState.SUCCEEDED, result={"by": "second"})
    assert not store.finish(late, TaskState.SUCCEEDED, result={"by": "late"})
    assert tasks.read(late.task_id)["result"] == {"by": "second"}
    assert tasks.effects(late.task_id) == 1


def test_a_renewal_shows_progress_which_never_falls(tasks: Any, store: TaskStore) -> None:
    run = run_of(tasks.submit())
    store.claim(run)
    assert store.renew(run, progress=0.5, message="half") is False
    assert store.renew(run, progress=0.25, message=None) is False
    task = tasks.read(run.task_id)
    assert (task["progress"], task["message"]) == (0.5, "half")


def test_a_renewal_says_that_the_user_wants_the_task_to_end(tasks: Any, store: TaskStore) -> None:
    run = run_of(tasks.submit())
    store.claim(run)
    tasks.sql("UPDATE tasks SET cancel_requested = true WHERE id = %s", run.task_id)
    assert store.renew(run, progress=0, message=None) is True


def test_a_retry_is_due_after_its_delay_and_has_a_new_token(tasks: Any, store: TaskStore) -> None:
    run = run_of(tasks.submit())
    tasks.sql("DELETE FROM outbox")
    store.claim(run)
    assert store.retry(run, delay_s=60, message="it failed")
    task = tasks.read(run.task_id)
    assert (task["state"], task["fencing_token"], task["runner"]) == ("queued", 2, None)
    (entry,) = tasks.sql(
        "SELECT fencing_token, available_at > now() + interval '50 s' AS is_late FROM outbox"
    )
    assert entry == {"fencing_token": 2, "is_late": True}
    assert store.claim(run) is None


def test_a_cancelled_task_is_not_retried(tasks: Any, store: TaskStore) -> None:
    run = run_of(tasks.submit())
    store.claim(run)
    tasks.sql("UPDATE tasks SET cancel_requested = true WHERE id = %s", run.task_id)
    assert not store.retry(run, delay_s=0, message="it failed")
    assert store.finish(run, TaskState.CANCELLED)


@pytest.mark.parametrize(
    ("attempts", "cancel_requested", "state"),
    [
        pytest.param(1, False, TaskState.QUEUED, id="has-attempts-left"),
        pytest.param(3, False, TaskState.FAILED, id="has-none-left"),
        pytest.param(1, True, TaskState.CANCELLED, id="was-cancelled"),
        pytest.param(3, True, TaskState.CANCELLED, id="was-cancelled-and-has-none-left"),
    ],
)
def test_what_becomes_of_a_task_whose_lease_ran_out(
    tasks: Any,
    store: TaskStore,
    engine: Engine,
    *,
    attempts: int,
    cancel_requested: bool,
    state: TaskState,
) -> None:
    run = run_of(tasks.submit())
    tasks.sql("DELETE FROM outbox")
    store.claim(run)
    tasks.sql(
        "UPDATE tasks SET lease_until = now(), attempts = %s, cancel_requested = %s",
        attempts,
        cancel_requested,
    )
    (swept,) = expire_leases(engine, max_attempts=3)
    assert (swept.task_id, swept.state) == (run.task_id, state)
    is_queued = state is TaskState.QUEUED
    assert len(tasks.sql("SELECT * FROM outbox")) == int(is_queued)
    counted = {} if is_queued else {("load.synthetic", state.value): 1}
    assert tasks.completions() == counted
    assert (tasks.read(run.task_id)["finished_at"] is None) == is_queued


def test_a_living_lease_does_not_run_out(tasks: Any, store: TaskStore, engine: Engine) -> None:
    store.claim(run_of(tasks.submit()))
    assert expire_leases(engine, max_attempts=3) == []


def test_the_leases_of_one_lost_process_are_ended_and_no_others(
    tasks: Any, store: TaskStore, engine: Engine
) -> None:
    lost = Run(task_id=tasks.submit(), token=1, runner="host/17/a")
    other = Run(task_id=tasks.submit(), token=1, runner="host/170/b")
    store.claim(lost)
    store.claim(other)
    assert store.release("host/17/") == 1
    assert [task.task_id for task in expire_leases(engine, max_attempts=3)] == [lost.task_id]


def test_of_many_that_race_for_a_claim_one_wins(tasks: Any, store: TaskStore) -> None:
    for _round in range(10):
        task_id = tasks.submit()
        runs = [run_of(task_id) for _ in range(8)]
        won = _together([partial(store.claim, run) for run in runs])
        assert sum(claimed is not None for claimed in won) == 1


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_a_task_takes_effect_at_most_once_and_ends_once(
    tasks: Any, store: TaskStore, engine: Engine, seed: int
) -> None:
    """Runs, retries, expiries, cancellations and duplicates in random order, from three threads."""
    ids = [tasks.submit() for _ in range(4)]

    def act(number: int) -> None:
        chance = random.Random(f"{seed}.{number}")  # noqa: S311 - a test's own disorder
        held: list[Run] = []
        for _step in range(40):
            task_id = chance.choice(ids)
            action = chance.randrange(7)
            if action <= 1:
                run = run_of(task_id, token=chance.randint(1, 4))
                if store.claim(run) is not None:
                    held.append(run)
            elif action == 2:
                tasks.sql("UPDATE tasks SET lease_until = now() WHERE id = %s", task_id)
                expire_leases(engine, max_attempts=5)
            elif action == 3 and chance.random() < 0.2:
                tasks.sql("UPDATE tasks SET cancel_requested = true WHERE id = %s", task_id)
            elif held:
                _end(store, chance.choice(held), chance)

    _together([partial(act, number) for number in range(3)])
    for task_id in ids:
        task = tasks.read(task_id)
        assert tasks.effects(task_id) == int(task["state"] == "succeeded")
        assert (task["finished_at"] is not None) == TaskState(task["state"]).is_final
    final = sum(tasks.count(state) for state in ("succeeded", "failed", "cancelled"))
    assert sum(tasks.completions().values()) == final


def _end(store: TaskStore, run: Run, chance: random.Random) -> None:
    kind = chance.randrange(3)
    if kind == 0:
        store.retry(run, delay_s=0, message="again")
    else:
        store.finish(run, TaskState.SUCCEEDED if kind == 1 else TaskState.FAILED, result={})


def _together(calls: list[Callable[[], Any]]) -> list[Any]:
    barrier = threading.Barrier(len(calls))

    def call(one: Callable[[], Any]) -> Any:
        barrier.wait(10)
        return one()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))
