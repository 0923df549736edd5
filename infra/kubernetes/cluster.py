"""What the program of a cluster stack knows of its cluster, found out before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Cluster"]


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One Kubernetes cluster.

    Attributes:
        kubeconfig: absolute path of the kubeconfig; "" while rendering.
        context: the context in it.
        manifests: text of the release manifests that the stack installs, by release; a release
            that is missing here is declared by reference only (rendering).
        versions: digest of the sources by top-level package; jobs run again when theirs changes.
    """

    kubeconfig: str
    context: str
    manifests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
