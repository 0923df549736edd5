"""Redis: the broker, the counters of the rate limits and the channel of live progress."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

__all__ = ["Redis", "connect", "problem"]

CONNECT_S = 2.0
ANSWER_S = 2.0


def connect(url: str) -> Redis:
    """A client with bounded waits; no connection is made before the first command."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        health_check_interval=15,
        # One more try, for the connection that a restarted Redis has closed.
        retry=Retry(ExponentialBackoff(cap=0.1, base=0.02), retries=1),
    )


async def problem(client: Redis) -> str | None:
    """What keeps Redis from serving, in words, or None."""
    try:
        await client.execute_command("PING")  # type: ignore[no-untyped-call] # redis has no hints here
    except (RedisError, OSError) as exc:
        return f"Redis does not answer: {exc}"
    return None
