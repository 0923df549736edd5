"""A service on a real socket that answers as a test tells it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeService:
    """``answers`` by path: status and JSON body (or raw text); everything else is 404."""

    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    delay_s: dict[str, float] = field(default_factory=dict)  # by path
    url: str = ""


@contextmanager
def fake_service() -> Iterator[FakeService]:
    fake = FakeService()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(fake: FakeService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            address = urlsplit(self.path)
            asked = Asked(
                self.command,
                address.path,
                parse_qs(address.query),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            fake.asked.append(asked)
            time.sleep(fake.delay_s.get(address.path, 0))
            status, body = fake.answers.get(address.path, (404, {"detail": "no"}))
            raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(0 if status == 204 else len(raw)))
            self.end_headers()
            if status != 204:
                self.wfile.write(raw)

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - names of the library

        def log_message(self, *_args: object) -> None:
            """A test reads ``asked`` instead."""

    return Handler
