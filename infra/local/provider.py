"""The provider of the local stack: `python -m infra.local.provider`, run by the engine.

It translates between the engine and the kinds of resources (`infra.local.kinds`), and marks what
is secret. Work is done in threads, many resources at once. It ends when the engine does, however
that ended: whatever it supervises lives on.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

import grpc
import grpc.aio
from pulumi.provider.experimental import provider as api
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from infra.local.job_kind import JobFailedError, JobKind
from infra.local.kinds import Difference, Kind
from infra.local.obstacles import folder_problem, port_problems
from infra.local.process_kind import ProcessKind
from infra.local.resources import JOB, PACKAGE, PROCESS, SECRET
from infra.local.secret_kind import SecretKind
from infra.local.spec import paths_of
from infra.local.state import StateError
from infra.local.supervision import Supervision, SupervisionError
from infra.local.supervisord import SupervisorError
from infra.local.values import UNKNOWN, plain_map, value_of, with_secrets

__all__ = ["LocalStack", "main"]

VERSION = "0.1.0"
AT_ONCE = 32  # the engine asks for no more than it was told to by --parallel
EXPECTED = (JobFailedError, SupervisionError, SupervisorError, StateError, OSError, ValueError)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class LocalStack(api.Provider):
    """Processes, jobs and secrets of one stack on this machine."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}
        self._supervision: Supervision | None = None
        self._pool = ThreadPoolExecutor(AT_ONCE)

    async def get_schema(self, request: api.GetSchemaRequest) -> api.GetSchemaResponse:
        del request
        return api.GetSchemaResponse(json.dumps({"name": PACKAGE, "version": VERSION}))

    async def check_config(self, request: api.CheckRequest) -> api.CheckResponse:
        inputs = plain_map(request.new_inputs)
        folder, ports = str(inputs.get("state_dir", "")), str(inputs.get("ports", "{}"))
        if UNKNOWN in folder + ports:
            return api.CheckResponse(request.new_inputs, [])
        if not Path(folder).is_absolute() or Path(folder).parent.name != "stacks":
            reason = f"found {folder!r}, allowed: the stack's folder, .../stacks/<stack>"
            return api.CheckResponse(request.new_inputs, [api.CheckFailure("state_dir", reason)])
        named = {int(port): owner for port, owner in json.loads(ports).items()}
        problems = await self._run(port_problems, named, paths_of(folder))
        if unusable := await self._run(folder_problem, Path(folder)):
            problems = [unusable, *problems]
        # Without a property: the engine would print the value of all ports with each sentence.
        failures = [api.CheckFailure("", "\n".join(problems))] if problems else []
        return api.CheckResponse(request.new_inputs, failures)

    async def diff_config(self, request: api.DiffRequest) -> api.DiffResponse:
        old, new = plain_map(request.old_state), plain_map(request.new_inputs)
        # Another folder is another place: everything in the old one is ended and made anew.
        moved = old.get("state_dir") != new.get("state_dir")
        return api.DiffResponse(
            changes=old.get("ports") != new.get("ports") or moved,
            replaces=["state_dir"] if moved else [],
            delete_before_replace=True,
        )

    async def configure(self, request: api.ConfigureRequest) -> api.ConfigureResponse:
        paths = paths_of(str(plain_map(request.args)["state_dir"]))
        self._supervision = Supervision(paths)
        self._kinds = {
            PROCESS: ProcessKind(self._supervision),
            JOB: JobKind(paths),
            SECRET: SecretKind(),
        }
        return api.ConfigureResponse(
            accept_secrets=True, supports_preview=True, accept_resources=False, accept_outputs=False
        )

    async def cancel(self) -> None:
        if self._supervision:
            self._supervision.cancelled.set()

    async def check(self, request: api.CheckRequest) -> api.CheckResponse:
        kind, inputs = self._kind(request.type), plain_map(request.new_inputs)
        problems = await self._run(kind.check, request.name, inputs)
        command = request.new_inputs.get("command")
        if command and command.contains_secret():
            reason = "found a secret, allowed: none, since ps shows it; use secret_environment"
            problems.append(("command", reason))
        return api.CheckResponse(
            with_secrets(request.new_inputs, kind.secrets),
            [api.CheckFailure(name, reason) for name, reason in problems],
        )

    async def diff(self, request: api.DiffRequest) -> api.DiffResponse:
        old, new = plain_map(request.old_state), plain_map(request.new_inputs)
        for name in request.ignore_changes:
            new[name] = old.get(name)
        kind = self._kind(request.type)
        return _difference(await self._run(kind.diff, request.name, old, new))

    async def create(self, request: api.CreateRequest) -> api.CreateResponse:
        kind, inputs = self._kind(request.type), plain_map(request.properties)
        act = kind.preview if request.preview else kind.create
        outputs = await self._run(act, request.name, inputs)
        identity = "" if request.preview else request.name
        return api.CreateResponse(identity, _state(kind, request.properties, outputs))

    async def read(self, request: api.ReadRequest) -> api.ReadResponse:
        kind, state = self._kind(request.type), plain_map(request.properties)
        outputs = await self._run(kind.read, request.name, state)
        return api.ReadResponse(
            request.resource_id, _state(kind, request.properties, outputs), request.inputs
        )

    async def update(self, request: api.UpdateRequest) -> api.UpdateResponse:
        kind, new = self._kind(request.type), plain_map(request.news)
        if request.preview:
            outputs = await self._run(kind.preview, request.name, new)
        else:
            old = plain_map(request.olds)
            outputs = await self._run(kind.update, request.name, old, new)
        return api.UpdateResponse(_state(kind, request.news, outputs))

    async def delete(self, request: api.DeleteRequest) -> None:
        kind = self._kind(request.type)
        await self._run(kind.delete, request.name, plain_map(request.properties))

    def _kind(self, token: str) -> Kind:
        if kind := self._kinds.get(token):
            return kind
        raise ValueError(f"found type {token!r}, allowed: {', '.join(sorted(self._kinds))}")

    async def _run(self, act: Callable[[*Ts], T], *arguments: *Ts) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, act, *arguments)


