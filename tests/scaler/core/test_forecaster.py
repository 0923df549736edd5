import numpy as np
import pytest
from sklearn.base import clone

from scaler.core.backtest import backtest
from scaler.core.errors import NotEnoughHistoryError
from scaler.core.forecast import Absence, Forecast, Why, advanced, leads_for, started
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Floats, Series

DAY = 96


def series(values: Floats, first: int = 1_000) -> Series:
    return Series(step_ms=60_000, first=first, values=values)


def daily(days: int, *, noise: float = 0.02, seed: int = 0) -> Floats:
    steps = np.arange(days * DAY)
    shape = 50 + 40 * np.sin(2 * np.pi * steps / DAY)
    noisy: Floats = shape * np.random.default_rng(seed).normal(1, noise, len(steps))
    return noisy


def small(**changes: object) -> LoadForecaster:
    model = LoadForecaster(leads=(2, 4, 5), seasons=(DAY, 7 * DAY), max_iter=40)
    model.set_params(**changes)
    return model


def test_a_season_is_learnt() -> None:
    result = backtest(
        small(),
        series(daily(10)),
        start=1_000 + 6 * DAY,
        refit=2 * DAY,
        keep_history=10 * DAY,
        keep_outcomes=DAY,
        level=0.95,
    )
    assert result.skill > 0.5
    assert result.coverage == pytest.approx(0.95, abs=0.04)
    assert result.served > 0.95


def test_pure_noise_makes_it_stand_back() -> None:
    walk = np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.1, 10 * DAY)))
    result = backtest(
        small(),
        series(walk),
        start=1_000 + 5 * DAY,
        refit=DAY,
        keep_history=10 * DAY,
        keep_outcomes=DAY,
        level=0.95,
    )
    assert result.served < 0.4
    assert result.skill_overall > -0.05


def test_it_is_an_estimator_that_can_be_cloned() -> None:
    model = small(learning_rate=0.2)
    assert clone(model).get_params() == model.get_params()
    assert model.fit(series(daily(3))) is model


def test_the_same_history_gives_the_same_forecast() -> None:
    load = series(daily(3))
    first, second = small().fit(load).predict(load), small().fit(load).predict(load)
    assert np.array_equal(first, second)


def test_an_idle_workload_is_forecast_to_stay_idle() -> None:
    load = series(np.zeros(200))
    assert small().fit(load).predict(load).tolist() == [[0.0, 0.0, 0.0]]


def test_too_short_a_history_says_what_is_missing() -> None:
    with pytest.raises(NotEnoughHistoryError, match="5 examples are there, a fit needs 40"):
        small().fit(series(np.ones(10)))


def test_steps_without_load_have_no_forecast() -> None:
    values = daily(3)
    values[-1] = np.nan
    load = series(values)
    assert np.isnan(small().fit(load).predict(load)).all()


def test_a_history_with_holes_is_learnt_from() -> None:
    values = daily(6)
    values[100:180] = np.nan
    values[300::7] = np.nan
    load = series(values)
    assert np.isfinite(small().fit(load).predict(load)).all()


def test_a_track_forecasts_from_the_last_step_of_a_fit_and_says_how_well() -> None:
    load = series(daily(6))
    model = small().fit(load)
    track = started(model, level=0.95, keep=DAY)
    _, said = advanced(track, load, step=load.last, move=model.predict(load)[0])
    assert isinstance(said, Forecast)
    assert (np.diff(said.quantiles, axis=1) >= 0).all()
    assert said.peak == said.quantiles[:, -1].max()
    assert said.skill > 0.3


def test_a_missing_newest_step_is_an_absence_and_the_walk_goes_on() -> None:
    load = series(daily(6))
    model = small().fit(load)
    track = started(model, level=0.95, keep=DAY)
    hole = load.extended(load.last + 1, np.array([np.nan]), keep=10_000)
    track, said = advanced(track, hole, step=hole.last, move=model.predict(hole)[0])
    assert isinstance(said, Absence)
    assert said.why is Why.NO_METRICS
    back = hole.extended(hole.last + 1, load.values[-1:], keep=10_000)
    _, said = advanced(track, back, step=back.last, move=model.predict(back)[0])
    assert isinstance(said, Forecast)


@pytest.mark.parametrize(
    ("horizon_s", "step_s", "leads"),
    [
        pytest.param(300.0, 60.0, (2, 4, 5), id="as-in-service"),
        pytest.param(15.0, 3.0, (2, 4, 5), id="demo-profile"),
        pytest.param(60.0, 60.0, (1,), id="one-step"),
        pytest.param(10.0, 60.0, (1,), id="below-one-step"),
    ],
)
def test_lead_times_follow_from_the_horizon(
    horizon_s: float, step_s: float, leads: tuple[int, ...]
) -> None:
    assert leads_for(horizon_s=horizon_s, step_s=step_s) == leads
