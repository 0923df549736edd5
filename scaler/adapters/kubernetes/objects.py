"""How objects of Kubernetes are read: values at a path, times, conditions, selectors. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from scaler.adapters.kubernetes.api import Manifest

__all__ = [
    "annotations_of",
    "condition",
    "dig",
    "labels_of",
    "name_of",
    "number",
    "selects",
    "time_of",
    "written",
]


def dig(found: Any, *path: str) -> Any:
    """What stands at a path of keys, ``None`` where any part of it is absent."""
    for key in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


def number(found: Any, *path: str, default: int = 0) -> int:
    """The whole number at a path; the API server leaves zeros out."""
    value = dig(found, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def name_of(manifest: Manifest) -> str:
    return str(dig(manifest, "metadata", "name") or "")


def labels_of(manifest: Manifest) -> Mapping[str, str]:
    return dig(manifest, "metadata", "labels") or {}


def annotations_of(manifest: Manifest) -> Mapping[str, str]:
    return dig(manifest, "metadata", "annotations") or {}


def condition(manifest: Manifest, kind: str) -> Mapping[str, Any] | None:
    """A condition of an object's status."""
    found: Iterable[Any] = dig(manifest, "status", "conditions") or ()
    return next((each for each in found if dig(each, "type") == kind), None)


def time_of(text: Any) -> datetime | None:
    """A time as Kubernetes writes it (RFC 3339), aware; ``None`` where it is none."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def written(at: datetime, *, digits: str = "seconds") -> str:
    """A time in RFC 3339, in UTC; ``digits`` as of `datetime.isoformat`."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=digits) + "Z"


def selects(selector: Any, labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects an object of these labels; an empty one selects nothing.

    Source: Kubernetes API conventions, LabelSelector. There an empty selector selects everything,
    which no workload may have.
    """
    wanted: Mapping[str, str] = dig(selector, "matchLabels") or {}
    expressions: list[Any] = dig(selector, "matchExpressions") or []
    if not wanted and not expressions:
        return False
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(each, labels) for each in expressions
    )


def _holds(expression: Any, labels: Mapping[str, str]) -> bool:
    key, values = dig(expression, "key"), dig(expression, "values") or ()
    match dig(expression, "operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
