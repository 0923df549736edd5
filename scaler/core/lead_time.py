"""How long a new replica takes until it takes load, from those that came of late.

A floor is of use only where it is raised so long before the load. The high percentile counts: half
of the replicas of a step that arrive late are as good as none.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["time_to_ready"]

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
