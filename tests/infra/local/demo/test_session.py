"""A demo leaves the stack as it found it, or as somebody else has left it since."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.demo import profile
from infra.local.demo.screen import Screen
from infra.local.demo.session import switch_back
from infra.local.records import Record, Records
from infra.local.spec import ProcessSpec
from infra.local.state import STATE_DIR, state_paths
from tests.infra.local.conftest import SpecMaker

Asked = list[tuple[str, Mapping[str, Any]]]  # stack and settings
DOCUMENT = {"config": {"autoserve:portBase": "9700"}}


@pytest.fixture
def brought_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """What the engine was asked for, on a state of its own."""
    # pytest's own folders are too deep for the path of a unix socket.
    root = Path(tempfile.mkdtemp(prefix="as-"))
    monkeypatch.setenv(STATE_DIR, str(root))
    asked: Asked = []
    monkeypatch.setattr(profile, "bring_up", lambda *given: asked.append(given))
    yield asked
    shutil.rmtree(root)


def runs(spec: ProcessSpec) -> None:
    """Let the stack have a service."""
    records = Records(state_paths().stack("local"))
    records.prepare()
    records.write(Record(spec=spec, desired=1))


def test_a_stack_that_runs_gets_its_own_settings_again(
    brought_up: Asked, web: SpecMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    runs(web())
    switch_back("local", DOCUMENT, keep=False, screen=Screen(quiet_stdout=False))
    assert brought_up == [("local", DOCUMENT)]
    assert "demo profile off" in capsys.readouterr().out


def test_a_profile_that_is_to_stay_on_stays_on(
    brought_up: Asked, web: SpecMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    runs(web())
    switch_back("local", DOCUMENT, keep=True, screen=Screen(quiet_stdout=False))
    assert brought_up == []
    assert "stays on" in capsys.readouterr().out


@pytest.mark.parametrize("keep", [False, True])
def test_a_stack_that_was_taken_down_meanwhile_stays_down(
    keep: bool,
    brought_up: Asked,
    capsys: pytest.CaptureFixture[str],
) -> None:
    switch_back("local", DOCUMENT, keep=keep, screen=Screen(quiet_stdout=False))
    assert brought_up == []
    assert "stays down" in capsys.readouterr().out
