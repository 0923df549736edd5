"""Whether a workload is being rolled out: old and new replicas are mixed, or new ones not ready.

A change of the replica count is none: it makes a workload "progress" as well, and freezing it then
would keep it from ever being scaled in again. A rollout that is stuck is none either: it may stay
so for days, and somebody is told of it by other means. A version that its controller has not seen
yet has changed no replica, and cannot be told from a count that it has not seen.

Source: Kubernetes docs, Deployments, "Deployment status"; deployment/progress.go, which leaves the
reason NewReplicaSetAvailable in place while a complete Deployment is only scaled. Argo Rollouts,
types.go, RolloutStatus.
"""

from scaler.adapters.kubernetes.api import Manifest
from scaler.adapters.kubernetes.objects import condition, dig, number

__all__ = ["rollout_of"]

COMPLETE = "NewReplicaSetAvailable"
STUCK = "ProgressDeadlineExceeded"


def rollout_of(kind: str, manifest: Manifest) -> str | None:
    """The rollout that is in progress, a clause; ``None`` without one or for another kind."""
    match kind:
        case "Deployment":
            return _deployment(manifest)
        case "StatefulSet":
            return _stateful_set(manifest)
        case "Rollout":
            return _argo(manifest)
    return None


def _deployment(manifest: Manifest) -> str | None:
    progressing = condition(manifest, "Progressing") or {}
    if progressing.get("reason") == STUCK:
        return None
    status = manifest.get("status")
    there, updated = number(status, "replicas"), number(status, "updatedReplicas")
    if there > updated:
        return f"a rollout is in progress, {updated} of {there} replicas are new"
    if progressing.get("status") == "True" and progressing.get("reason") != COMPLETE:
        ready = number(status, "readyReplicas")
        return f"a rollout is in progress, {ready} of {updated} new replicas are ready"
    return None


def _stateful_set(manifest: Manifest) -> str | None:
    status = manifest.get("status")
    current, update = dig(status, "currentRevision"), dig(status, "updateRevision")
    there, updated = number(status, "replicas"), number(status, "updatedReplicas")
    # A partition keeps the ordinals below it at the old version on purpose.
    partition = number(manifest, "spec", "updateStrategy", "rollingUpdate", "partition")
    if current != update and updated < there - partition:
        return f"a rollout is in progress, {updated} of {there} replicas are new"
    return None


def _argo(manifest: Manifest) -> str | None:
    status = manifest.get("status")
    if dig(status, "phase") == "Degraded":  # stuck, or aborted: the stable version serves
        return None
    new, stable = dig(status, "currentPodHash"), dig(status, "stableRS")
    if not stable or new == stable:
        return None
    there, updated = number(status, "replicas"), number(status, "updatedReplicas")
    return f"a rollout is in progress, {updated} of {there} replicas are new"
