"""Calls of the Pulumi engine for a stack of this clone, in the environment of ``autoserve env``."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from infra.local.state import state_paths, tree_root
from infra.toolchain.environment import backend_url, engine_environment
from infra.toolchain.salts import align_salt, keep_salts_out_of_git
from stacks.checkpoint import mend

__all__ = ["EngineCallError", "call", "ensure_stack", "project_name", "stack_file"]

INIT_TIMEOUT_S = 60


class EngineCallError(Exception):
    """The engine ended with an error; the message is what it printed."""


def project_name() -> str:
    settings = yaml.safe_load((tree_root() / "Pulumi.yaml").read_text())
    return str(settings["name"])


def stack_file(stack: str) -> Path:
    """Where the file backend of the clone keeps the state of a stack."""
    folder = state_paths().pulumi / ".pulumi" / "stacks" / project_name()
    return folder / f"{stack}.json"


def call(arguments: Sequence[str], *, stack: str, timeout_s: float = INIT_TIMEOUT_S) -> str:
    """The output of a short engine command.

    Raises:
        EngineCallError: it failed, or took longer than ``timeout_s``.
    """
    command = ["pulumi", *arguments, "--non-interactive", "--cwd", str(tree_root())]
    try:
        result = subprocess.run(
            command,
            env=engine_environment(stack),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise EngineCallError(f"`{' '.join(command)}` took longer than {timeout_s:.0f} s") from exc
    if result.returncode != 0:
        raise EngineCallError(result.stderr.strip() or result.stdout.strip())
    return result.stdout


def ensure_stack(stack: str, *, say: Callable[[str], None]) -> None:
    """Make the stack in the backend when it is not there yet, and readable when it is not.

    Raises:
        EngineCallError: the engine cannot make it.
        UnreadableStateError: it is there, and neither its state nor the copy can be read.
    """
    settings = tree_root() / "stacks" / f"Pulumi.{stack}.yaml"
    ours = engine_environment(stack)["PULUMI_BACKEND_URL"] == backend_url(state_paths())
    if ours:
        for line in mend(state_paths().pulumi, stack_file(stack)):
            say(line)
        align_salt(settings, stack_file(stack))
    if not ours or not stack_file(stack).exists():
        _init(stack)
    keep_salts_out_of_git(tree_root())


def _init(stack: str) -> None:
    try:
        call(["stack", "init", stack, "--no-select"], stack=stack)
    except EngineCallError as exc:
        if "already exists" not in str(exc):
            raise
