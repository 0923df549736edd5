"""A worker and a relay as real processes on a real PostgreSQL and Redis."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import redis
from psycopg.types.json import Jsonb

from app import contract as app_contract
from app.core.identifiers import new_id
from app.datasets.storage import Storage
from worker import contract


def test_a_submitted_task_is_run_and_its_result_is_kept_once(tasks: Any, pair: Any) -> None:
    task_id = tasks.submit(seconds=0.3)
    task = tasks.wait_for(task_id, "succeeded")
    assert task["result"]["seconds"] >= 0.3
    assert (task["progress"], task["attempts"], task["error"]) == (1, 1, None)
    assert tasks.effects(task_id) == 1
    assert tasks.completions() == {("load.synthetic", "succeeded"): 1}
    runs = f"{contract.TASK_RUN_SECONDS}_count"
    _until(lambda: pair.worker.metric(runs, outcome="succeeded") == 1, "the run is counted")
    assert pair.relay.metric(contract.OUTBOX_PUBLISHED_TOTAL) == 1
    assert tasks.sql("SELECT * FROM outbox") == []


def test_many_short_tasks_are_run_over_one_connection(tasks: Any, pair: Any) -> None:
    ids = [tasks.submit(seconds=0) for _ in range(60)]
    for task_id in ids:
        tasks.wait_for(task_id, "succeeded", timeout_s=30)
    time.sleep(1.2)  # as long as an unanswered message is waited for
    events = {line["event"] for line in pair.worker.lines()}
    assert "consumer_reconnects" not in events


def test_slots_run_at_the_same_time_and_are_counted(tasks: Any, pair: Any) -> None:
    ids = [tasks.submit(seconds=2.0) for _ in range(3)]
    tasks.wait_for(ids[1], "running")
    assert pair.worker.metric(contract.WORKER_SLOTS) == 2
    _until(lambda: pair.worker.metric(contract.WORKER_SLOTS_BUSY) == 2, "both slots are busy")
    assert tasks.count("queued") == 1
    for task_id in ids:
        tasks.wait_for(task_id, "succeeded")


def test_progress_is_kept_and_announced(tasks: Any, pair: Any, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        listener = client.pubsub(ignore_subscribe_messages=True)
        listener.subscribe(app_contract.TASK_EVENTS_CHANNEL)
        task_id = tasks.submit(seconds=2.0)
        _until(lambda: 0.2 < tasks.read(task_id)["progress"] < 1, "progress is shown")
        tasks.wait_for(task_id, "succeeded")
        heard = [m for _ in range(50) if (m := listener.get_message(timeout=0.05)) is not None]
        listener.close()
    assert len(heard) >= 4
    assert {json.loads(m["data"])["task_id"] for m in heard} == {str(task_id)}


def test_a_running_task_that_reports_is_cancelled_within_seconds(tasks: Any, pair: Any) -> None:
    task_id = tasks.submit(seconds=60)
    tasks.wait_for(task_id, "running")
    tasks.sql("UPDATE tasks SET cancel_requested = true WHERE id = %s", task_id)
    tasks.wait_for(task_id, "cancelled", timeout_s=4)
    assert tasks.effects(task_id) == 0
    assert tasks.completions() == {("load.synthetic", "cancelled"): 1}


def test_the_hourly_rentals_are_profiled_and_learned(tasks: Any, pair: Any, traces: Path) -> None:
    source = traces / "bike_sharing_hourly.csv"
    dataset_id = new_id()
    file = Storage(pair.data_dir).path(dataset_id)
    file.parent.mkdir(parents=True)
    shutil.copy(source, file)
    tasks.sql(
        "INSERT INTO datasets (id, owner_id, name, size_bytes, rows, columns)"
        " VALUES (%s, %s, %s, %s, 17544, %s)",
        dataset_id,
        tasks.owner_id,
        source.name,
        source.stat().st_size,
        Jsonb(source.read_text().partition("\n")[0].split(",")),
    )
    profile = tasks.submit("dataset.profile", dataset_id=str(dataset_id))
    model = tasks.submit("model.train", dataset_id=str(dataset_id), target="users", folds=3)
    found = tasks.wait_for(profile, "succeeded", timeout_s=60)["result"]
    assert (found["rows"], len(found["columns"])) == (17_544, 12)
    found = tasks.wait_for(model, "succeeded", timeout_s=60)["result"]
    assert found["scores"]["r2"]["mean"] > 0.9
    assert (pair.data_dir / "models" / found["model"]["file"]).is_file()


def _until(condition: Any, what: str, timeout_s: float = 15.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"after {timeout_s:g} s not: {what}")
        time.sleep(0.05)
