"""The screen at the end of `up`."""

import json
from pathlib import Path

import pytest

from infra.local.state import StackPaths, StatePaths
from stacks.summary import addresses, credentials_shown_once, screen

OUTPUTS = {"addresses": {"web": "http://127.0.0.1:8600", "docs": "http://127.0.0.1:8600/api/docs"}}


@pytest.fixture
def paths(tmp_path: Path) -> StackPaths:
    stack = StatePaths(root=tmp_path).stack("local")
    stack.prepare()
    stack.credentials.parent.mkdir()
    stack.credentials.write_text(json.dumps({"email": "admin@local.test", "password": "s3cret"}))
    return stack


def test_every_address_among_the_outputs_is_listed() -> None:
    found = addresses({"port": 8600, "password": "[secret]", **OUTPUTS})
    assert found == OUTPUTS["addresses"]


def test_the_first_users_password_is_shown_once_only(paths: StackPaths) -> None:
    first = screen(OUTPUTS, paths, credentials_shown_once(paths))
    second = screen(OUTPUTS, paths, credentials_shown_once(paths))
    assert "s3cret" in first
    assert "http://127.0.0.1:8600/api/docs" in first
    assert "s3cret" not in second
    assert "autoserve user reset" in second


def test_a_new_first_user_is_shown_again(paths: StackPaths) -> None:
    credentials_shown_once(paths)
    paths.credentials.write_text(json.dumps({"email": "b@local.test", "password": "other"}))
    assert credentials_shown_once(paths) == {"email": "b@local.test", "password": "other"}


def test_no_credentials_are_no_error(tmp_path: Path) -> None:
    stack = StatePaths(root=tmp_path).stack("local")
    assert credentials_shown_once(stack) is None
    assert "First user" not in screen(OUTPUTS, stack, None)
