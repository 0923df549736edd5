"""Prediction by the strongest frequencies, as Crane's effective autoscaler does.

A history that repeats every day or every week is taken apart by a Fourier transform, what is weak
and fast is left out, and its last period plus a margin is what comes. Of eight such estimators the
one is taken that missed the last period the least, too little counting more than too much. It is
made anew every 12 hours from up to 15 days, and the greatest value of the coming hour is one more
metric of the plain autoscaler.

Source: gocrane/crane, pkg/prediction/dsp/{signal,estimators,preprocessing,prediction}.go,
pkg/prediction/accuracy/accuracy.go, pkg/metricprovider/external_metric_provider.go; the period as
in Vlachos, Yu and Castelli, "On Periodicity Detection and Structural Periodic Similarity" (2005).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scaler.core.series import Floats

__all__ = ["Estimator", "error", "forecast_load", "period_of", "tidied"]

DAY_S, WEEK_S = 86_400, 604_800
HISTORY_S, LEAST_HISTORY_S = 15 * DAY_S, 2 * DAY_S
UPDATE_S, WINDOW_S, LONGEST_GAP_S = 43_200, 3_600, 3_600
SHUFFLES, LEVEL = 100, 98
PEAK_S = 4 * 3_600
HIGH_FREQUENCY_HZ = 1 / 3_600
MOST_ITEMS = 100
LEAST_VALUE = 0.01


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """Which frequencies remain, and what is put on top."""

    least_items: int
    low_amplitude: float
    margin: float

    def estimate(self, signal: Floats, *, period: int, step_s: float) -> Floats:
        """(period,) what comes after a signal of whole periods."""
        spectrum = np.fft.fft(signal)
        # Both halves alike to the last bit, so that what is as strong as the limit stays in both.
        half = np.abs(spectrum[: len(signal) // 2 + 1])
        amplitudes = np.concatenate([half, half[1 : (len(signal) + 1) // 2][::-1]]) / len(signal)
        strongest = np.sort(amplitudes[1 : len(signal) // 2])[::-1]
        least = max(strongest[min(MOST_ITEMS, len(strongest)) - 1], self.low_amplitude)
        if len(strongest) >= self.least_items:
            least = min(least, strongest[self.least_items - 1])
        frequencies = np.arange(len(signal)) / (len(signal) * step_s)
        spectrum[(amplitudes < least) & (frequencies > HIGH_FREQUENCY_HZ)] = 0
        last = np.fft.ifft(spectrum).real[-period:]
        return np.where(last <= 0, LEAST_VALUE, last) * (1 + self.margin)


ESTIMATORS = tuple(
    Estimator(least_items=items, low_amplitude=amplitude, margin=margin)
    for items, amplitude in ((3, 1.0), (50, 0.05))
    for margin in (0.01, 0.10, 0.15, 0.20)
)


def forecast_load(
    load: Floats, *, step_s: float, start: int, generator: np.random.Generator
) -> Floats:
    """The greatest load that is predicted for the coming hour, at each step of the scored part.

    Args:
        load: (n,) >= 0, NaN in gaps.
        step_s: of the load, at most an hour for there to be a prediction at all.
        start: the first scored step.
        generator: for the shuffles that tell a period from chance.

    Returns:
        (n - start,) load; 0 where there is no prediction.
    """
    said = np.zeros(len(load) - start)
    if step_s > LONGEST_GAP_S:
        return said
    update, window = _steps(UPDATE_S, step_s), _steps(WINDOW_S, step_s)
    history = _steps(HISTORY_S + LONGEST_GAP_S, step_s)
    for first in range(start, len(load), update):
        known = tidied(load[max(0, first - history) : first], step_s=step_s)
        coming = _coming(known, step_s=step_s, generator=generator)
        if coming is None:
            continue
        count = min(update, len(load) - first)
        repeated = np.resize(coming, count + window + 1)
        # The load of step ``first`` is the first that the history has not seen.
        windows = np.lib.stride_tricks.sliding_window_view(repeated, window + 1)[:count]
        said[first - start : first - start + count] = windows.max(axis=1)
    return said


def tidied(load: Floats, *, step_s: float) -> Floats:
    """What is behind the last gap of more than an hour, whole hours of it, without extremes."""
    known = np.flatnonzero(np.isfinite(load))
    if not len(known):
        return np.empty(0)
    far = np.flatnonzero(np.diff(known) * step_s > LONGEST_GAP_S)
    known = known[far[-1] + 1 :] if len(far) else known
    filled = np.interp(np.arange(known[0], known[-1] + 1), known, load[known])
    hour = max(1, _steps(3_600, step_s))
    filled = filled[len(filled) % hour :]
    if not len(filled):
        return filled
    low, high = np.percentile(filled, [0.1, 99.9])
    for place in range(1, len(filled)):
        if not low <= filled[place] <= high:
            filled[place] = filled[place - 1]
    return filled


def _coming(known: Floats, *, step_s: float, generator: np.random.Generator) -> Floats | None:
    """One period of what is predicted; ``None`` where no period shows."""
    if len(known) * step_s < LEAST_HISTORY_S:
        return None
    day, week = _steps(DAY_S, step_s), _steps(WEEK_S, step_s)
    whole = week if len(known) >= 2 * week else day
    period = period_of(known[len(known) % whole :], step_s=step_s, generator=generator)
    if period not in {day, week} or len(known) < 2 * period:
        return None
    signal = known[len(known) % period :]
    history, actual = signal[:-period], signal[-period:]
    best = min(
        ESTIMATORS,
        key=lambda one: error(actual, one.estimate(history, period=period, step_s=step_s)),
    )
    return best.estimate(signal, period=period, step_s=step_s)


def period_of(signal: Floats, *, step_s: float, generator: np.random.Generator) -> int | None:
    """The period of a signal in steps; ``None`` where chance explains every one of its frequencies.

    Candidates are frequencies that are stronger than the strongest ones of shuffled signals; of
    those whose autocorrelation has a peak there, the one with the highest.
    """
    count = len(signal)
    if count < 8 or np.ptp(signal) == 0:
        return None
    half = count // 2
    strongest = sorted(
        float(np.abs(np.fft.rfft(generator.permutation(signal))[1:half]).max())
        for _ in range(SHUFFLES)
    )
    power = np.abs(np.fft.rfft(signal))[:half]
    candidates = _decreasing(count // k for k in range(2, half) if power[k] > strongest[LEVEL])
    centred = (signal - signal.mean()) / signal.std()
    correlation = np.fft.ifft(np.abs(np.fft.fft(centred)) ** 2).real / count
    widest = _steps(PEAK_S, step_s)
    peaks = [
        period
        for period in candidates
        if correlation[period] > 0 and _is_peak(correlation, period, min(widest, period // 2))
    ]
    return max(peaks, key=lambda period: float(correlation[period]), default=None)


def _decreasing(periods: Iterable[int]) -> list[int]:
    kept: list[int] = []
    for period in periods:
        if not kept or kept[-1] > period:
            kept.append(period)
    return kept


def _is_peak(values: Floats, at: int, width: int) -> bool:
    """Whether lines through the neighbours rise up to it and fall behind it."""
    before, behind = values[max(0, at - width) : at + 1], values[at : at + width + 1]
    if len(before) < 2 or len(behind) < 2:
        return False
    return _slope(before) > 0 > _slope(behind)


def _slope(values: Floats) -> float:
    places = np.arange(len(values)) - (len(values) - 1) / 2
    return float(places @ values)


def error(actual: Floats, predicted: Floats) -> float:
    """Mean relative error, too little counting several times; the absolute one near zero."""
    if (actual < 1e-3).any():
        return float(np.abs(actual - predicted).mean())
    share = (predicted - actual) / actual
    short = -np.log1p(np.minimum(share, 0)) / np.log(1.25)
    return float(np.where(share < 0, short, share).mean())


def _steps(seconds: float, step_s: float) -> int:
    return round(seconds / step_s)
