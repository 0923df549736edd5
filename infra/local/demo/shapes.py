"""Built-in load traces for a demo without a file, fixed by the seed."""

from datetime import UTC, datetime, timedelta

import numpy as np

from infra.local.demo.traces import Floats, Trace

SHAPES = ("rushes", "daily", "weekly", "bursts")

DAY_S = 86_400.0
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
NOISE_RATIO = 0.03  # of the load at that time, one standard deviation
BURSTS_PER_DAY = 6
LATE_S = 60.0  # a rush comes so much earlier or later than at its time, one standard deviation
HEIGHT_RATIO = 0.1  # and is so much higher or lower, the same
BURST_RISE_S = 180.0
BURST_DECAY_S = 900.0
WEEKEND_RATIO = 0.45


def generated(shape: str, *, days: int, step_s: float, seed: int) -> Trace:
    """A trace of one of ``SHAPES``.

    ``daily`` rises from a quiet night to a peak in the afternoon. ``weekly`` is that with quiet
    weekends. ``rushes`` is ``weekly`` with crowds at the same times each day, about a minute early
    or late. ``bursts`` has the same crowds at random times, which no season announces.

    Args:
        shape: one of SHAPES.
        days: length, > 0.
        step_s: seconds a step, > 0.
        seed: of the noise and of the bursts' times.
    Raises:
        ValueError: ``shape`` is unknown.
    """
    if shape not in SHAPES:
        raise ValueError(f"shape: found {shape!r}; allowed: {', '.join(SHAPES)}")
    rng = np.random.default_rng(seed)
    seconds = np.arange(0.0, days * DAY_S, step_s)
    load = daily_load(seconds)
    if shape != "daily":
        load = load * week_factor(seconds)
    if shape == "rushes":
        load = load + rushes(seconds, days=days, rng=rng)
    if shape == "bursts":
        load = load + bursts(seconds, count=days * BURSTS_PER_DAY, rng=rng)
    noisy = load * (1 + NOISE_RATIO * rng.standard_normal(len(load)))
    return Trace(start=MONDAY, step_s=step_s, values=np.maximum(noisy, 0.0))


def daily_load(seconds: Floats) -> Floats:
    """Load over the day in (0, 1.4]: lowest at 3:00, highest about 15:00, a crest at 20:30."""
    hour = seconds % DAY_S / 3600.0
    day = 0.5 - 0.5 * np.cos((hour - 3.0) / 24.0 * 2 * np.pi)
    evening = 0.25 * np.exp(-0.5 * ((hour - 20.5) / 1.2) ** 2)
    wave = 0.06 * np.sin(hour * 2 * np.pi)  # full hours: meetings start, reports run
    return np.asarray(0.15 + 0.75 * day + evening + wave * day, dtype=np.float64)


def week_factor(seconds: Floats) -> Floats:
    """1 on working days, ``WEEKEND_RATIO`` on the last two, with a smooth change at midnight."""
    day = seconds / DAY_S % 7
    into = 1 / (1 + np.exp(-(day - 5.0) * 24))
    out = 1 / (1 + np.exp(-(day - 6.9) * 48))
    return np.asarray(1 - (1 - WEEKEND_RATIO) * (into - out), dtype=np.float64)


def rushes(seconds: Floats, *, days: int, rng: np.random.Generator) -> Floats:
    """Crowds at times of the day and of heights that are drawn once."""
    shape = (days, BURSTS_PER_DAY)
    times, heights = _drawn(BURSTS_PER_DAY, DAY_S, rng=rng)
    starts = DAY_S * np.arange(days)[:, None] + times + LATE_S * rng.standard_normal(shape)
    return _crowds(
        seconds, starts.ravel(), (heights * (1 + HEIGHT_RATIO * rng.standard_normal(shape))).ravel()
    )


def bursts(seconds: Floats, *, count: int, rng: np.random.Generator) -> Floats:
    """Crowds at random times."""
    return _crowds(seconds, *_drawn(count, float(seconds[-1]), rng=rng))


def _drawn(count: int, until_s: float, *, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Starts in [0, until_s) and heights of 0.3 to 1."""
    return rng.uniform(0.0, until_s, size=count), rng.uniform(0.3, 1.0, size=count)


def _crowds(seconds: Floats, starts: Floats, heights: Floats) -> Floats:
    """The sum of crowds: each a steep linear rise, then an exponential decay."""
    total = np.zeros_like(seconds)
    for begin, height in zip(starts, heights, strict=True):
        since = seconds - begin
        rise = np.clip(since / BURST_RISE_S, 0.0, 1.0)
        decay = np.exp(-np.maximum(since - BURST_RISE_S, 0.0) / BURST_DECAY_S)
        total += height * rise * decay
    return total


def end_of(trace: Trace) -> datetime:
    """Time just after the last step."""
    return trace.start + timedelta(seconds=trace.step_s * len(trace.values))
