"""The count that the Kubernetes autoscaler would ask for, seeing what we see.

It is the path that always holds: whatever happens to the forecast, the decision is never below it.
``Alone`` goes one further and keeps what that autoscaler would have been left with by now, had it
run without us: tolerance and stabilization depend on the replicas that are there, so that on a
state which a floor has raised the formula alone can ask for less than it would have asked for.

Source: Kubernetes docs, Horizontal Pod Autoscaling, "Algorithm details" and "Stabilization window";
pkg/controller/podautoscaler/horizontal.go, ``stabilizeRecommendation``.
"""

from dataclasses import dataclass
from math import ceil

__all__ = ["TOLERANCE", "Alone", "Window", "highest", "reactive_replicas", "remembered"]

TOLERANCE = 0.1

# (seconds since the epoch, wish), oldest first and every wish below the one before it: what is
# followed by a greater wish can never be the highest of a window again.
Window = tuple[tuple[float, int], ...]


def reactive_replicas(
    load: float,
    *,
    ready: int,
    current: int,
    capacity: float,
    target: float,
    tolerance: float = TOLERANCE,
) -> int:
    """Replicas that bring the load per ready replica to the target share of its capacity.

    Args:
        load: in the workload's unit, finite, >= 0.
        ready: replicas that take load now, >= 0.
        current: replicas that are asked for now, >= 0; kept while the ratio of the load to the
            target is within the tolerance of 1.
        capacity: load that one ready replica sustains, > 0.
        target: share of the capacity to run at, in (0, 1].
    """
    if ready <= 0:
        return ceil(load / (capacity * target))
    ratio = load / (ready * capacity * target)
    if -tolerance <= ratio - 1 <= tolerance:
        return current
    return ceil(ready * ratio)


def remembered(window: Window, wish: int, *, at: float, length_s: float) -> Window:
    """A window with one more wish; those too old, or of a time that has yet to come, are left out.

    Args:
        at: seconds since the epoch. A jump of the clock can empty the window early.
        length_s: of the window; a wish of exactly this age counts no more.
    """
    if window:
        if window[-1][0] > at:
            window = tuple(past for past in window if abs(past[0] - at) < length_s)
        kept = len(window)
        while kept and window[kept - 1][1] <= wish:
            kept -= 1
        gone = 0
        while gone < kept and at - window[gone][0] >= length_s:
            gone += 1
        if kept - gone == 0:
            return ((at, wish),)
        window = window[gone:kept]
    return (*window, (at, wish))


def highest(window: Window) -> int:
    return window[0][1]


@dataclass(frozen=True, slots=True)
class Alone:
    """The autoscaler's own state, had nobody raised its count.

    Attributes:
        current: replicas that it would ask for.
        ready: of these, those that would take load.
        found: those that took load when it decided last.
        starting: (seconds since the epoch from which they are ready, replicas), oldest first.
        window: its wishes.
    """

    current: int
    ready: int
    starting: Window
    window: Window
    found: int = 0

    @classmethod
    def begun(cls, *, current: int, ready: int, at: float) -> "Alone":
        """As the autoscaler begins: what it finds is its first wish."""
        ready = min(ready, current)
        starting = ((at, current - ready),) if current > ready else ()
        return cls(current, ready, starting, ((at, current),), ready)

    def after(
        self,
        load: float,
        *,
        at: float,
        capacity: float,
        target: float,
        minimum: int,
        maximum: int,
        stabilization_s: float,
        startup_s: float,
        tolerance: float = TOLERANCE,
    ) -> "Alone":
        """One of its ticks later."""
        current, ready, starting = self.current, self.ready, self.starting
        while starting and starting[0][0] <= at:
            ready += starting[0][1]
            starting = starting[1:]
        found = ready
        wish = reactive_replicas(
            load,
            ready=ready,
            current=current,
            capacity=capacity,
            target=target,
            tolerance=tolerance,
        )
        window = remembered(self.window, wish, at=at, length_s=stabilization_s)
        asked = wish if wish >= current else min(current, highest(window))
        asked = min(max(asked, minimum), maximum)
        if asked > current:
            starting = (*starting, (at + startup_s, asked - current))
        elif asked < current:
            ready, starting = _taken_away(current - asked, ready, starting)
        return Alone(asked, ready, starting, window, found)


def _taken_away(count: int, ready: int, starting: Window) -> tuple[int, Window]:
    """Ready and starting replicas after some are taken away; Kubernetes takes the newest first."""
    while count and starting:
        due, started = starting[-1]
        starting = starting[:-1]
        taken = min(count, started)
        count -= taken
        if started > taken:
            starting = (*starting, (due, started - taken))
    return ready - count, starting
