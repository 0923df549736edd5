"""A small API server on 127.0.0.1: what it serves and whom it allows what is set by the test."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import yaml

from infra.kubernetes.kubeconfig import Kubeconfig

__all__ = ["TOKEN", "USER", "ApiSite", "api_site"]

TOKEN = "known-to-the-test"
USER = "me@example.org"
Rule = tuple[str, str, str]  # verb, resource and namespace, "*" for any


class ApiSite(ThreadingHTTPServer):
    """``objects`` are by path; ``allowed`` decides access reviews, everything by default."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, Any] = {"/version": {"major": "1", "minor": "36+"}}
        self.statuses: dict[str, int] = {}
        self.allowed: set[Rule] = {("*", "*", "*")}
        self.token = TOKEN
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def serve_kinds(self, version: str, *kinds: str) -> None:
        self.objects[f"/apis/{version}"] = {"resources": [{"kind": kind} for kind in kinds]}

    def serve_list(self, path: str, *items: dict[str, Any]) -> None:
        self.objects[path] = {"items": list(items)}

    def allows(self, verb: str, resource: str, namespace: str) -> bool:
        return any(
            rule[0] in ("*", verb) and rule[1] in ("*", resource) and rule[2] in ("*", namespace)
            for rule in self.allowed
        )

    def kubeconfig(self, folder: Path, *, user: dict[str, Any] | None = None) -> Kubeconfig:
        """Writes one whose context ``dev`` leads here, with the current context elsewhere."""
        path = folder / "kubeconfig"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "elsewhere",
            "clusters": [
                {"name": "here", "cluster": {"server": self.url}},
                {"name": "elsewhere", "cluster": {"server": "http://127.0.0.1:1"}},
            ],
            "users": [{"name": "me", "user": user or {"token": TOKEN}}],
            "contexts": [
                {"name": "dev", "context": {"cluster": "here", "user": "me"}},
                {"name": "elsewhere", "context": {"cluster": "elsewhere", "user": "me"}},
            ],
        }
        path.write_text(yaml.safe_dump(document))
        return Kubeconfig(path=path, context="dev", cluster="here", user="me", server=self.url)


class Handler(BaseHTTPRequestHandler):
    server: ApiSite
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two packets; the second would wait 40 ms

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.server.asked.append(path)
        known = self.server.objects.get(path)
        if path in self.server.statuses:
            self._answer(self.server.statuses[path], {"kind": "Status", "status": "Failure"})
        elif known is None:
            self._answer(404, {"kind": "Status", "status": "Failure"})
        else:
            self._answer(200, known)

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        authorization = self.headers.get("Authorization", "")
        if authorization not in ("", f"Bearer {self.server.token}"):
            self._answer(401, {"kind": "Status", "status": "Failure"})
        elif sent["kind"] == "SelfSubjectReview":
            name = USER if authorization else "system:anonymous"
            self._answer(201, {"status": {"userInfo": {"username": name}}})
        else:
            about = sent["spec"]["resourceAttributes"]
            group = f".{about['group']}" if about["group"] else ""
            resource = "*" if about["resource"] == "*" else about["resource"] + group
            allowed = self.server.allows(about["verb"], resource, about.get("namespace", ""))
            self._answer(201, {"status": {"allowed": allowed}})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is its own."""


@contextmanager
def api_site() -> Iterator[ApiSite]:
    with ApiSite() as site:
        site.daemon_threads = True
        site.block_on_close = False  # connections are kept alive
        thread = Thread(target=site.serve_forever, args=(0.01,))
        thread.start()
        yield site
        site.shutdown()
        thread.join()
