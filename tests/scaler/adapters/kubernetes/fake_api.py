"""An API server by hand: objects by path, versions, conflicts and lists, and faults on demand."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from kubernetes import client

from scaler.adapters.kubernetes.api import Api, Manifest

__all__ = ["NAMESPACE", "FakeApi", "Fault", "deployment", "fake_api", "hpa", "scaled_object"]

NAMESPACE = "shop"
APPS = f"/apis/apps/v1/namespaces/{NAMESPACE}"
HPAS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
EVENTS = f"/apis/events.k8s.io/v1/namespaces/{NAMESPACE}/events"
KINDS = (
    f"{APPS}/deployments",
    f"{APPS}/statefulsets",
    HPAS,
    LEASES,
    EVENTS,
    f"/api/v1/namespaces/{NAMESPACE}/pods",
    f"/apis/keda.sh/v1alpha1/namespaces/{NAMESPACE}/scaledobjects",
)

# Gives a status and a body in place of an answer, or ``None`` to let the request pass.
Fault = Callable[[str, str], tuple[int, Any] | None]


@dataclass
class FakeApi:
    """The objects of one namespace. ``fault`` is asked before every request."""

    objects: dict[str, Manifest] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=lambda: set(KINDS))
    fault: Fault = lambda _method, _path: None
    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[tuple[str, str, Any]] = field(default_factory=list)
    url: str = ""
    _version: int = 1
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, manifest: Manifest) -> Manifest:
        """Let somebody else make or change an object."""
        with self._lock:
            path = f"{_collection(manifest)}/{manifest['metadata']['name']}"
            self._version += 1
            kept = deepcopy(manifest)
            kept["metadata"] |= {"resourceVersion": str(self._version), "namespace": NAMESPACE}
            kept["metadata"].setdefault("uid", f"uid-{self._version}")
            self.objects[path] = kept
            return kept

    def get(self, collection: str, name: str) -> Manifest:
        return deepcopy(self.objects[f"{collection}/{name}"])

    def of(self, collection: str) -> list[Manifest]:
        found = [(path, each) for path, each in self.objects.items()]
        return [deepcopy(each) for path, each in found if path.rpartition("/")[0] == collection]

    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.asked if method != "GET"]

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        with self._lock:
            self.asked.append((method, path))
            self.bodies.append((method, path, body))
        instead = self.fault(method, path)
        if instead is not None:
            return instead
        with self._lock:
            return self._answered(method, path, body)

    def _answered(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if path in self.kinds:
            return self._of_collection(method, path, body)
        there = self.objects.get(path)
        if there is None:
            return _status(404, f"{path} not found")
        if method == "GET":
            return 200, there
        if isinstance(body, list):
            return self._revised(there, body)
        version = (body.get("metadata") or {}).get("resourceVersion")
        if version and version != there["metadata"]["resourceVersion"]:
            return _status(409, "the object has been modified")
        return 200, self.put(_merged(there, body) if method == "PATCH" else body)

    def _revised(self, there: Manifest, operations: list[Any]) -> tuple[int, Any]:
        """A JSON patch (RFC 6902), with the three operations that are used of it."""
        changed = deepcopy(there)
        for each in operations:
            *path, key = (
                part.replace("~1", "/").replace("~0", "~") for part in each["path"].split("/")[1:]
            )
            place: Any = changed
            for part in path:
                place = place.get(part)
                if place is None:
                    return _status(422, f"no {each['path']}")
            match each["op"]:
                case "test" if place.get(key) != each["value"]:
                    return _status(422, f"{each['path']} is not {each['value']!r}")
                case "add":
                    place[key] = each["value"]
                case "remove":
                    del place[key]
        return 200, self.put(changed)

    def _of_collection(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, {"kind": "List", "items": self.of(path)}
        if f"{path}/{body['metadata']['name']}" in self.objects:
            return _status(409, "it already exists")
        return 201, self.put(body)


def _status(status: int, message: str) -> tuple[int, Any]:
    return status, {"kind": "Status", "code": status, "message": message}


def _merged(old: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict) or not isinstance(old, dict):
        return deepcopy(patch)
    new = {key: value for key, value in old.items() if patch.get(key, value) is not None}
    for key, value in patch.items():
        if value is not None:
            new[key] = _merged(old.get(key, {}), value) if isinstance(value, dict) else value
    return new


def _collection(manifest: Manifest) -> str:
    plural = f"{manifest['kind'].lower()}s"
    version = manifest["apiVersion"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    return f"{root}/namespaces/{NAMESPACE}/{plural}"


@contextmanager
def fake_api(*, timeout_s: float = 2.0) -> Iterator[tuple[FakeApi, Api]]:
    """The server, and a connection to it."""
    fake = FakeApi()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, content = fake.answer(self.command, self.path.partition("?")[0], body)
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = serve  # noqa: N815 - the names http.server calls

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    configuration = client.Configuration(host=fake.url)
    configuration.proxy = None
    configuration.retries = False
    api = Api(client.ApiClient(configuration), namespace=NAMESPACE, timeout_s=timeout_s)
    try:
        yield fake, api
    finally:
        api.close()
        server.shutdown()
        thread.join()
        server.server_close()


LABEL = {"autoserve.dev/scale": "predictive"}
ANNOTATIONS = {"autoserve.dev/load-query": "load", "autoserve.dev/capacity": "10"}


def hpa(
    name: str = "web",
    *,
    minimum: int | None = 2,
    maximum: int = 10,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    scales: str = "",
) -> Manifest:
    metadata = {
        "name": name,
        "labels": dict(LABEL if labels is None else labels),
        "annotations": dict(ANNOTATIONS if annotations is None else annotations),
    }
    spec: Manifest = {
        "maxReplicas": maximum,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": scales or name},
    }
    if minimum is not None:
        spec["minReplicas"] = minimum
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": spec,
    }


def scaled_object(name: str = "web", *, scales: str = "") -> Manifest:
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name, "labels": dict(LABEL), "annotations": dict(ANNOTATIONS)},
        "spec": {"scaleTargetRef": {"name": scales or name}, "minReplicaCount": 1},
    }


def deployment(name: str = "web", *, replicas: int = 3, labelled: bool = False) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "generation": 1,
            "labels": dict(LABEL) if labelled else {},
            "annotations": dict(ANNOTATIONS) if labelled else {},
        },
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}},
        "status": {
            "observedGeneration": 1,
            "replicas": replicas,
            "updatedReplicas": replicas,
            "readyReplicas": replicas,
            "conditions": [
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
            ],
        },
    }
