"""Emptying a node as ``kubectl drain`` does: no new pods, then evictions that budgets may refuse.

Budgets are the API server's to hold; nothing here waits for them.
"""

import httpx

from tests.cluster.client import ApiError, Client, Manifest

__all__ = ["cordon", "evict", "uncordon"]


def cordon(admin: Client, node: str) -> None:
    """Let no new pods onto a node."""
    admin.patch("v1", "Node", node, {"spec": {"unschedulable": True}})


def uncordon(admin: Client, node: str) -> None:
    admin.patch("v1", "Node", node, {"spec": {"unschedulable": None}})


def evict(admin: Client, pod: Manifest) -> bool:
    """Ask a pod to leave; whether no budget was against it. A pod that is gone has left."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
    }
    try:
        admin.request("POST", admin.path("v1", "Pod", name, namespace) + "/eviction", eviction)
    except ApiError as error:
        if error.status == httpx.codes.TOO_MANY_REQUESTS:
            return False
        if error.status != httpx.codes.NOT_FOUND:
            raise
    return True
