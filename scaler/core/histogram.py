"""A histogram with exponential buckets in which old samples lose weight with time.

A sample's weight is doubled for each half-life by which it is younger, so only the ratio of two
weights matters and nothing has to be touched as time passes. Percentiles are the upper end of a
bucket: they err upwards, by the width of one bucket.

Source: kubernetes/autoscaler, vertical-pod-autoscaler, recommender, util (histogram, decaying
histogram, histogram options).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scaler.core.series import Floats

__all__ = ["Buckets", "DecayingHistogram"]

# Once weights have grown by 2 to the power of this, all are scaled down.
MOST_EXPONENT = 100
# A bucket with less weight is empty. The least weight of a sample is 0.1.
EPSILON = 0.001 * 0.1


@dataclass(frozen=True, kw_only=True)
class Buckets:
    """Buckets whose width grows by one ratio.

    Attributes:
        first: width of the first bucket, which begins at 0, > 0.
        ratio: of the widths of two neighbours, > 1.
        most: the last bucket begins at or above it.
    """

    first: float
    ratio: float
    most: float

    @property
    def count(self) -> int:
        return math.ceil(self._log(self.most * (self.ratio - 1) / self.first + 1)) + 1

    def place(self, value: float) -> int:
        """The bucket of a value; what is beyond the last one is in it."""
        if value < self.first:
            return 0
        return min(int(self._log(value * (self.ratio - 1) / self.first + 1)), self.count - 1)

    def start(self, bucket: int) -> float:
        return self.first * (self.ratio**bucket - 1) / (self.ratio - 1)

    def _log(self, value: float) -> float:
        return math.log(value) / math.log(self.ratio)


class DecayingHistogram:
    """Weights by bucket; changed in place by whoever owns it."""

    def __init__(self, buckets: Buckets, *, half_life_s: float) -> None:
        self.buckets = buckets
        self.half_life_s = half_life_s
        self._weights: Floats = np.zeros(buckets.count)
        self._total = 0.0
        self._reference_s: float | None = None

    @property
    def is_empty(self) -> bool:
        return not bool((self._weights >= EPSILON).any())

    def add(self, value: float, *, weight: float, time_s: float) -> None:
        grown = weight * self._growth(time_s)
        self._weights[self.buckets.place(value)] += grown
        self._total += grown

    def subtract(self, value: float, *, weight: float, time_s: float) -> None:
        """Take back what was added with the same value, weight and time."""
        bucket, grown = self.buckets.place(value), weight * self._growth(time_s)
        self._total = _less(self._total, grown)
        self._weights[bucket] = _less(float(self._weights[bucket]), grown)

    def percentile(self, level: float) -> float:
        """The upper end of the bucket in which a share of the weight is reached; 0 when empty."""
        filled = np.flatnonzero(self._weights >= EPSILON)
        if not len(filled):
            return 0.0
        low, high = int(filled[0]), int(filled[-1])
        running = np.cumsum(self._weights[low:high])
        bucket = low + int(np.searchsorted(running, level * self._total))
        # The last bucket has no upper end.
        last = self.buckets.count - 1
        return self.buckets.start(min(bucket + 1, last))

    def state(self) -> dict[str, Any]:
        """All of it, as JSON holds it, to the last bit."""
        filled = np.flatnonzero(self._weights)
        return {
            "reference_s": self._reference_s,
            "total": self._total,
            "weights": {str(bucket): float(self._weights[bucket]) for bucket in filled},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave.

        Raises:
            ValueError: it is not that.
        """
        try:
            weights = np.zeros(self.buckets.count)
            for bucket, weight in state["weights"].items():
                if not 0 <= int(bucket) < len(weights):
                    raise ValueError(f"bucket {bucket} is outside of {len(weights)} buckets")
                weights[int(bucket)] = float(weight)
            total = float(state["total"])
            reference_s = None if state["reference_s"] is None else float(state["reference_s"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no state of a histogram: {error!r}") from error
        is_sound = bool((np.isfinite(weights) & (weights >= 0)).all()) and 0 <= total < math.inf
        if not is_sound or not (reference_s is None or math.isfinite(reference_s)):
            raise ValueError("no state of a histogram: a weight or a time is no number of its kind")
        self._weights, self._total, self._reference_s = weights, total, reference_s

    def _growth(self, time_s: float) -> float:
        reference_s = self._reference_s
        if reference_s is None or time_s > reference_s + MOST_EXPONENT * self.half_life_s:
            reference_s = self._shift(time_s)
        return float(2.0 ** ((time_s - reference_s) / self.half_life_s))

    def _shift(self, time_s: float) -> float:
        """Move the reference to a whole number of half-lives, and scale what is there to it."""
        shifted = math.floor(time_s / self.half_life_s + 0.5) * self.half_life_s
        if self._reference_s is not None:
            lives = math.floor((self._reference_s - shifted) / self.half_life_s + 0.5)
            self._weights *= math.ldexp(1.0, lives)
            self._total *= math.ldexp(1.0, lives)
        self._reference_s = shifted
        return shifted


def _less(value: float, by: float) -> float:
    left = value - by
    return left if left >= EPSILON else 0.0
