"""Which version of the sources a checkout has: what a job or a process is started anew for."""

import hashlib
from pathlib import Path

__all__ = ["digest_of", "versions_of"]

PACKAGES = ("app", "worker", "scaler", "infra")


def versions_of(tree: Path) -> dict[str, str]:
    """A digest over the sources of each top-level package."""
    return {name: digest_of(tree / name, "*.py") for name in PACKAGES}


def digest_of(root: Path, pattern: str) -> str:
    """A short digest over names and contents of the files below a folder, "" for none."""
    files = sorted(path for path in root.rglob(pattern) if path.is_file())
    whole = hashlib.sha256()
    for path in files:
        whole.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()[:16] if files else ""
