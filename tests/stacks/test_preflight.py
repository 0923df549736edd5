"""What stops `up` before the engine is called."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.local.state import StackPaths, StatePaths
from stacks import preflight
from stacks.preflight import PreflightError, check_backend, check_folder, pending_operations


@pytest.fixture
def paths(tmp_path: Path) -> StackPaths:
    return StatePaths(root=tmp_path / "state").stack("local")


def test_a_state_folder_with_room_is_fine(paths: StackPaths) -> None:
    check_folder(paths)
    assert paths.logs.is_dir()


def test_a_full_file_system_is_named_with_what_is_free_and_what_is_needed(
    paths: StackPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=12 * 2**20))
    with pytest.raises(PreflightError, match=r"/state/stacks/local has 12 MB free, at least 200"):
        check_folder(paths)


def test_a_state_folder_that_cannot_be_written_is_named(
    paths: StackPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(_: int) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "fsync", read_only)
    with pytest.raises(PreflightError, match="cannot be written: Read-only file system"):
        check_folder(paths)


def test_missing_programs_are_named_before_anything_changes(
    paths: StackPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "missing", lambda _: {"Redis: redis-server is nowhere": None})
    with pytest.raises(PreflightError, match="redis-server is nowhere\nrun `make install`"):
        preflight.check(paths)


def test_a_stack_that_was_never_up_has_nothing_unfinished(tmp_path: Path) -> None:
    assert pending_operations(tmp_path / "none.json") == []
    (tmp_path / "new.json").write_text('{"checkpoint": {"latest": null}}')
    assert pending_operations(tmp_path / "new.json") == []
    (tmp_path / "first.json").write_text('{"version": 0, "checkpoint": {"stack": "new"}}')
    assert pending_operations(tmp_path / "first.json") == []


def test_a_cluster_stack_needs_the_engines_folder_and_no_others(paths: StackPaths) -> None:
    check_backend(paths.clone)
    assert paths.pulumi.is_dir()
    assert not paths.folder.exists()


def test_a_full_file_system_stops_a_cluster_stack_too(
    paths: StackPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2 * 2**20))
    with pytest.raises(PreflightError, match=r"/state/pulumi has 2 MB free, at least 50"):
        check_backend(paths.clone)
