"""A state that the engine cannot read: what is put back, what is kept, and what is said."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from stacks import engine
from stacks.checkpoint import UnreadableStateError, mend
from stacks.commands.env import env
from stacks.locks import clear_unfinished
from tests.stacks.conftest import NAME, STACK, Project

EXPORTS = "import pulumi\npulumi.export('x', 1)\n"
OLD = json.dumps({"version": 3, "checkpoint": {"latest": {"resources": ["old"]}}})
NEW = json.dumps({"version": 3, "checkpoint": {"latest": {"resources": ["old", "new"]}}})
SPOILT = [
    pytest.param(b"", "it is empty", id="empty"),
    pytest.param(NEW[: len(NEW) // 2].encode(), f"no JSON in {len(NEW) // 2} bytes", id="half"),
    pytest.param(b"\0" * 64, "no JSON in 64 bytes", id="zeros"),
    pytest.param(b"{}", "JSON, but no state", id="other-json"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the state lies in the backend ``tmp_path``; not there yet."""
    file = tmp_path / ".pulumi" / "stacks" / "autoserve" / "local.json"
    file.parent.mkdir(parents=True)
    return file


@pytest.mark.parametrize(("content", "reason"), SPOILT)
def test_the_engines_copy_is_put_back_and_the_broken_state_kept(
    tmp_path: Path, file: Path, content: bytes, reason: str
) -> None:
    file.write_bytes(content)
    copy = file.with_name("local.json.bak")
    copy.write_text(OLD)
    (line,) = mend(tmp_path, file)
    assert file.read_text() == copy.read_text() == OLD
    (kept,) = file.parent.glob("local.json.unreadable-*")
    assert kept.read_bytes() == content
    assert f"{file} cannot be read ({reason}" in line
    assert copy.name in line
    assert kept.name in line
    assert mend(tmp_path, file) == []


@pytest.mark.parametrize(("content", "reason"), SPOILT)
@pytest.mark.parametrize("copy", [None, b"", NEW[:20].encode()], ids=["none", "empty", "half"])
def test_without_a_copy_the_file_and_what_to_do_are_named_and_nothing_is_touched(
    tmp_path: Path, file: Path, content: bytes, reason: str, copy: bytes | None
) -> None:
    file.write_bytes(content)
    if copy is not None:
        file.with_name("local.json.bak").write_bytes(copy)
    before = {each: each.read_bytes() for each in file.parent.iterdir()}
    with pytest.raises(UnreadableStateError) as caught:
        mend(tmp_path, file)
    assert f"{file} cannot be read ({reason}" in str(caught.value)
    assert f"{file}.bak (" in str(caught.value)
    assert "put one from your own backup there" in str(caught.value)
    assert {each: each.read_bytes() for each in file.parent.iterdir()} == before


def test_the_newest_readable_state_of_a_finished_run_is_named(tmp_path: Path, file: Path) -> None:
    file.touch()
    history = tmp_path / ".pulumi" / "history" / "autoserve" / "local"
    history.mkdir(parents=True)
    for number, text in ((17, OLD), (18, NEW), (19, "")):
        (history / f"local-{number}.checkpoint.json").write_text(text)
    with pytest.raises(UnreadableStateError) as caught:
        mend(tmp_path, file)
    newest = history / "local-18.checkpoint.json"
    assert caught.value.newest == newest
    assert f"`cp {newest} {file}`" in str(caught.value)
    assert "`pulumi refresh --stack local`" in str(caught.value)


def test_a_readable_state_is_left_alone_whatever_its_copy_is(tmp_path: Path, file: Path) -> None:
    file.write_text(NEW)
    file.with_name("local.json.bak").touch()
    assert mend(tmp_path, file) == []
    assert file.read_text() == NEW


def test_a_stack_that_was_removed_is_not_brought_back(tmp_path: Path, file: Path) -> None:
    file.with_name("local.json.bak").write_text(OLD)
    assert mend(tmp_path, file) == []
    assert not file.exists()


