"""Replicas at each tick of a run, from the whole past each time: lists, loops and no cleverness.

What is asked for takes load after ``lag`` ticks; what is taken away is gone at once.
"""

import math
from dataclasses import dataclass

from scaler.core.policy import Policy, Step
from tests.oracles.scaler_hpa import formula


@dataclass(frozen=True)
class Seen:
    """One tick: the load, the greatest quantile that is forecast, whether a rollout goes on."""

    load: float | None
    peak: float | None
    rolls: bool


def counts(ticks: list[Seen], policy: Policy, *, start: int, lag: int, tick_s: float) -> list[int]:
    """The count after each tick; the policy's start-up must be ``lag`` ticks."""
    history: list[int] = []
    for last in range(len(ticks)):
        history.append(_count(ticks[: last + 1], history, policy, start=start, lag=lag, s=tick_s))
    return history


def _count(
    ticks: list[Seen], history: list[int], policy: Policy, *, start: int, lag: int, s: float
) -> int:
    now, last = ticks[-1], len(ticks) - 1
    found = [start, *history]  # the count that each tick finds
    current = found[-1]
    alone = _alone(ticks, policy, start=start, lag=lag, s=s)
    account = _account(ticks, found, alone, policy, lag=lag, s=s)
    if now.load is None:
        floor = _steady_floor(ticks, alone, found, policy, lag=lag, s=s)
        return _bounded(max(current, floor), policy)
    wishes = [
        _wish(seen.load, found, tick, policy, lag=lag) if seen.load is not None else None
        for tick, seen in enumerate(ticks)
    ]
    wanted = wishes[-1]
    assert wanted is not None
    window = policy.stabilization_s
    recent = [w for t, w in enumerate(wishes) if w is not None and (last - t) * s < window]
    held = wanted if wanted >= current else min(current, max([wanted, *recent]))
    least = held
    if account["credit"] < policy.startup_s + 2 * account["passed"]:
        least = max(held, alone[-1])
    wish = max(wanted, _steady_floor(ticks, alone, found, policy, lag=lag, s=s), held)
    if least > max(wish, policy.minimum):
        wish = least
    wish = _slow(wish, least, found, policy, s=s)
    if wish < current and now.rolls:
        wish = current
    return _bounded(wish, policy)


def _ready(found: list[int], lag: int) -> int:
    """With the newest taken away first, those that every tick of the start-up has found."""
    return min(found[-max(lag, 1) :])


def _wish(load: float, found: list[int], tick: int, policy: Policy, *, lag: int) -> int:
    ready = _ready(found[: tick + 1], lag)
    return formula(
        load, ready=ready, current=found[tick], capacity=policy.capacity, target=policy.target
    )


def _alone(ticks: list[Seen], policy: Policy, *, start: int, lag: int, s: float) -> list[int]:
    """What the autoscaler alone would ask for after each tick; nothing until it has seen a load."""
    asked: list[int] = []
    wishes: list[tuple[int, int]] = []
    found: list[int] = []
    for tick, seen in enumerate(ticks):
        if seen.load is None:
            if found:
                found.append(found[-1])
            asked.append(found[-1] if found else 0)
            continue
        if not found:
            first = tick
            found, wishes = [start], [(tick, start)]
        at = tick - first
        wish = _wish(seen.load, found, at, policy, lag=lag)
        wishes.append((tick, wish))
        recent = [w for t, w in wishes if (tick - t) * s < policy.stabilization_s]
        count = wish if wish >= found[-1] else min(found[-1], max([wish, *recent]))
        found.append(_bounded(count, policy))
        asked.append(found[-1])
    return asked


