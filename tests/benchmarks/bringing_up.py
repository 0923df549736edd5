"""How long `make up` and `make preview` take, beside an empty program on the same engine."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.table import Row
from tests.live import ROOT, LivePlatform

LIMITS_S = {"cold": 30.0, "second": 15.0, "preview": 10.0}


def measured(platform: LivePlatform) -> Iterator[Row]:
    """Rows about a platform that was brought up once and has its data."""
    with empty_program(platform) as (folder, environment):
        pulumi = ["pulumi", "--non-interactive", "--cwd", str(folder), "--stack", "empty"]
        empty_up = seconds([*pulumi, "up", "--yes", "--skip-preview"], environment=environment)
        empty_preview = seconds([*pulumi, "preview"], environment=environment)
    platform.autoserve("down")
    cold = make(platform, "up")
    again = make(platform, "up")
    preview = make(platform, "preview")
    platform.supervision.daemon.stop()
    lost = make(platform, "up")
    against = "`pulumi up` of an empty program"
    yield _row("make up, after make down", cold, empty_up, against, LIMITS_S["cold"])
    yield _row("make up, all processes gone", lost, empty_up, against, LIMITS_S["cold"])
    yield _row("make up again, no change", again, empty_up, against, LIMITS_S["second"])
    against = "`pulumi preview` of an empty program"
    yield _row("make preview, no change", preview, empty_preview, against, LIMITS_S["preview"])


def make(platform: LivePlatform, target: str) -> float:
    command = ["make", "--no-print-directory", target, f"STACK={platform.name}"]
    return seconds(command, environment=platform.environment)


def seconds(command: Sequence[str], *, environment: Mapping[str, str]) -> float:
    """Wall-clock time of a command.

    Raises:
        RuntimeError: it failed; has what it printed.
    """
    begin = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}\n{done.stderr}")
    return time.monotonic() - begin


@contextmanager
def empty_program(platform: LivePlatform) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with a Pulumi program of one line, up once, in a backend of its own."""
    printed = json.loads(platform.autoserve("env", "--json").stdout)
    with tempfile.TemporaryDirectory(prefix="as-empty-") as name:
        folder = Path(name)
        (folder / "backend").mkdir()
        (folder / "__main__.py").write_text("import pulumi\n")
        runtime = f"runtime: {{name: python, options: {{virtualenv: {ROOT / '.venv'}}}}}\n"
        (folder / "Pulumi.yaml").write_text(f"name: empty\n{runtime}")
        environment = {
            **os.environ,
            **printed,
            "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
        }
        pulumi = ["pulumi", "--non-interactive", "--cwd", str(folder)]
        seconds([*pulumi, "stack", "init", "empty"], environment=environment)
        up = [*pulumi, "--stack", "empty", "up", "--yes", "--skip-preview"]
        seconds(up, environment=environment)
        yield folder, environment


def _row(measure: str, value: float, baseline: float, against: str, limit: float) -> Row:
    return Row(
        measure=measure, value=value, unit="s", baseline=baseline, against=against, limit=limit
    )
