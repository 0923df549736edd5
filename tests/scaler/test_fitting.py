import threading
import time
from collections.abc import Callable, Iterator

import pytest

from scaler.fitting import Fitting


@pytest.fixture
def fitting() -> Iterator[Fitting[str]]:
    made: Fitting[str] = Fitting()
    yield made
    made.close()


def eventually(fitting: Fitting[str], workload: str) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = fitting.result(workload)
        if found is not None:
            return found
        time.sleep(0.005)
    raise AssertionError(f"no result for {workload}")


def blocked(fitting: Fitting[str]) -> Callable[[], None]:
    """Keep the thread busy until what is returned is called."""
    began, go = threading.Event(), threading.Event()

    def job() -> str:
        began.set()
        assert go.wait(10)
        return "blocker"

    fitting.start("blocker", job)
    assert began.wait(10)
    return go.set


def test_the_most_urgent_goes_first_and_the_oldest_of_equals(fitting: Fitting[str]) -> None:
    release = blocked(fitting)
    order: list[str] = []

    def job(name: str) -> Callable[[], str]:
        def run() -> str:
            order.append(name)
            return name

        return run

    for name, urgency in (("schedule", 5), ("another", 5), ("first", 0), ("drift", 2)):
        fitting.start(name, job(name), urgency=urgency)
    assert fitting.waiting == 4
    release()
    assert eventually(fitting, "another") == "another"
    assert order == ["first", "drift", "schedule", "another"]


def test_a_result_is_given_once_and_then_another_may_start(fitting: Fitting[str]) -> None:
    fitting.start("worker", lambda: "one")
    assert eventually(fitting, "worker") == "one"
    assert not fitting.is_under_way("worker")
    assert fitting.result("worker") is None
    fitting.start("worker", lambda: "two")
    assert eventually(fitting, "worker") == "two"


def test_what_a_job_raises_reaches_who_asks_and_the_next_job_runs(fitting: Fitting[str]) -> None:
    def broken() -> str:
        raise ValueError("no")

    fitting.start("worker", broken)
    with pytest.raises(ValueError, match="no"):
        eventually(fitting, "worker")
    fitting.start("worker", lambda: "well")
    assert eventually(fitting, "worker") == "well"


def test_what_is_forgotten_does_not_run(fitting: Fitting[str]) -> None:
    release = blocked(fitting)
    ran: list[str] = []

    def job() -> str:
        ran.append("gone")
        return "gone"

    fitting.start("gone", job)
    fitting.forget("gone")
    fitting.start("next", lambda: "next")
    release()
    assert eventually(fitting, "next") == "next"
    assert ran == []
