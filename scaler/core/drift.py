"""Whether a forecaster has lost what it was better by: online, one outcome at a time.

Its error is looked at beside that of persistence. A load that moves more, at some hours of the day
or from now on, gives both of them greater errors and is no drift; a forecaster whose error grows
against that of persistence has learnt something that no longer holds. The test sums the difference,
less an allowance, and looks at the distance of the sum from its lowest point: noise keeps it small,
a lasting loss makes it grow without end.

Sources: Page, "Continuous Inspection Schemes" (Biometrika 41, 1954); as a test for the drift of a
learner in Gama et al., "A Survey on Concept Drift Adaptation" (ACM Computing Surveys, 2014), 3.2.
"""

from dataclasses import dataclass, replace
from math import isfinite

__all__ = ["PageHinkley"]

# An outcome counts for at most so many usual errors: a burst is an anomaly, not another load.
MOST_AT_ONCE = 4.0
# The usual error follows that of so many outcomes: a load may move more from now on.
FOLLOWED = 720
# Both in usual errors of persistence. Chosen on made-up errors with heavy tails, neighbours that
# share most of their window, and a volatility with a daily season: hardly a false alarm in
# three months of minutes, and a skill of 0.4 that is lost is seen after three to six hours.
ALLOWANCE = 0.1
THRESHOLD = 90.0


@dataclass(frozen=True, kw_only=True)
class PageHinkley:
    """The state of the test; every outcome gives a new one.

    Attributes:
        usual: the usual error of persistence of late, > 0, in the unit of the load.
        ratio: the forecaster's error over that of persistence when it was judged, >= 0.
        excess: sum of what was lost, in usual errors.
        lowest: the lowest that the sum has been.
    """

    usual: float
    ratio: float
    excess: float = 0.0
    lowest: float = 0.0

    def learnt(self, *, ours: float, theirs: float) -> "PageHinkley":
        """With one more outcome; one that is not known changes nothing.

        Args:
            ours, theirs: absolute errors of the forecaster and of persistence.
        """
        lost = (ours - self.ratio * theirs) / self.usual if self.usual > 0 else 0.0
        if not isfinite(lost):
            return self
        excess = self.excess + min(max(lost, -MOST_AT_ONCE), MOST_AT_ONCE) - ALLOWANCE
        change = min(theirs / self.usual, MOST_AT_ONCE) - 1 if self.usual > 0 else 0.0
        return replace(
            self,
            usual=self.usual * (1 + change / FOLLOWED),
            excess=excess,
            lowest=min(self.lowest, excess),
        )

    @property
    def has_drifted(self) -> bool:
        return self.excess - self.lowest > THRESHOLD
