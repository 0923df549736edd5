import math

import numpy as np
import pytest

from scaler.core.skill import Judge, coverage, pinball_loss, skill, wape


def test_skill_is_the_share_of_the_baselines_error_that_is_saved() -> None:
    actual = np.array([10.0, 20.0])
    assert skill(actual, np.array([11.0, 21.0]), np.array([14.0, 24.0])) == pytest.approx(0.75)


def test_pairs_with_a_gap_do_not_count() -> None:
    actual = np.array([10.0, np.nan, 10.0])
    forecast = np.array([9.0, 1.0, np.nan])
    assert wape(actual, forecast) == pytest.approx(0.1)
    assert coverage(actual, forecast) == 0.0


def test_no_load_at_all_has_no_relative_error() -> None:
    assert math.isnan(wape(np.zeros(3), np.ones(3)))


def test_a_constant_load_leaves_nothing_to_be_better_at() -> None:
    flat = np.full(5, 3.0)
    assert skill(flat, flat, flat) == 0.0
    assert (
        skill(flat, np.expm1(np.log1p(flat)), flat) == skill(flat, flat * (1 + 1e-15), flat) == 0.0
    )
    assert skill(flat, flat + 1, flat) == -math.inf
    assert math.isnan(skill(flat, flat * math.nan, flat))


def test_pinball_loss_charges_a_missed_peak_more_than_a_false_one() -> None:
    peak, calm = np.array([10.0]), np.array([0.0])
    assert pinball_loss(peak, calm, level=0.9) == pytest.approx(9.0)
    assert pinball_loss(calm, peak, level=0.9) == pytest.approx(1.0)


def test_the_judge_forgets_what_is_too_old_and_skips_gaps() -> None:
    judge = Judge(keep=2)
    for actual, forecast, baseline in ((1.0, 9.0, 1.0), (2.0, 2.0, 3.0), (5.0, 5.0, 6.0)):
        judge.learn(actual, forecast, baseline)
    judge.learn(math.nan, 1.0, 1.0)
    assert judge.outcomes == 2
    assert judge.skill == 1.0
