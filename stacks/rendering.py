"""Renderings of stacks on Kubernetes: of this tree, or of any commit with that commit's own code.

No engine, no cluster and no network are asked; a setting that is wrong is refused as in an `up`.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.kubernetes.cluster import Cluster
from infra.local.state import tree_root
from infra.platform.releases import Release, releases_of
from infra.program import build
from infra.rendering.difference import Rendering
from infra.rendering.recording import Recording, record
from infra.rendering.render import texts
from infra.settings import SettingsError
from infra.sources import versions_of
from infra.stack_settings import settings_of

__all__ = ["RevisionError", "recording_of", "rendering_at", "rendering_of"]

TIMEOUT_S = 120
# The command is the one interface that every commit with renderings has.
RENDER = "from stacks.commands.render import render; render(prog_name='autoserve render')"


class RevisionError(Exception):
    """A commit does not exist, or its code cannot render the stack."""


def recording_of(stack: str) -> tuple[Recording, tuple[Release, ...]]:
    """What the program declares for a stack, and the releases that it installs.

    Raises:
        StackFileError: the stack has no settings file, or it is none.
        SettingsError: a setting is wrong, or the stack is not on Kubernetes.
        CatalogueError: descriptions contradict each other.
    """
    settings = settings_of(stack)
    place = settings.cluster
    if place is None:
        raise SettingsError(
            [
                f"autoserve:cluster: found nothing, {stack} runs as processes on this machine; "
                "allowed: a stack with this group of settings"
            ]
        )
    # The kubeconfig is looked at by `up` alone: a rendering is the same without one.
    cluster = Cluster(kubeconfig="", context=place.context, versions=versions_of(tree_root()))
    recording = record(lambda: build(settings, cluster=cluster), stack=stack)
    return recording, releases_of(place.install)


def rendering_of(stack: str) -> Rendering:
    """The rendering of a stack by the code of this tree; raises as `recording_of`."""
    recording, releases = recording_of(stack)
    return Rendering.of(texts(recording, releases=releases).values())


def rendering_at(revision: str, stack: str, *, clone: Path | None = None) -> Rendering:
    """The rendering of a stack by the code of a commit, with the packages installed here.

    Args:
        revision: whatever git takes for a commit.
        stack: must have a settings file at that commit.
        clone: the repository; this tree's where none is given.

    Raises:
        RevisionError: see there.
    """
    with tempfile.TemporaryDirectory(prefix="autoserve-diff-") as name:
        tree, out = Path(name) / "tree", Path(name) / "out"
        _extract(revision, clone or tree_root(), tree)
        command = [sys.executable, "-c", RENDER, "--stack", stack, "--out", str(out)]
        environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
        done = _run(command, cwd=tree, env=environment)
        if done.returncode != 0:
            reason = done.stderr.decode(errors="replace").strip().removeprefix("Error: ")
            raise RevisionError(
                f"{revision} cannot render {stack}: {reason.splitlines()[-1] if reason else ''}"
            )
        return Rendering.in_folder(out)


def _extract(revision: str, clone: Path, into: Path) -> None:
    """The files of a commit, without a trace in the repository (a worktree would leave one)."""
    wanted = f"{revision}^{{commit}}"
    git = ["git", "-C", str(clone)]
    known = _run([*git, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted])
    if known.returncode != 0:
        raise RevisionError(f"found {revision!r}; allowed: a commit, branch or tag of this clone")
    archive = _run([*git, "archive", "--format=tar", known.stdout.decode().strip()])
    if archive.returncode != 0:
        raise RevisionError(archive.stderr.decode(errors="replace").strip())
    into.mkdir()
    # Not tarfile: it has no safe way to extract in early 3.11.
    unpacked = _run(["tar", "-x", "-C", str(into)], given=archive.stdout)
    if unpacked.returncode != 0:
        raise RevisionError(unpacked.stderr.decode(errors="replace").strip())


def _run(
    command: list[str],
    *,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    given: bytes = b"",
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            command,
            cwd=cwd,
            env=env,
            input=given,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise RevisionError(f"`{command[0]}` took longer than {TIMEOUT_S} s") from exc
