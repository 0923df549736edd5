"""Submission at given times, and its end when the demo should end."""

import threading
import time
from itertools import count

from infra.local.demo.client import ApiError, Client, Credentials, Json
from infra.local.demo.interrupt import Stop
from infra.local.demo.load import SUBMITTERS, Load


class CountingClient(Client):
    """Accepts tasks after a while; every ``refuse_every``-th is refused."""

    def __init__(self, *, takes_s: float = 0.0, refuse_every: int = 0) -> None:
        super().__init__("http://127.0.0.1:1", Credentials(email="a", password="b"))
        self.takes_s, self.refuse_every = takes_s, refuse_every
        self.numbers = count(1)
        self.lock = threading.Lock()
        self.at_once = 0
        self.most_at_once = 0
        self.parameters: list[Json] = []
        self.close()

    def submit(self, kind: str, parameters: Json) -> Json:
        with self.lock:
            number = next(self.numbers)
            self.parameters.append({"type": kind, **parameters})
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.takes_s)
        with self.lock:
            self.at_once -= 1
        if self.refuse_every and number % self.refuse_every == 0:
            raise ApiError(422, "POST /tasks", "no")
        return {"id": f"task-{number}"}


def test_every_arrival_becomes_a_task_that_waits() -> None:
    client = CountingClient()
    load = Load(client, hold_s=1.5, stop=Stop())
    begin = time.monotonic()
    load.run([0.0, 0.05, 0.1, 0.3])
    assert time.monotonic() - begin >= 0.3
    assert load.task_ids == {f"task-{number}" for number in range(1, 5)}
    assert client.parameters[0] == {"type": "load.synthetic", "seconds": 1.5, "mode": "wait"}
    assert load.rate() > 0


def test_requests_at_once_are_bounded_and_none_is_lost() -> None:
    client = CountingClient(takes_s=0.05)
    load = Load(client, hold_s=1.0, stop=Stop())
    load.run([0.0] * 100)
    assert len(load.task_ids) == 100
    assert client.most_at_once <= SUBMITTERS


def test_what_is_refused_is_counted_with_its_reason() -> None:
    load = Load(CountingClient(refuse_every=2), hold_s=1.0, stop=Stop())
    load.run([0.0] * 10)
    assert len(load.task_ids) == 5
    assert load.troubles == {"POST /tasks: 422 no": 5}


def test_a_stop_ends_the_submission_at_once() -> None:
    stop = Stop()
    load = Load(CountingClient(), hold_s=1.0, stop=stop)
    threading.Timer(0.1, stop.ask).start()
    begin = time.monotonic()
    load.run([0.0, 30.0])
    assert time.monotonic() - begin < 5
    assert len(load.task_ids) == 1
