"""What a forecast may look at: the past of a load, relative to its present value, and the calendar.

Everything is on log1p of the load and, where it is a level, taken relative to the present one, so
that one model serves a workload at any size. A feature of step ``t`` reads load up to ``t`` only;
of the calendar and of announced events it reads the step that is forecast as well. What is missing
(a gap, or the time before the first step) is NaN, which gradient boosting in scikit-learn treats as
a value of its own and the linear model as the middle.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scaler.core.covariates import NONE, Covariates
from scaler.core.series import Floats, Ints, Series

__all__ = ["SEASONS_NEEDED", "Design", "seasons_for"]

LAGS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60)
WINDOWS = (3, 5, 10, 15, 30, 60, 120)
# Of the level of a load that is noise every step tells something, the newest most: means of the
# load itself that halve the weight of a step every so many, over four of the longest half-lives.
HALF_LIVES = (5, 10, 20, 40, 80)
LEVEL_STEPS = 4 * max(HALF_LIVES)
PAST_SEASONS = 3
# A season is modelled once it was seen twice; before, its terms only mark the time since the start.
SEASONS_NEEDED = 2
# Steps on either side that a lag of a long season averages: a single one is as noisy as one of
# today. Of a short season, of which many were seen, each step counts by itself; of a long one only
# the mean of its repeats, since few were seen and each of them tells the rows of a day apart, which
# trees then learn by heart.
BLUR = 2
BLURRED_FROM = 240
HARMONICS = 3
SHORT_HARMONICS = 1
# Jobs start at full hours and at their simple parts.
PARTS_OF_SHORT = 6
DAYS_OF_WEEK = 7
# No lead time is longer, in steps.
AHEAD = 4096
BLOCK = 4096


def seasons_for(*, day: int) -> tuple[int, ...]:
    """The lengths of hour, day and week in steps, those that have at least two steps."""
    return tuple(season for season in (round(day / 24), day, 7 * day) if season >= 2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """The features of every step of a series, made as they are asked for.

    Attributes:
        series: the load.
        seasons: lengths of the seasons in steps, increasing.
        covariates: calendar, events and other series beside the load.
    """

    series: Series
    seasons: tuple[int, ...]
    covariates: Covariates = field(default=NONE)

    @cached_property
    def log_load(self) -> Floats:
        """(n,) log1p of the load."""
        return np.log1p(self.series.values)

    @cached_property
    def clock(self) -> Ints:
        """(n + AHEAD,) the local step of each step; it jumps where the clock is changed."""
        return self.covariates.clock(self.series, beyond=AHEAD)

    @cached_property
    def highest(self) -> Floats:
        """(n,) the greatest log1p of the load up to each step."""
        return np.asarray(np.fmax.accumulate(self.log_load))

    def recent_at(self, at: Ints) -> Floats:
        """(m, k) features that are the same for every lead time."""
        blocks = [
            _recent(_taken(self.series.values, at[low : low + BLOCK, None] - BACK))
            for low in range(0, len(at), BLOCK)
        ]
        return np.concatenate(blocks) if blocks else np.empty((0, len(RECENT_NAMES)))

    def rows(self, at: Ints, leads: Ints, *, recent: Floats | None = None) -> Floats:
        """One row of features for each index and the lead time that it is for.

        Args:
            at: (m,) indices into the series.
            leads: (m,) steps ahead, > 0.
            recent: (m, k) of the indices, where it is at hand.
        Returns:
            (m, features); their names and order are ``names``.
        """
        shared = self.recent_at(at) if recent is None else recent
        parts = [shared, leads[:, None].astype(np.float64)]
        parts += [self._season(season, at, leads) for season in self.seasons]
        parts.append(self.covariates.features(self.series.first + at, leads))
        return np.column_stack(parts)

    def past_peaks(self, at: Ints, horizon: int) -> Floats:
        """How far the load rose within the horizon at the same time of past days and weeks, and how
        high: a jump that does not come at the same minute every day is in it, and in no single lag.

        Args:
            at: (m,) indices into the series.
            horizon: steps, > 0.
        Returns:
            (m, 4 for each long season) mean and greatest of the past seasons' rises, and of their
            heights above the load now; NaN where none is known.
        """
        columns: list[Floats] = []
        ahead = np.arange(1, horizon + 1)
        now = self.log_load[at][:, None]
        for season in (each for each in self.seasons if each >= BLURRED_FROM):
            then = np.column_stack(
                [_before(at, back * season, self.clock) for back in range(1, PAST_SEASONS + 1)]
            )
            later = _taken(self.log_load, then[:, :, None] + ahead)
            later[then + horizon > at[:, None]] = np.nan
            peaks = np.fmax.reduce(later, axis=2)
            for found in (peaks - _taken(self._blurred, then), peaks - now):
                columns += [_nanmean(found), np.fmax.reduce(found, axis=1)]
        return np.column_stack(columns) if columns else np.empty((len(at), 0))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features in words."""
        found = [*RECENT_NAMES, "steps ahead"]
        for season in self.seasons:
            found += _season_names(season, has_week=season >= BLURRED_FROM)
        return (*found, *self.covariates.column_names)

    def repeated(self, at: Ints, leads: Ints, season: int) -> Floats:
        """(m, leads) the move that followed the same time a season ago; NaN where unknown."""
        past = self._blurred if season >= BLURRED_FROM else self.log_load
        then = _before(at, season, self.clock)
        ahead = then[:, None] + leads
        moves = _taken(past, ahead) - _taken(past, then)[:, None]
        moves[ahead > at[:, None] - (BLUR if season >= BLURRED_FROM else 0)] = np.nan
        return moves

    def usable(self, *, steps: int, levels: bool = False, phases: bool = True) -> NDArray[np.bool_]:
        """(features,) which of them a history of so many steps can teach anything about.

        Args:
            levels: whether the discounted means are among them.
            phases: whether the phases themselves are, which only cuts can make use of.
        """
        recent = [levels or not name.endswith("half-life") for name in RECENT_NAMES]
        flags = [np.array([*recent, True])]
        for season in self.seasons:
            names = _season_names(season, has_week=season >= BLURRED_FROM)
            # What the load did a season ago is known or missing; a phase is always there, and
            # before the season was seen twice it only marks the time since the start.
            seen = steps >= SEASONS_NEEDED * season
            flags.append(
                np.array(
                    [
                        (seen or name.endswith("ago")) and (phases or not name.startswith("phase"))
                        for name in names
                    ]
                )
            )
        flags.append(np.ones(len(self.covariates.column_names), dtype=bool))
        return np.concatenate(flags)

    def _season(self, season: int, at: Ints, leads: Ints) -> Floats:
        """The phase of the step that is forecast, and what the load did then in past seasons."""
        is_long = season >= BLURRED_FROM
        ahead = self.clock[at + leads]
        phase = ahead % season
        columns: list[Floats] = [phase.astype(np.float64)]
        angle = 2 * np.pi * phase / season
        for k in range(1, (HARMONICS if is_long else SHORT_HARMONICS) + 1):
            columns += [np.sin(k * angle), np.cos(k * angle)]
        if not is_long:
            columns.append((phase % max(1, season // PARTS_OF_SHORT)).astype(np.float64))
        past = self._blurred if is_long else self.log_load
        now, moves = self.log_load[at], []
        for back in range(1, PAST_SEASONS + 1):
            # What is not over yet is not known: a lead time longer than the season.
            then = _before(at, back * season, self.clock)
            later = _taken(past, then + leads)
            later[then + leads > at - (BLUR if is_long else 0)] = np.nan
            before = _taken(past, then)
            moves.append(later - before)
            if not is_long:
                columns += [moves[-1], before - now]
        columns.append(_nanmean(np.column_stack(moves)))
        return np.column_stack(columns)

    @cached_property
    def _blurred(self) -> Floats:
        return _smoothed(self.log_load, BLUR)


BACK = np.arange(LEVEL_STEPS)
DISCOUNTS = 0.5 ** (BACK[:, None] / np.array(HALF_LIVES))
RECENT_NAMES = (
    "load",
    *(f"load {lag} steps ago" for lag in LAGS),
    *(
        f"{what} of {window} steps"
        for window in WINDOWS
        for what in ("mean", "spread", "maximum", "minimum")
    ),
    *(f"mean of {half_life} steps half-life" for half_life in HALF_LIVES),
)


def _season_names(season: int, *, has_week: bool) -> Sequence[str]:
    harmonics = HARMONICS if has_week else SHORT_HARMONICS
    names = [f"phase in {season} steps"]
    for k in range(1, harmonics + 1):
        names += [f"sine {k} of {season}", f"cosine {k} of {season}"]
    if not has_week:
        names.append(f"phase in a part of {season} steps")
        for back in range(1, PAST_SEASONS + 1):
            names += [f"move {back} x {season} steps ago", f"load {back} x {season} steps ago"]
    names.append(f"mean move {season} steps ago")
    return names


def _recent(loads: Floats) -> Floats:
    """Lags, rolling statistics and levels from the newest loads, (m, 320), newest first."""
    back = np.log1p(loads[:, : max(WINDOWS) + 1])
    now = back[:, :1]
    relative = back[:, : max(WINDOWS)] - now
    known = np.isfinite(relative)
    filled = np.where(known, relative, 0.0)
    count = np.maximum(np.cumsum(known, axis=1), 1)
    total, squares = np.cumsum(filled, axis=1), np.cumsum(filled**2, axis=1)
    high = np.maximum.accumulate(np.where(known, relative, -np.inf), axis=1)
    low = np.minimum.accumulate(np.where(known, relative, np.inf), axis=1)
    columns = [now[:, 0], *(back[:, lag] - now[:, 0] for lag in LAGS)]
    for window in WINDOWS:
        end = window - 1
        mean = total[:, end] / count[:, end]
        spread = np.sqrt(np.maximum(squares[:, end] / count[:, end] - mean**2, 0.0))
        columns += [mean, spread, high[:, end], low[:, end]]
    columns.append(_levels(loads) - now)
    rows = np.column_stack(columns)
    rows[~np.isfinite(rows)] = np.nan
    rows[~np.isfinite(now[:, 0])] = np.nan
    return rows


def _levels(loads: Floats) -> Floats:
    """log1p of the discounted means of the newest loads, one for each half-life."""
    # Summed above the load now, so that a constant load is exactly at its level.
    now = loads[:, :1]
    above = loads - now
    known = np.isfinite(above)
    total = np.einsum("ms,sh->mh", np.where(known, above, 0.0), DISCOUNTS)
    weight = np.einsum("ms,sh->mh", known, DISCOUNTS)
    means = now + total / np.where(weight > 0, weight, np.nan)
    return np.asarray(np.log1p(np.maximum(means, 0.0)))


def _before(at: Ints, steps: int, clock: Ints) -> Ints:
    """The index at the same time of the local clock so many steps earlier."""
    then = at - steps
    inside = np.maximum(then, 0)
    return then + (clock[at] - clock[inside]) - (at - inside)


def _smoothed(values: Floats, reach: int) -> Floats:
    """Mean of the known values within ``reach`` steps on either side."""
    padded = np.pad(values, reach + 1, constant_values=np.nan)
    known = np.isfinite(padded)
    total = np.cumsum(np.where(known, padded, 0.0))
    count = np.cumsum(known)
    width = 2 * reach + 1
    total, count = total[width:] - total[:-width], count[width:] - count[:-width]
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return np.asarray(means[: len(values)])


def _taken(values: Floats, index: Ints) -> Floats:
    """Values at indices, NaN outside."""
    inside = (index >= 0) & (index < len(values))
    return np.where(inside, values[np.clip(index, 0, len(values) - 1)], np.nan)


def _nanmean(rows: Floats) -> Floats:
    """Mean of the known values of each row, NaN where none is; without numpy's warning."""
    known = np.isfinite(rows)
    count = known.sum(axis=1)
    total = np.where(known, rows, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
