from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scaler.core.allowance import Account, most, settled, since_s
from tests.scaler.core.test_schedule import POLICY

# The path alone is at 4, the floor has added 2.
ACCOUNT = Account(1_000.0, 6, 2, 4, saved=0.0)


def test_the_path_alone_earns_and_the_dearer_of_asked_and_ready_is_paid() -> None:
    even = settled(ACCOUNT, POLICY, at=1_060.0, ready=6, found=4, load=None)
    assert even.saved == 0.0
    starting = settled(ACCOUNT, POLICY, at=1_060.0, ready=4, found=4, load=None)
    assert starting.saved == 0.0
    leaving = settled(replace(ACCOUNT, asked=4), POLICY, at=1_060.0, ready=7, found=4, load=None)
    assert leaving.saved == -60.0
    unready = settled(ACCOUNT, POLICY, at=1_060.0, ready=6, found=2, load=None)
    assert unready.saved == 60.0 * (1 - 4)


def test_no_more_is_saved_than_the_window_earns() -> None:
    account = replace(ACCOUNT, asked=4, saved=21_590.0)
    later = settled(account, POLICY, at=1_060.0, ready=4, found=4, load=None)
    assert later.saved == 2 * POLICY.excess_window_s


def test_no_more_is_owed_than_the_window_earns() -> None:
    """What the formula keeps by its tolerance, for a day, must not forbid floors for another."""
    account = replace(ACCOUNT, asked=8, saved=-21_590.0)
    later = settled(account, POLICY, at=1_060.0, ready=8, found=4, load=None)
    assert later.saved == -2 * POLICY.excess_window_s


def test_a_floor_may_take_what_lasts_until_the_horizon_and_keep_it_while_anything_is_left() -> None:
    assert most(4, replace(ACCOUNT, asked=4, saved=0.0), POLICY, passed=15.0) == 6
    assert most(4, replace(ACCOUNT, asked=4, saved=899.0), POLICY, passed=15.0) == 8
    assert most(4, replace(ACCOUNT, asked=4, saved=900.0), POLICY, passed=15.0) == 9
    assert most(4, replace(ACCOUNT, asked=9, saved=45.0), POLICY, passed=15.0) == 9
    assert most(4, replace(ACCOUNT, asked=9, saved=44.0), POLICY, passed=15.0) == 8
    assert most(4, replace(ACCOUNT, asked=9, saved=-900.0), POLICY, passed=15.0) == 4


def test_credit_is_time_in_which_the_path_alone_would_have_starved_the_load() -> None:
    gained = settled(ACCOUNT, POLICY, at=1_015.0, ready=6, found=4, load=5.0)
    lost = settled(ACCOUNT, POLICY, at=1_015.0, ready=3, found=4, load=3.5)
    both = settled(ACCOUNT, POLICY, at=1_015.0, ready=6, found=4, load=9.0)
    unknown = settled(ACCOUNT, POLICY, at=1_015.0, ready=6, found=4, load=None)
    assert [each.credit for each in (gained, lost, both, unknown)] == [15.0, -15.0, 0.0, 0.0]
    # A start-up of 180 s and two ticks: so long is a wrong turn felt.
    assert replace(ACCOUNT, credit=210.0).has_credit(POLICY, since_s=15.0)
    assert not replace(ACCOUNT, credit=209.0).has_credit(POLICY, since_s=15.0)
    rich = settled(replace(ACCOUNT, credit=1e9), POLICY, at=1_015.0, ready=6, found=4, load=5.0)
    assert rich.credit == 5 * 210.0


def test_the_budget_is_of_a_day() -> None:
    policy = replace(POLICY, budget=1.0)
    spent = replace(ACCOUNT, spent=3_600.0)
    assert spent.is_spent(policy)
    assert not spent.is_spent(POLICY)
    same = settled(spent, policy, at=1_060.0, ready=6, found=4, load=None)
    assert same.spent == 3_600.0 + 2 * 60.0
    tomorrow = settled(spent, policy, at=86_401.0, ready=6, found=4, load=None)
    assert tomorrow.spent == 2 * 120.0


def test_a_day_of_the_budget_ends_at_midnight_on_the_workloads_own_clock() -> None:
    policy = replace(POLICY, budget=1.0, zone=ZoneInfo("Europe/Berlin"))
    before = datetime(2026, 11, 1, 22, 59, 30, tzinfo=UTC).timestamp()
    account = replace(ACCOUNT, at=before, spent=3_600.0)
    still = settled(account, policy, at=before + 20, ready=6, found=4, load=None)
    assert still.spent == 3_600.0 + 2 * 20.0
    anew = settled(account, policy, at=before + 60, ready=6, found=4, load=None)
    assert anew.spent == 2 * 60.0
    in_utc = settled(
        account, replace(policy, zone=UTC), at=before + 60, ready=6, found=4, load=None
    )
    assert in_utc.spent == 3_600.0 + 2 * 60.0


def test_a_long_silence_and_a_clock_that_jumps_back_earn_nothing() -> None:
    assert since_s(ACCOUNT, 1_000_000.0) == 120.0
    assert since_s(ACCOUNT, 5.0) == 0.0
