"""Scaling by the length of a queue, as KEDA does for tasks.

Waiting is what came in beyond what the ready replicas carry; it is worked off by what they carry
beyond what comes in. The queue is what waits and what comes in, read once per polling interval, and
asks for a replica per threshold of it: the share of the capacity that the other policies run at.
KEDA gives that number to an autoscaler as an external metric with an average value, whose tolerance
and window hold as always. Its cool-down only delays the way to no replicas, which none goes here.

Source: KEDA docs, "Scaling Deployments" and "ScaledObject specification" (pollingInterval,
cooldownPeriod); Kubernetes, ``GetExternalPerPodMetricReplicas``.
"""

from scaler.evidence.hpa import Hpa
from scaler.evidence.scenario import Scenario

__all__ = ["Queue"]

# Waiting load counts in units of this long: a replica that is short of one load for a minute
# leaves one load to be done in some other minute.
WORK_S = 60.0


class Queue:
    """Decides by the length of a queue; a new one for every run.

    Args:
        polling_s: between two looks at the queue.
    """

    def __init__(self, scenario: Scenario, *, polling_s: float = 30.0) -> None:
        self._autoscaler = Hpa(scenario)
        self._capacity, self._tick_s = scenario.capacity, scenario.tick_s
        self._polling = max(1, round(polling_s / scenario.tick_s))
        self._waiting = self._length = 0.0

    def __call__(self, tick: int, load: float, ready: int, current: int) -> int:
        if tick % self._polling == 0:
            self._length = self._waiting + load
        spare = ready * self._capacity - load
        self._waiting = max(0.0, self._waiting - spare * self._tick_s / WORK_S)
        wish = self._autoscaler.proposal(self._length, current)
        return self._autoscaler.held(tick, wish, current)
