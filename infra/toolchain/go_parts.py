"""Parts that are built from Go modules: programs, and data that lies in a module as files.

A part is pinned by a ``go.mod`` and a ``go.sum`` of ours, built once, kept in the user's cache
folder by version and pins, and shared by clones. It is made beside its place and moved there whole,
so that a build which is killed leaves nothing half-installed. Standard library only.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.toolchain.progress import BootstrapError, run, step

__all__ = ["Data", "GoMissingError", "Part", "Patch", "PatchError", "PinError", "install_part"]

MODULES = Path(__file__).resolve().parent / "cluster"
GO_FOLDER = "/usr/local/go/bin"  # where go.dev's archive puts it; often not on PATH
PATCHED = ".patched"


class GoMissingError(BootstrapError):
    """Something has to be built, and there is no Go."""


class PinError(BootstrapError):
    """A go.mod of ours, or the version it pins, lacks what the part is there for."""


class PatchError(BootstrapError):
    """A source file is not what a patch of ours was written for."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """Files of a module that are kept beside its programs; a folder gives its YAML, all levels."""

    name: str
    path: str
    module: str = ""  # the part's own where empty


@dataclass(frozen=True, kw_only=True)
class Patch:
    """One place in the main file of a program that is built otherwise than published."""

    program: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one ``go.mod`` of ours pins: a module, the programs built from it, the data kept."""

    name: str  # also the folder of its go.mod
    module: str
    programs: Mapping[str, str] = field(default_factory=dict)  # name: package
    data: tuple[Data, ...] = ()
    patches: tuple[Patch, ...] = ()
    version_variables: tuple[str, ...] = ()  # set to the module's version by the linker

    @property
    def source(self) -> Path:
        return MODULES / self.name

    def version(self, module: str = "") -> str:
        """The pinned version of its module, or of another one that its go.mod names.

        Raises:
            PinError: the go.mod names none.
        """
        wanted = re.escape(module or self.module)
        text = (self.source / "go.mod").read_text()
        # A replacement, where there is one, is what is used.
        found = re.search(rf"^(?:replace)?\s*{wanted} => {wanted} (v\S+)", text, re.M)
        found = found or re.search(rf"^(?:require)?\s*{wanted} (v\S+)", text, re.M)
        if found is None:
            raise PinError(f"{self.source / 'go.mod'} has no version of {module or self.module}")
        return found[1]

    def folder(self, cache: Path) -> Path:
        """Where it lies once installed: another place for every change of its pins or contents."""
        digest = hashlib.sha256(repr(self).encode())
        for name in ("go.mod", "go.sum"):
            digest.update((self.source / name).read_bytes())
        name = f"{self.name}-{self.version()}-{digest.hexdigest()[:8]}"
        return cache / MODULES.name / name


@dataclass(frozen=True, kw_only=True)
class _Go:
    """The go command, called for one part."""

    program: str
    part: Part
    environment: Mapping[str, str]

    def run(self, *arguments: str | Path) -> str:
        command = [self.program, *arguments]
        return run(command, cwd=self.part.source, environment=self.environment)

    def module_folder(self, module: str) -> Path:
        """Where Go keeps a module's files, checked against go.sum; fetched first where needed."""
        with step(f"Fetching {module} {self.part.version(module)}"):
            shown = self.run("mod", "download", "-json", module)
        return Path(json.loads(shown)["Dir"])


def install_part(part: Part, *, path: str, cache: Path) -> bool:
    """Build and copy a part where it is not there yet; whether that was so.

    Raises:
        GoMissingError: it is missing, and there is no Go to build it with.
        CommandFailedError: a download or a build failed; nothing of the part was kept.
        PatchError: a source file is not what a patch of ours was written for.
        PinError: the pinned version lacks the data.
    """
    folder = part.folder(cache)
    if folder.is_dir():
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(folder.with_name(f"{part.name}.lock"), part.name):
        if folder.is_dir():
            return False
        for left_over in folder.parent.glob(f".{part.name}-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{part.name}-", dir=folder.parent))
        try:
            _fill(temporary, part, path)
            temporary.chmod(0o755)
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return True


def _fill(folder: Path, part: Part, path: str) -> None:
    program = shutil.which("go", path=f"{path}{os.pathsep}{GO_FOLDER}")
    if program is None:
        raise GoMissingError(
            f"the test cluster's {part.name} is not built yet, and Go is missing to build it. "
            "Install Go 1.21 or newer (`apt-get install golang-go`, or see go.dev/doc/install)."
        )
    environment = {**os.environ, "PATH": path, "GOWORK": "off", "CGO_ENABLED": "0"}
    go = _Go(program=program, part=part, environment=environment)
    for kept in part.data:
        _copy_data(folder / "data" / kept.name, kept, go)
    values = [f"-X {variable}={part.version()}" for variable in part.version_variables]
    # Whose commit the tree is at says nothing of what is built, and asking git may fail.
    flags = ["-trimpath", "-buildvcs=false", "-ldflags", " ".join(["-s", "-w", *values])]
    for name, package in part.programs.items():
        patches = [patch for patch in part.patches if patch.program == name]
        with step(f"Building {name} ({part.module} {part.version()})"):
            built = _patched(folder / PATCHED, patches, package, go) if patches else [package]
            go.run("build", *flags, "-o", folder / name, *built)
    shutil.rmtree(folder / PATCHED, ignore_errors=True)


def _copy_data(target: Path, kept: Data, go: _Go) -> None:
    module = kept.module or go.part.module
    source = go.module_folder(module) / kept.path
    if source.is_file():
        files = {Path(source.name): source}
    else:
        files = {found.relative_to(source): found for found in source.rglob("*.yaml")}
        # Cases of the module's own tests are no data of it.
        files = {name: found for name, found in files.items() if "testdata" not in name.parts}
    if not files:
        raise PinError(f"{module} {go.part.version(module)} has no YAML at {kept.path}")
    for name, found in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found, target / name)  # not its mode: Go keeps its modules read-only


def _patched(folder: Path, patches: list[Patch], package: str, go: _Go) -> list[str]:
    """What to build instead of a program whose only file is ``main.go``: a patched copy.

    Go's overlay shows it as a package of our own module, since it refuses to replace what lies in
    the module cache; so the copy is never in the tree.
    """
    inside = Path(package).relative_to(go.part.module)
    source = go.module_folder(go.part.module) / inside / "main.go"
    text = source.read_text()
    for patch in patches:
        if text.count(patch.old) != 1:
            raise PatchError(f"{package}: main.go has not {patch.old!r} exactly once")
        text = text.replace(patch.old, patch.new)
    folder.mkdir()
    copy, overlay = folder / "main.go", folder / "overlay.json"
    copy.write_text(text)
    shown_as = go.part.source / inside.name / "main.go"
    overlay.write_text(json.dumps({"Replace": {str(shown_as): str(copy)}}))
    return ["-overlay", str(overlay), f"./{inside.name}"]


@contextlib.contextmanager
def _only_one(lock: Path, name: str) -> Iterator[None]:
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step(f"Waiting for another clone that installs the test cluster's {name}"):
                fcntl.flock(file, fcntl.LOCK_EX)
        yield
