"""The text of release manifests: from the user's cache, else from their address, always verified.

Called before the program runs, which itself knows no network and no file. A manifest is kept by
version and address, so that a changed table never meets an old file.
"""

import hashlib
import http.client
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from infra.platform.releases import Release
from infra.toolchain.engine import cache_folder

__all__ = ["ManifestError", "cached_at", "file_of", "manifests", "objects_of"]

DEADLINE_S = 30.0  # between two packets
AT_ONCE = 4
LARGEST_MIB = 32  # KEDA's, the largest, has about 1
NOT_YAML = "it is no Kubernetes manifest: no line begins with `apiVersion:`"


class ManifestError(Exception):
    """Manifests that cannot be had or must not be used; ``problems`` has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Refused(Exception):
    """Why one manifest is not used."""


def manifests(
    releases: Iterable[Release], environment: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The text of each manifest by its name; what is not in the cache yet is fetched into it.

    Raises:
        ManifestError: one could not be fetched, or is not what its checksum says.
    """
    wanted = list(releases)
    folder = cached_at(environment)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda release: _text_or_refusal(release, folder), wanted))
    refused = [each for each in found if isinstance(each, _Refused)]
    if refused:
        raise ManifestError([str(each) for each in refused])
    return {
        release.name: text
        for release, text in zip(wanted, found, strict=True)
        if isinstance(text, str)
    }


def cached_at(environment: Mapping[str, str] | None = None) -> Path:
    """The folder of the manifests in the user's cache."""
    return cache_folder(environment) / "manifests"


def file_of(release: Release, folder: Path) -> Path:
    """Where a manifest is kept, whether it is there or not."""
    address = hashlib.sha256(release.url.encode()).hexdigest()[:8]
    return folder / f"{release.name}-{release.version}-{address}.yaml"


def objects_of(release: Release, text: str) -> list[dict[str, Any]]:
    """The objects of a manifest, with the release's flags on its Deployments' command lines."""
    objects: list[dict[str, Any]] = [each for each in yaml.safe_load_all(text) if each]
    for each in objects:
        flags = release.flags.get(each["metadata"]["name"], ())
        if each["kind"] == "Deployment" and flags:
            container = each["spec"]["template"]["spec"]["containers"][0]
            given = container.setdefault("args", [])
            given.extend(flag for flag in flags if flag not in given)
    return objects


def _text_or_refusal(release: Release, folder: Path) -> str | _Refused:
    try:
        return _text(release, file_of(release, folder))
    except _Refused as refused:
        return refused


def _text(release: Release, file: Path) -> str:
    try:
        return _verified(file.read_bytes(), release, where=str(file))
    except FileNotFoundError:
        content = _fetched(release, file)
    except OSError as exc:
        raise _Refused(f"{release.name}: {file} cannot be read: {exc.strerror}") from exc
    text = _verified(content, release, where=release.url)
    try:
        _keep(content, file)
    except OSError as exc:
        raise _Refused(f"{release.name}: {file} cannot be written: {exc.strerror}") from exc
    return text


def _verified(content: bytes, release: Release, *, where: str) -> str:
    digest = hashlib.sha256(content).hexdigest()
    if release.sha256 is not None and digest != release.sha256:
        raise _Refused(
            f"{release.name} {release.version}: {where} is refused: its SHA-256 is {digest}, "
            f"expected {release.sha256}"
        )
    try:
        text = content.decode()
    except UnicodeDecodeError as exc:
        raise _Refused(f"{release.name} {release.version}: {where}: {NOT_YAML}") from exc
    # A proxy's log-in page comes with status 200 too.
    if not any(line.startswith("apiVersion:") for line in text.splitlines()):
        raise _Refused(f"{release.name} {release.version}: {where}: {NOT_YAML}")
    return text


def _fetched(release: Release, file: Path) -> bytes:
    """What the address gives.

    Raises:
        _Refused: it cannot be had; says where to put the file by hand.
    """
    limit = LARGEST_MIB * 2**20
    try:
        # The addresses are those of the table, which a test keeps to https.
        with urllib.request.urlopen(release.url, timeout=DEADLINE_S) as answer:  # noqa: S310
            content: bytes = answer.read(limit + 1)
    except (OSError, http.client.HTTPException) as exc:
        reason = _reason(exc)
        raise _Refused(
            f"{release.name} {release.version}: {release.url} cannot be fetched ({reason}): "
            f"fetch it on another machine and put it at {file}"
        ) from exc
    if len(content) > limit:
        raise _Refused(f"{release.name}: {release.url} is larger than {LARGEST_MIB} MiB")
    return content


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()  # it is the open answer as well
        return f"HTTP {error.code} {error.reason}"
    return str(getattr(error, "reason", None) or error or type(error).__name__)


def _keep(content: bytes, file: Path) -> None:
    """Write it whole or not at all: two commands may fetch at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
