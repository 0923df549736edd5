import math
from collections.abc import Iterator

import numpy as np
import pytest

from scaler.core.drift import PageHinkley
from scaler.core.series import Floats

DAY = 1440
SKILL = 0.4


def errors(seed: int, *, days: int, season: float = 0.8) -> tuple[Floats, Floats]:
    """What nobody can forecast and what the forecaster can: heavy tails, neighbours alike."""
    generator = np.random.default_rng(seed)

    def noise() -> Floats:
        raw = generator.standard_t(4, size=days * DAY + 5)
        return np.convolve(raw, np.ones(5) / 5, "valid")[: days * DAY] * math.sqrt(5)

    volatility = 1 + season * np.sin(2 * np.pi * np.arange(days * DAY) / DAY)
    known = math.sqrt(1 / (1 - SKILL) ** 2 - 1)
    return noise() * volatility, noise() * volatility * known


def alarms(ours: Floats, theirs: Floats, *, judged: int = 2 * DAY) -> Iterator[int]:
    """Steps after the judged part at which the test, begun anew after each, finds a drift."""
    usual = float(theirs[:judged].mean())
    fresh = PageHinkley(usual=usual, ratio=float(ours[:judged].sum() / theirs[:judged].sum()))
    test = fresh
    for step, (own, other) in enumerate(zip(ours[judged:], theirs[judged:], strict=True)):
        test = test.learnt(ours=float(own), theirs=float(other))
        if test.has_drifted:
            yield step
            test = fresh


def test_errors_that_only_follow_the_hours_of_the_day_are_no_drift() -> None:
    found = 0
    for seed in range(3):
        unknown, known = errors(seed, days=16)
        found += len(list(alarms(np.abs(unknown), np.abs(unknown + known))))
    assert found <= 1  # in 42 days


@pytest.mark.parametrize("seed", [100, 101, 102])
def test_a_lost_skill_is_found_within_hours(seed: int) -> None:
    unknown, known = errors(seed, days=6)
    ours, theirs = np.abs(unknown), np.abs(unknown + known)
    ours[4 * DAY :] = theirs[4 * DAY :]
    first = next(alarms(ours, theirs))
    assert 2 * DAY <= first <= 2 * DAY + 360


def test_a_load_that_moves_more_for_both_is_no_drift() -> None:
    unknown, known = errors(7, days=6)
    ours, theirs = np.abs(unknown), np.abs(unknown + known)
    ours[4 * DAY :] *= 3
    theirs[4 * DAY :] *= 3
    assert list(alarms(ours, theirs)) == []


def test_a_single_burst_is_no_drift() -> None:
    test = PageHinkley(usual=1.0, ratio=0.5)
    assert not test.learnt(ours=1e9, theirs=0.0).has_drifted


def test_what_is_not_known_changes_nothing() -> None:
    test = PageHinkley(usual=1.0, ratio=0.5)
    assert test.learnt(ours=math.nan, theirs=1.0) == test
    assert PageHinkley(usual=0.0, ratio=0.0).learnt(ours=1.0, theirs=1.0).excess == pytest.approx(
        -0.1
    )
