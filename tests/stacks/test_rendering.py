"""Renderings of this tree's stacks and of commits: exact, quick, and without a cluster."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from infra import stack_settings
from infra.rendering.difference import Rendering
from infra.settings import SettingsError
from stacks.commands.diff import diff
from stacks.commands.render import render
from stacks.rendering import RevisionError, recording_of, rendering_at

MOST_TIME_S, MOST_MEMORY_MIB = 6.0, 400.0
IDENTITY = {
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@example.com",
}
# The `render` of a commit: whatever its code says, here one ConfigMap with the given value.
OLD_RENDER = """
import click
from pathlib import Path

@click.command()
@click.option("--stack")
@click.option("--out", type=Path)
def render(stack, out):
    if stack == "broken":
        raise click.ClickException("this stack is broken")
    (out / "shop").mkdir(parents=True)
    (out / "shop" / "configmap-a.yaml").write_text(
        "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a, namespace: shop}\\n"
        "data: {" + stack + ": VALUE}\\n"
    )
"""


def run_render(*arguments: str) -> Result:
    return CliRunner().invoke(render, list(arguments))


def run_diff(*arguments: str) -> Result:
    return CliRunner().invoke(diff, list(arguments))


def git(clone: Path, *arguments: str) -> str:
    command = ["git", "-C", str(clone), *arguments]
    return subprocess.run(
        command, env={**os.environ, **IDENTITY}, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Two commits of a tree whose own `render` writes what it says there; the first is `old`."""
    folder = tmp_path / "clone"
    (folder / "stacks" / "commands").mkdir(parents=True)
    for package in (folder / "stacks", folder / "stacks" / "commands"):
        (package / "__init__.py").touch()
    git(folder.parent, "init", "--quiet", str(folder))
    for tag in ("old", "new"):
        text = OLD_RENDER.replace("VALUE", tag)
        (folder / "stacks" / "commands" / "render.py").write_text(text)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", tag)
        git(folder, "tag", tag)
    return folder


def data_of(rendering: Rendering) -> object:
    return rendering.objects["ConfigMap shop/a"]["data"]


def test_a_stack_is_written_and_listed(tmp_path: Path) -> None:
    result = run_render("--stack", "dev", "--out", str(tmp_path / "deep" / "out"), "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert report["stack"] == "dev"
    for name in report["files"]:
        assert yaml.safe_load((tmp_path / "deep" / "out" / name).read_text())["kind"]
    assert "autoserve/deployment-api.yaml" in report["files"]
    assert "releases/kustomization.yaml" in report["files"]


def test_rendering_is_quick_and_needs_no_network_no_kubeconfig_and_no_engine(
    tmp_path: Path,
) -> None:
    """In an own process: nothing on PATH, no home, no socket but the event loop's own pair.

    Its time is the processor's, imports included: others may keep the machine busy.
    """
    no_network = (
        "import json, resource, socket\n"
        "def refuse(*_): raise OSError('no network here')\n"
        "socket.socket.connect = refuse\n"
        "socket.getaddrinfo = refuse\n"
        "from stacks.commands.render import render\nrender(standalone_mode=False)\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        # Not ru_maxrss, which begins with what the parent had.
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "peak_mib = int(status['VmHWM'].split()[0]) / 1024\n"
        "print(json.dumps([used.ru_utime + used.ru_stime, peak_mib]))\n"
    )
    arguments = ["--stack", "prod", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-c", no_network, *arguments],
        env={"PATH": "", "HOME": str(tmp_path / "nobody")},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "autoserve" / "deployment-api.yaml").exists()
    time_s, memory_mib = json.loads(done.stdout.splitlines()[-1])
    assert time_s <= MOST_TIME_S
    assert memory_mib <= MOST_MEMORY_MIB


def test_a_wrong_setting_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(
        "config:\n  autoserve:cluster:\n    kubeconfig: k\n    context: c\n    domain: d.example\n"
        "    quota:\n      cpu: 0\n"
    )
    monkeypatch.setattr(stack_settings, "tree_root", lambda: tmp_path)
    result = run_render("--stack", "dev", "--out", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert result.output == (
        "Error: autoserve:cluster.quota.cpu: found 0; allowed: integer from 1 to 10000\n"
    )
    assert not (tmp_path / "out").exists()


def test_a_stack_of_processes_has_nothing_to_render(tmp_path: Path) -> None:
    result = run_render("--out", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert result.output == (
        "Error: autoserve:cluster: found nothing, local runs as processes on this machine; "
        "allowed: a stack with this group of settings\n"
    )


def test_a_stack_without_a_file_is_named_with_those_there_are(tmp_path: Path) -> None:
    result = run_render("--stack", "nope", "--out", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert "--stack: found 'nope'" in result.output
    assert "dev, local, prod, staging" in result.output
    with pytest.raises(SettingsError, match="autoserve:cluster"):
        recording_of("local")


def test_a_folder_that_is_no_rendering_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    result = run_render("--stack", "dev", "--out", str(tmp_path))
    assert result.exit_code == 1
    assert "is not empty and no rendering of ours" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_stacks_are_compared_for_people() -> None:
    result = run_diff("dev", "prod")
    assert result.exit_code == 2
    assert result.output.startswith("### `dev` → `prod`\n")
    assert "**ScaledObject.keda.sh autoserve/api**" in result.output


def test_stacks_are_compared_for_machines() -> None:
    result = run_diff("dev", "prod", "--json")
    report = json.loads(result.output)
    assert (report["before"], report["after"], result.exit_code) == ("dev", "prod", 2)
    assert {each["object"] for each in report["changed"]} >= {"ScaledObject.keda.sh autoserve/api"}


def test_a_stack_does_not_differ_from_itself() -> None:
    result = run_diff("dev", "dev")
    assert (result.exit_code, result.output) == (0, "### `dev` → `dev`\n\nNo difference.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["dev"], id="one-stack"),
        pytest.param(["dev", "prod", "staging"], id="three"),
        pytest.param(["main.."], id="commits-without-a-stack"),
        pytest.param(["a..b", "c", "--stack", "dev"], id="a-range-and-more"),
        pytest.param(["a...b", "--stack", "dev"], id="three-dots"),
    ],
)
def test_sides_that_make_no_sense_are_refused(arguments: list[str]) -> None:
    result = run_diff(*arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.output


def test_a_commit_is_rendered_by_its_own_code(clone: Path) -> None:
    assert data_of(rendering_at("old", "dev", clone=clone)) == {"dev": "old"}
    assert data_of(rendering_at("HEAD", "dev", clone=clone)) == {"dev": "new"}


def test_a_commit_leaves_no_trace(clone: Path, tmp_path: Path) -> None:
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    rendering_at("old", "dev", clone=clone)
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before
    assert git(clone, "worktree", "list").count("\n") == 1


def test_what_a_commit_cannot_render_is_said_by_its_own_words(clone: Path) -> None:
    with pytest.raises(RevisionError, match=r"old cannot render broken: this stack is broken"):
        rendering_at("old", "broken", clone=clone)


@pytest.mark.parametrize("revision", ["nope", "--help", "", "old:stacks"])
def test_what_is_no_commit_is_refused(clone: Path, revision: str) -> None:
    with pytest.raises(RevisionError, match="allowed: a commit, branch or tag of this clone"):
        rendering_at(revision, "dev", clone=clone)
