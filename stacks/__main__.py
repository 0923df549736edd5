"""The Pulumi program of every stack: reads settings, declares the platform, exports addresses."""

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from infra.local.state import StateError
from infra.outputs import Platform
from infra.program import build
from infra.services.consistency import CatalogueError
from infra.settings import Settings, SettingsError
from infra.toolchain.tools import MissingProgramError


def main() -> None:
    """Declare the stack that the engine runs.

    Raises:
        pulumi.RunError: a setting, the machine or the cluster is not as it must be; nothing was
            changed.
    """
    try:
        settings = Settings.load({**get_config_env(), **CONFIG.get()})
        platform = on_this_machine(settings) if settings.cluster is None else on_a_cluster(settings)
    except (SettingsError, CatalogueError) as error:
        raise pulumi.RunError(str(error)) from error
    pulumi.export("url", platform.url)
    pulumi.export("addresses", dict(platform.addresses))


def on_this_machine(settings: Settings) -> Platform:
    """Processes, on the machine that is found here."""
    from infra.local.host import Host  # noqa: PLC0415 - a cluster stack needs no such machine

    try:
        host = Host.here(pulumi.get_stack())
    except (StateError, MissingProgramError) as error:
        raise pulumi.RunError(str(error)) from error
    return build(settings, host=host)


def on_a_cluster(settings: Settings) -> Platform:
    """Kubernetes, in the cluster that the settings name, once it was looked at."""
    # Their imports are not paid for by a stack on this machine.
    from infra.kubernetes.kubeconfig import KubeconfigError  # noqa: PLC0415
    from infra.platform.manifests import ManifestError  # noqa: PLC0415
    from stacks.cluster import ClusterLacksError, reach  # noqa: PLC0415

    assert settings.cluster is not None  # noqa: S101 - `main` has looked
    try:
        cluster = reach(settings.cluster, warn=pulumi.log.warn)
    except (KubeconfigError, ClusterLacksError, ManifestError) as error:
        raise pulumi.RunError(str(error)) from error
    return build(settings, cluster=cluster)


main()
