"""Outcomes choose the forecaster and keep the quantiles honest."""

from collections.abc import Callable

import numpy as np
import pytest

from scaler.core.calibration import Calibration, Candidates, Issued
from scaler.core.series import Floats

LEADS = (1, 3, 5)
MIDDLE = 3.0
Speaks = Callable[[float], tuple[list[float], float]]


def calibration(*names: str, level: float = 0.95) -> Calibration:
    return Calibration(leads=LEADS, names=("persistence", *names), level=level)


def persistence(now: float) -> tuple[list[float], float]:
    return [now], np.nan


def candidates(now: float, centres: list[float], upper: float = np.nan) -> Candidates:
    return Candidates(
        now=now, centres=np.tile(centres, (len(LEADS), 1)), uppers=np.full((len(LEADS), 1), upper)
    )


def driven(
    judged: Calibration, log_load: Floats, *, start: int = 0, speaks: Speaks = persistence
) -> list[Issued]:
    """As in service: learn what became known, then say what comes."""
    said = []
    for step, now in enumerate(log_load.tolist(), start=start):
        judged.learn(step, now)
        said.append(judged.issue(step, candidates(now, *speaks(now))))
    return said


def noise(count: int, *, size: float = 0.1, seed: int = 0) -> Floats:
    return MIDDLE + size * np.random.default_rng(seed).normal(size=count)


def covered(log_load: Floats, said: list[Issued], *, since: int) -> Floats:
    """(leads,) share of outcomes at or below the upper quantile."""
    upper = np.array([issued.upper for issued in said])
    return np.array(
        [
            (log_load[since + lead :] <= upper[since:-lead, place]).mean()
            for place, lead in enumerate(LEADS)
        ]
    )


@pytest.mark.parametrize(
    "speaks",
    [
        pytest.param(persistence, id="nothing-learnt"),
        pytest.param(lambda now: ([now], MIDDLE), id="learnt-too-low"),
        pytest.param(lambda now: ([now], MIDDLE + 2), id="learnt-too-high"),
    ],
)
def test_the_upper_quantile_covers_what_it_promises(speaks: Speaks) -> None:
    log_load = noise(2500)
    said = driven(calibration(), log_load, speaks=speaks)
    assert covered(log_load, said, since=500) == pytest.approx(np.full(3, 0.95), abs=0.02)


def test_coverage_comes_back_after_the_noise_triples() -> None:
    log_load = np.concatenate([noise(1000), noise(1500, size=0.3, seed=1)])
    said = driven(calibration(), log_load)
    assert covered(log_load, said, since=1000) == pytest.approx(np.full(3, 0.95), abs=0.02)


def test_the_lower_quantile_lies_as_far_below() -> None:
    log_load = noise(2500)
    lower = np.array([issued.lower for issued in driven(calibration(), log_load)])
    below = [
        (log_load[500 + lead :] < lower[500:-lead, place]).mean()
        for place, lead in enumerate(LEADS)
    ]
    assert below == pytest.approx([0.05] * 3, abs=0.02)


def test_a_changed_level_is_kept_from_then_on() -> None:
    log_load = noise(2500)
    judged = calibration()
    said = driven(judged, log_load[:1000])
    judged.level = 0.8
    said += driven(judged, log_load[1000:], start=1000)
    assert covered(log_load, said, since=1500) == pytest.approx(np.full(3, 0.8), abs=0.03)


def test_an_outcome_without_a_value_teaches_nothing() -> None:
    log_load = noise(200)
    gapless, gappy = calibration("mean"), calibration("mean")
    for judged in (gapless, gappy):
        driven(judged, log_load, speaks=lambda now: ([now, MIDDLE], MIDDLE + 0.2))
    known = gapless.outcomes
    assert known == 200 - LEADS[-1]
    for step in range(200, 203):
        gappy.learn(step, np.nan)
    assert gappy.outcomes == known
    later = candidates(MIDDLE, [MIDDLE, MIDDLE], MIDDLE + 0.2)
    one, other = gapless.issue(203, later), gappy.issue(203, later)
    for part in ("chosen", "lower", "centre", "upper"):
        np.testing.assert_array_equal(getattr(one, part), getattr(other, part))


def test_the_forecaster_with_the_least_error_is_listened_to_most() -> None:
    judged = calibration("biased", "mean")
    said = driven(judged, noise(300), speaks=lambda now: ([now, now + 0.3, MIDDLE], np.nan))
    assert said[-1].chosen.tolist() == [2, 2, 2]
    assert said[-1].centre == pytest.approx([MIDDLE] * 3, abs=0.01)


