"""A small client of an API server: server-side apply with strict validation, and errors to read.

Kinds are looked up by discovery, so resources of any definition work as soon as it is there.
"""

import json
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.cluster.certificates import Pair
from tests.cluster.waiting import ClusterError, wait_for

__all__ = ["ApiError", "Client", "Manifest", "NoSuchKindError", "describe"]

Manifest = dict[str, Any]
FIELD_MANAGER = "autoserve-tests"
REQUEST_S = 30.0
PATCH_TYPES = {"merge": "merge-patch", "strategic": "strategic-merge-patch", "json": "json-patch"}


class ApiError(ClusterError):
    """The API server refused a request; ``reason`` is its word for it, such as ``Forbidden``."""

    def __init__(self, method: str, path: str, status: int, body: Manifest) -> None:
        self.status, self.body = status, body
        self.reason = str(body.get("reason", ""))
        self.message = str(body.get("message", ""))
        super().__init__(f"{method} {path}: {status} {self.reason}: {self.message}")


class NoSuchKindError(ClusterError):
    """No definition of that kind is in the cluster."""


@dataclass(frozen=True, kw_only=True)
class _Resource:
    plural: str
    namespaced: bool


class Client:
    """A connection to one API server as one user: by a certificate, else by a token."""

    def __init__(
        self, server: str, authority: Path, *, pair: Pair | None = None, token: str = ""
    ) -> None:
        context = ssl.create_default_context(cafile=str(authority))
        if pair is not None:
            context.load_cert_chain(pair.certificate, pair.key)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # No proxy and no netrc of whoever runs the tests: the server is on this machine.
        self._http = httpx.Client(
            base_url=server, verify=context, headers=headers, timeout=REQUEST_S, trust_env=False
        )
        self._kinds: dict[tuple[str, str], _Resource] = {}

    def close(self) -> None:
        self._http.close()

    def request(self, method: str, path: str, body: Any = None, **options: Any) -> Manifest:
        """One request; ``options`` are httpx's (``params``, ``headers``).

        Raises:
            ApiError: the server refused it.
        """
        content = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        answer = self._http.request(method, path, content=content, headers=headers, **options)
        try:
            shown = answer.json()
        except ValueError:
            shown = {"message": answer.text}
        if not answer.is_success:
            raise ApiError(method, path, answer.status_code, shown)
        return dict(shown)

    def apply(
        self,
        manifest: Manifest,
        *,
        field_manager: str = FIELD_MANAGER,
        force: bool = False,
        dry_run: bool = False,
    ) -> Manifest:
        """Apply a manifest on the server's side; a field that its kind does not have is refused.

        Raises:
            ApiError: it was refused; a conflict with another manager is one, unless forced.
        """
        params = {"fieldManager": field_manager, "fieldValidation": "Strict"}
        params |= {"force": "true"} if force else {}
        params |= {"dryRun": "All"} if dry_run else {}
        path = self._path_of(manifest)
        kind = {"Content-Type": "application/apply-patch+yaml"}
        return self.request("PATCH", path, manifest, params=params, headers=kind)

    def create(self, manifest: Manifest) -> Manifest:
        """Create an object, by its name or its ``generateName``; strictly validated too."""
        metadata = manifest["metadata"]
        path = self.path(manifest["apiVersion"], manifest["kind"], "", metadata.get("namespace"))
        return self.request("POST", path, manifest, params={"fieldValidation": "Strict"})

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Manifest:
        return self.request("GET", self.path(api_version, kind, name, namespace))

    def find(
        self, api_version: str, kind: str, name: str, namespace: str | None = None
    ) -> Manifest | None:
        """An object, or none where it is not there."""
        try:
            return self.get(api_version, kind, name, namespace)
        except ApiError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, *, labels: str = ""
    ) -> list[Manifest]:
        """All objects of a kind: of one namespace, else of all of them."""
        path = self.path(api_version, kind, "", namespace, everywhere=namespace is None)
        found = self.request("GET", path, params={"labelSelector": labels} if labels else {})
        items: list[Manifest] = found["items"]
        return items

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        body: Any,
        namespace: str | None = None,
        *,
        subresource: str = "",
        strategy: str = "merge",
    ) -> Manifest:
        """Change an object by a ``merge``, ``strategic`` or ``json`` patch, strictly validated."""
        path = self.path(api_version, kind, name, namespace)
        path += f"/{subresource}" if subresource else ""
        headers = {"Content-Type": f"application/{PATCH_TYPES[strategy]}+json"}
        params = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
        return self.request("PATCH", path, body, params=params, headers=headers)

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        propagation: str = "Background",
    ) -> None:
        """Delete an object; one that is not there is none."""
        path = self.path(api_version, kind, name, namespace)
        try:
            self.request("DELETE", path, {"propagationPolicy": propagation})
        except ApiError as error:
            if error.status != httpx.codes.NOT_FOUND:
                raise

    def path(
        self,
        api_version: str,
        kind: str,
        name: str = "",
        namespace: str | None = None,
        *,
        everywhere: bool = False,
    ) -> str:
        """Where an object, or the list of its kind, is at the server.

        Raises:
            NoSuchKindError: the cluster has no such kind.
        """
        resource = self._resource(api_version, kind)
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        inside = resource.namespaced and not everywhere
        middle = f"/namespaces/{namespace or 'default'}" if inside else ""
        return f"{root}{middle}/{resource.plural}{f'/{name}' if name else ''}"

    def _path_of(self, manifest: Manifest) -> str:
        metadata = manifest["metadata"]
        version, kind = manifest["apiVersion"], manifest["kind"]
        return self.path(version, kind, metadata["name"], metadata.get("namespace"))

    def _resource(self, api_version: str, kind: str) -> _Resource:
        if (api_version, kind) not in self._kinds:
            root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            try:
                found = self.request("GET", root)["resources"]
            except ApiError as error:
                raise NoSuchKindError(f"the cluster has no {api_version} {kind}") from error
            for each in found:
                if "/" not in each["name"]:
                    resource = _Resource(plural=each["name"], namespaced=each["namespaced"])
                    self._kinds[(api_version, each["kind"])] = resource
        try:
            return self._kinds[(api_version, kind)]
        except KeyError:
            raise NoSuchKindError(f"the cluster has no {api_version} {kind}") from None

    def define(self, definitions: Iterable[Manifest], *, timeout_s: float = 30.0) -> None:
        """Add resource definitions, and wait until objects of them can be made."""
        added = list(definitions)
        for definition in added:
            # By the server's side too: some are too long for the annotation of the client's side.
            self.apply(definition, force=True)
        for definition in added:
            self._wait_until_established(definition["metadata"]["name"], timeout_s)

    def _wait_until_established(self, name: str, timeout_s: float) -> None:
        path = self.path("apiextensions.k8s.io/v1", "CustomResourceDefinition", name)
        wait_for(
            f"the definition {name} is established",
            lambda: has_condition(self.request("GET", path), "Established"),
            timeout_s=timeout_s,
        )


def has_condition(found: Manifest, name: str, status: str = "True") -> bool:
    """Whether an object's status has a condition."""
    conditions = found.get("status", {}).get("conditions") or []
    return any(each["type"] == name and each["status"] == status for each in conditions)


def describe(client: Client, namespace: str) -> str:
    """What is wrong in a namespace, in lines: pods that are not ready, and warnings."""
    lines = []
    for pod in client.list("v1", "Pod", namespace):
        if not has_condition(pod, "Ready"):
            status = pod["status"]
            reasons = [each.get("message", "") for each in status.get("conditions", [])]
            lines.append(f"pod {pod['metadata']['name']} {status.get('phase')}: {reasons}")
    for event in client.list("v1", "Event", namespace):
        if event["type"] == "Warning":
            about = event["involvedObject"]
            lines.append(f"{about['kind']} {about['name']}: {event['message']}")
    return "\n".join(["", *lines[-20:]])
