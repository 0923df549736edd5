"""Whether a worker notices that it has gone deaf."""

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from worker.hearing import ConsumerLoop, Hearing


class Deaf:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as found:
        yield found


def hearing(client: Any, on_deaf: Deaf, *, free_slots: int = 1) -> Hearing:
    loop = ConsumerLoop()
    loop.turn()
    return Hearing(client, loop, free_slots=lambda: free_slots, on_deaf=on_deaf, deaf_s=0.0)


def test_a_consumer_that_never_connected_is_not_ready(client: Any) -> None:
    loop = ConsumerLoop()
    found = Hearing(client, loop, free_slots=lambda: 1, on_deaf=Deaf())
    assert found.problem() == "the consumer has not connected yet"


def test_a_loop_that_stands_still_is_named(client: Any) -> None:
    loop = ConsumerLoop()
    loop.turn()
    assert loop.turned_at is not None
    loop.turned_at -= 60
    assert loop.problem() == "the consumer has not turned for 60 s"


def test_an_empty_queue_is_no_deafness(client: Any) -> None:
    on_deaf = Deaf()
    found = hearing(client, on_deaf)
    assert [found.problem() for _ in range(3)] == [None, None, None]
    assert on_deaf.calls == 0


def test_tasks_that_wait_while_slots_are_free_mean_deafness(client: Any) -> None:
    on_deaf = Deaf()
    found = hearing(client, on_deaf)
    client.lpush("autoserve-tasks", "{}")
    assert found.problem() is None  # what was taken since is not known yet
    assert "none was taken" in str(found.problem())
    assert on_deaf.calls == 1


def test_tasks_that_wait_while_all_slots_are_busy_are_no_deafness(client: Any) -> None:
    on_deaf = Deaf()
    found = hearing(client, on_deaf, free_slots=0)
    client.lpush("autoserve-tasks", "{}")
    assert [found.problem() for _ in range(3)] == [None, None, None]


@pytest.mark.parametrize(
    ("is_settled", "has_reconnected", "starts_anew"),
    [
        pytest.param(True, False, False, id="answered"),
        pytest.param(False, False, True, id="not-answered"),
        pytest.param(False, True, False, id="of-an-earlier-connection"),
    ],
)
def test_a_message_that_stays_unanswered_makes_the_consumer_start_anew(
    is_settled: bool, has_reconnected: bool, starts_anew: bool
) -> None:
    later: list[Any] = []
    before, now = object(), object()
    loop = ConsumerLoop()
    loop._consumer = SimpleNamespace(
        timer=SimpleNamespace(call_after=lambda _seconds, check: later.append(check)),
        task_consumer=SimpleNamespace(channel=now),
    )
    channel = before if has_reconnected else now
    loop.expect_settled(SimpleNamespace(channel=channel, acknowledged=is_settled))
    expected = pytest.raises(ConnectionError) if starts_anew else contextlib.nullcontext()
    with expected:
        later[0]()
