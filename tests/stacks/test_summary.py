"""The screen at the end of `up`."""

import json
from pathlib import Path

import pytest

from infra.kubernetes.settings import ClusterSettings
from infra.local.state import StackPaths, StatePaths
from stacks.summary import addresses, cluster_screen, credentials_shown_once, screen

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


def test_an_address_under_two_names_is_shown_by_the_first(tmp_path: Path) -> None:
    stack = StatePaths(root=tmp_path).stack("local")
    web = {"addresses": {"dashboard": "http://127.0.0.1:8600/"}, "url": "http://127.0.0.1:8600"}
    shown = screen(web, stack, None)
    assert "    dashboard  http://127.0.0.1:8600/\n" in shown
    assert "url" not in shown


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


def test_a_cluster_stack_says_where_it_is_and_how_to_get_the_first_password() -> None:
    settings = ClusterSettings(
        kubeconfig="/etc/kube config",
        context="kind-dev",
        namespace="shop",
        domain="dev.example.org",
    )
    shown = cluster_screen({"url": "https://dev.example.org"}, settings)
    program = "kubectl --kubeconfig '/etc/kube config' --context kind-dev"
    assert "AutoServe is up in kind-dev.\n    url  https://dev.example.org\n" in shown
    assert "First user: admin@autoserve.local" in shown
    assert (
        f"{program} -n shop get secret -l app.kubernetes.io/name=first-user "
        "-o jsonpath='{.items[0].data.AUTOSERVE_FIRST_USER_PASSWORD}' | base64 -d"
    ) in shown
    assert f"{program} -n shop-edge get gateway" in shown
