"""An API server in memory, for tests of the provider alone: a few kinds, apply, no controllers.

It knows names, namespaces, dry runs and which fields an applier owns. ``settle`` stands for the
controllers: it is called with each object that is written and may change its status.
"""

import base64
import copy
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.cluster.certificates import Authority
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
DISCOVERY: dict[str, Any] = {
    f"/{'apis' if '/' in version else 'api'}/{version}": {
        "resources": [
            {"name": plural, "kind": kind, "namespaced": namespaced}
            for plural, (kind, namespaced) in kinds.items()
        ]
    }
    for version, kinds in KINDS.items()
} | {"/version": {"gitVersion": "v0.0.0-fake"}}
OBJECT_PATH = re.compile(
    r"/(?:api/(?=v1)|apis/(?=[^/]+/v))(?P<version>v1|[^/]+/v[^/]+)"
    r"(?:/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[^/]+)/(?P<name>[^/]+)"
)
Key = tuple[str, str, str]  # kind, namespace, name


@dataclass
class FakeApiServer:
    """The objects by kind, namespace and name; tests read and change them as they like."""

    objects: dict[Key, Manifest] = field(default_factory=dict)
    applied: dict[Key, Manifest] = field(default_factory=dict)
    settle: Callable[[Manifest], None] = lambda _: None
    url: str = ""
    authority: Path = Path()

    @property
    def kubeconfig(self) -> str:
        cluster = {"server": self.url, "certificate-authority": str(self.authority)}
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "fake", "cluster": cluster}],
                "users": [{"name": "fake", "user": {"token": "t"}}],
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
        if (known := DISCOVERY.get(path)) is not None:
            return 200, known
        parts = OBJECT_PATH.fullmatch(path)
        kinds = KINDS.get(parts["version"]) if parts else None
        if parts is None or kinds is None:
            return 404, _status("NotFound", f"there is nothing at {path}")
        key = (kinds[parts["plural"]][0], parts["namespace"] or "", parts["name"])
        if method == "PATCH":
            return self.apply(yaml.safe_load(body), dry_run="dryRun" in query)
        if key not in self.objects:
            return 404, _status("NotFound", f"{parts['plural']} {parts['name']} not found")
        live = self.objects[key]
        if method == "DELETE" and not live["metadata"].get("finalizers"):
            del self.objects[key], self.applied[key]
        return 200, live


@contextmanager
def running(folder: Path) -> Iterator[FakeApiServer]:
    """One that listens on this machine until the end of the block; its keys go to a folder."""
    authority = Authority(folder, "fake")
    pair = authority.issue("server", hosts=["127.0.0.1"])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair.certificate, pair.key)
    fake = FakeApiServer(authority=authority.certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    fake.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
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
