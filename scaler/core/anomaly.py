"""What is out of the ordinary in the load of one workload, said as it happens.

A ``Detector`` walks along the load, one step at a time, and knows nothing of what comes later. It
looks at the mean of the last five minutes, which can be surprising in several ways, each counted
in typical deviations:

- *spike*, *dip*: against what was expected, twice: against the forecast where there is one, and
  always against the band between the median of the last hour and the load at this time of the last
  three days (a load within the band surprises nobody);
- *level shift*: the median of the last hour against that of the day before it;
- *unrest*: how much the load of the last hour jumps about.

How much surprise is too much is learnt from the workload itself: the greatest surprise of every
quarter of a day is remembered for two weeks, and an alarm must be above these by a margin. So no
threshold belongs to a kind of load: one with bursts does not alarm all the time, and a calm one
alarms at little. The length of gaps is treated in the same way (*missing*). *Flatline* and
*invalid* data need no such statistics.

A detector is rebuilt by walking the history again (``replayed``), and belongs to one thread. What
an anomaly means for scaling is said in ``scaler.core.holding``, for training in
``scaler.core.masking``.

Source: the greatest of blocks as threshold follows A. Siffer et al., "Anomaly Detection in Streams
with Extreme Value Theory" (KDD 2017), with ranks in place of a fitted tail; the score is 1 minus a
conformal p-value (V. Vovk et al., "Algorithmic Learning in a Random World", 2005, ch. 2), with a
Pareto tail beyond what was seen.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite, isnan, nan

from scaler.core.series import Floats, Series
from scaler.core.surprise import DAY_S, HOUR_S, LEVEL_SHARE, Baseline, Peaks

__all__ = ["SMOOTH_S", "Anomaly", "Detector", "Direction", "Kind", "replayed"]

# One value of a minute is mostly noise; at coarser steps the mean is the value itself.
SMOOTH_S = 300.0
# The least surprise that is worth a word: for one value about that of a normal deviate of 5.
POINT_LEAST = 6.0
LEVEL_LEAST = 6.0
UNREST_LEAST = 2.5
# So many quarters of a day of two weeks may have had a deeper dip. A dip that was there before is
# still one, because it holds back scaling in; one that comes every few days is usual.
DIPS_ALLOWED = 4
# No surprise is greater, so that a load whose typical deviation is 0 keeps its numbers finite.
MOST = 1000.0
# One wild value is a spike; unrest takes many.
UNREST_MOST = 20.0
# After an alarm, no other of its kind and direction until so long without a reason.
QUIET_S = 6 * HOUR_S
MISSING_S = 300.0
MISSING_STEPS = 3
# The same value again and again: for so long, and so many times longer than ever before.
FLAT_S = HOUR_S
FLAT_TIMES = 3
# A gap so long leaves nothing of what the time of day and the last hour were like.
FORGET_S = 3 * DAY_S


class Kind(StrEnum):
    """What sort of anomaly it is."""

    SPIKE = "spike"
    DIP = "dip"
    LEVEL_SHIFT = "level_shift"
    UNREST = "unrest"
    MISSING = "missing"
    FLATLINE = "flatline"
    INVALID = "invalid"


class Direction(StrEnum):
    """Where the load went; ``NONE`` where the data is at fault and not the load."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """One thing out of the ordinary, said once, at the step where it was seen.

    Attributes:
        score: in [0, 1], for comparing: how rare so great a surprise is (``Peaks.rarity``), low
            for one that is just too much for the few hours known; 1 where the data is at fault.
        at_step: the step it was seen at; nothing later took part.
        since_step: the step that it began at, as far as known; at most ``at_step``.
        observed: the load; NaN where there is none.
        expected: about what it should have been; NaN where nothing was expected.
        explanation: a sentence that a person understands.
    """

    kind: Kind
    direction: Direction
    score: float
    at_step: int
    since_step: int
    observed: float
    expected: float
    explanation: str


class Detector:
    """The memory of one workload's load, and what it finds out of the ordinary; for one thread.

    Attributes:
        next_step: the step of the next value to come.
    """

    def __init__(self, *, step_ms: int, first: int) -> None:
        """A detector that has seen nothing.

        Args:
            step_ms: length of a step, milliseconds, > 0.
            first: the step of the first value to come.
        """
        self.next_step = first
        self._step_s = step_s = step_ms / 1000
        self._baseline = Baseline(step_s=step_s)
        smooth = max(1, round(SMOOTH_S / step_s))
        self._smooth: deque[float] = deque(maxlen=smooth)
        self._missed_by: deque[float] = deque(maxlen=smooth)
        spikes, dips, rises, falls, self._calm = (_Quiet(step_s) for _ in range(5))
        self._forecast = _Point(step_s, spikes, dips)
        self._history = _Point(step_s, spikes, dips)
        self._rise = _Channel(step_s, rises, least=LEVEL_LEAST)
        self._fall = _Channel(step_s, falls, least=LEVEL_LEAST)
        self._unrest = _Channel(step_s, self._calm, least=UNREST_LEAST)
        self._jumps = _Jumps(self._baseline.recent_steps)
        self._gap = _Gap(step_s)
        self._flat = _Flat(step_s)

    def observe(self, value: float, expected: float = nan, scale: float = nan) -> Anomaly | None:
        """Take the load of the next step and say what is out of the ordinary about it, if anything.

        Args:
            value: the load; NaN is a gap, and so is what is no load: negative or infinite.
            expected: what the forecast said of this step; NaN where there is none.
            scale: how far the forecast typically is off, in the load's unit, >= 0.
        """
        step, baseline = self.next_step, self._baseline
        self.next_step += 1
        if not 0 <= value < inf:
            return self._unusable(step, value)
        self._gap.ended()
        found = self._flat.anomaly(step, value)
        self._smooth.append(value)
        meant = len(self._smooth)
        load = sum(self._smooth) / meant
        low, high, spread = baseline.low, baseline.high, baseline.point_spread
        if isfinite(low) and isfinite(spread):
            self._jumps.push(min(_surprise(abs(load - baseline.recent), spread), UNREST_MOST))
            centre = min(max(load, low), high)
            found = self._history.anomaly(step, load, centre, spread, meant=meant) or found
        if isfinite(expected) and scale >= 0:
            # Of the same minutes as the load: on a slope a mean lies behind.
            self._missed_by.append(value - expected)
            centre = load - sum(self._missed_by) / len(self._missed_by)
            scale = max(scale, LEVEL_SHARE * abs(centre))
            against = self._forecast.anomaly(
                step, load, centre, scale, meant=meant, source="the forecast of"
            )
            found = against or found
        else:
            self._missed_by.clear()
        if found:
            self._calm.broken(step)  # what it is that jumps about has been said
        baseline.push(load)
        shift, unrest = self._shift_at(step), self._unrest_at(step, load)
        return found or shift or unrest

    def walked(
        self, series: Series, expected: Floats | None = None, scale: Floats | None = None
    ) -> tuple[Anomaly, ...]:
        """Observe what a series has from ``next_step`` on; what lies before it is a gap.

        Args:
            series: the load, in steps of the detector.
            expected: (n,) beside ``series.values``: what the forecast said of a step, or NaN.
            scale: (n,) how far the forecast typically is off.
        """
        gap = series.first - self.next_step
        if gap > FORGET_S / self._step_s:
            self._baseline = Baseline(step_s=self._step_s)
            self.next_step, gap = series.first, 0
        found = [self.observe(nan) for _ in range(gap)]
        skipped = self.next_step - series.first
        values = series.values[skipped:].tolist()
        centres = [nan] * len(values) if expected is None else expected[skipped:].tolist()
        scales = [nan] * len(values) if scale is None else scale[skipped:].tolist()
        found += map(self.observe, values, centres, scales)
        return tuple(anomaly for anomaly in found if anomaly)

    def _unusable(self, step: int, value: float) -> Anomaly | None:
        self._baseline.push(nan)
        self._smooth.clear()
        self._missed_by.clear()
        found = self._gap.anomaly(step, value)
        if self._gap.steps == self._baseline.recent_steps:
            self._baseline.forget_recent()
            self._jumps.clear()
        return found

    def _shift_at(self, step: int) -> Anomaly | None:
        """The median of the last hour, with this step, against that of the day before."""
        recent, day, spread = self._baseline.recent, self._baseline.day, self._baseline.level_spread
        if not (isfinite(recent) and isfinite(day) and isfinite(spread)):
            return None
        surprise = _surprise(recent - day, spread)
        score = _either(self._rise.alarm(step, surprise), self._fall.alarm(step, -surprise))
        if score is None:
            return None
        return Anomaly(
            kind=Kind.LEVEL_SHIFT,
            direction=_direction(surprise),
            score=score,
            at_step=step,
            since_step=step - self._baseline.recent_steps // 2,
            observed=recent,
            expected=day,
            explanation=f"the median of the last hour, {recent:.4g}, is {_deviations(surprise)} "
            f"that of the day before, {day:.4g}",
        )

    def _unrest_at(self, step: int, load: float) -> Anomaly | None:
        unrest = self._jumps.mean
        score = self._unrest.alarm(step, unrest) if isfinite(unrest) else None
        if score is None:
            return None
        return Anomaly(
            kind=Kind.UNREST,
            direction=Direction.UP,
            score=score,
            at_step=step,
            since_step=step - self._baseline.recent_steps + 1,
            observed=load,
            expected=self._baseline.recent,
            explanation=f"the load has jumped about {unrest:.1f} times as much within an hour as "
            "it typically does",
        )


def replayed(
    series: Series, expected: Floats | None = None, scale: Floats | None = None
) -> tuple[Detector, tuple[Anomaly, ...]]:
    """A detector that has walked a history, and what it found on its way.

    Args:
        series: the load.
        expected: (n,) beside its values: what the forecast said of each step at the time, or NaN.
        scale: (n,) how far the forecast typically was off.
    """
    detector = Detector(step_ms=series.step_ms, first=series.first)
    return detector, detector.walked(series, expected, scale)


class _Quiet:
    """The time after an alarm in which its like is old news."""

    __slots__ = ("_steps", "_until")

    def __init__(self, step_s: float) -> None:
        self._steps = max(1, round(QUIET_S / step_s))
        self._until: int | None = None

    def broken(self, step: int) -> bool:
        """Whether a reason for an alarm is news; it prolongs the quiet in either case."""
        news = self._until is None or step >= self._until
        self._until = step + self._steps
        return news


class _Channel:
    """One kind of surprise in one direction: how much is too much, and whether that is news."""

    __slots__ = ("_peaks", "_quiet")

    def __init__(self, step_s: float, quiet: _Quiet, *, least: float, allowed: int = 0) -> None:
        self._peaks = Peaks(step_s=step_s, least=least, allowed=allowed)
        self._quiet = quiet

    def alarm(self, step: int, surprise: float) -> float | None:
        """The score of an alarm, if the surprise is one; it is learnt either way."""
        score = None
        if surprise > self._peaks.threshold and self._quiet.broken(step):
            score = self._peaks.rarity(surprise)
        self._peaks.push(surprise)
        return score


class _Point:
    """Spikes and dips against one source of expectation."""

    __slots__ = ("_above", "_below")

    def __init__(self, step_s: float, spikes: _Quiet, dips: _Quiet) -> None:
        self._above = _Channel(step_s, spikes, least=POINT_LEAST)
        self._below = _Channel(step_s, dips, least=POINT_LEAST, allowed=DIPS_ALLOWED)

    def anomaly(
        self,
        step: int,
        load: float,
        expected: float,
        scale: float,
        *,
        meant: int,
        source: str = "what was expected,",
    ) -> Anomaly | None:
        """What is odd about a load that is the mean of so many steps."""
        surprise = _surprise(load - expected, scale)
        score = _either(self._above.alarm(step, surprise), self._below.alarm(step, -surprise))
        if score is None:
            return None
        of = f" (mean of {meant} steps)" if meant > 1 else ""
        return Anomaly(
            kind=Kind.SPIKE if surprise > 0 else Kind.DIP,
            direction=_direction(surprise),
            score=score,
            at_step=step,
            since_step=step,
            observed=load,
            expected=expected,
            explanation=f"load of {load:.4g}{of} is {_deviations(surprise)} {source} "
            f"{expected:.4g}",
        )


class _Jumps:
    """The mean surprise of the last hour's values, whatever their direction."""

    __slots__ = ("_last", "_most", "_sum")

    def __init__(self, most: int) -> None:
        self._most = most
        self._last: deque[float] = deque()
        self._sum = 0.0

    @property
    def mean(self) -> float:
        """NaN until half of the hour is there."""
        return self._sum / len(self._last) if 2 * len(self._last) >= self._most else nan

    def push(self, jump: float) -> None:
        if len(self._last) == self._most:
            self._sum -= self._last.popleft()
        self._last.append(jump)
        self._sum += jump

    def clear(self) -> None:
        self._last.clear()
        self._sum = 0.0


