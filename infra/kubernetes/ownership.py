"""Whether the namespaces of a stack are its own, or somebody else's that have the same names.

The engine takes over what is there already, since a run that was killed leaves objects that its
state does not know. That is right in namespaces that the platform has made, and nowhere else.
"""

from collections.abc import Iterator

from infra.findings import Finding
from infra.kubernetes.api_server import ApiServer
from infra.kubernetes.names import PART_OF, PART_OF_LABEL, Namespaces
from infra.kubernetes.settings import ClusterSettings

__all__ = ["foreign_namespaces"]


def foreign_namespaces(server: ApiServer, settings: ClusterSettings) -> Iterator[Finding]:
    """Namespaces that are there without our label; those that may not be read are passed over.

    Raises:
        UnreachableError: the API server went away meanwhile.
    """
    for name in Namespaces(prefix=settings.namespace).all.values():
        answer = server.get(f"/api/v1/namespaces/{name}")
        labels = (answer.body.get("metadata") or {}).get("labels") or {}
        if answer.found and labels.get(PART_OF_LABEL) != PART_OF:
            yield Finding(
                what=f"autoserve:cluster.namespace: found {settings.namespace!r}, but the "
                f"namespace {name} is there and not ours (it has no label {PART_OF_LABEL}: "
                f"{PART_OF}); allowed: a prefix whose namespaces are not there yet",
                mend="pulumi config set --path autoserve:cluster.namespace NAME, or, if nothing "
                f"in it is needed: {server.kubeconfig.kubectl} delete namespace {name}",
            )