def test_the_average_of_two_that_err_by_different_chances_is_nearer_than_either() -> None:
    judged = calibration("one", "other")
    log_load = noise(1_500)
    errors = np.random.default_rng(7).normal(0.0, 0.2, (2, len(log_load)))
    said = []
    for step, value in enumerate(log_load):
        judged.learn(step, value)
        one, other = MIDDLE + errors[:, step]
        said.append(judged.issue(step, candidates(MIDDLE + 1.0, [MIDDLE + 1.0, one, other])))
    lead = LEADS[0]
    centre = np.array([issued.centre[0] for issued in said[500:-lead]])
    came = log_load[500 + lead :]
    alone = [np.abs(MIDDLE + errors[place, 500:-lead] - came).mean() for place in (0, 1)]
    assert np.abs(centre - came).mean() < 0.95 * min(alone)


def errors_of(said: list[Issued], log_load: Floats, *, since: int) -> Floats:
    """(leads,) mean absolute errors of the middle forecast."""
    centre = np.array([issued.centre for issued in said])
    return np.array(
        [
            np.abs(log_load[since + lead :] - centre[since:-lead, place]).mean()
            for place, lead in enumerate(LEADS)
        ]
    )


def test_an_error_that_lasts_is_corrected() -> None:
    log_load = noise(600, size=0.02)
    too_high = MIDDLE + np.where(np.arange(600) < 200, 0.1, 0.4)
    said = []
    judged = calibration()
    for step, now in enumerate(log_load):
        judged.learn(step, now)
        said.append(judged.issue(step, candidates(now, [too_high[step]])))
    settled = [errors_of(said[:until], log_load[:until], since=until - 60) for until in (200, 600)]
    assert (settled[0] < 0.05).all()  # instead of 0.1
    assert (settled[1] < 0.2).all()  # instead of 0.4


def test_errors_without_memory_are_left_alone() -> None:
    log_load = noise(3_000)
    said = driven(calibration("mean"), log_load, speaks=lambda now: ([now, MIDDLE], np.nan))
    best = np.abs(log_load[1_000:] - MIDDLE).mean()
    assert (errors_of(said, log_load, since=1_000) < 1.015 * best).all()


def test_a_single_jump_is_no_error_that_lasts() -> None:
    log_load = noise(600, size=0.02)
    log_load[500] += 3.0
    said = driven(calibration("mean"), log_load, speaks=lambda now: ([now, MIDDLE], np.nan))
    after = np.array([issued.centre for issued in said[501:530]])
    assert np.abs(after - MIDDLE).max() < 0.02


def test_persistence_is_listened_to_when_all_others_are_worse() -> None:
    judged = calibration("high", "low")
    said = driven(judged, noise(300), speaks=lambda now: ([now, now + 0.5, now - 0.5], np.nan))
    assert {tuple(issued.chosen.tolist()) for issued in said} == {(0, 0, 0)}


def test_a_leader_with_nothing_to_say_is_passed_over() -> None:
    judged = calibration("mean")
    driven(judged, noise(300), speaks=lambda now: ([now, MIDDLE], np.nan))
    silent = judged.issue(300, candidates(2.9, [2.9, np.nan]))
    assert silent.chosen.tolist() == [0, 0, 0]
    assert np.isfinite(silent.upper).all()


def test_quantiles_never_cross() -> None:
    generator = np.random.default_rng(3)
    judged = calibration("wild")
    for step in range(600):
        now = float(generator.standard_t(2))
        judged.learn(step, now)
        wild, upper = generator.normal(0, 5, 2)
        issued = judged.issue(step, candidates(now, [now, float(wild)], float(upper)))
        assert (issued.lower <= issued.centre).all()
        assert (issued.centre <= issued.upper).all()


def test_steps_counted_from_nothing_are_judged_as_any_others() -> None:
    log_load = noise(100)
    early, late = calibration(), calibration()
    one, other = driven(early, log_load), driven(late, log_load, start=30_000_000)
    assert early.outcomes == late.outcomes
    np.testing.assert_array_equal(one[-1].upper, other[-1].upper)


def test_a_constant_load_is_known_exactly() -> None:
    said = driven(calibration(), np.full(300, MIDDLE))
    assert said[-1].upper == pytest.approx(np.full(3, MIDDLE), abs=1e-3)


def test_a_load_that_begins_to_move_is_covered_from_its_first_hours_on() -> None:
    log_load = np.concatenate([np.full(600, MIDDLE), noise(120)])
    said = driven(calibration(), log_load)
    assert (covered(log_load, said, since=600) >= 0.8).all()
    # And not by a quantile that is beyond all reason.
    assert max(issued.upper.max() for issued in said) < MIDDLE + 10 * 0.1


