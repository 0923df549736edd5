"""The cluster of a stack, reached and looked at before the program declares anything."""

from collections.abc import Callable, Iterable

from infra.findings import Finding
from infra.kubernetes.cluster import Cluster
from infra.kubernetes.kubeconfig import read_kubeconfig
from infra.kubernetes.settings import ClusterSettings
from infra.kubernetes.survey import survey
from infra.local.state import tree_root
from infra.platform.manifests import manifests
from infra.platform.releases import releases_of
from infra.sources import versions_of

__all__ = ["ClusterLacksError", "reach"]


class ClusterLacksError(Exception):
    """The cluster cannot take the stack; each problem with its mend."""

    def __init__(self, context: str, problems: Iterable[Finding]) -> None:
        self.context, self.problems = context, tuple(problems)
        lines = [f"{each.what}\n    mend: {each.mend}" for each in self.problems]
        super().__init__("\n".join([f"context {context} cannot take this stack:", *lines]))


def reach(settings: ClusterSettings, *, warn: Callable[[str], None]) -> Cluster:
    """What the program has to know of the cluster that the settings name.

    Args:
        settings: which cluster, and what is wanted of it.
        warn: told of what works worse than it could.
    Raises:
        KubeconfigError: the file or the context is not as it must be.
        ClusterLacksError: something is missing there; nothing was created.
        ManifestError: what the stack installs can be had neither from the cache nor a network.
    """
    kubeconfig = read_kubeconfig(settings)
    found = survey(kubeconfig, settings)
    if found.problems:
        raise ClusterLacksError(kubeconfig.context, found.problems)
    for hint in found.hints:
        warn(f"{hint.what}. {hint.mend}")
    return Cluster(
        kubeconfig=str(kubeconfig.path),
        context=kubeconfig.context,
        manifests=manifests(releases_of(settings.install)),
        versions=versions_of(tree_root()),
    )
