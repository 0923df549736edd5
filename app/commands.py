"""The command ``autoserve user``; it runs in the environment of the service ``api``."""

import json
from uuid import UUID

import click
from sqlalchemy import create_engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.core.database import sync_url
from app.core.identity import Role, User, canonical_email
from app.core.settings import DatabaseSettings, SettingsError, load
from app.credentials import reset_password, write_file

__all__ = ["user"]


@click.group(context_settings={"obj": {"environment_of": "api"}})
def user() -> None:
    """Manage users of the platform."""


@user.command()
@click.option("--email", help="Whose password; default: the oldest administrator's.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: email, credentials_file.")
def reset(*, email: str | None, as_json: bool) -> None:
    """Give a user a new password and end all its sign-ins.

    The credentials file, where one is configured, is written anew. With --json the password is
    printed only where there is no such file.
    """
    settings = _settings()
    url = sync_url(settings.database_url.get_secret_value())
    try:
        with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
            user_id, address = _wanted(session, email)
            password = reset_password(session, user_id)
            if settings.credentials_file is not None:
                write_file(settings.credentials_file, email=address, password=password)
    except OperationalError as exc:
        raise click.ClickException(f"the database does not answer: {exc.orig}") from exc
    if not as_json:
        click.echo(f"e-mail    {address}\npassword  {password}")
        if settings.credentials_file is not None:
            click.echo(f"kept in   {settings.credentials_file}")
        return
    file = str(settings.credentials_file) if settings.credentials_file else None
    shown = {"email": address, "credentials_file": file}
    click.echo(json.dumps(shown if file else {**shown, "password": password}))


def _settings() -> DatabaseSettings:
    try:
        return load(DatabaseSettings)
    except SettingsError as exc:
        raise click.ClickException("\n".join(exc.problems)) from exc


def _wanted(session: Session, email: str | None) -> tuple[UUID, str]:
    query = select(User.id, User.email).order_by(User.id).limit(1)
    if email is None:
        query = query.where(User.role == Role.ADMIN.value)
    else:
        query = query.where(User.email == canonical_email(email))
    found = session.execute(query).one_or_none()
    if found is None:
        who = f"with the e-mail {email}" if email else "who is an administrator"
        raise click.ClickException(f"there is no user {who}")
    return found.id, found.email
