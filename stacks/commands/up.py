"""``autoserve up``, ``preview`` and ``down``: the short way around the engine's own commands."""

import contextlib
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import click

from infra.cli import DIFFERENCES, ERROR, emit, fail, stack_options
from infra.kubernetes.names import Namespaces
from infra.kubernetes.settings import ClusterSettings
from infra.local.state import StackPaths, StateError, state_paths
from infra.settings import SettingsError
from infra.stack_settings import StackFileError, settings_of
from infra.toolchain.progress import BootstrapError
from stacks import preflight
from stacks.checkpoint import UnreadableStateError
from stacks.engine import EngineCallError, ensure_stack, project_name, stack_file
from stacks.locks import StackLockedError, clear_dead, clear_unfinished
from stacks.operation import Outcome, operate
from stacks.summary import addresses, cluster_screen, credentials_shown_once, screen

__all__ = ["down", "preview", "up"]


@click.command()
@stack_options
def up(stack: str, *, as_json: bool) -> None:
    """Bring a stack up, or to what its settings say now; prints addresses at the end."""
    paths = state_paths().stack(stack)
    with _errors_in_plain_words():
        cluster = settings_of(stack).cluster
        if cluster is None:
            preflight.check(paths)
        else:
            preflight.check_backend(paths.clone)
        _make_ready(stack, paths)
        outcome = operate("up", stack=stack, arguments=["--yes", "--skip-preview"], show=_say)
    if not outcome.succeeded:
        _end_with_errors(f"`up` of {stack} failed", outcome, as_json=as_json)
    credentials = credentials_shown_once(paths) if cluster is None else None
    if as_json:
        emit(_report(outcome) | {"addresses": addresses(outcome.outputs)})
        return
    count = len(outcome.differences)
    _say(f"{count} change{'' if count == 1 else 's'} in {outcome.duration_s:.0f} s")
    if cluster is None:
        click.echo(screen(outcome.outputs, paths, credentials))
    else:
        click.echo(cluster_screen(outcome.outputs, cluster))


@click.command()
@stack_options
def preview(stack: str, *, as_json: bool) -> None:
    """Show what `up` would change; exit code 2 when that is something."""
    with _errors_in_plain_words():
        settings_of(stack)
        _make_ready(stack, state_paths().stack(stack), heal=False)
        outcome = operate("preview", stack=stack, show=_say)
    if not outcome.succeeded:
        _end_with_errors(f"`preview` of {stack} failed", outcome, as_json=as_json)
    if as_json:
        emit(_report(outcome))
    else:
        for each in outcome.differences:
            changed = f" ({', '.join(each.properties)})" if each.properties else ""
            click.echo(f"{each.operation:<8} {each.resource}{changed}")
        click.echo(f"{len(outcome.differences)} changes" if outcome.differences else "no changes")
    sys.exit(DIFFERENCES if outcome.differences else 0)


@click.command()
@click.option("--delete-data", is_flag=True, help="Also delete what the services have stored.")
@click.option("--yes", is_flag=True, help="Do not ask before deleting data.")
@stack_options
def down(stack: str, *, delete_data: bool, yes: bool, as_json: bool) -> None:
    """Stop a stack. Its data stays unless you say --delete-data.

    On a cluster the data lies in the stack's namespaces: there --delete-data must be said.
    """
    paths = state_paths().stack(stack)
    with _errors_in_plain_words():
        cluster = settings_of(stack).cluster
    if cluster is not None:
        _down_on_a_cluster(stack, paths, cluster, delete_data=delete_data, yes=yes, as_json=as_json)
        return
    holders = {str(folder): size_bytes(folder) for folder in paths.holders_of_data()}
    if delete_data and not yes:
        for folder, size in holders.items():
            click.echo(f"    {folder}  {size / 2**20:.0f} MB", err=True)
        click.confirm("Delete this data for good?", abort=True, err=True)
    outcome = _destroy(stack, paths, as_json=as_json)
    if delete_data:
        _delete_data(paths)
    if as_json:
        emit(_report(outcome) | {"data": holders, "data_deleted": delete_data})
        return
    click.echo(f"{stack} is down.")
    for folder, size in holders.items():
        click.echo(f"    {'deleted' if delete_data else 'kept'}  {folder}  {size / 2**20:.0f} MB")
    if holders and not delete_data:
        click.echo("    `autoserve down --delete-data` deletes it; `autoserve up` goes on with it.")


