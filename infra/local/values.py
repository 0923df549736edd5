"""Between the engine's property values and plain Python.

The experimental provider knows neither integers nor unknown values: numbers travel as floats, and
what is not known in a preview arrives as the engine's marker text.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

__all__ = ["UNKNOWN", "has_unknown", "plain", "plain_map", "value_of", "with_secrets"]

UNKNOWN: str = rpc.UNKNOWN


def plain(value: PropertyValue) -> Any:
    """The value without marks of secrets; whole numbers as integers."""
    found = value.value
    if isinstance(found, float) and found.is_integer():
        return int(found)
    if isinstance(found, Mapping):
        return {name: plain(item) for name, item in found.items()}
    if isinstance(found, Sequence) and not isinstance(found, str):
        return [plain(item) for item in found]
    return found


def plain_map(values: Mapping[str, PropertyValue]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items()}


def value_of(found: Any) -> PropertyValue:
    """A plain value for the engine."""
    if isinstance(found, Mapping):
        return PropertyValue({name: value_of(item) for name, item in found.items()})
    if isinstance(found, list | tuple):
        return PropertyValue([value_of(item) for item in found])
    if isinstance(found, int) and not isinstance(found, bool):
        return PropertyValue(float(found))
    return PropertyValue(found)


def with_secrets(
    values: Mapping[str, PropertyValue], names: Iterable[str]
) -> dict[str, PropertyValue]:
    """The same values, those named marked as secret whatever the program did."""
    marked = set(names)
    return {
        name: value.with_secret(True) if name in marked else value for name, value in values.items()
    }


def has_unknown(found: Any) -> bool:
    """Whether a plain value is, or holds, one that is not known yet."""
    if isinstance(found, Mapping):
        return any(has_unknown(item) for item in found.values())
    if isinstance(found, list | tuple):
        return any(has_unknown(item) for item in found)
    return isinstance(found, str) and UNKNOWN in found
