"""``python -m scaler.migrate``: brings the scaler's tables to what this version needs.

Idempotent; waits for the database, because it may be started at the same moment.
"""

import sys
import time

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateColumn

from scaler.adapters.postgres import engine_for
from scaler.adapters.tables import metadata
from scaler.contract import DATABASE_ROLE
from scaler.settings import SettingsError, database_url

__all__ = ["migrate"]

WAIT_S = 30.0


def migrate(url: str, *, wait_s: float = WAIT_S) -> None:
    """Create what is missing.

    Raises:
        OperationalError: the database did not answer within ``wait_s``.
    """
    engine = engine_for(url)
    deadline = time.monotonic() + wait_s
    try:
        while True:
            try:
                metadata.create_all(engine)
                _add_columns(engine)
                return
            except OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
    finally:
        engine.dispose()


def _add_columns(engine: Engine) -> None:
    """Add to tables of an older version what they lack; such a column has to allow NULL."""
    with engine.begin() as connection:
        found = inspect(connection)
        for table in metadata.sorted_tables:
            columns = found.get_columns(table.name, schema=table.schema)
            known = {column["name"] for column in columns}
            for column in table.columns:
                if column.name not in known:
                    definition = CreateColumn(column).compile(dialect=engine.dialect)
                    statement = f"ALTER TABLE {table.fullname} ADD COLUMN {definition}"
                    connection.execute(text(statement))


def main() -> int:
    try:
        migrate(database_url())
    except SettingsError as error:
        sys.stderr.write(f"scaler.migrate: {error}\n")
        return 1
    except OperationalError as error:
        sys.stderr.write(f"scaler.migrate: the database does not answer: {error.orig}\n")
        return 1
    sys.stdout.write(f"scaler.migrate: the schema {DATABASE_ROLE} is up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
