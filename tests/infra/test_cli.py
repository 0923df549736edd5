"""Options that commands share; a command of this machine names what serves on a cluster."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from infra import stack_settings
from infra.cli import local_stack_options, stack_options

ON_A_CLUSTER = """
config:
  autoserve:cluster:
    kubeconfig: ~/.kube/config
    context: kind-dev
    namespace: shop
"""


@click.command()
@local_stack_options(instead="{kubectl} -n {namespace} get pods")
def status(stack: str, *, as_json: bool) -> None:
    click.echo(f"looked at {stack}")


@click.command()
@stack_options
def anywhere(stack: str, *, as_json: bool) -> None:
    click.echo(f"looked at {stack}")


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(ON_A_CLUSTER)
    (tmp_path / "stacks" / "Pulumi.local.yaml").write_text("config: {}\n")
    monkeypatch.setattr(stack_settings, "tree_root", lambda: tmp_path)


def run(command: click.Command, *words: str) -> Result:
    return CliRunner().invoke(command, list(words))


def test_a_stack_on_a_cluster_is_one_line_with_what_serves_there() -> None:
    result = run(status, "--stack", "dev")
    assert (result.exit_code, result.output) == (
        1,
        "Error: `status` is for stacks on this machine, and dev is on Kubernetes: "
        f"kubectl --kubeconfig {Path.home()}/.kube/config --context kind-dev -n shop get pods\n",
    )


@pytest.mark.parametrize("words", [[], ["--stack", "local"]])
def test_a_stack_on_this_machine_is_looked_at(words: list[str]) -> None:
    assert run(status, *words).output == "looked at local\n"


def test_a_stack_whose_file_is_gone_may_still_run_here() -> None:
    assert run(status, "--stack", "forgotten").output == "looked at forgotten\n"


def test_a_command_for_every_stack_takes_both() -> None:
    assert run(anywhere, "--stack", "dev").output == "looked at dev\n"
