import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.scaling import HoursSettings as StackHours
from infra.scaling import ScalingSettings as StackScaling
from infra.scaling import StepSettings as StackStep
from scaler import contract
from scaler.behaviour import BehaviourSettings, HoursSettings, StepSettings
from scaler.core.policy import Step
from scaler.settings import SettingsError
from tests.scaler.test_settings import WORKLOAD, settings

CAMPAIGN = {
    "name": "campaign",
    "zone": "Europe/Berlin",
    "days": "fri",
    "start": "18:00",
    "end": "23:00",
    "first": "2026-11-27",
    "last": "2026-11-27",
    "minimum": 3,
    "extra": 2,
}


def read(**behaviour: Any) -> Any:
    given = WORKLOAD | {"quantile": None, "behaviour": behaviour}
    (workload,) = settings(SCALER_WORKLOADS=json.dumps([given])).scaled()
    return workload.policy


def test_the_contract_names_every_field() -> None:
    assert tuple(BehaviourSettings.model_fields) == contract.BEHAVIOUR_FIELDS
    assert tuple(StepSettings.model_fields) == contract.STEP_FIELDS
    assert tuple(HoursSettings.model_fields) == contract.HOURS_FIELDS


def test_the_level_of_the_forecast_is_what_the_costs_make_it() -> None:
    assert read().quantile == 0.95
    assert read(under_cost=9, over_cost=3).quantile == 0.75
    given = WORKLOAD | {"behaviour": {"under_cost": 9}}
    (workload,) = settings(SCALER_WORKLOADS=json.dumps([given])).scaled()
    assert workload.policy.quantile == WORKLOAD["quantile"]


def test_limits_reach_the_policy() -> None:
    policy = read(
        excess=2,
        budget=12,
        cooldown_s=60,
        stabilization_out_s=30,
        stabilization_floor_s=45,
        excess_window_s=600,
        steps_out=[{"period_s": 60, "replicas": 2}],
        steps_in=[{"period_s": 60, "percent": 10}],
        schedule=[CAMPAIGN],
    )
    assert (policy.excess, policy.budget, policy.cooldown_s) == (2.0, 12.0, 60.0)
    assert (policy.stabilization_out_s, policy.stabilization_floor_s) == (30.0, 45.0)
    assert policy.excess_window_s == 600.0
    assert policy.steps_out == (Step(period_s=60.0, replicas=2),)
    assert policy.steps_in == (Step(period_s=60.0, percent=10.0),)
    (override,) = policy.overrides
    assert override.holds(datetime(2026, 11, 27, 20, tzinfo=UTC))
    assert (override.minimum, override.extra) == (3, 2)


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        pytest.param(
            {"excess": 0.5},
            "SCALER_WORKLOADS.0.behaviour.excess: found 0.5, "
            "Input should be greater than or equal to 1",
            id="excess",
        ),
        pytest.param(
            {"under_cost": 1},
            "under_cost: found 1, allowed above over_cost, 1",
            id="costs",
        ),
        pytest.param(
            {"steps_in": [{"period_s": 60}]},
            "SCALER_WORKLOADS.0.behaviour.steps_in.0: found {'period_s': 60}, "
            "allowed: replicas or percent, one of the two",
            id="step",
        ),
        pytest.param(
            {"schedule": [CAMPAIGN | {"zone": "Mars/Olympus"}]},
            "SCALER_WORKLOADS.0.behaviour.schedule.0.zone: found 'Mars/Olympus', "
            "allowed: an IANA name such as Europe/Berlin",
            id="zone",
        ),
        pytest.param(
            {"schedule": [CAMPAIGN | {"days": "someday"}]},
            "SCALER_WORKLOADS.0.behaviour.schedule.0.days: found 'someday', days: found 'someday', "
            "allowed *, or of mon",
            id="days",
        ),
        pytest.param(
            {"schedule": [CAMPAIGN | {"start": "25:00"}]},
            "schedule.0.start: found '25:00', time of day: found '25:00', allowed HH:MM",
            id="time",
        ),
        pytest.param(
            {"schedule": [CAMPAIGN | {"minimum": 5, "maximum": 4}]},
            "schedule 'campaign': minimum: found 5, allowed at most maximum, 4",
            id="contradiction",
        ),
        pytest.param(
            {"schedule": [CAMPAIGN | {"minimum": 7}]},
            "schedule 'campaign': minimum: found 7, allowed at most maximum, 6",
            id="against-the-usual-bound",
        ),
        pytest.param(
            {"schedule": [{"name": "idle"}]},
            "allowed: at least one of minimum, maximum, target and extra",
            id="changes-nothing",
        ),
    ],
)
def test_a_wrong_limit_is_named_with_what_was_found_and_what_is_allowed(
    behaviour: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**behaviour)
    assert message in str(caught.value)


CLOCK = ("00:00", "06:00", "06:01", "12:00", "18:00", "23:59", "24:00")
HOURS = st.fixed_dictionaries(
    {
        "name": st.just("x"),
        "zone": st.sampled_from(("UTC", "Europe/Berlin", "America/New_York")),
        "days": st.sampled_from(("*", "mon-fri", "sat,sun", "fri-mon", "wed")),
        "start": st.sampled_from(CLOCK[:-1]),
        "end": st.sampled_from(CLOCK[1:]),
        "first": st.sampled_from((None, "2026-03-28", "2026-10-26")),
        "last": st.sampled_from((None, "2026-10-26", "2026-12-01")),
    }
)
BOUND = st.sampled_from(({"minimum": 5}, {"maximum": 3}, {"minimum": 1, "maximum": 2}))


@given(schedule=st.lists(st.builds(dict.__or__, HOURS, BOUND), min_size=2, max_size=3))
def test_the_stack_refuses_a_schedule_where_the_scaler_would(schedule: list[Any]) -> None:
    hours = [StackHours.model_validate_json(json.dumps(each)) for each in schedule]
    found = StackScaling(schedule=tuple(hours)).problems(minimum=1, maximum=6)
    if found:
        with pytest.raises(SettingsError, match="holds at the same time"):
            read(schedule=schedule)
    else:
        read(schedule=schedule)


def test_what_a_stack_says_is_what_the_scaler_reads() -> None:
    stack = StackScaling(
        budget=12.0,
        cooldown_s=60.0,
        steps_out=(StackStep(period_s=60.0, replicas=2),),
        schedule=(StackHours.model_validate_json(json.dumps(CAMPAIGN)),),
    )
    fields = json.loads(json.dumps(stack.for_scaler(time_factor=2.0)))
    assert tuple(fields) == contract.BEHAVIOUR_FIELDS
    policy = read(**fields)
    assert (policy.budget, policy.cooldown_s, policy.excess_window_s) == (12.0, 30.0, 5_400.0)
    assert policy.steps_out == (Step(period_s=30.0, replicas=2),)
    assert policy.overrides[0].name == "campaign"
    defaults = BehaviourSettings.model_validate(StackScaling().for_scaler(time_factor=1.0))
    assert defaults == BehaviourSettings()
