"""What is asked of a manifest: its names, its annotations for Pulumi, how long it may take."""

import hashlib
from collections.abc import Mapping
from typing import Any

__all__ = [
    "AUTONAMED",
    "Manifest",
    "annotation",
    "described",
    "identity",
    "is_true",
    "name_of",
    "named",
    "namespace_of",
    "seconds_for",
]

Manifest = dict[str, Any]

AUTONAMED = "pulumi.com/autonamed"
SUFFIX_LENGTH = 8
DEFAULT_S = 600.0


def name_of(manifest: Mapping[str, Any]) -> str:
    return str((manifest.get("metadata") or {}).get("name") or "")


def namespace_of(manifest: Mapping[str, Any]) -> str:
    return str((manifest.get("metadata") or {}).get("namespace") or "")


def identity(manifest: Mapping[str, Any]) -> str:
    """The id of the resource: ``namespace/name``, or the name of what has no namespace."""
    return "/".join(part for part in (namespace_of(manifest), name_of(manifest)) if part)


def described(manifest: Mapping[str, Any]) -> str:
    return f"{manifest.get('apiVersion')}/{manifest.get('kind')} {identity(manifest)}"


def annotation(manifest: Mapping[str, Any], name: str) -> str:
    annotations = (manifest.get("metadata") or {}).get("annotations") or {}
    return str(annotations.get(name, ""))


def is_true(manifest: Mapping[str, Any], name: str) -> bool:
    return annotation(manifest, name) == "true"


def seconds_for(manifest: Mapping[str, Any], custom_timeout_s: float) -> float:
    """How long an operation on it may take: the option, else the annotation, else ten minutes."""
    if custom_timeout_s:
        return custom_timeout_s
    return float(annotation(manifest, "pulumi.com/timeoutSeconds") or DEFAULT_S)


def named(new: Manifest, old: Mapping[str, Any], *, logical_name: str, seed: bytes) -> Manifest:
    """The manifest with a name: its own, else the generated one it has already, else a new one.

    Args:
        new: as the program declares it.
        old: the inputs of the resource that exists; empty for one that is to be made.
        logical_name: what a generated name begins with.
        seed: makes the rest of it.
    """
    if name_of(new):
        return new
    if is_true(old, AUTONAMED):
        name = name_of(old)
    else:
        name = f"{logical_name}-{hashlib.sha256(seed).hexdigest()[:SUFFIX_LENGTH]}"
    metadata = dict(new.get("metadata") or {})
    annotations = {**(metadata.get("annotations") or {}), AUTONAMED: "true"}
    return {**new, "metadata": {**metadata, "name": name, "annotations": annotations}}
