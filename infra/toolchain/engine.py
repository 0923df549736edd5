"""Which Pulumi engine this machine uses, and how it gets one.

In this order: a ``pulumi`` on PATH that is new enough; the official download, where its host
answers; a build of the engine's Go module. What is fetched or built is kept in the user's cache
folder, by version, and shared by clones. Standard library only: it runs before anything is
installed.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import socket
import subprocess
import tarfile
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.toolchain.progress import BootstrapError, run, say, step

__all__ = [
    "ENGINE_VERSION",
    "MINIMUM_VERSION",
    "ChecksumError",
    "Engine",
    "EngineMissingError",
    "cache_folder",
    "engine_folder",
    "find_engine",
    "install_engine",
]

# What is downloaded or built. Its Go module is the newest one that builds; see docs/decisions/0001.
ENGINE_VERSION = "3.259.0"
# The oldest engine that this project was run with; one on PATH must not be older.
MINIMUM_VERSION = (3, 259, 0)

DOWNLOAD_HOST = "get.pulumi.com"
DOWNLOAD_BASE = f"https://{DOWNLOAD_HOST}/releases/sdk"
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
GO_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
LANGUAGE_HOST = "pulumi-language-python"
OFFICIAL_HOST = "pulumi-language-python-exec"  # lies beside the official host, not beside ours
HOST_FOLDER = Path(__file__).resolve().parent / "host"
MODULE_FOLDER = Path(__file__).resolve().parent / "engine"

Fetch = Callable[[str, Path], None]


class EngineMissingError(BootstrapError):
    """There is no engine, and no way here to get one."""


class ChecksumError(BootstrapError):
    """A download is not what its publisher lists; nothing of it was kept."""

    def __init__(self, name: str, found: str, expected: str) -> None:
        super().__init__(
            f"{name} has SHA-256 {found}, its publisher lists {expected}: refused. "
            "Try again; if it stays so, something on the way changes downloads."
        )
        self.name, self.found, self.expected = name, found, expected


@dataclass(frozen=True, kw_only=True)
class Engine:
    """An engine that can be called."""

    binary: Path
    version: str
    needs_our_host: bool  # no Python language host is beside it: ours goes on PATH with it

    @property
    def path_entries(self) -> list[Path]:
        """Folders that PATH needs for it."""
        return [self.binary.parent, *([HOST_FOLDER] if self.needs_our_host else [])]


def cache_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Where built and downloaded tools are kept, shared by clones."""
    env = os.environ if environment is None else environment
    base = env.get("XDG_CACHE_HOME") or str(Path(env.get("HOME") or Path.home()) / ".cache")
    return Path(base) / "autoserve"


def engine_folder(cache: Path) -> Path:
    return cache / "engine" / f"v{ENGINE_VERSION}"


def find_engine(*, path: str, cache: Path) -> Engine | None:
    """The engine to use, if there is one already: on PATH and new enough, else from the cache."""
    kept = engine_folder(cache) / "pulumi"
    found = shutil.which("pulumi", path=path)
    if found and Path(found).resolve() != kept.resolve():
        version = _version_of(Path(found))
        if version is not None and _as_tuple(version) >= MINIMUM_VERSION:
            return _engine(Path(found), version, path=path)
    if os.access(kept, os.X_OK):
        return _engine(kept, ENGINE_VERSION, path=path)
    return None


