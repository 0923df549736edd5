"""What a resource answers under mocks: its inputs, and what its provider would add.

Kubernetes resources get the name that the provider would give them, generated values get made-up
ones. In a preview nothing is known that a provider has yet to make.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import struct_pb2  # type: ignore[import-untyped] # none are published with it
from pulumi.runtime import rpc

from infra.rendering.values import SecretValue, Unknown

__all__ = ["AUTONAMED", "KUBERNETES", "NAME_HASH_DIGITS", "answer", "is_kubernetes_object"]

KUBERNETES = "kubernetes:"
AUTONAMED = "pulumi.com/autonamed"  # the provider's annotation on whatever it has named
NAME_HASH_DIGITS = 8  # as many as the provider's random suffix has

Inputs = Mapping[str, Any]


def is_kubernetes_object(token: str, inputs: Inputs) -> bool:
    """Whether a resource is one object of the Kubernetes API (and no chart, file or patch)."""
    kind = token.rpartition(":")[2]
    return token.startswith(KUBERNETES) and inputs.get("kind") == kind and "apiVersion" in inputs


def answer(
    token: str, name: str, given: struct_pb2.Struct, inputs: Inputs, *, preview: bool
) -> tuple[str, struct_pb2.Struct]:
    """The id and the outputs of a resource; an id of "" is unknown.

    Args:
        token: the resource's type.
        name: its logical name.
        given: its inputs as they arrived.
        inputs: the same, decoded.
        preview: an update would follow.
    """
    outputs = struct_pb2.Struct()
    outputs.CopyFrom(given)
    if is_kubernetes_object(token, inputs):
        full_name = _name_kubernetes(outputs, name, inputs, preview=preview)
    else:
        full_name = f"{name}-id"
        if not preview and (generated := GENERATED.get(token)):
            outputs.update(generated(name, inputs))
    return "" if preview else full_name, outputs


def _name_kubernetes(
    outputs: struct_pb2.Struct, name: str, inputs: Inputs, *, preview: bool
) -> str:
    """Fill in metadata.name where the provider would; the object's id."""
    metadata = inputs.get("metadata", {})
    if not isinstance(metadata, Mapping):
        return name
    own = metadata.get("name")
    if own is None:
        own = rpc.UNKNOWN if preview else f"{name}-{_content_hash(inputs)}"
        outputs.fields["metadata"].struct_value.update({"name": own})
    namespace = metadata.get("namespace")
    return f"{namespace}/{own}" if namespace else str(own)


def _content_hash(inputs: Inputs) -> str:
    """Follows the content as the provider's replacement does; of secrets only their keys count."""
    content = {
        key: value for key, value in inputs.items() if key not in ("apiVersion", "kind", "metadata")
    }
    text = json.dumps(content, sort_keys=True, default=_masked)
    return hashlib.sha256(text.encode()).hexdigest()[:NAME_HASH_DIGITS]


def _masked(value: Any) -> str:
    if isinstance(value, SecretValue | Unknown):
        return repr(value)
    raise TypeError(f"no plain data: {type(value)}")


def _password(name: str, inputs: Inputs) -> dict[str, Any]:
    length = int(inputs.get("length", 32))
    text = base64.b32encode(hashlib.sha512(name.encode()).digest()).decode().lower()
    made_up = ("made-up-" + text * (length // len(text) + 1))[:length]
    return {
        "result": rpc.wrap_rpc_secret(made_up),
        "bcryptHash": rpc.wrap_rpc_secret(f"made-up-hash-of-{name}"),
    }


def _private_key(name: str, _: Inputs) -> dict[str, Any]:
    def pem(title: str) -> Any:
        body = base64.b64encode(f"made-up key {name}".encode()).decode()
        return rpc.wrap_rpc_secret(f"-----BEGIN {title}-----\n{body}\n-----END {title}-----\n")

    return {
        "privateKeyPem": pem("PRIVATE KEY"),
        "privateKeyPemPkcs8": pem("PRIVATE KEY"),
        "privateKeyOpenssh": pem("OPENSSH PRIVATE KEY"),
        "publicKeyPem": f"made-up public key of {name}\n",
        "publicKeyOpenssh": f"ssh-ed25519 made-up-{name}",
    }


def _local_secret(name: str, _: Inputs) -> dict[str, Any]:
    return {"value": rpc.wrap_rpc_secret(f"made-up-{name}")}


GENERATED: Mapping[str, Callable[[str, Inputs], dict[str, Any]]] = {
    "random:index/randomPassword:RandomPassword": _password,
    "tls:index/privateKey:PrivateKey": _private_key,
    "autoserve-local:index:Secret": _local_secret,
}
