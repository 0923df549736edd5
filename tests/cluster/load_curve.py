"""A Prometheus by hand whose load is a function of time, so that a scaler can foresee it."""

import http.server
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import numpy as np

__all__ = ["LoadCurve", "load_curve"]

HOST = "127.0.0.1"
Curve = Callable[[float], float]


class LoadCurve:
    """Answers every query by the curve at the time that is asked for; it can be away."""

    def __init__(self, curve: Curve) -> None:
        self.curve = curve
        self.is_away = False
        self.url = ""

    def answer(self, path: str, given: dict[str, str]) -> dict[str, Any]:
        if path.endswith("query_range"):
            step_s = float(given["step"].removesuffix("ms")) / 1000
            times = np.arange(float(given["start"]), float(given["end"]) + step_s / 2, step_s)
            values = [[at, str(self.curve(at))] for at in times.tolist()]
            return _answer("matrix", [{"metric": {}, "values": values}])
        now = time.time()
        return _answer("vector", [{"metric": {}, "value": [now, str(self.curve(now))]}])


def _answer(kind: str, result: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": kind, "result": result}}


def wave(*, low: float, high: float, period_s: float) -> Curve:
    """A load that goes up and down between two values."""
    middle, half = (low + high) / 2, (high - low) / 2
    return lambda at: middle + half * math.sin(2 * math.pi * at / period_s)


@contextmanager
def load_curve(curve: Curve) -> Iterator[LoadCurve]:
    """The server, on a port of this machine."""
    shown = LoadCurve(curve)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            given = {name: values[0] for name, values in parse_qs(body).items()}
            data = json.dumps(shown.answer(self.path, given)).encode()
            self.send_response(503 if shown.is_away else 200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Whoever asked has gone: it was killed, or waited long enough."""

    server = Server((HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    shown.url = f"http://{HOST}:{server.server_port}"
    try:
        yield shown
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
