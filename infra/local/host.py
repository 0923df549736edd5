"""What the `local` stack has to know of the machine: programs, accounts, folders, versions.

`Host.here` looks; everything else takes the `Host` it is given, so that the program stays a pure
function and runs under mocks with an invented one.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.state import StackPaths, run_user, service_user, state_paths, tree_root
from infra.sources import digest_of, versions_of
from infra.toolchain.tools import find_program

__all__ = ["Host"]

PROGRAMS = ("postgres", "initdb", "psql", "redis-server", "nginx", "prometheus")
WEB_BUILD = Path("dashboards/web/dist")


@dataclass(frozen=True, kw_only=True)
class Host:
    """One machine.

    Attributes:
        tree: the checkout.
        paths: the stack's folders.
        programs: absolute paths by program name, ``python`` among them.
        data_user: account of PostgreSQL, Redis, Prometheus and NGINX; never root.
        service_user: account of our own services.
        versions: digest of the sources by top-level package.
        web: digest of the built dashboard; "" when it is not built.
    """

    tree: Path
    paths: StackPaths
    programs: Mapping[str, str]
    data_user: str
    service_user: str
    versions: Mapping[str, str]
    web: str

    @property
    def web_build(self) -> Path:
        return self.tree / WEB_BUILD

    @classmethod
    def here(cls, stack: str) -> "Host":
        """This machine.

        Raises:
            MissingProgramError: a program is not installed; says how to install it.
            MissingRunUserError: root, and the system account is missing.
        """
        tree = tree_root()
        python = Path(sys.prefix) / "bin" / "python"
        return cls(
            tree=tree,
            paths=state_paths(tree).stack(stack),
            programs={
                "python": str(python),
                **{name: str(find_program(name)) for name in PROGRAMS},
            },
            data_user=run_user().name,
            service_user=service_user(tree, python).user.name,
            versions=versions_of(tree),
            web=digest_of(tree / WEB_BUILD, "*"),
        )
