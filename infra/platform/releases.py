"""What others release as finished manifests and a stack can install: one table, pinned.

A checksum stands here only where somebody computed it from the file; an empty one means that the
file is taken as its address gives it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infra.kubernetes.settings import ReleaseName

__all__ = ["RELEASES", "Release", "releases_of"]


@dataclass(frozen=True, kw_only=True)
class Release:
    """One manifest of a release.

    Attributes:
        name: unique in the table, and the key of its text in `Cluster.manifests`.
        part_of: what ``autoserve:cluster.install`` calls the release.
        version: as its project writes it.
        url: the file at exactly that version.
        sha256: of the file, in hexadecimal; None where it was never computed.
        flags: added to the command line of a Deployment, by its name, where the manifest leaves out
            what this platform needs.
    """

    name: str
    part_of: ReleaseName
    version: str
    url: str
    sha256: str | None = None
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _on_github(repository: str, version: str, file: str) -> str:
    return f"https://github.com/{repository}/releases/download/{version}/{file}"


def _in_tree(repository: str, tag: str, file: str) -> str:
    """A file of a repository at a tag, for projects that attach no manifest to their releases."""
    return f"https://raw.githubusercontent.com/{repository}/{tag}/{file}"


def _gateway_fabric(name: str, file: str) -> Release:
    version = "v2.6.7"
    return Release(
        name=name,
        part_of="nginx-gateway-fabric",
        version=version,
        url=_in_tree("nginx/nginx-gateway-fabric", version, f"deploy/{file}"),
    )


def _vpa(name: str, file: str) -> Release:
    """The Vertical Pod Autoscaler has no single manifest: its releases are a shell script.

    These files make recommendations work. Its updater and admission controller are left out: the
    latter's certificate is made by that script, and the former evicts pods in vain without it.
    """
    version = "1.7.1"
    tag = f"vertical-pod-autoscaler-{version}"
    path = f"vertical-pod-autoscaler/deploy/{file}"
    return Release(
        name=name,
        part_of="vpa",
        version=version,
        url=_in_tree("kubernetes/autoscaler", tag, path),
    )


# In the order of installation: definitions come before what uses them.
RELEASES: tuple[Release, ...] = (
    Release(
        name="gateway-api",
        part_of="gateway-api",
        version="v1.5.1",
        url=_on_github("kubernetes-sigs/gateway-api", "v1.5.1", "standard-install.yaml"),
    ),
    Release(
        name="cert-manager",
        part_of="cert-manager",
        version="v1.21.1",
        url=_on_github("cert-manager/cert-manager", "v1.21.1", "cert-manager.yaml"),
        # An authority's challenge is answered through the Gateway: cert-manager docs, HTTP01.
        flags={"cert-manager": ("--enable-gateway-api",)},
    ),
    _gateway_fabric("nginx-gateway-fabric-crds", "crds.yaml"),
    _gateway_fabric("nginx-gateway-fabric", "default/deploy.yaml"),
    Release(
        name="keda",
        part_of="keda",
        version="v2.20.2",
        url=_on_github("kedacore/keda", "v2.20.2", "keda-2.20.2.yaml"),
    ),
    Release(
        name="metrics-server",
        part_of="metrics-server",
        version="v0.9.0",
        url=_on_github("kubernetes-sigs/metrics-server", "v0.9.0", "components.yaml"),
    ),
    _vpa("vpa-crds", "vpa-v1-crd-gen.yaml"),
    _vpa("vpa-rbac", "vpa-rbac.yaml"),
    _vpa("vpa-recommender", "recommender-deployment.yaml"),
)


def releases_of(names: Iterable[ReleaseName]) -> tuple[Release, ...]:
    """The manifests of some releases, in the order of installation."""
    wanted = set(names)
    return tuple(release for release in RELEASES if release.part_of in wanted)
