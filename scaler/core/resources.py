"""CPU and memory that a container should ask for, from what it used: the algorithm of the VPA.

CPU samples and daily peaks of memory go into histograms that forget with a half-life of a day. The
target is their 90th percentile and a margin; what lies between the lower and the upper bound is
good enough to be left alone, and the bounds are wide while little is known. Amounts are whole
millicores and bytes, cut off as there, so that the figures are the same.

Source: kubernetes/autoscaler, vertical-pod-autoscaler, recommender: model (container state,
aggregations), logic (estimators) and the defaults of its options.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaler.core.errors import ScalerError
from scaler.core.histogram import Buckets, DecayingHistogram

__all__ = [
    "GIBI",
    "MEBI",
    "Allotment",
    "Bounds",
    "ContainerUsage",
    "Recommendation",
    "ResourceRules",
    "UsageStateError",
    "limit_for",
]

MEBI = 2**20
GIBI = 2**30
DAY_S = 86_400.0
CPU_BUCKETS = Buckets(first=0.01, ratio=1.05, most=1_000.0)  # cores
MEMORY_BUCKETS = Buckets(first=1e7, ratio=1.05, most=1e12)  # bytes
CPU_WEIGHT = 0.1
# No amount is more than this, millicores or bytes.
MOST = 10**14


class UsageStateError(ScalerError):
    """A kept state of a container's usage cannot be used."""


@dataclass(frozen=True, kw_only=True)
class ResourceRules:
    """The options of the recommender, with its defaults.

    Attributes:
        half_life_s: of samples, seconds.
        window_s: one peak of memory is kept of each container and window, seconds.
        windows: so many windows without a sample, and a container is forgotten.
        target, lower, upper: percentiles, in [0, 1].
        margin: what is added to a percentile, as a share of it.
        confidence_s: history that makes the multiplier of the upper bound 2, seconds.
        bump_ratio, bump_bytes: memory after a container was out of it: the greater of the two.
        least_cpu_m, least_memory: what is recommended at least, millicores and bytes, of a pod.
        round_cpu_m, round_memory: amounts are rounded up to whole multiples of these.
    """

    half_life_s: float = DAY_S
    window_s: float = DAY_S
    windows: int = 8
    target: float = 0.9
    lower: float = 0.5
    upper: float = 0.95
    margin: float = 0.15
    confidence_s: float = DAY_S
    bump_ratio: float = 1.2
    bump_bytes: int = 100 * MEBI
    least_cpu_m: float = 25.0
    least_memory: float = 250 * MEBI
    round_cpu_m: int = 1
    round_memory: int = 1


