import cmath
import math

import numpy as np
import pytest

from scaler.core.series import Floats
from scaler.evidence.fourier import Estimator, error, forecast_load, period_of, tidied

STEP_S = 600.0
DAY, WEEK = 144, 1_008


def generator() -> np.random.Generator:
    return np.random.default_rng(0)


def daily(days: int, *, noise: float = 2.0) -> Floats:
    steps = np.arange(days * DAY)
    wave: Floats = 60 + 50 * np.sin(2 * np.pi * steps / DAY)
    return wave + generator().normal(0, noise, len(steps))


def weekly(weeks: int) -> Floats:
    load = daily(7 * weeks)
    at_weekend = np.arange(len(load)) % WEEK >= 5 * DAY
    return np.where(at_weekend, load * 0.2, load)


def slow_estimate(signal: list[float], estimator: Estimator, *, period: int) -> list[float]:
    """The published code, line by line, with a plain transform."""
    count = len(signal)
    turns = [cmath.exp(-2j * math.pi * k / count) for k in range(count)]
    spectrum = [sum(x * turns[k * i % count] for i, x in enumerate(signal)) for k in range(count)]
    amplitudes = sorted((abs(x) / count for x in spectrum[1 : count // 2]), reverse=True)
    least = amplitudes[99] if len(amplitudes) >= 100 else amplitudes[-1]
    least = max(least, estimator.low_amplitude)
    if len(amplitudes) >= estimator.least_items:
        least = min(least, amplitudes[estimator.least_items - 1])
    for k in range(count):
        amplitude = abs(spectrum[min(k, count - k)]) / count
        if amplitude < least and k / (count * STEP_S) > 1 / 3_600:
            spectrum[k] = 0
    back = [
        sum(x / turns[k * i % count] for k, x in enumerate(spectrum)).real / count
        for i in range(count - period, count)
    ]
    return [(each if each > 0 else 0.01) * (1 + estimator.margin) for each in back]


@pytest.mark.parametrize("least_items", [3, 50])
@pytest.mark.parametrize("low_amplitude", [1.0, 0.05])
def test_an_estimate_is_its_slow_twin(least_items: int, low_amplitude: float) -> None:
    signal = np.random.default_rng(2).uniform(0, 20, 240) * (np.arange(240) % 24 < 10)
    one = Estimator(least_items=least_items, low_amplitude=low_amplitude, margin=0.1)
    found = one.estimate(signal, period=24, step_s=STEP_S)
    assert found == pytest.approx(slow_estimate(signal.tolist(), one, period=24))


@pytest.mark.parametrize(
    ("load", "period"),
    [
        pytest.param(daily(6), DAY, id="day"),
        pytest.param(weekly(3), WEEK, id="week"),
        pytest.param(generator().normal(50, 5, 6 * DAY), None, id="chance"),
        pytest.param(np.full(6 * DAY, 7.0), None, id="constant"),
    ],
)
def test_a_period_is_told_from_chance(load: Floats, period: int | None) -> None:
    assert period_of(load, step_s=STEP_S, generator=generator()) == period


def test_the_greatest_load_of_the_coming_hour_is_predicted() -> None:
    load = daily(8, noise=0.5)
    start = 6 * DAY
    said = forecast_load(load, step_s=STEP_S, start=start, generator=generator())
    coming = np.array([load[start + at : start + at + 7].max() for at in range(2 * DAY - 7)])
    assert np.abs(said[: len(coming)] / coming - 1).mean() < 0.15


def test_a_prediction_owes_nothing_to_what_comes() -> None:
    load = daily(8)
    start, later = 5 * DAY, 150
    said = forecast_load(load, step_s=STEP_S, start=start, generator=generator())
    load[start + later :] = 1_000
    changed = forecast_load(load, step_s=STEP_S, start=start, generator=generator())
    update = DAY // 2
    assert np.array_equal(said[: 2 * update], changed[: 2 * update])


@pytest.mark.parametrize(
    "load",
    [
        pytest.param(daily(1), id="too-short"),
        pytest.param(generator().normal(50, 5, 6 * DAY), id="chance"),
        pytest.param(np.full(6 * DAY, np.nan), id="nothing"),
    ],
)
def test_without_a_period_nothing_is_predicted(load: Floats) -> None:
    start = len(load) // 2
    said = forecast_load(load, step_s=STEP_S, start=start, generator=generator())
    assert said.tolist() == [0.0] * (len(load) - start)


def test_what_lies_before_a_long_gap_is_left_out() -> None:
    load = np.arange(100.0)
    load[20:27] = np.nan  # 80 minutes without a value
    load[60] = np.nan
    found = tidied(load, step_s=STEP_S)
    assert len(found) == 72  # 73 of them are 12 hours and 10 minutes
    assert found[0] == 28
    assert found[60 - 28] == 60  # bridged


def test_extremes_are_replaced_by_what_was_before() -> None:
    load = np.full(6_000, 10.0)
    load[300], load[400] = 1e6, 0.0
    assert set(tidied(load, step_s=STEP_S)) == {10.0}


@pytest.mark.parametrize(
    ("actual", "predicted", "expected"),
    [
        pytest.param(10.0, 9.0, 0.472, id="a-tenth-too-little"),
        pytest.param(10.0, 5.0, 3.106, id="half-too-little"),
        pytest.param(10.0, 15.0, 0.5, id="half-too-much"),
        pytest.param(0.0, 3.0, 3.0, id="near-zero-the-absolute-error"),
    ],
)
def test_too_little_counts_more_than_too_much(
    actual: float, predicted: float, expected: float
) -> None:
    assert error(np.array([actual]), np.array([predicted])) == pytest.approx(expected, abs=1e-3)
