"""``autoserve env`` for a name that is no stack."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.local.state import STATE_DIR
from stacks.commands.env import env


def test_a_misspelt_stack_is_named_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STATE_DIR, str(tmp_path / "state"))
    result = CliRunner().invoke(env, ["--stack", "lokal"])
    assert result.exit_code == 1
    assert (
        "--stack: found 'lokal', which has no stacks/Pulumi.lokal.yaml; allowed: " in result.output
    )
    assert not (tmp_path / "state").exists()
