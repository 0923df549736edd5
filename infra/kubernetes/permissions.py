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
        name: of the kind.
        where: what its namespaces are for; () for a kind of the whole cluster.
        verbs: what is done with it.
    """

    group: str
    name: str
    where: tuple[str, ...] = ()
    verbs: tuple[str, ...] = VERBS

    @property
    def resource(self) -> str:
        """The name in URLs and RBAC rules."""
        name = self.name.lower()
        if name == "*":
            return name
        if name.endswith("y") and name[-2] not in "aeiou":
            return name[:-1] + "ies"
        return name + ("es" if name.endswith("s") else "s")

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


@dataclass(frozen=True, kw_only=True)
class Right:
    """One thing to be allowed: a verb on a kind, in a namespace or ("") everywhere."""

    verb: str
    kind: Kind
    namespace: str = ""


def _kinds(group: str, *names: str, where: tuple[str, ...] = ()) -> tuple[Kind, ...]:
    return tuple(Kind(group=group, name=name, where=where) for name in names)


WORKLOADS = (SERVICES, DATA, OBSERVABILITY)
KINDS: tuple[Kind, ...] = (
    *_kinds("", "Namespace"),
    *_kinds("", "LimitRange", "ResourceQuota", where=ALL),
    *_kinds("", "ConfigMap", "Service", "ServiceAccount", where=WORKLOADS),
    *_kinds("", "Secret", where=(SERVICES, DATA)),
    *_kinds("", "PersistentVolumeClaim", where=(SERVICES,)),
    *_kinds("apps", "Deployment", where=(SERVICES,)),
    *_kinds("apps", "StatefulSet", where=(DATA, OBSERVABILITY)),
    *_kinds("batch", "Job", where=(SERVICES,)),
    *_kinds("policy", "PodDisruptionBudget", where=WORKLOADS),
    *_kinds("networking.k8s.io", "NetworkPolicy", where=ALL),
    *_kinds("rbac.authorization.k8s.io", "Role", "RoleBinding", where=(SERVICES,)),
    *_kinds("scheduling.k8s.io", "PriorityClass"),
    *_kinds(
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ),
    *_kinds("gateway.networking.k8s.io", "Gateway", where=(EDGE,)),
    *_kinds("gateway.networking.k8s.io", "HTTPRoute", where=(SERVICES, EDGE)),
    *_kinds(
        "gateway.nginx.org", "ClientSettingsPolicy", "NginxProxy", "RateLimitPolicy", where=(EDGE,)
    ),
    *_kinds("cert-manager.io", "Certificate", "Issuer", where=(EDGE,)),
)
PULL_SECRETS = _kinds("", "Secret", where=(OBSERVABILITY, EDGE))
KEDA = _kinds("keda.sh", "ScaledObject", where=(SERVICES,))
PLAIN_HPA = (
    *_kinds("autoscaling", "HorizontalPodAutoscaler", where=(SERVICES,)),
    *_kinds("batch", "CronJob", where=(SERVICES,)),
)
VERTICAL = _kinds("autoscaling.k8s.io", "VerticalPodAutoscaler", where=WORKLOADS)
# Only who may grant a right, or has it, can make a role of it.
CLUSTER_ROLES = (
    *_kinds("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    Kind(
        group="rbac.authorization.k8s.io",
        name="ClusterRole",
        verbs=(*VERBS, "bind", "escalate"),
    ),
)
# Release manifests bring their own namespaces and roles.
RELEASES = (
    *_kinds("apiextensions.k8s.io", "CustomResourceDefinition"),
    *_kinds("apiregistration.k8s.io", "APIService"),
    *_kinds(
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
    ),
    *CLUSTER_ROLES,
)


def kinds_of(settings: ClusterSettings) -> tuple[Kind, ...]:
    """The kinds that the program of a stack creates."""
    return (
        *KINDS,
        *(PULL_SECRETS if settings.images.pull_secret else ()),
        *(KEDA if settings.scaling == "keda" else PLAIN_HPA),
        *(VERTICAL if settings.vertical != "none" else ()),
        *(RELEASES if settings.install else CLUSTER_ROLES if settings.container_usage else ()),
    )


def missing_rights(server: ApiServer, settings: ClusterSettings) -> list[Right]:
    """What the context's user may not do and has to.

    Raises:
        UnreachableError: the API server went away meanwhile.
    """
    if not _denied(server, [Right(verb="*", kind=Kind(group="*", name="*"))]):
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
