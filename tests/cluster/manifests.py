"""Small manifests for tests of the cluster itself; what our program renders is not here."""

from tests.cluster.client import Manifest

__all__ = ["NAME_LABEL", "deployment", "namespace", "pod_spec", "role_for"]

NAME_LABEL = "app.kubernetes.io/name"
IMAGE = "registry.example/app:1.0.0"  # never pulled: its pods are simulated


def namespace(name: str, *, level: str = "restricted") -> Manifest:
    labels = {"pod-security.kubernetes.io/enforce": level}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def pod_spec(**container: object) -> Manifest:
    """A pod that `restricted` allows; ``container`` is merged into its one container."""
    security = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    resources = {
        "requests": {"cpu": "100m", "memory": "64Mi"},
        "limits": {"cpu": "1", "memory": "256Mi"},
    }
    only = {"name": "app", "image": IMAGE, "securityContext": security, "resources": resources}
    return {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{**only, **container}],
    }


def deployment(name: str, inside: str, *, replicas: int | None = 1) -> Manifest:
    """A Deployment; without ``replicas`` they are somebody else's."""
    labels = {NAME_LABEL: name}
    spec: Manifest = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod_spec()},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": inside, "labels": labels},
        "spec": spec | ({} if replicas is None else {"replicas": replicas}),
    }


def role_for(account: str, inside: str, rules: list[Manifest]) -> list[Manifest]:
    """A service account with a Role of its own, and nothing else."""
    metadata = {"name": account, "namespace": inside}
    rbac = "rbac.authorization.k8s.io"
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": account},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": inside}],
        },
    ]
