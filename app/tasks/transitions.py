"""Changes of a task's state, each one SQL statement: the API runs them asynchronously, the worker
and the relay do not.

Constants only are put into the statements, values always travel beside them. Every statement
compares before it sets, so that of two processes that race for a task one wins; it returns the task
to the winner and nothing to the other. What belongs to a change (the outbox entry of a retry, the
ledger row and the count of a completion) is part of the same statement and so is there exactly when
the change is.
"""

from sqlalchemy import Double, String, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

__all__ = [
    "CANCEL",
    "CLAIM",
    "EXPIRE",
    "FINISH",
    "NOTIFY_CHANNEL",
    "RELEASE",
    "RENEW",
    "REPUBLISH",
    "RETRY",
    "SUBMIT_ENTRY",
    "WAS_APPLIED",
]

NOTIFY_CHANNEL = "autoserve_outbox"  # wakes the relays; what they may miss, they find by looking

_COUNT = """
    INSERT INTO task_completions AS c (type, outcome, count)
    SELECT type, state, count(*) FROM changed
    WHERE state IN ('succeeded', 'failed', 'cancelled') GROUP BY type, state ORDER BY type, state
    ON CONFLICT (type, outcome) DO UPDATE SET count = c.count + excluded.count
"""
_ENTRY = """
    INSERT INTO outbox (task_id, fencing_token, available_at)
    SELECT id, fencing_token, queued_at FROM changed WHERE state = 'queued'
"""
_HELD = "id = :id AND state = 'running' AND fencing_token = :token"


def _sql(statement: str) -> TextClause:
    return text(statement)


SUBMIT_ENTRY = _sql(
    f"""
    WITH entry AS (
        INSERT INTO outbox (task_id, fencing_token) SELECT id, fencing_token FROM tasks WHERE id =
        :id
    )
    SELECT pg_notify('{NOTIFY_CHANNEL}', '')
    """
)

# A claim whose commit was not confirmed is repeated by the same runner, and found to be its own.
CLAIM = _sql(
    """
    UPDATE tasks SET
        state = 'running', runner = :runner, message = NULL,
        progress = CASE WHEN state = 'queued' THEN 0 ELSE progress END,
        attempts = attempts + CASE WHEN state = 'queued' THEN 1 ELSE 0 END,
        started_at = coalesce(started_at, clock_timestamp()),
        lease_until = clock_timestamp() + make_interval(secs => :lease_s)
    WHERE id = :id AND fencing_token = :token
        AND (state = 'queued' OR (state = 'running' AND runner = :runner))
    RETURNING id, owner_id, type, parameters, attempts, correlation_id
    """
).bindparams(bindparam("lease_s", type_=Double))

RENEW = _sql(
    f"""
    UPDATE tasks SET
        progress = greatest(progress, :progress), message = coalesce(:message, message),
        lease_until = clock_timestamp() + make_interval(secs => :lease_s)
    WHERE {_HELD}
    RETURNING owner_id, cancel_requested
    """
).bindparams(
    bindparam("lease_s", type_=Double),
    bindparam("progress", type_=Double),
    bindparam("message", type_=String),
)

FINISH = _sql(
    f"""
    WITH changed AS (
        UPDATE tasks SET
            state = :state, result = :result, error = :error, message = NULL,
            progress = CASE WHEN :state = 'succeeded' THEN 1 ELSE progress END,
            lease_until = NULL, finished_at = clock_timestamp()
        WHERE {_HELD}
        RETURNING id, owner_id, type, state, fencing_token
    ), ledger AS (
        INSERT INTO applied (task_id, fencing_token)
        SELECT id, fencing_token FROM changed WHERE state = 'succeeded'
    ), counted AS ({_COUNT})
    SELECT id, owner_id FROM changed
    """
).bindparams(
    bindparam("state", type_=String),
    bindparam("result", type_=JSONB(none_as_null=True)),
    bindparam("error", type_=String),
)

WAS_APPLIED = _sql("SELECT 1 FROM applied WHERE task_id = :id AND fencing_token = :token")

RETRY = _sql(
    f"""
    WITH changed AS (
        UPDATE tasks SET
            state = 'queued', fencing_token = fencing_token + 1, runner = NULL, lease_until = NULL,
            published_at = NULL, message = :message,
            queued_at = clock_timestamp() + make_interval(secs => :delay_s)
        WHERE {_HELD} AND NOT cancel_requested
        RETURNING id, owner_id, state, fencing_token, queued_at
    ), entry AS ({_ENTRY})
    SELECT id, owner_id FROM changed
    """
).bindparams(bindparam("delay_s", type_=Double), bindparam("message", type_=String))

# Ends the leases of a worker that is ending, so that nobody waits for them to run out.
RELEASE = _sql(
    """
    UPDATE tasks SET lease_until = clock_timestamp()
    WHERE state = 'running' AND starts_with(runner, :runner_prefix)
    RETURNING id
    """
)

CANCEL = _sql(
    f"""
    WITH changed AS (
        UPDATE tasks SET
            cancel_requested = true,
            state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
            finished_at = CASE WHEN state = 'queued' THEN clock_timestamp() END,
            message = CASE WHEN state = 'queued' THEN NULL ELSE 'cancelling' END
        WHERE id = :id AND state IN ('queued', 'running')
        RETURNING id, type, state
    ), counted AS ({_COUNT})
    SELECT id FROM changed
    """
)

EXPIRE = _sql(
    f"""
    WITH expired AS (
        SELECT id FROM tasks WHERE state = 'running' AND lease_until <= clock_timestamp()
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), decided AS (
        SELECT t.id, CASE
            WHEN t.cancel_requested THEN 'cancelled'
            WHEN t.attempts >= :max_attempts THEN 'failed'
            ELSE 'queued' END AS next
        FROM tasks t JOIN expired USING (id)
    ), changed AS (
        UPDATE tasks t SET
            state = d.next, runner = NULL, lease_until = NULL,
            fencing_token = t.fencing_token + 1, published_at = NULL, queued_at = clock_timestamp(),
            finished_at = CASE WHEN d.next <> 'queued' THEN clock_timestamp() END,
            message = CASE WHEN d.next = 'queued' THEN 'its worker was lost; it runs again' END,
            error = CASE WHEN d.next = 'failed'
                THEN format('its worker was lost in each of %s runs', t.attempts) END
        FROM decided d WHERE t.id = d.id
        RETURNING t.id, t.owner_id, t.type, t.state, t.fencing_token, t.queued_at
    ), entry AS ({_ENTRY}), counted AS ({_COUNT})
    SELECT id, owner_id, state FROM changed
    """
)

# Queued tasks whose message the broker has lost; the new token makes a message that turns up after
# all harmless.
REPUBLISH = _sql(
    f"""
    WITH lost AS (
        SELECT * FROM unnest(:ids, :tokens) AS l(id, token)
    ), changed AS (
        UPDATE tasks t SET fencing_token = t.fencing_token + 1, published_at = NULL
        FROM lost l WHERE t.id = l.id AND t.fencing_token = l.token
            AND t.state = 'queued' AND t.published_at IS NOT NULL
        RETURNING t.id, t.owner_id, t.state, t.fencing_token, clock_timestamp() AS queued_at
    ), entry AS ({_ENTRY})
    SELECT id, owner_id FROM changed
    """
).bindparams(bindparam("ids", type_=ARRAY(UUID())), bindparam("tokens"))
