"""How many replicas a load needs."""

import numpy as np

from scaler.core.errors import SeriesError
from scaler.core.series import Floats, Ints

__all__ = ["replicas_for"]

# A load that is a whole multiple of the capacity must not need one more replica for its last bit.
EPSILON = 1e-9


def replicas_for(load: Floats, *, capacity: float, headroom: float = 0.0) -> Ints:
    """Replicas that keep every step of a load under capacity.

    Args:
        load: (n,) load in the workload's unit, finite, >= 0.
        capacity: load that one ready replica sustains, > 0.
        headroom: share of the capacity that stays free, in [0, 1).
    Returns:
        (n,) whole replicas, >= 0.
    Raises:
        SeriesError: ``load`` has a negative or non-finite step.
    Source: Kubernetes docs, Horizontal Pod Autoscaling, "Algorithm details".
    """
    wrong = load[~(np.isfinite(load) & (load >= 0))]
    if len(wrong):
        raise SeriesError("load", f"{wrong[0]}", "finite numbers, at least 0")
    usable = capacity * (1 - headroom)
    return np.ceil(load / usable - EPSILON).astype(np.int64)
