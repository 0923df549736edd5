"""Worker and relay as real processes on a real PostgreSQL and Redis."""

from typing import Any


def test_a_submitted_task_is_run_and_its_result_is_kept_once(
    tasks: Any, relay: Any, worker: Any
) -> None:
    task_id = tasks.submit(seconds=0.3)
    task = tasks.wait_for(task_id, "succeeded")
    assert task["result"]["seconds"] >= 0.3
    assert task["progress"] == 1
    assert task["attempts"] == 1
    assert tasks.effects(task_id) == 1
    assert tasks.completions() == {("load.synthetic", "succeeded"): 1}
