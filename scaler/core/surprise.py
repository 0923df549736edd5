"""What a workload's own history expects of its next value, and how much surprise is too much.

Small running statistics, each bounded in memory whatever the step: the median of the last hour, the
load at this time of the last days, the typical deviation, and the greatest surprises of two weeks.
They belong to one detector (``scaler.core.anomaly``) and one thread.
"""

from bisect import bisect_left, insort
from collections import deque
from math import inf, isfinite, nan
from statistics import median

__all__ = ["DAY_S", "HOUR_S", "LEVEL_SHARE", "Baseline", "Peaks"]

HOUR_S = 3600.0
DAY_S = 86_400.0
# The last hour in steps, within bounds, so that a median of it means something at any step.
RECENT_STEPS = (6, 240)
BINS_OF_RECENT = 4
# Days that are looked back to for the same time of day, and for the typical deviation.
KEPT_DAYS = 3
# A deviation of a smaller share of the level matters to nobody who counts replicas.
LEVEL_SHARE = 0.01
# Even in a calm stretch, deviations of this share of those in the long run are typical.
LONG_RUN_SHARE = 0.2

BLOCKS_A_DAY = 4
BLOCK_S = DAY_S / BLOCKS_A_DAY
MEMORY_DAYS = 14
# An alarm is that much above everything of the memory.
MARGIN = 1.15
# How far above the threshold a quarter of a day counts: one disaster must not hide the next one.
LEARNT_EXCESS = 2.0
# Until a day is known, nearly nothing is known to be usual.
FIRST_DAY_TIMES = 1.5


