"""One Kubernetes object as YAML that people read and every parser understands alike."""

import re
from typing import Any

import yaml

__all__ = ["document"]

FIRST_KEYS = ("apiVersion", "kind", "metadata", "name", "namespace")
# PyYAML follows YAML 1.1, kubectl's parser also 1.2: there `1e5` and `0o7` are numbers.
NUMBER_ELSEWHERE = re.compile(
    r"[-+]?(\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|0[box][0-9a-fA-F_]+)"
)


def document(manifest: dict[str, Any]) -> str:
    """The text of a plain manifest: block style, keys in a fixed order, long texts as they are."""
    return yaml.dump(
        _ordered(manifest),
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=10_000,
    )


class _Dumper(yaml.SafeDumper):
    """Refuses whatever is not plain data, so that no marker of a secret is written by accident."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent the items of a list below its key."""
        super().increase_indent(flow, False)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None
    if "\n" in text:
        style = "|"
    elif NUMBER_ELSEWHERE.fullmatch(text):
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        first = [key for key in FIRST_KEYS if key in value]
        rest = sorted(set(value) - set(first))
        return {key: _ordered(value[key]) for key in (*first, *rest)}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value
