"""The engine's salt stays out of the history."""

import json
import subprocess
from pathlib import Path

import pytest

from infra.local.state import tree_root
from infra.toolchain.salts import FILTER, align_salt, keep_salts_out_of_git

SETTINGS = 'config:\n  autoserve:portBase: "8600"\n'
SALT = "encryptionsalt: v1:abc=:v1:def\n"


def git(tree: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", "-C", tree, *identity, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_git_sees_no_change_when_the_engine_has_added_its_salt(tmp_path: Path) -> None:
    file = tmp_path / "stacks" / "Pulumi.local.yaml"
    file.parent.mkdir()
    file.write_text(SETTINGS)
    (tmp_path / ".gitattributes").write_text((tree_root() / ".gitattributes").read_text())
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "start")
    file.write_text(SETTINGS + SALT)
    assert git(tmp_path, "status", "--porcelain") != ""
    assert keep_salts_out_of_git(tmp_path)
    assert git(tmp_path, "status", "--porcelain") == ""
    assert SALT in file.read_text()


def test_the_attributes_of_the_tree_name_the_filter() -> None:
    assert f"filter={FILTER}" in (tree_root() / ".gitattributes").read_text()


def test_a_tree_without_a_repository_is_left_alone(tmp_path: Path) -> None:
    assert not keep_salts_out_of_git(tmp_path)


def state_with(tmp_path: Path, salt: str) -> Path:
    providers = {"type": "passphrase", "state": {"salt": salt}}
    state = tmp_path / "local.json"
    state.write_text(json.dumps({"checkpoint": {"latest": {"secrets_providers": providers}}}))
    return state


def test_a_salt_whose_state_is_gone_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.local.yaml"
    file.write_text(SETTINGS + SALT)
    align_salt(file, tmp_path / "none.json")
    assert file.read_text() == SETTINGS


def test_the_first_state_that_the_engine_writes_has_no_salt(tmp_path: Path) -> None:
    file, state = tmp_path / "Pulumi.local.yaml", tmp_path / "local.json"
    file.write_text(SETTINGS + SALT)
    state.write_text('{"version": 0, "checkpoint": {"stack": "organization/autoserve/local"}}')
    align_salt(file, state)
    assert file.read_text() == SETTINGS


@pytest.mark.parametrize("there", ["", "encryptionsalt: v1:of:another:state\n"])
def test_the_salt_of_the_state_comes_back_after_a_checkout(tmp_path: Path, there: str) -> None:
    file = tmp_path / "Pulumi.local.yaml"
    file.write_text(SETTINGS + there)
    align_salt(file, state_with(tmp_path, "v1:abc=:v1:def"))
    assert file.read_text() == SETTINGS + SALT


def test_a_salt_that_secrets_depend_on_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.local.yaml"
    text = SETTINGS + "  autoserve:token:\n    secure: v1:xyz\n" + SALT
    file.write_text(text)
    align_salt(file, state_with(tmp_path, "v1:other"))
    assert file.read_text() == text


def test_a_stack_without_settings_gets_no_file(tmp_path: Path) -> None:
    align_salt(tmp_path / "Pulumi.dev.yaml", state_with(tmp_path, "v1:abc"))
    assert not (tmp_path / "Pulumi.dev.yaml").exists()
