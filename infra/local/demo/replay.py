"""From a trace to what is replayed: which part, how fast, how high, and each task's time.

Pure: arrays in, arrays out. Time runs ``factor`` times as fast as in the trace, so that a step of
the trace takes ``step_s / factor`` seconds here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from infra.local.demo.traces import Floats, Trace, TraceError

SMOOTH_STEPS = 5  # a single high minute is noise, not the crest that a demo wants to show
DAY_S = 86_400.0
DAYS_BEFORE = 2  # so many days before must have had the crest as well: nothing else announces it
# The crest lies in this part of the replay, so that its rise is seen and its fall.
CREST_FROM, CREST_TO = 0.3, 0.8


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A part of a trace as task arrivals.

    Attributes:
        trace_start: time in the trace at which the replay starts, aware UTC.
        step_s: seconds of this replay (not of the trace) a step takes.
        rates: (n,) arrivals a second in each step of the replay.
        lead_in: (k,) the same in the steps just before, which are replayed as well, so that the
            load does not jump from nothing where the history ends; k >= 0.
        history: (m,) the same in the steps before those, m >= 0.
    """

    trace_start: datetime
    step_s: float
    rates: Floats
    lead_in: Floats
    history: Floats

    @property
    def lead_in_s(self) -> float:
        return self.step_s * len(self.lead_in)

    @property
    def duration_s(self) -> float:
        return self.step_s * len(self.rates)

    @property
    def expected_tasks(self) -> float:
        return float(self.rates.sum() + self.lead_in.sum()) * self.step_s


def replay_of(
    trace: Trace,
    *,
    factor: float,
    minutes: float,
    peak_rate: float,
    history_s: float,
    lead_in_s: float = 0.0,
    start: datetime | None = None,
) -> Replay:
    """The part of a trace that ``minutes`` of replay hold, with its history, scaled to a peak.

    Args:
        trace: at the steps of the scaler (before division by ``factor``).
        factor: > 0; how many times faster than in the trace.
        minutes: length of the replay here.
        peak_rate: arrivals a second in the highest step of the part, > 0.
        history_s: the most history that is of use, seconds of the trace.
        lead_in_s: length of the lead-in here; less where the trace begins later.
        start: time in the trace; without it the part with the highest crest in the trace's second
            half that the days before had as well.
    Raises:
        TraceError: the trace is too short, is zero throughout, or does not reach ``start``.
    """
    steps = max(1, round(minutes * 60 * factor / trace.step_s))
    day = round(DAY_S / trace.step_s)
    begin = crest_at(trace.values, steps, day=day) if start is None else _index_of(trace, start)
    if begin + steps > len(trace.values):
        length = timedelta(seconds=(len(trace.values) - begin) * trace.step_s)
        longest = length.total_seconds() / factor / 60
        allowed = f"at most {longest:.1f} minutes at factor {factor:g}"
        raise TraceError("minutes", f"{minutes:g}, but the trace holds {length}", allowed)
    part = trace.values[begin : begin + steps]
    if part.max() <= 0:
        raise TraceError("trace", "no load in the part to replay", "at least one value above 0")
    scale = peak_rate / part.max()
    led = max(0, begin - round(lead_in_s * factor / trace.step_s))
    oldest = max(0, led - int(history_s // trace.step_s))
    return Replay(
        trace_start=trace.start + timedelta(seconds=begin * trace.step_s),
        step_s=trace.step_s / factor,
        rates=part * scale,
        lead_in=trace.values[led:begin] * scale,
        history=trace.values[oldest:led] * scale,
    )


def crest_at(values: Floats, steps: int, *, day: int) -> int:
    """Start of the part of ``steps`` that climbs most, and best falls again, in the second half.

    Only what the days before had at the same time counts, where there are days before: a jump that
    nothing announces is for the reactive path, and a forecast cannot be seen to lead it. The first
    half stays history, which the forecast is fitted on. Returns 0 where the part does not fit
    twice.

    Args:
        values: (n,) load.
        steps: length of the part, >= 1.
        day: steps of a day.
    """
    if len(values) < 2 * steps:
        return max(0, len(values) - steps)
    kernel = np.ones(SMOOTH_STEPS) / SMOOTH_STEPS
    padded = np.pad(values, SMOOTH_STEPS // 2, mode="edge")
    smooth = _least_of_days(np.convolve(padded, kernel, mode="valid"), day=day)
    windows = np.lib.stride_tricks.sliding_window_view(smooth, steps)
    first = len(values) // 2 if len(values) // 2 + steps <= len(values) else 0
    windows = windows[first:]
    inner = windows[:, int(CREST_FROM * steps) : max(1, int(CREST_TO * steps))]
    crest = inner.max(axis=1)
    rise, fall = crest - windows[:, 0], crest - windows[:, -1]
    return first + int(np.argmax(rise + np.minimum(rise, fall)))


def _least_of_days(values: Floats, *, day: int) -> Floats:
    """Each value, or that of the same time on one of the days before where that was less."""
    least = values.copy()
    for days in range(1, DAYS_BEFORE + 1):
        back = days * day
        if back < len(values) // 2:
            least[back:] = np.minimum(least[back:], values[:-back])
    return least


def arrival_times(
    rates: Floats, *, step_s: float, rng: np.random.Generator | None = None
) -> Floats:
    """Seconds from the start at which tasks arrive, ascending.

    With ``rng`` a Poisson process whose rate follows ``rates``; without it evenly spaced at the
    same rate.
    Source: inversion of the cumulative rate (Devroye, Non-Uniform Random Variate Generation, ch.
        VI, 1.3).

    Args:
        rates: (n,) arrivals a second in each step, >= 0.
        step_s: > 0.
    """
    cumulated = np.concatenate([[0.0], np.cumsum(rates * step_s)])
    edges = np.arange(len(cumulated)) * step_s
    expected = float(cumulated[-1])
    if rng is None:
        counts = np.arange(0.5, expected)
    else:
        enough = int(expected + 10 * np.sqrt(expected) + 50)
        counts = np.cumsum(rng.exponential(size=enough))
        counts = counts[counts < expected]
    return np.asarray(np.interp(counts, cumulated, edges), dtype=np.float64)


def slots_in_use(arrivals: Floats, *, hold_s: float, step_s: float, steps: int) -> Floats:
    """Slots that tasks hold at the end of each step, if none ever has to wait.

    Args:
        arrivals: seconds from the start of the first step, ascending.
        hold_s: seconds that each task holds its slot, > 0.
    Returns:
        (steps,) whole numbers.
    """
    ends = np.arange(1, steps + 1) * step_s
    begun = np.searchsorted(arrivals, ends, side="right")
    done = np.searchsorted(arrivals + hold_s, ends, side="right")
    return (begun - done).astype(np.float64)


def _index_of(trace: Trace, start: datetime) -> int:
    steps = int((start - trace.start).total_seconds() // trace.step_s)
    if not 0 <= steps < len(trace.values):
        last = trace.start + timedelta(seconds=trace.step_s * (len(trace.values) - 1))
        allowed = f"{trace.start.isoformat()} to {last.isoformat()}"
        raise TraceError("start", start.isoformat(), allowed)
    return steps
