"""Findings of kube-score and checkov that we live with, each with the reason.

A waiver that nothing needs any more fails the tests, and so does a pattern of it: the next finding
of that kind shall be looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.cluster.findings import Finding

__all__ = ["WAIVERS", "Waiver", "unused", "unwaived"]

REAPER = "CronJob autoserve/reaper"
WORKLOADS = ("Deployment autoserve/*", "StatefulSet autoserve-*/*", "Job autoserve/*", REAPER)
STORES = ("StatefulSet autoserve-data/postgres", "StatefulSet autoserve-data/redis")
STATELESS = (
    "Deployment autoserve/*",
    "Job autoserve/*",
    REAPER,
    "StatefulSet autoserve-observability/prometheus",
)
FOREIGN_ACCOUNTS = ("Deployment autoserve/web", "Job autoserve/database", *STORES)


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """Checks of a tool that do not hold for some objects, and why.

    Attributes:
        objects: patterns of titles (``Deployment autoserve/api``).
    """

    tool: str
    checks: tuple[str, ...]
    objects: tuple[str, ...]
    reason: str

    def covers(self, finding: Finding) -> bool:
        return (
            finding.tool == self.tool
            and finding.check in self.checks
            and any(fnmatchcase(finding.object, pattern) for pattern in self.objects)
        )


def unwaived(findings: Iterable[Finding], waivers: Iterable[Waiver]) -> list[Finding]:
    """Findings that no waiver covers, in order."""
    known = list(waivers)
    return sorted(each for each in findings if not any(waiver.covers(each) for waiver in known))


def unused(findings: Iterable[Finding], waivers: Iterable[Waiver]) -> list[str]:
    """What of the waivers no finding needs: a check or a pattern."""
    found = list(findings)
    left = []
    for waiver in waivers:
        covered = [each for each in found if waiver.covers(each)]
        left += [
            f"{waiver.tool} {check}"
            for check in waiver.checks
            if check not in {each.check for each in covered}
        ]
        left += [
            f"{waiver.tool} {', '.join(waiver.checks)} for {pattern}"
            for pattern in waiver.objects
            if not any(fnmatchcase(each.object, pattern) for each in covered)
        ]
    return left


def _waiver(tool: str, *checks: str, objects: tuple[str, ...], reason: str) -> Waiver:
    return Waiver(tool=tool, checks=checks, objects=objects, reason=reason)


WAIVERS: tuple[Waiver, ...] = (
    _waiver(
        "checkov",
        "CKV_K8S_11",
        objects=STATELESS,
        reason="A CPU limit throttles a service beside an idle core; its request is its share, and "
        "what must be even (PostgreSQL, Redis) has both.",
    ),
    _waiver(
        "kube-score",
        "container-resources",
        objects=STATELESS,
        reason="A CPU limit throttles a service beside an idle core; see CKV_K8S_11.",
    ),
    _waiver(
        "checkov",
        "CKV_K8S_15",
        objects=WORKLOADS,
        reason="A tag names one version and never moves, so a node's copy is right; to ask each "
        "time would make an outage of the registry one of ours.",
    ),
    _waiver(
        "kube-score",
        "container-image-pull-policy",
        objects=WORKLOADS,
        reason="A tag names one version and never moves; see CKV_K8S_15.",
    ),
    _waiver(
        "checkov",
        "CKV_K8S_43",
        objects=WORKLOADS,
        reason="Digests are filled in by `autoserve images pin` where registries can be reached; "
        "none is ever written that was not computed.",
    ),
    _waiver(
        "checkov",
        "CKV_K8S_35",
        objects=("Deployment autoserve/*", "Job autoserve/*"),
        reason="The services read all settings from their environment, in every stack alike; the "
        "Secret holds only what one service needs.",
    ),
    _waiver(
        "checkov",
        "CKV_K8S_38",
        objects=(
            "Deployment autoserve/scaler",
            "StatefulSet autoserve-observability/prometheus",
            REAPER,
        ),
        reason="Prometheus finds its targets by the API; the scaler sees by it what it scales, and "
        "both it and its reaper set an HPA's minimum. Each has a Role for that alone.",
    ),
    _waiver(
        "checkov",
        "CKV_K8S_40",
        objects=FOREIGN_ACCOUNTS,
        reason="These images bring accounts of their own, and their files belong to those.",
    ),
    _waiver(
        "kube-score",
        "container-security-context-user-group-id",
        objects=FOREIGN_ACCOUNTS,
        reason="These images bring accounts of their own, and their files belong to those.",
    ),
    _waiver(
        "checkov",
        "CKV_K8S_8",
        objects=STORES,
        reason="A store that is slow or recovering must not be restarted for it: that makes it "
        "slower. One that dies ends its container by itself.",
    ),
    _waiver(
        "kube-score",
        "pod-probes",
        objects=STORES,
        reason="A store that is slow or recovering must not be restarted for it; see CKV_K8S_8.",
    ),
    _waiver(
        "kube-score",
        "container-ephemeral-storage-request-and-limit",
        objects=WORKLOADS,
        reason="Nothing grows there: the root file system is read-only, every emptyDir has its "
        "own limit, and the kubelet rotates logs.",
    ),
    _waiver(
        "kube-score",
        "deployment-has-host-podantiaffinity",
        objects=("Deployment autoserve/*",),
        reason="topologySpreadConstraints spread replicas over hosts and zones, evenly, and let "
        "a third replica run where there are two hosts.",
    ),
    _waiver(
        "kube-score",
        "deployment-replicas",
        objects=("Deployment autoserve/api",),
        reason="Its scaler keeps the count, at least the setting minReplicas; none is written.",
    ),
    _waiver(
        "kube-score",
        "horizontalpodautoscaler-replicas",
        objects=("HorizontalPodAutoscaler autoserve/worker",),
        reason="One worker is enough where the setting says so: tasks wait, none is lost.",
    ),
    _waiver(
        "kube-score",
        "networkpolicy-targets-pod",
        objects=("NetworkPolicy autoserve-edge/*", "NetworkPolicy autoserve-data/deny-all"),
        reason="The pods of the edge are made at run time, by the gateway and by cert-manager; "
        "the data namespace is empty where both stores are given.",
    ),
)
