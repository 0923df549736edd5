"""``autoserve doctor``: every missing or left-over piece, each with the exact mend.

A check is a function from a stack's paths to findings; those of processes are in infra.local, which
registers them by the entry-point group ``autoserve.checks``. A stack on a cluster needs less of
this machine, and its cluster is looked at instead.
"""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path

import click

from infra.cli import DIFFERENCES, emit, fail, stack_options
from infra.findings import Finding
from infra.kubernetes.kubeconfig import KubeconfigError, read_kubeconfig
from infra.kubernetes.survey import Survey, survey
from infra.local.state import StackPaths, StateError, service_user, state_paths, tree_root
from infra.settings import SettingsError
from infra.stack_settings import StackFileError, cluster_of, settings_of
from infra.toolchain import python_environment, salts, tools, web
from infra.toolchain.engine import MINIMUM_VERSION, cache_folder, find_engine
from stacks import preflight
from stacks.engine import project_name, stack_file
from stacks.locks import locks_of
from stacks.ports import clashes, wanted_ports

__all__ = ["doctor", "findings", "on_a_cluster", "survey_of"]

GROUP = "autoserve.checks"

Check = Callable[[StackPaths], Iterator[Finding]]


@click.command()
@stack_options
def doctor(stack: str, *, as_json: bool) -> None:
    """Find what is missing or left over, with the mend; exit code 2 when that is something."""
    paths = state_paths().stack(stack)
    try:
        is_local = cluster_of(stack) is None
    except StackFileError as exc:
        raise fail(str(exc)) from exc
    seen = Survey(problems=tuple(findings(paths))) if is_local else on_a_cluster(paths)
    if as_json:
        emit({name: [asdict(each) for each in vars(seen)[kind]] for name, kind in KEYS.items()})
    else:
        for finding in seen.problems:
            click.echo(f"{finding.what}\n    mend: {finding.mend}")
        for hint in seen.hints:
            click.echo(f"hint: {hint.what}\n    {hint.mend}")
        count = len(seen.problems)
        click.echo(f"{count} finding{'s' * (count != 1)}" if count else "all is well")
    sys.exit(DIFFERENCES if seen.problems else 0)


def findings(paths: StackPaths) -> list[Finding]:
    """What every check of a stack on this machine finds, in the order of an installation."""
    others: list[Check] = [entry.load() for entry in entry_points(group=GROUP)]
    checks = (*TOOLS, *MACHINE, *ENGINE_STATE, ports, *others)
    return [finding for check in checks for finding in check(paths)]


def on_a_cluster(paths: StackPaths) -> Survey:
    """What is missing here to bring a stack up on its cluster, and what is missing there."""
    here = [finding for check in (*TOOLS, backend, *ENGINE_STATE) for finding in check(paths)]
    there = survey_of(paths.name)
    return Survey(problems=(*here, *there.problems), hints=there.hints)


def survey_of(stack: str) -> Survey:
    """What the cluster of a stack lacks; nothing is asked where the settings lead to none."""
    try:
        settings = settings_of(stack).cluster
        assert settings is not None  # noqa: S101 - the caller has looked
        return survey(read_kubeconfig(settings), settings)
    except (SettingsError, StackFileError, KubeconfigError) as exc:
        return Survey(problems=(Finding(what=str(exc), mend=_correct(stack)),))


def python_packages(paths: StackPaths) -> Iterator[Finding]:  # noqa: ARG001 - a check
    if not python_environment.is_current(tree_root()):
        yield Finding(
            what=".venv is not what requirements.lock and pyproject.toml say", mend="make install"
        )


def programs(paths: StackPaths) -> Iterator[Finding]:  # noqa: ARG001 - a check
    for problem in tools.missing(tools.RUN_TOOLS):
        yield Finding(what=problem, mend="make install")


def engine(paths: StackPaths) -> Iterator[Finding]:  # noqa: ARG001 - a check
    if find_engine(path=os.environ.get("PATH", os.defpath), cache=cache_folder()) is None:
        oldest = ".".join(map(str, MINIMUM_VERSION))
        yield Finding(
            what=f"no Pulumi engine: none on PATH is at least v{oldest}, none is in the cache",
            mend="make install",
        )


def web_build(paths: StackPaths) -> Iterator[Finding]:  # noqa: ARG001 - a check
    if not web.is_current(tree_root() / "dashboards" / "web"):
        yield Finding(
            what="the web dashboard's build is older than its sources", mend="make install"
        )


def state_folder(paths: StackPaths) -> Iterator[Finding]:
    try:
        preflight.check_folder(paths)
    except (preflight.PreflightError, StateError) as exc:
        yield Finding(what=str(exc), mend=f"look at the owner and the space of {paths.folder}")


def backend(paths: StackPaths) -> Iterator[Finding]:
    try:
        preflight.check_backend(paths.clone)
    except (preflight.PreflightError, StateError) as exc:
        yield Finding(what=str(exc), mend=f"look at the owner and the space of {paths.pulumi}")


def users(paths: StackPaths) -> Iterator[Finding]:  # noqa: ARG001 - a check
    try:
        services = service_user(tree_root(), Path(sys.executable))
    except StateError as exc:
        yield Finding(what=str(exc), mend="make install")
        return
    if services.reason is not None:
        yield Finding(
            what=f"the API, the worker and the scaler run as root: {services.reason}",
            mend="clone below a folder that everybody may read, and use a Python from there "
            "(make clean && make up PYTHON=/usr/bin/python3), or run as another user than root",
        )


def locks(paths: StackPaths) -> Iterator[Finding]:
    for lock in locks_of(paths.pulumi, project_name(), paths.name):
        if lock.is_dead:
            yield Finding(
                what=f"a dead engine's lock on {paths.name}: {lock}",
                mend=f"autoserve up --stack {paths.name} (clears it)",
            )


def unfinished(paths: StackPaths) -> Iterator[Finding]:
    if pending := preflight.pending_operations(stack_file(paths.name)):
        yield Finding(
            what=f"an engine was killed while it worked on {', '.join(pending)}",
            mend=f"autoserve up --stack {paths.name}",
        )


def ports(paths: StackPaths) -> Iterator[Finding]:
    try:
        wanted = wanted_ports(paths.name)
    except (SettingsError, StackFileError) as exc:
        yield Finding(what=str(exc), mend=_correct(paths.name))
        return
    for clash in clashes(paths, wanted):
        yield Finding(
            what=f"port {clash.port}, wanted by {clash.service}, is taken by {clash.owner}",
            mend="end that process, or choose other ports: "
            f"pulumi config set --stack {paths.name} autoserve:portBase 9600",
        )


def salt(paths: StackPaths) -> Iterator[Finding]:  # noqa: ARG001 - a check
    tree = tree_root()
    if (tree / ".git").exists() and not salts.keep_salts_out_of_git(tree):
        yield Finding(
            what="git shows the engine's salt as a change of stacks/Pulumi.*.yaml",
            mend=f"git config filter.{salts.FILTER}.clean '{salts.CLEAN}'",
        )


def _correct(stack: str) -> str:
    return f"correct it in stacks/Pulumi.{stack}.yaml"


KEYS = {"findings": "problems", "hints": "hints"}  # of the JSON document
TOOLS: tuple[Check, ...] = (python_packages, engine)
MACHINE: tuple[Check, ...] = (programs, web_build, state_folder, users)
ENGINE_STATE: tuple[Check, ...] = (locks, unfinished, salt)
