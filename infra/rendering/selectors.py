"""Label selectors, as the API's ``LabelSelector`` defines them."""

from collections.abc import Mapping
from typing import Any

__all__ = ["Labels", "SelectorError", "matches"]

Labels = Mapping[str, str]


class SelectorError(ValueError):
    """An operator that no selector has."""


def matches(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether labels meet every requirement of a selector; an empty one selects everything."""
    wanted = selector.get("matchLabels", {})
    expressions = selector.get("matchExpressions", ())
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(expression, labels) for expression in expressions
    )


def _holds(expression: Mapping[str, Any], labels: Labels) -> bool:
    key, values = expression["key"], expression.get("values", ())
    match expression["operator"]:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":  # holds for what has no such label, too
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case other:
            raise SelectorError(f"operator {other!r}; allowed: In, NotIn, Exists or DoesNotExist")
