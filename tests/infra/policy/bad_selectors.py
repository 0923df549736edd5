"""Selectors that miss, scalers that fight, budgets that block."""

from tests.infra.policy.spoiling import ABSENT, Bad

__all__ = ["CASES"]

API = "Deployment shop/api"
STORE = "StatefulSet shop/store"
POD = "spec.template.spec"

CASES = (
    Bad(
        "selector-own-template",
        API,
        "spec.selector.matchLabels",
        {"app.kubernetes.io/name": "apis"},
        'found {"matchLabels": {"app.kubernetes.io/name": "apis"}}; allowed: labels of '
        "spec.template (app.kubernetes.io/name=api, app.kubernetes.io/part-of=shop)",
        at="spec.selector",
    ),
    Bad(
        "selector-stable",
        API,
        "spec.selector.matchLabels[app.kubernetes.io/version]",
        "1",
        'found "app.kubernetes.io/version"; allowed: names that stay',
        at="spec.selector.matchLabels",
    ),
    Bad(
        "selector-disjoint",
        API,
        "",
        "",
        'found {"matchLabels": {"app.kubernetes.io/name": "api"}}; allowed: nothing that '
        "chooses the pods of Deployment shop/api-2",
        at="spec.selector",
        copy="api-2",
    ),
    Bad(
        "selector-service",
        "Service shop/api",
        "spec.selector",
        {"app.kubernetes.io/name": "apis"},
        'found {"app.kubernetes.io/name": "apis"}; allowed: labels of pods in shop: api, '
        "report, store",
    ),
    Bad(
        "selector-service-port",
        "Service shop/api",
        "spec.ports[0].targetPort",
        "https",
        'found "https"; allowed: http or metrics or 8000 or 9000',
    ),
    Bad(
        "selector-service-port",
        "Service shop/store",
        "spec.ports[0].targetPort",
        6380,
        "found 6380; allowed: redis or 6379",
    ),
    Bad(
        "selector-budget",
        "PodDisruptionBudget shop/api",
        "spec.selector.matchLabels",
        {"app": "api"},
        'found {"matchLabels": {"app": "api"}}; allowed: labels of pods in shop: api, '
        "report, store",
        at="spec.selector",
    ),
    Bad(
        "selector-budget",
        "PodDisruptionBudget shop/api",
        "spec.selector",
        {},
        "found {}; allowed: labels of pods in shop: api, report, store",
    ),
    Bad(
        "selector-network-policy",
        "NetworkPolicy shop/api",
        "spec.podSelector.matchLabels",
        {"app": "api"},
        'found {"matchLabels": {"app": "api"}}; allowed: labels of pods in shop: api, '
        "report, store",
        at="spec.podSelector",
    ),
    Bad(
        "selector-network-peer",
        "NetworkPolicy shop/api",
        "spec.egress[0].to[0].podSelector.matchLabels",
        {"app.kubernetes.io/name": "redis"},
        'found {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "redis"}}}; '
        "allowed: labels of a pod template there",
        at="spec.egress[0].to[0]",
    ),
    Bad(
        "selector-network-peer",
        "NetworkPolicy shop/api",
        "spec.ingress[0].from[0]",
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}},
            "podSelector": {"matchLabels": {"gateway.networking.k8s.io/gateway-name": "other"}},
        },
        'found {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": '
        '"shop"}}, "podSelector": {"matchLabels": {"gate...; allowed: labels of a pod '
        "template there",
    ),
    Bad(
        "scale-replicas",
        API,
        "spec.replicas",
        2,
        "found 2; allowed: absent, since ScaledObject shop/api decides",
    ),
    Bad(
        "scale-one-writer",
        "ScaledObject shop/api",
        "",
        "",
        'found "api"; allowed: a workload that ScaledObject shop/api does not scale',
        on="ScaledObject shop/api-by-queue",
        at="spec.scaleTargetRef.name",
        copy="api-by-queue",
    ),
    Bad(
        "scale-bounds",
        "ScaledObject shop/api",
        "spec.minReplicaCount",
        9,
        "found 9; allowed: at most maxReplicaCount, 8",
    ),
    Bad(
        "scale-vertical",
        "VerticalPodAutoscaler shop/api",
        "spec.updatePolicy.updateMode",
        "InPlaceOrRecreate",
        'found "InPlaceOrRecreate"; allowed: Off, since ScaledObject shop/api measures cpu',
    ),
    Bad(
        "scale-vertical",
        "VerticalPodAutoscaler shop/api",
        "spec.updatePolicy",
        ABSENT,
        "found nothing; allowed: Off, since ScaledObject shop/api measures cpu",
        at="spec.updatePolicy.updateMode",
    ),
    Bad(
        "scale-spread",
        API,
        f"{POD}.topologySpreadConstraints",
        ABSENT,
        "found nothing; allowed: one that selects this pod",
    ),
    Bad(
        "scale-spread",
        API,
        f"{POD}.topologySpreadConstraints[0].labelSelector.matchLabels",
        {"app.kubernetes.io/name": "apis"},
        'found [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", '
        '"whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"ma...; allowed: one '
        "that selects this pod",
        at=f"{POD}.topologySpreadConstraints",
    ),
    Bad(
        "scale-spread",
        STORE,
        "spec.replicas",
        3,
        "found nothing; allowed: one that selects this pod",
        at=f"{POD}.topologySpreadConstraints",
    ),
    Bad(
        "budget-leaves-room",
        "PodDisruptionBudget shop/api",
        "spec.maxUnavailable",
        "0%",
        'found "0%"; allowed: an eviction while Deployment shop/api has 2 replicas',
    ),
    Bad(
        "budget-leaves-room",
        "PodDisruptionBudget shop/api",
        "spec.minAvailable",
        2,
        "found 2; allowed: an eviction while Deployment shop/api has 2 replicas",
    ),
    Bad(
        "budget-leaves-room",
        "PodDisruptionBudget shop/api",
        "spec.minAvailable",
        "80%",
        'found "80%"; allowed: an eviction while Deployment shop/api has 2 replicas',
    ),
    Bad(
        "budget-one",
        "PodDisruptionBudget shop/api",
        "",
        "",
        'found {"matchLabels": {"app.kubernetes.io/name": "api"}}; allowed: pods that '
        "PodDisruptionBudget shop/api does not select",
        on="PodDisruptionBudget shop/api-2",
        at="spec.selector",
        copy="api-2",
    ),
)
