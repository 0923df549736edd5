"""Between the engine's property maps and plain Python.

A property map travels as a protobuf ``Struct`` in which secrets and values that are not known yet
are marked. Here it is a ``dict``, in which the marks are still there (``wire``) or gone
(``plain``).
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime import rpc

__all__ = ["annotated", "has_unknown", "plain", "struct", "wire"]

# The engine's protocol: sdk/go/common/resource/properties.go, SigKey and SecretSig.
MARK = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


def wire(values: struct_pb2.Struct) -> dict[str, Any]:
    """The values with their marks."""
    found: dict[str, Any] = json_format.MessageToDict(values)
    return found


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Values for the engine, with whatever marks they have."""
    made = struct_pb2.Struct()
    made.update(values)
    return made


def plain(found: Any) -> Any:
    """The value without marks of secrets; whole numbers as integers."""
    if isinstance(found, Mapping):
        if found.get(MARK) == SECRET:
            return plain(found["value"])
        return {name: plain(value) for name, value in found.items()}
    if isinstance(found, list):
        return [plain(value) for value in found]
    if isinstance(found, float) and found.is_integer():
        return int(found)
    return found


def has_unknown(found: Any) -> bool:
    """Whether a value is, or holds, one that is not known yet."""
    if isinstance(found, Mapping):
        return any(has_unknown(value) for value in found.values())
    if isinstance(found, list):
        return any(has_unknown(value) for value in found)
    return isinstance(found, str) and found == rpc.UNKNOWN


def annotated(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Plain outputs with the secrets of the inputs marked, as the official plugin does it.

    Objects are gone through; any other value that holds a secret is a secret as a whole. The data
    of a Secret is one whatever the program said.

    Args:
        outputs: what is to be marked; nothing in it is yet.
        inputs: values of the same shape, on the wire.
    """
    if outputs.get("kind") == "Secret":
        inputs = {**inputs, "data": _secret(None), "stringData": _secret(None)}
    marked = dict(outputs)
    for name, value in outputs.items():
        given = inputs.get(name)
        if isinstance(value, Mapping) and isinstance(given, Mapping) and MARK not in given:
            marked[name] = annotated(value, given)
        elif _holds_secret(given):
            marked[name] = _secret(value)
    return marked


def _secret(value: Any) -> dict[str, Any]:
    return {MARK: SECRET, "value": value}


def _holds_secret(found: Any) -> bool:
    if isinstance(found, Mapping):
        return found.get(MARK) == SECRET or any(_holds_secret(value) for value in found.values())
    return isinstance(found, list) and any(_holds_secret(value) for value in found)
