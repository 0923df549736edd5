"""How long a new replica takes until it takes load, from those that came of late.

A floor is of use only where it is raised so long before the load. The high percentile counts: half
of the replicas of a step that arrive late are as good as none.
"""

from collections.abc import Sequence
from math import ceil

import numpy as np

__all__ = ["horizon_for", "time_to_ready"]

NEWEST = 50  # of an older release, another image or another node pool nothing is to be learnt
LEAST = 5
LEVEL = 0.9
# Longer is no start: a replica that was ready, was not, and is again looks like this.
LONGEST_S = 1_800.0


def time_to_ready(samples: Sequence[float]) -> float | None:
    """What all but one in ten of the newest replicas took at most.

    Args:
        samples: seconds from the making of a replica until it was ready, oldest first.

    Returns:
        Seconds, one of the samples; ``None`` where fewer than 5 are of use.
    """
    usable = [each for each in samples if 0 <= each <= LONGEST_S][-NEWEST:]
    if len(usable) < LEAST:
        return None
    return float(np.quantile(np.array(usable), LEVEL, method="higher"))


def horizon_for(
    time_to_ready_s: float, *, reaction_s: float, step_s: float, most_s: float
) -> float:
    """How far ahead to look, so that replicas asked for at once are ready in time.

    Args:
        time_to_ready_s: of a new replica, >= 0.
        reaction_s: from the forecast until replicas are asked for: a tick of ours, and one of the
            autoscaler's, >= 0.
        step_s: of the forecast; the horizon is whole steps, at least one.
        most_s: what is forecast at most.
    """
    steps = max(1, ceil((time_to_ready_s + reaction_s) / step_s))
    return min(steps * step_s, most_s)
