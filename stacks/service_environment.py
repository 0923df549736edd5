"""The environment that a service's process has in a stack, for commands of that service."""

from infra.local.records import Records
from infra.local.spec import ReplicaSpec
from infra.local.state import StackPaths

__all__ = ["ServiceUnknownError", "environment_of"]


class ServiceUnknownError(Exception):
    """The stack has no such process: it was never up, or is down."""

    def __init__(self, service: str, stack: str) -> None:
        super().__init__(
            f"stack {stack} has no process {service!r} here: bring it up first "
            f"(autoserve up --stack {stack})"
        )
        self.service, self.stack = service, stack


def environment_of(service: str, paths: StackPaths) -> dict[str, str]:
    """The variables of the first replica of a service, secrets included: never to be printed.

    Raises:
        ServiceUnknownError: the stack does not run on this machine.
    """
    record = Records(paths).read(service)
    if record is None:
        raise ServiceUnknownError(service, paths.name)
    return dict(ReplicaSpec.of(record.spec, 0, paths).environment)
