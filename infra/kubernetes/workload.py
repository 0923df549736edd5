"""The one way to make a workload: everything that a service is in a cluster, from its description.

A Deployment (or, where a replica keeps data, a StatefulSet) with its configuration, Service,
identity, NetworkPolicy, disruption budget and scaling.
"""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apps, core, meta, policy

from infra.kubernetes import network
from infra.kubernetes.configuration import configuration
from infra.kubernetes.identity import identity
from infra.kubernetes.names import labels, selector
from infra.kubernetes.network import Network
from infra.kubernetes.pods import Configuration, Placement, pod_template
from infra.kubernetes.scaling import Scaler, ScaleTarget, recommend, scale
from infra.services.description import Service

__all__ = ["Workload", "WorkloadArgs"]

HISTORY = 5  # old versions kept, to go back to


@dataclass(frozen=True, kw_only=True)
class WorkloadArgs:
    """What makes a workload of a description.

    Attributes:
        vertical: update mode of the recommendation, "none" for no such object.
        storage_class: of its volumes, "" for the cluster's default.
        protect: refuse to delete what holds data.
    """

    service: Service
    placement: Placement
    network: Network
    scaler: Scaler
    vertical: str
    storage_class: str = ""
    protect: bool = False


class Workload(pulumi.ComponentResource):
    """A service in a cluster.

    Attributes:
        scale_target: what a scaler changes the replicas of; a Rollout may take its place.
        ready: the resource whose readiness means that the service answers.
    """

    scale_target: ScaleTarget
    ready: pulumi.Resource

    def __init__(
        self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("autoserve:kubernetes:Workload", name, None, opts)
        self._args, self._service = args, args.service
        self._namespace = args.network.namespace(args.service)
        self._child = pulumi.ResourceOptions(parent=self)
        service = self._service
        uses = configuration(
            service, namespace=self._namespace, fill=args.placement.templates, opts=self._child
        )
        account = identity(service, network=args.network, opts=self._child)
        allowed = network.policy(service, args.network, self._child)
        exposed = self._service_object()
        after = pulumi.ResourceOptions(
            parent=self, depends_on=[account, allowed, *([exposed] if exposed else [])]
        )
        self.ready = (
            self._stateful_set(uses, after) if service.volume_gib else self._deployment(uses, after)
        )
        self.scale_target = ScaleTarget(
            api_version="apps/v1",
            kind="StatefulSet" if service.volume_gib else "Deployment",
            name=service.name,
            namespace=self._namespace,
        )
        self._disruption_budget()
        below = pulumi.ResourceOptions(parent=self, depends_on=[self.ready])
        if self._is_scaled:
            scale(service, self.scale_target, args.scaler, below)
        if args.vertical != "none":
            recommend(service, self.scale_target, args.vertical, below)
        self.register_outputs({})

    @property
    def _is_scaled(self) -> bool:
        return bool(self._service.scaling.load_query)

    def _metadata(self, annotations: dict[str, str] | None = None) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=self._service.name,
            namespace=self._namespace,
            labels=labels(self._service.name),
            annotations=annotations,
        )

    def _selector(self) -> meta.v1.LabelSelectorArgs:
        return meta.v1.LabelSelectorArgs(match_labels=selector(self._service.name))

    def _deployment(self, uses: Configuration, opts: pulumi.ResourceOptions) -> apps.v1.Deployment:
        rolling = apps.v1.RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0)
        return apps.v1.Deployment(
            self._service.name,
            metadata=self._metadata(),
            spec=apps.v1.DeploymentSpecArgs(
                # What a scaler writes, nobody else does.
                replicas=None if self._is_scaled else self._service.scaling.minimum,
                revision_history_limit=HISTORY,
                selector=self._selector(),
                strategy=apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate", rolling_update=rolling
                ),
                template=pod_template(
                    self._service, placement=self._args.placement, configuration=uses
                ),
            ),
            opts=pulumi.ResourceOptions.merge(
                opts,
                pulumi.ResourceOptions(ignore_changes=["spec.replicas"] if self._is_scaled else []),
            ),
        )

    def _stateful_set(
        self, uses: Configuration, opts: pulumi.ResourceOptions
    ) -> apps.v1.StatefulSet:
        return apps.v1.StatefulSet(
            self._service.name,
            metadata=self._metadata(),
            spec=apps.v1.StatefulSetSpecArgs(
                replicas=self._service.scaling.minimum,
                service_name=self._service.name,
                revision_history_limit=HISTORY,
                selector=self._selector(),
                # The volume outlives the set: a mistake must not be able to lose data.
                persistent_volume_claim_retention_policy=(
                    apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicyArgs(
                        when_deleted="Retain", when_scaled="Retain"
                    )
                ),
                template=pod_template(
                    self._service, placement=self._args.placement, configuration=uses
                ),
                volume_claim_templates=[self._claim()],
            ),
            opts=pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(protect=self._args.protect)
            ),
        )

    def _claim(self) -> core.v1.PersistentVolumeClaimArgs:
        size = core.v1.VolumeResourceRequirementsArgs(
            requests={"storage": f"{self._service.volume_gib}Gi"}
        )
        return core.v1.PersistentVolumeClaimArgs(
            metadata=meta.v1.ObjectMetaArgs(name="data", labels=labels(self._service.name)),
            spec=core.v1.PersistentVolumeClaimSpecArgs(
                access_modes=["ReadWriteOnce"],
                storage_class_name=self._args.storage_class or None,
                resources=size,
            ),
        )

    def _service_object(self) -> core.v1.Service | None:
        """A name for the ports that others may ask for; metrics are scraped pod by pod."""
        service = self._service
        wanted = {
            edge.port
            for item in self._args.network.catalogue.items
            for edge in item.dependencies
            if edge.service == service.name
        } | ({service.publishes} if service.publishes else set())
        ports = [
            core.v1.ServicePortArgs(
                name=port.name, port=port.number, target_port=port.name, protocol="TCP"
            )
            for port in service.ports
            if port.name in wanted
        ]
        if not ports:
            return None
        return core.v1.Service(
            service.name,
            # It has no endpoints before its pods are there, which in turn wait for it.
            metadata=self._metadata({"pulumi.com/skipAwait": "true"}),
            spec=core.v1.ServiceSpecArgs(
                type="ClusterIP",
                # A StatefulSet's pods are reached by name.
                cluster_ip="None" if service.volume_gib else None,
                selector=selector(service.name),
                ports=ports,
                publish_not_ready_addresses=service.answers_unready or None,
            ),
            opts=self._child,
        )

    def _disruption_budget(self) -> policy.v1.PodDisruptionBudget:
        return policy.v1.PodDisruptionBudget(
            self._service.name,
            metadata=self._metadata(),
            spec=policy.v1.PodDisruptionBudgetSpecArgs(
                # One at a time: a budget that allows none would block every drain of a node.
                max_unavailable=1,
                unhealthy_pod_eviction_policy="AlwaysAllow",
                selector=self._selector(),
            ),
            opts=self._child,
        )
