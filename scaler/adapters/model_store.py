"""Keeps fitted forecasters as skops files, version by version, so that a restart serves at once.

    <folder>/<workload>/<version>.skops   the model
    <folder>/<workload>/<version>.json    what it is: written last, a model without it is none
    <folder>/<workload>/pinned            the version that was rolled back to, if one was

skops builds no object of a type that is not listed here, whatever a file asks for; pickle is not
read. A file is written beside its place, synced and moved, so a crash leaves a whole one or none.
What is corrupt, foreign or of another version of the libraries is refused and said, and the newest
good one before it is given instead: without any, the caller fits anew.
"""

import contextlib
import hashlib
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import sklearn

from scaler.records import About, Kept, ModelError, Refused, Unavailable

__all__ = ["DEPENDENCY", "LAYOUT", "TRUSTED_TYPES", "ModelStore"]

DEPENDENCY = "models"
# Grows when what a model consists of changes: a file of another layout is refused.
LAYOUT = 9
KEEP = 5
# What a model may consist of besides numpy's arrays, scikit-learn's estimators and plain values,
# which skops trusts itself. All are plain data once built: none runs anything when it is loaded.
TRUSTED_TYPES = (
    "scaler.core.boosting.Booster",
    "scaler.core.boosting.Forest",
    "scaler.core.boosting.Recipe",
    "scaler.core.forecaster.LoadForecaster",
    "scaler.core.linear.Linear",
)
VERSION = re.compile(r"\d{8}T\d{6}Z-\d+")


@dataclass(frozen=True, kw_only=True)
class _Manifest:
    layout: int
    version: str
    workload: str
    checksum: str
    size: int
    libraries: dict[str, str]
    about: dict[str, Any]


