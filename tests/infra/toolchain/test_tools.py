"""Programs of the system: found, too old, or missing with the exact command."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.toolchain import tools
from infra.toolchain.tools import (
    APT_INSTALL,
    MissingProgramError,
    Tool,
    ToolsMissingError,
    find_program,
    install,
    locate,
)


def fake(folder: Path, name: str, body: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def tool(name: str = "frobd", minimum: tuple[int, ...] = (2, 1), folders: str = "") -> Tool:
    return Tool(name="Frob", programs=(name,), package="frob", minimum=minimum, folders=folders)


@pytest.mark.parametrize(
    ("shown", "is_fine"),
    [
        pytest.param("frobd (Frob) 2.1.0", True, id="just-new-enough"),
        pytest.param("Frob server v=10.0.15 sha=00000000:0", True, id="redis-style"),
        pytest.param("v2.0.9", False, id="too-old"),
    ],
)
def test_a_program_must_be_new_enough(tmp_path: Path, shown: str, is_fine: bool) -> None:
    fake(tmp_path, "frobd", f'echo "{shown}"')
    problem = tool().problem({"PATH": f"{tmp_path}:/bin"})
    assert (problem is None) == is_fine
    if problem:
        assert "2.0.9" in problem
        assert "at least 2.1" in problem


def test_a_complete_folder_of_debian_is_found_off_path_newest_first(tmp_path: Path) -> None:
    for version in ("9", "15", "16"):
        fake(tmp_path / version / "bin", "frobd", "")
    pattern = f"{str(tmp_path)[1:]}/*/bin"
    assert locate(tool(folders=pattern)) == tmp_path / "16" / "bin" / "frobd"


def test_without_the_right_to_install_the_exact_command_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tools, "_as_root", lambda: None)
    with pytest.raises(ToolsMissingError, match=r"sudo sh .*apt_install.sh frob") as caught:
        install([tool("no-such-program-here")])
    assert "neither on PATH" in str(caught.value)


def test_a_program_that_is_not_there_is_named_with_the_mend() -> None:
    with pytest.raises(MissingProgramError, match=r"no-such-program .* run `make install`"):
        find_program("no-such-program")


def run_apt_install(tmp_path: Path, apt: str) -> subprocess.CompletedProcess[str]:
    fake(tmp_path / "bin", "apt-get", apt)
    return subprocess.run(
        ["sh", APT_INSTALL, "frob"],
        env={
            "PATH": f"{tmp_path / 'bin'}:{os.defpath}",
            "POLICY_RC_D": str(tmp_path / "policy-rc.d"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_service_may_start_while_packages_are_installed(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    done = run_apt_install(tmp_path, f'sh "$POLICY_RC_D"; echo "$? $RUNLEVEL $*" >> {seen}')
    assert done.returncode == 0
    update, added = seen.read_text().splitlines()
    assert update.startswith("101 1 ")
    assert update.endswith(" update")
    assert added.endswith(" install -y --no-install-recommends frob")
    assert not (tmp_path / "policy-rc.d").exists()


@pytest.mark.parametrize("apt", ["exit 0", "exit 100"], ids=["installed", "failed"])
def test_the_administrators_own_policy_comes_back(tmp_path: Path, apt: str) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 104\n")
    assert run_apt_install(tmp_path, apt).returncode == int(apt.split()[1])
    assert policy.read_text().endswith("exit 104\n")


def test_a_policy_that_a_killed_run_left_behind_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "policy-rc.d").write_text("#!/bin/sh\n# autoserve: no services\nexit 101\n")
    run_apt_install(tmp_path, "exit 0")
    assert not (tmp_path / "policy-rc.d").exists()
