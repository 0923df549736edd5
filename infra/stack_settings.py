"""The settings of a stack as its file has them, for commands that work without the engine.

`cluster_of` only looks where a stack is and costs next to nothing; `settings_of` validates it all.

Secrets are encrypted there and stay so: each reads as ``[secret]`` here.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from infra.local.state import tree_root

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = [
    "SECRET",
    "StackFileError",
    "StackMissingError",
    "cluster_of",
    "settings_of",
    "stacks_there",
]

SECRET = "[secret]"  # noqa: S105 - what stands in a secret's place
PREFIX, SUFFIX = "Pulumi.", ".yaml"


class StackFileError(Exception):
    """The settings file of a stack cannot be read as one."""


class StackMissingError(StackFileError):
    """There is no settings file of that name."""

    def __init__(self, stack: str, there: list[str]) -> None:
        super().__init__(
            f"--stack: found {stack!r}, which has no stacks/{PREFIX}{stack}{SUFFIX}; "
            f"allowed: {', '.join(there) or 'none: there is no settings file yet'}"
        )
        self.stack, self.there = stack, there


def settings_of(stack: str, tree: Path | None = None) -> "Settings":
    """The settings of a stack.

    Raises:
        StackMissingError: it has no file.
        StackFileError: the file is no settings file.
        SettingsError: a setting in it is wrong.
    """
    from infra.settings import Settings  # noqa: PLC0415 - `cluster_of` must not pay for it

    return Settings.load({key: _as_passed(value) for key, value in _values(stack, tree).items()})


def cluster_of(stack: str, tree: Path | None = None) -> Mapping[str, Any] | None:
    """The group ``autoserve:cluster`` as it is written; None for a stack on this machine.

    Raises:
        StackMissingError: it has no file.
        StackFileError: the file is no settings file.
    """
    found = _values(stack, tree).get("autoserve:cluster")
    return found if isinstance(found, dict) else None


def stacks_there(tree: Path | None = None) -> list[str]:
    """The stacks that have a settings file."""
    files = ((tree or tree_root()) / "stacks").glob(f"{PREFIX}*{SUFFIX}")
    return sorted(file.name.removeprefix(PREFIX).removesuffix(SUFFIX) for file in files)


def _values(stack: str, tree: Path | None) -> dict[str, Any]:
    file = (tree or tree_root()) / "stacks" / f"{PREFIX}{stack}{SUFFIX}"
    if "/" in stack or not file.is_file():
        raise StackMissingError(stack, stacks_there(tree))
    try:
        document = yaml.safe_load(file.read_text()) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise StackFileError(f"{file} cannot be read: {' '.join(str(exc).split())}") from exc
    values = (document.get("config") or {}) if isinstance(document, dict) else None
    if not isinstance(values, dict):
        raise StackFileError(f"{file} is no settings file: it has no mapping `config`")
    return values


def _as_passed(value: Any) -> str:
    """A value as the engine passes it: text, and everything else as JSON."""
    opened = _opened(value)
    return opened if isinstance(opened, str) else json.dumps(opened)


def _opened(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"secure"}:
            return SECRET
        return {key: _opened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_opened(inner) for inner in value]
    return value
