"""Where state lives, and as whom services run."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from infra.local.state import (
    SOCKET_NAME_BYTES,
    SOCKET_PATH_BYTES,
    RunUser,
    StatePaths,
    UnsafeFolderError,
    _barrier,
    make_folder,
    state_paths,
)


def test_two_clones_of_the_same_name_have_folders_of_their_own(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "autoserve", tmp_path / "b" / "autoserve"
    roots = {state_paths(tree, {"HOME": str(tmp_path)}).root.name for tree in (first, second)}
    assert len(roots) == 2
    assert all(name.startswith("autoserve-") for name in roots)


def test_a_clone_reached_through_a_link_keeps_its_folder(tmp_path: Path) -> None:
    tree = tmp_path / "autoserve"
    tree.mkdir()
    link = tmp_path / "link"
    link.symlink_to(tree)
    assert state_paths(link, {}) == state_paths(tree, {})


def test_the_variable_overrides_the_folder(tmp_path: Path) -> None:
    assert state_paths(tmp_path, {"AUTOSERVE_STATE_DIR": "/srv/x"}).root == Path("/srv/x")


def test_users_other_than_root_get_their_own_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    home = state_paths(tmp_path, {"HOME": "/home/ada"}).root
    xdg = state_paths(tmp_path, {"HOME": "/home/ada", "XDG_STATE_HOME": "/xdg"}).root
    assert home.parent == Path("/home/ada/.local/state/autoserve")
    assert xdg.parent == Path("/xdg/autoserve")


@pytest.mark.parametrize("length", [5, 60, 200])
def test_a_socket_in_the_run_folder_never_has_too_long_a_path(length: int) -> None:
    run = StatePaths(root=Path("/" + "s" * length)).stack("local").run
    assert len(os.fsencode(run)) + 1 + SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES


def test_prepared_folders_let_data_services_pass_but_not_into_the_engines_state(
    tmp_path: Path,
) -> None:
    stack = StatePaths(root=tmp_path / "state").stack("local")
    stack.prepare()
    stack.prepare()
    assert stat.S_IMODE(stack.pulumi.stat().st_mode) == 0o700
    assert stat.S_IMODE(stack.logs.stat().st_mode) == 0o755


def test_only_folders_with_something_in_them_hold_data(tmp_path: Path) -> None:
    stack = StatePaths(root=tmp_path).stack("local")
    stack.prepare()
    stack.data("redis").mkdir()
    stack.data("postgres").mkdir()
    (stack.data("postgres") / "PG_VERSION").write_text("15")
    assert stack.holders_of_data() == [stack.data("postgres")]


def test_a_folder_that_somebody_else_laid_there_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "real"
    target.mkdir()
    (tmp_path / "run").symlink_to(target)
    with pytest.raises(UnsafeFolderError, match="belongs to"):
        make_folder(tmp_path / "run", mode=0o700)


def test_a_closed_folder_on_the_way_is_named_as_the_barrier() -> None:
    stranger = RunUser(name="stranger", uid=54321, gid=54321)
    # Not in tmp_path: pytest's own folders above it are closed to others.
    with tempfile.TemporaryDirectory() as folder:
        closed, python = Path(folder), Path(folder) / "python"
        python.touch(mode=0o755)
        assert _barrier(python, stranger) == closed
        closed.chmod(0o755)
        assert _barrier(python, stranger) is None
        python.chmod(0o700)
        assert _barrier(python, stranger) == python
