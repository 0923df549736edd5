"""checkov in an environment of its own: its dependencies contradict ours.

Made once from ``checkov.lock`` (hashes included), kept in the user's cache folder by that lock and
shared by clones. To move to another version, edit ``checkov.in`` and run what the lock's first
lines say.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from infra.toolchain.engine import cache_folder
from infra.toolchain.progress import BootstrapError, CommandFailedError, run, say, step

__all__ = ["install", "main"]

LOCK = Path(__file__).with_suffix(".lock")

Words = list[str | os.PathLike[str]]


def install(cache: Path | None = None) -> list[str]:
    """Install it where it is missing; the command that runs it.

    Raises:
        CommandFailedError: the environment cannot be made; nothing of it was kept.
    """
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = (cache or cache_folder()) / f"checkov-{digest}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with step("Installing checkov into an environment of its own"):
            _make(folder)
    # Not its script, which names the folder that it was installed in.
    return [str(folder / "bin" / "python"), "-m", "checkov.main"]


def main() -> int:
    """Install it; the exit code is 1 when that cannot be done."""
    try:
        install()
    except (BootstrapError, OSError) as exc:
        say(f"error: {exc}")
        return 1
    return 0


def _make(folder: Path) -> None:
    """Make it beside its place and move it there whole: what is killed leaves nothing half-made."""
    temporary = Path(tempfile.mkdtemp(prefix=".checkov-", dir=folder.parent))
    try:
        run([sys.executable, "-m", "venv", "--without-pip", temporary])
        _fill(temporary / "bin" / "python")
        temporary.chmod(0o755)
        # Another clone may have been quicker; its environment is the same.
        if not folder.is_dir():
            temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _fill(python: Path) -> None:
    uv: Words = [sys.executable, "-m", "uv", "pip", "sync", "--quiet", "--python", python]
    try:
        run([*uv, "--require-hashes", LOCK])
    except CommandFailedError:
        # pip knows settings of the machine (pip.conf) that uv does not read.
        pip: Words = [sys.executable, "-m", "pip", "--python", python, "--no-input", "install"]
        run([*pip, "--quiet", "--require-hashes", "--no-deps", "-r", LOCK])


if __name__ == "__main__":
    sys.exit(main())