class Servicer(ProviderServicer):
    """As its base, but errors that were raised on purpose come without a traceback."""

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802 - named by the protocol
        return await _answer(super().Check(request, context), context)

    async def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - see above
        return await _answer(super().CheckConfig(request, context), context)

    async def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802 - see above
        return await _answer(super().Diff(request, context), context)

    async def Create(self, request: Any, context: Any) -> Any:  # noqa: N802 - see above
        return await _answer(super().Create(request, context), context)

    async def Read(self, request: Any, context: Any) -> Any:  # noqa: N802 - see above
        return await _answer(super().Read(request, context), context)

    async def Update(self, request: Any, context: Any) -> Any:  # noqa: N802 - see above
        return await _answer(super().Update(request, context), context)

    async def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802 - see above
        return await _answer(super().Delete(request, context), context)

    async def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - see above
        # The base hands the bare flag where the protocol wants an enum; 1 is "none", 2 is "some".
        answer = await super().DiffConfig(request, context)
        answer.changes = 2 if answer.changes else 1
        return answer


async def _answer(call: Awaitable[T], context: Any) -> T:
    try:
        return await call
    except Exception as error:
        cause = error.__context__
        if isinstance(cause, EXPECTED):
            await context.abort(grpc.StatusCode.UNKNOWN, str(cause))
        raise


def _difference(found: Difference) -> api.DiffResponse:
    replace, update = api.PropertyDiffKind.UPDATE_REPLACE, api.PropertyDiffKind.UPDATE
    detailed = {
        **{name: api.PropertyDiff(update, True) for name in found.update},
        **{name: api.PropertyDiff(replace, True) for name in found.replace},
        **{name: api.PropertyDiff(update, False) for name in found.live},
    }
    return api.DiffResponse(
        changes=bool(detailed),
        replaces=list(found.replace),
        delete_before_replace=True,  # ports and names are taken until the old one is gone
        diffs=list(detailed),
        detailed_diff=detailed,
    )


def _state(
    kind: Kind, inputs: dict[str, PropertyValue], outputs: dict[str, Any]
) -> dict[str, PropertyValue]:
    values = {name: value_of(value) for name, value in outputs.items()}
    return with_secrets({**inputs, **values}, kind.secrets)


async def _serve(engine: str) -> None:
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    servicer = Servicer(sys.argv[1:], VERSION, LocalStack(), engine_address=engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


def _end_with(engine: int) -> None:
    """End when the engine is gone: nobody waits for what is under way, the next run takes it up."""
    while os.getppid() == engine:
        time.sleep(0.5)
    os._exit(0)


def main() -> None:
    # How the engine ends a plugin; it waits for seconds before it kills. Ctrl-C at the terminal
    # does not reach a plugin, which has a process group of its own: it comes as Cancel, in order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    asyncio.run(_serve(next((word for word in sys.argv[1:] if not word.startswith("-")), "")))


if __name__ == "__main__":
    main()
