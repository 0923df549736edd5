"""One API server, by the Python client of Kubernetes: plain JSON in and out, errors by what to do.

    Unavailable        (of the ports) it does not answer, or not now: ask again later
    └── ApiError       it answered no about what was asked, and says why; others may fare better
        ├── NotFound   the object, its kind or its namespace is not there
        ├── Conflict   somebody else has changed the object since it was read, or made it first
        └── Refused    not allowed, or not valid: asking the same again is of no use
            └── Unfit  of this content, as the object is now

Objects are the dictionaries that the server sent. The client's own models would drop the fields
that its version does not know, and what is read here must come back as it was.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import urllib3
from kubernetes import client, config

from scaler.core.errors import ScalerError
from scaler.records import Unavailable, Unusable

__all__ = [
    "DEPENDENCY",
    "Api",
    "ApiError",
    "Conflict",
    "Manifest",
    "NoClusterError",
    "NotFound",
    "Refused",
    "Unfit",
    "connect",
    "path_of",
]

Manifest = dict[str, Any]

DEPENDENCY = "kubernetes"
MANAGER = "autoserve-scaler"  # in managedFields: who wrote a field
NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
CONNECTIONS = 4  # the loop, the lease, the events and one to spare
NOT_FOUND, CONFLICT, UNPROCESSABLE = 404, 409, 422
REFUSED = frozenset({400, 403, 405, 413, 415})
# Whatever is asked: who asks is unknown, there is too much to do, or nobody to do it.
AWAY = frozenset({401, 408, 429, 502, 503, 504})
LONGEST_SAID = 300


class NoClusterError(ScalerError):
    """There is no cluster to speak to: neither a pod's account nor a usable kubeconfig."""


class ApiError(Unusable):
    """The server answered no; by itself that it failed, as where a webhook does."""

    def __init__(self, detail: str) -> None:
        super().__init__(DEPENDENCY, "refused", detail)


class NotFound(ApiError):
    """It is not there."""


class Conflict(ApiError):
    """Somebody else was first."""


class Refused(ApiError):
    """It may not be, or cannot be."""


class Unfit(Refused):
    """It is not valid, or a test of a JSON patch failed: the server says both by one status."""


class Api:
    """Requests to one API server; safe to use from several threads."""

    def __init__(self, connection: client.ApiClient, *, namespace: str, timeout_s: float) -> None:
        self.namespace = namespace
        self._connection = connection
        self._timeout_s = timeout_s

    def close(self) -> None:
        self._connection.close()  # type: ignore[no-untyped-call] # has no types

    def get(self, path: str) -> Manifest:
        return self._ask("GET", path)

    def list(self, path: str, *, labels: str = "") -> list[Manifest]:
        """All objects of a collection; without the kind and version that a single one has."""
        found = self._ask("GET", path, query=(("labelSelector", labels),) if labels else ())
        items = found.get("items")
        if not isinstance(items, list):
            raise Unavailable(DEPENDENCY, f"GET {path}: no list of items")
        return items

    def create(self, path: str, body: Manifest) -> Manifest:
        return self._ask("POST", path, body)

    def replace(self, path: str, body: Manifest) -> Manifest:
        return self._ask("PUT", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Manifest:
        """A JSON merge patch; with ``metadata.resourceVersion`` in it, refused as a `Conflict`
        where the object has changed since.
        """
        return self._ask("PATCH", path, body, content_type="application/merge-patch+json")

    def revise(self, path: str, operations: Sequence[Mapping[str, Any]]) -> Manifest:
        """A JSON patch (RFC 6902); ``Unfit`` where one of its tests fails.

        The server applies it to what the object is by then: what no test names may have changed.
        """
        return self._ask("PATCH", path, operations, content_type="application/json-patch+json")

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        *,
        query: Sequence[tuple[str, str]] = (),
        content_type: str = "application/json",
    ) -> Manifest:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = content_type
            query = (*query, ("fieldManager", MANAGER))
        try:
            request = self._connection.param_serialize(
                method,
                path,
                query_params=list(query),
                header_params=headers,
                body=body,
                auth_settings=["BearerToken"],
            )
            response = self._connection.call_api(*request, _request_timeout=self._timeout_s)
            status = response.status
            text = response.read()  # type: ignore[no-untyped-call] # has no types
        except (urllib3.exceptions.HTTPError, client.ApiException, OSError) as error:
            raise Unavailable(DEPENDENCY, f"{method} {path}: {_said(error)}") from error
        except config.ConfigException as error:  # the account's token cannot be read any more
            raise Unavailable(DEPENDENCY, f"token: {error}") from error
        return _answer(method, path, status, text)


def connect(*, kubeconfig: str, context: str, namespace: str, timeout_s: float) -> Api:
    """A connection as a pod's own account, or by a kubeconfig where one is named.

    Raises:
        NoClusterError: neither can be had. Whether the server answers is not tried here.
    """
    configuration = client.Configuration()
    try:
        if kubeconfig:
            config.load_kube_config(  # type: ignore[no-untyped-call] # has no types
                kubeconfig,
                context=context or None,
                client_configuration=configuration,
                persist_config=False,
            )
        else:
            config.load_incluster_config(  # type: ignore[no-untyped-call] # has no types
                client_configuration=configuration
            )
    except (config.ConfigException, OSError, ValueError, TypeError) as error:
        where = f"kubeconfig {kubeconfig}" if kubeconfig else "no kubeconfig, and not in a pod"
        raise NoClusterError(f"{where}: {_said(error)}") from error
    configuration.retries = False  # each attempt would have the whole of the time limit
    configuration.connection_pool_maxsize = CONNECTIONS
    connection = client.ApiClient(configuration)
    connection.user_agent = MANAGER
    return Api(connection, namespace=namespace or _own_namespace(), timeout_s=timeout_s)


def path_of(
    api_version: str, plural: str, namespace: str, name: str = "", *, subresource: str = ""
) -> str:
    """Where an object, or a collection, of a namespace is at the server."""
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    path = f"{root}/namespaces/{quote(namespace, safe='')}/{plural}"
    path += f"/{quote(name, safe='')}" if name else ""
    return f"{path}/{subresource}" if subresource else path


def _own_namespace() -> str:
    try:
        with open(NAMESPACE_FILE) as file:
            return file.read().strip()
    except OSError as error:
        raise NoClusterError(f"no namespace is set, and none is in {NAMESPACE_FILE}") from error


def _answer(method: str, path: str, status: int, text: bytes | None) -> Manifest:
    try:
        found = json.loads(text or b"")
    except ValueError:
        found = None
    if 200 <= status < 300:
        if not isinstance(found, dict):
            raise Unavailable(DEPENDENCY, f"{method} {path}: no JSON object")
        return found
    message = found.get("message") if isinstance(found, dict) else None
    said = f"{method} {path}: HTTP {status} {message or ''}".strip()[:LONGEST_SAID]
    if status == NOT_FOUND:
        raise NotFound(said)
    if status == CONFLICT:
        raise Conflict(said)
    if status == UNPROCESSABLE:
        raise Unfit(said)
    if status in REFUSED:
        raise Refused(said)
    if status in AWAY or message is None:
        raise Unavailable(DEPENDENCY, said)
    raise ApiError(said)


def _said(error: BaseException) -> str:
    """The innermost cause: urllib3 wraps it in sentences that repeat the address."""
    inner = getattr(error, "reason", None) or error
    return f"{type(inner).__name__}: {inner}".splitlines()[0][:LONGEST_SAID]
