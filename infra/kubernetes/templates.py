"""Fills in the placeholders of a description for a cluster.

Addresses are cluster-wide DNS names, folders are mount points, and whatever holds a secret stays an
`Output` that is secret as a whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.kubernetes.names import Namespaces
from infra.services.catalogue import Catalogue
from infra.services.description import PLACEHOLDER, Job, Service
from infra.templates import with_secrets

__all__ = ["CONFIGURATION", "DATA", "RUN", "SCRATCH", "SHARED", "Templates", "texts"]

# Mount points.
CONFIGURATION = "/etc/autoserve"
DATA = "/var/lib/autoserve/data"
SHARED = "/var/lib/autoserve/shared"
RUN = "/run/autoserve"
SCRATCH = "/scratch"
WEB = "/usr/share/nginx/html"  # in the web's image
FOLDERS = {
    "etc": CONFIGURATION,
    "shared": SHARED,
    "run": RUN,
    "scratch": SCRATCH,
    "web": WEB,
}
FIXED = {
    "user": "postgres",  # the only description that asks for its account's name
    "listen": "0.0.0.0",  # noqa: S104 - in a pod, behind its policy
    "clients": "all",
}


def texts(item: Service | Job) -> list[str]:
    """Every template of a description."""
    preparation = item.preparation if isinstance(item, Service) else None
    return [
        *item.command,
        *item.environment.values(),
        *item.files.values(),
        *((*preparation.command, preparation.creates) if preparation else ()),
    ]


@dataclass(frozen=True, kw_only=True)
class Templates:
    """What the placeholders of a stack's descriptions stand for."""

    catalogue: Catalogue
    namespaces: Namespaces
    secrets: Mapping[str, pulumi.Output[str]]

    def plain(self, item: Service | Job, template: str) -> str:
        """A text that holds no secret, filled in."""

        def value(whole: str, kind: str, name: str | None) -> str:
            return self._value(item, whole, kind, name or "")

        return PLACEHOLDER.sub(lambda found: value(*found.group(0, 1, 2)), template)

    def secret(self, item: Service | Job, template: str) -> pulumi.Output[str]:
        """A text that holds secrets, filled in; secret itself."""
        return with_secrets(self.plain(item, template), self.secrets)

    def _value(self, item: Service | Job, whole: str, kind: str, name: str) -> str:
        match kind:
            case "port" if isinstance(item, Service):
                return str(next(own.number for own in item.ports if own.name == name))
            case "host":
                return self._host(name)
            case "address" | "number":
                service, _, port = name.partition(".")
                number = self._number(service, port)
                return f"{self._host(service)}:{number}" if kind == "address" else str(number)
            case "dir":
                return _folder(item, name)
            case _:
                return FIXED.get(kind, whole)

    def _host(self, name: str) -> str:
        for external in self.catalogue.externals:
            if external.name == name:
                return external.host
        tier = next(service.tier for service in self.catalogue.services if service.name == name)
        return f"{name}.{self.namespaces.of(tier)}.svc"

    def _number(self, service: str, port: str) -> int:
        for external in self.catalogue.externals:
            if external.name == service:
                return external.ports[port]
        found = next(one for one in self.catalogue.services if one.name == service)
        return next(one.number for one in found.ports if one.name == port)


def _folder(item: Service | Job, name: str) -> str:
    prepared = isinstance(item, Service) and item.preparation is not None
    if name == "data":
        # What prepares its folder makes it: initdb refuses a volume's root with its lost+found.
        return f"{DATA}/content" if prepared else DATA
    return FOLDERS[name]
