"""What each workload's replicas serve, learnt while the scaler runs.

One model a workload. It learns once a step of the load series, from what the loop has seen anyway
and the signals beside it; whatever is missing leaves the capacity as it was.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from scaler.core.capacity import Capacity, CapacityModel, CapacityRules, Objective, Sample
from scaler.records import Signals, Workload

__all__ = ["Capacities", "sample"]

# A tick that is late by less than this is on time.
EARLY = 0.1


class Capacities:
    """The capacity models of all workloads. Changed by the loop's thread only, under its lock."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._models: dict[str, CapacityModel] = {}
        self._due_s: dict[str, float] = {}
        self.follow(workloads)

    def follow(self, workloads: Iterable[Workload]) -> None:
        """Let these be the workloads from now on; what is known of one that stays is kept."""
        before, self._models = self._models, {}
        for workload in workloads:
            rules, known = _rules(workload), before.get(workload.name)
            if known is None or known.rules != rules:
                fresh = CapacityModel.of(rules)
                known = fresh.restored(known.state()) if known else fresh
            self._models[workload.name] = known
        self._due_s = {name: self._due_s.get(name, 0.0) for name in self._models}

    def forget(self, workload: str) -> None:
        """What is known of a workload; it is to be learnt anew where that is still scaled."""
        self._models.pop(workload, None)
        self._due_s.pop(workload, None)

    def is_due(self, workload: str, now: datetime) -> bool:
        """Whether signals are worth reading: there is something to learn, and a step has passed."""
        model = self._models[workload]
        waits_s = self._due_s[workload] - now.timestamp()  # longer than that: the clock was ahead
        return model.can_learn and not 0 < waits_s <= model.rules.unit_s

    def learn(self, workload: str, given: Sample | None) -> Capacity:
        """Take one sample up; ``None`` where there is none.

        Returns:
            The capacity from now on.
        """
        model = self._models[workload]
        if given is not None:
            model = self._models[workload] = model.observed(given)
            self._due_s[workload] = given.time_s + (1 - EARLY) * model.rules.unit_s
        return model.capacity()

    def capacity(self, workload: str) -> Capacity:
        return self._models[workload].capacity()

    def state(self, workload: str) -> dict[str, Any]:
        """What a restart must not forget of one workload; empty where nothing can be learnt."""
        model = self._models[workload]
        return model.state() if model.can_learn else {}

    def states(self) -> dict[str, dict[str, Any]]:
        """What a restart must not forget, by workload."""
        return {name: model.state() for name, model in self._models.items() if model.can_learn}

    def restore(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up what was kept, of workloads that are still here."""
        for name, state in states.items():
            if name in self._models:
                self._models[name] = self._models[name].restored(state)


def sample(
    now: datetime, *, load: float | None, ready: int | None, signals: Signals
) -> Sample | None:
    """What can be learnt from now; ``None`` where load or replicas are unknown, or releases mix."""
    if load is None or not ready or signals.is_mixed:
        return None
    return Sample(
        time_s=now.timestamp(),
        load=load,
        ready=ready,
        utilisation=signals.utilisation,
        latency_s=signals.latency_s,
        queue_wait_s=signals.queue_wait_s,
        release=signals.release,
    )


def _rules(workload: Workload) -> CapacityRules:
    capacity = workload.policy.capacity
    return workload.rules or CapacityRules(
        configured=capacity,
        minimum=capacity,
        maximum=capacity,
        objective=Objective(),
        unit=workload.policy.load_unit,
    )
