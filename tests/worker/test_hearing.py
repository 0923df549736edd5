"""Whether a worker notices that it has gone deaf."""

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


def test_a_failed_acknowledgement_makes_the_consumer_start_anew() -> None:
    soon: list[Any] = []
    loop = ConsumerLoop()
    loop._consumer = SimpleNamespace(hub=SimpleNamespace(call_soon=soon.append))
    loop.reconnect("a message could not be acknowledged")
    with pytest.raises(ConnectionError, match="acknowledged"):
        soon[0]()
