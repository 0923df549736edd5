"""Durations of the control loop, and what follows from them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from scaler.core.forecast import Absence, Forecast, leads_for
from scaler.core.retraining import Rules
from scaler.core.series import step_at

__all__ = ["Timing"]

# A fit for a reason may follow the last one after a twelfth of the period, but not at once.
FITS_IN_A_PERIOD = 12
LEAST_STEPS_BETWEEN_FITS = 10
# So many outcomes judge a forecaster at least.
LEAST_OUTCOMES = 240


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds, and steps where it says so.

    Attributes:
        tick_s: between two decisions.
        step_ms: length of a step, milliseconds.
        horizon_s: how far ahead the forecast looks.
        startup_s: from asking for a replica until it is ready, where nothing was measured.
        min_history_s: no forecaster from less.
        refit_s: between two fits by schedule.
        keep_steps: steps of load that are kept.
        seasons: lengths of the seasons, steps.
    """

    tick_s: float
    step_ms: int
    horizon_s: float
    startup_s: float
    min_history_s: float
    refit_s: float
    keep_steps: int
    seasons: tuple[int, ...]

    @property
    def step_s(self) -> float:
        return self.step_ms / 1000

    @property
    def leads(self) -> tuple[int, ...]:
        return leads_for(horizon_s=self.horizon_s, step_s=self.step_s)

    @property
    def keep_outcomes(self) -> int:
        """A day of outcomes judges a forecaster."""
        return max(LEAST_OUTCOMES, self.seasons[0])

    @property
    def fits(self) -> Rules:
        """How often fits may be."""
        period = max(1, round(self.refit_s / self.step_s))
        gap = max(LEAST_STEPS_BETWEEN_FITS, period // FITS_IN_A_PERIOD)
        return Rules(period=max(period, gap), least_gap=gap, horizon=self.leads[-1])

    def step(self, now: datetime) -> int:
        """The newest step that has begun."""
        return step_at(now.timestamp(), step_ms=self.step_ms)

    def said_at(self, said: Forecast | Absence) -> datetime | None:
        """When a forecast was made; ``None`` without one."""
        if isinstance(said, Absence):
            return None
        return datetime.fromtimestamp(said.step * self.step_s, UTC)
