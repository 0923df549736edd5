import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaler.core.conformal import Conformal
from tests.oracles import scaler_conformal as oracle

residuals = st.lists(st.floats(-3, 3), min_size=1, max_size=60)


@settings(max_examples=50, deadline=None)
@given(start=residuals, arriving=residuals, level=st.sampled_from([0.5, 0.9, 0.99]))
def test_offsets_equal_their_slow_twin(
    start: list[float], arriving: list[float], level: float
) -> None:
    conformal = Conformal.of(np.array(start)[:, None], levels=(level,), keep=30)
    promised = []
    for residual in arriving:
        offsets = conformal.offsets()
        promised.append(float(offsets[0, 0]))
        conformal = conformal.learnt(np.array([residual]), offsets)
    assert promised == pytest.approx(oracle.offsets(start, arriving, level=level, keep=30))


@settings(max_examples=50, deadline=None)
@given(start=residuals, arriving=residuals)
def test_quantiles_do_not_cross(start: list[float], arriving: list[float]) -> None:
    conformal = Conformal.of(np.array(start)[:, None], levels=(0.5, 0.8, 0.95), keep=40)
    for residual in arriving:
        offsets = conformal.offsets()
        assert (np.diff(offsets, axis=1) >= 0).all()
        conformal = conformal.learnt(np.array([residual]), offsets)


def test_coverage_comes_back_after_the_errors_have_grown() -> None:
    rng = np.random.default_rng(0)
    conformal = Conformal.of(rng.normal(0, 0.05, (500, 1)), levels=(0.5, 0.95), keep=500)
    hits = []
    for residual in rng.normal(0, 0.2, 4000):
        offsets = conformal.offsets()
        hits.append(residual <= offsets[0, 1])
        conformal = conformal.learnt(np.array([residual]), offsets)
    assert np.mean(hits[:50]) < 0.9
    assert np.mean(hits[1000:]) == pytest.approx(0.95, abs=0.015)


def test_an_unknown_outcome_teaches_nothing() -> None:
    conformal = Conformal.of(np.array([[0.1], [0.2]]), levels=(0.5, 0.9), keep=10)
    same = conformal.learnt(np.array([np.nan]), conformal.offsets())
    assert np.array_equal(same.asked, conformal.asked)
    assert np.array_equal(same.offsets(), conformal.offsets())
