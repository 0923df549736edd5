"""How well a supply of replicas followed the demand.

Source: Herbst and others, "Elasticity in Cloud Computing" (ICAC 2013) and "BUNGEE" (SEAMS 2015);
SPEC RG Cloud, "Ready for Rain?" (2016). Steps are of equal length, so sums stand for integrals.
"""

import math
from dataclasses import dataclass

import numpy as np

from scaler.core.series import Floats, Ints

__all__ = ["Elasticity", "elasticity", "speed_up"]


@dataclass(frozen=True, kw_only=True)
class Elasticity:
    """Measures of one run.

    Attributes:
        under_amount, over_amount: missing and superfluous replicas, percent of the demand.
        under_time, over_time: share of the time with any of them, percent.
        instability: share of the steps in which supply and demand moved differently, percent.
        jitter: changes of the supply less changes of the demand, per hour.
        cost: replicas supplied over replicas demanded.
        replica_hours: supplied.
        violations: load above the ready capacity over all load.
    """

    under_amount: float
    over_amount: float
    under_time: float
    over_time: float
    instability: float
    jitter: float
    cost: float
    replica_hours: float
    violations: float


def elasticity(
    *, demand: Ints, supply: Ints, load: Floats, capacity: float, tick_s: float = 15.0
) -> Elasticity:
    """Measures of a supply against a demand.

    Args:
        demand: (n,) least replicas that meet the objective, >= 1.
        supply: (n,) ready replicas, >= 0.
        load: (n,) finite, >= 0.
        capacity: load that one ready replica sustains, > 0.
        tick_s: length of a step.
    """
    missing, spare = np.maximum(demand - supply, 0), np.maximum(supply - demand, 0)
    supplied, demanded = np.diff(supply), np.diff(demand)
    moves = np.minimum(np.abs(np.sign(supplied) - np.sign(demanded)), 1)
    changes = np.count_nonzero(supplied) - np.count_nonzero(demanded)
    hours = len(demand) * tick_s / 3_600
    excess = np.maximum(load - supply * capacity, 0)
    return Elasticity(
        under_amount=float(100 * (missing / demand).mean()),
        over_amount=float(100 * (spare / demand).mean()),
        under_time=float(100 * (missing > 0).mean()),
        over_time=float(100 * (spare > 0).mean()),
        instability=float(100 * moves.mean()) if len(moves) else 0.0,
        jitter=float(changes / hours),
        cost=float(supply.sum() / demand.sum()),
        replica_hours=float(supply.sum() * tick_s / 3_600),
        violations=float(excess.sum() / load.sum()) if load.sum() > 0 else 0.0,
    )


def speed_up(ours: Elasticity, baseline: Elasticity) -> float:
    """How much better than a baseline: the geometric mean over all four measures; NaN with a zero.

    Source: SPEC RG Cloud, "Ready for Rain?" (2016), "elastic speedup".
    """
    names = ("under_amount", "over_amount", "under_time", "over_time")
    product = 1.0
    for name in names:
        own = getattr(ours, name)
        product *= getattr(baseline, name) / own if own > 0 else math.nan
    return float(product ** (1 / len(names)))
