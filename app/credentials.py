"""New passwords given by an administrator of the machine, and the file that shows them once."""

import json
import os
from pathlib import Path
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.core.identifiers import new_id
from app.core.identity import Role, User
from app.core.passwords import Passwords, generated_password

__all__ = ["add_admin", "reset_password", "write_file"]

# By name and not by model: the families belong to app.auth, and a feature is not imported here.
REVOKE = text(
    "UPDATE refresh_families SET revoked_at = now() WHERE user_id = :user AND revoked_at IS NULL"
)


def add_admin(session: Session, *, email: str, password: str | None = None) -> str:
    """Add an administrator; returns the password, a generated one unless it is given."""
    password = password or generated_password()
    session.add(
        User(
            id=new_id(),
            email=email,
            name="Administrator",
            role=Role.ADMIN.value,
            password_hash=_hash(password),
            is_disabled=False,
        )
    )
    session.flush()
    return password


def reset_password(session: Session, user_id: UUID) -> str:
    """Give a user a new password and end all its sign-ins; returns the password."""
    password = generated_password()
    session.execute(
        update(User)
        .where(User.id == user_id)
        .values(password_hash=_hash(password), is_disabled=False)
    )
    session.execute(REVOKE, {"user": user_id})
    return password


def write_file(path: Path, *, email: str, password: str) -> None:
    """Leave both in a file that its owner alone can read; whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"email": email, "password": password}, file)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _hash(password: str) -> str:
    passwords = Passwords()
    try:
        return passwords.hash_now(password)
    finally:
        passwords.close()
