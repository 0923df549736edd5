"""Who a service's pods are, and what they may do at the API server: nothing, unless described."""

from collections.abc import Iterable

import pulumi
from pulumi_kubernetes import core, meta, rbac

from infra.kubernetes.names import labels
from infra.kubernetes.network import Network
from infra.services.description import Access, Job, Service, Tier

__all__ = ["identity"]


def identity(
    item: Service | Job, *, network: Network, opts: pulumi.ResourceOptions
) -> core.v1.ServiceAccount:
    """The account of an item's pods, with a role wherever it has access."""
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
    if any(not access.tiers for access in item.access):
        _grant_everywhere(item, network=network, opts=opts)
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
        rules=_rules(access for access in item.access if tier in access.tiers),
        opts=opts,
    )
    return rbac.v1.RoleBinding(
        f"{item.name}-{tier.value}",
        metadata=metadata,
        role_ref=_reference("Role", item.name),
        subjects=[_subject(item, network)],
        opts=_after(role, opts),
    )


def _grant_everywhere(
    item: Service | Job, *, network: Network, opts: pulumi.ResourceOptions
) -> rbac.v1.ClusterRoleBinding:
    # Stacks that share a cluster differ in the prefix of their namespaces.
    name = f"{network.namespaces.prefix}-{item.name}"
    metadata = meta.v1.ObjectMetaArgs(name=name, labels=labels(item.name))
    role = rbac.v1.ClusterRole(
        f"{item.name}-cluster",
        metadata=metadata,
        rules=_rules(access for access in item.access if not access.tiers),
        opts=opts,
    )
    return rbac.v1.ClusterRoleBinding(
        f"{item.name}-cluster",
        metadata=metadata,
        role_ref=_reference("ClusterRole", name),
        subjects=[_subject(item, network)],
        opts=_after(role, opts),
    )


def _rules(accesses: Iterable[Access]) -> list[rbac.v1.PolicyRuleArgs]:
    return [
        rbac.v1.PolicyRuleArgs(
            api_groups=[access.group],
            resources=list(access.resources),
            verbs=list(access.verbs),
            resource_names=list(access.names) or None,
        )
        for access in accesses
    ]


def _reference(kind: str, name: str) -> rbac.v1.RoleRefArgs:
    return rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind=kind, name=name)


def _subject(item: Service | Job, network: Network) -> rbac.v1.SubjectArgs:
    return rbac.v1.SubjectArgs(
        kind="ServiceAccount", name=item.name, namespace=network.namespace(item)
    )


def _after(role: pulumi.Resource, opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[role]))
