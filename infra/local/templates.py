"""Fills in the placeholders of a description for one machine.

What all replicas share (addresses, folders, secrets) is filled in here; ``{port:...}`` and
``{replica}`` differ by replica and stay for the launcher.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi

from infra.local.ports import Ports
from infra.services.description import PLACEHOLDER
from infra.templates import with_secrets

__all__ = ["Templates"]

LOOPBACK = "127.0.0.1"
SCRATCH = "scratch"  # the one folder that differs by replica


@dataclass(frozen=True, kw_only=True)
class Templates:
    """What the placeholders of one service or job stand for.

    Attributes:
        ports: of all services, by name.
        folders: by the name used in ``{dir:...}``.
        secrets: values by name.
        user: the account it runs as.
    """

    ports: Mapping[str, Ports]
    folders: Mapping[str, Path]
    secrets: Mapping[str, pulumi.Output[str]]
    user: str

    def plain(self, template: str) -> str:
        """A text that holds no secret, filled in."""
        return PLACEHOLDER.sub(lambda found: self._value(*found.group(0, 1, 2)), template)

    def secret(self, template: str) -> pulumi.Output[str]:
        """A text that holds secrets, filled in; secret itself."""
        return with_secrets(self.plain(template), self.secrets)

    def _value(self, whole: str, kind: str, name: str | None) -> str:
        service, _, port = (name or "").partition(".")
        fixed = {
            "host": LOOPBACK,
            "listen": LOOPBACK,
            "clients": f"{LOOPBACK}/32",
            "user": self.user,
        }
        match kind:
            case "address":
                return f"{LOOPBACK}:{self.ports[service][port][0]}"
            case "number":
                return str(self.ports[service][port][0])
            case "dir" if service != SCRATCH:
                return str(self.folders[service])
            case _:
                return fixed.get(kind, whole)
