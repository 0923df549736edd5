"""The Pulumi program of every stack: reads settings, declares the platform, exports addresses."""

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from infra.local.host import Host
from infra.local.state import StateError
from infra.program import build
from infra.settings import Settings, SettingsError
from infra.toolchain.tools import MissingProgramError


def main() -> None:
    """Declare the stack that the engine runs.

    Raises:
        pulumi.RunError: a setting or the machine is not as it must be; nothing was changed.
    """
    try:
        settings = Settings.load({**get_config_env(), **CONFIG.get()})
        host = Host.here(pulumi.get_stack())
    except (SettingsError, StateError, MissingProgramError) as error:
        raise pulumi.RunError(str(error)) from error
    platform = build(settings, host=host)
    pulumi.export("url", platform.url)
    pulumi.export("addresses", dict(platform.addresses))


main()
