"""The running scaler as the command line sees it: where it is, what it answers, what it refuses.

Its address and token come from the environment alone, so that no secret is ever part of a command:
``AUTOSERVE_SCALER_URL`` with ``AUTOSERVE_SCALER_TOKEN`` or ``AUTOSERVE_SCALER_TOKEN_FILE`` where
they are given, else the variables of the scaler's own process.
"""

import getpass
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import httpx

from scaler import contract

__all__ = ["IN_ENVIRONMENT", "Remote", "actor", "of"]

TIMEOUT_S = 15.0
# Read by the dispatcher: the environment of the scaler's process in a stack is loaded before the
# command runs, unless one of these says already where the scaler is.
IN_ENVIRONMENT = {
    "obj": {
        "environment_of": "scaler",
        "unless": (contract.CLIENT_URL, contract.HTTP_PORT),
    }
}
# An address to listen on that is none to speak to.
ANYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - nothing is bound here


class Remote:
    """Asks the scaler; every refusal is an error of the command, in the scaler's own words."""

    def __init__(self, url: str, *, token: str) -> None:
        self._url, self._token = url, token

    @classmethod
    def found(cls, environment: Mapping[str, str] | None = None) -> "Remote":
        """The scaler that an environment names, by default that of this process.

        Raises:
            click.ClickException: it names none, or a file that cannot be read.
        """
        given = os.environ if environment is None else environment
        url = given.get(contract.CLIENT_URL)
        if url:
            return cls(url, token=_token(given))
        port = given.get(contract.HTTP_PORT)
        if not port:
            raise click.ClickException(
                f"no scaler is known: set {contract.CLIENT_URL}, for what changes something "
                f"{contract.CLIENT_TOKEN_FILE} as well"
            )
        host = given.get(contract.HTTP_HOST, "")
        host = "127.0.0.1" if host in ANYWHERE else host
        return cls(f"http://{host}:{port}", token=given.get(contract.TOKEN, ""))

    def get(self, path: str, **params: Any) -> Any:
        given = {name: value for name, value in params.items() if value is not None}
        return self._ask("GET", path, params=given)

    def change(self, method: str, path: str, **kwargs: Any) -> Any:
        """A question that changes something, with the token.

        Raises:
            click.ClickException: there is no token, or the change is refused.
        """
        if not self._token:
            raise click.ClickException(
                f"a change needs the scaler's token: set {contract.CLIENT_TOKEN_FILE}"
            )
        headers = {"Authorization": f"Bearer {self._token}"}
        return self._ask(method, path, headers=headers, **kwargs)

    def _ask(self, method: str, path: str, **kwargs: Any) -> Any:
        try:
            answer = httpx.request(
                method, self._url + path, timeout=TIMEOUT_S, trust_env=False, **kwargs
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = str(error) or type(error).__name__
            raise click.ClickException(
                f"the scaler does not answer at {self._url}: {said}"
            ) from error
        try:
            body = answer.json()
        except ValueError:
            body = None
        if answer.is_success and (body is not None or not answer.content):
            return body
        detail = body.get("detail") if isinstance(body, dict) else None
        raise click.ClickException(
            str(detail or f"{self._url}{path} answers with HTTP {answer.status_code}, no scaler's")
        )


def of(target: str, what: str) -> str:
    """The path of a question about one workload."""
    return f"{contract.WORKLOADS_PATH}/{quote(target, safe='')}/{what}"


def actor() -> str:
    """Who asks, for the record of changes."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a process without an entry among the users
        name = f"user {os.getuid()}"
    return f"{name} (command line)"


def _token(given: Mapping[str, str]) -> str:
    file = given.get(contract.CLIENT_TOKEN_FILE)
    if not file:
        return given.get(contract.CLIENT_TOKEN, "")
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise click.ClickException(
            f"{contract.CLIENT_TOKEN_FILE}: {file}: {error.strerror}"
        ) from error
