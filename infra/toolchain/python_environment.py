"""The clone's Python environment ``.venv``, in step with ``requirements.lock`` (hashes included).

Standard library only. A stamp by content says when nothing is to be done, so that it costs nothing
when it is called again.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.toolchain.progress import BootstrapError, CommandFailedError, run, say, step
from infra.toolchain.tools import APT_INSTALL

__all__ = ["VenvMissingError", "install", "is_current"]

Words = list[str | os.PathLike[str]]

STAMP = ".autoserve-stamp"


class VenvMissingError(BootstrapError):
    """This Python cannot make virtual environments, and the package may not be installed."""


def is_current(tree: Path) -> bool:
    """Whether ``.venv`` holds what the lock file and pyproject.toml say."""
    stamp = tree / ".venv" / STAMP
    python = tree / ".venv" / "bin" / "python"
    return python.exists() and stamp.exists() and stamp.read_text() == _fingerprint(tree)


def install(tree: Path) -> None:
    """Make ``.venv`` what the lock file says."""
    if is_current(tree):
        return
    venv = tree / ".venv"
    (venv / STAMP).unlink(missing_ok=True)
    if not _has_pip(venv):
        _require_ensurepip()
        with step("Making the Python environment .venv"):
            run([sys.executable, "-m", "venv", "--clear", venv])
    lock = tree / "requirements.lock"
    with step("Installing Python packages from requirements.lock"):
        _sync(venv, lock)
    with step("Installing this project into .venv"):
        _install_project(venv, tree)
    (venv / STAMP).write_text(_fingerprint(tree))
    say("the Python environment is in step with requirements.lock")


def _sync(venv: Path, lock: Path) -> None:
    python = venv / "bin" / "python"
    pip: Words = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "uv.lock"
        first.write_text(_block_of("uv", lock.read_text()))
        run([*pip, "--quiet", "--require-hashes", "--no-deps", "-r", first])
    uv = venv / "bin" / "uv"
    try:
        run(
            [uv, "pip", "sync", "--python", python, "--require-hashes", lock],
            environment=_uv_environment(),
        )
    except CommandFailedError as exc:
        # pip knows settings of the machine (pip.conf) that uv does not read.
        say(f"uv failed, pip does it instead: {exc.output.strip().splitlines()[-1:]}")
        run([*pip, "--quiet", "--require-hashes", "--no-deps", "-r", lock])


def _install_project(venv: Path, tree: Path) -> None:
    python = venv / "bin" / "python"
    words: Words = [venv / "bin" / "uv", "pip", "install", "--python", python, "--no-deps"]
    run(
        [*words, "--offline", "--no-build-isolation", "--editable", tree],
        environment=_uv_environment(),
    )


def _uv_environment() -> dict[str, str]:
    # Another active environment must not be the target; progress bars are of no use in a log.
    env = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return {**env, "UV_NO_PROGRESS": "1"}


def _has_pip(venv: Path) -> bool:
    """Whether there is a whole environment; one of a Python that is gone is none."""
    command: Words = [venv / "bin" / "python", "-m", "pip", "--version"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _require_ensurepip() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False
    )
    if asked.returncode == 0:
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with step(f"Installing {package} by apt-get"):
            run(["sh", APT_INSTALL, package])
        return
    raise VenvMissingError(
        f"{sys.executable} has no `venv` with `ensurepip`. Install it by\n"
        f"    sudo apt-get install {package}"
    )


def _block_of(name: str, lock: str) -> str:
    """The lines of one package in a lock file, with their hashes."""
    match = re.search(rf"(?m)^{re.escape(name)}==(?:.*\\\n)*.*\n", lock)
    if match is None:
        raise BootstrapError(f"requirements.lock does not list {name}: make it again")
    return match[0]


def _fingerprint(tree: Path) -> str:
    digest = hashlib.sha256(f"{tree.resolve()} {sys.version_info.major}.".encode())
    for name in ("requirements.lock", "pyproject.toml"):
        digest.update((tree / name).read_bytes())
    return digest.hexdigest()
