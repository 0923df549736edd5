"""The programs that the platform needs from the system, where they are and which are missing.

On PATH, else where Debian puts them; what is missing is installed by apt-get in a way that starts
no service, or the exact command for it is said. Standard library only.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.toolchain.progress import BootstrapError, run, say, step

__all__ = [
    "CHROMIUM",
    "RUN_TOOLS",
    "WEB_TOOLS",
    "MissingProgramError",
    "Tool",
    "ToolsMissingError",
    "find_program",
    "install",
    "locate",
    "missing",
]

APT_INSTALL = Path(__file__).resolve().parent / "apt_install.sh"
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # often not on a user's PATH


class ToolsMissingError(BootstrapError):
    """Programs are missing and this user may not install them."""

    def __init__(self, problems: Iterable[str], command: str) -> None:
        listed = "\n".join(f"    {problem}" for problem in problems)
        super().__init__(f"some programs are missing:\n{listed}\nInstall them by\n    {command}")
        self.command = command


class MissingProgramError(BootstrapError):
    """A program that the platform runs is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is neither on PATH nor where Debian puts it: run `make install`")
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A program, the oldest version that serves, and the Debian package that brings it."""

    name: str
    programs: tuple[str, ...]  # the first is asked for its version
    package: str
    minimum: tuple[int, ...]
    folders: str = ""  # a pattern below / of folders that are not on PATH

    def problem(self, environment: Mapping[str, str] | None = None) -> str | None:
        """What is wrong with it here, if anything."""
        found = [locate(self, program, environment) for program in self.programs]
        for program, path in zip(self.programs, found, strict=True):
            if path is None:
                return f"{self.name}: {program} is neither on PATH nor where Debian installs it"
        version = _version(found[0]) if found[0] is not None else None
        if version is not None and version < self.minimum:
            wanted, is_there = (".".join(map(str, v)) for v in (self.minimum, version))
            return f"{self.name}: {found[0]} is version {is_there}, at least {wanted} is needed"
        return None


POSTGRES = Tool(
    name="PostgreSQL",
    programs=("postgres", "initdb", "pg_ctl", "psql"),
    package="postgresql",
    minimum=(15,),
    folders="usr/lib/postgresql/*/bin",
)
REDIS = Tool(name="Redis", programs=("redis-server",), package="redis-server", minimum=(6, 2))
NGINX = Tool(name="NGINX", programs=("nginx",), package="nginx-light", minimum=(1, 18))
PROMETHEUS = Tool(
    name="Prometheus", programs=("prometheus",), package="prometheus", minimum=(2, 42)
)
NODE = Tool(name="Node.js", programs=("node",), package="nodejs", minimum=(20,))
NPM = Tool(name="npm", programs=("npm",), package="npm", minimum=(9,))
CHROMIUM = Tool(name="Chromium", programs=("chromium",), package="chromium", minimum=(110,))

RUN_TOOLS = (POSTGRES, REDIS, NGINX, PROMETHEUS)
WEB_TOOLS = (NODE, NPM)


def locate(
    tool: Tool, program: str | None = None, environment: Mapping[str, str] | None = None
) -> Path | None:
    """Where a program of a tool is; the newest where Debian keeps several versions."""
    env = os.environ if environment is None else environment
    beside = sorted(Path("/").glob(tool.folders), key=_by_number) if tool.folders else []
    # Debian's wrappers on PATH lack initdb, so a complete folder is better than single programs.
    for folder in reversed(beside):
        if all(os.access(folder / each, os.X_OK) for each in tool.programs):
            return folder / (program or tool.programs[0])
    path = os.pathsep.join([env.get("PATH", os.defpath), *SYSTEM_FOLDERS])
    found = shutil.which(program or tool.programs[0], path=path)
    return Path(found) if found else None


def find_program(name: str) -> Path:
    """Where a program that the platform runs is.

    Raises:
        MissingProgramError: it is not installed.
    """
    for tool in RUN_TOOLS:
        if name in tool.programs and (found := locate(tool, name)) is not None:
            return found
    raise MissingProgramError(name)


def missing(tools: Iterable[Tool]) -> dict[str, Tool]:
    """What is wrong, by its sentence."""
    return {problem: tool for tool in tools if (problem := tool.problem()) is not None}


def install(tools: Iterable[Tool]) -> None:
    """Install what is missing.

    Raises:
        ToolsMissingError: it needs rights, or a package manager, that are not there.
        CommandFailedError: apt-get failed.
    """
    wrong = missing(tools)
    if not wrong:
        return
    packages = sorted({tool.package for tool in wrong.values()})
    prefix = _as_root()
    if prefix is None or shutil.which("apt-get") is None:
        shown = f"sudo sh {APT_INSTALL} {' '.join(packages)}"
        if shutil.which("apt-get") is None:
            shown = f"your system's package manager (Debian's names: {' '.join(packages)})"
        raise ToolsMissingError(wrong, shown)
    with step(f"Installing {', '.join(packages)} by apt-get (no service is started)"):
        run([*prefix, "sh", APT_INSTALL, *packages])
    say(f"installed {', '.join(packages)}")
    if still := missing(tools):
        raise ToolsMissingError(still, "hand: the system's packages are too old")


def _as_root() -> list[str] | None:
    """What to put before a command to run it as root without a question, if there is a way."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def _version(program: Path) -> tuple[int, ...] | None:
    flag = "-v" if program.name == "nginx" else "--version"
    try:
        shown = subprocess.run(
            [program, flag], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"(?<![\w.])v?=?(\d+(?:\.\d+)+|\d+)", shown.stdout or shown.stderr)
    return tuple(int(part) for part in match[1].split(".")) if match else None


def _by_number(folder: Path) -> int:
    digits = re.search(r"/(\d+)/", f"{folder}/")
    return int(digits[1]) if digits else 0
