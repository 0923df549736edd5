"""The Python environment: in step with the lock file, or said not to be."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.state import tree_root
from infra.toolchain import python_environment
from infra.toolchain.progress import BootstrapError
from infra.toolchain.python_environment import STAMP, is_current

LOCK = """\
uv==0.13.9 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via autoserve (pyproject.toml:dev)
uvicorn==0.54.0 \\
    --hash=sha256:cc
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    (tmp_path / "requirements.lock").write_text(LOCK)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / ".venv" / STAMP).write_text(python_environment._fingerprint(tmp_path))
    return tmp_path


def test_nothing_is_done_while_the_environment_is_in_step(tree: Path) -> None:
    assert is_current(tree)
    python_environment.install(tree)


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_file_is_noticed(tree: Path, name: str) -> None:
    (tree / name).write_text("changed\n")
    assert not is_current(tree)


def test_an_interrupted_installation_is_not_taken_for_a_done_one(tree: Path) -> None:
    (tree / ".venv" / STAMP).unlink()
    assert not is_current(tree)


def test_the_block_of_one_package_ends_where_the_next_begins() -> None:
    block = python_environment._block_of("uv", LOCK)
    assert block == "uv==0.13.9 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"


def test_a_lock_without_the_package_is_named() -> None:
    with pytest.raises(BootstrapError, match="does not list uv"):
        python_environment._block_of("uv", "pip==1.0\n")


def test_the_bootstrap_needs_nothing_that_is_not_in_the_standard_library() -> None:
    code = "import infra.toolchain.bootstrap"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = ['.']; {code}"],
        cwd=tree_root(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
