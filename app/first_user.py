"""``python -m app.first_user``: creates an administrator where there is none.

The password is the one given in AUTOSERVE_FIRST_USER_PASSWORD (a cluster's Secret), or generated
and left in AUTOSERVE_CREDENTIALS_FILE; it is never printed. Where an administrator exists, nothing
is changed.
"""

import sys
from pathlib import Path

import structlog
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app import contract
from app.core import logging
from app.core.database import sync_url
from app.core.identity import Role, User
from app.core.settings import DatabaseSettings, SettingsError, load
from app.credentials import add_admin, write_file
from app.migrate import LOCK, wait_for

__all__ = ["EMAIL", "create_first_user"]

EMAIL = contract.FIRST_USER_EMAIL

log = structlog.get_logger(__name__)


def create_first_user(
    engine: Engine, *, credentials_file: Path | None = None, password: str | None = None
) -> bool:
    """Whether a user was created. The file is there before the user is: no password is lost."""
    with Session(engine) as session, session.begin():
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if session.scalar(select(User.id).where(User.role == Role.ADMIN.value).limit(1)):
            return False
        password = add_admin(session, email=EMAIL, password=password)
        if credentials_file is not None:
            write_file(credentials_file, email=EMAIL, password=password)
        return True


def main() -> None:
    try:
        settings = load(DatabaseSettings)
    except SettingsError as exc:
        sys.exit("\n".join(exc.problems))
    given = settings.first_user_password
    if settings.credentials_file is None and given is None:
        sys.exit(
            f"neither {contract.CREDENTIALS_FILE} nor {contract.FIRST_USER_PASSWORD} is set; "
            "allowed: an absolute path of a file, or a password of at least 12 characters"
        )
    logging.configure(service="first-user", level=settings.log_level)
    engine = create_engine(sync_url(settings.database_url.get_secret_value()), poolclass=NullPool)
    wait_for(engine)
    created = create_first_user(
        engine,
        credentials_file=settings.credentials_file,
        password=given.get_secret_value() if given else None,
    )
    log.info("first_user", created=created)


if __name__ == "__main__":
    main()
