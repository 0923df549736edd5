"""What every command of ``autoserve`` shares: its options, its way to print, its exit codes.

Lives in infra so that the commands of infra can use it too; stacks.cli only dispatches.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["DIFFERENCES", "DONE", "ERROR", "emit", "fail", "json_option", "stack_options"]

DONE, ERROR, DIFFERENCES = 0, 1, 2

Command = TypeVar("Command", bound=Callable[..., Any])


def stack_options(command: Command) -> Command:
    """Give a command ``--stack NAME`` (argument ``stack``) and ``--json`` (``as_json``)."""
    stack = click.option(
        "--stack",
        default="local",
        show_default=True,
        metavar="NAME",
        help="The stack this is about.",
    )
    return stack(json_option(command))


def json_option(command: Command) -> Command:
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON (described in docs/cli.md)."
    )(command)


def emit(value: Any) -> None:
    """Print a value for machines: one JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, default=str))


def fail(message: str) -> click.ClickException:
    """An error for people: one line on stderr, exit code 1."""
    return click.ClickException(message)
