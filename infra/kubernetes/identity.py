"""Who a service's pods are, and what they may do at the API server: nothing, unless described."""

import pulumi
from pulumi_kubernetes import core, meta, rbac

from infra.kubernetes.names import labels
from infra.kubernetes.network import Network
from infra.services.description import Job, Service, Tier

__all__ = ["identity"]


def identity(
    item: Service | Job, *, network: Network, opts: pulumi.ResourceOptions
) -> core.v1.ServiceAccount:
    """The account of an item's pods, with a Role in each namespace that it has access to."""
    namespace = network.namespace(item)
    account = core.v1.ServiceAccount(
        item.name,
        metadata=meta.v1.ObjectMetaArgs(
            name=item.name, namespace=namespace, labels=labels(item.name)
        ),
        automount_service_account_token=False,
        opts=opts,
    )
    for tier in sorted({tier for access in item.access for tier in access.tiers}):
        _grant(item, tier, network=network, opts=opts)
    return account


def _grant(
    item: Service | Job, tier: Tier, *, network: Network, opts: pulumi.ResourceOptions
) -> rbac.v1.RoleBinding:
    metadata = meta.v1.ObjectMetaArgs(
        name=item.name, namespace=network.namespaces.of(tier), labels=labels(item.name)
    )
    role = rbac.v1.Role(
        f"{item.name}-{tier.value}",
        metadata=metadata,
        rules=[
            rbac.v1.PolicyRuleArgs(
                api_groups=[access.group],
                resources=list(access.resources),
                verbs=list(access.verbs),
                resource_names=list(access.names) or None,
            )
            for access in item.access
            if tier in access.tiers
        ],
        opts=opts,
    )
    subject = rbac.v1.SubjectArgs(
        kind="ServiceAccount", name=item.name, namespace=network.namespace(item)
    )
    return rbac.v1.RoleBinding(
        f"{item.name}-{tier.value}",
        metadata=metadata,
        role_ref=rbac.v1.RoleRefArgs(
            api_group="rbac.authorization.k8s.io", kind="Role", name=item.name
        ),
        subjects=[subject],
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[role])),
    )
