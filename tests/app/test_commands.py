"""Migration, first user and ``user reset`` on a database of their own."""

import json
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app import contract
from app.commands import user
from app.core.database import Base, sync_url
from app.first_user import EMAIL, create_first_user
from app.migrate import migrate, wait_for


@pytest.fixture
def url(postgres: Any) -> str:
    return str(postgres.create_database(f"test_{uuid4().hex[:12]}"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    found = create_engine(sync_url(url), poolclass=NullPool)
    yield found
    found.dispose()


def columns(engine: Engine) -> set[tuple[str, str, bool]]:
    query = "SELECT table_name, column_name, is_nullable = 'YES' FROM information_schema.columns"
    with engine.connect() as connection:
        rows = connection.execute(text(query + " WHERE table_schema = 'app'"))
        return {(row[0], row[1], row[2]) for row in rows if row[0] != "alembic_version"}


def reset(url: str, file: Path | None, *arguments: str) -> Result:
    env = {contract.DATABASE_URL: url, contract.CREDENTIALS_FILE: str(file or "")}
    return CliRunner().invoke(user, ["reset", *arguments], env=env)


def password_hash(engine: Engine, email: str) -> str:
    with engine.connect() as connection:
        query = text("SELECT password_hash FROM users WHERE email = :email")
        return str(connection.execute(query, {"email": email}).scalar_one())


def test_the_migrations_make_what_the_models_say(engine: Engine) -> None:
    migrate(engine)
    import app.main  # noqa: F401, PLC0415 - all models are known when the application is

    modelled = {
        (table.name, column.name, bool(column.nullable))
        for table in Base.metadata.tables.values()
        for column in table.columns
    }
    assert columns(engine) == modelled


def test_a_second_migration_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    before = columns(engine)
    migrate(engine)
    assert columns(engine) == before


def test_two_migrations_at_once_do_not_race(url: str) -> None:
    engines = [create_engine(sync_url(url), poolclass=NullPool) for _ in range(3)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(migrate, engines))
    assert columns(engines[0])


def test_waiting_for_a_database_that_stays_away_ends() -> None:
    away = create_engine("postgresql+psycopg://app@127.0.0.1:1/none", poolclass=NullPool)
    with pytest.raises(OperationalError):
        wait_for(away, wait_s=0.1)


def test_the_first_user_is_made_once_and_its_password_is_in_a_private_file(
    engine: Engine, tmp_path: Path
) -> None:
    migrate(engine)
    file = tmp_path / "new" / "credentials.json"
    assert create_first_user(engine, credentials_file=file)
    written = file.read_text()
    credentials = json.loads(written)
    assert credentials["email"] == EMAIL
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PasswordHasher().verify(password_hash(engine, EMAIL), credentials["password"])
    assert not create_first_user(engine, credentials_file=file)
    assert file.read_text() == written
    assert [found.name for found in file.parent.iterdir()] == [file.name]


def test_a_given_password_of_the_first_user_is_taken(engine: Engine) -> None:
    migrate(engine)
    assert create_first_user(engine, password="given by a Secret")
    assert PasswordHasher().verify(password_hash(engine, EMAIL), "given by a Secret")


def test_a_file_that_cannot_be_written_leaves_no_user(engine: Engine, tmp_path: Path) -> None:
    migrate(engine)
    (tmp_path / "taken").write_text("a file where a folder is wanted")
    with pytest.raises(OSError, match="taken"):
        create_first_user(engine, credentials_file=tmp_path / "taken" / "credentials.json")
    file = tmp_path / "credentials.json"
    assert create_first_user(engine, credentials_file=file)


def test_a_reset_gives_a_new_password_and_ends_all_sign_ins(
    engine: Engine, url: str, tmp_path: Path
) -> None:
    migrate(engine)
    file = tmp_path / "credentials.json"
    create_first_user(engine, credentials_file=file)
    before = json.loads(file.read_text())["password"]
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO refresh_families (id, user_id, created_at, expires_at)"
                " SELECT gen_random_uuid(), id, now(), now() FROM users"
            )
        )
    done = reset(url, file)
    assert done.exit_code == 0, done.output
    after = json.loads(file.read_text())["password"]
    assert after != before
    assert after in done.output
    assert PasswordHasher().verify(password_hash(engine, EMAIL), after)
    with engine.connect() as connection:
        query = text("SELECT count(*) FROM refresh_families WHERE revoked_at IS NULL")
        assert connection.execute(query).scalar_one() == 0


def test_with_json_the_password_is_printed_only_where_there_is_no_file(
    engine: Engine, url: str, tmp_path: Path
) -> None:
    migrate(engine)
    file = tmp_path / "credentials.json"
    create_first_user(engine, credentials_file=file)
    shown = json.loads(reset(url, file, "--json").output)
    assert shown == {"email": EMAIL, "credentials_file": str(file)}
    shown = json.loads(reset(url, None, "--json", "--email", EMAIL.upper()).output)
    assert PasswordHasher().verify(password_hash(engine, EMAIL), shown["password"])


def test_an_unknown_user_or_a_missing_setting_is_said_in_one_line(engine: Engine, url: str) -> None:
    migrate(engine)
    unknown = reset(url, None, "--email", "nobody@example.com")
    assert (unknown.exit_code, unknown.output) == (
        1,
        "Error: there is no user with the e-mail nobody@example.com\n",
    )
    missing = CliRunner().invoke(user, ["reset"], env={contract.DATABASE_URL: ""})
    assert missing.exit_code == 1
    assert missing.output.startswith("Error: AUTOSERVE_DATABASE_URL is not set; allowed: ")
