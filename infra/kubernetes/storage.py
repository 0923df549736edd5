"""Whether a cluster has the storage classes that a stack's volumes name."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.findings import Finding
from infra.kubernetes.api_server import ApiServer
from infra.kubernetes.settings import ClusterSettings

__all__ = ["wrong_storage"]

CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
IS_DEFAULT = "storageclass.kubernetes.io/is-default-class"
KEY = "autoserve:cluster.storage"

# Their volumes are mounted by one node at a time: a claim for ReadWriteMany stays pending.
# Sources: the drivers' documentation, access modes of file-system volumes.
ONE_NODE_ONLY = {
    "rancher.io/local-path": "kind, k3s and k3d",
    "ebs.csi.aws.com": "EBS",
    "ebs.csi.eks.amazonaws.com": "EBS of EKS Auto Mode",
    "pd.csi.storage.gke.io": "persistent disks of Google Cloud",
    "disk.csi.azure.com": "Azure disks",
    "kubernetes.io/no-provisioner": "local volumes",
}


def wrong_storage(server: ApiServer, settings: ClusterSettings) -> Iterator[Finding]:
    """Classes that are named and not there, and shared folders that no class can give.

    Raises:
        UnreachableError: the API server went away meanwhile.
    """
    answer = server.get(CLASSES)
    if not answer.found:
        yield Finding(
            what=f"storage classes cannot be looked at (HTTP {answer.status})",
            mend="as an administrator: kubectl create clusterrole autoserve-storage --verb=list "
            "--resource=storageclasses.storage.k8s.io && kubectl create clusterrolebinding "
            "autoserve-storage --clusterrole=autoserve-storage --user=NAME",
        )
        return
    classes = {each["metadata"]["name"]: each for each in answer.items}
    storage = settings.storage
    yield from _missing("storageClass", storage.storage_class, classes)
    if storage.shared_class != storage.storage_class:
        yield from _missing("sharedClass", storage.shared_class, classes)
    if storage.shared_access == "ReadWriteMany":
        yield from _not_shared(storage.shared_class, classes)


def _missing(setting: str, name: str, classes: Mapping[str, Any]) -> Iterator[Finding]:
    if _class_of(name, classes) is not None:
        return
    there = " or ".join(repr(each) for each in sorted(classes)) or "none: the cluster has no class"
    found = repr(name) + ("" if name else ", and no class is the default one")
    yield Finding(
        what=f"{KEY}.{setting}: found {found}; allowed: {there}",
        mend=f"pulumi config set --path {KEY}.{setting} NAME",
    )


def _not_shared(name: str, classes: Mapping[str, Any]) -> Iterator[Finding]:
    provisioner = (_class_of(name, classes) or {}).get("provisioner", "")
    if provisioner in ONE_NODE_ONLY:
        yield Finding(
            what=f"{KEY}.sharedAccess: found 'ReadWriteMany', which {provisioner} "
            f"({ONE_NODE_ONLY[provisioner]}) cannot give; allowed: 'ReadWriteOnce' on a cluster "
            "with one node, else a sharedClass of shared folders (NFS, EFS, Filestore, ...)",
            mend=f"pulumi config set --path {KEY}.sharedAccess ReadWriteOnce",
        )


def _class_of(name: str, classes: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The class of that name; of "" the default one."""
    if name:
        found: Mapping[str, Any] | None = classes.get(name)
        return found
    for each in classes.values():
        if (each["metadata"].get("annotations") or {}).get(IS_DEFAULT) == "true":
            default: Mapping[str, Any] = each
            return default
    return None
