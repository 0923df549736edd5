"""Whoever runs the replicas, as a setting names it: an agent, a cluster, or nobody."""

import socket
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import structlog

from scaler import contract
from scaler.adapters import local_agent
from scaler.ports import Announcer, MemoryEnds, ReplicaSink, Resizing, Targets, Writership
from scaler.settings import Settings, SettingsError
from scaler.solo import Alone, Quiet

__all__ = ["Outside", "outside"]

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Whoever runs the replicas, and what comes with it.

    Attributes:
        name: of the dependency that it is.
        targets: what asks to be scaled; ``None`` where only the settings say.
        memory_ends: knows which containers were ended for want of memory.
        resizing: gives running replicas what is recommended; ``None`` where that is only said.
        start: to be called once the loop is there, with what tells whether it still ticks.
    """

    name: str
    sink: ReplicaSink
    targets: Targets | None = None
    writer: Writership = field(default_factory=Alone)
    announcer: Announcer = field(default_factory=Quiet)
    resizing: Resizing | None = None
    memory_ends: MemoryEnds | None = None
    start: Callable[[Callable[[], bool]], None] = lambda _: None


def outside(settings: Settings, stack: ExitStack, *, timeout_s: float) -> Outside:
    """What the setting SINK names; ``stack`` closes it.

    Raises:
        SettingsError: it names a cluster, and there is none.
    """
    if settings.sink == "kubernetes":
        return _kubernetes(settings, stack, timeout_s=timeout_s)
    if settings.sink == "local":
        agent = local_agent.LocalAgent(settings.local_socket, timeout_s=timeout_s)
        stack.callback(agent.close)
        return Outside(name=local_agent.DEPENDENCY, sink=agent)
    if settings.mode == "enforce":
        log.warning("mode enforce without a sink: decisions are exported only")
    return Outside(name=local_agent.DEPENDENCY, sink=local_agent.NoSink())


def _kubernetes(settings: Settings, stack: ExitStack, *, timeout_s: float) -> Outside:
    """The autoscalers of a namespace, and a lease among the replicas of this service."""
    # The client takes 35 MB and a second, which a scaler outside of a cluster does not pay for.
    from scaler.adapters.kubernetes.api import (  # noqa: PLC0415 - see above
        DEPENDENCY,
        NoClusterError,
        connect,
    )
    from scaler.adapters.kubernetes.events import Events  # noqa: PLC0415 - see above
    from scaler.adapters.kubernetes.lease import Lease  # noqa: PLC0415 - see above
    from scaler.adapters.kubernetes.memory_ends import PodMemoryEnds  # noqa: PLC0415 - see above
    from scaler.adapters.kubernetes.sink import Autoscalers  # noqa: PLC0415 - see above
    from scaler.adapters.kubernetes.vertical import InPlace  # noqa: PLC0415 - see above

    try:
        api = connect(
            kubeconfig=settings.kubeconfig,
            context=settings.kube_context,
            namespace=settings.namespace,
            # What a holder has begun must have ended when its lease has (see `lease`).
            timeout_s=min(timeout_s, settings.lease_s / 3),
        )
    except NoClusterError as error:
        raise SettingsError(f"{contract.SINK}: found 'kubernetes', {error}") from error
    # A pod's name is its host's; the rest tells a process from the one before it in the same pod.
    identity = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
    lease = Lease(api, name=contract.LEASE, identity=identity, duration_s=settings.lease_s)
    events = Events(api, instance=identity)
    autoscalers = Autoscalers(
        api, identity=identity, writer=lease, events=events, declare=settings.declared
    )
    events.regarding = autoscalers.manifest
    for close in (api.close, events.close, lease.close):  # called from the last to the first
        stack.callback(close)

    def start(is_alive: Callable[[], bool]) -> None:
        events.start()
        lease.start(is_healthy=is_alive)

    return Outside(
        name=DEPENDENCY,
        sink=autoscalers,
        targets=autoscalers,
        writer=lease,
        announcer=events,
        memory_ends=PodMemoryEnds(api),
        resizing=InPlace(api, namespace=api.namespace) if settings.resizes else None,
        start=start,
    )
