"""The API reads everything that the scaler says of a workload, over a real socket."""

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from app.scaling.errors import ModelUnusable, NotKnown, WorkloadUnknown
from app.scaling.schemas import (
    CalendarRequest,
    FactorEvent,
    FactorValue,
    History,
    SeriesRequest,
)
from app.scaling.service import Scaler
from scaler import contract
from scaler.adapters.model_folder import FolderShelf
from scaler.adapters.model_store import ModelStore
from scaler.http import api
from tests.scaler.fakes import NOW_STEP, Stage
from tests.scaler.serving import served

TOKEN = "a-token-of-the-tests"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(models=ModelStore(FolderShelf(tmp_path_factory.mktemp("models"))))
    made.tick()
    made.tick_until_forecast()
    for _ in range(30):  # so that a horizon passes and decisions are judged
        made.tick(after_s=60)
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(stage: Stage) -> Iterator[str]:
    app = api(stage.view, stage.steering, None, stage.registrar, token=TOKEN)
    with served(app) as found:
        yield found


@pytest.fixture
async def scaler(address: str) -> AsyncIterator[Scaler]:
    async with httpx.AsyncClient(base_url=address) as client:
        yield Scaler(client, token=TOKEN)


def lost(given: Any, read: Any, *, where: str = "") -> list[str]:
    """Fields that the scaler gave and the API does not show."""
    if isinstance(read, BaseModel):
        read = read.model_dump(mode="json", by_alias=True)
    if isinstance(given, dict) and isinstance(read, dict):
        missing = [f"{where}.{name}" for name in given.keys() - read.keys()]
        both = given.keys() & read.keys()
        return missing + [
            name for key in both for name in lost(given[key], read[key], where=f"{where}.{key}")
        ]
    if isinstance(given, list):
        pairs = zip(given, read, strict=True)
        return sorted({name for a, b in pairs for name in lost(a, b, where=f"{where}[]")})
    return []


def raw(address: str, path: str) -> Any:
    return httpx.get(address + path).raise_for_status().json()


# Of a judgement the API shows what a person reads.
UNSHOWN = {"at", "replicas", "missing", "superfluous", "floor_short", "hints_at_capacity"}


def told(fields: list[str]) -> list[str]:
    return [field for field in fields if field.rpartition(".")[2] not in UNSHOWN]


async def test_nothing_that_the_scaler_shows_is_lost(address: str, scaler: Scaler) -> None:
    value = FactorValue(at=60.0 * NOW_STEP, value=None, known_at=60.0)
    event = FactorEvent(name="sale", start=0.0, end=60.0, weight=2.0)
    series = SeriesRequest(values=[value], workloads=["worker"], planned=True)
    calendar = CalendarRequest(events=[event])
    assert (await scaler.register_series("users", series, actor="ann")).is_planned
    assert (await scaler.register_events("sales", calendar, actor="ann")).count == 1
    one = f"{contract.WORKLOADS_PATH}/worker"
    pairs = [
        (contract.WORKLOADS_PATH, await scaler.workloads()),
        (contract.CHECKS_PATH, await scaler.checks()),
        (contract.DECISIONS_PATH, await scaler.decisions(workload=None, limit=50)),
        (f"{one}/series", await scaler.series("worker", window_s=3_600)),
        (f"{one}/forecast", await scaler.forecast("worker")),
        (f"{one}/explanation", await scaler.explanation("worker", at=None)),
        (
            f"{one}/what-if?load=70",
            await scaler.what_if("worker", load=70, ready=None, current=None),
        ),
        (f"{one}/cost", await scaler.cost("worker", window_s=86_400)),
        (f"{one}/models", await scaler.models("worker")),
        (f"{one}/anomalies", await scaler.anomalies("worker", window_s=86_400)),
        (f"{one}/changes", await scaler.changes("worker", limit=50)),
        (contract.SERIES_PATH, await scaler.registered_series()),
        (f"{contract.SERIES_PATH}/users", await scaler.one_series("users")),
        (contract.EVENTS_PATH, await scaler.registered_events()),
        (f"{contract.EVENTS_PATH}/sales", await scaler.one_calendar("sales")),
    ]
    for path, read in pairs:
        assert told(lost(raw(address, path), read)) == [], path
    await scaler.remove_series("users", actor="ann")
    await scaler.remove_events("sales", actor="ann")
    with pytest.raises(NotKnown, match="'users' is not registered"):
        await scaler.one_series("users")
    with pytest.raises(WorkloadUnknown, match="nobody"):
        await scaler.register_series(
            "users", series.model_copy(update={"workloads": ["nobody"]}), actor="ann"
        )


async def test_the_forecast_leads_up_to_its_horizon(scaler: Scaler) -> None:
    found = await scaler.forecast("worker")
    assert found.status == "ready"
    assert found.basis
    ahead = [point.ahead_s for point in found.path]
    assert ahead == sorted(ahead)
    assert found.path[-1].at >= (NOW_STEP + 5) * 60
    assert all(point.median <= point.upper for point in found.path)


async def test_decisions_are_shown_with_their_judgement(scaler: Scaler) -> None:
    judged = [one for one in await scaler.decisions(workload="worker", limit=50) if one.judgement]
    assert judged
    assert judged[-1].judgement is not None
    assert judged[-1].judgement.sentence


async def test_a_change_is_kept_with_who_made_it(scaler: Scaler, stage: Stage) -> None:
    await scaler.set_mode("worker", "observe", actor="ann@example.com", reason="a test")
    await scaler.freeze("worker", for_s=60, actor="bob@example.com", reason="a sale")
    control = await scaler.unfreeze("worker", actor="ünal@example.com", reason="over")
    assert (control.mode, control.freeze, control.kept) == ("observe", None, True)
    by = [change.actor for change in await scaler.changes("worker", limit=3)]
    assert by == ["ünal@example.com", "bob@example.com", "ann@example.com"]
    await scaler.set_mode("worker", "enforce", actor="ann@example.com", reason="done")


async def test_a_model_is_rolled_back_to_where_there_is_one(scaler: Scaler) -> None:
    (model,) = await scaler.models("worker")
    assert model.is_serving
    with pytest.raises(ModelUnusable, match="no older version"):
        await scaler.roll_back("worker", version=None, actor="ann", reason="it is wrong")
    found = await scaler.roll_back("worker", version=model.version, actor="ann", reason="stay")
    assert (found.version, found.is_pinned) == (model.version, True)
    (change, *_) = await scaler.changes("worker", limit=1)
    assert (change.change, change.reason) == ("rollback", f"stay (version {model.version})")
    assert (await scaler.models("worker"))[0].is_pinned
    await scaler.roll_back("worker", version=contract.NEWEST, actor="ann", reason="go on")
    assert not (await scaler.models("worker"))[0].is_pinned


async def test_what_is_not_known_is_said(scaler: Scaler, stage: Stage) -> None:
    with pytest.raises(WorkloadUnknown):
        await scaler.forecast("nobody")
    long_ago = stage.clock.now().replace(year=2020)
    with pytest.raises(NotKnown, match="no decision about worker"):
        await scaler.explanation("worker", at=long_ago)


async def test_a_history_is_taken(scaler: Scaler, stage: Stage) -> None:
    end = min(stage.clock.now().timestamp(), time.time()) - 3_600
    await scaler.backfill("worker", History(step_s=60, end=end, values=[1.0, 2.0]), actor="ann")
    assert stage.book.load.at(int(end) // 60) == 2.0
