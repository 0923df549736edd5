"""What a forecast may look at, and that it never looks ahead."""

import numpy as np
import pytest

from scaler.core.covariates import NONE, Covariate, Covariates, Event, events
from scaler.core.features import Design, seasons_for
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Floats, Series
from tests.scaler.fakes import DAY, NOW_STEP

SEASONS = seasons_for(day=DAY)
LEADS = tuple(range(1, 16))


def noisy(count: int, *, seed: int = 0) -> Floats:
    """A daily load with gaps."""
    generator = np.random.default_rng(seed)
    values = 50 + 40 * np.sin(2 * np.pi * np.arange(count) / DAY) + generator.normal(0, 3, count)
    values[generator.random(count) < 0.02] = np.nan
    return np.maximum(values, 0.0)


def design_of(
    values: Floats, *, covariates: Covariates = NONE, seasons: tuple[int, ...] = SEASONS
) -> Design:
    series = Series(step_ms=60_000, first=NOW_STEP, values=values)
    return Design(series=series, seasons=seasons, covariates=covariates)


def column(design: Design, name: str, at: int, lead: int) -> float:
    row = design.rows(np.array([at]), np.array([lead]))[0]
    return float(row[design.names.index(name)])


def test_no_feature_of_a_step_reads_later_load() -> None:
    count = 1500
    past = noisy(count)
    seen = np.arange(count, dtype=np.float64)
    short = design_of(
        past, covariates=Covariates(columns=(Covariate(name="b", first=NOW_STEP, values=seen),))
    )
    longer = np.concatenate([past, 1000 * noisy(200, seed=1)])
    long = design_of(
        longer,
        covariates=Covariates(
            columns=(Covariate(name="b", first=NOW_STEP, values=np.append(seen, [1e6] * 200)),)
        ),
    )
    at = np.arange(count)
    for lead in (1, 2, 4, 5, 15, 96, 700):
        leads = np.full(count, lead)
        np.testing.assert_array_equal(short.rows(at, leads), long.rows(at, leads))
    for season in SEASONS:
        ahead = np.array(LEADS)
        np.testing.assert_array_equal(
            short.repeated(at, ahead, season), long.repeated(at, ahead, season)
        )
    np.testing.assert_array_equal(short.highest, long.highest[:count])


def test_a_level_is_the_discounted_mean_of_the_known_loads() -> None:
    values = noisy(700)
    design = design_of(values)
    at = 600
    for half_life in (5, 80):
        total = weight = 0.0
        for back in range(320):
            if np.isfinite(values[at - back]):
                total += 0.5 ** (back / half_life) * values[at - back]
                weight += 0.5 ** (back / half_life)
        expected = np.log1p(total / weight) - np.log1p(values[at])
        name = f"mean of {half_life} steps half-life"
        assert column(design, name, at, 5) == pytest.approx(expected)


def test_without_a_load_now_there_is_no_level() -> None:
    values = np.full(50, 3.0)
    values[40:] = np.nan
    design = design_of(values)
    assert np.isnan(column(design, "mean of 5 steps half-life", 45, 5))
    assert column(design, "mean of 5 steps half-life", 39, 5) == pytest.approx(0.0)


def test_levels_are_shown_to_who_asks_for_them_only() -> None:
    design = design_of(noisy(1500))
    levels = np.array([name.endswith("half-life") for name in design.names])
    assert levels.sum() == 5
    plain, wide = design.usable(steps=1500), design.usable(steps=1500, levels=True)
    assert not plain[levels].any()
    assert wide[levels].all()
    assert (plain[~levels] == wide[~levels]).all()


def test_a_phase_as_a_number_is_for_cuts_only() -> None:
    design = design_of(noisy(1500), seasons=LONG)
    numbers = np.array([name.startswith("phase") for name in design.names])
    assert numbers.any()
    plain, smooth = design.usable(steps=1500), design.usable(steps=1500, phases=False)
    assert plain[numbers].any()
    assert not smooth[numbers].any()
    assert (plain[~numbers] == smooth[~numbers]).all()


