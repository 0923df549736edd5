"""The API server, as the provider needs it: read, server-side apply, delete.

It is safe to use from several threads. Errors of the API server are raised as ``ApiError`` with
its own words.
"""

import json
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml
from kubernetes.client import Configuration
from kubernetes.config import load_kube_config, load_kube_config_from_dict
from kubernetes.config.config_exception import ConfigException

from tests.kubernetes_provider.manifest import Manifest, name_of, namespace_of

__all__ = ["ApiError", "Cluster", "KindMissingError", "UnreachableError"]

FIELD_MANAGER = "pulumi-kubernetes"
TIMEOUT_S = 30.0


class ApiError(Exception):
    """The API server's refusal; ``code`` is the HTTP status, ``reason`` its own word for it."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason


class KindMissingError(Exception):
    """The API server does not know a kind: its CustomResourceDefinition is not there (yet)."""

    def __init__(self, api_version: str, kind: str) -> None:
        super().__init__(
            f"the cluster has no kind {kind} in {api_version}: "
            "verify that any required CRDs have been created"
        )


class UnreachableError(Exception):
    """No API server answers, or the kubeconfig does not lead to one."""


class Cluster:
    """One API server, named by a kubeconfig and one of its contexts."""

    def __init__(self, kubeconfig: str, context: str) -> None:
        """Read the kubeconfig; the server is not asked anything yet.

        Args:
            kubeconfig: a path, or the text itself.
            context: one of its contexts; "" is its current one.

        Raises:
            UnreachableError: the file is not there, or has no such context.
        """
        found = _configuration(kubeconfig, context)
        token = (found.api_key or {}).get("authorization")
        self._http = httpx.Client(
            base_url=found.host,
            verify=_tls(found) if found.host.startswith("https:") else True,
            headers={"Authorization": token} if token else {},
            timeout=TIMEOUT_S,
            limits=httpx.Limits(max_connections=None),
            trust_env=False,
        )
        self._kinds: dict[tuple[str, str], tuple[str, bool]] = {}
        self._lock = threading.Lock()

    @property
    def server(self) -> str:
        return str(self._http.base_url)

    def is_namespaced(self, api_version: str, kind: str) -> bool:
        return self._kind(api_version, kind)[1]

    def read(self, manifest: Manifest) -> Manifest | None:
        """The live object of that kind and name, or None."""
        try:
            return self._call("GET", self._path(manifest))
        except ApiError as error:
            if error.code == httpx.codes.NOT_FOUND:
                return None
            raise

    def find(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = ""
    ) -> list[Manifest]:
        """The objects of a kind that a label selector fits."""
        folder = self._folder(api_version, kind, namespace)
        found = self._call("GET", folder, {"labelSelector": selector} if selector else {})
        return list(found.get("items") or [])

    def apply(self, manifest: Manifest, *, force: bool, dry_run: bool) -> Manifest:
        """Server-side apply: this provider's fields become exactly those of the manifest."""
        query = {
            "fieldManager": FIELD_MANAGER,
            "fieldValidation": "Strict",
            "force": str(force).lower(),
            **({"dryRun": "All"} if dry_run else {}),
        }
        return self._call("PATCH", self._path(manifest), query, manifest)

    def delete(self, manifest: Manifest, *, propagation: str) -> bool:
        """Ask for its end; whether it was there."""
        try:
            self._call("DELETE", self._path(manifest), {"propagationPolicy": propagation})
        except ApiError as error:
            if error.code == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Manifest | None = None,
    ) -> Manifest:
        # JSON is YAML, which is what this media type asks for.
        headers = {"Content-Type": "application/apply-patch+yaml"} if body is not None else {}
        content = None if body is None else json.dumps(body)
        try:
            answer = self._http.request(
                method, path, params=query, content=content, headers=headers
            )
        except httpx.TransportError as exc:
            raise UnreachableError(f"the API server {self.server} is unreachable: {exc}") from exc
        if answer.is_success:
            found: Manifest = answer.json()
            return found
        raise _refusal(answer)

    def _path(self, manifest: Manifest) -> str:
        folder = self._folder(manifest["apiVersion"], manifest["kind"], namespace_of(manifest))
        return f"{folder}/{name_of(manifest)}"

    def _folder(self, api_version: str, kind: str, namespace: str) -> str:
        plural, namespaced = self._kind(api_version, kind)
        scope = f"/namespaces/{namespace or 'default'}" if namespaced else ""
        return f"{_group(api_version)}{scope}/{plural}"

    def _kind(self, api_version: str, kind: str) -> tuple[str, bool]:
        """The plural of a kind, and whether it lives in namespaces."""
        with self._lock:
            if (api_version, kind) not in self._kinds:
                self._discover(api_version)
            try:
                return self._kinds[api_version, kind]
            except KeyError:
                raise KindMissingError(api_version, kind) from None

    def _discover(self, api_version: str) -> None:
        try:
            found = self._call("GET", _group(api_version))
        except ApiError as error:
            if error.code == httpx.codes.NOT_FOUND:
                return
            raise
        for each in found["resources"]:
            if "/" not in each["name"]:  # a subresource has one
                self._kinds[api_version, each["kind"]] = (each["name"], each["namespaced"])


def _group(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _refusal(answer: httpx.Response) -> ApiError:
    try:
        status = answer.json()
    except ValueError:
        status = {}
    message = status.get("message") or answer.text or f"HTTP {answer.status_code}"
    return ApiError(answer.status_code, status.get("reason") or "", message)


def _configuration(kubeconfig: str, context: str) -> Configuration:
    made = Configuration()
    chosen = context or None
    try:
        if kubeconfig.lstrip().startswith(("apiVersion:", "{")):
            content = yaml.safe_load(kubeconfig)
            load_kube_config_from_dict(  # type: ignore[no-untyped-call] # the client has no types
                content, context=chosen, client_configuration=made
            )
        else:
            if not Path(kubeconfig).is_file():
                raise UnreachableError(f"kubeconfig: there is no file {kubeconfig!r}")
            load_kube_config(  # type: ignore[no-untyped-call] # see above
                kubeconfig, context=chosen, client_configuration=made
            )
    except ConfigException as exc:
        raise UnreachableError(f"kubeconfig, context {context!r}: {exc}") from exc
    return made


def _tls(found: Configuration) -> Any:
    made = ssl.create_default_context(cafile=found.ssl_ca_cert)
    if not found.verify_ssl:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if found.cert_file:
        made.load_cert_chain(found.cert_file, found.key_file)
    return made
