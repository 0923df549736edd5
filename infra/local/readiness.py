"""Ask a replica whether it may get work, as kubelet does: HTTP 200, or TCP connects."""

import http.client
import socket

__all__ = ["problem_of"]

HOST = "127.0.0.1"
ANSWER_S = 2.0


def problem_of(port: int, path: str, *, timeout_s: float = ANSWER_S) -> str | None:
    """None when the replica is ready, else what it said, in a few words.

    Args:
        port: on 127.0.0.1.
        path: of the request; "" asks by TCP only.
        timeout_s: for the whole answer.
    """
    try:
        if not path:
            socket.create_connection((HOST, port), timeout=timeout_s).close()
            return None
        connection = http.client.HTTPConnection(HOST, port, timeout=timeout_s)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read(300).decode(errors="replace").strip()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return f"127.0.0.1:{port} does not answer ({error})"
    return None if answer.status == 200 else f"{path} answers {answer.status} {body}".strip()
