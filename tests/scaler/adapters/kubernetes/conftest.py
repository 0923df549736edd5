"""An API server by hand for each test."""

from collections.abc import Iterator

import pytest

from scaler.adapters.kubernetes.api import Api
from tests.scaler.adapters.kubernetes.fake_api import FakeApi, fake_api


@pytest.fixture
def served() -> Iterator[tuple[FakeApi, Api]]:
    with fake_api() as both:
        yield both


@pytest.fixture
def fake(served: tuple[FakeApi, Api]) -> FakeApi:
    return served[0]


@pytest.fixture
def api(served: tuple[FakeApi, Api]) -> Api:
    return served[1]