def test_half_of_the_boostings_at_the_horizon_learn_from_levels_and_no_others() -> None:
    design = design_of(noisy(400))
    levels = {i for i, name in enumerate(design.names) if name.endswith("half-life")}
    model = LoadForecaster(leads=(1, 5), horizon=5).fit(design)
    assert model.path_ is not None
    assert model.upper_ is not None
    shown = [
        len(levels & set(booster.columns.tolist()))
        for booster in (*model.sharp_, model.path_, model.upper_, *model.peak_)
    ]
    assert shown == [0, 0, 5, 5, *[0] * 5]


# A day of five minutes: of so long a season few were seen.
LONG_DAY = 288
LONG = seasons_for(day=LONG_DAY)


def test_past_peaks_read_no_later_load() -> None:
    count = 1500
    past = noisy(count)
    longer = np.concatenate([past, 1000 * noisy(200, seed=1)])
    at = np.arange(count)
    for horizon in (1, 5, 15, 300):
        np.testing.assert_array_equal(
            design_of(past, seasons=LONG).past_peaks(at, horizon),
            design_of(longer, seasons=LONG).past_peaks(at, horizon),
        )


def test_a_jump_at_another_minute_of_each_day_is_a_past_peak() -> None:
    values = np.full(4 * LONG_DAY, 10.0)
    for day, jump in enumerate((103, 101, 104)):
        values[day * LONG_DAY + jump :][:20] = 40.0 + 10 * day
    design = design_of(values, seasons=LONG)
    at = np.array([3 * LONG_DAY + 98, 3 * LONG_DAY + 60, 98])
    mean, greatest = design.past_peaks(at, 6)[:, :2].T
    rises = np.log1p([40.0, 50.0, 60.0]) - np.log1p(10.0)
    assert mean[:2] == pytest.approx([rises.mean(), 0.0])
    assert greatest[:2] == pytest.approx([rises.max(), 0.0])
    assert np.isnan([mean[2], greatest[2]]).all()
    # A step further on than the horizon is not in it.
    assert design.past_peaks(at[:1], 1)[0, 1] == pytest.approx(0.0)


def test_how_high_past_days_went_is_told_from_the_load_now() -> None:
    values = np.full(4 * LONG_DAY, 10.0)
    for day in range(3):
        values[day * LONG_DAY + 103 :][:20] = 40.0 + 10 * day
    at = 3 * LONG_DAY + 98
    values[at] = 20.0
    design = design_of(values, seasons=LONG)
    heights = np.log1p([40.0, 50.0, 60.0]) - np.log1p(20.0)
    assert design.past_peaks(np.array([at]), 6)[0, 2:4] == pytest.approx(
        [heights.mean(), heights.max()]
    )


def test_short_seasons_have_no_past_peaks() -> None:
    design = design_of(noisy(300), seasons=(4, DAY))
    assert design.past_peaks(np.arange(300), 5).shape == (300, 0)


def test_of_a_long_season_the_mean_of_its_repeats_is_all_that_is_shown() -> None:
    design = design_of(noisy(1500), seasons=LONG)
    of_day = [name for name in design.names if f"{LONG_DAY} steps ago" in name]
    assert of_day == [f"mean move {LONG_DAY} steps ago"]
    at, lead = 1000, 5
    # Each move goes from one mean of five steps to another.
    places = [[at - back * LONG_DAY, at - back * LONG_DAY + lead] for back in (1, 2, 3)]
    means = [[np.nanmean(design.log_load[place - 2 : place + 3]) for place in of] for of in places]
    expected = np.mean(np.diff(means))
    assert column(design, of_day[0], at, lead) == pytest.approx(expected)


def test_a_season_is_repeated_by_the_move_that_followed_then() -> None:
    design = design_of(50 + 40 * np.sin(2 * np.pi * np.arange(300) / DAY))
    moves = design.repeated(np.array([50, 200]), np.array([1, 5]), DAY)
    assert np.isnan(moves[0]).all()
    assert moves[1] == pytest.approx(design.log_load[[201, 205]] - design.log_load[200])


def test_each_column_has_a_name_and_a_flag() -> None:
    known = Covariate(name="holiday", first=NOW_STEP, values=np.zeros(400), known_ahead=True)
    other = Covariate(name="users", first=NOW_STEP, values=np.zeros(300))
    for covariates in (NONE, Covariates(columns=(known, other))):
        design = design_of(noisy(300), covariates=covariates)
        width = design.rows(np.array([299]), np.array([5])).shape[1]
        assert len(design.names) == len(set(design.names)) == width
        assert len(design.usable(steps=300)) == width


