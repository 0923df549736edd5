"""``python -m app.migrate``: brings the tables of the schema ``app`` to the newest revision.

Waits for the database, and lets one migration run at a time: a second one waits and finds nothing
to do.
"""

import sys
import time
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app.core import logging
from app.core.database import sync_url
from app.core.settings import DatabaseSettings, SettingsError, load

__all__ = ["migrate", "wait_for"]

WAIT_S = 30.0
PAUSE_S = 0.25
LOCK = 0x4155544F  # any number of ours; PostgreSQL's advisory locks are per database
SCRIPTS = Path(__file__).parent / "migrations"

log = structlog.get_logger(__name__)


def migrate(engine: Engine, *, revision: str = "head") -> None:
    """Run what is missing, in one transaction."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        try:
            command.upgrade(_config(connection), revision)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()


def wait_for(engine: Engine, *, wait_s: float = WAIT_S) -> None:
    """Return when the database answers.

    Raises:
        OperationalError: it did not within ``wait_s``.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            engine.connect().close()
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_S)
        else:
            return


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def main() -> None:
    try:
        settings = load(DatabaseSettings)
    except SettingsError as exc:
        sys.exit("\n".join(exc.problems))
    logging.configure(service="migrate-app", level=settings.log_level)
    engine = create_engine(sync_url(settings.database_url.get_secret_value()), poolclass=NullPool)
    try:
        wait_for(engine)
    except OperationalError as exc:
        sys.exit(f"the database does not answer within {WAIT_S:.0f} s: {exc.orig}")
    migrate(engine)
    log.info("migrated")


if __name__ == "__main__":
    main()
