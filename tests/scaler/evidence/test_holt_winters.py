import numpy as np
import pytest

from scaler.core.series import Floats
from scaler.evidence.holt_winters import Smoothing, forecast_counts, smoothed

COUNTS = [19, 25, 27, 21, 14, 15, 20, 26, 24, 21, 16, 17, 22, 27, 25, 24, 14, 18, 21, 26, 27, 21]
COUNTS += [17, 17]
SEASON = 6


def wave(seasons: int, *, season: int = 24, seed: int = 1) -> Floats:
    steps = np.arange(seasons * season)
    noise = np.random.default_rng(seed).normal(0, 0.5, len(steps))
    return np.round(20 + 8 * np.sin(2 * np.pi * steps / season) + noise)


@pytest.mark.parametrize(
    ("factors", "expected"),
    [
        ((0.3, 0.01, 0.5), [21.399243, 26.614034, 26.697324]),
        ((0.9, 0.9, 0.9), [10.288372, 22.998523, 24.974143]),
        ((0.1, 0.0, 0.1), [21.154922, 26.995736, 28.265081]),
    ],
)
def test_it_is_the_smoothing_of_a_known_implementation(
    factors: tuple[float, float, float], expected: list[float]
) -> None:
    """Figures of statsmodels 0.15.0, ExponentialSmoothing, additive, the same known beginning."""
    level, trend, season = factors
    choice = Smoothing(level=level, trend=trend, season=season)
    counts = np.array(COUNTS, dtype=np.float64)
    for steps, value in enumerate(expected, start=1):
        said = smoothed(counts, [choice], season=SEASON, steps=steps)
        assert said[-1, 0] == pytest.approx(value, abs=1e-5)


def test_choices_side_by_side_are_each_one_by_itself() -> None:
    counts = wave(7)
    choices = [
        Smoothing(level=0.3, trend=0.01, season=0.5),
        Smoothing(level=0.6, trend=0.0, season=0.1),
    ]
    both = smoothed(counts, choices, season=24, steps=2)
    for place, choice in enumerate(choices):
        alone = smoothed(counts, [choice], season=24, steps=2)[:, 0]
        assert np.array_equal(both[:, place], alone, equal_nan=True)


def test_older_than_the_stored_seasons_is_forgotten() -> None:
    counts = wave(9)
    other = counts.copy()
    other[: 4 * 24] += 30
    choice = [Smoothing(level=0.1, trend=0.01, season=0.1)]
    first, second = (smoothed(each, choice, season=24, steps=3) for each in (counts, other))
    # Four seasons are stored at the beginning of one, and five before the next.
    assert np.array_equal(first[8 * 24 - 1 :], second[8 * 24 - 1 :])
    assert not np.array_equal(first[6 * 24 : 7 * 24], second[6 * 24 : 7 * 24])


def test_a_later_start_changes_nothing_but_where_it_begins() -> None:
    counts = wave(9)
    choice = [Smoothing(level=0.3, trend=0.01, season=0.5)]
    all_of_it = smoothed(counts, choice, season=24, steps=3)
    part = smoothed(counts, choice, season=24, steps=3, start=150)
    assert np.isnan(part[:150]).all()
    assert np.array_equal(part[150:], all_of_it[150:])


def test_nothing_is_proposed_before_two_seasons() -> None:
    counts = wave(4)
    said = forecast_counts(counts, season=24, steps=2, start=10)
    assert (said[: 47 - 10] == 0).all()
    assert (said[47 - 10 :] > 0).all()


def test_a_proposal_is_near_what_comes_and_owes_nothing_to_it() -> None:
    counts = wave(10)
    start = 5 * 24
    said = forecast_counts(counts, season=24, steps=3, start=start)
    assert np.abs(said[:-3] - counts[start + 3 :]).mean() < 1.5
    other = counts.copy()
    other[start + 40 :] = 500
    changed = forecast_counts(other, season=24, steps=3, start=start)
    assert np.array_equal(changed[:40], said[:40])