def _account(
    ticks: list[Seen], found: list[int], alone: list[int], policy: Policy, *, lag: int, s: float
) -> dict[str, float]:
    """As of the last tick: replica-seconds saved and the most of them, seconds of credit, and
    seconds since the one before."""
    begun = next((t for t, seen in enumerate(ticks) if seen.load is not None), None)
    saved, credit, passed = 0.5 * policy.horizon_s, 0.0, 0.0
    if begun is None:
        return {"saved": saved, "most": 0.0, "credit": credit, "passed": passed}
    most_saved = (policy.excess - 1) * alone[begun] * policy.excess_window_s
    theirs = 0
    for tick in range(begun, len(ticks)):
        load = ticks[tick].load
        ours = _ready(found[: tick + 1], lag)
        if load is not None:
            theirs = _ready([found[begun], *alone[begun:tick]], lag)
        if tick == begun:
            continue
        passed, before = s, alone[tick - 1]
        cost = max(found[tick] - before, ours - theirs)
        saved += ((policy.excess - 1) * theirs - cost) * s
        most_saved = (policy.excess - 1) * before * policy.excess_window_s
        saved = max(-most_saved, min(saved, most_saved))
        if load is not None:
            starves, would = load > ours * policy.capacity, load > theirs * policy.capacity
            credit += s * (would - starves)
        most = 5.0 * (policy.startup_s + 2 * s)
        credit = max(-most, min(most, credit))
    return {"saved": saved, "most": most_saved, "credit": credit, "passed": passed}


def _floor(ticks: list[Seen], policy: Policy, *, s: float) -> int | None:
    """What a forecast asks for; without metrics, the last one that came with them."""
    known = [t for t, seen in enumerate(ticks) if seen.load is not None]
    if not known:
        return None
    peak = ticks[known[-1]].peak
    if peak is None or (len(ticks) - 1 - known[-1]) * s >= policy.floor_ttl_s:
        return None
    return math.ceil(min(peak / policy.capacity, policy.maximum + 1) - 1e-9)


def _steady_floor(
    ticks: list[Seen], alone: list[int], found: list[int], policy: Policy, *, lag: int, s: float
) -> int:
    """The floor within its two windows, each over the ticks that had one, then within its cap.

    It is held at its highest only out of more than a third of the savings, and where that is more
    than the tolerance above it.
    """
    account = _account(ticks, found, alone, policy, lag=lag, s=s)
    lows: list[tuple[int, int]] = []
    highs: list[tuple[int, int]] = []
    result = 0
    for tick in range(len(ticks)):
        floor = _floor(ticks[: tick + 1], policy, s=s)
        result = floor or 0
        if floor is None:
            continue
        lows.append((tick, result))
        age = policy.stabilization_out_s
        result = min(f for t, f in lows if t == tick or (tick - t) * s < age)
        highs.append((tick, result))
        age = policy.floor_window_s
        highest = max(f for t, f in highs if t == tick or (tick - t) * s < age)
        is_peak = highest > result * (1 + policy.tolerance)
        if is_peak and account["saved"] >= account["most"] / 3:
            result = highest
    earned = (policy.excess - 1) * alone[-1] + 1e-9
    cap = alone[-1] + max(0, int(earned + account["saved"] / policy.horizon_s))
    if account["passed"] and found[-1] > cap:
        kept = alone[-1] + max(0, int(earned + account["saved"] / account["passed"]))
        cap = max(cap, min(found[-1], kept))
    return min(result, cap)


def _slow(wish: int, least: int, found: list[int], policy: Policy, *, s: float) -> int:
    last, current = len(found) - 1, found[-1]
    changes = [(t - 1, found[t] - found[t - 1]) for t in range(1, last + 1)]

    def moved(step: Step, direction: int) -> int:
        recent = [n for t, n in changes if (last - t) * s < step.period_s and n * direction > 0]
        return sum(recent)

    if wish > current and policy.steps_out:
        limit = max(step.highest(current - moved(step, 1)) for step in policy.steps_out)
        wish = min(wish, max(limit, least, current))
    if wish < current and policy.steps_in:
        limit = min(step.lowest(current - moved(step, -1)) for step in policy.steps_in)
        wish = max(wish, min(limit, current))
    newest = max((t for t, n in changes if n), default=None)
    if wish < current and newest is not None and (last - newest) * s < policy.cooldown_s:
        wish = current
    return wish


def _bounded(count: int, policy: Policy) -> int:
    return min(max(count, policy.minimum), policy.maximum)
