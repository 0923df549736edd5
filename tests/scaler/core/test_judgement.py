from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaler.core.judgement import Judgement, Outcome, Prices, Taken, Verdict, cost, judged
from scaler.core.sizing import replicas_for
from tests.oracles.scaler_judgement import best_count

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PRICES = Prices.of_level(0.95)
CAPACITY = 10.0


def judgement(
    replicas: int,
    load: list[float],
    *,
    before: int | None = None,
    least: int = 1,
    floor: int | None = None,
    upper: float | None = None,
    ready: list[float] | None = None,
    is_strained: bool | None = None,
    prices: Prices = PRICES,
) -> Judgement:
    """The window begins at the third step; replicas are ready there unless it is said."""
    started = replicas if before is None else before
    found = judged(
        Taken(
            at=NOW,
            before=started,
            replicas=replicas,
            least=least,
            most=20,
            floor=floor,
            upper=upper,
        ),
        Outcome(
            load=np.array(load),
            ready=np.array(ready or [float(started)] * 2 + [float(replicas)] * (len(load) - 2)),
            lead=2,
            capacity=CAPACITY,
            step_s=60.0,
            is_strained=is_strained,
        ),
        prices,
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("found", "verdict", "sentence"),
    [
        pytest.param(
            judgement(5, [20, 20, 48, 50, 50], before=3, floor=5, upper=50.0),
            Verdict.GOOD,
            "Good: 5 replicas, the load needed 5.",
            id="as-needed",
        ),
        pytest.param(
            judgement(4, [20, 20, 48, 50, 50], floor=4),
            Verdict.TOO_FEW,
            "Too few: 4 replicas, the load needed 5; 5 would have been best.",
            id="less-than-needed",
        ),
        pytest.param(
            judgement(9, [20, 20, 38, 38, 38], floor=None, least=1),
            Verdict.TOO_MANY,
            "Too many: 9 replicas, the load needed 4; 4 would have been best.",
            id="held-by-a-window",
        ),
        pytest.param(
            judgement(9, [20, 20, 48, 48, 48], floor=9, least=4),
            Verdict.TOO_MANY,
            "Too many: 9 replicas, the load needed 5; 5 would have been best.",
            id="forecast-too-high",
        ),
        pytest.param(
            judgement(6, [20, 20, 20, 20, 20], before=4, floor=6, least=4),
            Verdict.NOT_NEEDED,
            "Not needed: 6 replicas for a forecast that did not come; the load needed 2, the "
            "reactive count of 4 would have done.",
            id="forecast-that-did-not-come",
        ),
        pytest.param(
            judgement(5, [50, 50, 50, 50, 50], before=3, least=5),
            Verdict.LATE,
            "Late: 5 replicas would have done, only 3 were ready in time; the load needed 5.",
            id="load-came-before-the-replicas",
        ),
        pytest.param(
            judgement(5, [20, 20, 50, 50, 50], ready=[3, 3, 3, 4, 5]),
            Verdict.LATE,
            "Late: 5 replicas would have done, only 3 were ready in time; the load needed 5.",
            id="replicas-slower-than-measured",
        ),
        pytest.param(
            judgement(5, [50, 50, 50, 50, 50], ready=[3, 3, 5, 5, 5]),
            Verdict.GOOD,
            "Good: 5 replicas, the load needed 5.",
            id="asked-for-by-an-earlier-decision",
        ),
        pytest.param(
            judgement(5, [20, 20, 20, 20, 20], least=5),
            Verdict.GOOD,
            "Good: 5 replicas, the load needed 2.",
            id="the-reserve-of-the-reactive-path-is-no-mistake",
        ),
        pytest.param(
            judgement(5, [20, 20, 48, 48, 48], floor=5, upper=50.0, is_strained=True),
            Verdict.TOO_FEW,
            "Too few: 5 replicas had a load that needs 5 and missed the objective all the same; "
            "one sustains less than is thought.",
            id="objective-missed-under-a-load-that-was-forecast",
        ),
        pytest.param(
            judgement(20, [20, 20, 900, 900, 900], least=20),
            Verdict.GOOD,
            "Good: 20 replicas, the load needed 90.",
            id="the-maximum-is-the-best-that-could-be",
        ),
        pytest.param(
            judgement(0, [0, 0, 0, 0, 0], least=0),
            Verdict.GOOD,
            "Good: 0 replicas, the load needed 0.",
            id="idle",
        ),
    ],
)
def test_a_decision_is_judged_by_what_came(
    found: Judgement, verdict: Verdict, sentence: str
) -> None:
    assert (found.verdict, found.sentence) == (verdict, sentence)


