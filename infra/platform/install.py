"""What others release, applied from the pinned manifest (infra.platform.releases)."""

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes.yaml import v2

from infra.kubernetes.settings import ReleaseName
from infra.platform.manifests import objects_of
from infra.platform.releases import releases_of

__all__ = ["install"]

# Its own resources need the definitions that another one brings.
AFTER: Mapping[ReleaseName, tuple[ReleaseName, ...]] = {
    "nginx-gateway-fabric": ("gateway-api",),
    "cert-manager": ("gateway-api",),
}


def install(
    names: tuple[ReleaseName, ...], manifests: Mapping[str, str], opts: pulumi.ResourceOptions
) -> dict[ReleaseName, list[pulumi.Resource]]:
    """Declare the releases that a stack installs, by name; those without a text are left out.

    Args:
        names: of the releases.
        manifests: their texts, by the name in the table; none while rendering, where a reference
            stands for them.
    """
    installed: dict[ReleaseName, list[pulumi.Resource]] = {}
    for release in releases_of(names):
        if release.name not in manifests:
            continue
        before = [
            resource
            for name in (*AFTER.get(release.part_of, ()), release.part_of)
            for resource in installed.get(name, [])
        ]
        group = v2.ConfigGroup(
            release.name,
            objs=objects_of(release, manifests[release.name]),
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=before)),
        )
        installed.setdefault(release.part_of, []).append(group)
    return installed
