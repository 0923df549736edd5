"""The platform, as a table of contents: what a stack consists of, from its settings alone.

`build` declares resources and nothing else: no clock, no file, no network, no cache. So it runs
under mocks, twice in one process (preview, then update), and for rendering.
"""

from infra.local.host import Host
from infra.local.platform import Platform, local_platform
from infra.services.catalogue import catalogue
from infra.settings import Settings

__all__ = ["build"]


def build(settings: Settings, *, host: Host) -> Platform:
    """Declare every resource of a stack.

    Args:
        settings: the stack's values.
        host: the machine that the processes run on.
    """
    return local_platform(catalogue(settings), settings=settings, host=host)
