"""A small Pulumi project of its own state, run by the real engine."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.local.state import StackPaths, state_paths
from infra.toolchain.environment import engine_environment
from stacks.operation import Outcome, operate

STACK = "local"
NAME = "small"


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project in a temporary folder; what operations show is kept in ``shown``."""

    folder: Path
    paths: StackPaths
    shown: list[str]

    @property
    def state_file(self) -> Path:
        return self.paths.pulumi / ".pulumi" / "stacks" / NAME / f"{STACK}.json"

    def program(self, text: str) -> None:
        (self.folder / "stacks" / "__main__.py").write_text(text)

    def operate(self, verb: str, *arguments: str) -> Outcome:
        return operate(
            verb, stack=STACK, arguments=arguments, show=self.shown.append, tree=self.folder
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The engine in the background, as a person would call it."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--cwd", self.folder, "--non-interactive"],
            env=engine_environment(STACK),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        with self.start(*arguments) as engine:
            assert engine.stdout is not None
            output = engine.stdout.read()
        assert engine.returncode == 0, output
        return output


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    """Makes the project with a program in it, and its stack."""
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AUTOSERVE_STATE_DIR", str(tmp_path / "state"))
    folder = tmp_path / "project"
    (folder / "stacks").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text(
        f"name: {NAME}\nruntime: python\nmain: stacks\nstackConfigDir: stacks\n"
    )
    made = Project(folder=folder, paths=state_paths().stack(STACK), shown=[])

    def make(program: str) -> Project:
        made.program(program)
        made.run("stack", "init", STACK)
        return made

    return make
