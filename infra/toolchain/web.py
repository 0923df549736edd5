"""Builds the web dashboard when its sources changed. Standard library only."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from infra.toolchain import tools
from infra.toolchain.progress import run, say, step

__all__ = ["build", "is_current"]

STAMP = ".autoserve-stamp"
NOT_SOURCES = {"node_modules", "dist", "coverage", "test-results", "playwright-report"}


def is_current(web: Path) -> bool:
    """Whether ``dist`` was built from the sources that are there."""
    stamp = web / "dist" / STAMP
    return stamp.exists() and stamp.read_text() == _fingerprint(_sources(web), web)


def build(web: Path, *, with_modules: bool = False) -> None:
    """Make ``dist``; ``with_modules`` also wants what its tests need, built or not."""
    if not is_current(web):
        tools.install(tools.WEB_TOOLS)
        _install_modules(web)
        with step("Building the web dashboard"):
            run([_npm(), "run", "build"], cwd=web, environment=_environment())
        (web / "dist" / STAMP).write_text(_fingerprint(_sources(web), web))
        say("built the web dashboard")
    elif with_modules:
        tools.install(tools.WEB_TOOLS)
        _install_modules(web)


def _install_modules(web: Path) -> None:
    stamp = web / "node_modules" / STAMP
    wanted = _fingerprint([web / "package.json", web / "package-lock.json"], web)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    with step("Installing packages of the web dashboard (npm ci)"):
        run([_npm(), "ci", "--no-audit", "--no-fund"], cwd=web, environment=_environment())
    stamp.write_text(wanted)


def _npm() -> Path:
    return tools.locate(tools.NPM) or Path("npm")


def _environment() -> dict[str, str]:
    return {**os.environ, "CI": "true", "npm_config_update_notifier": "false"}


def _sources(web: Path) -> Iterator[Path]:
    for path in sorted(web.iterdir()):
        if path.name in NOT_SOURCES or path.name.startswith("."):
            continue
        yield from (sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path])


def _fingerprint(files: Iterator[Path] | list[Path], web: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(web)}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
