"""What is known from outside: only as far as it was known, and only as long as it holds."""

from dataclasses import replace

import numpy as np
import pytest

from scaler.core.boosting import Recipe, fitted, predict_many
from scaler.core.covariates import NONE, Covariate, Covariates, Event, Points, events, held
from scaler.core.features import Design
from scaler.core.forecaster import LoadForecaster, moves_of_many
from scaler.core.series import Floats, Ints, Series
from tests.scaler.fakes import DAY

MINUTE_MS = 60_000
NAN = float("nan")


def points(*rows: tuple[float, ...]) -> Points:
    """Minute, value and the minute from which on it was known."""
    return Points(
        times_ms=np.array([row[0] * MINUTE_MS for row in rows], dtype=np.int64),
        values=np.array([row[1] for row in rows], dtype=np.float64),
        known_ms=np.array([row[-1 if len(row) > 2 else 0] * MINUTE_MS for row in rows], np.int64),
    )


def column(given: Points, *, is_planned: bool = False, count: int = 60) -> Covariate:
    return held("x", given, first=0, count=count, step_ms=MINUTE_MS, is_planned=is_planned)


def steps(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def test_a_value_holds_until_the_next_one_and_no_longer_than_twice_the_usual_distance() -> None:
    found = column(points((10, 1.0), (20, NAN), (30, 3.0)))
    at = steps(9, 10, 19, 20, 29, 30, 49, 50)
    np.testing.assert_array_equal(found.at(at), [NAN, 1, 1, NAN, NAN, 3, 3, NAN])
    assert not found.known_ahead


def test_a_value_counts_for_the_future_from_when_it_was_known_only() -> None:
    found = column(points((0, 1.0), (10, 2.0, 5), (20, 3.0), (30, 4.0, 30)))
    assert found.known_ahead
    assert found.column_names == ("x", "x ahead", "change of x")
    now, ahead, change = found.columns(steps(4, 5, 5, 15, 15, 19, 20), steps(6, 6, 3, 4, 5, 1, 1))
    np.testing.assert_array_equal(now, [1, 1, 1, 2, 2, 2, 3])
    np.testing.assert_array_equal(ahead, [NAN, 2, 1, 2, NAN, NAN, 3])
    np.testing.assert_array_equal(change, ahead - now)


def test_later_values_change_nothing_that_was_said_before_they_were_known() -> None:
    rows = [(0, 1.0), (10, 2.0, 5), (20, 3.0)]
    short = column(points(*rows))
    long = column(points(*rows, (30, 1e6), (40, 1e6)))
    at, leads = np.repeat(np.arange(25), 15), np.tile(np.arange(1, 16), 25)
    for before, after in zip(short.columns(at, leads), long.columns(at, leads), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_plan_is_known_long_ahead() -> None:
    found = column(points((0, 1.0), (10, 2.0)), is_planned=True)
    assert found.column_names == ("x", "change of x")
    ahead, change = found.columns(steps(0), steps(15))
    assert (ahead.tolist(), change.tolist()) == ([2.0], [1.0])


def test_what_only_was_measured_is_read_at_the_present_step() -> None:
    found = column(points((0, 1.0), (10, 2.0)))
    assert [each.tolist() for each in found.columns(steps(9), steps(5))] == [[1.0]]


def test_steps_between_those_of_the_grid_read_what_has_begun_by_then() -> None:
    half = Points(times_ms=np.array([90_000]), values=np.ones(1), known_ms=np.array([90_000]))
    found = held("x", half, first=0, count=4, step_ms=MINUTE_MS, phase_ms=30_000)
    np.testing.assert_array_equal(found.values, [NAN, 1, 1, NAN])
    event = Event(begin_s=90, end_s=150)
    assert events("e", [event], first=0, count=4, step_ms=MINUTE_MS, phase_ms=30_000).at(
        np.arange(4)
    ).tolist() == [0, 1, 0, 0]


def test_a_calendar_announces_what_is_on() -> None:
    sale = events("events sale", [Event(begin_s=120, end_s=240)], first=0, count=9, step_ms=60_000)
    found = Covariates(columns=(sale, column(points((0, 1.0)))))
    assert found.announced(np.arange(5)).tolist() == [False, False, True, True, False]
    assert not NONE.announced(np.arange(3)).any()


def test_identity_tells_clock_columns_and_revisions_apart() -> None:
    one = column(points((0, 1.0), (10, 2.0)))
    base = Covariates(columns=(one,))
    others = [
        NONE,
        Covariates(columns=(one,), zone="Europe/Berlin"),
        Covariates(columns=(column(points((0, 1.0), (10, 2.0)), is_planned=True),)),
        Covariates(columns=(replace(one, revision="2"),)),
    ]
    identities = {found.identity for found in (base, *others)}
    assert len(identities) == 5
    assert NONE.identity == ("",)


def test_a_forecaster_is_shown_the_columns_that_it_knows() -> None:
    plan, seen = column(points((0, 1.0)), is_planned=True), column(points((0, 5.0)))
    partly = column(points((0, 1.0), (10, 2.0, 5)))
    for known in (plan, seen, partly):
        (found,) = Covariates(columns=(known,)).matched(known.column_names)
        assert found is known
    (gone,) = NONE.matched(partly.column_names)
    assert gone.column_names == partly.column_names
    assert all(np.isnan(each).all() for each in gone.columns(steps(1, 2), steps(1, 1)))
    (less,) = Covariates(columns=(partly,)).matched(seen.column_names)
    assert [each.tolist() for each in less.columns(steps(12), steps(1))] == [[2.0]]
    (more,) = Covariates(columns=(seen,)).matched(plan.column_names)
    assert np.isnan(more.columns(steps(1), steps(1))[0]).all()


def load(count: int, *, extra: Floats) -> Series:
    noise = np.random.default_rng(5).normal(0, 2, count)
    values = 50 + 40 * np.sin(2 * np.pi * np.arange(count) / DAY) + noise + extra[:count]
    return Series(step_ms=MINUTE_MS, first=0, values=np.maximum(values, 0))


def test_an_announced_event_is_learnt_and_foreseen() -> None:
    count = 12 * DAY
    starts = np.random.default_rng(3).choice(np.arange(20, count, 40), 24, replace=False)
    calendar = [Event(begin_s=60.0 * s, end_s=60.0 * (s + 20)) for s in starts.tolist()]
    sale = events("events sale", calendar, first=0, count=count + 100, step_ms=MINUTE_MS)
    series = load(count, extra=60 * sale.values)
    told = Design(series=series, seasons=(DAY,), covariates=Covariates(columns=(sale,)))
    untold = Design(series=series, seasons=(DAY,))
    half, errors = count // 2, []
    at = np.arange(half, count - 6)
    for design in (told, untold):
        model = LoadForecaster().fit(design, until=half)
        moves = model.predict(design, at).centre[:, model.leads.index(5)]
        errors.append(np.abs(np.expm1(design.log_load[at] + moves) - series.values[at + 5]).mean())
    assert errors[0] < 0.7 * errors[1]


def test_forecasters_of_different_columns_speak_together_as_each_alone() -> None:
    count = 4 * DAY
    extra = np.where(np.arange(count + 99) % 50 < 10, 30.0, 0.0)
    plan = Covariate(name="plan", first=0, values=extra, known_ahead=True)
    series = load(count, extra=extra)
    designs = [
        Design(series=series, seasons=(DAY, 3 * DAY), covariates=given)
        for given in (NONE, Covariates(columns=(plan,)))
    ]
    models = [LoadForecaster().fit(design) for design in designs]
    together = moves_of_many(models, designs)
    for model, design, found in zip(models, designs, together, strict=True):
        alone = model.predict(design)
        for part in ("centre", "blended", "linear", "upper", "peak"):
            np.testing.assert_allclose(getattr(found, part), getattr(alone, part), rtol=1e-6)
        assert np.isfinite(found.linear[0, model.leads.index(model.horizon)])


def test_rows_of_different_width_are_walked_at_once() -> None:
    generator = np.random.default_rng(1)
    recipe = Recipe(trees=5, rate=0.3, leaves=5, least_leaf=5, share=1.0)
    rows = [generator.normal(size=(200, width)) for width in (2, 4)]
    models = [
        fitted(own, own[:, -1], recipe=recipe, usable=np.ones(own.shape[1], bool)) for own in rows
    ]
    found = predict_many([model.forest for model in models], rows)
    for model, own, said in zip(models, rows, found, strict=True):
        np.testing.assert_array_equal(said, predict_many([model.forest], [own])[0])
    assert found[0] != pytest.approx(found[1])
