"""The Celery application: Redis carries (task id, fencing token) and nothing else.

Everything that must not be lost is in PostgreSQL: no result backend, and a message that is lost or
comes twice does no harm (:mod:`worker.sweeper`, :mod:`worker.store`).
"""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import redis
from celery import Celery

from worker import contract
from worker.settings import TaskSettings

__all__ = ["EXECUTE", "HARD_STOP_S", "connect", "held_messages", "make_app", "message_id"]

EXECUTE = "autoserve.execute"
# Celery's own limit comes after ours (worker.warden) and only where a process is so stuck that ours
# does not.
HARD_STOP_S = 60
SOCKET_S = 5.0
PAGE = 1_000
UNACKED = "unacked"  # kombu's hash of messages that a worker holds
UNACKED_INDEX = "unacked_index"  # and since when (unix seconds), by the same tags
# A worker takes a message when it has a slot for it, and its task runs soon after. A worker that
# was ended in between never answers, and Redis would wait for it for the visibility timeout.
HELD_S = 20.0


def make_app(settings: TaskSettings) -> Celery:
    app = Celery("autoserve", broker=settings.redis_url.get_secret_value(), set_as_current=False)
    visibility = settings.visibility_timeout_s
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        result_backend=None,
        task_default_queue=contract.QUEUE,
        task_create_missing_queues=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=settings.time_limit_s + HARD_STOP_S,
        worker_prefetch_multiplier=1,
        # The three places of the visibility timeout.
        visibility_timeout=visibility,
        broker_transport_options=_transport_options(visibility),
        result_backend_transport_options={"visibility_timeout": visibility},
        broker_connection_retry=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=SOCKET_S,
        # A run goes on while Redis is away: its lease is in PostgreSQL.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        enable_utc=True,
    )
    return app


def _transport_options(visibility_timeout_s: int) -> dict[str, Any]:
    return {
        "visibility_timeout": visibility_timeout_s,
        "socket_connect_timeout": SOCKET_S,
        # Above the second that a BRPOP waits: a connection that died silently is noticed.
        "socket_timeout": 2 * SOCKET_S,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }


def connect(url: str) -> redis.Redis:
    """A client with bounded waits; nothing is sent before the first command."""
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=SOCKET_S / 2,
        socket_timeout=SOCKET_S,
        health_check_interval=15,
    )


def message_id(task_id: UUID, fencing_token: int) -> str:
    """The id of the message that asks for one run; the same for a message published twice."""
    return f"{task_id}:{fencing_token}"


def held_messages(client: redis.Redis, *, held_s: float = HELD_S) -> set[str]:
    """Ids of all messages that wait in Redis, or that a worker took within the last ``held_s``.

    Of a task that is still queued after that nobody has begun the run. A message that moves from
    one to the other meanwhile may be missed; publishing it again is harmless.
    """
    waiting = (_id_of(message) for message in _queue(client))
    fresh = set(client.zrangebyscore(UNACKED_INDEX, time.time() - held_s, "+inf"))
    held = (
        _id_of(json.dumps(json.loads(entry)[0])) for tag, entry in _unacked(client) if tag in fresh
    )
    return {*waiting, *held}


def _queue(client: redis.Redis) -> Iterator[str]:
    start = 0
    while page := client.lrange(contract.QUEUE, start, start + PAGE - 1):
        yield from map(str, page)
        start += len(page)


def _unacked(client: redis.Redis) -> Iterator[tuple[str, str]]:
    yield from client.hscan_iter(UNACKED, count=PAGE)


def _id_of(message: str) -> str:
    return str(json.loads(message)["headers"]["id"])
