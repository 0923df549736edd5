"""What decides replicas in a cluster: a ScaledObject of KEDA, or a plain HorizontalPodAutoscaler.

With KEDA the scaler's forecast is one more signal and the greatest of all signals wins, so that a
dead or silent scaler means plain reactive scaling. Its series are stale as soon as Prometheus
cannot scrape it, and an empty answer is no reason for replicas. Without KEDA the scaler raises the
autoscaler's minimum itself.

Source of the arithmetic: Kubernetes documentation, Horizontal Pod Autoscaling, "Algorithm details".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, autoscaling, meta

from infra.kubernetes.names import labels
from infra.services.description import Service, Signal
from infra.services.scaler import LEAST_CPU_M, LEAST_MEMORY_MIB
from scaler import contract as scaler_contract

__all__ = ["ScaleTarget", "Scaler", "VerticalConflict", "recommend", "scale"]

POLLING_S = 15  # of KEDA, for what its adapter does not answer itself
COOLDOWN_S = 300
SCALE_IN_WINDOW_S = 300
TOLERANCE = 0.1  # of the HPA where it has no field of its own
SETTLED = "0"  # a tolerance of nothing: a floor of 11 moves 10 replicas


@dataclass(frozen=True, kw_only=True)
class ScaleTarget:
    """What a scaler changes the replicas of."""

    api_version: str
    kind: str
    name: str
    namespace: str

    @property
    def reference(self) -> dict[str, str]:
        return {"apiVersion": self.api_version, "kind": self.kind, "name": self.name}


@dataclass(frozen=True, kw_only=True)
class Scaler:
    """How replicas are decided in a stack.

    Attributes:
        keda: whether KEDA does it; else a plain HorizontalPodAutoscaler.
        prometheus_url: where KEDA asks for the signals.
        has_tolerance: the cluster's autoscalers have the field ``tolerance``.
    """

    keda: bool
    prometheus_url: str
    has_tolerance: bool


class VerticalConflict(ValueError):
    """A vertical autoscaler would change what a horizontal one scales on."""

    def __init__(self, service: str, mode: str, resources: list[str]) -> None:
        super().__init__(
            f"{service}: cluster.vertical {mode} would change {' and '.join(resources)}, which its "
            "replicas are scaled on; allowed: Off, Initial or none for such a service"
        )
        self.service, self.mode, self.resources = service, mode, resources


def scale(
    service: Service, target: ScaleTarget, scaler: Scaler, opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    """The one thing that may write the replicas of a workload."""
    metadata = meta.v1.ObjectMetaArgs(
        name=service.name,
        namespace=target.namespace,
        # By it the scaler finds what it scales; the settings say how.
        labels=labels(service.name) | {scaler_contract.SCALE_LABEL: scaler_contract.SCALE_VALUE},
    )
    if scaler.keda:
        return apiextensions.CustomResource(
            f"{service.name}-scaling",
            api_version="keda.sh/v1alpha1",
            kind="ScaledObject",
            metadata=metadata,
            spec=_scaled_object(service, target, scaler),
            opts=opts,
        )
    return autoscaling.v2.HorizontalPodAutoscaler(
        f"{service.name}-scaling",
        metadata=metadata,
        spec=autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
            min_replicas=service.scaling.minimum,
            max_replicas=service.scaling.maximum,
            scale_target_ref=autoscaling.v2.CrossVersionObjectReferenceArgs(
                api_version=target.api_version, kind=target.kind, name=target.name
            ),
            metrics=[_utilisation(name, percent) for name, percent in _resources(service)],
            behavior=behaviour(has_tolerance=scaler.has_tolerance),
        ),
        # The scaler raises the minimum at run time, and lowers it again to what stands here.
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(ignore_changes=["spec.minReplicas"])
        ),
    )


def recommend(
    service: Service, target: ScaleTarget, mode: str, opts: pulumi.ResourceOptions
) -> apiextensions.CustomResource:
    """A VerticalPodAutoscaler that says what a replica needs, and sets it where ``mode`` says so.

    Raises:
        VerticalConflict: it would change a resource that decides the replicas; both would chase
            each other.
    """
    scaled_on = [name for name, _ in _resources(service)]
    if mode in {"Recreate", "InPlaceOrRecreate"} and scaled_on:
        raise VerticalConflict(service.name, mode, scaled_on)
    limits = service.resources
    return apiextensions.CustomResource(
        f"{service.name}-recommendation",
        api_version="autoscaling.k8s.io/v1",
        kind="VerticalPodAutoscaler",
        metadata=meta.v1.ObjectMetaArgs(
            name=service.name, namespace=target.namespace, labels=labels(service.name)
        ),
        spec={
            "targetRef": target.reference,
            "updatePolicy": {"updateMode": mode},
            "resourcePolicy": {
                "containerPolicies": [
                    {
                        "containerName": service.name,
                        "controlledValues": "RequestsAndLimits",
                        "minAllowed": {"cpu": f"{LEAST_CPU_M}m", "memory": f"{LEAST_MEMORY_MIB}Mi"},
                        "maxAllowed": {"memory": f"{4 * limits.memory_limit_mib}Mi"},
                    }
                ]
            },
        },
        opts=opts,
    )


def behaviour(*, has_tolerance: bool) -> autoscaling.v2.HorizontalPodAutoscalerBehaviorArgs:
    """Out at once, at most doubling a minute; in slowly, to the greatest wish of five minutes."""
    tolerance = SETTLED if has_tolerance else None
    rule, policy = autoscaling.v2.HPAScalingRulesArgs, autoscaling.v2.HPAScalingPolicyArgs
    return autoscaling.v2.HorizontalPodAutoscalerBehaviorArgs(
        scale_up=rule(
            stabilization_window_seconds=0,
            select_policy="Max",
            tolerance=tolerance,
            policies=[
                policy(type="Percent", value=100, period_seconds=60),
                policy(type="Pods", value=4, period_seconds=60),
            ],
        ),
        scale_down=rule(
            stabilization_window_seconds=SCALE_IN_WINDOW_S,
            select_policy="Min",
            policies=[
                policy(type="Percent", value=25, period_seconds=60),
                policy(type="Pods", value=2, period_seconds=60),
            ],
        ),
    )


def _scaled_object(service: Service, target: ScaleTarget, scaler: Scaler) -> dict[str, Any]:
    scaling = service.scaling
    triggers = [
        {
            "type": name,
            "name": name,
            "metricType": "Utilization",
            "metadata": {"value": str(percent)},
        }
        for name, percent in _resources(service)
    ]
    return {
        "scaleTargetRef": target.reference,
        "minReplicaCount": scaling.minimum,
        "maxReplicaCount": scaling.maximum,
        "pollingInterval": POLLING_S,
        "cooldownPeriod": COOLDOWN_S,
        "advanced": {
            "restoreToOriginalReplicaCount": False,
            "horizontalPodAutoscalerConfig": {
                "name": service.name,
                "behavior": behaviour(has_tolerance=scaler.has_tolerance),
            },
        },
        "triggers": [*triggers, *_prometheus_triggers(service, scaler)],
    }


def _prometheus_triggers(service: Service, scaler: Scaler) -> Iterator[dict[str, Any]]:
    scaling = service.scaling
    load = Signal(
        name="load",
        query=scaling.load_query,
        threshold=scaling.capacity * scaling.target,
        per_replica=True,
    )
    forecast = Signal(
        name="forecast",
        query=_forecast_query(service.name, has_tolerance=scaler.has_tolerance),
        threshold=1,
        per_replica=True,
    )
    for signal in (load, *scaling.signals, forecast):
        yield {
            "type": "prometheus",
            "name": signal.name,
            # AverageValue shares the value among the replicas; Value is the same for each.
            "metricType": "AverageValue" if signal.per_replica else "Value",
            "metadata": {
                "serverAddress": scaler.prometheus_url,
                "query": signal.query,
                "threshold": f"{signal.threshold:g}",
                "ignoreNullValues": "true",
            },
        }


def _forecast_query(workload: str, *, has_tolerance: bool) -> str:
    """The greatest floor that a live scaler exports, or nothing.

    An autoscaler without a tolerance of its own ignores a wish within a tenth of what there is, and
    would swallow the step from 10 to 11: there the wish reaches just past it.
    """
    floor = f'max({scaler_contract.FLOOR_REPLICAS}{{workload="{workload}"}})'
    if has_tolerance:
        return floor
    ready = f'scalar(count(up{{service="{workload}"}} == 1))'
    past = f"{1 + TOLERANCE + 0.001:g} * {ready}"
    return f"({floor} > {ready} < {past}) * 0 + {past} or {floor}"


def _resources(service: Service) -> list[tuple[str, int]]:
    """The resources that decide the replicas, with their percentage of the request."""
    scaling = service.scaling
    found = (("cpu", scaling.cpu_percent), ("memory", scaling.memory_percent))
    return [(name, percent) for name, percent in found if percent]


def _utilisation(name: str, percent: int) -> autoscaling.v2.MetricSpecArgs:
    return autoscaling.v2.MetricSpecArgs(
        type="Resource",
        resource=autoscaling.v2.ResourceMetricSourceArgs(
            name=name,
            target=autoscaling.v2.MetricTargetArgs(type="Utilization", average_utilization=percent),
        ),
    )
