"""``autoserve env``: the environment in which bare ``pulumi`` commands work on this clone."""

import os
import shlex

import click

from infra.cli import emit, fail, stack_options
from infra.local.state import StateError
from infra.stack_settings import StackFileError, cluster_of
from infra.toolchain.environment import exports
from infra.toolchain.progress import BootstrapError
from stacks.checkpoint import UnreadableStateError
from stacks.engine import EngineCallError, ensure_stack

__all__ = ["env"]

EXPECTED = (
    BootstrapError,
    EngineCallError,
    OSError,
    StackFileError,
    StateError,
    UnreadableStateError,
)


@click.command()
@stack_options
def env(stack: str, *, as_json: bool) -> None:
    """Print the environment for bare `pulumi` commands.

    \b
        eval "$(autoserve env)"
        pulumi up --stack local

    What you have set yourself is left as it is. The stack is made when there is none yet.
    """
    try:
        cluster_of(stack)  # a misspelt name must not become a stack
        variables = exports(stack)
        ensure_stack(stack, say=_say)
    except EXPECTED as exc:
        raise fail(str(exc)) from exc
    if as_json:
        emit(variables)
        return
    for name, value in variables.items():
        if os.environ.get(name) == value:
            continue
        click.echo(f"export {name}={quoted(name, value)}")


def quoted(name: str, value: str) -> str:
    """A value for the shell; PATH as what comes before the one that is there."""
    present = os.environ.get("PATH", "")
    if name == "PATH" and present and value.endswith(os.pathsep + present):
        return shlex.quote(value.removesuffix(present)) + '"$PATH"'
    return shlex.quote(value)


def _say(text: str) -> None:
    click.echo(text, err=True)  # what is printed on the other stream is read by a shell
