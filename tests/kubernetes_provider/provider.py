"""Stands in for the official Kubernetes plugin: ``python -m tests.kubernetes_provider.provider``.

It has the same resource tokens and does the same where a stack can see it: names, differences,
replacements, server-side apply, waiting, refresh. Components (``yaml``, ``helm``, ``kustomize``)
and Patch resources are refused.

Source: github.com/pulumi/pulumi-kubernetes, provider/pkg/provider/provider.go.
"""

# ruff: noqa: ARG002, N802 - names and signatures are those of the protocol

from collections.abc import Mapping
from typing import Any

import grpc
import httpx
from google.protobuf import any_pb2, empty_pb2  # type: ignore[import-untyped] # none published
from google.rpc import status_pb2  # type: ignore[import-untyped] # none are published with it
from pulumi.runtime.proto import provider_pb2 as api

from tests.cluster.client import NoSuchKindError
from tests.cluster.waiting import ClusterError
from tests.kubernetes_provider.connection import UnreachableError, connect, server_of
from tests.kubernetes_provider.difference import Change, changes, deletes_first, inputs_of
from tests.kubernetes_provider.manifest import (
    Manifest,
    identity,
    is_true,
    named,
    namespace_of,
)
from tests.kubernetes_provider.objects import ExistsError, GoneError, NotReadyError, Objects
from tests.kubernetes_provider.property_map import annotated, has_unknown, plain, struct, wire
from tests.kubernetes_provider.serving import Provider, answering, serve

__all__ = ["KubernetesProvider"]

EXPECTED = (
    ClusterError,
    ExistsError,
    GoneError,
    UnreachableError,
    httpx.TransportError,
    ValueError,
)
PLACE = ("kubeconfig", "context", "cluster")
KINDS_OF_CHANGE = {
    ("add", False): api.PropertyDiff.ADD,
    ("add", True): api.PropertyDiff.ADD_REPLACE,
    ("delete", False): api.PropertyDiff.DELETE,
    ("delete", True): api.PropertyDiff.DELETE_REPLACE,
    ("update", False): api.PropertyDiff.UPDATE,
    ("update", True): api.PropertyDiff.UPDATE_REPLACE,
}


