"""What worker and relay ask of PostgreSQL and Redis for their readiness."""

from collections.abc import Callable

import redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

__all__ = ["database_check", "redis_check"]


def database_check(engine: Engine) -> Callable[[], str | None]:
    def check() -> str | None:
        try:
            with engine.connect() as connection:
                found = connection.scalar(text("SELECT to_regclass('tasks')::text"))
        except SQLAlchemyError as exc:
            return f"the database does not answer: {str(exc.args[0])[:200]}"
        return None if found else "the database has no tables yet (python -m app.migrate)"

    return check


def redis_check(client: redis.Redis) -> Callable[[], str | None]:
    def check() -> str | None:
        try:
            client.ping()
        except (RedisError, OSError) as exc:
            return f"Redis does not answer: {exc}"
        return None

    return check