def install_engine(
    *,
    path: str,
    cache: Path,
    is_reachable: Callable[[], bool] | None = None,
    fetch: Fetch | None = None,
) -> Engine:
    """The engine to use, fetched or built first where there is none.

    Raises:
        ChecksumError: the download is not what its publisher lists.
        EngineMissingError: nothing can be downloaded, and Go is not there to build it.
        CommandFailedError: the build failed.
    """
    folder = engine_folder(cache)
    if (engine := find_engine(path=path, cache=cache)) is not None:
        if engine.binary.parent == folder:
            _place_host(folder)
            return _engine(engine.binary, engine.version, path=path)
        return engine
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(folder.with_name(f"{folder.name}.lock")):
        if not os.access(folder / "pulumi", os.X_OK):
            for left_over in folder.parent.glob(f".{folder.name}-*"):
                shutil.rmtree(left_over, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
            temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
            try:
                _fill(temporary, path, is_reachable or _is_reachable, fetch or _fetch)
                temporary.chmod(0o755)
                temporary.rename(folder)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        _place_host(folder)
    return _engine(folder / "pulumi", ENGINE_VERSION, path=path)


def _fill(folder: Path, path: str, is_reachable: Callable[[], bool], fetch: Fetch) -> None:
    with step(f"Looking for {DOWNLOAD_HOST}"):
        reachable = is_reachable()
    if reachable:
        try:
            with step(f"Downloading the Pulumi engine v{ENGINE_VERSION}"):
                _download(folder, fetch)
        except OSError as exc:
            say(f"the download failed ({exc}); building the engine from its Go module instead")
        else:
            return
    _build(folder, path)


def _download(folder: Path, fetch: Fetch) -> None:
    archive = f"pulumi-v{ENGINE_VERSION}-{_platform()}.tar.gz"
    checksums = f"pulumi-{ENGINE_VERSION}-checksums.txt"
    for name in (checksums, archive):
        fetch(f"{DOWNLOAD_BASE}/{name}", folder / name)
    lines = [line.split() for line in (folder / checksums).read_text().splitlines()]
    listed = {words[1]: words[0] for words in lines if len(words) == 2}
    with (folder / archive).open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != listed.get(archive):
        raise ChecksumError(archive, found, listed.get(archive, "none"))
    with tarfile.open(folder / archive) as tar:
        for member in tar:
            # All programs lie directly in pulumi/; nothing is written anywhere else.
            source = tar.extractfile(member) if member.isfile() else None
            if source is not None and str(Path(member.name).parent) == "pulumi":
                target = folder / Path(member.name).name
                with source, target.open("wb") as out:
                    shutil.copyfileobj(source, out)
                target.chmod(0o755)
    for name in (checksums, archive):
        (folder / name).unlink()


def _build(folder: Path, path: str) -> None:
    go = shutil.which("go", path=f"{path}{os.pathsep}/usr/local/go/bin")
    if go is None:
        raise EngineMissingError(
            f"no Pulumi engine: none on PATH is at least v{'.'.join(map(str, MINIMUM_VERSION))}, "
            f"{DOWNLOAD_HOST} does not answer, and Go is missing to build it. Install Go 1.21 or "
            "newer (`apt-get install golang-go`, or see go.dev/doc/install) and run this again."
        )
    flags = f"-s -w -X {VERSION_VARIABLE}=v{ENGINE_VERSION}"
    with step("Building the Pulumi engine from its Go module (about 5 minutes, once)"):
        run(
            [go, "build", "-trimpath", "-ldflags", flags, "-o", folder / "pulumi", GO_PACKAGE],
            cwd=MODULE_FOLDER,
            environment={**os.environ, "PATH": path, "GOWORK": "off", "CGO_ENABLED": "0"},
        )


def _place_host(folder: Path) -> None:
    """Put our language host beside a built engine, where the engine looks without a warning."""
    if (folder / OFFICIAL_HOST).exists():
        return
    source, target = HOST_FOLDER / LANGUAGE_HOST, folder / LANGUAGE_HOST
    if target.exists() and target.read_bytes() == source.read_bytes():
        return
    temporary = target.with_suffix(f".{os.getpid()}")
    shutil.copy(source, temporary)
    temporary.rename(target)


def _engine(binary: Path, version: str, *, path: str) -> Engine:
    beside = (folder / LANGUAGE_HOST for folder in (binary.parent, binary.resolve().parent))
    others = os.pathsep.join(p for p in path.split(os.pathsep) if p != str(HOST_FOLDER))
    has_host = any(host.exists() for host in beside) or shutil.which(LANGUAGE_HOST, path=others)
    return Engine(binary=binary, version=version, needs_our_host=not has_host)


def _version_of(binary: Path) -> str | None:
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        shown = subprocess.run(
            [binary, "version"], capture_output=True, text=True, timeout=20, env=env, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"v?(\d+\.\d+\.\d+)", shown.stdout.strip())
    return match[1] if match else None


def _as_tuple(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _platform() -> str:
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
    return f"{platform.system().lower()}-{machine.get(platform.machine(), platform.machine())}"


def _is_reachable() -> bool:
    """Whether the download's host, or the proxy that leads to it, takes a connection within 5 s."""
    proxy = urllib.request.getproxies().get("https")
    address = urllib.parse.urlsplit(proxy) if proxy else None
    target = (DOWNLOAD_HOST, 443) if address is None else (address.hostname, address.port or 443)
    try:
        socket.create_connection(target, timeout=CONNECT_TIMEOUT_S).close()
    except OSError:
        return False
    return True


def _fetch(url: str, target: Path) -> None:
    with (
        urllib.request.urlopen(url, timeout=READ_TIMEOUT_S) as answer,  # noqa: S310 - https above
        target.open("wb") as out,
    ):
        shutil.copyfileobj(answer, out)


@contextlib.contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("Waiting for another clone that installs the engine"):
                fcntl.flock(file, fcntl.LOCK_EX)
        yield
