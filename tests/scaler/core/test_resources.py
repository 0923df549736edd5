"""Against figures that were worked out by hand from the published algorithm."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaler.core.resources import (
    MEBI,
    Allotment,
    ContainerUsage,
    ResourceRules,
    UsageStateError,
    limit_for,
)

NOW = 1_790_000_000.0
HOUR, DAY = 3_600.0, 86_400.0
# Without a least amount, so that small figures show.
BARE = ResourceRules(least_cpu_m=0, least_memory=0)


def steady(
    *,
    days: float = 1.0,
    cores: float = 0.5,
    memory: float = 200e6,
    every_s: float = 60.0,
    rules: ResourceRules = BARE,
) -> ContainerUsage:
    """A container that uses the same all the time."""
    usage = ContainerUsage(rules)
    for count in range(round(days * DAY / every_s) + 1):
        usage.used_cpu("a", cores, time_s=NOW + count * every_s)
        usage.used_memory("a", memory, time_s=NOW + count * every_s)
    return usage


def end_of_bucket(first: float, bucket: int) -> float:
    return first * (1.05 ** (bucket + 1) - 1) / 0.05


def test_the_target_is_the_end_of_the_bucket_and_a_margin() -> None:
    found = steady().recommendation()
    assert found is not None
    # 0.5 cores: ln(0.5 * 0.05 / 0.01 + 1) / ln 1.05 = 25.68, so bucket 25, which ends at 0.5111.
    cores_m = int(1_000 * end_of_bucket(0.01, 25))
    assert cores_m == 511
    assert found.cpu.target == 511 + int(511 * 0.15) == 587
    # 200 MB: ln 2 / ln 1.05 = 14.2, so bucket 14, which ends at 215.8 MB.
    size = int(end_of_bucket(1e7, 14))
    assert found.memory.target == size + int(size * 0.15) == 248_153_480


@pytest.mark.parametrize(
    ("days", "wider"),
    [
        pytest.param(0.5, 3.0, id="12-hours"),
        pytest.param(1.0, 2.0, id="a-day"),
        pytest.param(7.0, 8 / 7, id="a-week"),
    ],
)
def test_the_upper_bound_comes_down_as_history_grows(days: float, wider: float) -> None:
    found = steady(days=days).recommendation()
    assert found is not None
    assert found.confidence == pytest.approx(days, rel=1e-3)
    assert found.cpu.upper == pytest.approx(587 * wider, rel=2e-3)
    assert found.memory.upper == pytest.approx(248_153_480 * wider, rel=2e-3)


@pytest.mark.parametrize(
    ("minutes", "narrower"),
    [
        # (1 + 0.001 / days) to the power of -2, as published: 0.6, 0.9 and 0.95.
        pytest.param(5, 0.6, id="5-minutes"),
        pytest.param(30, 0.9, id="30-minutes"),
        pytest.param(60, 0.95, id="an-hour"),
    ],
)
def test_the_lower_bound_comes_up_as_history_grows(minutes: int, narrower: float) -> None:
    found = steady(days=minutes / 1_440).recommendation()
    assert found is not None
    assert found.cpu.lower == pytest.approx(587 * narrower, rel=0.03)


def test_one_sample_says_nothing_of_the_bounds() -> None:
    found = steady(days=0).recommendation()
    assert found is not None
    assert (found.cpu.lower, found.cpu.upper) == (0, None)
    assert (found.memory.lower, found.memory.upper) == (0, None)
    assert found.cpu.target == 587


def test_history_counts_by_the_rarer_of_time_and_samples() -> None:
    # A day of one sample every ten minutes is worth a tenth of a day.
    found = steady(days=1, every_s=600).recommendation()
    assert found is not None
    assert found.confidence == pytest.approx(145 / 1_440)


def test_bounds_come_from_other_percentiles_than_the_target() -> None:
    # So slow a decay that all count alike: 60 % use 0.1, 32 % use 0.4, 8 % use 1.6 cores.
    usage = ContainerUsage(replace(BARE, half_life_s=100 * 365 * DAY))
    usage.used_memory("a", 200e6, time_s=NOW)
    for count in range(1_000):
        cores = 0.1 if count % 25 < 15 else 0.4 if count % 25 < 23 else 1.6
        usage.used_cpu("a", cores, time_s=NOW + 60 * count)
    found = usage.recommendation()
    assert found is not None
    low, middle, high = (int(1_000 * end_of_bucket(0.01, bucket)) for bucket in (8, 22, 45))
    assert found.cpu.target == middle + int(middle * 0.15)
    wider, narrower = 1 + 1 / found.confidence, (1 + 0.001 / found.confidence) ** -2
    assert found.cpu.lower == int((low + int(low * 0.15)) * narrower)
    assert found.cpu.upper == int((high + int(high * 0.15)) * wider)


def test_what_is_recommended_at_least_is_shared_by_the_containers_of_a_pod() -> None:
    usage = steady(cores=0.001, memory=1e6, rules=ResourceRules())
    alone, one_of_two = usage.recommendation(), usage.recommendation(containers=2)
    assert alone is not None
    assert one_of_two is not None
    assert (alone.cpu.target, alone.memory.target) == (25, 250 * MEBI)
    # A bucket of 10 m is the least there is: 11 with its margin is below half of 25.
    assert (one_of_two.cpu.target, one_of_two.memory.target) == (12, 125 * MEBI)


def test_amounts_are_rounded_up_to_whole_steps() -> None:
    found = steady(rules=replace(BARE, round_cpu_m=50, round_memory=100 * MEBI)).recommendation()
    assert found is not None
    assert (found.cpu.target, found.memory.target) == (600, 300 * MEBI)


def peaks_at(usage: ContainerUsage, level: float) -> float:
    """A percentile of the peaks of memory, to the width of a bucket."""
    rules = replace(usage.rules, target=level, margin=0.0)
    restored = ContainerUsage.restored(usage.state(), rules)
    restored.used_cpu("other", 0.1, time_s=NOW)
    found = restored.recommendation()
    assert found is not None
    return float(found.memory.target)


def test_one_peak_of_memory_is_kept_of_a_window() -> None:
    usage = ContainerUsage(BARE)
    for hour, size in ((0, 500e6), (12, 900e6), (18, 300e6), (24, 200e6), (30, 100e6)):
        assert usage.used_memory("a", size, time_s=NOW + hour * HOUR)
    # Two peaks: 900 MB of the first day, 200 MB of the second with twice the weight.
    assert peaks_at(usage, 0.66) == pytest.approx(200e6, rel=0.1)
    assert peaks_at(usage, 0.67) == pytest.approx(900e6, rel=0.1)


def test_each_instance_has_peaks_of_its_own() -> None:
    usage = ContainerUsage(BARE)
    for name, size in (("a", 300e6), ("b", 900e6)):
        usage.used_memory(name, size, time_s=NOW)
    assert peaks_at(usage, 0.5) == pytest.approx(300e6, rel=0.1)
    assert peaks_at(usage, 0.51) == pytest.approx(900e6, rel=0.1)


@pytest.mark.parametrize(
    ("requested", "seen", "peak"),
    [
        pytest.param(1_000 * MEBI, None, 1_200 * MEBI, id="a-fifth-more"),
        pytest.param(1 * MEBI, None, 101 * MEBI, id="at-least-100-MiB-more"),
        pytest.param(1_000 * MEBI, 3_000 * MEBI, 3_600 * MEBI, id="of-the-peak-that-was-seen"),
    ],
)
def test_a_container_that_was_out_of_memory_gets_more(
    requested: int, seen: int | None, peak: int
) -> None:
    usage = ContainerUsage(BARE)
    if seen:
        usage.used_memory("a", seen, time_s=NOW)
    assert usage.out_of_memory("a", requested=requested, time_s=NOW)
    assert peaks_at(usage, 1.0) == pytest.approx(peak, rel=0.06)
    assert usage.state()["instances"]["a"][4] == peak


def test_bumps_are_not_put_on_top_of_each_other() -> None:
    usage = ContainerUsage(BARE)
    for requested in (1_000, 999, 999):
        usage.out_of_memory("a", requested=requested * MEBI, time_s=NOW)
    assert usage.state()["instances"]["a"][4] == 1_200 * MEBI
    usage.out_of_memory("a", requested=2_000 * MEBI, time_s=NOW)
    assert usage.state()["instances"]["a"][4] == 2_400 * MEBI


def test_an_end_for_want_of_memory_long_ago_is_left() -> None:
    usage = ContainerUsage(BARE)
    usage.used_memory("a", 1_000 * MEBI, time_s=NOW)
    assert not usage.out_of_memory("a", requested=1_000 * MEBI, time_s=NOW - 30 * HOUR)
    assert usage.out_of_memory("a", requested=1_000 * MEBI, time_s=NOW - 1)


def test_an_end_in_a_new_window_counts_from_the_request() -> None:
    usage = ContainerUsage(BARE)
    usage.used_memory("a", 2_000 * MEBI, time_s=NOW)
    # Two days later: the window ends three days after the first one began.
    usage.out_of_memory("a", requested=1_000 * MEBI, time_s=NOW + 2 * DAY)
    state = usage.state()["instances"]["a"]
    assert state[2] == NOW + 3 * DAY
    assert state[4] == 2_400 * MEBI


@pytest.mark.parametrize(
    ("cores", "at"),
    [
        pytest.param(-1.0, NOW + 60, id="negative"),
        pytest.param(math.nan, NOW + 60, id="not-a-number"),
        pytest.param(math.inf, NOW + 60, id="infinite"),
        pytest.param(1.0, NOW, id="twice"),
        pytest.param(1.0, NOW - 60, id="out-of-order"),
        pytest.param(1.0, math.nan, id="no-time"),
    ],
)
def test_a_sample_that_is_no_use_is_left(cores: float, at: float) -> None:
    usage = ContainerUsage(BARE)
    usage.used_cpu("a", 0.5, time_s=NOW)
    before = usage.state()
    assert not usage.used_cpu("a", cores, time_s=at)
    assert usage.state()["cpu"] == before["cpu"]


def test_nothing_is_recommended_before_both_resources_were_seen() -> None:
    usage = ContainerUsage(BARE)
    assert usage.recommendation() is None
    usage.used_cpu("a", 0.5, time_s=NOW)
    assert usage.recommendation() is None


def test_a_container_is_forgotten_after_eight_days() -> None:
    usage = steady(days=0)
    assert not usage.is_forgotten(NOW + 8 * DAY - 1)
    assert usage.is_forgotten(NOW + 8 * DAY)


def test_an_instance_that_is_gone_leaves_what_it_used() -> None:
    usage = steady(days=0)
    before = usage.recommendation()
    usage.forget_instances(NOW + 1)
    assert usage.state()["instances"] == {}
    assert usage.recommendation() == before


amounts = st.lists(st.tuples(st.floats(0, 64), st.floats(0, 1e11)), min_size=1, max_size=50)


@given(used=amounts, split=st.integers(0, 50))
def test_a_usage_that_was_kept_goes_on_to_the_last_bit(
    used: list[tuple[float, float]], split: int
) -> None:
    lives = restored = ContainerUsage(ResourceRules())
    for count, (cores, size) in enumerate(used):
        if count == split:
            state = json.loads(json.dumps(lives.state()))
            restored = ContainerUsage.restored(state, lives.rules)
        for usage in {id(lives): lives, id(restored): restored}.values():
            usage.used_cpu("a", cores, time_s=NOW + count * 7 * HOUR)
            usage.used_memory("a", size, time_s=NOW + count * 7 * HOUR)
    assert restored.state() == lives.state()
    assert restored.recommendation() == lives.recommendation()


@given(used=amounts)
def test_bounds_enclose_the_target_and_nothing_is_below_the_least(
    used: list[tuple[float, float]],
) -> None:
    usage = ContainerUsage(ResourceRules())
    for count, (cores, size) in enumerate(used):
        usage.used_cpu("a", cores, time_s=NOW + count * HOUR)
        usage.used_memory("a", size, time_s=NOW + count * HOUR)
    found = usage.recommendation()
    assert found is not None
    for bounds, least in ((found.cpu, 25), (found.memory, 250 * MEBI)):
        assert least <= bounds.lower <= bounds.target
        assert bounds.upper is None or bounds.target <= bounds.upper


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"cpu": {}}, id="no-histogram"),
        pytest.param({"samples": "many"}, id="no-number"),
        pytest.param({"instances": {"a": [1]}}, id="half-an-instance"),
        pytest.param({"instances": [1]}, id="a-list"),
    ],
)
def test_a_state_that_is_none_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(UsageStateError, match="no state of a container's usage"):
        ContainerUsage.restored(steady(days=0).state() | change, BARE)


@pytest.mark.parametrize(
    ("request_m", "limit_m", "limit"),
    [
        pytest.param(100, 250, 1_467, id="in-proportion-cut-off"),
        pytest.param(100, 100, 587, id="equal-stays-equal"),
        pytest.param(0, 200, 587, id="a-limit-alone-is-the-request"),
        pytest.param(100, 0, None, id="none-stays-none"),
    ],
)
def test_a_limit_keeps_its_proportion_to_the_request(
    request_m: int, limit_m: int, limit: int | None
) -> None:
    assert limit_for(587, request=request_m, limit=limit_m) == limit
    found = steady().recommendation()
    assert found is not None
    assert found.limits(Allotment(cpu_request_m=request_m, cpu_limit_m=limit_m)) == (limit, None)