def test_empty_sidecars_are_removed_wherever_they_are_and_others_stay(
    tmp_path: Path, file: Path
) -> None:
    file.write_text(NEW)
    written = file.with_name("local.json.bak.attrs")
    written.write_text("{}")
    empty = [file.with_name("local.json.attrs"), tmp_path / ".pulumi" / "meta.yaml.attrs"]
    for sidecar in empty:
        sidecar.touch()
    said = sorted(mend(tmp_path, file))
    assert said == sorted(f"removed {each}, which a killed engine left empty" for each in empty)
    assert not any(sidecar.exists() for sidecar in empty)
    assert written.exists()


def test_env_puts_a_state_right_for_bare_commands_and_says_so_beside_its_exports(
    project: Callable[[str], Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it prints is read by a shell, so what was done goes to the other stream."""
    small = project(EXPORTS)
    monkeypatch.setattr(engine, "tree_root", lambda: small.folder)
    file, whole = small.state_file, small.state_file.read_text()
    copy = file.with_name(f"{file.name}.bak")
    copy.write_text(whole)
    file.write_text("")
    result = CliRunner().invoke(env, ["--stack", STACK])
    assert result.exit_code == 0
    assert f"{file} cannot be read (it is empty)" in result.stderr
    assert "export PULUMI_BACKEND_URL=" in result.stdout
    assert "cannot be read" not in result.stdout
    assert file.read_text() == whole
    for each in (file, copy):
        each.write_text(whole[:40])
    result = CliRunner().invoke(env, ["--stack", STACK])
    assert result.exit_code == 1
    assert f"{file} cannot be read (no JSON in 40 bytes" in result.stderr
    assert result.stdout == ""


def test_the_engine_writes_nothing_that_a_kill_can_leave_half_done(
    project: Callable[[str], Project],
) -> None:
    """Its driver rewrites sidecars in place; every other file of it is renamed into its place."""
    small = project(EXPORTS)
    for verb in ("up", "refresh", "destroy"):
        assert small.operate(verb, "--yes", "--skip-preview").succeeded
    written = [file for file in small.paths.pulumi.rglob("*") if file.is_file()]
    assert {"meta.yaml", f"{STACK}.json", f"{STACK}.json.bak"} <= {file.name for file in written}
    assert [file for file in written if file.suffix == ".attrs"] == []


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param("{file}.attrs", "EOF", id="sidecar"),
        pytest.param("{file}", "unexpected end of JSON input", id="state"),
    ],
)
def test_an_engine_that_cannot_read_its_state_goes_on_after_it_is_mended(
    project: Callable[[str], Project], spoil: str, says: str
) -> None:
    small = project(EXPORTS)
    assert small.operate("up", "--yes", "--skip-preview").succeeded
    Path(spoil.format(file=small.state_file)).write_text("")
    failed = small.operate("up", "--yes", "--skip-preview")
    assert not failed.succeeded
    assert any(says in error for error in failed.errors)
    assert len(mend(small.paths.pulumi, small.state_file)) == 1
    assert [each["name"] for each in json.loads(small.run("stack", "ls", "--json"))] == [STACK]
    outcome = small.operate("up", "--yes", "--skip-preview")
    assert outcome.succeeded, outcome.errors
    assert outcome.outputs == {"x": 1}


def test_a_lock_that_was_never_finished_stops_the_engine_until_it_is_cleared(
    project: Callable[[str], Project],
) -> None:
    small = project(EXPORTS)
    folder = small.paths.pulumi / ".pulumi" / "locks" / "organization" / NAME / STACK
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / "b2c3.json.18eb736b1e121dc2.tmp"
    unfinished.touch()
    os.utime(unfinished, (1, 1))
    assert not small.operate("up", "--yes", "--skip-preview").succeeded
    assert clear_unfinished(small.paths.pulumi, NAME, STACK) == [unfinished]
    outcome = small.operate("up", "--yes", "--skip-preview")
    assert outcome.succeeded, outcome.errors