class Peaks:
    """The greatest surprise of each quarter of a day, and from where on a surprise is too much.

    Attributes:
        threshold: a greater surprise than this one is too much.
    """

    __slots__ = (
        "_allowed",
        "_block",
        "_current",
        "_least",
        "_left",
        "_most",
        "_peaks",
        "_sorted",
        "threshold",
    )

    def __init__(self, *, step_s: float, least: float, allowed: int = 0) -> None:
        """Nothing seen yet.

        Args:
            step_s: length of a step, seconds.
            least: a smaller surprise never is too much, > 0.
            allowed: how many quarters of a day of the memory may have been more surprising.
        """
        self._least, self._allowed = least, allowed
        self._block = self._left = max(1, round(BLOCK_S / step_s))
        kept = max(1, round(MEMORY_DAYS * DAY_S / (self._block * step_s)))
        self._peaks: deque[float] = deque(maxlen=kept)
        self._sorted: list[float] = []
        self._current = 0.0
        self._set()
        self._most = LEARNT_EXCESS * self.threshold

    def push(self, surprise: float) -> None:
        """Learn the surprise of one step."""
        self._left -= 1
        if surprise > self._current:
            self._current = min(surprise, self._most)
            self._set()
        if not self._left:
            self._peaks.append(self._current)
            self._sorted = sorted(self._peaks, reverse=True)
            self._current, self._left = 0.0, self._block
            self._set()
            self._most = LEARNT_EXCESS * self.threshold

    def rarity(self, surprise: float) -> float:
        """1 minus the share of blocks that are expected to be as surprising, in [0, 1).

        A rank (one minus a conformal p-value) says how many were, and as good as nothing beyond the
        greatest. There the share falls as the surprise grows, a Pareto tail of index 1, so that of
        two alarms on the same memory the clearer one scores higher.

        Args:
            surprise: above 0.
        """
        as_great = 1 + sum(peak >= surprise for peak in self._peaks)
        return 1 - as_great / (len(self._peaks) + 1) * min(1.0, self.threshold / surprise)

    def _set(self) -> None:
        blocks = len(self._sorted)
        # In a short memory a few blocks would be most of it.
        place = min(self._allowed, blocks // BLOCKS_A_DAY)
        below = self._sorted[place] if place < blocks else 0.0
        above = self._sorted[place - 1] if place else inf
        peak = min(max(self._current, below), above)
        least = self._least * (FIRST_DAY_TIMES if blocks < BLOCKS_A_DAY else 1.0)
        self.threshold = max(MARGIN * peak, least)


class Baseline:
    """The median of the last hour, the load at this time of the last days, and typical deviations.

    Attributes:
        low, high: the band that the next value is expected in: between ``recent`` and ``seasonal``,
            as far as they are known.
        recent: the median of the last hour; NaN until half of it is known.
        seasonal: the middle of the medians around this time of the last three days, NaN before.
        day: the median of the day before the last hour; NaN before.
        point_spread: how far a value typically is from ``recent``; NaN before the first hour.
        level_spread: how far ``recent`` typically is from ``day``; NaN before it is known.
    """

    __slots__ = (
        "_bin",
        "_day_bins",
        "_left",
        "_level",
        "_medians",
        "_point",
        "_window",
        "day",
        "high",
        "level_spread",
        "low",
        "point_spread",
        "recent",
        "recent_steps",
        "seasonal",
    )

    def __init__(self, *, step_s: float) -> None:
        fewest, most = RECENT_STEPS
        self.recent_steps = min(max(round(HOUR_S / step_s), fewest), most)
        self._bin = self._left = self.recent_steps // BINS_OF_RECENT
        self._day_bins = max(1, round(DAY_S / (self._bin * step_s)))
        kept = KEPT_DAYS * self._day_bins
        self._window = _Window(self.recent_steps)
        self._medians: deque[float] = deque(maxlen=kept)
        self._point, self._level = _Spread(kept), _Spread(kept)
        self.recent = self.seasonal = self.day = self.low = self.high = nan
        self.point_spread = self.level_spread = nan

    def push(self, value: float) -> None:
        """Learn the value of one step; NaN is a gap."""
        if isfinite(value):
            self._point.push(value - self.recent)
            self._window.push(value)
            self.recent = self._window.median()
            self._level.push(self.recent - self.day)
        self._left -= 1
        if not self._left:
            self._left = self._bin
            self._medians.append(self.recent)
            self._roll()
        recent = self.recent
        seasonal = self.seasonal if isfinite(self.seasonal) else recent
        self.low, self.high = (recent, seasonal) if recent < seasonal else (seasonal, recent)

    def forget_recent(self) -> None:
        """After a gap the last hour is long past; what is known of days remains."""
        self._window.clear()
        self.recent = self.low = self.high = nan

    def _roll(self) -> None:
        """What holds for the bin that begins now."""
        medians = list(self._medians)
        kept = len(medians)
        # A median of an hour is that of its middle: half of it further ahead is about now.
        now = kept + BINS_OF_RECENT // 2
        same_time = (now - self._day_bins * days for days in range(1, KEPT_DAYS + 1))
        self.seasonal = _middle([medians[i] for i in same_time if 0 <= i < kept])
        end = max(0, kept - BINS_OF_RECENT)
        self.day = _middle(medians[max(0, end - self._day_bins) : end])
        floor = LEVEL_SHARE * abs(self.day if isfinite(self.day) else self.recent)
        self.point_spread = self._point.rolled(floor)
        self.level_spread = self._level.rolled(floor)


class _Window:
    """The last values in order of time and of size."""

    __slots__ = ("_by_size", "_by_time", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_time: deque[float] = deque()
        self._by_size: list[float] = []

    def push(self, value: float) -> None:
        if len(self._by_time) == self._most:
            gone = self._by_time.popleft()
            del self._by_size[bisect_left(self._by_size, gone)]
        self._by_time.append(value)
        insort(self._by_size, value)

    def clear(self) -> None:
        self._by_time.clear()
        self._by_size.clear()

    def median(self) -> float:
        known = len(self._by_size)
        if 2 * known < self._most:
            return nan
        return (self._by_size[(known - 1) // 2] + self._by_size[known // 2]) / 2


class _Spread:
    """The middle of the mean absolute deviations of bins: how far off is typical."""

    __slots__ = ("_bins", "_count", "_long_run", "_sum")

    def __init__(self, most: int) -> None:
        self._bins: deque[float] = deque(maxlen=most)
        self._sum, self._count = 0.0, 0
        self._long_run = 0.0

    def push(self, deviation: float) -> None:
        if isfinite(deviation):
            self._sum += abs(deviation)
            self._count += 1

    def rolled(self, floor: float) -> float:
        """Close a bin; the typical deviation from now on, at least ``floor``; NaN before any."""
        if self._count:
            mean = self._sum / self._count
            self._bins.append(mean)
            self._long_run += (mean - self._long_run) / len(self._bins)
            self._sum, self._count = 0.0, 0
        if not self._bins:
            return nan
        return max(median(self._bins), LONG_RUN_SHARE * self._long_run, floor)


def _middle(values: list[float]) -> float:
    known = [value for value in values if isfinite(value)]
    return median(known) if known else nan
