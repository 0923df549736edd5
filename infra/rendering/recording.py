"""Running a Pulumi program without an engine: what it declares, as plain data.

    recording = record(lambda: build(settings, cluster=cluster), stack="dev")

A run leaves nothing behind: it has its own event loop and its own copy of the SDK's settings, so
that one process can record many programs, before and after real ones.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.rpc_manager import RPCManager
from pulumi.runtime.settings import ROOT, Settings
from pulumi.runtime.stack import run_in_stack

from infra.rendering.monitor import Manifest, Monitor, Options, Resource

__all__ = ["Manifest", "Options", "Recording", "Resource", "record"]

PROJECT = "autoserve"

Program = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What a program declared.

    Attributes:
        resources: by key; their order may differ from run to run.
        exports: the stack's outputs.
    """

    stack: str
    preview: bool
    resources: Mapping[str, Resource]
    exports: Mapping[str, Any]

    @property
    def manifests(self) -> list[Manifest]:
        """The Kubernetes objects, by namespace, kind and name."""
        found = [each.manifest for each in self.resources.values() if each.manifest is not None]
        return sorted(found, key=_place)

    def named(self, name: str, token: str = "") -> Resource:
        """The one resource of a logical name whose type ends like that.

        Raises:
            LookupError: there is none, or more than one.
        """
        found = [
            each
            for each in self.resources.values()
            if each.name == name and each.type.endswith(token)
        ]
        if len(found) != 1:
            raise LookupError(f"{len(found)} resources are named {name!r} with type ...{token}")
        return found[0]


def record(program: Program, *, stack: str, preview: bool = False) -> Recording:
    """Run a program and keep what it declares. Not callable from a coroutine.

    Args:
        program: declares resources; what it returns is not used.
        stack: name that the program sees.
        preview: nothing that a provider makes is known: ids, generated names and values.

    Raises:
        Exception: whatever the program, or a function it applies to an output, raises.
        DuplicateResourceError: two resources have one URN.
        CallError: the program asks a provider for data.
    """
    monitor = Monitor(stack=stack, project=PROJECT, preview=preview)
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(_run(program, monitor, stack, preview), context=contextvars.copy_context())
    return Recording(
        stack=stack, preview=preview, resources=monitor.declared, exports=monitor.exports
    )


async def _run(program: Program, monitor: Monitor, stack: str, preview: bool) -> None:
    loop = asyncio.get_running_loop()
    # One worker: the monitor is asked by one thread at a time.
    loop.set_default_executor(ThreadPoolExecutor(1, thread_name_prefix="record"))
    outputs: set[asyncio.Future[Any]] = set()
    # The first error is raised; what fails because of it would only be logged besides.
    loop.set_exception_handler(lambda *_: None)
    _configure(
        monitor=monitor,
        engine=MockEngine(None),
        project=PROJECT,
        stack=stack,
        dry_run=preview,
        rpc_manager=RPCManager(),  # type: ignore[no-untyped-call]  # it is untyped
        outputs=outputs,
        lock=threading.Lock(),
        package_refs={},
        base_providers_by_ref={},
        callbacks=None,
    )
    raised: list[BaseException] = []

    async def watched() -> None:
        try:
            program()
        except BaseException as error:
            raised.append(error)
            raise
        # The SDK would look at every open output each time that one of them is there.
        while still_open := [output for output in outputs if not output.done()]:
            await asyncio.wait(still_open)

    try:
        await run_in_stack(watched)
    except Exception:
        # Outputs that fail because the program ended early come first otherwise.
        if raised:
            raise raised[0] from raised[0].__cause__
        raise


def _configure(**values: object) -> None:
    """Set the SDK's settings in this context alone.

    Its own `configure` would make the first values those of every other context as well.
    """
    for name, value in values.items():
        getattr(Settings, name)._data.set(value)
    ROOT.set(None)


def _place(manifest: Manifest) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return str(metadata.get("namespace", "")), manifest["kind"], str(metadata["name"])