def test_regret_is_the_cost_above_the_best_count() -> None:
    found = judgement(4, [20, 20, 50, 50, 50], floor=4, prices=Prices(under=19.0))
    assert found.missing == pytest.approx(3 / 60)
    assert found.regret == pytest.approx(19 * 3 / 60)


def test_a_short_peak_is_left_out_where_missing_replicas_cost_little() -> None:
    load = [20.0, 20, 20, 20, 80]
    assert judgement(2, load, prices=Prices(under=1.0)).verdict is Verdict.GOOD
    assert judgement(2, load, prices=Prices(under=19.0)).best == 8


def test_a_missed_objective_under_more_load_than_was_forecast_says_nothing_of_the_capacity() -> (
    None
):
    found = judgement(6, [20, 20, 55, 55, 55], floor=6, upper=40.0, is_strained=True)
    assert not found.hints_at_capacity


@pytest.mark.parametrize(
    ("found", "short"),
    [
        pytest.param(judgement(5, [20, 20, 60, 60, 60], floor=5), True, id="short"),
        pytest.param(judgement(5, [20, 20, 60, 60, 60], least=5, floor=4), True, id="both-short"),
        pytest.param(judgement(6, [20, 20, 50, 50, 50], floor=6), False, id="carried"),
        pytest.param(judgement(6, [20, 20, 60, 60, 60], least=6, floor=5), None, id="not-needed"),
        pytest.param(judgement(6, [20, 20, 90, 90, 90], floor=9), False, id="cut-by-its-cap"),
        pytest.param(judgement(20, [20, 20, 200, 200, 200], floor=20), False, id="maximum"),
        pytest.param(judgement(20, [20, 20, 900, 900, 900], floor=20), None, id="above-maximum"),
        pytest.param(judgement(6, [20, 20, 900, 900, 900], floor=20), None, id="and-its-cap"),
        pytest.param(judgement(6, [20, 20, 900, 900, 900], floor=19), True, id="below-maximum"),
        pytest.param(judgement(6, [20, 20, 50, 50, 50]), None, id="no-floor"),
    ],
)
def test_a_floor_is_short_only_where_a_higher_one_would_have_been_better(
    found: Judgement, short: bool | None
) -> None:
    assert found.floor_short is short


def test_without_any_load_in_the_window_nothing_is_judged() -> None:
    taken = Taken(at=NOW, before=3, replicas=3, least=1, most=20)
    outcome = Outcome(
        load=np.array([20.0, np.nan, np.nan]),
        ready=np.full(3, np.nan),
        lead=1,
        capacity=CAPACITY,
        step_s=60.0,
    )
    assert judged(taken, outcome, PRICES) is None


def test_gaps_are_left_out() -> None:
    found = judgement(5, [20, np.nan, 50, np.nan, 48], ready=[5, np.nan, np.nan, 5, 5])
    assert found.verdict is Verdict.GOOD


def test_the_prices_of_a_level_have_it_as_their_critical_ratio() -> None:
    assert Prices.of_level(0.95).under == pytest.approx(19.0)
    assert Prices(under=9.0, over=3.0).level == pytest.approx(0.75)


loads = st.lists(st.floats(0, 500), min_size=1, max_size=8)


@given(
    load=loads,
    least=st.integers(0, 30),
    above=st.integers(0, 30),
    under=st.floats(0.1, 100),
)
def test_no_regret_is_below_zero_and_the_best_count_has_none(
    load: list[float], least: int, above: int, under: float
) -> None:
    prices = Prices(under=under)
    demand = replicas_for(np.array(load), capacity=CAPACITY)

    def regret(replicas: int) -> tuple[float, int]:
        taken = Taken(at=NOW, before=replicas, replicas=replicas, least=least, most=60)
        outcome = Outcome(
            load=np.array(load),
            ready=np.full(len(load), np.nan),
            lead=0,
            capacity=CAPACITY,
            step_s=60.0,
        )
        found = judged(taken, outcome, prices)
        assert found is not None
        return found.regret, found.best

    own, best = regret(least + above)
    assert own >= 0
    assert best >= least
    assert regret(best)[0] == pytest.approx(0, abs=1e-9)
    slow = best_count(demand.tolist(), range(least, 61), under=under, over=1.0)
    assert own == pytest.approx(
        cost(least + above, demand, hours=1 / 60, prices=prices)
        - cost(slow, demand, hours=1 / 60, prices=prices),
        abs=1e-9,
    )
