from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from scaler.core.decision import Clamp, Decision
from scaler.core.feedback import Learning
from scaler.core.judgement import Judgement, Taken, Verdict
from scaler.core.series import Floats, Series
from scaler.judging import Ledger
from tests.scaler.fakes import WORKLOAD

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 60
POLICY = WORKLOAD.policy
DECISION = Decision(
    at=NOW,
    workload="worker",
    from_replicas=3,
    to_replicas=5,
    reactive=3,
    floor=5,
    load=24.0,
    forecast=41.0,
    quantile=0.95,
)


def series(values: list[float] | Floats) -> Series:
    return Series(step_ms=60_000, first=STEP, values=np.array(values, dtype=np.float64))


def ledger() -> Ledger:
    return Ledger(learning=Learning.at(0.95))


def judgements(
    kept: Ledger,
    load: list[float],
    *,
    after_s: float = 300.0,
    ready: list[float] | None = None,
    lead_s: float = 180.0,
) -> list[Judgement]:
    return list(
        kept.judge(
            NOW + timedelta(seconds=after_s),
            load=series(load),
            ready=series(ready or [3, 3, 3, 5, 5, 5]),
            policy=POLICY,
            lead_s=lead_s,
        )
    )


def took(kept: Ledger, **changed: object) -> None:
    decision = replace(DECISION, **changed)  # type: ignore[arg-type]
    kept.took(decision, POLICY, step_ms=60_000)


LOAD = [24.0, 25, 26, 38, 40, 41]


def test_a_decision_is_judged_when_its_horizon_has_passed() -> None:
    kept = ledger()
    took(kept)
    assert judgements(kept, LOAD[:5], after_s=299) == []
    (judgement,) = judgements(kept, LOAD)
    assert judgement.verdict is Verdict.GOOD
    assert judgement.needed == 5
    assert list(kept.judged) == [judgement]
    assert kept.learning.outcomes.verdicts == {"good": 1}
    assert judgements(kept, LOAD) == []


def test_only_the_window_from_the_lead_time_on_counts() -> None:
    kept = ledger()
    took(kept, to_replicas=4, forecast=35.0)
    (judgement,) = judgements(kept, [90.0, 90, 90, 35, 35, 35], ready=[9, 9, 9, 4, 4, 4])
    assert judgement.needed == 4


def test_a_lead_time_beyond_the_horizon_leaves_the_last_step() -> None:
    kept = ledger()
    took(kept)
    (judgement,) = judgements(kept, LOAD, lead_s=900.0)
    assert judgement.needed == 5


def test_a_load_that_never_comes_is_waited_for_a_while_and_then_left() -> None:
    kept = ledger()
    took(kept)
    nothing = [np.nan] * 6
    assert judgements(kept, nothing, after_s=500) == []
    assert len(kept.waiting) == 1
    assert judgements(kept, nothing, after_s=601) == []
    assert len(kept.waiting) == 0


def test_what_is_known_of_a_window_with_a_gap_at_its_end_is_judged_in_the_end() -> None:
    kept = ledger()
    took(kept)
    (judgement,) = judgements(kept, [*LOAD[:5], np.nan], after_s=601)
    assert judgement.needed == 4


def test_one_decision_a_step_is_judged_and_each_that_changes_the_count() -> None:
    kept = ledger()
    took(kept, from_replicas=5)
    for seconds, before, after in ((15, 5, 5), (30, 5, 6), (45, 6, 6)):
        at = NOW + timedelta(seconds=seconds)
        took(kept, at=at, from_replicas=before, to_replicas=after)
    assert [pending.taken.replicas for pending in kept.waiting] == [5, 6]
    judgements(kept, [*LOAD, 41], after_s=400)
    assert len(kept.judged) == 2
    assert sum(kept.learning.outcomes.verdicts.values()) == 1


def test_what_holds_a_scale_in_is_no_mistake_of_the_count() -> None:
    kept = ledger()
    took(kept, to_replicas=9, clamps=(Clamp("rollout", 5, 9, "a rollout is in progress"),))
    (judgement,) = judgements(kept, LOAD)
    assert judgement.verdict is Verdict.GOOD
    kept = ledger()
    took(kept, to_replicas=9, forecast=90.0, floor=9)
    (judgement,) = judgements(kept, LOAD)
    assert judgement.verdict is Verdict.TOO_MANY


def test_a_floor_that_its_cap_cut_is_not_short() -> None:
    kept = ledger()
    took(kept, floor=5, forecast=90.0)
    (judgement,) = judgements(kept, [24.0, 25, 26, 80, 80, 80])
    assert (judgement.verdict, judgement.floor_short) == (Verdict.TOO_FEW, False)


def test_decisions_of_before_a_restart_are_judged_after_it() -> None:
    kept = ledger()
    taken = Taken(at=NOW, before=3, replicas=3, least=3, most=20, floor=3, upper=30.0)
    kept.restored((taken,), horizon_s=300.0)
    (judgement,) = judgements(kept, LOAD)
    assert judgement.verdict is Verdict.TOO_FEW
    assert kept.learning.short == 1


def test_a_clock_that_jumped_back_does_not_stop_the_judging() -> None:
    kept = ledger()
    took(kept, at=NOW + timedelta(days=1))
    took(kept)
    (judgement,) = judgements(kept, LOAD)
    assert judgement.at == NOW


@pytest.mark.parametrize("forecast", [1e308, 0.0])
def test_any_forecast_leaves_a_count(forecast: float) -> None:
    kept = ledger()
    took(kept, forecast=forecast)
    assert len(judgements(kept, LOAD)) == 1
