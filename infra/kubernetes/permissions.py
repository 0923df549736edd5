"""What whoever brings a stack up must be allowed to do in the cluster, and whether they are.

Asked by SelfSubjectAccessReviews, which any authenticated user may send and every authorizer
answers; the API server keeps nothing of them. A rule that only holds for named resources does not
count: it cannot hold for `create`.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from infra.kubernetes.api_server import AT_ONCE, ApiServer
from infra.kubernetes.names import Namespaces
from infra.kubernetes.settings import ClusterSettings

__all__ = ["KINDS", "RELEASES", "VERBS", "Kind", "Right", "kinds_of", "missing_rights"]

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
VERBS = ("get", "list", "watch", "create", "patch", "delete")
SERVICES, DATA, OBSERVABILITY, EDGE = "services", "data", "observability", "edge"  # of Namespaces
ALL = (SERVICES, DATA, OBSERVABILITY, EDGE)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind that the program creates.

    Attributes:
        group: its API group, "" for the core one.
        resource: its name in URLs and RBAC rules.
        where: what its namespaces are for; () for a kind of the whole cluster.
        verbs: what is done with it.
    """

    group: str
    resource: str
    where: tuple[str, ...] = ()
    verbs: tuple[str, ...] = VERBS

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


@dataclass(frozen=True, kw_only=True)
class Right:
    """One thing to be allowed: a verb on a kind, in a namespace or ("") everywhere."""

    verb: str
    kind: Kind
    namespace: str = ""


KINDS: tuple[Kind, ...] = (
    Kind(group="", resource="namespaces"),
    Kind(group="", resource="configmaps", where=ALL),
    Kind(group="", resource="limitranges", where=ALL),
    Kind(group="", resource="resourcequotas", where=ALL),
    Kind(group="", resource="secrets", where=ALL),
    Kind(group="", resource="serviceaccounts", where=ALL),
    Kind(group="", resource="services", where=(SERVICES, DATA, OBSERVABILITY)),
    Kind(group="", resource="persistentvolumeclaims", where=(SERVICES, DATA, OBSERVABILITY)),
    Kind(group="apps", resource="deployments", where=(SERVICES,)),
    Kind(group="apps", resource="statefulsets", where=(DATA, OBSERVABILITY)),
    Kind(group="batch", resource="jobs", where=(SERVICES, DATA)),
    Kind(group="policy", resource="poddisruptionbudgets", where=(SERVICES, DATA, OBSERVABILITY)),
    Kind(group="networking.k8s.io", resource="networkpolicies", where=ALL),
    Kind(group="rbac.authorization.k8s.io", resource="roles", where=ALL),
    Kind(group="rbac.authorization.k8s.io", resource="rolebindings", where=ALL),
    Kind(group="scheduling.k8s.io", resource="priorityclasses"),
    Kind(group="admissionregistration.k8s.io", resource="validatingadmissionpolicies"),
    Kind(group="admissionregistration.k8s.io", resource="validatingadmissionpolicybindings"),
    Kind(group="gateway.networking.k8s.io", resource="gateways", where=(EDGE,)),
    Kind(group="gateway.networking.k8s.io", resource="httproutes", where=(SERVICES, EDGE)),
    Kind(group="cert-manager.io", resource="certificates", where=(EDGE,)),
    Kind(group="cert-manager.io", resource="issuers", where=(EDGE,)),
)
KEDA = (Kind(group="keda.sh", resource="scaledobjects", where=(SERVICES,)),)
PLAIN_HPA = (Kind(group="autoscaling", resource="horizontalpodautoscalers", where=(SERVICES,)),)
VERTICAL = (
    Kind(group="autoscaling.k8s.io", resource="verticalpodautoscalers", where=(SERVICES, DATA)),
)
# Release manifests bring their own namespaces and roles: only who may grant a right can apply one.
RELEASES = (
    Kind(group="apiextensions.k8s.io", resource="customresourcedefinitions"),
    Kind(group="apiregistration.k8s.io", resource="apiservices"),
    Kind(group="admissionregistration.k8s.io", resource="validatingwebhookconfigurations"),
    Kind(group="admissionregistration.k8s.io", resource="mutatingwebhookconfigurations"),
    Kind(
        group="rbac.authorization.k8s.io",
        resource="clusterroles",
        verbs=(*VERBS, "bind", "escalate"),
    ),
    Kind(group="rbac.authorization.k8s.io", resource="clusterrolebindings"),
)


def kinds_of(settings: ClusterSettings) -> tuple[Kind, ...]:
    """The kinds that the program of a stack creates."""
    return (
        *KINDS,
        *(KEDA if settings.scaling == "keda" else PLAIN_HPA),
        *(VERTICAL if settings.vertical != "none" else ()),
        *(RELEASES if settings.install else ()),
    )


def missing_rights(server: ApiServer, settings: ClusterSettings) -> list[Right]:
    """What the context's user may not do and has to.

    Raises:
        UnreachableError: the API server went away meanwhile.
    """
    anything = Kind(group="*", resource="*", verbs=("*",))
    if not _denied(server, [Right(verb="*", kind=anything)]):
        return []
    kinds = kinds_of(settings)
    everywhere = [Right(verb=verb, kind=kind) for kind in kinds for verb in kind.verbs]
    denied = _denied(server, everywhere)
    clusterwide = [right for right in denied if not right.kind.where]
    return [*clusterwide, *_denied(server, _in_namespaces(denied, settings.namespace))]


def _in_namespaces(rights: Iterable[Right], prefix: str) -> Iterator[Right]:
    namespaces = Namespaces(prefix=prefix).all
    for right in rights:
        for purpose in right.kind.where:
            yield Right(verb=right.verb, kind=right.kind, namespace=namespaces[purpose])


def _denied(server: ApiServer, rights: Iterable[Right]) -> list[Right]:
    wanted = list(rights)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        allowed = pool.map(lambda right: _is_allowed(server, right), wanted)
        return [right for right, is_allowed in zip(wanted, allowed, strict=True) if not is_allowed]


def _is_allowed(server: ApiServer, right: Right) -> bool:
    attributes = {
        "verb": right.verb,
        "group": right.kind.group,
        "resource": right.kind.resource,
        **({"namespace": right.namespace} if right.namespace else {}),
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    status = server.post(REVIEWS, body).body.get("status") or {}
    return bool(status.get("allowed"))
