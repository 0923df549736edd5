"""From the outbox to the broker: at least once, by any number of relays at the same time.

Entries are locked (SKIP LOCKED), handed to the broker, and deleted in the same transaction. A relay
that dies in between leaves them to the next one, which publishes them again: the worker refuses
what comes twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Engine, Integer, Row, Uuid, bindparam, text

__all__ = ["Backlog", "Publication", "Publish", "backlog", "publish_due"]

BATCH = 200

_DUE = text(
    """
    SELECT o.id, o.task_id, o.fencing_token, t.type, t.traceparent,
        extract(epoch FROM clock_timestamp() - o.available_at) AS waited_s,
        t.state = 'queued' AND t.fencing_token = o.fencing_token AS is_wanted
    FROM outbox o JOIN tasks t ON t.id = o.task_id
    WHERE o.available_at <= clock_timestamp()
    ORDER BY o.available_at, o.id LIMIT :limit FOR UPDATE OF o SKIP LOCKED
    """
)
_DONE = text("DELETE FROM outbox WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_PUBLISHED = text(
    """
    UPDATE tasks t SET published_at = clock_timestamp()
    FROM (
        SELECT t.id FROM tasks t JOIN unnest(:ids, :tokens) AS p(id, token)
            ON t.id = p.id AND t.fencing_token = p.token
        WHERE t.state = 'queued' ORDER BY t.id FOR NO KEY UPDATE OF t
    ) AS locked
    WHERE t.id = locked.id
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("tokens", type_=ARRAY(Integer)))
_BACKLOG = text(
    """
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(available_at)), 0)
    FROM outbox WHERE available_at <= clock_timestamp()
    """
)


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What the broker is asked to carry, and the trace it belongs to."""

    task_id: UUID
    token: int
    type: str
    traceparent: str | None
    waited_s: float  # since it was due


Publish = Callable[[Publication], None]  # raises where the broker is away


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """Entries that are due and not yet published."""

    entries: int
    lag_s: float  # age of the oldest


def publish_due(engine: Engine, publish: Publish, *, limit: int = BATCH) -> int:
    """Publish one batch; how many entries it had. What was published before an error is not
    repeated.

    Raises:
        Exception: whatever ``publish`` raises where the broker is away; the rest stays in the
            outbox.
    """
    failure: Exception | None = None
    with engine.begin() as connection:
        due = connection.execute(_DUE, {"limit": limit}).all()
        done: list[int] = []
        sent: list[tuple[UUID, int]] = []
        for entry in due:
            if entry.is_wanted:
                try:
                    publish(_publication(entry))
                except Exception as exc:  # noqa: BLE001 - raised below, once the others are kept
                    failure = exc
                    break
                sent.append((entry.task_id, entry.fencing_token))
            done.append(entry.id)
        if sent:
            ids, tokens = zip(*sent, strict=True)
            connection.execute(_PUBLISHED, {"ids": list(ids), "tokens": list(tokens)})
        if done:
            connection.execute(_DONE, {"ids": done})
    if failure is not None:
        raise failure
    return len(due)


def _publication(entry: Row[Any]) -> Publication:
    return Publication(
        task_id=entry.task_id,
        token=entry.fencing_token,
        type=entry.type,
        traceparent=entry.traceparent,
        waited_s=float(entry.waited_s),
    )


def backlog(engine: Engine) -> Backlog:
    with engine.connect() as connection:
        entries, lag_s = connection.execute(_BACKLOG).one()
    return Backlog(entries=int(entries), lag_s=float(lag_s))
