"""The Python language host beside an engine that was built from its Go module, which has none.

It speaks the engine's ``LanguageRuntime`` protocol over gRPC and runs the program by its path
inside this process, once per operation. The official distribution brings its own host, which is
used there.

Not promised: installing dependencies, debugging, generating SDKs; the bootstrap keeps ``.venv`` in
step with the lock file, and the rest is done with the official distribution.
"""

# ruff: noqa: ARG002, N802 - names and signatures are those of the protocol

import asyncio
import contextlib
import contextvars
import importlib.metadata
import logging
import os
import platform
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pulumi
from google.protobuf import empty_pb2  # type: ignore[import-untyped] # none are published with it
from pulumi.automation._server import LanguageServer
from pulumi.runtime import reset_options, run_in_stack, set_all_config
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

__all__ = ["ProgramHost", "main"]

# The engine's own limit; a checkpoint with many resources passes gRPC's default of 4 MiB.
MESSAGE_BYTES = 400 * 1024 * 1024
PARENT_CHECK_S = 1.0


class ProgramHost(LanguageServer):
    """Answers one engine; ``Run`` is called from a thread of the server, one run at a time."""

    def __init__(self, stopped: threading.Event, engine_address: str) -> None:
        super().__init__(lambda: None)
        self._stopped = stopped
        self._engine_address = engine_address

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        self._engine_address = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        message = "Dependencies are installed by `make install`.\n"
        yield language_pb2.InstallDependenciesResponse(stdout=message.encode())

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        found = {d.name: d.version for d in importlib.metadata.distributions()}
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=name, version=version)
                for name, version in sorted(found.items())
                if request.transitiveDependencies or name.startswith("pulumi")
            ]
        )

    def About(
        self, request: language_pb2.AboutRequest, context: grpc.ServicerContext
    ) -> language_pb2.AboutResponse:
        return language_pb2.AboutResponse(
            executable=sys.executable, version=platform.python_version()
        )

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._stopped.set()
        return empty_pb2.Empty()

    def Run(
        self, request: language_pb2.RunRequest, context: grpc.ServicerContext
    ) -> language_pb2.RunResponse:
        # Settings of the SDK are context variables: a copy keeps this run's from the next one's.
        return contextvars.copy_context().run(_run, request, self._engine_address)


def main() -> None:
    """Serve until the engine says stop, signals, or is gone."""
    stopped = threading.Event()
    # Ctrl-C reaches the whole process group; what it means is the engine's to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    server = grpc.server(
        ThreadPoolExecutor(max_workers=4),
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
            ("grpc.max_send_message_length", MESSAGE_BYTES),
        ],
    )
    # The engine's address is the last word of the command line, after flags of other hosts.
    host = ProgramHost(stopped, sys.argv[-1] if len(sys.argv) > 1 else "")
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 - the engine reads the port from here
    engine = os.getppid()
    while not stopped.wait(PARENT_CHECK_S):
        if os.getppid() != engine:  # killed: nobody is left to hear the end of a run
            break
    server.stop(grace=0.2).wait(1.0)
    sys.stdout.flush()
    # Threads of a run that was cancelled may never end by themselves.
    os._exit(0)


def _run(request: language_pb2.RunRequest, engine_address: str) -> language_pb2.RunResponse:
    program = Path(request.info.program_directory or request.pwd, request.info.entry_point or ".")
    reset_options(
        project=request.project,
        stack=request.stack,
        root_directory=request.info.root_directory or None,
        parallel=request.parallel,
        engine_address=engine_address,
        monitor_address=request.monitor_address,
        preview=request.dryRun,
        organization=request.organization or "organization",
    )
    if request.config:
        set_all_config(dict(request.config), list(request.configSecretKeys) or None)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # as the official host: see _finish
    os.chdir(request.pwd)
    try:
        _run_program(program, parallel=max(request.parallel, 1) * 4)
    except grpc.RpcError as error:
        # The monitor ends first where a run is cancelled; the engine knows then.
        if error.code() != grpc.StatusCode.UNAVAILABLE:
            return language_pb2.RunResponse(error=f"RPC error: {error.details()}")
        return language_pb2.RunResponse(bail=True)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - shown by the engine, whatever it is
        if isinstance(error, SystemExit) and not error.code:
            return language_pb2.RunResponse()
        pulumi.log.error(_words(error))
        return language_pb2.RunResponse(bail=True)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return language_pb2.RunResponse()


def _run_program(program: Path, *, parallel: int) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=parallel)
    loop.set_default_executor(executor)
    try:
        loop.run_until_complete(run_in_stack(lambda: _execute(program)))
    finally:
        _finish(loop)
        executor.shutdown(wait=False, cancel_futures=True)


def _execute(program: Path) -> None:
    if program.is_dir() and not (program / "__main__.py").exists():
        raise pulumi.RunError(f"{program} holds no __main__.py: is `main` of Pulumi.yaml right?")
    argv, path = list(sys.argv), list(sys.path)
    sys.argv = [str(program)]
    try:
        runpy.run_path(str(program), run_name="__main__")
    finally:
        sys.argv[:], sys.path[:] = argv, path


def _finish(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what a failed program left pending, which asyncio would complain about otherwise."""
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    with contextlib.suppress(Exception):
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    asyncio.set_event_loop(None)
    loop.close()


def short_traceback(error: BaseException) -> str:
    """The traceback from the program's first frame on: how it was started is of no use to users."""
    tb = error.__traceback__
    inner = {__file__, runpy.__file__, "<frozen runpy>", asyncio.base_events.__file__}
    sdk = str(Path(pulumi.__file__).parent)
    while tb is not None:
        name = tb.tb_frame.f_code.co_filename
        if name not in inner and not name.startswith((sdk, "<frozen importlib")):
            break
        tb = tb.tb_next
    return "".join(traceback.format_exception(error.with_traceback(tb or error.__traceback__)))


def _words(error: BaseException) -> str:
    if isinstance(error, pulumi.RunError):
        return str(error)
    if isinstance(error, SystemExit):
        return f"Program ended with exit code {error.code}"
    return "Program failed with an unhandled exception:\n" + short_traceback(error)


if __name__ == "__main__":
    main()
