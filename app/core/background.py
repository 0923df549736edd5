"""Tasks that run beside the requests, for as long as a block lasts."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

__all__ = ["running"]

AGAIN_S = 0.2


@asynccontextmanager
async def running(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run the loops until the block ends."""
    tasks = {asyncio.create_task(loop) for loop in loops}
    try:
        yield
    finally:
        await _end(tasks)


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel until all have ended.

    Once is not enough: in Python 3.11 wait_for, which asyncpg and others use, may swallow a
    cancellation that comes together with a result, and the loop around it would go on for ever.
    """
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=AGAIN_S)