class ModelStore:
    """A ``ModelKeeper`` over a folder; several processes may read, one writes.

    Raises:
        Unavailable: from every method, when the folder cannot be read or written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keep: int = KEEP,
        trusted: tuple[str, ...] = TRUSTED_TYPES,
    ) -> None:
        self._folder = folder
        self._keep = keep
        self._trusted = list(trusted)

    def save(self, workload: str, model: Any, about: About) -> str:
        """Keep a model as the newest version; a pin ends, and versions beyond the last go.

        Returns:
            Its version.
        Raises:
            ModelError: the model holds a type that may not be kept.
        """
        from skops import io as skops_io  # noqa: PLC0415 - seconds and MiB that a start can spare

        with _answering():
            folder = self._of(workload)
            folder.mkdir(parents=True, exist_ok=True)
            content = skops_io.dumps(model, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
            unknown = set(skops_io.get_untrusted_types(data=content)) - set(self._trusted)
            if unknown:
                raise ModelError(workload, f"holds types that are not kept: {sorted(unknown)}")
            version = self._next_version(folder, about.created_at)
            manifest = _Manifest(
                layout=LAYOUT,
                version=version,
                workload=workload,
                checksum=_checksum(content),
                size=len(content),
                libraries=_libraries(),
                about=_plain(about),
            )
            _write(folder / f"{version}.skops", content)
            _write(folder / f"{version}.json", json.dumps(asdict(manifest), indent=1).encode())
            self.unpin(workload)
            self._forget(folder)
            return version

    def load(self, workload: str) -> tuple[Kept | None, tuple[Refused, ...]]:
        """The pinned version, else the newest good one; and those before it that were refused."""
        refused: list[Refused] = []
        with _answering():
            versions = self._versions(workload)
            pinned = self.pinned(workload)
            if pinned in versions:
                versions = [pinned, *(v for v in versions if v != pinned)]
            for version in versions:
                try:
                    return self._read(workload, version), tuple(refused)
                except ModelError as error:
                    refused.append(Refused(version=version, why=error.why))
        return None, tuple(refused)

    def versions(self, workload: str) -> tuple[Kept, ...]:
        """What is kept, newest first, without the models; what cannot be read is left out."""
        found = []
        with _answering():
            for version in self._versions(workload):
                with contextlib.suppress(ModelError):
                    manifest = self._manifest(workload, version)
                    found.append(Kept(version=version, about=_about(manifest), model=None))
        return tuple(found)

    def rollback(
        self,
        workload: str,
        version: str | None = None,
        *,
        serving: str | None = None,
        unfit: Callable[[Kept], str | None] = lambda _: None,
    ) -> Kept:
        """Pin a version, by default the one before ``serving``, until an unpin or a newer one.

        Args:
            serving: by default the pinned version, else the newest.
            unfit: why a version must not be pinned, a clause; ``None`` where it may.
        Raises:
            ModelError: there is no such version, or it cannot be used; an older pin stays.
        """
        with _answering():
            versions = self._versions(workload)
            if version is None:
                serving = serving or self.pinned(workload) or (versions[0] if versions else None)
                older = versions[versions.index(serving) + 1 :] if serving in versions else []
                if not older:
                    raise ModelError(workload, "there is no older version to go back to")
                version = older[0]
            if version not in versions:
                known = ", ".join(versions) or "none"
                raise ModelError(workload, f"version {version!r} is not kept; kept: {known}")
            kept = self._read(workload, version)
            why = unfit(kept)
            if why is not None:
                raise ModelError(workload, why)
            _write(self._of(workload) / "pinned", version.encode())
            return kept

    def unpin(self, workload: str) -> None:
        with _answering():
            (self._of(workload) / "pinned").unlink(missing_ok=True)

    def pinned(self, workload: str) -> str | None:
        """The version that was rolled back to."""
        with _answering():
            try:
                text = (self._of(workload) / "pinned").read_text(errors="replace").strip()
            except FileNotFoundError:
                return None
            return text if VERSION.fullmatch(text) else None

    def _of(self, workload: str) -> Path:
        # Names come from a cluster too: what is no file name there is none here.
        name = quote(workload, safe="")
        return self._folder / name.replace(".", "%2E")

    def _versions(self, workload: str) -> list[str]:
        """Newest first."""
        found = (path.stem for path in self._of(workload).glob("*.json"))
        return sorted((v for v in found if VERSION.fullmatch(v)), key=_age, reverse=True)

    def _next_version(self, folder: Path, created_at: datetime) -> str:
        """By time; the number tells those of one second apart, and a clock that went back."""
        numbers = [_age(path.stem) for path in folder.glob("*.skops") if _is_version(path.stem)]
        number = 1 + max(numbers, default=0)
        return f"{created_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{number}"

    def _read(self, workload: str, version: str) -> Kept:
        manifest = self._manifest(workload, version)
        found = _libraries()
        for name, made_with in manifest.libraries.items():
            if found.get(name) != made_with:
                raise ModelError(workload, f"made with {name} {made_with}, here is {found[name]}")
        path = self._of(workload) / f"{version}.skops"
        try:
            size = path.stat().st_size
            if size != manifest.size:
                raise ModelError(workload, f"{size} bytes instead of {manifest.size}")
            content = path.read_bytes()
        except FileNotFoundError:
            raise ModelError(workload, "its file is gone") from None
        if _checksum(content) != manifest.checksum:
            raise ModelError(workload, "its checksum is wrong: the file was changed or is damaged")
        from skops import io as skops_io  # noqa: PLC0415 - seconds and MiB that a start can spare

        try:
            model = skops_io.loads(content, trusted=self._trusted)
        except Exception as error:  # what a foreign archive raises is listed nowhere
            first = (str(error).splitlines() or [""])[0]
            raise ModelError(workload, f"{type(error).__name__}: {first}"[:300]) from error
        return Kept(version=version, about=_about(manifest), model=model)

    def _manifest(self, workload: str, version: str) -> _Manifest:
        try:
            given = json.loads((self._of(workload) / f"{version}.json").read_bytes())
            manifest = _Manifest(**given)
            _about(manifest)
        except FileNotFoundError:
            raise ModelError(workload, "its description is gone") from None
        except (ValueError, TypeError, KeyError) as error:
            raise ModelError(workload, "its description cannot be read") from error
        if manifest.layout != LAYOUT:
            why = f"layout {manifest.layout} of another version of the scaler, here is {LAYOUT}"
            raise ModelError(workload, why)
        if (manifest.workload, manifest.version) != (workload, version):
            raise ModelError(workload, f"it is {manifest.workload} {manifest.version}")
        return manifest

    def _forget(self, folder: Path) -> None:
        """All but the newest versions, and what a crash left half written."""
        described = {p.stem for p in folder.glob("*.json") if _is_version(p.stem)}
        kept = set(sorted(described, key=_age, reverse=True)[: self._keep])
        for path in folder.iterdir():
            is_old = _is_version(path.stem) and path.stem not in kept
            if is_old or path.suffix == ".part":
                path.unlink(missing_ok=True)


def _is_version(text: str) -> bool:
    return VERSION.fullmatch(text) is not None


def _age(version: str) -> int:
    return int(version.rsplit("-", 1)[1])


def _libraries() -> dict[str, str]:
    """Those that a file depends on; the trees of scikit-learn change between minor versions."""
    return {"scikit-learn": sklearn.__version__, "skops": version_of("skops"), "numpy": _minor()}


def _minor() -> str:
    return ".".join(np.__version__.split(".")[:2])


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _plain(about: About) -> dict[str, Any]:
    return asdict(about) | {"created_at": about.created_at.isoformat()}


def _about(manifest: _Manifest) -> About:
    given = dict(manifest.about)
    created_at = datetime.fromisoformat(given.pop("created_at"))
    return About(created_at=created_at, **given | {"features": tuple(given["features"])})


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(DEPENDENCY, error.strerror or type(error).__name__) from error
