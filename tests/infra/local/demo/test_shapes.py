"""Generated traces: seasons where they are said to be, and the same for the same seed."""

import numpy as np
import pytest

from infra.local.demo.shapes import SHAPES, generated

MINUTES_A_DAY = 1440


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_seed_gives_the_same_trace(shape: str) -> None:
    first, second, other = (generated(shape, days=8, step_s=60.0, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.values, second.values)
    assert not np.array_equal(first.values, other.values)


@pytest.mark.parametrize("shape", SHAPES)
def test_load_is_finite_and_never_negative(shape: str) -> None:
    trace = generated(shape, days=8, step_s=60.0, seed=3)
    assert len(trace.values) == 8 * MINUTES_A_DAY
    assert np.isfinite(trace.values).all()
    assert trace.values.min() >= 0


def test_the_afternoon_is_busier_than_the_night() -> None:
    day = generated("daily", days=1, step_s=60.0, seed=3).values.reshape(24, 60).mean(axis=1)
    assert day[15] > 3 * day[3]


def test_weekends_are_quieter_than_working_days() -> None:
    week = generated("weekly", days=7, step_s=60.0, seed=3).values.reshape(7, -1).mean(axis=1)
    assert week[5:].max() < 0.7 * week[:5].min()


def test_bursts_stand_out_of_the_season() -> None:
    calm, bursts = (generated(s, days=7, step_s=60.0, seed=3).values for s in ("weekly", "bursts"))
    assert np.max(bursts - calm) > 0.3


def test_rushes_come_at_the_same_times_each_day() -> None:
    calm, rushes = (generated(s, days=5, step_s=60.0, seed=3).values for s in ("weekly", "rushes"))
    crowds = (rushes - calm).reshape(5, MINUTES_A_DAY)
    first, *others = crowds
    assert first.max() > 0.3
    for other in others:
        assert np.corrcoef(first, other)[0, 1] > 0.9


def test_an_unknown_shape_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"found 'yearly'; allowed: rushes, daily, weekly, bursts"):
        generated("yearly", days=1, step_s=60.0, seed=0)
