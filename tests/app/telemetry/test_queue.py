import asyncio

from prometheus_client import CollectorRegistry

from app.core.background import running
from app.core.errors import DatabaseAway
from app.telemetry.queue import QueueCollector, QueueFigures, refresh

FIGURES = QueueFigures(
    in_state={"queued": 3}, completions={("load.synthetic", "succeeded"): 5}, oldest_wait_s=1.5
)


def test_nothing_is_shown_before_the_first_reading() -> None:
    registry = CollectorRegistry()
    QueueCollector(registry)
    assert registry.get_sample_value("autoserve_tasks", {"state": "queued"}) is None


def test_the_last_figures_are_shown() -> None:
    registry = CollectorRegistry()
    QueueCollector(registry).figures = FIGURES
    labels = {"type": "load.synthetic", "outcome": "succeeded"}
    assert registry.get_sample_value("autoserve_tasks", {"state": "queued"}) == 3
    assert registry.get_sample_value("autoserve_task_completions_total", labels) == 5
    assert registry.get_sample_value("autoserve_task_queue_wait_seconds") == 1.5


async def test_figures_are_forgotten_while_the_database_is_away_and_come_back() -> None:
    collector = QueueCollector(CollectorRegistry())
    collector.figures = FIGURES
    shown: list[QueueFigures | None] = []
    looked = asyncio.Event()

    async def read() -> QueueFigures:
        shown.append(collector.figures)
        if len(shown) == 1:
            raise DatabaseAway("gone")
        if len(shown) == 2:
            raise RuntimeError("surprise")
        if len(shown) == 4:
            looked.set()
        return FIGURES

    async with running(refresh(collector, read, interval_s=0.001)), asyncio.timeout(5):
        await looked.wait()
    assert shown == [FIGURES, None, None, FIGURES]
