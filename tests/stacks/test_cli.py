"""The dispatcher: loads what is called, and says what there is."""

import os
import sys
from importlib.metadata import EntryPoint

import click
import pytest
from click.testing import CliRunner, Result

from stacks import cli
from stacks.cli import GROUP, Dispatcher


@click.command()
def fine() -> None:
    """Do a fine thing."""
    click.echo("done")


@click.command(context_settings={"obj": {"environment_of": "api"}})
def of_the_api() -> None:
    """Do something in the API's environment."""
    click.echo(os.environ.get("AUTOSERVE_DATABASE_URL", "none"))


@click.command(name="another", context_settings={"obj": {"environment_of": "api"}})
def another_of_the_api() -> None:
    """Do something else there."""


no_command = "a string"


def invoke(*words: str, **registered: str) -> Result:
    entries = {
        name: EntryPoint(name, f"{__name__}:{value}" if ":" not in value else value, GROUP)
        for name, value in registered.items()
    }
    return CliRunner().invoke(Dispatcher(entries), list(words))


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entry points load by name; pytest imports test modules without putting them on the path."""
    monkeypatch.setitem(sys.modules, __name__, sys.modules[fine.callback.__module__])


def test_only_the_command_that_is_called_is_loaded() -> None:
    result = invoke("fine", fine="fine", broken="no.such.module:command")
    assert (result.exit_code, result.output) == (0, "done\n")


def test_a_misspelt_command_gets_a_suggestion() -> None:
    result = invoke("fin", fine="fine")
    assert result.exit_code == 2
    assert "There is no command 'fin'. Did you mean 'fine'?" in result.output


def test_help_lists_what_is_installed_without_loading_known_commands() -> None:
    result = invoke("--help", fine="fine", up="no.such.module:up")
    assert "Bring a stack up." in result.output
    assert "Do a fine thing." in result.output


def test_a_command_of_a_service_runs_in_that_services_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AUTOSERVE_DATABASE_URL", raising=False)
    monkeypatch.setattr(
        cli, "environment_of", lambda service, stack: {"AUTOSERVE_DATABASE_URL": service + stack}
    )
    result = invoke("user", "--stack", "mine", user="of_the_api")
    assert (result.exit_code, result.output) == (0, "apimine\n")


def test_a_command_of_a_service_on_a_cluster_is_named_with_how_it_runs_there() -> None:
    result = invoke("other", "--stack", "dev", other="another_of_the_api")
    assert result.exit_code == 1
    assert result.output.endswith("-n autoserve exec -it deploy/api -- autoserve another\n")


def test_an_entry_point_that_is_no_command_is_named() -> None:
    result = invoke("odd", odd="no_command")
    assert result.exit_code == 1
    assert "is no command" in result.output