class _Gap:
    """Steps in a row without a load, because there is no value or because it is none."""

    __slots__ = ("_invalid", "_lengths", "_missed", "_seen", "_step_s", "steps")

    def __init__(self, step_s: float) -> None:
        least = max(MISSING_STEPS, round(MISSING_S / step_s))
        self._lengths = Peaks(step_s=step_s, least=least - 0.5)
        self._step_s = step_s
        self._seen = self._missed = self._invalid = False
        self.steps = 0

    def ended(self) -> None:
        self._seen, self._missed, self._invalid, self.steps = True, False, False, 0
        self._lengths.push(0.0)

    def anomaly(self, step: int, value: float) -> Anomaly | None:
        """Once for each gap; before the first load nothing is missed."""
        self.steps += 1
        too_long = self.steps > self._lengths.threshold
        self._lengths.push(self.steps)
        if not isnan(value):
            if self._invalid:
                return None
            self._invalid = True
            sentence = f"{value:g} is no load, which is finite and at least 0"
            return self._said(Kind.INVALID, step, step, value, sentence)
        if not (self._seen and too_long) or self._missed or self._invalid:
            return None
        self._missed = True
        sentence = f"no load has been reported for {self.steps * self._step_s:.6g} s"
        return self._said(Kind.MISSING, step, step - self.steps + 1, nan, sentence)

    @staticmethod
    def _said(kind: Kind, step: int, since: int, value: float, sentence: str) -> Anomaly:
        return Anomaly(
            kind=kind,
            direction=Direction.NONE,
            score=1.0,
            at_step=step,
            since_step=since,
            observed=value,
            expected=nan,
            explanation=sentence,
        )


