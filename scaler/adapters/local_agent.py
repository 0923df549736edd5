"""Reads and sets replica counts through the agent of the ``local`` stack, over its unix socket."""

from typing import Any

import httpx

from scaler.records import Hold, Replicas, Unavailable, Unusable

__all__ = ["DEPENDENCY", "LocalAgent", "NoSink"]

DEPENDENCY = "sink"
# Whatever is asked; any other status is about the workload that is named.
AWAY = frozenset({429, 502, 503, 504})


class LocalAgent:
    """A ``ReplicaSink``; used by the loop's thread only."""

    def __init__(self, socket: str, *, timeout_s: float) -> None:
        self._socket = socket
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=socket),
            base_url="http://agent",
            timeout=timeout_s,
            trust_env=False,
        )

    def close(self) -> None:
        self._client.close()

    def scale(self, workload: str) -> Replicas | None:
        return _replicas(self._ask("GET", workload, None))

    def apply(self, workload: str, replicas: int) -> bool:
        self._ask("PUT", workload, {"replicas": replicas})
        return True

    def hold(self, workload: str, hold: Hold | None) -> bool:  # noqa: ARG002 - the port's signature
        """Does nothing: the count that is asked for is the whole decision."""
        return False

    def _ask(self, method: str, workload: str, body: dict[str, int] | None) -> dict[str, Any]:
        path = f"/v1/workloads/{workload}/scale"
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise Unavailable(DEPENDENCY, f"{self._socket}: {error}") from error
        if answer.status_code in AWAY:
            raise Unavailable(DEPENDENCY, f"{method} {path}: {_problem(answer)}")
        if not answer.is_success:
            raise Unusable(DEPENDENCY, "refused", f"{method} {path}: {_problem(answer)}")
        try:
            found: dict[str, Any] = answer.json()
        except ValueError as error:
            raise Unusable(DEPENDENCY, "no_scale", f"{method} {path}: no JSON") from error
        return found


class NoSink:
    """Nobody to ask and nobody to tell: decisions are shown and exported only."""

    def scale(self, workload: str) -> Replicas | None:  # noqa: ARG002 - the port's signature
        return None

    def apply(self, workload: str, replicas: int) -> bool:  # noqa: ARG002 - the port's signature
        """Does nothing; the exported metric is what others act on."""
        return False

    def hold(self, workload: str, hold: Hold | None) -> bool:  # noqa: ARG002 - the port's signature
        return False


def _replicas(found: dict[str, Any]) -> Replicas:
    try:
        counts = found["replicas"]
        return Replicas(
            desired=int(counts["desired"]),
            ready=int(counts["ready"]),
            minimum=int(counts["minimum"]),
            maximum=int(counts["maximum"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable(DEPENDENCY, "no_scale", f"{found!r} is no scale") from error


def _problem(answer: httpx.Response) -> str:
    try:
        body = answer.json()
        text = str(body.get("detail") or body.get("title") or body)
    except (ValueError, AttributeError):
        text = answer.text
    return f"HTTP {answer.status_code} {text[:200]}".strip()
