"""A signed-in client of the REST API: signs in again when its token ends, waits when told to.

Fails closed: what the API refuses is raised as `ApiError` with the problem's own words.

Errors::

    DemoError
    ├── ApiError            the API refused; has the status
    └── UnavailableError    no answer, 429 or 503 for longer than patience
"""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from app import contract
from infra.local.demo.interrupt import Stop

Json = dict[str, Any]

FINAL_STATES = frozenset({"succeeded", "failed", "cancelled"})
BUSY = frozenset({429, 503})
# Between replicas that come and go the edge has nobody to ask for a moment.
GATEWAY = frozenset({502, 504})
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
TIMEOUT_S = 15.0
UPLOAD_TIMEOUT_S = 600.0
POLL_S = 0.5
PAGE = 100


class DemoError(Exception):
    """The demo cannot go on; the message is for the person who started it."""


class ApiError(DemoError):
    """The API answered with a problem."""

    def __init__(self, status: int, what: str, detail: str) -> None:
        super().__init__(f"{what}: {status} {detail}")
        self.status, self.detail = status, detail


class UnavailableError(DemoError):
    """The API gave no answer, or said it is busy, for too long."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Who signs in. The password never appears in a representation."""

    email: str
    password: str = field(repr=False)


def read_credentials(path: Path) -> Credentials:
    """The first user's credentials, from the stack's state folder.

    Raises:
        DemoError: there is no such file, or it is not what the platform writes.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Credentials(email=content["email"], password=content["password"])
    except FileNotFoundError as exc:
        raise DemoError(f"{path} is missing: bring the platform up first (make up)") from exc
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise DemoError(
            f"{path}: not credentials ({type(exc).__name__}); use --email and --password-file"
        ) from exc


class Client:
    """Requests as one user. Safe to use from several threads."""

    def __init__(
        self,
        address: str,
        credentials: Credentials,
        *,
        stop: Stop | None = None,
        patience_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """A client of the API behind ``address`` (``http://host:port``); no request is made yet."""
        self.address = address.rstrip("/")
        self._credentials = credentials
        self._stop = Stop() if stop is None else stop
        self._patience_s = patience_s
        self._token = ""
        self._sign_in = threading.Lock()
        self._http = httpx.Client(
            base_url=self.address + contract.API_VERSION_PREFIX,
            timeout=TIMEOUT_S,
            transport=transport,
            limits=httpx.Limits(max_connections=64),
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **parameters: str | float) -> Any:
        return self._answer("GET", path, params=parameters).json()

    def post(self, path: str, body: Json | None = None) -> Any:
        """A POST that is safe to repeat: every try has the same idempotency key."""
        headers = {"Idempotency-Key": str(uuid4())}
        return self._answer("POST", path, json=body, headers=headers).json()

    def put(self, path: str, body: Json) -> None:
        self._answer("PUT", path, json=body)

    def upload(self, name: str, content: Callable[[], Iterator[bytes]], *, size: int) -> Json:
        """Send a CSV file as a stream; ``content`` opens it anew for each try."""
        response = self._answer(
            "POST",
            "/datasets",
            params={"name": name},
            content=content,
            headers={"Content-Type": "text/csv", "Content-Length": str(size)},
            timeout=UPLOAD_TIMEOUT_S,
        )
        dataset: Json = response.json()
        return dataset

    def submit(self, kind: str, parameters: Json) -> Json:
        task: Json = self.post("/tasks", {"type": kind, "parameters": parameters})
        return task

    def tasks(self, **parameters: str | float) -> Iterator[Json]:
        """All tasks that match, newest first, page by page."""
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = self.get("/tasks", limit=PAGE, **parameters, **more)
            yield from page["items"]
            cursor = page.get("next_cursor") or ""
            if not cursor:
                return

    def follow(self, task_id: str) -> Iterator[Json]:
        """Every change of a task until it is final, over the WebSocket, else by asking again.

        Raises:
            InterruptedDemoError: the demo should end.
        """
        task: Json = {}
        try:
            for task in self._events(task_id):
                yield task
        except (WebSocketException, OSError, TimeoutError):
            task = {}
        while task.get("state") not in FINAL_STATES:
            self._stop.check()
            task = self.get(f"/tasks/{task_id}")
            yield task
            self._stop.wait(POLL_S)

    def _events(self, task_id: str) -> Iterator[Json]:
        address = "ws" + self.address.removeprefix("http")
        path = f"{contract.API_VERSION_PREFIX}/tasks/{task_id}{contract.TASK_EVENTS_SUFFIX}"
        with connect(address + path, open_timeout=TIMEOUT_S, proxy=None) as socket:
            socket.send(json.dumps({"access_token": self._token}))
            while True:
                self._stop.check()
                try:
                    message = socket.recv(timeout=1.0)
                except TimeoutError:
                    continue
                task: Json = json.loads(message)["task"]
                yield task
                if task["state"] in FINAL_STATES:
                    return

    def _answer(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        deadline = time.monotonic() + self._patience_s
        pause_s, signed_in = FIRST_PAUSE_S, False
        while True:
            response, trouble = self._try(method, path, **arguments)
            if response is not None and response.status_code == 401 and not signed_in:
                self.sign_in(instead_of=response.request.headers.get("Authorization", ""))
                signed_in = True
                continue
            if response is not None and response.status_code not in BUSY | GATEWAY:
                return _accepted(response, f"{method} {path}")
            waits_s = _wished_pause(response) or pause_s * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
            if time.monotonic() + waits_s > deadline:
                raise UnavailableError(f"{method} {path}: {trouble} for {self._patience_s:g} s")
            if self._stop.wait(waits_s):
                deadline = min(deadline, time.monotonic() + LONGEST_PAUSE_S)
                time.sleep(min(waits_s, FIRST_PAUSE_S))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _try(self, method: str, path: str, **arguments: Any) -> tuple[httpx.Response | None, str]:
        headers = dict(arguments.pop("headers", {}))
        if self._token:  # an empty one would be no valid header
            headers["Authorization"] = f"Bearer {self._token}"
        if callable(content := arguments.get("content")):
            arguments["content"] = content()
        try:
            response = self._http.request(method, path, headers=headers, **arguments)
        except httpx.TransportError as exc:
            return None, f"no answer ({type(exc).__name__})"
        return response, f"answer {response.status_code}"

    def sign_in(self, *, instead_of: str = "") -> None:
        """Get a token; nothing happens when another thread has replaced ``instead_of`` already."""
        with self._sign_in:
            if self._token and instead_of and instead_of != f"Bearer {self._token}":
                return
            who = {"email": self._credentials.email, "password": self._credentials.password}
            deadline = time.monotonic() + self._patience_s
            while True:
                response, trouble = self._try("POST", "/auth/sign-in", json=who)
                if response is not None and response.status_code not in BUSY | GATEWAY:
                    self._token = _accepted(response, "sign in").json()["access_token"]
                    return
                if time.monotonic() > deadline or self._stop.wait(FIRST_PAUSE_S * 2):
                    raise UnavailableError(f"sign in at {self.address}: {trouble}")


def _accepted(response: httpx.Response, what: str) -> httpx.Response:
    if response.is_success:
        return response
    detail: Mapping[str, Any] = {}
    if "json" in response.headers.get("Content-Type", ""):
        body = response.json()
        detail = body if isinstance(body, dict) else {}
    words = str(detail.get("detail") or detail.get("title") or response.reason_phrase)
    fields = "; ".join(
        f"{error.get('field')}: found {error.get('found')!r}, allowed {error.get('allowed')}"
        for error in detail.get("errors") or []
    )
    raise ApiError(response.status_code, what, f"{words} ({fields})" if fields else words)


def _wished_pause(response: httpx.Response | None) -> float:
    """What Retry-After asks for, in seconds, within reason; 0 when it says nothing usable."""
    wish = "" if response is None else response.headers.get("Retry-After", "")
    return min(float(wish), LONGEST_PAUSE_S) if wish.isdigit() else 0.0
