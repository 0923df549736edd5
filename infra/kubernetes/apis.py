"""The APIs beside Kubernetes' own that a stack needs: installed by it, or there already.

Both ways to be wrong are looked for: what the stack does not install and is not there, and what it
would install although somebody else has; creating it again would stop the engine halfway.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.findings import Finding
from infra.kubernetes.api_server import ApiServer
from infra.kubernetes.settings import ClusterSettings, ReleaseName
from infra.platform.releases import releases_of

__all__ = ["APIS", "Api", "needed", "wrong_apis"]

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
OUR_MANAGER = "pulumi"  # how the engine's provider begins its name among an object's managers
INSTALL = "autoserve:cluster.install"


@dataclass(frozen=True, kw_only=True)
class Api:
    """What a release serves.

    Attributes:
        release: by the name that ``autoserve:cluster.install`` has.
        version: group and version.
        kinds: those that the program or the autoscaler uses.
        mark: URL of an object that every installation has; "" where another row has it.
    """

    release: ReleaseName
    version: str
    kinds: tuple[str, ...]
    mark: str = ""


def _definition(release: ReleaseName, version: str, plural: str, *kinds: str) -> Api:
    mark = f"{DEFINITIONS}/{plural}.{version.partition('/')[0]}"
    return Api(release=release, version=version, kinds=kinds, mark=mark)


APIS: tuple[Api, ...] = (
    _definition("gateway-api", "gateway.networking.k8s.io/v1", "gateways", "Gateway", "HTTPRoute"),
    _definition("nginx-gateway-fabric", "gateway.nginx.org/v1alpha2", "nginxproxies", "NginxProxy"),
    Api(
        release="nginx-gateway-fabric",
        version="gateway.nginx.org/v1alpha1",
        kinds=("ClientSettingsPolicy", "RateLimitPolicy"),
    ),
    _definition("cert-manager", "cert-manager.io/v1", "certificates", "Certificate", "Issuer"),
    _definition("keda", "keda.sh/v1alpha1", "scaledobjects", "ScaledObject"),
    _definition("vpa", "autoscaling.k8s.io/v1", "verticalpodautoscalers", "VerticalPodAutoscaler"),
    Api(
        release="metrics-server",
        version="metrics.k8s.io/v1beta1",
        kinds=("PodMetrics",),
        mark=f"{SERVICES}/v1beta1.metrics.k8s.io",
    ),
)


def needed(settings: ClusterSettings) -> tuple[Api, ...]:
    """The APIs that a stack uses, whoever installs them."""
    unused = {"keda"} if settings.scaling != "keda" else set()
    if settings.vertical == "none":
        unused.add("vpa")
    return tuple(api for api in APIS if api.release not in unused)


def wrong_apis(server: ApiServer, settings: ClusterSettings) -> Iterator[Finding]:
    """What is missing and what is there twice.

    Raises:
        UnreachableError: the API server went away meanwhile.
    """
    for api in needed(settings):
        if api.release not in settings.install:
            yield from _missing(server, api)
    for api in APIS:
        if api.mark and api.release in settings.install:
            yield from _of_others(server, api)


def _missing(server: ApiServer, api: Api) -> Iterator[Finding]:
    files = " ".join(f"-f {release.url}" for release in releases_of([api.release]))
    mend = (
        f"name {api.release!r} in {INSTALL}, or install it yourself: "
        f"{server.kubeconfig.kubectl} apply --server-side {files}"
    )
    answer = server.get(f"/apis/{api.version}")
    if answer.status == 503:
        yield Finding(
            what=f"{api.version} ({api.release}) is registered, but what serves it does not answer",
            mend=f"look why: {server.kubeconfig.kubectl} get apiservices",
        )
        return
    served = {resource.get("kind") for resource in answer.body.get("resources") or []}
    absent = [kind for kind in api.kinds if kind not in served]
    if not answer.found:
        yield Finding(
            what=f"the cluster does not serve {api.version}, and {INSTALL} has no {api.release!r}",
            mend=mend,
        )
    elif absent:
        yield Finding(
            what=f"the cluster serves {api.version} without {', '.join(absent)}: "
            f"its {api.release} is too old",
            mend=mend,
        )


def _of_others(server: ApiServer, api: Api) -> Iterator[Finding]:
    answer = server.get(api.mark)
    metadata = answer.body.get("metadata") or {}
    managers = {str(each.get("manager")) for each in metadata.get("managedFields") or []}
    if answer.found and not any(each.startswith(OUR_MANAGER) for each in managers):
        by = ", ".join(sorted(managers)) or "somebody else"
        yield Finding(
            what=f"{INSTALL} has {api.release!r}, which the cluster has already (by {by})",
            mend=f"remove {api.release!r} from {INSTALL}",
        )
