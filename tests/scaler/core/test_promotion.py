import numpy as np
import pytest

from scaler.core.promotion import LEAST_STEPS, promotion
from scaler.core.series import Floats


def errors(value: float, count: int = 40) -> Floats:
    return np.full(count, value)


@pytest.mark.parametrize(
    ("challenger", "persistence", "champion", "serves", "sentence"),
    [
        pytest.param(
            errors(0.5),
            errors(1.0),
            errors(0.8),
            True,
            "the new forecaster is 50.0% better than persistence and 37.5% better than the one in "
            "service on 40 steps: it serves",
            id="better-than-both",
        ),
        pytest.param(
            errors(0.9),
            errors(1.0),
            errors(0.8),
            False,
            "the new forecaster is 12.5% worse than the one in service on 40 steps: the one in "
            "service is kept",
            id="worse-than-the-one-in-service",
        ),
        pytest.param(
            errors(1.1),
            errors(1.0),
            errors(1.2),
            False,
            "the new forecaster is 10.0% worse than persistence on 40 steps: the one in service is "
            "kept",
            id="worse-than-persistence",
        ),
        pytest.param(
            errors(1.1),
            errors(1.0),
            None,
            False,
            "the new forecaster is 10.0% worse than persistence on 40 steps: it does not serve",
            id="the-first-one-is-worse-than-persistence",
        ),
        pytest.param(
            errors(1.0),
            errors(1.0),
            errors(1.0),
            True,
            "the new forecaster is as good as persistence and as good as the one in service on 40 "
            "steps: it serves",
            id="as-good-as-both-and-fresher",
        ),
        pytest.param(
            errors(0.1),
            errors(0.0),
            None,
            False,
            "the new forecaster is worse than persistence, which made no error, on 40 steps: it "
            "does not serve",
            id="a-load-that-does-not-move",
        ),
        pytest.param(
            errors(np.nan),
            errors(1.0),
            None,
            True,
            "the new forecaster serves: there is no step to compare on",
            id="nothing-to-compare",
        ),
    ],
)
def test_the_new_forecaster_serves_only_when_it_is_not_worse(
    challenger: Floats, persistence: Floats, champion: Floats | None, serves: bool, sentence: str
) -> None:
    found = promotion(challenger, persistence, champion)
    assert (found.serves, found.sentence) == (serves, sentence)


def test_the_one_in_service_is_compared_only_on_steps_that_it_had_not_learnt_from() -> None:
    champion = errors(0.1)
    champion[: 40 - LEAST_STEPS] = np.nan
    challenger = errors(0.1)
    challenger[: 40 - LEAST_STEPS] = 5.0
    assert promotion(challenger, errors(6.0), champion).against_champion == pytest.approx(0.0)


def test_too_few_common_steps_say_nothing_against_the_new_one() -> None:
    champion = errors(0.1)
    champion[: 41 - LEAST_STEPS] = np.nan
    found = promotion(errors(0.5), errors(1.0), champion)
    assert found.serves
    assert found.against_champion is None
