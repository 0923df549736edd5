"""A few plain questions to a cluster's API server, each with a short deadline.

Credentials of every kind that a kubeconfig knows are the `kubernetes` client's business; what is
asked and answered here is JSON.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3

from infra.kubernetes.kubeconfig import Kubeconfig

__all__ = ["Answer", "ApiServer", "UnreachableError"]

CONNECT_S = 5.0
ANSWER_S = 15.0  # an aggregated API that is down keeps the API server for about 5 s
AT_ONCE = 8


class UnreachableError(Exception):
    """The API server gives no answer at all."""

    def __init__(self, server: str, why: str) -> None:
        super().__init__(f"the API server {server} gives no answer: {why}")
        self.server, self.why = server, why


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: the HTTP status, and the JSON object ({} where it is none)."""

    status: int
    body: Mapping[str, Any]

    @property
    def found(self) -> bool:
        return self.status == 200

    @property
    def items(self) -> list[dict[str, Any]]:
        return list(self.body.get("items") or [])


class ApiServer:
    """One API server, asked as the user of a context; may be shared by `AT_ONCE` threads.

    Attributes:
        kubeconfig: the file and the context.
        complaints: of a program that should have given credentials; without any, nobody asks.
    """

    kubeconfig: Kubeconfig
    complaints: list[str]

    def __init__(self, kubeconfig: Kubeconfig, *, answer_s: float = ANSWER_S) -> None:
        """Read the credentials; a program that gets them is run here.

        Raises:
            UnreachableError: the credentials cannot be read.
        """
        # Only who asks a cluster pays for its client, never a stack on this machine.
        from kubernetes.client import Configuration  # noqa: PLC0415
        from kubernetes.config import new_client_from_config  # noqa: PLC0415
        from kubernetes.config.config_exception import ConfigException  # noqa: PLC0415

        self.kubeconfig = kubeconfig
        self._deadlines = (CONNECT_S, answer_s)
        configuration = Configuration()
        configuration.retries = 0
        configuration.connection_pool_maxsize = AT_ONCE
        try:
            with _logged() as self.complaints:
                self._client = new_client_from_config(  # type: ignore[no-untyped-call] # untyped
                    config_file=str(kubeconfig.path),
                    context=kubeconfig.context,
                    persist_config=False,
                    client_configuration=configuration,
                )
        except (ConfigException, OSError, ValueError) as exc:
            raise UnreachableError(kubeconfig.server, f"no credentials: {exc}") from exc

    def get(self, path: str, **query: str) -> Answer:
        """Ask for a path.

        Raises:
            UnreachableError: no answer came.
        """
        return self._ask("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Send an object; used for reviews, which the API server keeps nothing of.

        Raises:
            UnreachableError: no answer came.
        """
        return self._ask("POST", path, body=body)

    def close(self) -> None:
        self._client.close()

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        from kubernetes.client.exceptions import ApiException  # noqa: PLC0415 - as above

        request = self._client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Accept": "application/json", "Content-Type": "application/json"},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            answer = self._client.call_api(*request, _request_timeout=self._deadlines)
            content = answer.read()
        except (urllib3.exceptions.HTTPError, ApiException, OSError) as exc:
            why = _reason(exc, *self._deadlines)
            raise UnreachableError(self.kubeconfig.server, why) from exc
        return Answer(status=answer.status, body=_object(content))


@contextmanager
def _logged() -> Iterator[list[str]]:
    """What is logged meanwhile: the client tells of a failing credential program in no other way.

    A root logger without a handler would be given one for good by the first message.
    """
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign] # one use
    logging.getLogger().addHandler(handler)
    try:
        yield messages
    finally:
        logging.getLogger().removeHandler(handler)


def _object(content: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(content)
    except ValueError:  # an error in plain text
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _reason(error: BaseException, connect_s: float, answer_s: float) -> str:
    """The innermost cause in a few words; urllib3 wraps its own several times."""
    inner: object = error
    while isinstance(inner, BaseException):
        deeper = getattr(inner, "reason", None)
        if not isinstance(deeper, BaseException):
            break
        inner = deeper
    if isinstance(inner, urllib3.exceptions.NewConnectionError):  # a timeout too, by its class
        return str(inner).rpartition(": ")[2]
    if isinstance(inner, urllib3.exceptions.ReadTimeoutError):
        return f"it accepts the connection and says nothing for {answer_s:g} s"
    if isinstance(inner, urllib3.exceptions.TimeoutError):
        return f"no connection within {connect_s:g} s"
    text = getattr(inner, "reason", None) or str(inner)
    return " ".join(str(text).split())