def test_one_leap_from_a_constant_load_does_not_set_quantiles_many_times_as_high() -> None:
    log_load = np.concatenate([np.full(600, 0.0), np.full(120, 5.0)])
    highest = max(issued.upper.max() for issued in driven(calibration(), log_load)[620:])
    assert highest < 5.0 + np.log(3.0)


def test_of_several_learnt_quantiles_the_one_with_the_least_loss_is_used() -> None:
    judged = Calibration(leads=(1,), names=("persistence",), level=0.95, learnt=3)
    log_load = noise(1500)
    for step, now in enumerate(log_load.tolist()):
        judged.learn(step, now)
        coming = log_load[step + 1] if step + 1 < len(log_load) else now
        # One knows what comes, the others are as wide as the noise or say nothing.
        uppers = np.array([[now + 1.0, coming, np.nan]])
        said = judged.issue(step, Candidates(now=now, centres=np.array([[now]]), uppers=uppers))
    assert said.upper[0] == pytest.approx(max(coming, now), abs=0.1)
    silent = judged.issue(
        len(log_load),
        Candidates(now=MIDDLE, centres=np.array([[MIDDLE]]), uppers=np.full((1, 3), np.nan)),
    )
    assert silent.upper[0] > MIDDLE + 0.1


def test_a_jump_of_this_morning_counts_against_a_quantile_that_did_not_foresee_it() -> None:
    judged = Calibration(leads=(1,), names=("persistence",), level=0.95)
    rng = np.random.default_rng(3)
    log_load = 1.0 + 0.01 * rng.normal(size=1200)
    log_load[[300, 301, 302]] = 3.0
    for step, now in enumerate(log_load.tolist()):
        judged.learn(step, now)
        # Knows of the jump, and is a little too wide in the calm.
        knows = 3.0 if step + 1 in (300, 301, 302) else 1.06
        uppers = np.array([[knows]])
        said = judged.issue(step, Candidates(now=now, centres=np.array([[1.0]]), uppers=uppers))
    again = judged.issue(
        1200, Candidates(now=1.0, centres=np.array([[1.0]]), uppers=np.array([[3.0]]))
    )
    assert said.upper[0] < 1.2
    assert again.upper[0] > 2.5


def by_day(log_load: Floats, *, day: int, level: float = 0.95) -> list[Issued]:
    """One step ahead, where every outcome counts in a day of so many."""
    judged = Calibration(leads=LEADS[:1], names=("persistence",), level=level, day=day)
    said = []
    for step, now in enumerate(log_load.tolist()):
        judged.learn(step, now)
        told = Candidates(now=now, centres=np.array([[MIDDLE]]), uppers=np.array([[np.nan]]))
        said.append(judged.issue(step, told))
    return said


def test_days_of_few_outcomes_seldom_miss_more_than_three_times_as_many() -> None:
    """By chance alone a day of hours has four misses and more ten times a year."""
    hours, day = 24 * 365, 24
    log_load = noise(hours)
    bad = {}
    for counted in (0, day):
        upper = np.array([issued.upper[0] for issued in by_day(log_load, day=counted)])
        missed = log_load[1:] > upper[:-1]
        days = missed[: len(missed) // day * day].reshape(-1, day)
        bad[counted] = int((days.sum(axis=1) > 3).sum())
        # What a bad day raises, the others are lower by.
        assert 0.945 <= 1 - missed[20 * day :].mean() <= 0.955
    assert bad[0] >= 5
    assert bad[day] <= bad[0] / 3


def test_each_miss_of_a_day_raises_the_quantile_further_until_a_day_later() -> None:
    day, calm = 24, 600
    log_load = np.full(calm + 2 * day, MIDDLE)
    log_load[: calm - day] = noise(calm - day)
    log_load[[calm, calm + 2, calm + 4]] = 6.0
    counted, plain = (
        np.array([issued.upper[0] for issued in by_day(log_load, day=each)]) for each in (day, 0)
    )
    places = np.array([-1, 0, 2, 4, day + 4]) + calm
    before, first, second, third, after = (counted - plain)[places]
    assert before < first < second < third
    assert third > 3 * first
    assert after < first


@pytest.mark.parametrize(("day", "level"), [(1_440, 0.95), (24, 0.6), (2, 0.95)])
def test_days_of_many_outcomes_are_left_to_chance(day: int, level: float) -> None:
    """As are those that any number may miss, and those that none may."""
    log_load = noise(3_000)
    counted, plain = (by_day(log_load, day=each, level=level) for each in (day, 0))
    np.testing.assert_array_equal([i.upper for i in counted], [i.upper for i in plain])
