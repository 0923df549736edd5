"""The ``autoserve`` command: finds the commands that installed packages register, loads the called
one.

Each package brings its own by the entry-point group ``autoserve.commands``, so an image that holds
only the scaler has only the scaler's commands. Exit codes: 0 done, 1 error, 2 differences found.
"""

import difflib
import errno
import os
import sys
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points, version

import click
from click.core import ParameterSource

from infra.cli import ERROR, refuse_cluster

__all__ = ["Dispatcher", "main"]

GROUP = "autoserve.commands"
# What a command, or one of a group, says in ``context_settings["obj"]``: the service in whose
# environment it runs, and the variables that make a stack needless where one of them is set.
ENVIRONMENT_OF, UNLESS = "environment_of", "unless"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

# Loading every command only to show its help would cost seconds (pandas, the Kubernetes SDK).
SHORT_HELP = {
    "env": "Print the environment for bare `pulumi` commands.",
    "up": "Bring a stack up.",
    "preview": "Show what `up` would change.",
    "down": "Stop a stack; its data stays.",
    "render": "Write a stack's Kubernetes objects as files.",
    "diff": "Compare two stacks, or two commits of one.",
    "status": "What runs, and whether it is ready.",
    "logs": "Read or follow the logs of services.",
    "scale": "Show or set the replicas of a workload.",
    "doctor": "Find what is missing or left over, with the mend.",
    "images": "List the images of a stack, or pin their digests.",
    "demo": "Run real tasks, then replay a load trace.",
    "user": "Manage users of the platform.",
    "scaler": "Ask and steer the autoscaler; score it on recorded loads.",
}


class Dispatcher(click.Group):
    """Commands by entry point; ``registered`` maps a command's name to where it is."""

    def __init__(self, registered: dict[str, EntryPoint]) -> None:
        super().__init__(
            "autoserve",
            context_settings={"help_option_names": ["-h", "--help"]},
            help="Run AutoServe. `pulumi up --stack NAME` works as well: see `autoserve env`.",
        )
        self._registered = registered

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        known = [name for name in SHORT_HELP if name in self._registered]
        return known + sorted(set(self._registered) - set(known))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        entry = self._registered.get(cmd_name)
        if entry is None:
            return None
        command = entry.load()
        if not isinstance(command, click.Command):
            raise click.ClickException(f"{entry.value} is no command: it is a {type(command)}")
        return in_environment(command, path=cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self._registered and not name.startswith("-"):
            near = difflib.get_close_matches(name, self._registered, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else " `autoserve --help` lists them."
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [
            (name, SHORT_HELP.get(name) or self._own_help(ctx, name))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _own_help(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str() if command else ""


class GroupOfServices(click.Group):
    """A group of another package some of whose commands run in the environment of a service."""

    def __init__(self, group: click.Group, *, path: str) -> None:
        super().__init__(
            group.name,
            help=group.help,
            params=group.params,
            callback=group.callback,
            context_settings=group.context_settings,
        )
        self._group, self._path = group, path

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self._group.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = self._group.get_command(ctx, cmd_name)
        return command and in_environment(command, path=f"{self._path} {cmd_name}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self._group.format_commands(ctx, formatter)


def in_environment(command: click.Command, *, path: str) -> click.Command:
    """A command as it is, or with ``--stack`` where it asks for the environment of a service.

    Args:
        path: the words that call it, after ``autoserve``.
    """
    marks = command.context_settings.get("obj") or {}
    service = marks.get(ENVIRONMENT_OF)
    if service:
        return with_environment_of(command, service, path=path, unless=marks.get(UNLESS, ()))
    return GroupOfServices(command, path=path) if isinstance(command, click.Group) else command


def with_environment_of(
    command: click.Command, service: str, *, path: str, unless: Iterable[str] = ()
) -> click.Command:
    """Run a command of a service in the environment that the service's process has in a stack.

    The service's package may not know infra, so ``--stack`` is added here and kept from it.

    Args:
        path: the words that call it, after ``autoserve``.
        unless: variables; where one is set and no stack is named, the environment is right as it
            is.
    """
    if any(param.name == "stack" for param in command.params):
        return command  # it was asked for before

    def load(ctx: click.Context, param: click.Parameter, stack: str) -> None:
        is_named = ctx.get_parameter_source(str(param.name)) is not ParameterSource.DEFAULT
        is_set = any(os.environ.get(variable) for variable in unless)
        if ctx.resilient_parsing or (is_set and not is_named):
            return
        program = "{kubectl} -n {namespace} exec -it deploy/" + service
        refuse_cluster(stack, command=path, instead=f"{program} -- autoserve {path}")
        # What the stack does not set must not be found in this shell either.
        for variable in unless:
            os.environ.pop(variable, None)
        os.environ.update(environment_of(service, stack))

    command.params.append(
        click.Option(
            ["--stack"],
            default="local",
            show_default=True,
            metavar="NAME",
            expose_value=False,
            is_eager=False,
            callback=load,
            help="The stack this is about.",
        )
    )
    return command


def environment_of(service: str, stack: str) -> dict[str, str]:
    """The environment of a service in a stack, as an error of the command when there is none."""
    # Only commands of services need these; every other one starts sooner without them.
    from infra.local.state import state_paths  # noqa: PLC0415
    from stacks import service_environment as processes  # noqa: PLC0415

    try:
        return processes.environment_of(service, state_paths().stack(stack))
    except processes.ServiceUnknownError as exc:
        raise click.ClickException(str(exc)) from exc


def main() -> None:
    """Entry point of the console script."""
    registered = {entry.name: entry for entry in entry_points(group=GROUP)}
    dispatcher = click.version_option(version("autoserve"))(Dispatcher(registered))
    try:
        code = dispatcher.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except click.ClickException as exc:
        exc.show()
        sys.exit(ERROR)
    except OSError as exc:
        if exc.errno not in FULL:
            raise
        click.echo(f"Error: {exc.filename or 'output'}: {exc.strerror}; it is incomplete", err=True)
        # What still waits to be written would fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ERROR)
    sys.exit(code if isinstance(code, int) else 0)
