import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaler.core.features import BLOCK, features
from tests.oracles.scaler_features import feature_row


@settings(max_examples=30, deadline=None)
@given(
    length=st.integers(1, 400),
    holes=st.floats(0, 0.6),
    seed=st.integers(0, 1000),
    seasons=st.sampled_from([(), (24,), (24, 168)]),
)
def test_every_feature_equals_its_slow_twin(
    length: int, holes: float, seed: int, seasons: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(seed)
    log_load = rng.exponential(2.0, length)
    log_load[rng.random(length) < holes] = np.nan
    at = np.flatnonzero(np.isfinite(log_load))[-4:]
    if not len(at):
        return
    rows = features(log_load, at, first=17, lead=5, seasons=seasons)
    for row, index in zip(rows, at, strict=True):
        slow = feature_row(log_load.tolist(), int(index), first=17, lead=5, seasons=seasons)
        assert row == pytest.approx(slow, nan_ok=True, abs=1e-9)


def test_a_feature_never_reads_a_later_step() -> None:
    rng = np.random.default_rng(1)
    past = rng.random(300)
    future = np.concatenate([past, rng.random(50) * 100])
    at = np.array([250, 299])
    now = features(past, at, first=0, lead=5, seasons=(24, 100))
    then = features(future, at, first=0, lead=5, seasons=(24, 100))
    assert np.array_equal(now, then, equal_nan=True)


def test_blocks_leave_no_seam() -> None:
    log_load = np.random.default_rng(2).random(BLOCK + 300)
    at = np.arange(len(log_load))
    together = features(log_load, at, first=0, lead=2, seasons=(24,))
    alone = features(log_load, at[BLOCK - 1 : BLOCK + 1], first=0, lead=2, seasons=(24,))
    assert np.array_equal(together[BLOCK - 1 : BLOCK + 1], alone, equal_nan=True)
