"""An API server in memory, for tests of the provider alone: a few kinds, apply, no controllers.

It knows names, namespaces, dry runs and which fields an applier owns. ``settle`` stands for the
controllers: it is called with each object that is written and may change its status.
"""

import base64
import copy
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.kubernetes_provider.manifest import Manifest, name_of, namespace_of

__all__ = ["FakeApiServer", "running"]

KINDS = {
    "v1": {
        "namespaces": ("Namespace", False),
        "configmaps": ("ConfigMap", True),
        "secrets": ("Secret", True),
    },
    "apps/v1": {"deployments": ("Deployment", True)},
    "batch/v1": {"jobs": ("Job", True)},
}
Key = tuple[str, str, str]  # kind, namespace, name


@dataclass
class FakeApiServer:
    """The objects by kind, namespace and name; tests read and change them as they like."""

    objects: dict[Key, Manifest] = field(default_factory=dict)
    applied: dict[Key, Manifest] = field(default_factory=dict)
    settle: Callable[[Manifest], None] = lambda _: None
    url: str = ""

    @property
    def kubeconfig(self) -> str:
        cluster, user = {"server": self.url}, {"token": "t"}
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "fake", "cluster": cluster}],
                "users": [{"name": "fake", "user": user}],
                "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
                "current-context": "fake",
            }
        )

    def names(self, kind: str) -> list[str]:
        return sorted(name for found, _, name in self.objects if found == kind)

    def apply(self, manifest: Manifest, *, dry_run: bool) -> tuple[int, Manifest]:
        key = (manifest["kind"], namespace_of(manifest), name_of(manifest))
        if key[1] not in ("", "default") and ("Namespace", "", key[1]) not in self.objects:
            return 404, _status("NotFound", f'namespaces "{key[1]}" not found')
        live = _merged(
            copy.deepcopy(self.objects.get(key, {})), self.applied.get(key, {}), manifest
        )
        metadata = live["metadata"]
        metadata["generation"] = metadata.get("generation", 0) + 1
        metadata.setdefault("uid", f"uid-{len(self.objects)}")
        for name, text in live.pop("stringData", {}).items():
            live.setdefault("data", {})[name] = base64.b64encode(text.encode()).decode()
        if dry_run:
            return 200, live
        self.settle(live)
        self.objects[key], self.applied[key] = live, copy.deepcopy(manifest)
        return 200, live

    def answer(self, method: str, path: str, query: dict[str, str], body: str) -> tuple[int, Any]:
        parts = path.strip("/").split("/")
        api_version = parts[1] if parts[0] == "api" else f"{parts[1]}/{parts[2]}"
        rest = parts[2:] if parts[0] == "api" else parts[3:]
        kinds = KINDS.get(api_version)
        if kinds is None:
            return 404, _status("NotFound", f"no {api_version}")
        if not rest:
            listed = [
                {"name": plural, "kind": kind, "namespaced": namespaced}
                for plural, (kind, namespaced) in kinds.items()
            ]
            return 200, {"resources": listed}
        namespace = rest[1] if rest[0] == "namespaces" and len(rest) > 2 else ""
        plural, name = rest[-2:]
        key = (kinds[plural][0], namespace, name)
        if method == "PATCH":
            return self.apply(yaml.safe_load(body), dry_run="dryRun" in query)
        if key not in self.objects:
            return 404, _status("NotFound", f'{plural} "{name}" not found')
        if method == "DELETE":
            self.applied.pop(key, None)
            return 200, self.objects.pop(key)
        return 200, self.objects[key]


@contextmanager
def running() -> Iterator[FakeApiServer]:
    """One that listens on this machine until the end of the block."""
    fake = FakeApiServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(fake: FakeApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            code, found = fake.answer(self.command, url.path, query, body)
            content = json.dumps(found).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PATCH = do_DELETE = _answer  # noqa: N815 - named by the base

        def log_message(self, *args: object) -> None:
            pass

    return Handler


def _status(reason: str, message: str) -> Manifest:
    return {"kind": "Status", "reason": reason, "message": message}


def _merged(live: Manifest, before: Manifest, wanted: Manifest) -> Manifest:
    """What apply makes of a live object: the applier's fields are as wanted, others as they are."""
    for key in set(before) - set(wanted):
        live.pop(key, None)
    for key, value in wanted.items():
        if isinstance(value, dict) and isinstance(live.get(key), dict):
            live[key] = _merged(live[key], before.get(key) or {}, value)
        else:
            live[key] = copy.deepcopy(value)
    return live
