"""Kubeconfig files of the test cluster: whole in themselves, with one context that has a name."""

import base64
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.certificates import Pair

__all__ = ["CONTEXT", "write_kubeconfig"]

CONTEXT = "autoserve-test"


def write_kubeconfig(
    path: Path, *, server: str, authority: Path, pair: Pair | None = None, token: str = ""
) -> Path:
    """Write a file (mode 600) for a user who is known by a certificate, else by a token."""
    user: dict[str, Any] = {"token": token} if token else {}
    if pair is not None:
        user["client-certificate-data"] = _encoded(pair.certificate)
        user["client-key-data"] = _encoded(pair.key)
    cluster = {"server": server, "certificate-authority-data": _encoded(authority)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": CONTEXT, "user": user}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
        "current-context": CONTEXT,
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
