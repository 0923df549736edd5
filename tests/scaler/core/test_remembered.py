import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from scaler.core import remembered
from scaler.core.allowance import Account
from scaler.core.decision import Floor, Memory
from scaler.core.drift import PageHinkley
from scaler.core.feedback import Learning, Outcomes
from scaler.core.judgement import Taken
from scaler.core.reactive import Alone
from scaler.core.retraining import Health

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MEMORY = Memory(
    window=((1_000.0, 9), (1_100.0, 7)),
    alone=Alone(7, 5, ((1_200.0, 2),), ((1_000.0, 8), (1_100.0, 7)), 5),
    floor=Floor(said=None, load=64.5, lower=None, median=50.0, upper=64.5, made_at=NOW),
    account=Account(1_100.0, 9, 2, 7, saved=300.5, credit=45.0, spent=90.0),
    highs=((1_000.0, 4),),
    lows=((1_100.0, -4),),
    found=(1_100.0, 9),
    changes=((1_050.0, -2),),
)
LEARNING = Learning(
    start=0.95,
    level=0.97,
    floors=17,
    short=2,
    strained=(True, False),
    outcomes=Outcomes(verdicts={"good": 15, "too few": 2}, regret=1.5),
    why="97 %, raised",
)
HEALTH = Health(
    fitted_at=123,
    known=120,
    level=0.95,
    is_covered=(True, True, False),
    drift=PageHinkley(usual=2.0, ratio=0.5, excess=1.0, lowest=-3.0),
    release="v7",
    in_vain=2,
    factors=("UTC", "plan 1"),
    horizon=3,
)
TAKEN = Taken(at=NOW, before=3, replicas=5, least=3, most=20, floor=5, upper=41.0)


def through_json(kept: dict[str, Any]) -> Any:
    return json.loads(json.dumps(kept, allow_nan=False))


def test_what_is_kept_comes_back_as_it_was() -> None:
    assert remembered.memory_restored(through_json(remembered.memory_kept(MEMORY))) == MEMORY
    assert remembered.health_restored(through_json(remembered.health_kept(HEALTH))) == HEALTH
    assert remembered.taken_restored(through_json(remembered.taken_kept(TAKEN))) == TAKEN
    kept = through_json(remembered.learning_kept(LEARNING))
    assert remembered.learning_restored(kept, start=0.95) == LEARNING


def test_every_part_of_the_memory_is_kept() -> None:
    assert set(remembered.memory_kept(MEMORY)) == {part.name for part in fields(Memory)}
    for part in fields(Memory):
        assert getattr(MEMORY, part.name) != getattr(Memory(), part.name), part.name


def test_nothing_yet_comes_back_as_nothing() -> None:
    kept = through_json(remembered.memory_kept(Memory()))
    assert remembered.memory_restored(kept) == Memory()
    assert remembered.health_restored(through_json(remembered.health_kept(Health()))) == Health()
    empty = replace(TAKEN, floor=None, upper=None)
    assert remembered.taken_restored(through_json(remembered.taken_kept(empty))) == empty


@pytest.mark.parametrize("kept", [{}, {"window": 3, "alone": [], "floor": "x"}, {"floor": {}}])
def test_what_cannot_be_read_is_begun_anew(kept: dict[str, Any]) -> None:
    assert remembered.memory_restored(kept) == Memory()
    assert remembered.health_restored(kept) == Health()
    assert remembered.taken_restored(kept) is None
    assert remembered.learning_restored(kept, start=0.9) == Learning.at(0.9)


def test_one_damaged_part_does_not_take_the_others_with_it() -> None:
    kept = through_json(remembered.memory_kept(MEMORY)) | {"alone": {"current": "many"}}
    assert remembered.memory_restored(kept) == replace(MEMORY, alone=None)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"load": None}, id="no-load"),
        pytest.param({"load": float("nan")}, id="nan"),
        pytest.param({"made_at": "2026-11-01T12:00:00"}, id="no-zone"),
        pytest.param({"made_at": "yesterday"}, id="no-time"),
    ],
)
def test_a_floor_that_is_not_whole_is_none(changed: dict[str, Any]) -> None:
    kept = remembered.memory_kept(MEMORY)
    kept["floor"] |= changed
    assert remembered.memory_restored(kept).floor is None


def test_another_ratio_of_costs_makes_what_was_learnt_void() -> None:
    kept = remembered.learning_kept(LEARNING)
    assert remembered.learning_restored(kept, start=0.9) == Learning.at(0.9)
    assert remembered.learning_restored(kept | {"level": 7}, start=0.95) == Learning.at(0.95)
