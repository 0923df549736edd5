"""The outbox: every entry reaches the broker at least once, whoever dies and however many relay."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
import redis
from sqlalchemy import Engine, text

from worker.broker import held_messages, make_app, message_id
from worker.outbox import Publication, backlog, publish_due
from worker.relay import Broker
from worker.settings import TaskSettings
from worker.sweeper import republish_lost


class Collecting:
    """A broker that notes what it is given, and fails after a number of messages."""

    def __init__(self, fails_after: int | None = None) -> None:
        self.sent: list[tuple[UUID, int]] = []
        self._fails_after = fails_after
        self._lock = threading.Lock()

    def __call__(self, publication: Publication) -> None:
        with self._lock:
            if self._fails_after is not None and len(self.sent) >= self._fails_after:
                raise ConnectionError("the broker is away")
            self.sent.append((publication.task_id, publication.token))


def test_due_entries_are_published_in_order_and_leave_the_outbox(
    tasks: Any, engine: Engine
) -> None:
    ids = [tasks.submit() for _ in range(3)]
    broker = Collecting()
    assert publish_due(engine, broker) == 3
    assert broker.sent == [(id, 1) for id in ids]
    assert publish_due(engine, broker) == 0
    assert all(tasks.read(id)["published_at"] is not None for id in ids)


def test_an_entry_that_is_not_yet_due_waits(tasks: Any, engine: Engine) -> None:
    tasks.submit()
    tasks.sql("UPDATE outbox SET available_at = now() + interval '1 minute'")
    assert publish_due(engine, Collecting()) == 0
    assert backlog(engine).entries == 0


def test_the_backlog_counts_what_is_due_and_how_long(tasks: Any, engine: Engine) -> None:
    tasks.submit()
    tasks.submit()
    tasks.sql("UPDATE outbox SET available_at = now() - interval '90 s'")
    found = backlog(engine)
    assert found.entries == 2
    assert found.lag_s == pytest.approx(90, abs=5)


def test_an_entry_of_a_cancelled_or_republished_task_is_dropped(tasks: Any, engine: Engine) -> None:
    cancelled, renewed = tasks.submit(), tasks.submit()
    tasks.sql("UPDATE tasks SET state = 'cancelled' WHERE id = %s", cancelled)
    tasks.sql("UPDATE tasks SET fencing_token = 2 WHERE id = %s", renewed)
    broker = Collecting()
    assert publish_due(engine, broker) == 2
    assert broker.sent == []
    assert tasks.sql("SELECT * FROM outbox") == []


def test_what_was_not_published_when_the_broker_went_away_stays(tasks: Any, engine: Engine) -> None:
    ids = [tasks.submit() for _ in range(5)]
    failing = Collecting(fails_after=2)
    with pytest.raises(ConnectionError):
        publish_due(engine, failing)
    assert failing.sent == [(id, 1) for id in ids[:2]]
    again = Collecting()
    publish_due(engine, again)
    assert again.sent == [(id, 1) for id in ids[2:]]


def test_a_relay_that_dies_before_its_commit_leaves_everything_to_the_next(
    tasks: Any, engine: Engine
) -> None:
    ids = [tasks.submit() for _ in range(3)]
    with engine.connect() as dying:
        dying.execute(text("SELECT * FROM outbox FOR UPDATE SKIP LOCKED"))
        assert publish_due(engine, Collecting()) == 0  # somebody has them
    broker = Collecting()
    publish_due(engine, broker)
    assert [id for id, _token in broker.sent] == ids


def test_two_relays_share_the_work_and_publish_nothing_twice(tasks: Any, engine: Engine) -> None:
    ids = {tasks.submit() for _ in range(60)}
    brokers = [Collecting(), Collecting()]

    def relay(broker: Collecting) -> None:
        while publish_due(engine, broker, limit=5):
            pass

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(relay, brokers))
    sent = Counter(id for broker in brokers for id, _token in broker.sent)
    while publish_due(engine, brokers[0], limit=5):  # what one left locked when the other looked
        pass
    assert set(sent.elements()) <= ids
    assert max(sent.values()) == 1
    assert {id for broker in brokers for id, _token in broker.sent} == ids


@pytest.fixture
def client(redis_url: str) -> Any:
    with redis.Redis.from_url(redis_url, decode_responses=True) as found:
        yield found


def publication(task_id: UUID) -> Publication:
    return Publication(
        task_id=task_id, token=1, type="load.synthetic", traceparent=None, waited_s=0.0
    )


@pytest.fixture
def broker(database_url: str, redis_url: str) -> Any:
    settings = TaskSettings(database_url=database_url, redis_url=redis_url)
    found = Broker(make_app(settings))
    yield found
    found.close()


def test_messages_are_found_whether_they_wait_or_are_held(
    tasks: Any, broker: Broker, client: Any
) -> None:
    waiting, held = tasks.submit(), tasks.submit()
    for task_id in (held, waiting):
        broker.publish(publication(task_id))
    message = client.rpop("autoserve-tasks")
    client.hset("unacked", "tag", f'[{message}, "", "autoserve-tasks"]')
    client.zadd("unacked_index", {"tag": time.time()})
    assert held_messages(client) == {message_id(waiting, 1), message_id(held, 1)}


def test_a_message_that_the_broker_lost_is_published_again_with_a_new_token(
    tasks: Any, engine: Engine, broker: Broker, client: Any
) -> None:
    lost, kept = tasks.submit(), tasks.submit()
    publish_due(engine, broker.publish)
    client.lrem("autoserve-tasks", 0, client.lindex("autoserve-tasks", -1))  # the first published
    tasks.sql("UPDATE tasks SET published_at = now() - interval '1 minute'")
    swept = republish_lost(engine, lambda: held_messages(client))
    assert [task.task_id for task in swept] == [lost]
    assert tasks.read(lost)["fencing_token"] == 2
    assert tasks.read(kept)["fencing_token"] == 1
    publish_due(engine, broker.publish)
    assert held_messages(client) == {message_id(lost, 2), message_id(kept, 1)}


def test_what_a_worker_took_and_never_began_is_published_again(
    tasks: Any, engine: Engine, broker: Broker, client: Any
) -> None:
    stuck, fresh = tasks.submit(), tasks.submit()
    publish_due(engine, broker.publish)
    for task, seconds in ((stuck, 60), (fresh, 1)):
        message = client.rpop("autoserve-tasks")
        client.hset("unacked", str(task), f'[{message}, "", "autoserve-tasks"]')
        client.zadd("unacked_index", {str(task): time.time() - seconds})
    tasks.sql("UPDATE tasks SET published_at = now() - interval '1 minute'")
    swept = republish_lost(engine, lambda: held_messages(client))
    assert [task.task_id for task in swept] == [stuck]
    assert tasks.read(stuck)["fencing_token"] == 2
    assert tasks.read(fresh)["fencing_token"] == 1


def test_a_long_queue_is_not_published_again(
    tasks: Any, engine: Engine, broker: Broker, client: Any
) -> None:
    for _ in range(20):
        tasks.submit()
    publish_due(engine, broker.publish)
    tasks.sql("UPDATE tasks SET published_at = now() - interval '1 hour'")
    assert republish_lost(engine, lambda: held_messages(client)) == []
    assert client.llen("autoserve-tasks") == 20


def test_the_broker_is_not_asked_when_nothing_is_overdue(tasks: Any, engine: Engine) -> None:
    tasks.submit()
    publish_due(engine, Collecting())

    def asked() -> set[str]:
        raise AssertionError("nothing was overdue")

    assert republish_lost(engine, asked) == []
