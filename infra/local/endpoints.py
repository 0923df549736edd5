"""What the edge and Prometheus are told about replicas: texts made from plain data."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from infra.services.prometheus import RELEASE_LABEL

__all__ = ["Target", "targets", "upstreams"]

KEEPALIVE = 32  # idle connections that NGINX keeps to an upstream


@dataclass(frozen=True, kw_only=True)
class Target:
    """One replica's metrics."""

    service: str
    replica: int
    address: str
    path: str
    release: str = ""


def upstreams(servers: Mapping[str, Sequence[str]]) -> str:
    """NGINX's upstream blocks.

    Args:
        servers: host:port of the ready replicas, by upstream. One without any answers 502 at once:
            NGINX refuses an empty block.
    """
    blocks = []
    for name, addresses in sorted(servers.items()):
        # No failure counting: who is ready is decided by the readiness probes, not by one error.
        lines = [f"  server {address} max_fails=0;" for address in addresses]
        if not lines:
            lines = ["  server 127.0.0.1:9 down;"]
        body = "\n".join([*lines, f"  keepalive {KEEPALIVE};"])
        blocks.append(f"upstream {name} {{\n{body}\n}}\n")
    return "".join(blocks)


def targets(found: Iterable[Target]) -> str:
    """Prometheus' file_sd document."""
    ordered = sorted(found, key=lambda target: (target.service, target.replica))
    return json.dumps(
        [
            {
                "targets": [target.address],
                "labels": {
                    "service": target.service,
                    "replica": str(target.replica),
                    "__metrics_path__": target.path,
                    **({RELEASE_LABEL: target.release} if target.release else {}),
                },
            }
            for target in ordered
        ],
        indent=2,
    )
