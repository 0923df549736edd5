"""The hub that tells followers what changed."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from app import contract
from app.core.cache import connect
from app.tasks.events import decode, encode
from app.tasks.live import Follower, TaskEvents


async def test_many_changes_are_one_for_a_follower_that_is_slow() -> None:
    task_id, owner_id = uuid4(), uuid4()
    follower = Follower(lambda task, _owner: task == task_id)
    for _ in range(10_000):
        follower.tell(task_id, owner_id)
        follower.tell(uuid4(), owner_id)
    news = await follower.changes()
    assert news.ids == {task_id}
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(follower.changes(), 0.05)


async def test_one_subscription_serves_all_followers_and_ends_with_the_last(
    redis_url: str,
) -> None:
    redis = connect(redis_url)
    events = TaskEvents(redis, poll_s=60)
    task_id, owner_id = uuid4(), uuid4()

    async def subscriptions() -> int:
        ((_channel, count),) = await redis.pubsub_numsub(contract.TASK_EVENTS_CHANNEL)
        return int(count)

    with (
        events.follow(lambda task, _owner: task == task_id) as one,
        events.follow(lambda _task, owner: owner == owner_id) as other,
        events.follow(lambda _task, _owner: False) as stranger,
    ):
        for follower in (one, other, stranger):
            assert (await asyncio.wait_for(follower.changes(), 5)).look_at_all
        assert await subscriptions() == 1
        await redis.publish(contract.TASK_EVENTS_CHANNEL, "no event of ours")
        await redis.publish(contract.TASK_EVENTS_CHANNEL, encode(task_id, owner_id))
        for follower in (one, other):
            assert (await asyncio.wait_for(follower.changes(), 5)).ids == {task_id}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stranger.changes(), 0.05)
    for _ in range(100):
        if await subscriptions() == 0:
            break
        await asyncio.sleep(0.02)
    assert await subscriptions() == 0
    await redis.aclose()


@pytest.mark.parametrize("message", ["", "[]", "7", '{"task_id": "x"}', '{"task_id": null}'])
def test_what_is_no_event_is_told_apart(message: str) -> None:
    with pytest.raises(ValueError, match=r"event|UUID|JSON|Expecting|badly"):
        decode(message)


def test_an_event_survives_the_way() -> None:
    task_id, owner_id = uuid4(), uuid4()
    message: Any = json.loads(encode(task_id, owner_id))
    assert set(message) == {"task_id", "owner_id"}
    assert decode(encode(task_id, owner_id)) == (task_id, owner_id)
