"""A recorded load of our own: a daily wave with noise, in steps of ten minutes."""

from pathlib import Path

import numpy as np
import pytest

DAYS, PER_DAY, STEP_S = 5, 144, 600
START_S = 1_709_510_400  # 2024-03-04T00:00:00Z


@pytest.fixture
def daily(tmp_path: Path) -> Path:
    steps = np.arange(DAYS * PER_DAY)
    wave = 60 + 50 * np.sin(2 * np.pi * steps / PER_DAY)
    load = np.maximum(wave + np.random.default_rng(7).normal(0, 3, len(steps)), 0)
    path = tmp_path / "daily.csv"
    rows = [f"{START_S + STEP_S * at},{load[at]:.4f}" for at in steps]
    path.write_text("timestamp,value\n" + "\n".join(rows) + "\n")
    return path
