"""What every command of ``autoserve`` shares: its options, its way to print, its exit codes.

Lives in infra so that the commands of infra can use it too; stacks.cli only dispatches.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from infra.kubernetes.kubeconfig import kubectl
from infra.stack_settings import StackFileError, cluster_of

__all__ = [
    "DIFFERENCES",
    "DONE",
    "ERROR",
    "emit",
    "fail",
    "json_option",
    "local_stack_options",
    "refuse_cluster",
    "stack_options",
]

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


def local_stack_options(instead: str) -> Callable[[Command], Command]:
    """The same for a command that works on this machine only.

    Args:
        instead: what serves on a cluster; may name {kubectl} and {namespace}.
    """

    def look(ctx: click.Context, param: click.Parameter, stack: str) -> str:  # noqa: ARG001 - click
        if not ctx.resilient_parsing:
            refuse_cluster(stack, command=str(ctx.info_name), instead=instead)
        return stack

    def decorate(command: Command) -> Command:
        decorated = stack_options(command)
        for parameter in decorated.__click_params__:  # type: ignore[attr-defined] # click's own
            if parameter.name == "stack":
                parameter.callback = look
        return decorated

    return decorate


def refuse_cluster(stack: str, *, command: str, instead: str) -> None:
    """End a command that is for this machine when its stack is on Kubernetes.

    Raises:
        click.ClickException: it is; one line with what serves there.
    """
    try:
        cluster = cluster_of(stack)
    except StackFileError:  # what runs of a stack whose file is gone is for the command to say
        return
    if cluster is None:
        return
    program = kubectl(str(cluster.get("kubeconfig")), str(cluster.get("context")))
    use = instead.format(kubectl=program, namespace=cluster.get("namespace", "autoserve"))
    raise fail(f"`{command}` is for stacks on this machine, and {stack} is on Kubernetes: {use}")


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
