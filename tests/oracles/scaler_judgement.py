"""The slow, obvious way to the count that would have been best."""

from collections.abc import Iterable, Sequence


def best_count(demand: Sequence[int], choices: Iterable[int], *, under: float, over: float) -> int:
    """The least of the cheapest counts, each step paid on its own."""

    def paid(count: int) -> float:
        total = 0.0
        for needed in demand:
            total += (needed - count) * under if needed > count else (count - needed) * over
        return total

    return min(choices, key=lambda count: (round(paid(count), 9), count))
