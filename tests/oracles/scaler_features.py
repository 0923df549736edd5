"""The features of one step, written out one number at a time."""

import math
import statistics

from scaler.core.features import HARMONICS, LAGS, PAST_SEASONS, SEASON_BLUR, WINDOWS


def feature_row(
    log_load: list[float], at: int, *, first: int, lead: int, seasons: tuple[int, ...]
) -> list[float]:
    def value(index: int) -> float:
        return log_load[index] if index >= 0 else math.nan

    def mean(values: list[float]) -> float:
        known = [v for v in values if not math.isnan(v)]
        return sum(known) / len(known) if known else math.nan

    def blurred(index: int) -> float:
        return mean([value(index + k) for k in range(-SEASON_BLUR, SEASON_BLUR + 1)])

    now = log_load[at]
    row = [now] + [value(at - lag) - now for lag in LAGS]
    for window in WINDOWS:
        part = [v for v in (value(at - k) for k in range(window)) if not math.isnan(v)]
        row += [mean(part) - now, statistics.pstdev(part), max(part) - now, min(part) - now]
    for season in seasons:
        angle = 2 * math.pi * ((at + first) % season) / season
        for k in range(1, HARMONICS + 1):
            row += [math.sin(k * angle), math.cos(k * angle)]
        moves = []
        for back in range(1, PAST_SEASONS + 1):
            then = blurred(at - back * season)
            moves.append(blurred(at - back * season + lead) - then)
            row += [moves[-1], then - now]
        row.append(mean(moves))
    return row
