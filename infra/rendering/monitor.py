"""A resource monitor that keeps every declaration and answers without an engine or a provider.

Unlike the SDK's own mock monitor it decodes requests itself: secrets keep their place, options are
kept, a URN that is declared twice is refused as the engine does, and no thread is left with an open
event loop.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Never

import pulumi
from google.protobuf import empty_pb2  # type: ignore[import-untyped] # none are published with it
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import alias_pb2, resource_pb2

from infra.rendering.outputs import AUTONAMED, answer, is_kubernetes_object
from infra.rendering.values import UNKNOWN, decoded

__all__ = ["CallError", "DuplicateResourceError", "Manifest", "Monitor", "Options", "Resource"]

Manifest = dict[str, Any]

STACK = "pulumi:pulumi:Stack"


class CallError(Exception):
    """The program asks a provider for something: it would not be the same everywhere."""


class DuplicateResourceError(Exception):
    """Two resources of one type, name and parent."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the engine is to treat a resource; resources are named by their keys.

    Attributes:
        protect: its deletion is refused.
        depends_on: what must exist before it: named as such, or used in one of its inputs.
        provider: its explicit provider, "" for the default one.
        aliases: earlier names: a URN, or the parts that differ (``name=old parent=...``).
        delete_before_replace: None leaves it to the provider.
    """

    protect: bool = False
    depends_on: tuple[str, ...] = ()
    provider: str = ""
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    delete_before_replace: bool | None = None
    retain_on_delete: bool = False
    import_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One declared resource.

    Attributes:
        key: its URN without stack and project: types of its parents, type, name. The same in every
            stack that declares it alike.
        type: its type token.
        inputs: plain data as the provider would get it, secrets as `SecretValue`.
        secrets: paths of the inputs that are secret.
        parent: key of its parent, "" below the stack itself.
        manifest: the Kubernetes object that it is, with its name; None where it is none.
    """

    key: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    secrets: frozenset[str]
    parent: str
    custom: bool
    options: Options
    manifest: Manifest | None


class NoMocks(pulumi.runtime.Mocks):
    """The SDK's base class wants some; every request is answered before it would ask them."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> Never:
        raise AssertionError(args.name)

    def call(self, args: pulumi.runtime.MockCallArgs) -> Never:
        raise AssertionError(args.token)


class Monitor(MockMonitor):
    """Keeps what one run of a program declares; called from the SDK's worker thread only."""

    def __init__(self, *, stack: str, project: str, preview: bool) -> None:
        super().__init__(NoMocks())
        self.declared: dict[str, Resource] = {}
        self.exports: dict[str, Any] = {}
        self._prefix = f"urn:pulumi:{stack}::{project}::"
        self._preview = preview

    def RegisterResource(  # noqa: N802 - the protocol's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        parent = self._key(request.parent)
        if request.type == STACK:
            urn = f"{self._prefix}{STACK}::{request.name}"
            return resource_pb2.RegisterResourceResponse(urn=urn)
        key = _child_key(parent, request.type, request.name)
        if key in self.declared:
            raise DuplicateResourceError(f"{key} is declared twice")
        inputs, secrets = decoded(request.object)
        identity, outputs = answer(
            request.type, request.name, request.object, inputs, preview=self._preview
        )
        self.declared[key] = Resource(
            key=key,
            type=request.type,
            name=request.name,
            inputs=inputs,
            secrets=secrets,
            parent=parent,
            custom=request.custom,
            options=self._options(request),
            manifest=_manifest(request.type, inputs, outputs),
        )
        return resource_pb2.RegisterResourceResponse(
            urn=self._prefix + key, id=identity if request.custom else "", object=outputs
        )

    def RegisterResourceOutputs(  # noqa: N802 - the protocol's name
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        if request.urn.startswith(f"{self._prefix}{STACK}::"):
            self.exports, _ = decoded(request.outputs)
        return empty_pb2.Empty()

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> Never:  # noqa: N802
        raise CallError(f"the program calls {request.tok}: it must depend on its settings alone")

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> Never:  # noqa: N802
        raise CallError(
            f"the program reads {request.type} {request.name!r}: it must depend on its settings"
        )

    def _key(self, urn: str) -> str:
        key = urn.removeprefix(self._prefix)
        return "" if key.startswith(f"{STACK}::") else key

    def _options(self, request: resource_pb2.RegisterResourceRequest) -> Options:
        return Options(
            protect=request.protect,
            depends_on=tuple(sorted(filter(None, map(self._key, request.dependencies)))),
            provider=self._key(request.provider.rpartition("::")[0]),
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
            aliases=tuple(_alias(alias) for alias in request.aliases),
            delete_before_replace=(
                request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None
            ),
            retain_on_delete=request.retainOnDelete,
            import_id=request.importId,
        )


def _child_key(parent: str, token: str, name: str) -> str:
    types = f"{parent.rpartition('::')[0]}${token}" if parent else token
    return f"{types}::{name}"


def _alias(alias: alias_pb2.Alias) -> str:
    if alias.WhichOneof("alias") == "urn":
        return alias.urn
    spec = alias.spec
    parts = {
        "name": spec.name,
        "type": spec.type,
        "stack": spec.stack,
        "project": spec.project,
        "parent": "none" if spec.noParent else spec.parentUrn,
    }
    return " ".join(f"{part}={value}" for part, value in parts.items() if value)


def _manifest(token: str, inputs: Mapping[str, Any], outputs: Any) -> Manifest | None:
    if not is_kubernetes_object(token, inputs):
        return None
    metadata = dict(inputs.get("metadata", {}))
    if "name" not in metadata:
        known, _ = decoded(outputs)
        metadata["name"] = known["metadata"].get("name", UNKNOWN)
        metadata["annotations"] = {**metadata.get("annotations", {}), AUTONAMED: "true"}
    return {**inputs, "metadata": metadata}
