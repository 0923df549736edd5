"""Whether a newly fitted forecaster may serve.

It has to be no worse than persistence, and than the one in service by no more than chance, on the
newest steps that none of them had learnt from. What was fitted on a strange week, or from data that
has gone wrong, does not reach the workload; the one in service stays, and this is said.

Source: the champion and the challenger of credit scoring, here by the sum of absolute errors (WAPE
has the same order on the same steps); Hyndman and Athanasopoulos, "Forecasting: Principles and
Practice" (3rd ed.), 5.8.
"""

from dataclasses import dataclass

import numpy as np

from scaler.core.series import Floats

__all__ = ["Promotion", "promotion"]

# Fewer common steps do not tell a better forecaster from a lucky one.
LEAST_STEPS = 30


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What the comparison gave.

    Attributes:
        serves: whether the challenger is to serve.
        steps: on which they were compared.
        against_persistence, against_champion: the challenger's error over theirs, minus 1; below 0
            it is better; ``None`` where there was nothing to compare with.
        sentence: all of it for a person.
    """

    serves: bool
    steps: int
    against_persistence: float | None
    against_champion: float | None
    sentence: str


def promotion(
    challenger: Floats,
    persistence: Floats,
    champion: Floats | None = None,
    *,
    tolerance: float = 0.0,
) -> Promotion:
    """Compare absolute errors at the same steps.

    Args:
        challenger: (m,) of the new forecaster's back-test, NaN where it is not known.
        persistence: (m,) of persistence.
        champion: (m,) of the forecaster in service, NaN where it had learnt from the step; ``None``
            when there is none.
        tolerance: share by which the error may be above that of the one in service; what is within
            chance does not keep out a forecaster that has seen more.
    """
    known = np.isfinite(challenger) & np.isfinite(persistence)
    if not known.any():
        return Promotion(
            serves=True,
            steps=0,
            against_persistence=None,
            against_champion=None,
            sentence="the new forecaster serves: there is no step to compare on",
        )
    compared = {"persistence": _ratio(challenger[known], persistence[known])}
    if champion is not None:
        common = known & np.isfinite(champion)
        if common.sum() >= LEAST_STEPS:
            compared["the one in service"] = _ratio(challenger[common], champion[common])
    allowed = {"persistence": 0.0, "the one in service": tolerance}
    worse = {name: ratio for name, ratio in compared.items() if ratio > allowed[name]}
    found = " and ".join(_than(ratio, name) for name, ratio in (worse or compared).items())
    kept = "it does not serve" if champion is None else "the one in service is kept"
    return Promotion(
        serves=not worse,
        steps=int(known.sum()),
        against_persistence=compared["persistence"],
        against_champion=compared.get("the one in service"),
        sentence=f"the new forecaster is {found} on {known.sum()} steps: "
        + (kept if worse else "it serves"),
    )


def _ratio(ours: Floats, theirs: Floats) -> float:
    """Our error over theirs, minus 1; 0 where neither errs."""
    own, other = float(ours.sum()), float(theirs.sum())
    if other > 0:
        return own / other - 1
    return 0.0 if own == 0 else float("inf")


def _than(ratio: float, name: str) -> str:
    if ratio == 0:
        return f"as good as {name}"
    if ratio == float("inf"):
        return f"worse than {name}, which made no error,"
    return f"{abs(ratio):.1%} {'worse' if ratio > 0 else 'better'} than {name}"
