"""A namespace of the platform: Pod Security, deny-all, a quota and limits, a priority class."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta, scheduling

from infra.kubernetes.names import PART_OF, PART_OF_LABEL
from infra.kubernetes.network import deny_all
from infra.kubernetes.settings import QuotaSettings

__all__ = ["Namespace", "NamespaceArgs"]

LEVELS = ("enforce", "audit", "warn")
# Which pods a node that is short of room keeps longest, by what the namespace is for.
PRIORITIES = {"data": 1_000_000, "edge": 900_000, "services": 800_000, "observability": 700_000}


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    """What makes a namespace. ``purpose`` is one of the keys of `PRIORITIES`."""

    name: str
    purpose: str
    quota: QuotaSettings
    protect: bool = False


class Namespace(pulumi.ComponentResource):
    """A namespace. ``guards`` must be there before its pods."""

    guards: list[pulumi.Resource]

    def __init__(
        self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("autoserve:kubernetes:Namespace", name, None, opts)
        self._name, self._args = name, args
        security = {f"pod-security.kubernetes.io/{level}": "restricted" for level in LEVELS}
        versions = {f"pod-security.kubernetes.io/{level}-version": "latest" for level in LEVELS}
        namespace = core.v1.Namespace(
            name,
            metadata=meta.v1.ObjectMetaArgs(
                name=args.name, labels={PART_OF_LABEL: PART_OF, **security, **versions}
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self._inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        self.guards = [
            deny_all(f"{name}-deny-all", args.name, self._inside),
            self._quota(),
            self._limits(),
            self._priority(),
        ]
        self.register_outputs({})

    def _metadata(self) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name="platform", namespace=self._args.name, labels={PART_OF_LABEL: PART_OF}
        )

    def _quota(self) -> core.v1.ResourceQuota:
        quota = self._args.quota
        return core.v1.ResourceQuota(
            f"{self._name}-quota",
            metadata=self._metadata(),
            spec=core.v1.ResourceQuotaSpecArgs(
                hard={
                    "requests.cpu": str(quota.cpu),
                    "limits.memory": f"{quota.memory_gib}Gi",
                    "pods": str(quota.pods),
                    "services.nodeports": "0" if self._args.purpose != "edge" else "4",
                    "services.loadbalancers": "0" if self._args.purpose != "edge" else "1",
                }
            ),
            opts=self._inside,
        )

    def _limits(self) -> core.v1.LimitRange:
        """What a container gets that asks for nothing, such as those the gateway makes."""
        return core.v1.LimitRange(
            f"{self._name}-limits",
            metadata=self._metadata(),
            spec=core.v1.LimitRangeSpecArgs(
                limits=[
                    core.v1.LimitRangeItemArgs(
                        type="Container",
                        default_request={"cpu": "50m", "memory": "64Mi"},
                        default={"memory": "256Mi"},
                    )
                ]
            ),
            opts=self._inside,
        )

    def _priority(self) -> scheduling.v1.PriorityClass:
        return scheduling.v1.PriorityClass(
            f"{self._name}-priority",
            metadata=meta.v1.ObjectMetaArgs(name=self._args.name, labels={PART_OF_LABEL: PART_OF}),
            value=PRIORITIES[self._args.purpose],
            description=f"AutoServe: {self._args.purpose}",
            opts=pulumi.ResourceOptions(parent=self),
        )
