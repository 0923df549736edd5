"""The one screen that ``autoserve up`` ends with: addresses, first user, what to try next."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app import contract
from infra.kubernetes.kubeconfig import kubectl
from infra.kubernetes.names import NAME_LABEL, PART_OF, PART_OF_LABEL, Namespaces
from infra.kubernetes.settings import ClusterSettings
from infra.local.state import StackPaths
from infra.services.database import FIRST_USER_JOB

__all__ = ["addresses", "cluster_screen", "credentials_shown_once", "screen"]

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
    lines = ["", "AutoServe is up.", *_listed(outputs)]
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


def cluster_screen(outputs: dict[str, Any], settings: ClusterSettings) -> str:
    """The same for a stack on Kubernetes, where its first user's password stays in a Secret."""
    program = kubectl(settings.kubeconfig, settings.context)
    namespaces = Namespaces(prefix=settings.namespace)
    password = (
        f"{program} -n {namespaces.prefix} get secret -l {NAME_LABEL}={FIRST_USER_JOB} "
        f"-o jsonpath='{{.items[0].data.{contract.FIRST_USER_PASSWORD}}}' | base64 -d"
    )
    return "\n".join(
        [
            "",
            f"AutoServe is up in {settings.context}.",
            *_listed(outputs),
            "",
            f"First user: {contract.FIRST_USER_EMAIL}, with the password that this prints:",
            f"    {password}",
            "",
            f"Where {settings.domain} must lead:",
            f"    {program} -n {namespaces.edge} get gateway",
            "",
            "What runs, and whether it is ready:",
            f"    {program} get pods -A -l {PART_OF_LABEL}={PART_OF}",
            "",
        ]
    )


def _listed(outputs: dict[str, Any]) -> list[str]:
    urls = addresses(outputs)
    slashed = {url.rstrip("/"): name for name, url in reversed(urls.items())}
    found = {name: url for name, url in urls.items() if slashed[url.rstrip("/")] == name}
    width = max((len(name) for name in found), default=0)
    return [f"    {name:<{width}}  {url}" for name, url in found.items()]


def _addresses(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _addresses(inner, key)
    elif isinstance(value, str) and value.startswith(("http://", "https://")):
        yield name, value


def _marker(paths: StackPaths) -> Path:
    return paths.folder / SHOWN
