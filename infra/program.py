"""The platform, as a table of contents: what a stack consists of, from its settings alone.

`build` declares resources and nothing else: no clock, no file, no network, no cache. So it runs
under mocks, twice in one process (preview, then update), and for rendering.
"""

from typing import TYPE_CHECKING

from infra.outputs import Platform
from infra.services.catalogue import catalogue
from infra.services.consistency import check
from infra.settings import Settings

if TYPE_CHECKING:
    from infra.kubernetes.cluster import Cluster
    from infra.local.host import Host

__all__ = ["build"]


def build(
    settings: Settings, *, host: "Host | None" = None, cluster: "Cluster | None" = None
) -> Platform:
    """Declare every resource of a stack.

    Args:
        settings: the stack's values.
        host: the machine that the processes run on, for a stack without a cluster.
        cluster: what is known of the cluster, for a stack with one.
    Raises:
        CatalogueError: descriptions contradict each other; nothing was declared.
        TypeError: the place that the settings ask for is not given.
    """
    described = catalogue(settings)
    check(described)
    # Either half brings an SDK of its own, which the other does not pay for.
    if settings.cluster is None:
        from infra.local.platform import local_platform  # noqa: PLC0415 - see above

        if host is None:
            raise TypeError("a stack without a cluster needs a host")
        return local_platform(described, settings=settings, host=host)
    from infra.platform.stack import cluster_platform  # noqa: PLC0415 - see above

    if cluster is None:
        raise TypeError("a stack on Kubernetes needs a cluster")
    return cluster_platform(described, settings=settings, on=settings.cluster, cluster=cluster)