def _down_on_a_cluster(
    stack: str,
    paths: StackPaths,
    cluster: ClusterSettings,
    *,
    delete_data: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Nothing of a stack stays in its cluster, the volumes included: never without a word."""
    namespaces = list(Namespaces(prefix=cluster.namespace).all.values())
    shown = f"{', '.join(namespaces)} in {cluster.context}"
    if cluster.protect:
        raise fail(
            f"autoserve:cluster.protect: found true; allowed: false, for `down` of {stack} deletes "
            f"the namespaces {shown} and all data in them; after the change comes an `up`"
        )
    if not delete_data:
        raise fail(
            f"`down` of {stack} deletes the namespaces {shown} and all data in them: "
            "say --delete-data if that is what you want"
        )
    if not yes:
        click.confirm(f"Delete {shown} and all data in them for good?", abort=True, err=True)
    outcome = _destroy(stack, paths, as_json=as_json)
    if as_json:
        emit(_report(outcome) | {"data": dict.fromkeys(namespaces), "data_deleted": True})
        return
    click.echo(f"{stack} is down; {shown} are deleted.")


def _destroy(stack: str, paths: StackPaths, *, as_json: bool) -> Outcome:
    with _errors_in_plain_words():
        _make_ready(stack, paths)
        outcome = operate("destroy", stack=stack, arguments=["--yes"], show=_say)
    if not outcome.succeeded:
        _end_with_errors(f"`down` of {stack} failed", outcome, as_json=as_json)
    return outcome


def size_bytes(folder: Path) -> int:
    """What the files below a folder take on disk."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # services move files while this counts
            total += path.lstat().st_blocks * 512
    return total


def _make_ready(stack: str, paths: StackPaths, *, heal: bool = True) -> None:
    """The stack exists, nobody else works on it, and what a killed engine left is cleared."""
    ensure_stack(stack, say=_say)
    for file in clear_unfinished(paths.pulumi, project_name(), stack):
        _say(f"removed a lock that a dead engine had begun to write: {file}")
    for lock in clear_dead(paths.pulumi, project_name(), stack):
        _say(f"cleared the lock of a dead engine: {lock}")
    if heal and (pending := preflight.pending_operations(stack_file(stack))):
        _say(f"an earlier run was killed while it worked on {', '.join(pending)}: looking again")
        arguments = ["--yes", "--clear-pending-creates", "--skip-preview"]
        outcome = operate("refresh", stack=stack, arguments=arguments, show=_say)
        if not outcome.succeeded:
            raise EngineCallError("\n".join(outcome.errors))


def _delete_data(paths: StackPaths) -> None:
    for folder in paths.holders_of_data():
        shutil.rmtree(folder)


@contextlib.contextmanager
def _errors_in_plain_words() -> Iterator[None]:
    expected = (
        BootstrapError,
        EngineCallError,
        OSError,
        SettingsError,
        StackFileError,
        StackLockedError,
        StateError,
        UnreadableStateError,
        preflight.PreflightError,
    )
    try:
        yield
    except expected as exc:
        raise fail(str(exc)) from exc


def _end_with_errors(what: str, outcome: Outcome, *, as_json: bool) -> NoReturn:
    if as_json:
        emit(_report(outcome))
    else:
        click.echo(f"Error: {what}:", err=True)
        for error in outcome.errors:
            click.echo(error, err=True)
    sys.exit(ERROR)


def _report(outcome: Outcome) -> dict[str, object]:
    return {
        "succeeded": outcome.succeeded,
        "duration_s": round(outcome.duration_s, 3),
        "changes": outcome.changes,
        "differences": [asdict(each) for each in outcome.differences],
        "errors": outcome.errors,
    }


def _say(text: str) -> None:
    click.echo(text, err=True)