class KubernetesProvider(Provider):
    """The objects of one cluster, as resources."""

    def __init__(self) -> None:
        super().__init__()
        self._namespace = ""

    def DiffConfig(self, request: Any, context: Any) -> api.DiffResponse:
        old, new = plain(wire(request.olds)), plain(wire(request.news))
        changed = [name for name in {*old, *new} if old.get(name) != new.get(name)]
        moved = [name for name in changed if name in PLACE]
        same_cluster = old.get("clusterIdentifier") == new.get("clusterIdentifier") is not None
        return api.DiffResponse(
            changes=_some(changed),
            diffs=changed,
            replaces=[] if same_cluster or _server(old) == _server(new) else moved,
        )

    @answering(*EXPECTED)
    def Configure(self, request: Any, context: Any) -> api.ConfigureResponse:
        given = {name.rsplit(":", 1)[-1]: value for name, value in request.variables.items()}
        self._namespace = given.get("namespace", "")
        self._client = connect(given.get("kubeconfig", ""), given.get("context", ""))
        self._objects = Objects(
            self._client,
            cancelled=self.cancelled,
            force=given.get("enablePatchForce") == "true",
            upsert=given.get("upsertExistingObjects") == "true",
        )
        return api.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @answering(*EXPECTED)
    def Check(self, request: Any, context: Any) -> api.CheckResponse:
        given = wire(request.news)
        inputs = plain(given)
        if "kind" not in inputs or inputs["kind"].endswith(("Patch", "List")):
            raise ValueError(f"found {request.type}, allowed: objects of one kind, whole")
        logical_name = request.urn.rsplit("::", 1)[-1]
        inputs = named(
            inputs, plain(wire(request.olds)), logical_name=logical_name, seed=request.randomSeed
        )
        if self._namespace and not namespace_of(inputs) and self._is_namespaced(inputs):
            inputs["metadata"] = {**inputs["metadata"], "namespace": self._namespace}
        return api.CheckResponse(inputs=struct(annotated(inputs, given)))

    @answering(*EXPECTED)
    def Diff(self, request: Any, context: Any) -> api.DiffResponse:
        live, old, new = (plain(wire(m)) for m in (request.olds, request.old_inputs, request.news))
        found = changes(live=live, old_inputs=old, new_inputs=new, ignored=request.ignoreChanges)
        replaces = [change.path for change in found if change.replaces]
        if is_true(new, "pulumi.com/replaceUnready") and not self._objects.is_ready(live):
            replaces.append('metadata.annotations["pulumi.com/replaceUnready"]')
        return api.DiffResponse(
            changes=_some(found or replaces),
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and deletes_first(live=live, new_inputs=new),
            detailedDiff={change.path: _property_diff(change) for change in found},
            hasDetailedDiff=True,
        )

    @answering(*EXPECTED)
    def Create(self, request: Any, context: Any) -> api.CreateResponse:
        given = wire(request.properties)
        inputs = plain(given)
        if request.preview:
            live = None if has_unknown(inputs) else self._objects.preview_create(inputs)
            return api.CreateResponse(properties=_foreseen(live, given))
        try:
            live = self._objects.create(inputs, custom_timeout_s=request.timeout)
        except NotReadyError as error:
            _abort_partly(context, error, given)
            raise
        return api.CreateResponse(id=identity(live), properties=_state(live, given))

    @answering(*EXPECTED)
    def Update(self, request: Any, context: Any) -> api.UpdateResponse:
        given, ignored = wire(request.news), list(request.ignoreChanges)
        inputs = plain(given)
        if request.preview:
            known = not has_unknown(inputs)
            live = self._objects.preview_update(inputs, ignored=ignored) if known else None
            return api.UpdateResponse(properties=_foreseen(live, given))
        try:
            live = self._objects.update(inputs, ignored=ignored, custom_timeout_s=request.timeout)
        except NotReadyError as error:
            _abort_partly(context, error, given)
            raise
        return api.UpdateResponse(properties=_state(live, given))

    @answering(*EXPECTED)
    def Read(self, request: Any, context: Any) -> api.ReadResponse:
        given = wire(request.inputs)
        inputs = plain(given)
        if not inputs:
            raise ValueError(f"{request.id}: the provider of the tests imports nothing")
        try:
            live = self._objects.read(inputs)
        except NotReadyError as error:
            _abort_partly(context, error, given, inputs=_inputs(error.live, inputs, given))
            raise
        if live is None:
            return api.ReadResponse()
        return api.ReadResponse(
            id=request.id, properties=_state(live, given), inputs=_inputs(live, inputs, given)
        )

    @answering(*EXPECTED, NotReadyError)
    def Delete(self, request: Any, context: Any) -> empty_pb2.Empty:
        self._objects.delete(plain(wire(request.properties)), custom_timeout_s=request.timeout)
        return empty_pb2.Empty()

    def _is_namespaced(self, inputs: Manifest) -> bool:
        try:
            path = self._client.path(inputs["apiVersion"], inputs["kind"])
        except NoSuchKindError:  # most custom resources are
            return True
        return "/namespaces/" in path


def _state(live: Manifest, given: Mapping[str, Any]) -> Any:
    """A live object as the state of its resource."""
    metadata = {name: value for name, value in live["metadata"].items() if name != "managedFields"}
    return struct(annotated({**live, "metadata": metadata}, given))


def _inputs(live: Manifest, inputs: Manifest, given: Mapping[str, Any]) -> Any:
    return struct(annotated(inputs_of(live, inputs), given))


def _foreseen(live: Manifest | None, given: Mapping[str, Any]) -> Any:
    if live is None:
        return struct(given)
    # An empty status is none yet: programs that read it must wait for the real one.
    return _state({name: value for name, value in live.items() if name != "status"}, given)


def _property_diff(change: Change) -> api.PropertyDiff:
    return api.PropertyDiff(kind=KINDS_OF_CHANGE[change.verb, change.replaces], inputDiff=True)


def _some(found: object) -> Any:
    return api.DiffResponse.DIFF_SOME if found else api.DiffResponse.DIFF_NONE


def _server(config: Mapping[str, Any]) -> str:
    try:
        return server_of(str(config.get("kubeconfig", "")), str(config.get("context", "")))
    except UnreachableError:
        return ""


def _abort_partly(
    context: grpc.ServicerContext,
    error: NotReadyError,
    given: Mapping[str, Any],
    *,
    inputs: Any = None,
) -> None:
    """End with an error, but have the engine keep the object, which is there."""
    detail = any_pb2.Any()
    detail.Pack(
        api.ErrorResourceInitFailed(
            id=identity(error.live),
            properties=_state(error.live, given),
            reasons=[str(error)],
            inputs=inputs,
        )
    )
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=str(error), details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, str(error))


if __name__ == "__main__":
    serve(KubernetesProvider())
