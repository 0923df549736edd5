"""Keeps fitted forecasters in the format of skops, version by version: a restart serves at once.

skops builds no object of a type that is not listed here, whatever a file asks for; pickle is not
read. What is corrupt, foreign or of another version of the libraries is refused and said, and the
newest good one before it is given instead: without any, the caller fits anew.

Where the bytes lie is a matter of the shelf: a folder of one machine (``model_folder``), or the
database, which several replicas share (``model_tables``).
"""

import contextlib
import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from typing import Any, Protocol

import numpy as np
import sklearn

from scaler.records import About, Kept, ModelError, Refused

__all__ = ["DEPENDENCY", "LAYOUT", "TRUSTED_TYPES", "ModelStore", "Shelf"]

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


class Shelf(Protocol):
    """Keeps bytes by workload and version; safe to use from several threads.

    Raises:
        Unavailable: from every method, when it cannot be read or written.
    """

    def versions(self, workload: str) -> Collection[str]:
        """The names of all that was put, in any order."""
        ...

    def put(self, workload: str, version: str, *, description: bytes, content: bytes) -> None:
        """Add a version: all of it, or nothing."""
        ...

    def description(self, workload: str, version: str) -> bytes | None: ...

    def content(self, workload: str, version: str) -> bytes | None: ...

    def forget(self, workload: str, *, but: Collection[str]) -> None:
        """Leave nothing of other versions."""
        ...

    def pin(self, workload: str, version: str | None) -> None: ...

    def pinned(self, workload: str) -> str | None: ...


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
    """A ``ModelKeeper``; several processes may use what one shelf holds.

    Raises:
        Unavailable: from every method, when the shelf cannot be read or written.
    """

    def __init__(
        self, shelf: Shelf, *, keep: int = KEEP, trusted: tuple[str, ...] = TRUSTED_TYPES
    ) -> None:
        """``keep`` versions of a workload, and the pinned one, are left when another comes."""
        self._shelf = shelf
        self._keep = keep
        self._trusted = list(trusted)

    def save(self, workload: str, model: Any, about: About) -> str:
        """Keep a model as the newest version; those beyond the last go, a pinned one stays.

        Returns:
            Its version.
        Raises:
            ModelError: the model holds a type that may not be kept.
        """
        from skops import io as skops_io  # noqa: PLC0415 - seconds and MiB that a start can spare

        content = skops_io.dumps(model, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
        unknown = set(skops_io.get_untrusted_types(data=content)) - set(self._trusted)
        if unknown:
            raise ModelError(workload, f"holds types that are not kept: {sorted(unknown)}")
        versions = self._versions(workload)
        version = _next_version(versions, about.created_at)
        manifest = _Manifest(
            layout=LAYOUT,
            version=version,
            workload=workload,
            checksum=_checksum(content),
            size=len(content),
            libraries=_libraries(),
            about=_plain(about),
        )
        description = json.dumps(asdict(manifest), indent=1).encode()
        self._shelf.put(workload, version, description=description, content=content)
        kept = {version, *versions[: self._keep - 1]}
        self._shelf.forget(workload, but=kept | {self.pinned(workload) or version})
        return version

    def load(
        self, workload: str, *, unfit: Callable[[Kept], str | None] = lambda _: None
    ) -> tuple[Kept | None, tuple[Refused, ...]]:
        """The pinned version, else the newest good one; and those before it that were refused.

        Args:
            unfit: why a version must not serve, a clause; ``None`` where it may.
        """
        refused: list[Refused] = []
        versions = self._versions(workload)
        pinned = self.pinned(workload)
        if pinned in versions:
            versions = [pinned, *(v for v in versions if v != pinned)]
        for version in versions:
            try:
                return self._fit(workload, version, unfit), tuple(refused)
            except ModelError as error:
                refused.append(Refused(version=version, why=error.why))
        return None, tuple(refused)

    def versions(self, workload: str) -> tuple[Kept, ...]:
        """What is kept, newest first, without the models; what cannot be read is left out."""
        found = []
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
        """Pin a version, by default the one before ``serving``, until an unpin.

        Args:
            serving: by default the pinned version, else the newest.
            unfit: why a version must not be pinned, a clause; ``None`` where it may.
        Raises:
            ModelError: there is no such version, or it cannot be used; an older pin stays.
        """
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
        kept = self._fit(workload, version, unfit)
        self._shelf.pin(workload, version)
        return kept

    def unpin(self, workload: str) -> None:
        self._shelf.pin(workload, None)

    def pinned(self, workload: str) -> str | None:
        """The version that was rolled back to."""
        found = self._shelf.pinned(workload)
        return found if found and VERSION.fullmatch(found) else None

    def _versions(self, workload: str) -> list[str]:
        """Newest first."""
        found = (
            version for version in self._shelf.versions(workload) if VERSION.fullmatch(version)
        )
        return sorted(found, key=_age, reverse=True)

    def _fit(self, workload: str, version: str, unfit: Callable[[Kept], str | None]) -> Kept:
        kept = self._read(workload, version)
        why = unfit(kept)
        if why is not None:
            raise ModelError(workload, why)
        return kept

    def _read(self, workload: str, version: str) -> Kept:
        manifest = self._manifest(workload, version)
        found = _libraries()
        for name, made_with in manifest.libraries.items():
            if found.get(name) != made_with:
                raise ModelError(workload, f"made with {name} {made_with}, here is {found[name]}")
        content = self._shelf.content(workload, version)
        if content is None:
            raise ModelError(workload, "its file is gone")
        if len(content) != manifest.size:
            raise ModelError(workload, f"{len(content)} bytes instead of {manifest.size}")
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
        description = self._shelf.description(workload, version)
        if description is None:
            raise ModelError(workload, "its description is gone")
        try:
            manifest = _Manifest(**json.loads(description))
            _about(manifest)
        except (ValueError, TypeError, KeyError) as error:
            raise ModelError(workload, "its description cannot be read") from error
        if manifest.layout != LAYOUT:
            why = f"layout {manifest.layout} of another version of the scaler, here is {LAYOUT}"
            raise ModelError(workload, why)
        if (manifest.workload, manifest.version) != (workload, version):
            raise ModelError(workload, f"it is {manifest.workload} {manifest.version}")
        return manifest


def _next_version(versions: list[str], created_at: datetime) -> str:
    """By time; the number tells those of one second apart, and a clock that went back."""
    number = 1 + max((_age(version)[0] for version in versions), default=0)
    return f"{created_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{number}"


def _age(version: str) -> tuple[int, str]:
    time, number = version.rsplit("-", 1)
    return int(number), time


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