def test_blocks_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    design, at = design_of(noisy(500)), np.arange(500)
    whole = design.recent_at(at)
    monkeypatch.setattr("scaler.core.features.BLOCK", 7)
    np.testing.assert_array_equal(design.recent_at(at), whole)


def test_nothing_asked_for_is_no_row() -> None:
    design = design_of(noisy(50))
    none = np.empty(0, dtype=np.int64)
    assert design.rows(none, none).shape == (0, len(design.names))


def test_levels_are_relative_to_the_present_one() -> None:
    values = np.expm1(np.linspace(1.0, 2.0, 200))
    design, doubled = design_of(values), design_of(np.expm1(np.log1p(values) + 1.0))
    at, leads = np.array([199]), np.array([5])
    same = np.isclose(design.rows(at, leads), doubled.rows(at, leads), equal_nan=True)[0]
    assert [design.names[i] for i in np.flatnonzero(~same)] == ["load"]


@pytest.mark.parametrize(("steps", "usable"), [(2 * DAY - 1, False), (2 * DAY, True)])
def test_a_phase_is_unusable_before_its_season_was_seen_twice(steps: int, usable: bool) -> None:
    design = design_of(noisy(300))
    flags = dict(zip(design.names, design.usable(steps=steps).tolist(), strict=True))
    assert flags[f"phase in {DAY} steps"] is usable
    assert flags[f"sine 1 of {DAY}"] is usable
    assert flags[f"move 1 x {DAY} steps ago"]
    assert flags["phase in 4 steps"]
    assert not flags[f"phase in {7 * DAY} steps"]


def test_a_changed_clock_keeps_the_days_lag_at_the_same_local_time() -> None:
    change, count = 400, 700
    offsets = ((0.0, 1200.0), ((NOW_STEP + change) * 60.0, 0.0))
    told = Covariates(offsets=offsets)
    bare = Series(step_ms=60_000, first=NOW_STEP, values=np.zeros(count))
    phase = told.clock(bare) % DAY
    values = 50 + 40 * np.sin(2 * np.pi * phase / DAY)
    knows, ignores = design_of(values, covariates=told), design_of(values)
    lag, move = f"load 1 x {DAY} steps ago", f"move 1 x {DAY} steps ago"
    for at in (change - 30, change, change + 30, change + 110, change + 250):
        assert column(knows, lag, at, 5) == pytest.approx(0.0, abs=1e-9)
    at = change + 10
    assert column(knows, move, at, 5) == pytest.approx(
        float(knows.log_load[at + 5] - knows.log_load[at])
    )
    assert column(knows, f"phase in {DAY} steps", at, 5) == phase[at + 5]
    assert abs(column(ignores, lag, at, 5)) > 0.1


def test_what_is_known_ahead_is_read_at_the_target_and_the_rest_now() -> None:
    ramp = np.arange(500, dtype=np.float64)
    design = design_of(
        noisy(300),
        covariates=Covariates(
            columns=(
                Covariate(name="holiday", first=NOW_STEP, values=ramp, known_ahead=True),
                Covariate(name="users", first=NOW_STEP, values=ramp),
            )
        ),
    )
    assert column(design, "holiday", 100, 7) == 107
    assert column(design, "change of holiday", 100, 7) == 7
    assert column(design, "users", 100, 7) == 100


def test_a_covariate_is_missing_outside_of_what_is_known() -> None:
    covariate = Covariate(name="users", first=10, values=np.array([1.0, 2.0]))
    np.testing.assert_array_equal(covariate.at(np.array([9, 10, 11, 12])), [np.nan, 1, 2, np.nan])
    empty = Covariate(name="users", first=10, values=np.empty(0))
    assert np.isnan(empty.at(np.array([9, 10]))).all()


def test_events_add_up_and_end() -> None:
    calendar = (
        Event(begin_s=240, end_s=360, size=2.0),
        Event(begin_s=120, end_s=300),
        Event(begin_s=-600, end_s=30, size=4.0),
        Event(begin_s=-600, end_s=-300, size=8.0),
    )
    found = events("sale", calendar, first=0, count=8, step_ms=60_000)
    assert found.known_ahead
    assert found.values.tolist() == [4, 0, 1, 1, 3, 2, 0, 0]
