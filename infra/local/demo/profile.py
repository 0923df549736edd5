"""The demo profile of a stack: its own settings with a ``timeFactor``, for as long as a demo runs.

The tracked settings file is never edited: the engine is given a copy of it that lives as long as
one call. Whatever happens, the next ``up`` with the stack's own settings ends the profile.
"""

import json
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.local.demo.client import DemoError
from infra.local.demo.interrupt import InterruptedDemoError, Stop
from infra.local.state import tree_root
from infra.settings import NAMESPACE, Settings, SettingsError
from infra.toolchain.environment import engine_environment
from infra.toolchain.progress import BootstrapError

TIME_FACTOR = f"{NAMESPACE}:timeFactor"
POLL_S = 0.2
LAST_LINES = 15  # of what a failing engine printed


@dataclass(frozen=True, kw_only=True)
class StackSettings:
    """The settings of a stack, and the document they came from."""

    settings: Settings
    document: Mapping[str, Any]

    @property
    def address(self) -> str:
        """Where the edge listens."""
        return f"http://127.0.0.1:{self.settings.port_base}"


def read_settings(file: Path) -> StackSettings:
    """The settings in a stack's file.

    Raises:
        DemoError: it is missing, no YAML, or a setting is wrong.
    """
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        settings = Settings.load(_as_text(document.get("config") or {}))
    except (OSError, yaml.YAMLError, AttributeError) as exc:
        raise DemoError(f"{file} holds no settings of a stack: {exc}") from exc
    except SettingsError as exc:
        raise DemoError(f"{file}: {exc}") from exc
    return StackSettings(settings=settings, document=document)


def settings_file(stack: str) -> Path:
    """The tracked settings of a stack."""
    return tree_root() / "stacks" / f"Pulumi.{stack}.yaml"


def with_factor(document: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """The document with the setting of the demo profile; nothing else differs."""
    return {**document, "config": {**(document.get("config") or {}), TIME_FACTOR: factor}}


def bring_up(stack: str, document: Mapping[str, Any], *, stop: Stop | None = None) -> None:
    """``pulumi up`` with these settings; a stop lets the engine end what it is at.

    Raises:
        DemoError: the engine failed; its last lines are in the message.
        InterruptedDemoError: the demo should end.
    """
    with tempfile.TemporaryDirectory(prefix="autoserve-demo-") as folder:
        file = Path(folder) / f"Pulumi.{stack}.yaml"
        file.write_text(yaml.safe_dump(dict(document), sort_keys=False), encoding="utf-8")
        file.chmod(0o600)
        command = [
            "pulumi",
            "up",
            "--stack",
            stack,
            "--yes",
            "--skip-preview",
            "--suppress-outputs",
        ]
        command += ["--non-interactive", "--color=never", "--cwd", str(tree_root())]
        _run(
            [*command, "--config-file", str(file)], stack=stack, log=Path(folder) / "log", stop=stop
        )


def _run(command: list[str], *, stack: str, log: Path, stop: Stop | None) -> None:
    try:
        environment = engine_environment(stack)
    except BootstrapError as exc:
        raise DemoError(str(exc)) from exc
    with log.open("wb") as output:
        # A session of its own: Ctrl-C is for the demo, which asks the engine once, in its order.
        engine = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        asked = False
        while engine.poll() is None:
            if stop is None:
                engine.wait()
            elif stop.wait(POLL_S) and not asked:
                engine.send_signal(signal.SIGINT)
                asked = True
            elif asked:
                engine.wait()
    if asked:
        raise InterruptedDemoError
    if engine.returncode != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise DemoError("`pulumi up` failed:\n" + "\n".join(lines[-LAST_LINES:]))


def _as_text(config: Mapping[str, Any]) -> dict[str, str]:
    """Values as the engine passes them: text as it is, the rest as JSON."""
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()
    }
