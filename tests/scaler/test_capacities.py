from dataclasses import replace
from datetime import timedelta

import pytest

from scaler.capacities import Capacities, sample
from scaler.core.capacity import CapacityRules, Objective
from scaler.records import Signals, Workload
from tests.scaler.fakes import START, WORKLOAD

LEARNING = replace(
    WORKLOAD,
    rules=CapacityRules(
        configured=10.0, minimum=5.0, maximum=30.0, objective=Objective(utilisation=0.8)
    ),
)
FIXED = replace(LEARNING, policy=replace(WORKLOAD.policy, workload="fixed"), rules=None)


def busy(share: float) -> Signals:
    return Signals(utilisation=share)


def learnt(minutes: int, workload: Workload = LEARNING) -> Capacities:
    """From replicas that are in use to a fifth for each 5 of load: 20 are full at 0.8."""
    capacities = Capacities([workload, FIXED])
    for minute in range(minutes):
        load = 5.0 + minute % 20
        at = START + timedelta(minutes=minute)
        given = sample(at, load=2 * load, ready=2, signals=busy(load / 25))
        capacities.learn(workload.name, given)
    return capacities


def test_a_workload_learns_its_own_capacity_and_no_other() -> None:
    capacities = learnt(600)
    assert capacities.capacity("worker").value == pytest.approx(20.0, rel=0.05)
    fixed = capacities.capacity("fixed")
    assert (fixed.value, fixed.lower, fixed.upper, fixed.source) == (10.0, 10.0, 10.0, "configured")


def test_signals_are_wanted_once_a_step_and_only_where_something_can_be_learnt() -> None:
    capacities = learnt(1)
    assert not capacities.is_due("worker", START + timedelta(seconds=30))
    assert capacities.is_due("worker", START + timedelta(seconds=60))
    assert not capacities.is_due("fixed", START + timedelta(hours=1))


def test_signals_are_wanted_again_after_a_clock_that_was_ahead() -> None:
    capacities = learnt(1)
    ahead = sample(START + timedelta(days=30), load=10.0, ready=2, signals=busy(0.4))
    capacities.learn("worker", ahead)
    assert capacities.is_due("worker", START + timedelta(seconds=60))


@pytest.mark.parametrize(
    ("load", "ready", "signals"),
    [
        pytest.param(None, 2, busy(0.5), id="no-load"),
        pytest.param(10.0, 0, busy(0.5), id="no-replica"),
        pytest.param(10.0, None, busy(0.5), id="replicas-unknown"),
        pytest.param(10.0, 2, Signals(utilisation=0.5, is_mixed=True), id="two-releases"),
    ],
)
def test_nothing_is_learnt_from_what_is_not_known(
    load: float | None, ready: int | None, signals: Signals
) -> None:
    given = sample(START, load=load, ready=ready, signals=signals)
    assert given is None
    assert Capacities([LEARNING]).learn("worker", given).value == 10.0


def test_workloads_come_and_go_and_what_stays_is_still_known() -> None:
    capacities = learnt(600)
    before = capacities.capacity("worker").value
    rules = LEARNING.rules
    assert rules is not None
    other = replace(FIXED, policy=replace(FIXED.policy, workload="other"))
    capacities.follow([replace(LEARNING, rules=replace(rules, maximum=15.0)), other])
    assert before > 15.0
    assert capacities.capacity("worker").value == 15.0
    assert capacities.capacity("other").source == "configured"
    with pytest.raises(KeyError):
        capacities.capacity("fixed")


def test_a_restart_forgets_nothing() -> None:
    before = learnt(600)
    after = Capacities([LEARNING, FIXED])
    after.restore({**before.states(), "gone": {}})
    assert set(before.states()) == {"worker"}
    assert after.capacity("worker") == before.capacity("worker")
