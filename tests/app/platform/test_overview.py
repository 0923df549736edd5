from collections.abc import Iterator

import httpx
import pytest

from app.platform.queries import queries, step_for
from app.platform.service import overview
from tests.app.fakes import FakeService, fake_service

QUERY_RANGE = "/api/v1/query_range"


@pytest.fixture
def prometheus() -> Iterator[FakeService]:
    with fake_service() as fake:
        yield fake


def matrix(*points: tuple[float, str]) -> dict[str, object]:
    values = [list(point) for point in points]
    return {"status": "success", "data": {"result": [{"metric": {}, "values": values}]}}


async def test_each_series_has_its_points_without_those_that_are_no_number(
    prometheus: FakeService,
) -> None:
    prometheus.answers[QUERY_RANGE] = (200, matrix((10, "1.5"), (15, "NaN"), (20, "+Inf")))
    async with httpx.AsyncClient(base_url=prometheus.url, trust_env=False) as client:
        found = await overview(client, window_s=900, now_s=1_000.7)
    assert found.degraded == []
    names = set(found.model_dump()) - {"degraded"}
    assert names == set(queries(900))
    assert all(getattr(found, name) == [(10.0, 1.5)] for name in names)


async def test_points_stand_on_whole_steps(prometheus: FakeService) -> None:
    prometheus.answers[QUERY_RANGE] = (200, matrix())
    async with httpx.AsyncClient(base_url=prometheus.url, trust_env=False) as client:
        await overview(client, window_s=900, now_s=1_003.7)
    times = {
        (q["start"][0], q["end"][0], q["step"][0]) for q in (a.query for a in prometheus.asked)
    }
    assert times == {("100.0", "1000.0", "5")}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((500, {}), id="broken"),
        pytest.param((200, "<html>"), id="no-json"),
        pytest.param((200, {"data": {}}), id="another-shape"),
    ],
)
async def test_a_prometheus_that_fails_degrades_the_picture(
    prometheus: FakeService, answer: tuple[int, object]
) -> None:
    prometheus.answers[QUERY_RANGE] = answer
    async with httpx.AsyncClient(base_url=prometheus.url, trust_env=False) as client:
        found = await overview(client, window_s=900, now_s=1_000)
    assert found.requests_rps == []
    assert [one.what for one in found.degraded] == ["prometheus"]


async def test_without_prometheus_the_picture_is_empty_and_says_why() -> None:
    found = await overview(None, window_s=900, now_s=1_000)
    assert found.degraded[0].why == "its address is not configured"
    async with httpx.AsyncClient(base_url="http://127.0.0.1:1", trust_env=False) as client:
        found = await overview(client, window_s=900, now_s=1_000)
    assert "does not answer" in found.degraded[0].why


@pytest.mark.parametrize(
    ("window_s", "step_s"),
    [
        pytest.param(60, 1, id="shortest"),
        pytest.param(900, 5, id="usual"),
        pytest.param(604_800, 3_360, id="longest"),
    ],
)
def test_a_window_has_at_most_some_two_hundred_points(window_s: int, step_s: int) -> None:
    assert step_for(window_s) == step_s
