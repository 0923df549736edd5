"""A stack's settings file, read without the engine and without its secrets."""

from pathlib import Path

import pytest

from infra.settings import SettingsError
from infra.stack_settings import (
    SECRET,
    StackFileError,
    StackMissingError,
    settings_of,
    stacks_there,
)

ON_A_CLUSTER = """
config:
  aws:region: eu-central-1
  autoserve:portBase: "9000"
  autoserve:cluster:
    kubeconfig: ~/.kube/config
    context: kind-dev
    domain: dev.example.org
    redis:
      host: redis.example.org
      cidrs: [10.0.0.0/16]
      password:
        secure: v1:abc
encryptionsalt: v1:xyz
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(ON_A_CLUSTER)
    (tmp_path / "stacks" / "Pulumi.local.yaml").write_text("")
    return tmp_path


def test_a_file_gives_the_settings_and_none_of_its_secrets(tree: Path) -> None:
    settings = settings_of("dev", tree)
    assert settings.port_base == 9_000
    assert settings.cluster is not None
    assert settings.cluster.context == "kind-dev"
    assert settings.cluster.redis is not None
    assert settings.cluster.redis.password.get_secret_value() == SECRET


def test_an_empty_file_gives_the_defaults(tree: Path) -> None:
    assert settings_of("local", tree).cluster is None
    assert stacks_there(tree) == ["dev", "local"]


@pytest.mark.parametrize("stack", ["prod", "../stacks/Pulumi.dev", ""])
def test_a_stack_without_a_file_is_named_with_those_that_have_one(tree: Path, stack: str) -> None:
    with pytest.raises(StackMissingError) as caught:
        settings_of(stack, tree)
    assert str(caught.value) == (
        f"--stack: found {stack!r}, which has no stacks/Pulumi.{stack}.yaml; allowed: dev, local"
    )


@pytest.mark.parametrize("text", ["a: [", "- a list", "config: text", "\xff\xfe"])
def test_a_file_that_is_no_settings_file_is_named(tree: Path, text: str) -> None:
    file = tree / "stacks" / "Pulumi.dev.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(StackFileError, match=str(file)):
        settings_of("dev", tree)


def test_a_wrong_setting_is_named_by_its_key(tree: Path) -> None:
    file = tree / "stacks" / "Pulumi.dev.yaml"
    file.write_text(ON_A_CLUSTER.replace("dev.example.org", "not a domain"))
    with pytest.raises(SettingsError, match=r"autoserve:cluster\.domain: found 'not a domain'"):
        settings_of("dev", tree)
