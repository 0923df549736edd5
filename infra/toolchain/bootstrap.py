"""Installs what a fresh machine lacks: ``python3 -m infra.toolchain.bootstrap [--tests]``.

Run by the system's Python before anything is there, so standard library only. Every step looks
first and is quick when there is nothing to do; interrupted, it is simply called again.
"""

import sys

OLDEST_PYTHON = (3, 11)

if sys.version_info < OLDEST_PYTHON:
    sys.exit(
        "autoserve: Python %d.%d or newer is needed, %s is %d.%d. "  # noqa: UP031 - read by old ones
        "Name a newer one: make PYTHON=/path/to/python3 ..."
        % (*OLDEST_PYTHON, sys.executable, *sys.version_info[:2])
    )

import argparse  # noqa: E402 - the check above comes first on purpose
import os  # noqa: E402
import pwd  # noqa: E402
from pathlib import Path  # noqa: E402

from infra.local.state import RUN_USER, StateError, tree_root  # noqa: E402
from infra.toolchain import engine, python_environment, salts, tools, web  # noqa: E402
from infra.toolchain.progress import BootstrapError, run, say  # noqa: E402

__all__ = ["main"]

INTERRUPTED = 130


def main() -> int:
    """Do every step; the exit code is 1 when one cannot be done here."""
    parser = argparse.ArgumentParser(prog="bootstrap", description=__doc__.splitlines()[0])
    parser.add_argument("--tests", action="store_true", help="also what only the tests need")
    arguments = parser.parse_args()
    try:
        _install(tree_root(), tests=arguments.tests)
    except (BootstrapError, StateError, OSError) as exc:
        say(f"error: {exc}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; call it again, it goes on where it stopped")
        return INTERRUPTED
    return 0


def _install(tree: Path, *, tests: bool) -> None:
    python_environment.install(tree)
    tools.install([*tools.RUN_TOOLS, *([tools.CHROMIUM] if tests else [])])
    _make_run_user()
    engine.install_engine(path=os.environ.get("PATH", os.defpath), cache=engine.cache_folder())
    web.build(tree / "dashboards" / "web", with_modules=tests)
    salts.keep_salts_out_of_git(tree)


def _make_run_user() -> None:
    """Data services need another user than root, which PostgreSQL refuses to run as."""
    if os.geteuid() != 0:
        return
    try:
        pwd.getpwnam(RUN_USER)
    except KeyError:
        run(["useradd", "--system", "--user-group", "--no-create-home", RUN_USER])
        say(f"made the system user {RUN_USER}, which the data services run as")


if __name__ == "__main__":
    sys.exit(main())
