"""The dispatcher: loads what is called, and says what there is."""

import os
import subprocess
import sys
from importlib.metadata import EntryPoint

import click
import pytest
from click.testing import CliRunner, Result

from infra.cli import ERROR
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


@click.command(context_settings={"obj": {"environment_of": "api"}})
def another_of_the_api() -> None:
    """Do something else there."""


@click.group()
def several() -> None:
    """Do several things."""


@several.command(context_settings={"obj": {"environment_of": "scaler", "unless": ("WHERE",)}})
def there() -> None:
    """Do one of them in the scaler's environment."""
    click.echo(os.environ.get("WHERE", "nowhere"))


@several.command()
def here() -> None:
    """Do another one in no environment."""
    click.echo("here")


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
    assert result.output.endswith("-n autoserve exec -it deploy/api -- autoserve other\n")


@pytest.fixture
def scaler_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack in which the scaler's process knows where it is."""
    monkeypatch.delenv("WHERE", raising=False)
    monkeypatch.setattr(cli, "environment_of", lambda service, stack: {"WHERE": service + stack})


@pytest.mark.usefixtures("scaler_at")
@pytest.mark.parametrize(
    ("words", "set_to", "output"),
    [
        pytest.param(["there", "--stack", "mine"], "", "scalermine", id="in-a-stack"),
        pytest.param(["there"], "", "scalerlocal", id="in-the-usual-stack"),
        pytest.param(["there"], "elsewhere", "elsewhere", id="where-the-shell-says"),
        pytest.param(
            ["there", "--stack", "mine"], "elsewhere", "scalermine", id="named-all-the-same"
        ),
        pytest.param(["here"], "", "here", id="of-no-service"),
    ],
)
def test_a_group_has_commands_in_an_environment_and_others(
    monkeypatch: pytest.MonkeyPatch, words: list[str], set_to: str, output: str
) -> None:
    if set_to:
        monkeypatch.setenv("WHERE", set_to)
    result = invoke("group", *words, group="several")
    assert (result.exit_code, result.output) == (0, output + "\n")


def test_the_help_of_a_group_is_its_own() -> None:
    result = invoke("group", "--help", group="several")
    assert "Do several things." in result.output
    assert "Do one of them" in result.output
    assert (
        "no such option" in invoke("group", "here", "--stack", "x", group="several").output.lower()
    )


def test_a_command_of_a_group_is_named_in_full_where_it_runs_on_a_cluster() -> None:
    result = invoke("group", "there", "--stack", "dev", group="several")
    assert result.exit_code == 1
    assert result.output.endswith("exec -it deploy/scaler -- autoserve group there\n")


def test_an_entry_point_that_is_no_command_is_named() -> None:
    result = invoke("odd", odd="no_command")
    assert result.exit_code == 1
    assert "is no command" in result.output


def test_an_output_that_is_full_is_an_error_and_no_traceback() -> None:
    command = [sys.executable, "-c", "from stacks.cli import main; main()", "--help"]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert ended.returncode == ERROR
    assert ended.stderr == "Error: output: No space left on device; it is incomplete\n"
