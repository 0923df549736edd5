import asyncio

from app.core.background import running


async def test_a_loop_that_swallows_one_cancellation_ends_nevertheless() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 2:
                    raise

    async with asyncio.timeout(5), running(stubborn()):
        await asyncio.sleep(0)
    assert swallowed == 2