@dataclass(frozen=True, kw_only=True)
class Allotment:
    """What a container asks for and may use now; 0 where it says nothing."""

    cpu_request_m: int = 0
    cpu_limit_m: int = 0
    memory_request: int = 0
    memory_limit: int = 0


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Of one resource, in whole millicores or bytes.

    Attributes:
        upper: ``None`` while too little is known to say that less would do.
    """

    target: int
    lower: int
    upper: int | None


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """What a container should ask for.

    Attributes:
        cpu: millicores.
        memory: bytes.
        confidence: days of one sample a minute that the history is worth.
        samples: of CPU, all that were taken.
    """

    cpu: Bounds
    memory: Bounds
    confidence: float
    samples: int

    def limits(self, now: Allotment) -> tuple[int | None, int | None]:
        """CPU and memory at most, in the proportion to the request that they have now."""
        return (
            limit_for(self.cpu.target, request=now.cpu_request_m, limit=now.cpu_limit_m),
            limit_for(self.memory.target, request=now.memory_request, limit=now.memory_limit),
        )


@dataclass(kw_only=True)
class _Instance:
    """One running container: what was seen of it last, and its peaks of the window."""

    cpu_s: float = -math.inf
    memory_s: float = -math.inf
    window_end_s: float = math.nan
    peak: int = 0
    bumped: int = 0

    @property
    def most(self) -> int:
        return max(self.peak, self.bumped)


class ContainerUsage:
    """What all instances of one container used; changed in place by whoever owns it."""

    def __init__(self, rules: ResourceRules) -> None:
        self.rules = rules
        self._cpu = DecayingHistogram(CPU_BUCKETS, half_life_s=rules.half_life_s)
        self._memory = DecayingHistogram(MEMORY_BUCKETS, half_life_s=rules.half_life_s)
        self._instances: dict[str, _Instance] = {}
        self._first_s = math.inf
        self._last_s = -math.inf
        self._seen_s = -math.inf
        self._samples = 0

    def used_cpu(self, instance: str, cores: float, *, time_s: float) -> bool:
        """Take a sample of CPU up.

        Args:
            instance: names the container among those that run the same.
            cores: in use on average, >= 0.
            time_s: Unix time; a sample that is not newer than the last one is left.
        Returns:
            Whether it was taken.
        """
        if not _is_amount(cores) or not math.isfinite(time_s):
            return False
        seen = self._instance(instance)
        if time_s <= seen.cpu_s:
            return False
        seen.cpu_s = time_s
        millicores = _whole(cores * 1_000)
        self._cpu.add(millicores / 1_000, weight=CPU_WEIGHT, time_s=time_s)
        self._first_s, self._last_s = min(self._first_s, time_s), max(self._last_s, time_s)
        self._seen_s = max(self._seen_s, time_s)
        self._samples += 1
        return True

    def used_memory(self, instance: str, size: float, *, time_s: float) -> bool:
        """Take a sample of memory up: bytes in use, >= 0."""
        if not _is_amount(size) or not math.isfinite(time_s):
            return False
        seen = self._instance(instance)
        return time_s >= seen.memory_s and self._peaked(seen, _whole(size), time_s, bumped=False)

    def out_of_memory(self, instance: str, *, requested: int, time_s: float) -> bool:
        """Learn that a container was ended for want of memory.

        Args:
            requested: memory that it asked for, bytes; 0 where that is not known.
        Returns:
            Whether it was taken: one that lies more than a window back is left.
        """
        seen = self._instance(instance)
        if not math.isfinite(time_s) or time_s < seen.memory_s - self.rules.window_s:
            return False
        # Without the peaks of former bumps, or each one would be put on top of the last.
        used = max(requested, seen.peak)
        needed = max(used + self.rules.bump_bytes, _whole(used * self.rules.bump_ratio))
        return self._peaked(seen, needed, time_s, bumped=True)

    def is_forgotten(self, now_s: float) -> bool:
        """Whether it was not seen for so long that it is gone for good."""
        return now_s - self._seen_s >= self.rules.window_s * self.rules.windows

    def forget_instances(self, before_s: float) -> None:
        """Drop instances that were not seen since; what they used is kept."""
        self._instances = {
            name: seen
            for name, seen in self._instances.items()
            if max(seen.cpu_s, seen.memory_s) >= before_s
        }

    def recommendation(self, *, containers: int = 1) -> Recommendation | None:
        """What to ask for; ``None`` before the first sample of CPU and of memory.

        Args:
            containers: of the pod; they share what is recommended at least.
        """
        if self._cpu.is_empty or self._memory.is_empty:
            return None
        rules, confidence = self.rules, self._confidence()
        least_cpu = _whole(_whole(rules.least_cpu_m) / containers)
        least_memory = _whole(_whole(rules.least_memory) / containers)
        return Recommendation(
            cpu=self._bounds(self._cpu, 1_000.0, confidence, least_cpu, rules.round_cpu_m),
            memory=self._bounds(self._memory, 1.0, confidence, least_memory, rules.round_memory),
            confidence=confidence,
            samples=self._samples,
        )

    def state(self) -> dict[str, Any]:
        """All of it, as JSON holds it, to the last bit."""
        return {
            "cpu": self._cpu.state(),
            "memory": self._memory.state(),
            "first_s": self._first_s if self._samples else None,
            "last_s": self._last_s if self._samples else None,
            "seen_s": self._seen_s if math.isfinite(self._seen_s) else None,
            "samples": self._samples,
            "instances": {
                name: [
                    seen.cpu_s if math.isfinite(seen.cpu_s) else None,
                    seen.memory_s if math.isfinite(seen.memory_s) else None,
                    seen.window_end_s if math.isfinite(seen.window_end_s) else None,
                    seen.peak,
                    seen.bumped,
                ]
                for name, seen in self._instances.items()
            },
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any], rules: ResourceRules) -> "ContainerUsage":
        """From what `state` gave.

        Raises:
            UsageStateError: it is not that.
        """
        usage = cls(rules)
        try:
            usage._cpu.restore(state["cpu"])
            usage._memory.restore(state["memory"])
            usage._samples = int(state["samples"])
            if usage._samples:
                usage._first_s, usage._last_s = float(state["first_s"]), float(state["last_s"])
            if state["seen_s"] is not None:
                usage._seen_s = float(state["seen_s"])
            for name, (cpu_s, memory_s, end_s, peak, bumped) in state["instances"].items():
                usage._instances[str(name)] = _Instance(
                    cpu_s=-math.inf if cpu_s is None else float(cpu_s),
                    memory_s=-math.inf if memory_s is None else float(memory_s),
                    window_end_s=math.nan if end_s is None else float(end_s),
                    peak=int(peak),
                    bumped=int(bumped),
                )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageStateError(f"no state of a container's usage: {error}") from error
        return usage

    def _instance(self, name: str) -> _Instance:
        return self._instances.setdefault(name, _Instance())

    def _peaked(self, seen: _Instance, size: int, time_s: float, *, bumped: bool) -> bool:
        """Keep one peak of an instance and window: a higher one takes the place of the last.

        A peak counts as of the end of its window, so that it is taken back with the weight that it
        was added with.
        """
        seen.memory_s = time_s
        self._seen_s = max(self._seen_s, time_s)
        if math.isnan(seen.window_end_s):
            seen.window_end_s = time_s
        if time_s < seen.window_end_s:
            last = seen.most
            if last == 0 or size <= last:
                return True
            self._memory.subtract(float(last), weight=1.0, time_s=seen.window_end_s)
        else:
            passed = math.floor((time_s - seen.window_end_s) / self.rules.window_s) + 1
            seen.window_end_s += passed * self.rules.window_s
            seen.peak = seen.bumped = 0
        self._memory.add(float(size), weight=1.0, time_s=seen.window_end_s)
        if bumped:
            seen.bumped = size
        else:
            seen.peak = size
        return True

    def _confidence(self) -> float:
        days = (self._last_s - self._first_s) / self.rules.confidence_s if self._samples else 0.0
        return min(days, self._samples / (self.rules.confidence_s / 60))

    def _bounds(
        self, used: DecayingHistogram, unit: float, confidence: float, least: int, step: int
    ) -> Bounds:
        rules = self.rules

        def amount(level: float, *, factor: float = 1.0) -> int:
            base = _whole(used.percentile(level) * unit)
            with_margin = base + _whole(base * rules.margin)
            return _rounded_up(max(_whole(with_margin * factor), least), step)

        # Little history: less would do only far above, and more is needed only far below.
        wider = 1 + 1 / confidence if confidence else math.inf
        narrower = (1 + 0.001 / confidence) ** -2 if confidence else 0.0
        upper = amount(rules.upper, factor=wider)
        return Bounds(
            target=amount(rules.target),
            lower=amount(rules.lower, factor=narrower),
            upper=upper if upper < MOST else None,
        )


def limit_for(target: int, *, request: int, limit: int) -> int | None:
    """A limit in the same proportion to a recommended request as now.

    Args:
        target: recommended request, millicores or bytes.
        request, limit: of now; 0 where it says nothing.
    Returns:
        ``None`` where there is no limit now. A limit without a request counts as the request.
    """
    if not limit or not target:
        return None
    if not request or request == limit:
        return target
    return min(limit * target // request, 2**63 - 1)


def _is_amount(value: float) -> bool:
    return math.isfinite(value) and value >= 0


def _whole(value: float) -> int:
    """A whole amount, cut off."""
    return MOST if value > MOST else int(value)


def _rounded_up(value: int, step: int) -> int:
    return -(-value // step) * step
