"""A recording as files: one a Kubernetes object, the same bytes each time, and no secret in any.

    cluster/namespace-shop.yaml
    shop/deployment-api.yaml
    releases/kustomization.yaml    what others release, by address
    rendering.json                 what was written, so that the next rendering replaces just that

A Secret is written without its data; an annotation names its keys.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from infra.rendering.document import document
from infra.rendering.recording import Manifest, Recording
from infra.rendering.values import SecretValue, leaves, path_text

__all__ = ["INDEX", "SECRET_KEYS", "ReleaseReference", "RenderError", "render", "texts"]

INDEX = "rendering.json"
SECRET_KEYS = "autoserve/secret-keys"  # noqa: S105 - the name of an annotation
CLUSTER_FOLDER = "cluster"
RELEASES_FILE = "releases/kustomization.yaml"
NOT_IN_FILE_NAMES = re.compile(r"[^a-z0-9.-]+")


class RenderError(Exception):
    """The rendering cannot be written; nothing was changed."""


class ReleaseReference(Protocol):
    """One manifest that somebody else releases."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def sha256(self) -> str | None: ...


def render(
    recording: Recording, into: Path, *, releases: Iterable[ReleaseReference] = ()
) -> list[Path]:
    """Write every object of a recording; what the last rendering there wrote is replaced.

    Args:
        recording: of an update, not of a preview.
        into: is made where it is missing.
        releases: referred to, never fetched.

    Returns:
        The files, below ``into``.

    Raises:
        RenderError: the folder holds something else, or a value may not be written.
    """
    wanted = texts(recording, releases=releases)
    earlier = _earlier(into)
    for name in wanted:
        if (into / name).exists() and name not in earlier:
            raise RenderError(f"{into / name} is in the way: no rendering has written it")
    # All names first: a rendering that is interrupted is still known for one.
    _write_index(into, recording.stack, {*wanted, *earlier})
    for name in earlier - set(wanted):
        _remove(into, name)
    for name, text in wanted.items():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        (into / name).write_text(text)
    _write_index(into, recording.stack, wanted)
    return [into / name for name in wanted]


def texts(recording: Recording, *, releases: Iterable[ReleaseReference] = ()) -> dict[str, str]:
    """The text of each file by its name, in order.

    Raises:
        RenderError: a value may not be written, or two objects are the same.
    """
    if recording.preview:
        raise RenderError("a preview cannot be rendered: not every value is known")
    found: dict[str, str] = {}
    problems: list[str] = []
    manifests = recording.manifests
    ambiguous = _ambiguous_kinds(manifests)
    for manifest in manifests:
        public = public_manifest(manifest)
        problems += _unwritable(public)
        name = _file_name(manifest, with_group=manifest["kind"] in ambiguous)
        if name in found:
            problems.append(f"two objects would be {name}: {_title(manifest)}")
        elif not problems:
            found[name] = document(public)
    if problems:
        raise RenderError("\n".join(problems))
    if listed := list(releases):
        found[RELEASES_FILE] = _kustomization(listed)
    return dict(sorted(found.items()))


def public_manifest(manifest: Manifest) -> Manifest:
    """A manifest as anybody may read it: a Secret keeps its metadata and the names of its keys."""
    if manifest["kind"] != "Secret":
        return manifest
    keys = sorted({*manifest.get("data", {}), *manifest.get("stringData", {})})
    metadata = dict(manifest["metadata"])
    metadata["annotations"] = {**metadata.get("annotations", {}), SECRET_KEYS: ",".join(keys)}
    kept = {key: value for key, value in manifest.items() if key not in ("data", "stringData")}
    return {**kept, "metadata": metadata}


def _unwritable(manifest: Manifest) -> list[str]:
    return [
        f"{_title(manifest)}: {path_text(path)} is secret, which only a Secret may hold"
        for path, value in leaves(manifest)
        if isinstance(value, SecretValue)
    ]


def _title(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    place = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{manifest['kind']} {place}{metadata['name']}"


def _ambiguous_kinds(manifests: Iterable[Manifest]) -> set[str]:
    """Kinds that more than one group of the API has."""
    groups: dict[str, set[str]] = {}
    for manifest in manifests:
        groups.setdefault(manifest["kind"], set()).add(_group(manifest))
    return {kind for kind, found in groups.items() if len(found) > 1}


def _group(manifest: Manifest) -> str:
    return str(manifest["apiVersion"]).rpartition("/")[0]


def _file_name(manifest: Manifest, *, with_group: bool) -> str:
    metadata = manifest["metadata"]
    folder = str(metadata.get("namespace") or CLUSTER_FOLDER)
    group = f".{_group(manifest)}" if with_group else ""
    name = f"{manifest['kind']}{group}-{metadata['name']}".lower()
    return f"{folder}/{NOT_IN_FILE_NAMES.sub('_', name)}.yaml"


def _kustomization(releases: Iterable[ReleaseReference]) -> str:
    lines = ["apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization", "resources:"]
    for release in releases:
        checksum = f"sha256 {release.sha256}" if release.sha256 else "checksum not known"
        lines += [f"  # {release.name} {release.version}, {checksum}", f"  - {release.url}"]
    return "\n".join(lines) + "\n"


def _earlier(into: Path) -> set[str]:
    """The files that the last rendering wrote; none where the folder is new or empty."""
    if not into.exists() or (into.is_dir() and not any(into.iterdir())):
        return set()
    if not into.is_dir():
        raise RenderError(f"{into} is no folder")
    try:
        index: Mapping[str, Any] = json.loads((into / INDEX).read_text())
        names = {str(name) for name in index["files"]}
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise RenderError(
            f"{into} is not empty and no rendering of ours (it has no {INDEX}): "
            "name a folder that is new or empty"
        ) from exc
    root = into.resolve()
    if strangers := [name for name in names if not (into / name).resolve().is_relative_to(root)]:
        raise RenderError(f"{into / INDEX} names files elsewhere: {', '.join(sorted(strangers))}")
    return names


def _write_index(into: Path, stack: str, names: Iterable[str]) -> None:
    into.mkdir(parents=True, exist_ok=True)
    index = {"stack": stack, "files": sorted(names)}
    (into / INDEX).write_text(json.dumps(index, indent=2) + "\n")


def _remove(into: Path, name: str) -> None:
    """Remove a file, and its folder when that held nothing else."""
    file = into / name
    file.unlink(missing_ok=True)
    if file.parent != into and file.parent.is_dir() and not any(file.parent.iterdir()):
        file.parent.rmdir()