class _Flat:
    """The same value again and again, of a load that never stood still for so long before.

    Zero does not count: it is what a workload without users reports, and a fall to it is a dip.
    """

    __slots__ = ("_known", "_least", "_longest", "_min_known", "_run", "_step_s", "_value")

    def __init__(self, step_s: float) -> None:
        self._step_s = step_s
        self._least = max(MISSING_STEPS, round(FLAT_S / step_s))
        self._min_known = round(DAY_S / step_s)
        self._value, self._run = nan, 0
        self._longest = self._known = 0

    def anomaly(self, step: int, value: float) -> Anomaly | None:
        self._known += 1
        if value != self._value:
            self._longest = max(self._longest, self._run)
            self._value, self._run = value, 0
        self._run += 1
        after = max(self._least, FLAT_TIMES * self._longest)
        if self._run != after + 1 or not value or self._known - self._run < self._min_known:
            return None
        lasted, before = self._run * self._step_s, self._longest * self._step_s
        return Anomaly(
            kind=Kind.FLATLINE,
            direction=Direction.NONE,
            score=1.0,
            at_step=step,
            since_step=step - self._run + 1,
            observed=value,
            expected=nan,
            explanation=f"the load has been exactly {value:.6g} for {lasted:.6g} s; it never stood "
            f"still for longer than {before:.6g} s before",
        )


def _surprise(deviation: float, scale: float) -> float:
    """A deviation in typical ones, at most ``MOST`` of them."""
    if abs(deviation) < MOST * scale:
        return deviation / scale
    if not deviation:
        return 0.0
    return MOST if deviation > 0 else -MOST


def _deviations(surprise: float) -> str:
    how_many = f"{abs(surprise):.1f}" if abs(surprise) < MOST else f"more than {MOST:g}"
    return f"{how_many} typical deviations {'above' if surprise > 0 else 'below'}"


def _direction(surprise: float) -> Direction:
    return Direction.UP if surprise > 0 else Direction.DOWN


def _either(above: float | None, below: float | None) -> float | None:
    return below if above is None else above
