"""What ``autoserve env`` prints: every variable only where the user has none."""

import json
import stat
from pathlib import Path

import pytest

from infra.toolchain.engine import EngineMissingError, engine_folder
from infra.toolchain.environment import exports


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """A user's environment: an engine in the cache and nothing set."""
    binary = engine_folder(tmp_path / "cache" / "autoserve") / "pulumi"
    binary.parent.mkdir(parents=True)
    for name in ("pulumi", "pulumi-language-python"):
        (binary.parent / name).touch(mode=0o755)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "AUTOSERVE_STATE_DIR": str(tmp_path / "state"),
    }


def test_a_bare_environment_gets_the_engine_its_backend_and_its_passphrase(
    bare: dict[str, str], tmp_path: Path
) -> None:
    made = exports("local", bare)
    assert made["PATH"].endswith("autoserve/engine/v3.259.0:/usr/bin:/bin")
    assert made["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/state/pulumi?metadata=skip"
    passphrase = Path(made["PULUMI_CONFIG_PASSPHRASE_FILE"])
    assert stat.S_IMODE(passphrase.stat().st_mode) == 0o600
    assert len(passphrase.read_text()) >= 32


def test_the_passphrase_stays_the_same(bare: dict[str, str]) -> None:
    texts = {
        Path(exports("local", bare)["PULUMI_CONFIG_PASSPHRASE_FILE"]).read_text() for _ in "ab"
    }
    assert len(texts) == 1


def test_what_the_user_has_set_is_left_alone(bare: dict[str, str], tmp_path: Path) -> None:
    user = bare | {"PULUMI_BACKEND_URL": "s3://team", "PULUMI_CONFIG_PASSPHRASE": "mine"}
    made = exports("local", user)
    assert "PULUMI_BACKEND_URL" not in made
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in made
    assert not (tmp_path / "state" / "passphrase").exists()


def test_what_another_clone_has_exported_is_not_taken_for_the_users(
    bare: dict[str, str], tmp_path: Path
) -> None:
    first = bare | exports("local", bare)
    second = exports("local", first | {"AUTOSERVE_STATE_DIR": str(tmp_path / "other")})
    assert second["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/other/pulumi?metadata=skip"
    exported = json.loads(second["AUTOSERVE_EXPORTED"])
    assert exported["PULUMI_BACKEND_URL"] == second["PULUMI_BACKEND_URL"]


def test_taking_it_over_twice_does_not_grow_path(bare: dict[str, str]) -> None:
    once = exports("local", bare)
    assert exports("local", bare | once)["PATH"] == once["PATH"]


def test_only_the_local_stack_may_not_fetch_plugins(bare: dict[str, str]) -> None:
    name = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"
    assert exports("local", bare)[name] == "true"
    assert name not in exports("staging", bare)


def test_without_an_engine_the_command_that_gets_one_is_named(
    bare: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(EngineMissingError, match="make install"):
        exports("local", bare | {"XDG_CACHE_HOME": str(tmp_path / "empty")})
