"""``autoserve env``: the environment in which bare ``pulumi`` commands work on this clone."""

import shlex

import click

from infra.cli import emit, fail, stack_options
from infra.local.state import StateError
from infra.toolchain.environment import exports
from infra.toolchain.progress import BootstrapError
from stacks.engine import EngineCallError, ensure_stack

__all__ = ["env"]


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
        variables = exports(stack)
        ensure_stack(stack)
    except (BootstrapError, StateError, EngineCallError, OSError) as exc:
        raise fail(str(exc)) from exc
    if as_json:
        emit(variables)
        return
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
