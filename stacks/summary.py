"""The one screen that ``autoserve up`` ends with: addresses, first user, what to try next."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local.state import StackPaths

__all__ = ["addresses", "credentials_shown_once", "screen"]

SHOWN = ".credentials-shown"


def addresses(outputs: dict[str, Any], name: str = "") -> dict[str, str]:
    """Every address among the outputs of a stack, by the name of the output."""
    return dict(_addresses(outputs, name))


def credentials_shown_once(paths: StackPaths) -> dict[str, str] | None:
    """The first user's credentials, the first time this is asked only."""
    try:
        credentials: dict[str, str] = json.loads(paths.credentials.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    marker = _marker(paths)
    if marker.exists() and marker.read_text() == credentials["email"]:
        return None
    marker.write_text(credentials["email"])
    return credentials


def screen(outputs: dict[str, Any], paths: StackPaths, credentials: dict[str, str] | None) -> str:
    """Everything a person needs next, as text."""
    lines = ["", "AutoServe is up."]
    found = addresses(outputs)
    width = max((len(name) for name in found), default=0)
    lines += [f"    {name:<{width}}  {url}" for name, url in found.items()]
    if credentials is not None:
        lines += [
            "",
            "First user (shown this once; kept in " + str(paths.credentials) + ")",
            f"    e-mail    {credentials['email']}",
            f"    password  {credentials['password']}",
        ]
    elif paths.credentials.exists():
        email = json.loads(paths.credentials.read_text())["email"]
        lines += ["", f"First user: {email}; a new password: .venv/bin/autoserve user reset"]
    tries = {
        ".venv/bin/autoserve demo": "real tasks, then a load that the scaler follows",
        ".venv/bin/autoserve status": "what runs, and whether it is ready",
        ".venv/bin/autoserve logs -f": "what it says",
        "make down": "stop it; data stays",
    }
    lines += ["", "Next", *(f"    {command:<28} {what}" for command, what in tries.items()), ""]
    return "\n".join(lines)


def _addresses(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _addresses(inner, key)
    elif isinstance(value, str) and value.startswith(("http://", "https://")):
        yield name, value


def _marker(paths: StackPaths) -> Path:
    return paths.folder / SHOWN
