"""What every provider of the tests has in common: how the engine starts one, asks and ends it."""

# ruff: noqa: ARG002, N802 - names and signatures are those of the protocol

import functools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2  # type: ignore[import-untyped] # none are published with it
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

__all__ = ["VERSION", "Provider", "answering", "serve"]

VERSION = "AUTOSERVE_PLUGIN_VERSION"  # the engine compares it with what the SDK asks for
AT_ONCE = 32  # the engine asks for no more than it was told to by --parallel

Answer = TypeVar("Answer")


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """A provider of custom resources only, whose configuration is taken as it comes."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()

    def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=os.environ[VERSION])

    def CheckConfig(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        self.cancelled.set()
        return empty_pb2.Empty()

    def Construct(self, request: Any, context: Any) -> NoReturn:
        _refuse(context, f"{request.type}: the provider of the tests has custom resources only")

    def Invoke(self, request: Any, context: Any) -> NoReturn:
        _refuse(context, f"{request.tok}: the provider of the tests has no functions")


def answering(
    *expected: type[Exception],
) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Turn errors that are raised on purpose into answers of the protocol, without a traceback."""

    def around(method: Callable[..., Answer]) -> Callable[..., Answer]:
        @functools.wraps(method)
        def answer(self: Any, request: Any, context: grpc.ServicerContext) -> Answer:
            try:
                return method(self, request, context)
            except expected as error:
                context.abort(grpc.StatusCode.UNKNOWN, str(error))
                raise  # never reached: abort raises

        return answer

    return around


def _refuse(context: grpc.ServicerContext, words: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNIMPLEMENTED, words)
    raise AssertionError("never reached: abort raises")


def serve(provider: Provider) -> None:
    """Serve until the engine ends this process, or is gone."""
    # How the engine ends a plugin. Ctrl-C at the terminal is the engine's: it comes as Cancel.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    server = grpc.server(ThreadPoolExecutor(AT_ONCE), options=_GRPC_CHANNEL_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    engine = os.getppid()
    while os.getppid() == engine:
        time.sleep(0.5)
    os._exit(0)
