"""Durations of the control loop, and what follows from them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from scaler.core.backtest import Plan, kept_for
from scaler.core.forecast import Absence, Forecast, horizon_for, leads_for
from scaler.core.retraining import Rules
from scaler.core.series import step_at

__all__ = ["Timing"]

# A fit for a reason may follow the last one after a twelfth of the period, but not at once.
FITS_IN_A_PERIOD = 12
LEAST_STEPS_BETWEEN_FITS = 10
# The path reaches so many horizons ahead: 15 minutes for one of five.
PATH_HORIZONS = 3


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
        """The steps ahead that are forecast, increasing."""
        return leads_for(step_s=self.step_s, path_s=PATH_HORIZONS * self.horizon_s)

    @property
    def plan(self) -> Plan:
        """How forecasters are fitted and tried."""
        leads = self.leads
        day = self.seasons[0]
        return Plan(
            leads=leads,
            horizon=horizon_for(leads, lead_time_s=self.horizon_s, step_s=self.step_s),
            day=day,
            refit=self.fits.period,
            keep=min(self.keep_steps, kept_for(day)),
            held=max(1, day // 2),
        )

    def horizon(self, leads: tuple[int, ...], *, ready_s: float | None, before: int) -> int:
        """The lead time that replicas are asked for by.

        It becomes shorter only where half a step less would do as well: what is learnt for one is
        of no use for another, and a measured time wanders.

        Args:
            ready_s: measured time until a replica is ready; ``None`` where nobody measures. To it
                come the wait for the next step and the next tick.
            before: the lead time up to now, one of ``leads``.
        """
        if ready_s is None:
            return horizon_for(leads, lead_time_s=self.horizon_s, step_s=self.step_s)
        needed_s = ready_s + self.step_s + self.tick_s
        found, longer = (
            horizon_for(leads, lead_time_s=needed_s + more, step_s=self.step_s)
            for more in (0.0, self.step_s / 2)
        )
        return min(longer, before) if found < before else found

    @property
    def fits(self) -> Rules:
        """How often fits may be."""
        period = max(1, round(self.refit_s / self.step_s))
        gap = max(LEAST_STEPS_BETWEEN_FITS, period // FITS_IN_A_PERIOD)
        horizon = max(1, round(self.horizon_s / self.step_s))
        return Rules(period=max(period, gap), least_gap=gap, horizon=horizon)

    def step(self, now: datetime) -> int:
        """The newest step that has begun."""
        return step_at(now.timestamp(), step_ms=self.step_ms)

    def said_at(self, said: Forecast | Absence) -> datetime | None:
        """When a forecast was made; ``None`` without one."""
        if isinstance(said, Absence):
            return None
        return datetime.fromtimestamp(said.step * self.step_s, UTC)
