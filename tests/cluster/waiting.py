"""Waiting for a cluster to get where it should, with a deadline and a sentence when it does not."""

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["ClusterError", "NeverError", "wait_for"]

T = TypeVar("T")
PAUSE_S = 0.1


class ClusterError(Exception):
    """Base of what a test cluster raises on purpose."""


class NeverError(ClusterError):
    """Something was waited for in vain."""


def wait_for(
    what: str,
    look: Callable[[], T | None],
    *,
    timeout_s: float = 30.0,
    pause_s: float = PAUSE_S,
    seen: Callable[[], object] | None = None,
) -> T:
    """Look until there is something, and give that.

    Args:
        what: the sentence that should become true.
        look: gives something true once it has.
        timeout_s: how long to look, seconds, > 0.
        pause_s: how long to wait between two looks, seconds, > 0.
        seen: what to show of the state when it never became true.

    Raises:
        NeverError: it did not become true in time.
    """
    deadline = time.monotonic() + timeout_s
    while not (found := look()):
        if time.monotonic() > deadline:
            shown = f"; there is {seen()}" if seen is not None else ""
            raise NeverError(f"after {timeout_s:g} s still not: {what}{shown}")
        time.sleep(pause_s)
    return found
