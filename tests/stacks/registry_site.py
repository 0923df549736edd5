"""A small image registry on 127.0.0.1: manifests by tag, behind tokens where a test wants them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

__all__ = ["TOKEN", "RegistrySite", "registry_site"]

TOKEN = "given-to-anybody"
ACCEPTED = "application/vnd.oci.image.index.v1+json"


class RegistrySite(ThreadingHTTPServer):
    """``digests`` are by ``name:tag``; with ``wants_token`` only the bearer of one sees them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.digests: dict[str, str] = {}
        self.wants_token = False
        self.realm = f"http://{self.host}/token"
        self.scopes: list[str] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: RegistrySite

    def do_HEAD(self) -> None:
        site = self.server
        if site.wants_token and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            name = self.path.removeprefix("/v2/").rpartition("/manifests/")[0]
            self._answer(
                401,
                {
                    "WWW-Authenticate": f'Bearer realm="{site.realm}",service="a registry",'
                    f'scope="repository:{name}:pull"'
                },
            )
            return
        name, _, tag = self.path.removeprefix("/v2/").rpartition("/manifests/")
        digest = site.digests.get(f"{name}:{tag}")
        if digest is None:
            self._answer(404, {})
        elif ACCEPTED not in self.headers.get("Accept", ""):
            self._answer(200, {"Docker-Content-Digest": "sha256:" + "0" * 64})
        else:
            self._answer(200, {"Docker-Content-Digest": digest})

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        self.server.scopes += asked["scope"]
        body = json.dumps({"token": TOKEN}).encode()
        self._answer(200, {"Content-Type": "application/json"}, body)

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is its own."""


@contextmanager
def registry_site() -> Iterator[RegistrySite]:
    with RegistrySite() as site:
        thread = Thread(target=site.serve_forever, args=(0.01,))
        thread.start()
        yield site
        site.shutdown()
        thread.join()
