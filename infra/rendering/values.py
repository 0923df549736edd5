"""The values of a recorded resource: plain data, with markers for what may not or cannot be shown.

Inputs reach the monitor as a protobuf structure in which a secret or an unknown value is marked
where it stands. `decoded` keeps that place; the SDK's own reader would call a whole pod secret for
one secret in it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from google.protobuf import struct_pb2  # type: ignore[import-untyped] # none are published with it
from pulumi.runtime import rpc

__all__ = [
    "UNKNOWN",
    "Path",
    "SecretValue",
    "Unknown",
    "decoded",
    "leaves",
    "path_text",
    "revealed",
]

Path = tuple[str | int, ...]

SIGNATURE = rpc._special_sig_key
SECRET = rpc._special_secret_sig
RESOURCE = rpc._special_resource_sig
PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


class SecretValue:
    """A secret in place of its value, which no serialiser can write: JSON, YAML and pickle refuse.

    Only `reveal` gives the value; under mocks that is a made-up one.
    """

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def reveal(self) -> Any:
        return self._value

    def __repr__(self) -> str:
        return "[secret]"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretValue) and self._value == other._value

    def __hash__(self) -> int:
        return hash(SecretValue)

    def __deepcopy__(self, memo: dict[int, Any]) -> "SecretValue":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret value is never written")


class Unknown:
    """Stands for a value that only an update finds out."""

    def __repr__(self) -> str:
        return "[unknown]"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Unknown":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("an unknown value is never written")


UNKNOWN = Unknown()


def decoded(struct: struct_pb2.Struct) -> tuple[dict[str, Any], frozenset[str]]:
    """A structure as plain data, and the paths of its secrets.

    A secret mapping or list keeps its shape: each leaf becomes a `SecretValue`, so that a Secret
    still names its keys. Whole numbers are `int`; the null members of mappings are left out, as the
    engine does.
    """
    secrets: set[str] = set()
    plain = _mapping(struct, (), secrets, inside_secret=False)
    return plain, frozenset(secrets)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every scalar, marker and empty container of plain data, with its path."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    else:
        yield path, value


def path_text(path: Path) -> str:
    """``spec.containers[0].env["a.b"]``: a path for people."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def revealed(value: Any) -> Any:
    """Plain data with its secrets in the clear: for a test's API server, never for output."""
    if isinstance(value, SecretValue):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item) for item in value]
    return value


def _mapping(
    struct: struct_pb2.Struct, path: Path, secrets: set[str], *, inside_secret: bool
) -> dict[str, Any]:
    values = {
        key: _value(value, (*path, key), secrets, inside_secret=inside_secret)
        for key, value in sorted(struct.fields.items())
    }
    return {key: value for key, value in values.items() if value is not None}


def _value(value: struct_pb2.Value, path: Path, secrets: set[str], *, inside_secret: bool) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return _struct(value.struct_value, path, secrets, inside_secret=inside_secret)
        case "list_value":
            return [
                _value(item, (*path, number), secrets, inside_secret=inside_secret)
                for number, item in enumerate(value.list_value.values)
            ]
        case "number_value":
            number = value.number_value
            return _leaf(int(number) if number.is_integer() else number, inside_secret)
        case "string_value":
            text = value.string_value
            return _leaf(UNKNOWN if text == rpc.UNKNOWN else text, inside_secret)
        case "bool_value":
            return _leaf(value.bool_value, inside_secret)
        case _:
            return None


def _struct(
    struct: struct_pb2.Struct, path: Path, secrets: set[str], *, inside_secret: bool
) -> Any:
    if SIGNATURE not in struct.fields:
        return _mapping(struct, path, secrets, inside_secret=inside_secret)
    signature = struct.fields[SIGNATURE].string_value
    if signature == SECRET:
        secrets.add(path_text(path))
        return _value(struct.fields["value"], path, secrets, inside_secret=True)
    if signature == RESOURCE:
        return struct.fields["urn"].string_value
    kept = struct_pb2.Struct()
    kept.CopyFrom(struct)
    del kept.fields[SIGNATURE]  # an asset or an archive: its path, text or address
    return _mapping(kept, path, secrets, inside_secret=inside_secret)


def _leaf(value: Any, inside_secret: bool) -> Any:
    return SecretValue(value) if inside_secret else value
