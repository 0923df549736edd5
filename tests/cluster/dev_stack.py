"""The stack ``dev`` of this project under the real engine, on the test cluster.

The project, the program and the settings are the product's own files, copied to a folder so that a
test may change settings; only what names the cluster is other. The stand-ins of
tests.kubernetes_provider take the place of the official plugins. No release is installed: their
definitions are there, and what scales runs.
"""

import copy
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from infra.local.state import state_paths, tree_root
from infra.toolchain.environment import engine_environment
from stacks.checkpoint import mend
from stacks.engine import project_name, stack_file
from stacks.locks import clear_dead, clear_unfinished
from stacks.operation import Outcome, operate
from tests.cluster.client import Client
from tests.cluster.kubeconfig import CONTEXT

__all__ = ["NAME", "STACK", "UP", "DevStack"]

STACK = "dev"
UP = ("--yes", "--skip-preview")
PART_OF = "app.kubernetes.io/part-of=autoserve"
NAME = "app.kubernetes.io/name"

Changed = Mapping[str, Mapping[str, Any]]


class DevStack:
    """Runs operations; what they show is kept in ``shown``."""

    def __init__(self, folder: Path, kubeconfig: Path, admin: Client) -> None:
        self.folder, self.admin = folder, admin
        self.shown: list[str] = []
        self._stacks = folder / "stacks"
        self._stacks.mkdir(parents=True)
        self._settings = _settings(kubeconfig)
        self._write_project()
        self.configure({})
        self.program_after("")
        self.run("stack", "init", STACK, "--no-select")

    def configure(self, changed: Changed) -> None:
        """From now on, the product's settings but for these, by group."""
        config = copy.deepcopy(self._settings)
        for group, values in changed.items():
            config.setdefault(f"autoserve:{group}", {}).update(values)
        file = self._stacks / f"Pulumi.{STACK}.yaml"
        kept = yaml.safe_load(file.read_text()) if file.exists() else {}  # the engine's salt
        file.write_text(yaml.safe_dump({**kept, "config": config}))

    def program_after(self, lines: str) -> None:
        """From now on, run some lines of Python before the product's program."""
        program = (tree_root() / "stacks" / "__main__.py").read_text()
        (self._stacks / "__main__.py").write_text(f"{lines}\n{program}")

    def operate(self, verb: str, *arguments: str) -> Outcome:
        return operate(
            verb, stack=STACK, arguments=arguments, show=self.shown.append, tree=self.folder
        )

    def changes(self, verb: str, *arguments: str) -> set[tuple[str, str]]:
        """The resources that an operation changed, and how; it has to succeed."""
        done = self.operate(verb, *arguments)
        assert done.succeeded, "\n".join([*self.shown[-20:], *done.errors])
        return {(each.resource, each.operation) for each in done.differences}

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """The engine in the background, as a person would call it."""
        with subprocess.Popen(
            ["pulumi", *arguments, "--cwd", self.folder, "--non-interactive"],
            env=engine_environment(STACK),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as engine:
            yield engine

    def run(self, *arguments: str) -> str:
        """A short command of the engine, which has to succeed."""
        with self.running(*arguments) as engine:
            assert engine.stdout is not None
            output = engine.stdout.read()
        assert engine.returncode == 0, output
        return output

    def clear_after_a_kill(self) -> None:
        """What `autoserve up` does before it calls the engine again; its state needs no mending."""
        backend = state_paths().pulumi
        assert mend(backend, stack_file(STACK)) == []
        clear_unfinished(backend, project_name(), STACK)
        clear_dead(backend, project_name(), STACK)

    def pods(self) -> dict[str, set[str]]:
        """The identities of the pods of each workload."""
        found: dict[str, set[str]] = {}
        for pod in self.admin.list("v1", "Pod", labels=PART_OF):
            metadata = pod["metadata"]
            found.setdefault(metadata["labels"][NAME], set()).add(metadata["uid"])
        return found

    def known(self) -> set[tuple[str, str]]:
        """Kind and id (namespace and name) of every object that the state has."""
        state = json.loads(self.run("stack", "export", "--stack", STACK))
        return {
            (each["outputs"]["kind"], each["id"])
            for each in state["deployment"]["resources"]
            if each["type"].startswith("kubernetes:")
        }

    def _write_project(self) -> None:
        project = yaml.safe_load((tree_root() / "Pulumi.yaml").read_text())
        # The provider of the stack on this machine lies at a path in the tree.
        del project["plugins"]
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))


def _settings(kubeconfig: Path) -> dict[str, Any]:
    given = yaml.safe_load((tree_root() / "stacks" / f"Pulumi.{STACK}.yaml").read_text())
    config: dict[str, Any] = given["config"]
    here = {"kubeconfig": str(kubeconfig), "context": CONTEXT, "install": []}
    config["autoserve:cluster"] |= here
    return config
