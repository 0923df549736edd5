"""How often one may try to sign in: counters in Redis, shared by all replicas.

Fails open: where Redis is away, attempts are let through, counted by a metric and logged; Argon2
still bounds how many passwords one can try in a second.
"""

import hashlib
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from app.auth.errors import TooManyAttempts
from app.core.cache import Redis
from app.telemetry import metrics

__all__ = ["Limit", "forgive", "spend"]

log = structlog.get_logger(__name__)

# INCR and EXPIRE in one step: a counter without an end would lock a user out for good.
COUNT = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('TTL', KEYS[1])}
"""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """``attempts`` in each window of ``window_s`` seconds."""

    name: str
    attempts: int
    window_s: int


async def spend(redis: Redis, limit: Limit, *who: str) -> None:
    """Count one attempt.

    Raises:
        TooManyAttempts: the window is used up.
    """
    try:
        count, left_s = await redis.eval(COUNT, 1, _key(limit, who), str(limit.window_s))
    except (RedisError, OSError) as exc:
        metrics.RATE_LIMITS_SKIPPED.labels(limit.name).inc()
        log.warning("rate_limit_skipped", limiter=limit.name, reason=str(exc))
        return
    if count > limit.attempts:
        raise TooManyAttempts(max(1, left_s))


async def forgive(redis: Redis, limit: Limit, *who: str) -> None:
    """Forget the attempts, after one that was right."""
    try:
        await redis.delete(_key(limit, who))
    except (RedisError, OSError) as exc:
        log.warning("rate_limit_skipped", limiter=limit.name, reason=str(exc))


def _key(limit: Limit, who: tuple[str, ...]) -> str:
    # Hashed, so that Redis holds no addresses of people.
    digest = hashlib.sha256("\0".join(who).encode(errors="replace")).hexdigest()[:32]
    return f"autoserve:limit:{limit.name}:{digest}"
