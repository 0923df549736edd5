"""Chooses the forecaster's parameters on the first halves of the traces, which no score is made of.

Of each first half the first part is there to be learnt from and the rest is forecast, as in
service. A trace takes part where its first quarter holds two days, from which on a season is
modelled. The rule, fixed before the first comparison: the highest mean skill over the traces wins;
what lies within ``TIE`` of it counts as equal, and of equals the cheapest to fit is taken.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import product

import numpy as np
from threadpoolctl import threadpool_limits

from scaler.core.backtest import Backtest, backtest
from scaler.core.features import SEASONS_NEEDED
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Series
from tests.scaler.traces import DAY

HORIZON = 5
TIE = 0.005


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One choice of the forecaster's parameters."""

    max_iter: int
    learning_rate: float
    max_leaf_nodes: int
    max_features: float
    l2_regularization: float

    @property
    def cost(self) -> float:
        """What a fit takes, up to a factor: nodes of all trees times the features looked at."""
        return self.max_iter * self.max_leaf_nodes * self.max_features


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a variant reached on the newest part of one first half."""

    skill: float
    coverage: float


Scores = Mapping[str, Score]  # by trace

VARIANTS = tuple(
    Variant(
        max_iter=trees,
        learning_rate=rate,
        max_leaf_nodes=leaves,
        max_features=share,
        l2_regularization=penalty,
    )
    for (trees, rate), leaves, share, penalty in product(
        ((60, 0.1), (120, 0.06), (240, 0.03)), (8, 16, 31), (0.3, 1.0), (0.0, 1.0)
    )
)


def takes_part(half: int) -> bool:
    """Whether a first half of so many steps leaves a season in its first quarter."""
    return half // 2 >= SEASONS_NEEDED * DAY


def validated(series: Series, *, half: int, variant: Variant) -> Backtest:
    """Forecasts over the newest half of the first ``half`` steps; nothing later is touched.

    Only the horizon is forecast: its model, skill and coverage owe nothing to the other lead times.
    """
    seen = series.until(series.first + half - 1)
    return backtest(
        LoadForecaster(leads=(HORIZON,), **asdict(variant)),
        seen,
        start=seen.first + half // 2,
        refit=2 * DAY,
        keep_history=14 * DAY,
        keep_outcomes=DAY,
        level=0.95,
    )


def compared(
    halves: Mapping[str, tuple[Series, int]], *, processes: int
) -> Iterator[tuple[Variant, Scores]]:
    """Each variant with its scores, as they become known."""
    with ProcessPoolExecutor(processes, initializer=threadpool_limits, initargs=(1,)) as pool:
        under_way = {
            variant: {
                name: pool.submit(_score, series, half, variant)
                for name, (series, half) in halves.items()
            }
            for variant in VARIANTS
        }
        for variant, scores in under_way.items():
            yield variant, {name: score.result() for name, score in scores.items()}


def mean_skill(scores: Scores) -> float:
    return float(np.mean([score.skill for score in scores.values()]))


def chosen(found: Mapping[Variant, Scores]) -> Variant:
    """By the rule above."""
    best = max(mean_skill(scores) for scores in found.values())
    equals = [variant for variant, scores in found.items() if mean_skill(scores) >= best - TIE]
    return min(equals, key=lambda variant: (variant.cost, -mean_skill(found[variant])))


def in_service() -> Variant:
    """The parameters that the code has now."""
    parameters = LoadForecaster().get_params()
    return Variant(**{name: parameters[name] for name in Variant.__dataclass_fields__})


def _score(series: Series, half: int, variant: Variant) -> Score:
    result = validated(series, half=half, variant=variant)
    return Score(skill=result.skill_overall, coverage=result.coverage)
