"""What the forecaster is worth on real load; reduced, the benchmark runs the whole of it."""

from pathlib import Path

import numpy as np
import pytest

from tests.scaler.traces import DAY, scored, simulated, trace


def test_a_daily_load_is_forecast_and_its_floor_starves_less(traces: Path) -> None:
    series = trace(traces / "crane_prod_input14_per_minute.csv")
    result = scored(series, start=8 * DAY, days=2)
    assert result.skill > 0.35
    assert result.coverage == pytest.approx(0.95, abs=0.02)
    reactive, ours = simulated(series, result, start=8 * DAY)
    assert ours.measures.under_time < 0.5 * reactive.measures.under_time
    assert ours.measures.violations < 0.6 * reactive.measures.violations
    assert ours.measures.cost < 1.05 * reactive.measures.cost


def test_when_its_skill_ends_it_stands_back(traces: Path) -> None:
    """From day 12 on this load has bursts that nothing announces; before, there was some skill."""
    series = trace(traces / "crane_prod_input6_per_minute.csv")
    result = scored(series, start=12 * DAY, days=3.9)
    assert result.served < 0.7
    assert result.skill_overall > -0.05


def test_holes_of_days_are_walked_through(traces: Path) -> None:
    series = trace(traces / "nasa_http_1995_per_minute.csv")
    values = series.values.copy()
    # The published file writes zeros where the log is missing.
    values[27 * DAY + 800 : 33 * DAY] = np.nan
    holed = type(series)(step_ms=series.step_ms, first=series.first, values=values)
    result = scored(holed, start=26 * DAY, days=9, refit_days=9)
    assert result.coverage == pytest.approx(0.95, abs=0.02)
    assert result.skill > 0.1
