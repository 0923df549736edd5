"""Amounts and times as manifests write them: ``250m`` of a core, ``64Mi`` of memory, ``5s``."""

from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = ["percent", "quantity", "seconds"]

SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
DURATIONS_S = {"s": 1.0, "m": 60.0, "h": 3600.0}


def quantity(value: Any) -> Decimal | None:
    """A resource quantity in its base unit (cores, bytes); None where it is none.

    Source: Kubernetes API reference, Quantity.
    """
    written = str(value)
    suffix = next((end for end in (written[-2:], written[-1:]) if end in SUFFIXES), "")
    try:
        return Decimal(written.removesuffix(suffix)) * SUFFIXES.get(suffix, Decimal(1))
    except InvalidOperation:
        return None


def percent(value: Any) -> float | None:
    """The share, in [0, 1], that ``"50%"`` is; None where it is no percentage."""
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdigit():
        return int(value[:-1]) / 100
    return None


def seconds(value: Any) -> float | None:
    """A duration, as ``sleep`` takes it: a number of seconds, or one with its unit."""
    written = str(value)
    unit = DURATIONS_S.get(written[-1:], 1.0)
    try:
        return float(written.rstrip("smh")) * unit
    except ValueError:
        return None
