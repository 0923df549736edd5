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
from infra.local.state import STATE_DIR, state_paths
from tests.infra.local.conftest import SpecMaker

DOCUMENT = {"config": {"autoserve:portBase": "9700"}}


@pytest.fixture
def brought_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
    """What the engine was asked for, on a state of its own."""
    # pytest's own folders are too deep for the path of a unix socket.
    root = Path(tempfile.mkdtemp(prefix="as-"))
    monkeypatch.setenv(STATE_DIR, str(root))
    asked: list[tuple[str, Mapping[str, Any]]] = []
    monkeypatch.setattr(profile, "bring_up", lambda *given: asked.append(given))
    yield asked
    shutil.rmtree(root)


def test_a_stack_that_runs_gets_its_own_settings_again(
    brought_up: list[tuple[str, Mapping[str, Any]]],
    web: SpecMaker,
    capsys: pytest.CaptureFixture[str],
) -> None:
    records = Records(state_paths().stack("local"))
    records.prepare()
    records.write(Record(spec=web(), desired=1))
    switch_back("local", DOCUMENT, keep=False, screen=Screen(quiet_stdout=False))
    assert brought_up == [("local", DOCUMENT)]
    assert "demo profile off" in capsys.readouterr().out


def test_a_stack_that_was_taken_down_meanwhile_stays_down(
    brought_up: list[tuple[str, Mapping[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    switch_back("local", DOCUMENT, keep=False, screen=Screen(quiet_stdout=False))
    assert brought_up == []
    assert "stays down" in capsys.readouterr().out
