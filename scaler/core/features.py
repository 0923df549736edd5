"""What a forecast may look at: the past of a series, relative to its present value.

Everything is on log1p of the load and, where it is a level, taken relative to the present one, so
that one model serves a workload at any size. A feature of step ``t`` reads steps up to ``t`` only.
What is missing (a gap, or the time before the first step) is NaN, which gradient boosting in
scikit-learn treats as a value of its own.
"""

import numpy as np

from scaler.core.series import Floats, Ints

__all__ = ["SEASONS_NEEDED", "features"]

LAGS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60)
WINDOWS = (3, 5, 10, 15, 30, 60, 120)
HARMONICS = 3
# Steps on either side that a seasonal lag averages: a single one is as noisy as one of today.
SEASON_BLUR = 2
PAST_SEASONS = 3
# A season is modelled once it was seen twice; before, its terms only mark the time since the start.
SEASONS_NEEDED = 2
BLOCK = 4096


def features(
    log_load: Floats, at: Ints, *, first: int, lead: int, seasons: tuple[int, ...]
) -> Floats:
    """One row of features for each index in ``at``.

    Args:
        log_load: (n,) log1p of the load, NaN in gaps.
        at: (m,) indices into ``log_load`` whose value is finite.
        first: the step of ``log_load[0]``, for the phase of the seasons.
        lead: steps ahead that the rows are for, > 0.
        seasons: lengths of the seasons in steps, each longer than ``lead + SEASON_BLUR``.
    Returns:
        (m, k) features; k depends on ``seasons`` only.
    """
    blocks = [
        np.column_stack(_columns(log_load, at[low : low + BLOCK], first, lead, seasons))
        for low in range(0, len(at), BLOCK)
    ]
    return np.concatenate(blocks) if blocks else np.empty((0, 0))


def _columns(
    log_load: Floats, at: Ints, first: int, lead: int, seasons: tuple[int, ...]
) -> list[Floats]:
    now = log_load[at]
    recent = _take(log_load, at[:, None] - np.arange(max(WINDOWS)))
    columns = [now, *(recent[:, lag] - now for lag in LAGS)]
    for window in WINDOWS:
        part = recent[:, :window]
        mean = np.nanmean(part, axis=1)
        columns += [mean - now, np.nanstd(part, axis=1)]
        columns += [np.nanmax(part, axis=1) - now, np.nanmin(part, axis=1) - now]
    for season in seasons:
        columns += _season_columns(log_load, at, first=first, lead=lead, season=season)
    return columns


def _season_columns(
    log_load: Floats, at: Ints, *, first: int, lead: int, season: int
) -> list[Floats]:
    angle = 2 * np.pi * ((at + first) % season) / season
    columns = [wave(k * angle) for k in range(1, HARMONICS + 1) for wave in (np.sin, np.cos)]
    moves = []
    for back in range(1, PAST_SEASONS + 1):
        then = _blurred(log_load, at - back * season)
        moves.append(_blurred(log_load, at - back * season + lead) - then)
        columns += [moves[-1], then - log_load[at]]
    return [*columns, _nanmean(np.column_stack(moves))]


def _take(values: Floats, index: Ints) -> Floats:
    taken = values[np.maximum(index, 0)]
    return np.where(index >= 0, taken, np.nan)


def _blurred(values: Floats, index: Ints) -> Floats:
    return _nanmean(_take(values, index[:, None] + np.arange(-SEASON_BLUR, SEASON_BLUR + 1)))


def _nanmean(rows: Floats) -> Floats:
    """Mean of the known values of each row, NaN where none is; without numpy's warning."""
    known = np.isfinite(rows)
    count = known.sum(axis=1)
    total = np.where(known, rows, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
