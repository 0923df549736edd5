"""Puts the stand-ins where the engine looks for plugins: below PULUMI_HOME, by name and version.

The versions are those that the SDKs of this environment ask for, so the engine takes the stand-ins
for the plugins that it would have downloaded.
"""

import json
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.kubernetes_provider.serving import VERSION

__all__ = ["install"]

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    "kubernetes": "tests.kubernetes_provider.provider",
    "random": "tests.kubernetes_provider.generators",
    "tls": "tests.kubernetes_provider.generators",
}


def install(home: Path) -> None:
    """Write the executables below a PULUMI_HOME, which is to be the test's own."""
    for package, module in MODULES.items():
        version = _version(package)
        if version is None:  # nobody can ask for it
            continue
        folder = home / "plugins" / f"resource-{package}-v{version}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"pulumi-resource-{package}"
        environment = f"PYTHONPATH={shlex.quote(str(ROOT))} {VERSION}={version}"
        command = shlex.join([sys.executable, "-u", "-m", module])
        file.write_text(f'#!/bin/sh\n{environment} exec {command} "$@"\n')
        file.chmod(0o755)


def _version(package: str) -> str | None:
    """The version of the plugin that the SDK of a package asks for; None without the SDK."""
    spec = find_spec(f"pulumi_{package}")
    if spec is None or spec.origin is None:
        return None
    said = json.loads((Path(spec.origin).parent / "pulumi-plugin.json").read_text())
    return str(said["version"])
